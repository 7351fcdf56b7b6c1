"""What the screens of one long list share: filter while typing, sort, explain, and a way back that drops the filter."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.binding import BindingType

from tui import commands
from tui.messages import Asked, Sought
from tui.screens.base import LookScreen
from tui.widgets.keys import Keys
from tui.widgets.listing import Listing


class ListScreen(LookScreen):
    """A screen around one :class:`Listing`."""

    DEFAULT_CSS: ClassVar[str] = "ListScreen Filter { dock: none; offset-y: 0; }"
    AUTO_FOCUS: ClassVar[str] = "Listing"
    OPENED_BY: ClassVar[str] = ""
    """The app's action that opens this screen; it does not work on it."""
    BINDINGS: ClassVar[list[BindingType]] = [*commands.bindings((commands.Why, commands.Filter, commands.Sort))]

    @property
    def listing(self) -> Listing:
        """The list."""
        return self.query_one(Listing)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing on an empty list; sort only where there are orders."""
        if action == "sort":
            return self.look is not None and bool(self.listing.ORDERS and self.listing.total)
        if action == "filter":
            return self.look is not None and bool(self.listing.total)
        if action == "why":
            return self.look is not None and self.explained is not None
        return True

    @property
    def explained(self) -> str | None:
        """The key that Why is asked with, None where there is nothing to explain."""
        return None

    @on(Asked)
    def asked(self) -> None:
        """Enter, or a second click."""
        self.action_why()

    def action_why(self) -> None:
        """Open Why for the selected row."""
        if self.explained is not None:
            from tui.screens.why import WhyScreen

            self.app.push_screen(WhyScreen(self.explained))

    def action_sort(self) -> None:
        """Sort by the next order."""
        self.listing.next_order()

    async def action_filter(self) -> None:
        """Let the person type what to look for."""
        from tui.widgets.filter import Filter

        if not self.query(Filter):
            await self.mount(Filter(self.listing.SOUGHT), before=self.query_one(Keys))
        self.query_one(Filter).open(self.listing.needle)

    @on(Sought)
    def sought(self, event: Sought) -> None:
        """Filter while typing; then back to the list."""
        self.listing.seek(event.needle)
        if event.over:
            self.listing.focus()
        self.refresh_bindings()

    def drop(self) -> bool:
        """Drop the filter; False if there is none and the screen itself can go."""
        dropped = bool(self.listing.needle)
        if dropped:
            self.listing.seek("")
        return dropped
