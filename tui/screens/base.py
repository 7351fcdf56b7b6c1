"""What all screens share: they are handed a look and a pulse, and pass them to their panels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.screen import Screen

from tui.messages import Look, Pulse
from tui.widgets.lines import Lines

if TYPE_CHECKING:
    from tui.app import ImagegcApp


class LookScreen(Screen[Any]):
    """A screen over the present look; panels derive from it and fetch nothing."""

    DEFAULT_CSS: ClassVar[str] = "LookScreen { background: $background; layout: vertical; }"
    AUTO_FOCUS: ClassVar[str] = "Lines"

    look: Look | None = None
    pulse: Pulse | None = None

    def show(self, look: Look | None, pulse: Pulse | None) -> None:
        """Hand both to every panel, painted at once."""
        self.look, self.pulse = look, pulse
        with self.app.batch_update():
            for panel in self.query(Lines):
                panel.show(look, pulse)
            self.refresh_bindings()

    def drop(self) -> bool:
        """Take back one thing that the person added to the screen (a filter); False if there is none."""
        return False

    def on_mount(self) -> None:
        """Show what is known already."""
        app = cast("ImagegcApp", self.app)
        self.show(app.look, app.pulse)
