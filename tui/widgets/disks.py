"""The disks: one row for each mount that matters, its bar with the kubelet's thresholds marked on it."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from rich.cells import cell_len

from tui.model import Assessment, Usage
from tui.widgets.bar import bar
from tui.widgets.figures import clock, glyph, lead, rate
from tui.widgets.lines import Lines
from tui.widgets.rows import Row, View, next_order, rows
from tui.widgets.text import Line, Span, fit, flush, line, literal, middle, pad
from tui.words import size

BAR = 22
"""No bar is shorter than this, as long as a word of what the disk holds is left."""
LEGENDS = ("┃ low, high  ▮ eviction  ┊▯ if measured", "┃ GC  ▮ evict  ┊▯ if measured", "┃ GC  ▮ evict", "")
ASCII_LEGENDS = ("L low H high E evict; lhe if measured", "LH GC, E evict", "")


class Disks(Lines):
    """One line a mount from 100 columns on, two lines below: words, then the bar in full width."""

    TITLE = "Disks"
    ALWAYS_MARKED = True
    DEFAULT_CSS: ClassVar[str] = """
    Disks { height: auto; max-height: 40%; min-height: 4; }
    """

    def __init__(self, *, id: str | None = None, ascii: bool = False) -> None:
        """Start with the mounts that matter, as judged."""
        super().__init__(id=id, ascii=ascii)
        self.view = View()

    def change(self, **what: object) -> None:
        """Change what is shown; the cursor stays with its mount."""
        self.view = replace(self.view, **what)  # type: ignore[arg-type]  # replace() checks the names itself
        self.rebuild()

    def next_sort(self) -> None:
        """Sort by the next order."""
        self.change(sort=next_order(self.view.sort))

    def captions(self) -> tuple[str, str]:
        """How many of how many, and how they were chosen."""
        if self.look is None:
            return self.TITLE, ""
        total = len(self.look.assessment.survey.mounts)
        parts = [f"{len(self._rows)} of {total} mount{'s' if total != 1 else ''}"]
        if self.view.needle:
            parts.append(f"filter: {literal(self.view.needle)}")
        if self.view.sort != "as judged":
            parts.append(f"by {self.view.sort}")
        parts.append("a fewer" if self.view.all_mounts else "a all")
        return self.TITLE, " · ".join(parts)

    def build(self, width: int, height: int) -> list[Line]:
        """Header and rows."""
        self._rows: list[Row] = rows(self.look.assessment, self.view) if self.look else []
        if self.look is None:
            self.sticky = 0
            return [line(("  …", "dim"))]
        self.sticky = 1 if width >= 90 else 0
        if not self._rows:
            why = "no mount matches the filter" if self.view.needle else "no mount could be read"
            return [line((f"  {why}", "dim"))]
        if width < 90:
            return [each for row in self._rows for each in self._two_lines(row, width)]
        wide = self._widths(width)
        return [self._header(wide), *(self._one_line(row, wide) for row in self._rows)]

    def _widths(self, width: int) -> dict[str, int]:
        """Cells for each column; the bar has what is left."""
        names = max(cell_len(literal(row.disk.mountpoint)) for row in self._rows)
        holds = max(sum(cell_len(text) for text, _ in self._holds(row)) for row in self._rows)
        mount = max(10, min(names, width * 22 // 100))
        inodes = 8 if width >= 150 else 0
        words = max(12, min(holds, width - mount - inodes - 49 - BAR))
        return {"mount": mount, "holds": words, "inodes": inodes, "bar": width - mount - words - inodes - 49}

    def _header(self, wide: dict[str, int]) -> Line:
        legends = ASCII_LEGENDS if self.ascii else LEGENDS
        legend = next(each for each in legends if cell_len(each) <= max(0, wide["bar"]))
        text = f"   {pad('MOUNT', wide['mount'])}  {pad('HOLDS', wide['holds'])}    SIZE    FREE    DF"
        text += f"{'INODES':>8}" if wide["inodes"] else ""
        text += f"{'KUBELET':>9}  {pad(legend, wide['bar'])}{'RATE':>11}"
        return line((text, "dim"))

    def _one_line(self, row: Row, wide: dict[str, int]) -> Line:
        assessment = self._assessment
        path = middle(literal(row.disk.mountpoint), wide["mount"])
        spans = lead(self.mark(row.key), glyph(assessment, row.key))
        spans.append((pad(path, wide["mount"]) + "  ", "dim" if row.state.hidden else "strong"))
        holds = fit(self._holds(row), wide["holds"])
        spans += [*holds, (" " * (wide["holds"] - sum(cell_len(t) for t, _ in holds)), "")]
        usage = row.state.usage.value
        if usage is None or not usage.capacity:
            return Line((*spans, ("  ", ""), (_unknown(row), "dim" if usage or row.state.hidden else "warn")), row.key)
        spans.append((f"  {size(usage.capacity):>6}  {size(usage.available):>6}", ""))
        spans.append((f"{_share(usage.df_percent):>6}", "dim"))
        if wide["inodes"]:
            spans.append((f"{_share(_inodes(usage)):>8}", "dim"))
        role = _alarm(assessment, row)
        spans.append((f"{_share(row.percent):>9}  ", role if role != "fill" else "strong"))
        spans += bar(wide["bar"], row.percent, row.disk.marks, role, ascii=self.ascii)
        spans.append((f"{rate(row.disk.growth):>11}", ""))
        return Line(tuple(spans), row.key)

    def _two_lines(self, row: Row, width: int) -> list[Line]:
        assessment = self._assessment
        usage = row.state.usage.value
        start = lead(self.mark(row.key), glyph(assessment, row.key))
        holds = self._holds(row)
        if usage is None or not usage.capacity:
            right: list[Span] = [(_unknown(row), "dim" if usage or row.state.hidden else "warn")]
        else:
            right = [
                (f"{size(usage.available)} free of {size(usage.capacity)}", ""),
                (f"{rate(row.disk.growth):>10}", ""),
            ]
        room = width - 3 - sum(cell_len(text) for text, _ in right)
        path = middle(literal(row.disk.mountpoint), max(12, room - 2 - sum(cell_len(t) for t, _ in holds)))
        left: list[Span] = [*start, (path, "dim" if row.state.hidden else "strong"), ("  ", ""), *holds]
        first = Line(flush(left, right, width), row.key)
        if usage is None or not usage.capacity:
            return [first]
        role = _alarm(assessment, row)
        percent: Span = (f"   {_share(row.percent):>5}  ", role if role != "fill" else "strong")
        return [first, Line((percent, *bar(width - 10, row.percent, row.disk.marks, role, ascii=self.ascii)), row.key)]

    def _holds(self, row: Row) -> list[Span]:
        if row.state.hidden:
            return [(literal(row.state.hidden), "dim")]
        spans: list[Span] = [
            (", ".join(row.disk.holds) or literal(row.state.mount.fstype), "" if row.disk.holds else "dim")
        ]
        if "imagefs" in row.disk.measured_as:
            spans.append((" ◂measured", "accent"))
        return spans

    @property
    def _assessment(self) -> Assessment:
        assert self.look is not None
        return self.look.assessment


def _share(percent: int | None) -> str:
    return "—" if percent is None else f"{percent} %"


def _inodes(usage: Usage) -> int | None:
    return -(-(usage.files - usage.ffree) * 100 // usage.files) if usage.files > 0 else None


def _unknown(row: Row) -> str:
    """Why there are no figures."""
    if row.state.unreachable_since is not None:
        return f"unreachable since {clock(row.state.unreachable_since)}"
    return literal(row.state.usage.reason) if not row.state.usage.known else "no size (empty filesystem)"


def _alarm(assessment: Assessment, row: Row) -> str:
    """Red when something fires here now, whether it is applied here or would be; amber when it comes first."""
    here = [t for t in assessment.triggers if t.mountpoint == row.disk.mountpoint]
    if any(trigger.met for trigger in here):
        return "bad"
    soon = any(t.first and t.when.state == "in" and (t.when.soonest or 0) < 86400 for t in here)
    return "warn" if soon else "fill"
