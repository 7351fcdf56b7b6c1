"""The verdict: the worst finding in words that a person can act on, and the keys that help."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len

from tui.model import Assessment, Finding, Severity
from tui.widgets.figures import GLYPHS, clock
from tui.widgets.lines import Lines
from tui.widgets.text import Line, Span, fit, flush, line, literal, wrap

GREEN: Span = ("✔", "good")


class Verdict(Lines):
    """Two lines of verdict and one line of remedy; its row's key is the subject of the worst finding."""

    ALWAYS_MARKED = False
    DEFAULT_CSS: ClassVar[str] = """
    Verdict { height: auto; border: none; padding: 0; background: $surface; }
    Verdict:focus { border: none; }
    Verdict:ansi { background: ansi_default; }
    """

    def __init__(self, *, id: str | None = None, notice: str = "") -> None:
        """``notice``: a sentence shown under the verdict all the time, e.g. why this is the demo node."""
        super().__init__(id=id)
        self.notice = notice

    def build(self, width: int, height: int) -> list[Line]:
        """The glyph, the sentence, the remedy, the keys."""
        if self.look is None:
            return self._waiting(width)
        assessment = self.look.assessment
        worst = assessment.findings[0] if assessment.findings else None
        if worst is not None and worst.severity is Severity.INFO:
            worst = None
        key = worst.subject if worst and worst.subject else "verdict"
        mark = GLYPHS[assessment.severity] if assessment.severity > Severity.INFO else GREEN
        if assessment.exit_code == 3:
            mark = ("?", "warn")
        role = mark[1] if mark[1] != "good" else ""
        texts = wrap(literal(assessment.verdict), width - 4, 2)
        lines = [line(" ", mark if i == 0 else " ", " ", (text, role), key=key) for i, text in enumerate(texts)]
        remedy, keys = _remedy(assessment, worst), [*_keys(assessment), (" ", "")]
        room = width - cell_len(lines[-1].text) - sum(cell_len(text) for text, _ in keys)
        if not remedy and room > 1:  # nothing to do: the keys stand at the end of the sentence
            lines[-1] = Line(flush(lines[-1].spans, keys, width), key)
        else:
            lines.append(Line(flush(remedy, keys, width), key))
        if self.notice:
            lines.append(Line(fit([("   ", ""), (literal(self.notice), "accent")], width), key))
        return lines

    def _waiting(self, width: int) -> list[Line]:
        since = f" since {clock(self.pulse.since)}" if self.pulse else ""
        reason = self.pulse.reason if self.pulse and self.pulse.state == "failed" else ""
        text = f"The node could not be read: {literal(reason)}" if reason else f"Looking at the node{since} …"
        return [Line(fit([(" ◌ ", "dim"), (text, "bad" if reason else "dim")], width)), line(""), line("")]


def _remedy(assessment: Assessment, worst: Finding | None) -> list[Span]:
    if worst is not None and worst.remedy:
        return [("   → ", "accent"), (literal(worst.remedy), "")]
    gaps = [gap for gap in assessment.undetermined if gap not in assessment.verdict]
    if worst is None and gaps:
        return [("   ? ", "warn"), (literal(gaps[0]), "dim")]
    if assessment.pressure.now:
        return [("   ", ""), (literal(assessment.pressure.lifts), "dim")]
    return []


def _keys(assessment: Assessment) -> list[Span]:
    count = len(assessment.findings)
    spans: list[Span] = [(" e", "key"), (" why", "dim")]
    if count:
        spans += [("   v", "key"), (f" {count} finding{'s' if count != 1 else ''}", "dim")]
    return spans
