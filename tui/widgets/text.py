"""Lines of text for the panels: spans with a role, cut and padded by terminal cells. Pure; paints nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, get_character_cell_size

from tui.words import visible

Span = tuple[str, str]
"""Text and its role: one of :data:`ROLES`; the look decides what a role looks like."""

ROLES = (
    "",
    "strong",
    "dim",
    "good",
    "warn",
    "bad",
    "accent",
    "rule",
    "fill",
    "past",
    "future",
    "limit",
    "badge",
    "alert",
    "key",
)

_GLUE = re.compile(
    r"(?<=\d) (?=\d{3}\b)|(?<=\d) (?=(?:%|[KMGTP]?i?B|s|min|m|d|h)\b|%)|(?<=[~≤<≥>=]) (?=[\d-])|(?<=\dh) (?=\d\dm)"
)
_FORMULA = re.compile(r"(?<=\d) (?=[-+*/=] )|(?<=[-+*/=]) (?=\d)")
_SOFT = "\u2005"
"""Stands for a blank inside a formula while lines are broken: it gives way only where a formula exceeds a line."""


@dataclass(frozen=True)
class Line:
    """One line of a panel. Lines that follow each other with the same ``key`` are one row, selected together."""

    spans: tuple[Span, ...]
    key: str | None = None

    @property
    def text(self) -> str:
        """The characters alone."""
        return "".join(text for text, _ in self.spans)


def line(*spans: Span | str, key: str | None = None) -> Line:
    """A line of spans; a bare string has no role."""
    return Line(tuple((span, "") if isinstance(span, str) else span for span in spans), key)


def literal(text: str) -> str:
    """A string from the node, safe to show; variation selectors, whose width terminals dispute, are spelt out too."""
    shown = visible(text)
    return shown if shown.isascii() else re.sub("[\ufe00-\ufe0f]", lambda m: f"\\u{ord(m[0]):04x}", shown)


def cut(text: str, width: int) -> str:
    """The text in at most ``width`` cells, ``…`` at the end if something is missing."""
    if cell_len(text) <= width:
        return text
    return _head(text, width - 1) + "…" if width > 0 else ""


def middle(text: str, width: int) -> str:
    """A path in at most ``width`` cells, ``…`` in the middle: both its beginning and its last name tell something."""
    if cell_len(text) <= width:
        return text
    if width < 5:
        return cut(text, width)
    tail = _head(text[::-1], (width - 1) * 2 // 3)[::-1]
    return _head(text, width - 1 - cell_len(tail)) + "…" + tail


def pad(text: str, width: int, *, right: bool = False) -> str:
    """The text in exactly ``width`` cells, cut or filled; ``right``: flush right."""
    text = cut(text, width)
    fill = " " * (width - cell_len(text))
    return fill + text if right else text + fill


def fit(spans: Sequence[Span], width: int) -> tuple[Span, ...]:
    """Spans cut to at most ``width`` cells, ``…`` at the end if something is missing."""
    if sum(cell_len(text) for text, _ in spans) <= width:
        return tuple(spans)
    out: list[Span] = []
    room = width
    for text, role in spans:
        if cell_len(text) >= room:
            short = text if cell_len(text) < room else _head(text, room - 1) + "…"
            return (*out, (short, role))
        out.append((text, role))
        room -= cell_len(text)
    return tuple(out)


def flush(left: Sequence[Span], right: Sequence[Span], width: int) -> tuple[Span, ...]:
    """``left``, then ``right`` at the right edge; what does not fit is cut from ``left``."""
    room = width - sum(cell_len(text) for text, _ in right)
    shown = fit(left, max(0, room - 1))
    gap = room - sum(cell_len(text) for text, _ in shown)
    return (*shown, (" " * max(0, gap), ""), *right)


def wrap(text: str, width: int, limit: int = 0) -> list[str]:
    """The text in lines of at most ``width`` cells, never broken inside a figure; ``limit`` lines, the last one cut."""
    words = _FORMULA.sub(_SOFT, _GLUE.sub("\u00a0", text)).split(" ")
    lines: list[str] = [""]
    for word in _pieces(_parted(words, width), width):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if cell_len(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(word)
    if limit and len(lines) > limit:
        lines = [*lines[: limit - 1], cut(" ".join(lines[limit - 1 :]), width)]
    return [part.replace("\u00a0", " ").replace(_SOFT, " ") for part in lines]


def cells(line: Line) -> Iterator[tuple[int, str, str]]:
    """Every character with its column and role."""
    column = 0
    for text, role in line.spans:
        for char in text:
            yield column, char, role
            column += get_character_cell_size(char)


def changed(old: Line, new: Line) -> tuple[int, int] | None:
    """The columns (from, to) in which two lines differ, or None."""
    before, after = list(cells(old)), list(cells(new))
    if before == after:
        return None
    same = next(
        (i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    start = max(0, (after[same][0] if same < len(after) else _end(after)) - 1)
    if _end(before) != _end(after):
        return start, max(_end(before), _end(after))
    back = next((i for i, (a, b) in enumerate(zip(reversed(before), reversed(after), strict=False)) if a != b), 0)
    return start, (after[len(after) - back][0] if back else _end(after)) + 1


def _end(cells_: Sequence[tuple[int, str, str]]) -> int:
    return cells_[-1][0] + get_character_cell_size(cells_[-1][1]) if cells_ else 0


def _head(text: str, width: int) -> str:
    """As many characters as fit into ``width`` cells."""
    used = 0
    for index, char in enumerate(text):
        used += get_character_cell_size(char)
        if used > width:
            return text[:index]
    return text


def _parted(words: Sequence[str], width: int) -> Iterator[str]:
    """Words, formulas that are longer than a line parted at their operators."""
    for word in words:
        yield from word.split(_SOFT) if cell_len(word) > width else (word,)


def _pieces(words: Iterable[str], width: int) -> Iterator[str]:
    """Words, those longer than a line cut into pieces that fit."""
    for word in words:
        while cell_len(word) > width > 0:
            part = _head(word, width)
            if not part:
                break
            yield part
            word = word[len(part) :]
        yield word
