"""A panel that is read, not selected from: up and down scroll it."""

from __future__ import annotations

from tui.widgets.lines import Lines


class Prose(Lines):
    """Base of Why, findings and help."""

    def action_move(self, step: int) -> None:
        """Scroll by lines."""
        self.scroll_to(y=self.scroll_offset.y + step, animate=False)

    def action_edge(self, index: int) -> None:
        """Scroll to the beginning or to the end."""
        self.scroll_to(y=0 if index == 0 else self.virtual_size.height, animate=False)
