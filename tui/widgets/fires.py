"""What fires next: every trigger at its exact byte, how far away it is, and when it is reached at this rate."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len

from tui.model import Assessment, Trigger
from tui.widgets.figures import fires, glyph, lead, quantity, when
from tui.widgets.lines import Lines
from tui.widgets.text import Line, Span, fit, line, literal, middle, pad, wrap
from tui.words import size

FREE = " free"
WILL = 3
"""At most so many lines for what a trigger does."""


class Fires(Lines):
    """Grouped by disk where there is room, else one line each with the soonest on top."""

    TITLE = "What fires next"
    DEFAULT_CSS: ClassVar[str] = """
    Fires { height: auto; max-height: 70%; min-height: 4; }
    """

    def build(self, width: int, height: int) -> list[Line]:
        """The triggers."""
        if self.look is None:
            return []
        assessment = self.look.assessment
        if not assessment.triggers:
            reason = literal(assessment.survey.kubelet.config.reason) or "none is in force"
            return [Line(fit([("   — ", ""), (reason, "warn")], width))]
        if width < 46 or self.has_class("-flat"):
            rows = [self._flat(assessment, each, width) for each in _soonest_first(assessment.triggers)]
            self.sticky = 1
            return [_flat_head(width), *rows]
        self.sticky = 1
        wide = _widths(assessment.triggers, width)
        lines = [line((_head(wide), "dim"))]
        for mountpoint in dict.fromkeys(trigger.mountpoint for trigger in assessment.triggers):
            lines.append(_place(assessment, mountpoint, width))
            for trigger in assessment.triggers:
                if trigger.mountpoint == mountpoint:
                    lines += self._lines_of(assessment, trigger, wide, width)
        return lines

    def _lines_of(self, assessment: Assessment, trigger: Trigger, wide: dict[str, int], width: int) -> list[Line]:
        spans = lead(self.mark(trigger.key), _glyph(assessment, trigger))
        quiet = "dim" if trigger.fires_at is None else ""
        label = literal(trigger.label) if trigger.applied else f"({literal(trigger.label)})"
        spans.append((pad(label, wide["label"]) + " ", quiet or ("" if trigger.applied else "dim")))
        if wide["threshold"]:
            spans.append((pad(literal(trigger.threshold), wide["threshold"]) + "  ", quiet))
        spans.append((pad(_at(trigger, wide), wide["fires"], right=True), quiet))
        late = "bad" if trigger.left is not None and trigger.left < 0 else quiet
        spans.append((f" {pad(quantity(trigger.left, trigger.resource), 8, right=True)}", late))
        spans.append((f" {pad(_in(trigger), wide['in'], right=True)}", "bad" if trigger.met else quiet))
        spans.append((" ◀" if trigger.first else "  ", "accent"))
        lines = [Line(fit(spans, width), trigger.key)]
        if trigger.will and (trigger.met or trigger.first):
            lines += [line("     ", (part, "dim"), key=trigger.key) for part in wrap(_will(trigger), width - 5, WILL)]
        return lines

    def _flat(self, assessment: Assessment, trigger: Trigger, width: int) -> Line:
        """Label, disk, byte, distance, time: the disk's name gets what the others leave."""
        label = literal(trigger.label) if trigger.applied else f"({literal(trigger.label)})"
        known = trigger.fires_at is not None
        quiet = "" if known and trigger.applied else "dim"
        room = _flat_room(width)
        place = pad(middle(literal(trigger.mountpoint), room - 2), room) if room else ""
        at = pad(literal(fires(trigger).removesuffix(FREE)), 10)
        left = pad(quantity(trigger.left, trigger.resource) if known else "", 9, right=True)
        spans = lead(self.mark(trigger.key), _glyph(assessment, trigger))
        spans += [(pad(label, 14) + place + at + left, quiet)]
        spans.append((pad(_in(trigger), 17, right=True), "bad" if trigger.met else quiet))
        spans.append((" ◀" if trigger.first else "  ", "accent"))
        return Line(fit(spans, width), trigger.key)


def _flat_room(width: int) -> int:
    """Cells for the disk's name where every trigger is one line; none where that leaves too few to tell it."""
    room = width - 3 - 14 - 10 - 9 - 17 - 2
    return room if room >= 8 else 0


def _flat_head(width: int) -> Line:
    before = " " * (3 + 14 + _flat_room(width))
    return line((f"{before}{pad('FIRES AT', 10)}{'LEFT':>9}{'IN':>17}", "dim"))


def _widths(triggers: tuple[Trigger, ...], width: int) -> dict[str, int]:
    """Cells for each column: the word "free" gives way first, then the label."""
    longest = max(cell_len(fires(each)) for each in triggers)
    least, full = max(8, longest - len(FREE)), max(8, min(22, longest))
    time = min(17, max(12, *(cell_len(_in(each)) for each in triggers)))
    threshold = min(12, max(cell_len(literal(each.threshold)) for each in triggers)) if width >= 58 else 0
    label = max(cell_len(literal(each.label)) + (0 if each.applied else 2) for each in triggers)
    room = width - 3 - 1 - 9 - 1 - 2 - time - (threshold + 2 if threshold else 0)
    roomy = width >= 62 and room - full >= label
    at = full if roomy else min(22, least)
    room -= at
    return {"label": max(8, min(label, room)), "threshold": threshold, "fires": at, "in": time, "roomy": roomy}


def _head(wide: dict[str, int]) -> str:
    before = " " * (4 + wide["label"] + (wide["threshold"] + 2 if wide["threshold"] else 0))
    return f"{before}{pad('FIRES AT', wide['fires'], right=True)}{'LEFT':>9} {pad('IN', wide['in'], right=True)}"


def _at(trigger: Trigger, wide: dict[str, int]) -> str:
    text = literal(fires(trigger))
    return text if wide["roomy"] else text.removesuffix(FREE)


def _place(assessment: Assessment, mountpoint: str, width: int) -> Line:
    """On which disk the next rows are, and what the kubelet has to do with it."""
    disk = next((each for each in assessment.disks if each.mountpoint == mountpoint), None)
    roles = []
    if disk is not None and "images" in disk.holds:
        roles.append("where images are")
    if disk is not None and disk.measured_as:
        roles.append("which the kubelet measures")
    elif disk is not None and "imagefs" in disk.roles and assessment.measured.state in ("stale", "unknown-device"):
        roles.append("not measured")
    text = f", {', '.join(roles)}" if roles else ""
    path = middle(literal(mountpoint), max(8, width - 5 - cell_len(text)))
    return line((" on ", "dim"), (path, "strong"), (text, "dim"))


def _glyph(assessment: Assessment, trigger: Trigger) -> Span:
    if trigger.met and trigger.applied:
        return ("✖", "bad")
    return glyph(assessment, trigger.key)


def _in(trigger: Trigger) -> str:
    return "now" if trigger.met else when(trigger.when)


def _will(trigger: Trigger) -> str:
    if not trigger.amount or trigger.kind != "image GC":
        return literal(trigger.will)
    wants = "wants {}: {}" if trigger.applied else "would want {}; {}"
    return wants.format(size(trigger.amount), literal(trigger.will))


def _soonest_first(triggers: tuple[Trigger, ...]) -> list[Trigger]:
    """What fires now, what comes first, what comes later, what never does."""

    def order(trigger: Trigger) -> tuple[bool, bool, float]:
        soonest = trigger.when.soonest if trigger.when.state == "in" else None
        return not trigger.first, not trigger.met, soonest if soonest is not None else float("inf")

    return sorted((t for t in triggers if t.fires_at is not None), key=order) + [
        t for t in triggers if t.fires_at is None
    ]
