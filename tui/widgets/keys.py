"""The last line: the keys that work now, and only those."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual import events

from tui.widgets.lines import Lines
from tui.widgets.text import Line, Span


class Keys(Lines, can_focus=False):
    """Made from the screen's active bindings; a click presses the key. Help and Quit never fall off the edge."""

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
        return self._row(entries, width)

    def _row(self, entries: list[tuple[str, str, str]], width: int) -> list[Line]:
        last = [entry for entry in entries if entry[1] == "Quit"]
        rest = [entry for entry in entries if entry[1] != "Quit"]
        tight = sum(cell_len(k + word) + 4 for k, word, _ in entries) > width
        room = width - sum(_length(entry, tight) for entry in last)
        spans: list[Span] = []
        self._places = []
        column = 0
        for entry in rest:
            length = _length(entry, tight)
            if column + length > room:
                continue
            spans += _spans(entry, tight)
            self._places.append((column, column + length, entry[2]))
            column += length
        spans.append((" " * (room - column), ""))
        for entry in last:
            spans += _spans(entry, tight)
            self._places.append((room, width, entry[2]))
        return [Line(tuple(spans))]

    def on_click(self, event: events.Click) -> None:
        """Press the key under the pointer."""
        for start, stop, key in self._places:
            if start <= event.x < stop:
                self.app.simulate_key(key)


def _length(entry: tuple[str, str, str], tight: bool) -> int:
    return sum(cell_len(text) for text, _ in _spans(entry, tight))


def _spans(entry: tuple[str, str, str], tight: bool) -> list[Span]:
    key, word, _ = entry
    return [(f" {key}", "key"), (f" {word}" + ("" if tight else " "), "")]
