"""A line chart as a grid of cells: braille dots, or plain characters from the same dots. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Point = tuple[float, float]
Cell = tuple[str, str]
"""A character and its role."""

_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))


@dataclass(frozen=True)
class Limit:
    """A horizontal line at ``value``; ``solid`` if it is applied, else dotted. The first ones win a row."""

    value: float
    label: str
    solid: bool


@dataclass(frozen=True)
class Frame:
    """The window of a chart: its size in cells and what its edges stand for."""

    width: int
    height: int
    left: float
    right: float
    bottom: float
    top: float

    def column(self, x: float) -> int:
        """The dot column (two to a cell) of ``x``, clamped."""
        share = (x - self.left) / (self.right - self.left or 1)
        return max(0, min(self.width * 2 - 1, int(share * self.width * 2)))

    def row(self, y: float) -> int:
        """The dot row (four to a cell, 0 on top) of ``y``, clamped."""
        share = (self.top - y) / (self.top - self.bottom or 1)
        return max(0, min(self.height * 4 - 1, round(share * (self.height * 4 - 1))))


def plot(
    frame: Frame, past: Sequence[Point], future: Sequence[Point], limits: Sequence[Limit], *, ascii: bool = False
) -> list[list[Cell]]:
    """The grid: ``past`` solid, ``future`` dotted, limits as lines with their label at the right."""
    grid: list[list[Cell]] = [[(" ", "")] * frame.width for _ in range(frame.height)]
    for y, limit in limit_rows(frame, limits).items():
        stroke = "-" if ascii else ("┄" if limit.solid else "·")
        grid[y] = [(stroke, "limit" if limit.solid else "dim")] * frame.width
    ahead = {(x, y) for x, y in _dots(frame, future) if x % 2 == 0}
    _stamp(grid, ahead, "future", "." if ascii else "")
    _stamp(grid, _dots(frame, past), "past", "*" if ascii else "")
    for y, limit in limit_rows(frame, limits).items():
        label = f" {limit.label}"
        if len(label) * 2 < frame.width:
            write(grid[y], frame.width - len(label), label, "limit" if limit.solid else "dim")
    return grid


def limit_rows(frame: Frame, limits: Sequence[Limit]) -> dict[int, Limit]:
    """The cell row of each limit that is in the window; two on one row: the first has it."""
    rows: dict[int, Limit] = {}
    for limit in limits:
        if frame.bottom <= limit.value <= frame.top:
            rows.setdefault(frame.row(limit.value) // 4, limit)
    return rows


def _dots(frame: Frame, points: Sequence[Point]) -> set[tuple[int, int]]:
    """The dots of a polyline; where several points share a column, their extremes are kept."""
    columns: dict[int, list[int]] = {}
    for x, y in points:
        columns.setdefault(frame.column(x), []).append(frame.row(y))
    dots: set[tuple[int, int]] = set()
    before: tuple[int, int] | None = None
    for x, rows in sorted(columns.items()):
        dots.update((x, y) for y in range(min(rows), max(rows) + 1))
        if before is not None:
            dots.update(_stroke(before, (x, rows[0])))
        before = (x, rows[-1])
    return dots


def _stroke(start: tuple[int, int], end: tuple[int, int]) -> Iterable[tuple[int, int]]:
    """The dots between two dots, without gaps."""
    (x0, y0), (x1, y1) = start, end
    steps = max(x1 - x0, abs(y1 - y0), 1)
    for step in range(steps + 1):
        yield x0 + round((x1 - x0) * step / steps), y0 + round((y1 - y0) * step / steps)


def _stamp(grid: list[list[Cell]], dots: Iterable[tuple[int, int]], role: str, plain: str) -> None:
    cells: dict[tuple[int, int], int] = {}
    for x, y in dots:
        place = (x // 2, y // 4)
        cells[place] = cells.get(place, 0) | _BITS[y % 4][x % 2]
    for (x, y), bits in cells.items():
        grid[y][x] = (plain or chr(0x2800 + bits), role)


def write(row: list[Cell], start: int, text: str, role: str) -> None:
    """Put words on a row, if they fit there."""
    if 0 <= start <= len(row) - len(text):
        row[start : start + len(text)] = [(char, role) for char in text]
