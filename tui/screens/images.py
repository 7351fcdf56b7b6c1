"""All images of the node."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult

from tui.messages import Look, Pulse, Selected
from tui.screens.listing import ListScreen
from tui.widgets.head import Head
from tui.widgets.images import ImageDetail, Images, ImagesHead
from tui.widgets.keys import Keys

DETAILED = 34
"""From so many lines on, the selected image is shown beside the table."""


class ImagesScreen(ListScreen):
    """What image GC sees, over the whole screen."""

    OPENED_BY: ClassVar[str] = "images"
    DEFAULT_CSS: ClassVar[str] = """
    ImagesScreen {
        &.-unknown Images, &.-unknown ImageDetail, &.-low ImageDetail { display: none; }
        &.-low ImagesHead { max-height: 8; }
        &.-unknown ImagesHead { height: 1fr; max-height: 100%; }
    }
    """

    def compose(self) -> ComposeResult:
        """Head, figures, table, the selected one, keys."""
        yield Head()
        yield ImagesHead(id="figures")
        yield Images(id="images")
        yield ImageDetail(id="detail")
        yield Keys()

    def show(self, look: Look | None, pulse: Pulse | None) -> None:
        """Hand on; without an answer there is no table, and with the first one the table has the focus."""
        unknown = look is None or look.assessment.images.value is None
        comes = self.has_class("-unknown") and not unknown
        self.set_class(unknown, "-unknown")
        super().show(look, pulse)
        if comes:
            self.call_after_refresh(self.listing.focus)
        self.query_one(ImageDetail).follow(self.listing.cursor)

    def on_resize(self, event: events.Resize) -> None:
        """Leave the selected one out where rows are few."""
        self.set_class(event.size.height < DETAILED, "-low")

    @property
    def explained(self) -> str | None:
        """The selected image."""
        return None if self.has_class("-unknown") else self.listing.cursor

    @on(Selected)
    def selected_row(self, event: Selected) -> None:
        """The detail follows the cursor."""
        self.query_one(ImageDetail).follow(event.key)
