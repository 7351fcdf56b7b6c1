"""The app: takes looks at a node in a thread of its own, and hands each to its screens as one message."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Thread
from typing import ClassVar

from textual import events, on
from textual.app import App
from textual.binding import BindingType
from textual.filter import LineFilter
from textual.message import Message
from textual.reactive import reactive
from textual.screen import Screen
from textual.timer import Timer

from tui import commands
from tui.messages import Failed, Landed, Look, Pulse, Widened
from tui.model import Explanation
from tui.screens.base import LookScreen
from tui.screens.dashboard import Dashboard
from tui.terminal import wants_plain
from tui.themes import DEFAULTS, NAMES, THEMES, AsciiFilter, next_name
from tui.watch import Record, Watch

INTERVALS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
PATIENCE_S = 2.0
"""How long a survey may take before the head says that it is waited for."""


class ImagegcApp(App[None]):
    """``look`` and ``pulse`` are all that screens are given; they derive the rest and never fetch."""

    TITLE = "imagegc"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar = {lambda: commands.CommandProvider}
    BINDINGS: ClassVar[list[BindingType]] = [*commands.bindings(commands.EVERYWHERE)]
    COMMAND_PALETTE_BINDING: ClassVar[str] = "ctrl+p"

    look: reactive[Look | None] = reactive(None, init=False, repaint=False)
    pulse: reactive[Pulse | None] = reactive(None, init=False, repaint=False)

    def __init__(
        self,
        watch: Watch,
        *,
        interval: float = 1.0,
        ascii: bool = False,
        theme: str = "",
        notice: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """The app over a watch.

        ``interval``: seconds between looks. ``theme``: one of :data:`tui.themes.NAMES`, "" for dark, or for the
        terminal's own colours where NO_COLOR or a 16-colour terminal asks for them. ``notice``: a sentence that stays
        under the verdict. ``clock``: wall seconds, for the times in the head.
        """
        if os.environ.get("NO_COLOR") == "":  # Textual counts an empty one as set; no-color.org does not
            del os.environ["NO_COLOR"]
        theme = theme or ("plain" if wants_plain(os.environ) else "dark")
        super().__init__(ansi_color=True if theme == "plain" else None)
        for each in THEMES:
            self.register_theme(each)
        self.theme = theme
        self._watch = watch
        self._everything = False
        self.interval = interval
        self.ascii = ascii
        self._notice = notice
        self._clock = clock
        self._ascii_filter = AsciiFilter()
        self.record = Record()
        self._running_since: float | None = None
        self._next: Timer | None = None
        self._patience: Timer | None = None

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's own, and ASCII last of all."""
        filters = super().get_line_filters()
        return [*filters, self._ascii_filter] if self.ascii else filters

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own variables, for themes that lack them."""
        return dict(DEFAULTS)

    def get_default_screen(self) -> Screen[object]:
        """The dashboard."""
        return Dashboard(ascii=self.ascii, notice=self._notice)

    def on_mount(self) -> None:
        """The first look."""
        self.pulse = Pulse("live", self._clock(), self.interval)
        self._start_look()

    def watch_look(self) -> None:
        """Hand the look on."""
        self._hand_on()

    def watch_pulse(self) -> None:
        """Hand the pulse on."""
        self._hand_on()

    def _hand_on(self) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, LookScreen):
                screen.show(self.look, self.pulse)

    def explain(self, key: str) -> Explanation | None:
        """Why a value is what it is; None before the first look."""
        if self.look is None:
            return None
        try:
            return self._watch.explain(self.look.assessment, key)
        except KeyError:  # the row has gone meanwhile (unmounted), or is one of several mounts on the same path
            return Explanation(key, (), ("Nothing more is known about this.",))

    # -- the watch: one daemon thread at a time; a stuck one keeps nobody from leaving

    def _start_look(self) -> None:
        self._running_since = self._clock()
        self._patience = self.set_timer(PATIENCE_S, self._still_waiting)
        Thread(target=self._take_look, name="look", daemon=True).start()

    def _take_look(self) -> None:
        """In the thread: survey, record, judge, post."""
        start = time.monotonic()
        try:
            survey = self._watch.survey(self._everything)
            self.record.add(survey)
            history = self.record.history()
            look = Look(self._watch.assess(survey, history), history)
        except Exception as error:  # whatever happens in a look is said on the screen, and the next one is tried
            message: Message = Failed(f"{type(error).__name__}: {error}")
        else:
            message = Landed(look, time.monotonic() - start)
        with contextlib.suppress(RuntimeError):  # the app has been left meanwhile, its loop is closed
            self.post_message(message)

    def _still_waiting(self) -> None:
        if self._running_since is not None:
            self.pulse = Pulse("waiting", self._running_since, self.interval)

    @on(Landed)
    def landed(self, event: Landed) -> None:
        """Show it, and arm the next one."""
        with self.batch_update():
            self._settle(event.took)
            self.look = event.look
            if self.pulse is None or self.pulse.state in ("waiting", "failed"):
                self.pulse = Pulse("live", self._clock(), self.interval)

    @on(Widened)
    def widened(self, event: Widened) -> None:
        """Ask hidden mounts too from now on, and at once; or no longer."""
        self._everything = event.everything
        if event.everything and self._running_since is None and self.pulse is not None and self.pulse.state == "live":
            self._arm(0.05)

    @on(Failed)
    def failed(self, event: Failed) -> None:
        """Say so, and try again."""
        self._settle(0.0)
        if self.pulse is None or self.pulse.state != "paused":
            self.pulse = Pulse("failed", self._clock(), self.interval, event.reason)

    def _settle(self, took: float) -> None:
        self._running_since = None
        if self._patience is not None:
            self._patience.stop()
        if self.pulse is None or self.pulse.state != "paused":
            self._arm(max(0.05, self.interval - took))

    def _arm(self, delay: float) -> None:
        if self._next is not None:
            self._next.stop()
        self._next = self.set_timer(delay, self._start_look)

    # -- keys

    async def on_key(self, event: events.Key) -> None:
        """What arrives in one piece with the "/" (a slow line) belongs to the filter, not to the commands."""
        if isinstance(self.screen, Dashboard) and await self.screen.typed_ahead(event):
            event.stop()
            event.prevent_default()

    # -- commands that work everywhere

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Back works where there is something to go back from, a list once there is a look; all else always."""
        screen = self.screen
        if action == "go_back":
            return screen.can_go_back if isinstance(screen, Dashboard) else True
        if action in ("images", "gc_log"):
            return self.look is not None and getattr(screen, "OPENED_BY", "") != action
        return super().check_action(action, parameters)

    def action_go_back(self) -> None:
        """Drop what was added to the screen, else leave it."""
        if isinstance(self.screen, LookScreen) and self.screen.drop():
            return
        if len(self.screen_stack) > 1:
            self.pop_screen()

    async def action_images(self) -> None:
        """The images, over the dashboard."""
        from tui.screens.images import ImagesScreen

        await self._open(ImagesScreen())

    async def action_gc_log(self) -> None:
        """The kubelet's log, over the dashboard."""
        from tui.screens.gclog import GcLogScreen

        await self._open(GcLogScreen())

    async def _open(self, screen: LookScreen) -> None:
        while len(self.screen_stack) > 1:
            await self.pop_screen()
        await self.push_screen(screen)

    def action_pause(self) -> None:
        """Hold still, or go on."""
        if self.pulse is not None and self.pulse.state == "paused":
            self.pulse = Pulse("live", self._clock(), self.interval)
            if self._running_since is None:
                self._start_look()
        else:
            self.pulse = Pulse("paused", self._clock(), self.interval)
            if self._next is not None:
                self._next.stop()

    def action_faster(self) -> None:
        """The next shorter interval."""
        self._change_interval(max((i for i in INTERVALS if i < self.interval), default=INTERVALS[0]))

    def action_slower(self) -> None:
        """The next longer interval."""
        self._change_interval(min((i for i in INTERVALS if i > self.interval), default=INTERVALS[-1]))

    def _change_interval(self, interval: float) -> None:
        self.interval = interval
        if self.pulse is not None:
            self.pulse = replace(self.pulse, interval=interval)
            if self._running_since is None and self.pulse.state != "paused":
                self._arm(interval)

    def action_appearance(self) -> None:
        """The next look; NO_COLOR and 16 colours keep the terminal's own."""
        if self.theme != "plain":
            self.theme = next_name(self.theme, NAMES[:-1])

    def action_help(self) -> None:
        """Keys and marks."""
        from tui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen())
