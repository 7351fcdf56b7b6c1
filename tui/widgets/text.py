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
_FORMULA = re.compile(r"(?<=\d) (?=[-+*/=][ \u00a0])|(?<=[-+*/=]) (?=\d)")
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
            return (*out, (_head(text, room - 1) + "…", role)) if room > 0 else tuple(out)
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


def columns(line: Line) -> list[str]:
    """What stands in each column: its character (with marks of no width) and role; "" in a wide one's second half."""
    found: list[str] = []
    for text, role in line.spans:
        for char in text:
            width = get_character_cell_size(char)
            if width == 0 and found:
                found[-1] += char
            else:
                found += [f"{role}\0{char}", *[""] * (width - 1)]
    return found


def changed(old: Line, new: Line) -> tuple[int, int] | None:
    """The columns (from, to) in which two lines differ, with a column to spare on each side; None if in none."""
    before, after = columns(old), columns(new)
    most = max(len(before), len(after))
    before += [" "] * (most - len(before))
    after += [" "] * (most - len(after))
    differing = [column for column, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
    return (max(0, differing[0] - 1), differing[-1] + 2) if differing else None


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
