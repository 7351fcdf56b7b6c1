"""A disk's bar: how full it is by the kubelet's percent, with the thresholds marked on it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from tui.model import Mark
from tui.widgets.text import Span

FULL, EMPTY = "━", "─"
GLYPHS = {("low", True): "┃", ("high", True): "┃", ("eviction", True): "▮", ("low", False): "┊", ("high", False): "┊"}
NOT_APPLIED_EVICTION = "▯"
ASCII = {"low": "l", "high": "h", "eviction": "e"}
"""In ASCII a mark is its letter: capital where it is applied, small where it would belong."""


def bar(width: int, percent: float | None, marks: Sequence[Mark], role: str, *, ascii: bool = False) -> list[Span]:
    """Spans of exactly ``width`` cells; ``percent`` None draws an empty one."""
    full = 0 if percent is None else max(0, min(width, round(percent * width / 100)))
    if percent and not full:
        full = 1
    chars = [("=" if ascii else FULL, role)] * full + [("-" if ascii else EMPTY, "rule")] * (width - full)
    for mark in sorted(marks, key=lambda each: ("low", "high", "eviction").index(each.kind)):
        if width:
            at = max(0, min(width - 1, round(mark.percent * width / 100)))
            chars[at] = (mark_glyph(mark, ascii=ascii), _role(mark))
    return [("".join(c for c, _ in group), role) for role, group in groupby(chars, key=lambda each: each[1])]


def mark_glyph(mark: Mark, *, ascii: bool = False) -> str:
    """The one cell that stands for a threshold."""
    if ascii:
        return ASCII[mark.kind].upper() if mark.applied else ASCII[mark.kind]
    return GLYPHS.get((mark.kind, mark.applied), NOT_APPLIED_EVICTION)


def _role(mark: Mark) -> str:
    if not mark.applied:
        return "dim"
    return "bad" if mark.kind == "eviction" else "strong"
