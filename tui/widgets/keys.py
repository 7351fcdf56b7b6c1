"""The last line: the keys that work now, and only those."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual import events

from tui.widgets.lines import Lines
from tui.widgets.text import Line, Span

LEAST = ("Palette", "Pause", "Sort", "Filter", "All", "GC log", "Findings", "Images")
"""What falls off a narrow line, in this order; all of it is in Help."""


class Keys(Lines, can_focus=False):
    """Made from the screen's active bindings; a click presses the key. the last one stands at the right."""

    DEFAULT_CSS: ClassVar[str] = """
    Keys { height: 1; dock: bottom; border: none; background: $panel; }
    Keys:ansi { background: ansi_default; }
    """

    def on_mount(self) -> None:
        """Follow the screen's bindings."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.rebuild())
        self._places: list[tuple[int, int, str]] = []

    def build(self, width: int, height: int) -> list[Line]:
        """Key and word for each binding; Quit at the right."""
        focused = self.screen.focused
        if focused is not None and focused.id == "filter":
            return self._row([("enter", "Keep the filter", "enter"), ("esc", "Drop it", "escape")], width)
        active = [b for _, b, enabled, _ in self.screen.active_bindings.values() if b.show and enabled]
        entries = list({b.action: (b.key_display or b.key, b.description, b.key) for b in active}.values())
        return self._row(sorted(entries, key=lambda entry: entry[1] == "Quit"), width)

    def _row(self, entries: list[tuple[str, str, str]], width: int) -> list[Line]:
        tight = _long(entries, tight=False) > width
        for least in LEAST:
            if _long(entries, tight) > width:
                entries = [entry for entry in entries if entry[1] != least]
        gap = width - _long(entries, tight)
        spans: list[Span] = []
        self._places = []
        column = 0
        for index, entry in enumerate(entries):
            if index and index == len(entries) - 1:
                spans.append((" " * gap, ""))
                column += gap
            spans += _spans(entry, tight)
            end = column + sum(cell_len(text) for text, _ in _spans(entry, tight))
            self._places.append((column, end, entry[2]))
            column = end
        return [Line(tuple(spans))]

    def on_click(self, event: events.Click) -> None:
        """Press the key under the pointer."""
        for start, stop, key in self._places:
            if start <= event.x < stop:
                self.app.simulate_key(key)


def _long(entries: list[tuple[str, str, str]], tight: bool) -> int:
    return sum(cell_len(text) for entry in entries for text, _ in _spans(entry, tight))


def _spans(entry: tuple[str, str, str], tight: bool) -> list[Span]:
    key, word, _ = entry
    return [(f" {key}", "key"), (f" {word}" + ("" if tight else " "), "")]
