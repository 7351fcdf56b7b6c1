"""The forecast of one disk: measured past, projection at the present rate, thresholds as lines."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import ClassVar

from tui.model import Assessment, Disk, Mark
from tui.widgets.figures import rate
from tui.widgets.grid import Cell, Frame, Limit, Point, limit_rows, plot, write
from tui.widgets.lines import Lines
from tui.widgets.text import Line, line, literal, middle
from tui.words import span

AXIS = 5
_HOUR, _DAY = 3600, 86400
SPANS = (600, 1800, *(n * _HOUR for n in (1, 2, 3, 4, 6, 8, 12)), *(n * _DAY for n in (1, 2, 4, 7)))
"""What half a chart may stand for, in seconds: the smallest that holds what is to be seen."""


class Chart(Lines, can_focus=False):
    """Use in the kubelet's percent over time; follows the disk that is selected."""

    TITLE = "Forecast"
    DEFAULT_CSS: ClassVar[str] = """
    Chart { height: 1fr; min-height: 5; }
    """

    mountpoint: str | None = None

    def follow(self, mountpoint: str | None) -> None:
        """Show another disk."""
        if mountpoint != self.mountpoint:
            self.mountpoint = mountpoint
            self.rebuild()

    def captions(self) -> tuple[str, str]:
        """Which disk, and what the projection rests on."""
        disk = self._disk()
        if disk is None:
            return self.TITLE, ""
        growth = disk.growth
        title = f"{self.TITLE} {middle(literal(disk.mountpoint), 30)}"
        if growth.rate is None or growth.state == "unknown":
            return title, literal(growth.reason)
        pace = rate(growth).replace("0", "not growing") if rate(growth) == "0" else rate(growth)
        if not growth.samples and growth.reason:
            return title, f"{pace} {literal(growth.reason)}"
        return title, f"{pace} over {span(growth.window_s)}, {growth.samples} samples"

    def build(self, width: int, height: int) -> list[Line]:
        """Axis and grid."""
        disk = self._disk()
        if self.look is None or disk is None or height < 3 or width < 24:
            return []
        usage = disk.state.usage.value
        if usage is None or not usage.capacity:
            return [line(("  — ", ""), (literal(disk.state.usage.reason) or "no size", "dim"))]
        now = self.look.assessment.survey.mono
        samples = self.look.history.get(disk.mountpoint, ())
        past = [(sample.mono, _percent(sample.available, usage.capacity)) for sample in samples]
        past = [*past, (now, _percent(usage.available, usage.capacity))]
        ahead = _span(_horizon(self.look.assessment, disk))
        back = _span(max(now - past[0][0], ahead / 3))
        limits = _limits(disk.marks)
        frame = Frame(width - AXIS, height - 1, now - back, now + ahead, _bottom(past, limits), 100.0)
        future = _projection(disk, past[-1], ahead, usage.capacity)
        grid = plot(frame, past, future, limits, ascii=self.ascii)
        if future and future[-1][1] >= 100:
            write(grid[0], frame.column(future[-1][0]) // 2 + 1, " full", "bad")
        ticks = {y: f"{limit.value:3.0f}%" for y, limit in limit_rows(frame, limits).items()}
        ticks.setdefault(0, "100%")
        ticks.setdefault(frame.height - 1, f"{frame.bottom:3.0f}%")
        lines = [_row(ticks.get(y, "    "), row) for y, row in enumerate(grid)]
        return [*lines, line((_times(width, frame.column(now) // 2, back, ahead), "dim"))]

    def _disk(self) -> Disk | None:
        """The disk to show: the selected one, else the one where something fires first, else where images are."""
        if self.look is None:
            return None
        assessment = self.look.assessment
        found = {disk.mountpoint: disk for disk in assessment.disks}
        first = default_disk(assessment)
        return found.get(self.mountpoint or "") or found.get(first or "")


def default_disk(assessment: Assessment) -> str | None:
    """The mountpoint of the disk that matters most."""
    first = next((trigger.mountpoint for trigger in assessment.triggers if trigger.first), None)
    images = next((disk.mountpoint for disk in assessment.disks if "images" in disk.holds), None)
    some = assessment.disks[0].mountpoint if assessment.disks else None
    return images or first or some


def _percent(available: int, capacity: int) -> float:
    return 100 - available * 100 / capacity


def _span(seconds: float) -> float:
    return next((each for each in SPANS if seconds <= each), SPANS[-1])


def _horizon(assessment: Assessment, disk: Disk) -> float:
    """Far enough to see the next thing happen on this disk."""
    times = [t.when.latest or t.when.soonest for t in assessment.triggers if t.mountpoint == disk.mountpoint]
    soon = [each for each in times if each]
    return min(soon) * 1.1 if soon else 3600.0


def _projection(disk: Disk, start: Point, ahead: float, capacity: int) -> list[Point]:
    growth = disk.growth.rate
    if growth is None or disk.growth.state == "unknown":
        return []
    now, percent = start
    slope = growth * 100 / capacity
    end = now + ahead
    if slope > 0:
        end = min(end, now + (100 - percent) / slope)
    return [(now, percent), (end, percent + slope * (end - now))]


def _limits(marks: Sequence[Mark]) -> list[Limit]:
    """High first, so that it keeps its row when lines meet."""
    order = {"high": 0, "eviction": 1, "low": 2}
    chosen = sorted(marks, key=lambda mark: (not mark.applied, order[mark.kind]))
    return [Limit(m.percent, m.kind if m.applied else f"({m.kind})", m.applied) for m in chosen]


def _bottom(past: Sequence[Point], limits: Sequence[Limit]) -> float:
    """A round percent below the past and below the next limit under it."""
    lowest = min(value for _, value in past)
    below = [limit.value for limit in limits if limit.value <= lowest]
    return max(0.0, min(90.0, (max(below, default=lowest) - 5) // 10 * 10))


def _row(tick: str, cells: Sequence[Cell]) -> Line:
    joined = [("".join(c for c, _ in group), role) for role, group in groupby(cells, key=lambda cell: cell[1])]
    return line((tick, "dim"), ("┤" if tick.strip() else "│", "rule"), *joined)


def _times(width: int, now: int, back: float, ahead: float) -> str:
    """The axis of time: how far back, now, how far ahead."""
    left, right = f"{_whole(back)} ago", f"+ {_whole(ahead)}"
    row = [" "] * width
    for start, text in ((AXIS + now - 1, "now"), (width - len(right), right), (AXIS, left)):
        if start >= 0 and all(char == " " for char in row[max(0, start - 1) : start + len(text) + 1]):
            row[start : start + len(text)] = text
    return "".join(row[:width])


def _whole(seconds: float) -> str:
    """One of :data:`SPANS` in its own unit: ``8 h``."""
    for size, unit in ((_DAY, "d"), (_HOUR, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"
