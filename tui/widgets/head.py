"""The first line: which node, which versions, how the watch goes, and what this session may do."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len

from tui.model import HostInfo, Survey
from tui.widgets.figures import clock
from tui.widgets.lines import Lines
from tui.widgets.text import Line, Span, flush, literal


class Head(Lines, can_focus=False):
    """One line, most important first; what does not fit is left out from the right."""

    DEFAULT_CSS: ClassVar[str] = """
    Head { height: 1; border: none; padding: 0 1; background: $panel; }
    Head:ansi { background: ansi_default; text-style: none; }
    """

    def build(self, width: int, height: int) -> list[Line]:
        """Name and versions at the left, watch and badges at the right."""
        survey = self.look.assessment.survey if self.look else None
        right = [*self._watch(width), *(_badges(survey.host) if survey else [])]
        names = _names(survey, width)
        room = width - sum(cell_len(text) for text, _ in right) - 1
        while len(names) > 2 and sum(cell_len(text) for text, _ in names) > room:
            names.pop()
        return [Line(flush(names, right, width))]

    def _watch(self, width: int) -> list[Span]:
        pulse = self.pulse
        if pulse is None:
            return []
        every = f"{pulse.interval:g}s"
        if pulse.state == "live":
            return [("● ", "good"), (f"live {every}" if width >= 100 else every, ""), (" ", "")]
        if pulse.state == "paused":
            return [("‖ ", "warn"), (f"paused {clock(pulse.since)}", "warn"), (" ", "")]
        if pulse.state == "waiting":
            return [("◌ ", "warn"), (f"waiting for survey since {clock(pulse.since)}", "warn"), (" ", "")]
        return [("✖ ", "bad"), (f"survey failed {clock(pulse.since)}", "bad"), (" ", "")]


def _names(survey: Survey | None, width: int) -> list[Span]:
    spans: list[Span] = [("imagegc", "strong")]
    if survey is None:
        return spans
    gap = "   " if width >= 100 else "  "
    if survey.host.name:
        spans.append((gap + literal(survey.host.name), "strong"))
    version = survey.kubelet.version
    minor = f"1.{survey.kubelet.minor} rules" if survey.kubelet.config.known else "unknown"
    carrier = literal(survey.kubelet.embedded) or "kubelet"
    spans.append((f"{gap}{carrier} {literal(version.value) if version.value else minor}", ""))
    for runtime in sorted(survey.runtimes, key=lambda each: not each.serves_kubelet):
        spans.append((f"{gap}{literal(runtime.name)} {literal(runtime.version.value or '')}".rstrip(), ""))
    if survey.distro.name:
        spans.append((gap + literal(survey.distro.name), "dim"))
    return spans


def _badges(host: HostInfo) -> list[Span]:
    """What kind of node this is and what may be done to it; in this version nothing may."""
    texts = ["READ-ONLY"]
    texts += {
        "demo": ["DEMO"],
        "debug-pod": [f"HOST ROOT {literal(host.root)}"],
        "root-dir": [f"ROOT DIR {literal(host.root)}"],
        "recorded": ["RECORDED"],
    }.get(host.kind, [])
    if host.kind in ("node", "debug-pod"):
        texts.append("root" if host.euid == 0 else "NOT ROOT")
    spans: list[Span] = []
    for text in texts:
        loud = text in ("DEMO", "NOT ROOT")
        spans += [(" ", ""), (f" {text} ", "alert" if loud else "badge")]
    return spans
