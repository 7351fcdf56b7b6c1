"""The line in which a filter is typed; made when it is first wanted, seen only while it is used."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.widgets import Input

from tui.messages import Sought


class Filter(Input):
    """Filters while typing; Enter keeps the filter, Esc drops it."""

    DEFAULT_CSS: ClassVar[str] = """
    Filter { height: 1; border: none; padding: 0 1; background: $surface; display: none; dock: bottom; offset-y: -1;
        &:focus { border: none; }
        &.-open { display: block; }
    }
    """

    def __init__(self, sought: str) -> None:
        """Closed; ``sought``: what an empty line says, namely what the filter looks at."""
        super().__init__(placeholder=f"{sought} …   enter keeps, esc drops", id="filter")
        self.can_focus = False

    def open(self, value: str) -> None:
        """Start to type."""
        self.add_class("-open")
        self.can_focus = True
        self.value = value
        self.focus()

    @on(Input.Changed)
    def typed(self, event: Input.Changed) -> None:
        """Filter while typing."""
        event.stop()
        self.post_message(Sought(event.value, over=False))

    @on(Input.Submitted)
    def keep(self, event: Input.Submitted) -> None:
        """Keep the filter."""
        event.stop()
        self._close()

    async def typed_ahead(self, event: events.Key) -> bool:
        """Take a key that was sent before the focus was here; whether it is one for a line of text."""
        if event.is_printable and event.character is not None:
            self.insert_text_at_cursor(event.character)
        elif event.key == "enter" and not self.has_focus:
            await self.action_submit()
        else:
            return False
        return True

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
        self.post_message(Sought(self.value, over=True))
