"""The line in which a filter is typed; there only while it is."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import events, on
from textual.message import Message
from textual.widgets import Input


class Filter(Input):
    """Filters while typing; Enter keeps the filter, Esc drops it."""

    DEFAULT_CSS: ClassVar[str] = """
    Filter { height: 1; border: none; padding: 0 1; background: $surface; display: none; dock: bottom; offset-y: -1;
        &:focus { border: none; }
        &.-open { display: block; }
    }
    """

    class Closed(Message):
        """Typing is over."""

    def __init__(self, **kwargs: Any) -> None:
        """As an Input, with its hint."""
        super().__init__(placeholder="path, source, type or content …   enter keeps, esc drops", **kwargs)
        self.can_focus = False

    def open(self, value: str) -> None:
        """Start to type."""
        self.add_class("-open")
        self.can_focus = True
        self.value = value
        self.focus()

    @on(Input.Submitted)
    def keep(self) -> None:
        """Keep the filter."""
        self._close()

    def on_key(self, event: events.Key) -> None:
        """Esc drops it; Backspace on an empty line does, too."""
        if event.key == "escape" or (event.key == "backspace" and not self.value):
            event.stop()
            event.prevent_default()
            self.value = ""
            self._close()

    def _close(self) -> None:
        self.remove_class("-open")
        self.can_focus = False
        self.post_message(self.Closed())
