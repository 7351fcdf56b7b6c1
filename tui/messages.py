"""What travels inside the app: one look at a node, and the state of the watch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from textual.message import Message

if TYPE_CHECKING:
    from tui.widgets.lines import Lines

from tui.model import Assessment, History


@dataclass(frozen=True)
class Look:
    """One survey, judged, with the samples behind its forecasts: all that the widgets derive from."""

    assessment: Assessment
    history: History


@dataclass(frozen=True)
class Pulse:
    """How the watch goes. ``since``: wall clock at which this state began; ``interval`` in seconds."""

    state: Literal["live", "paused", "waiting", "failed"]
    since: float
    interval: float
    reason: str = ""


class Landed(Message):
    """A look has landed (sent by the watching thread)."""

    def __init__(self, look: Look, took: float) -> None:
        """``took``: seconds from start to landing."""
        super().__init__()
        self.look = look
        self.took = took


class Failed(Message):
    """A look could not be taken (sent by the watching thread)."""

    def __init__(self, reason: str) -> None:
        """``reason``: one line for the person."""
        super().__init__()
        self.reason = reason


class Widened(Message):
    """Whether the looks to come ask hidden mounts too."""

    def __init__(self, everything: bool) -> None:
        """Sent by the dashboard."""
        super().__init__()
        self.everything = everything


class Selected(Message):
    """Another row of a panel was selected; ``key`` is its row's key."""

    def __init__(self, panel: Lines, key: str) -> None:
        """Sent by ``panel``, bubbles to its screen."""
        super().__init__()
        self.panel = panel
        self.key = key


class Asked(Message):
    """A person asked for more about a row (Enter or a second click)."""

    def __init__(self, panel: Lines, key: str | None) -> None:
        """``key``: the row's, None on a panel without rows."""
        super().__init__()
        self.panel = panel
        self.key = key


class Sought(Message):
    """A filter is being typed; ``over``: typing has ended."""

    def __init__(self, needle: str, *, over: bool) -> None:
        """``needle``: what has been typed so far."""
        super().__init__()
        self.needle = needle
        self.over = over
