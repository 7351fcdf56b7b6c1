"""What the kubelet itself has logged about image GC, eviction and devices."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from tui.screens.listing import ListScreen
from tui.widgets.gclog import GcLog
from tui.widgets.head import Head
from tui.widgets.keys import Keys


class GcLogScreen(ListScreen):
    """The log over the whole screen."""

    OPENED_BY: ClassVar[str] = "gc_log"

    def compose(self) -> ComposeResult:
        """Head, log, keys."""
        yield Head()
        yield GcLog(id="gclog")
        yield Keys()
