"""Where the container runtime's root really is, and why: the chain of what was written and what it beat."""

from __future__ import annotations

from typing import ClassVar

from tui.model import Assessment, ConfigNote, Pending, RuntimeState, Survey
from tui.widgets.figures import glyph, lead, short_clock, source
from tui.widgets.lines import Lines
from tui.widgets.text import Line, Span, cut, fit, flush, line, literal, middle, pad, wrap
from tui.words import number, size

ROOT, IMAGEFS, IMAGES = "root", "measured", "images"
LABEL, SHORT = 16, 13


class Root(Lines):
    """The root of each runtime; folded to one line where rows are few."""

    TITLE = "container runtime root"
    DEFAULT_CSS: ClassVar[str] = """
    Root { height: auto; max-height: 50%; min-height: 3; }
    """

    def captions(self) -> tuple[str, str]:
        """Named after the runtime that the kubelet uses."""
        runtimes = _runtimes(self.look.assessment.survey) if self.look else []
        return (f"{literal(runtimes[0].name)} root" if runtimes else self.TITLE), ""

    def build(self, width: int, height: int) -> list[Line]:
        """Path, chain, images, what waits for a restart."""
        if self.look is None:
            return []
        survey = self.look.assessment.survey
        runtimes = _runtimes(survey)
        if self.folded:
            return [self._fold(runtimes, width)]
        if not runtimes:
            return [line(*lead(self.mark(ROOT), (" ", "")), ("no container runtime found", "warn"), key=ROOT)]
        return [each for runtime in runtimes for each in self._runtime(runtime, survey, width)]

    def _fold(self, runtimes: list[RuntimeState], width: int) -> Line:
        start: list[Span] = [*lead(self.mark(ROOT), self._glyph(ROOT)), ("root  ", "dim")]
        if not runtimes:
            return line(*start, ("no container runtime found", "warn"), key=ROOT)
        root = runtimes[0].root
        path = middle(literal(root.value), width - 40) if root.value else f"— {literal(root.reason)}"
        right: list[Span] = [(source(root.origin), "dim"), ("  ⏎ ", "key")]
        return Line(flush([*start, (path, "strong")], right, width), ROOT)

    def _runtime(self, runtime: RuntimeState, survey: Survey, width: int) -> list[Line]:
        root, key = runtime.root, ROOT if runtime.serves_kubelet else None
        about = [literal(runtime.name) if len(survey.runtimes) > 1 else "", _since(runtime, survey)]
        right: list[Span] = [("  " + ", ".join(filter(None, about)), "dim")] if width >= 44 else []
        if root.value is None:
            head: list[Span] = [("—  ", ""), (literal(root.reason), "warn")]
        else:
            head = [(middle(literal(root.value), width - 5 - sum(len(t) for t, _ in right)), "strong")]
        lines = [Line(flush([*lead(self.mark(key), self._glyph(key)), *head], right, width), key)]
        if root.origin is not None:
            lines.append(_entry(source(root.origin), literal(root.origin.text), width, key))
        for claim in root.beaten:
            value = literal(str(claim.value)) if claim.value is not None else "not set"
            lines.append(_entry(f"over {source(claim.origin)}", value, width, key, role="dim"))
        if not right:
            lines.append(_entry("running", _since(runtime, survey).removeprefix("running "), width, key, ""))
        lines += self._images(runtime, width)
        lines += [_pending(each, survey, width, key) for each in runtime.pending]
        lines += [each for note in _notes(runtime) for each in _note(note, width, key)]
        return lines

    def _images(self, runtime: RuntimeState, width: int) -> list[Line]:
        config = runtime.config.value
        key = IMAGEFS if runtime.serves_kubelet else None
        path = runtime.imagefs
        what = middle(literal(path.value), width - _label(width) - 3) if path.value else f"— {literal(path.reason)}"
        spans: list[Span] = [
            *lead(self.mark(key), self._glyph(key)),
            (pad("images in", _label(width)), "dim"),
            (what, ""),
        ]
        lines = [Line(fit(spans, width), key)]
        if config is not None and config.snapshotter.value:
            lines.append(_entry("snapshotter", literal(config.snapshotter.value), width, key, role=""))
        assert self.look is not None
        counted, role = _counted(runtime, self.look.assessment)
        key = IMAGES if runtime.serves_kubelet else None
        start = [*lead(self.mark(key), self._glyph(key)), (pad("images", _label(width)), "dim")]
        lines.append(Line(fit([*start, (counted, role)], width), key))
        lines.append(Line(fit([("   ", ""), _held(runtime, width - 3)], width), key))
        return lines

    def _glyph(self, key: str | None) -> Span:
        assert self.look is not None
        return glyph(self.look.assessment, key) if key else (" ", "")


def _counted(runtime: RuntimeState, assessment: Assessment) -> Span:
    """How many images the runtime says it has, and how many of them nobody uses."""
    answer = runtime.answer.value
    if answer is None:
        return f"— {literal(runtime.answer.reason)}", "dim"
    view = assessment.images.value if runtime.serves_kubelet else None
    total = len(view.eligible) + len(view.kept) if view else len(answer.images)
    unused = len(view.eligible) if view else sum(image.eligible for image in answer.images)
    return f"{total}, {unused} unused", ""


def _held(runtime: RuntimeState, room: int) -> Span:
    """What lies under the root, largest first, as much of it as there is room for."""
    under = runtime.under_root.value
    if under is None:
        return f"what it holds: — {literal(runtime.under_root.reason)}", "dim"
    parts = {literal(name): bytes_ for name, (bytes_, _) in under.parts.items() if bytes_}
    kinds = [name for name in parts if name.startswith("snapshots ")]
    if len(kinds) == 1:  # the snapshotter has a line of its own
        parts["snapshots"] = parts.pop(kinds[0])
    found = [f"{name} {size(bytes_)}" for name, bytes_ in sorted(parts.items(), key=lambda part: -part[1])]
    after = "" if under.whole else f" so far, {number(under.scanned)} files"
    while len(found) > 1 and len(" · ".join(found) + after) > room:
        found.pop()
    return (" · ".join(found) or "holds nothing") + after, "" if under.whole else "dim"


def _runtimes(survey: Survey) -> list[RuntimeState]:
    """The kubelet's own first."""
    return sorted(survey.runtimes, key=lambda runtime: not runtime.serves_kubelet)


def _since(runtime: RuntimeState, survey: Survey) -> str:
    process = runtime.process.value
    return f"running since {short_clock(process.started_wall, survey.wall)}" if process else "not running"


def _entry(label: str, text: str, width: int, key: str | None, role: str = "") -> Line:
    room = _label(width)
    start = pad(label, room) if len(label) < room else cut(label, max(room, width // 2)) + " "
    return Line(fit([("   ", ""), (start, "dim"), (text, role)], width), key)


def _label(width: int) -> int:
    return LABEL if width >= 44 else SHORT


def _pending(pending: Pending, survey: Survey, width: int, key: str | None) -> Line:
    sure = "not read yet" if pending.sure else "possibly not read yet"
    text = (
        f"⟳ {literal(pending.path.rsplit('/', 1)[-1])} changed {short_clock(pending.changed_wall, survey.wall)}, {sure}"
    )
    return Line(fit([("   ", ""), (text, "warn")], width), key)


def _notes(runtime: RuntimeState) -> tuple[ConfigNote, ...]:
    config = runtime.config.value
    return config.notes if config else ()


def _note(note: ConfigNote, width: int, key: str | None) -> list[Line]:
    """The whole sentence, and where it was seen if that is a file."""
    where = f" [{source(note.origin)}]" if note.origin.kind == "file" else ""
    return [line("   ", (part, "dim"), key=key) for part in wrap(literal(note.text) + where, max(10, width - 3))]
