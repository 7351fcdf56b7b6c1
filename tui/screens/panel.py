"""One panel over the whole screen: what a small terminal shows folded."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType

from tui import commands
from tui.messages import Asked
from tui.screens.base import LookScreen
from tui.widgets.head import Head
from tui.widgets.keys import Keys
from tui.widgets.lines import Lines
from tui.widgets.verdict import Verdict


class PanelScreen(LookScreen):
    """The panel opened; its values can be explained as on the dashboard."""

    DEFAULT_CSS: ClassVar[str] = "PanelScreen #opened { height: 1fr; max-height: 100%; }"
    AUTO_FOCUS: ClassVar[str] = "#opened"
    BINDINGS: ClassVar[list[BindingType]] = [*commands.bindings((commands.Why,))]

    def __init__(self, panel: type[Lines]) -> None:
        """``panel``: the class of the panel to open."""
        super().__init__()
        self.panel = panel

    def compose(self) -> ComposeResult:
        """Head, verdict, the panel, keys."""
        yield Head()
        yield Verdict()
        yield self.panel(id="opened")
        yield Keys()

    @on(Asked)
    def action_why(self) -> None:
        """Open Why for the selected value."""
        from tui.screens.why import WhyScreen

        panel = self.focused
        if isinstance(panel, Lines) and panel.cursor is not None:
            self.app.push_screen(WhyScreen(panel.cursor))
