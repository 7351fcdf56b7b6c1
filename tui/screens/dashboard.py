"""The dashboard: verdict, disks, where the settings come from, what fires next."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from tui import commands
from tui.messages import Asked, Look, Pulse, Selected, Sought, Widened
from tui.screens.base import LookScreen
from tui.widgets.chart import Chart, default_disk
from tui.widgets.disks import Disks
from tui.widgets.fires import Fires
from tui.widgets.head import Head
from tui.widgets.keys import Keys
from tui.widgets.lines import Lines
from tui.widgets.root import Root
from tui.widgets.small import NEEDED, Small
from tui.widgets.thresholds import Thresholds
from tui.widgets.verdict import Verdict

WIDE, ULTRA = 100, 160
LOW, SQUAT, TALL = 24, 30, 34


class Dashboard(LookScreen):
    """One column below 100 columns, two from there on; from 160 on the panels stand side by side.

    Where a wide terminal is also tall, the forecast lies under them in the whole width: four in a row would cut their
    words and leave most of the height empty.
    """

    DEFAULT_CSS: ClassVar[str] = """
    Dashboard {
        #panels, #left, #right { layout: vertical; height: 1fr; width: 1fr; }
        &.-narrow #panels { layout: vertical; }
        &.-narrow #left { height: auto; }
        &.-narrow #left Lines { border: none; height: 1; min-height: 1; }
        &.-narrow.-roomy #left { height: 14; }
        &.-narrow Fires { max-height: 100%; height: 1fr; }
        &.-narrow Chart { display: none; }
        &.-narrow.-tall Chart { display: block; height: 1fr; }
        &.-narrow.-tall Fires { height: auto; }
        &.-narrow Disks { max-height: 35%; }
        &.-narrow.-low Disks { max-height: 6; }
        &.-wide #panels { layout: horizontal; }
        &.-wide #left { width: 46%; max-width: 52; }
        &.-wide.-squat #right Chart { display: none; }
        &.-wide.-squat Fires { height: 1fr; max-height: 100%; }
        &.-ultra #panels { layout: horizontal; }
        #long { display: none; }
        &.-ultra.-tall #long { display: block; height: 1fr; }
        &.-ultra.-tall #right Chart { display: none; }
        &.-ultra #left { layout: horizontal; width: 78; }
        &.-ultra #right { layout: horizontal; }
        &.-ultra #left Lines, &.-ultra #right Lines { height: 1fr; max-height: 100%; width: 1fr; }
        &.-ultra #left Root { width: 39; }
        &.-ultra #right Fires { width: 54; }
        &.-ultra.-tall #left { width: 59%; }
        &.-ultra.-tall #left Root { width: 43%; }
        &.-ultra.-tall #right Fires { width: 1fr; }
        &.-all #panels, &.-all #long { display: none; }
        &.-all Disks { height: 1fr; max-height: 100%; }
        &.-small > * { display: none; }
        &.-small Small { display: block; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*commands.bindings(commands.DASHBOARD)]

    def __init__(self, *, ascii: bool = False, notice: str = "") -> None:
        """``ascii``: bars and chart in ASCII; ``notice``: a sentence that stays under the verdict."""
        super().__init__(id="dashboard")
        self._ascii = ascii
        self._notice = notice
        self._row_height: int | None = None

    def compose(self) -> ComposeResult:
        """Every panel once; the layout follows from the size."""
        yield Head(id="head")
        yield Verdict(id="verdict", notice=self._notice)
        yield Disks(id="disks", ascii=self._ascii)
        with Container(id="panels"):
            with Container(id="left"):
                yield Root(id="root")
                yield Thresholds(id="thresholds")
            with Container(id="right"):
                yield Fires(id="fires")
                yield Chart(id="chart", ascii=self._ascii)
        yield Chart(id="long", ascii=self._ascii)
        yield Small(id="small")
        yield Keys(id="keys")

    def show(self, look: Look | None, pulse: Pulse | None) -> None:
        """Hand over the look; the first one puts the cursor on the disk that matters."""
        for disks in self.query(Disks):
            if look is not None and disks.look is None:
                disks.cursor = f"disk:{default_disk(look.assessment)}"
        super().show(look, pulse)
        self._level()

    def _level(self) -> None:
        """Where three panels stand above the long forecast, they are as high as the longest of them."""
        panels = self.query("#root, #thresholds, #fires")
        height = None
        if panels and self.has_class("-ultra") and self.has_class("-tall"):
            longest = max(panel.virtual_size.height for panel in panels)
            height = min(longest + 2, self.size.height // 2)
        if height != self._row_height:  # a style that is set lays the screen out anew, changed or not
            self._row_height = height
            self.query_one("#panels").styles.height = height

    @property
    def disks(self) -> Disks:
        """The table of disks."""
        return self.query_one("#disks", Disks)

    def on_resize(self, event: events.Resize) -> None:
        """Choose the layout for this size."""
        width, height = event.size
        narrow = width < WIDE
        self.set_class(width < NEEDED[0] or height < NEEDED[1], "-small")
        self.set_class(narrow, "-narrow")
        self.set_class(WIDE <= width < ULTRA, "-wide")
        self.set_class(width >= ULTRA, "-ultra")
        self.set_class(height < LOW, "-low")
        self.set_class(height < SQUAT, "-squat")
        self.set_class(height >= TALL, "-tall")
        self.set_class(height >= 50, "-roomy")
        for panel in (self.query_one("#root", Root), self.query_one("#thresholds", Thresholds)):
            panel.set_class(narrow, "-folded")
        self.query_one("#fires", Fires).set_class(narrow and height < TALL, "-flat")
        self.call_after_refresh(self._level)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What can work now: nothing before the first look, findings only where there are some."""
        if action == "findings":
            return self.look is not None and bool(self.look.assessment.findings)
        if action in ("why", "all_mounts", "filter", "sort"):
            return self.look is not None and not self.has_class("-small")
        return True

    @property
    def selected(self) -> str | None:
        """The key of the value that Why is asked about: the selected row's, else the worst finding's."""
        panel = self.focused
        if isinstance(panel, Lines) and panel.cursor is not None:
            return panel.cursor
        return self.query_one("#verdict", Verdict).cursor

    def action_why(self) -> None:
        """Open Why for the selected value."""
        if self.selected is not None:
            from tui.screens.why import WhyScreen

            self.app.push_screen(WhyScreen(self.selected))

    def action_findings(self) -> None:
        """Open the list of findings."""
        from tui.screens.findings import FindingsScreen

        self.app.push_screen(FindingsScreen())

    def action_all_mounts(self) -> None:
        """Show all mounts in the whole height, or only those that matter."""
        everything = not self.disks.view.all_mounts
        self.set_class(everything, "-all")
        self.disks.change(all_mounts=everything)
        self.disks.focus()
        self.post_message(Widened(everything))

    def action_sort(self) -> None:
        """Sort by the next order."""
        self.disks.next_sort()
        self.disks.focus()

    async def action_filter(self) -> None:
        """Let the person type what to look for."""
        from tui.widgets.filter import Filter  # an input line takes 25 ms to load, and few looks need one

        if not self.query(Filter):
            await self.mount(Filter("path, source, type or content"), before="#small")
        self.query_one(Filter).open(self.disks.view.needle)

    async def typed_ahead(self, event: events.Key) -> bool:
        """Hand a key on to the open filter that does not have the focus yet; whether it was one."""
        if not self.query("#filter.-open"):
            return False
        from tui.widgets.filter import Filter

        return await self.query_one(Filter).typed_ahead(event)

    def drop(self) -> bool:
        """Drop the filter, then the long list; False if there was nothing to drop."""
        dropped = self.can_go_back
        if self.disks.view.needle:
            self.disks.change(needle="")
        elif dropped:
            self.action_all_mounts()
        return dropped

    @property
    def can_go_back(self) -> bool:
        """Whether there is something to drop."""
        return bool(self.disks.view.needle or self.disks.view.all_mounts)

    @on(Sought)
    def sought(self, event: Sought) -> None:
        """Filter while typing; then back to the table."""
        self.disks.change(needle=event.needle)
        if event.over:
            self.disks.focus()
        self.refresh_bindings()

    @on(Selected)
    def selected_row(self, event: Selected) -> None:
        """The chart follows the selected disk."""
        if event.panel is self.disks:
            for chart in self.query(Chart):
                chart.follow(event.key.removeprefix("disk:"))

    @on(Asked)
    def asked(self, event: Asked) -> None:
        """Enter: a folded panel opens, the verdict lists its findings, a row is explained."""
        if event.panel.has_class("-folded"):
            from tui.screens.panel import PanelScreen

            self.app.push_screen(PanelScreen(type(event.panel)))
        elif event.panel.id == "verdict" and self.check_action("findings", ()):
            self.action_findings()
        elif event.key is not None:
            self.action_why()
