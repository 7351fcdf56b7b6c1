"""What the keys do: cursors stay with their row, every value is explained, the footer tells the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from rich.cells import cell_len
from textual import events
from textual.command import CommandList, CommandPalette

from tests.pilot import edges, samples
from tests.pilot.app import app_over, landed, panel, shown, still_app, until
from tui.commands import DASHBOARD, EVERYWHERE
from tui.model import Assessment, Survey
from tui.screens.dashboard import Dashboard
from tui.screens.findings import FindingsScreen
from tui.screens.help import HelpScreen
from tui.screens.panel import PanelScreen
from tui.screens.why import WhyScreen
from tui.widgets.chart import Chart
from tui.widgets.disks import Disks
from tui.widgets.filter import Filter
from tui.widgets.lines import Lines


async def test_cursor_stays_with_its_mount() -> None:
    app = still_app(edges.many())
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        disks = app.screen.query_one(Disks)
        disks.focus()
        await pilot.press("home", *["down"] * 7)
        chosen = disks.cursor
        assert chosen == "disk:/data/volume-04"
        for key in ("s", "s", "s", "s", "a", "s"):
            await pilot.press(key)
            assert disks.cursor == chosen, key
        await pilot.press("slash", *"volume-0")
        assert disks.cursor == chosen
        assert all("/data/volume-0" in row.key for row in disks._rows)
        await pilot.press("enter")
        assert app.focused is disks and disks.view.needle == "volume-0"
        await pilot.press("escape")
        assert not disks.view.needle and disks.view.all_mounts and disks.cursor == chosen
        await pilot.press("backspace")
        assert not disks.view.all_mounts and disks.cursor == chosen


async def test_what_comes_in_one_piece_with_the_slash_is_typed_into_the_filter() -> None:
    app = still_app(edges.many())
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        disks = app.screen.query_one(Disks)
        disks.focus()
        await pilot.pause()
        before = disks.view
        for key in ("slash", *"sae"):
            app.post_message(events.Key(key, "/" if key == "slash" else key))
        await until(pilot, lambda: disks.view.needle == "sae")
        assert isinstance(app.screen, Dashboard) and isinstance(app.focused, Filter)
        await pilot.press("escape")
        for key in ("slash", *"data", "enter"):
            app.post_message(events.Key(key, "/" if key == "slash" else key if len(key) == 1 else None))
        await until(pilot, lambda: disks.view.needle == "data" and app.focused is disks)
        assert isinstance(app.screen, Dashboard)
        assert replace(disks.view, needle="") == before


async def test_cursor_is_in_sight_below_the_header() -> None:
    app = still_app(edges.many())
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        disks = app.screen.query_one(Disks)
        disks.focus()
        for key, path in (("end", "/nfs/gone"), ("home", "/mnt/images")):
            await pilot.press(key)
            await pilot.pause()
            assert any("▸" in line and path in line for line in shown(app)), (key, shown(app))
            assert any("MOUNT" in line for line in shown(app))


async def test_filter_that_matches_nothing_says_so_and_esc_drops_it() -> None:
    app = still_app(samples.story())
    async with app.run_test(size=(80, 24)) as pilot:
        await landed(pilot)
        await pilot.press("slash", *"[x]")
        assert any("no mount matches the filter" in line for line in shown(app))
        assert any("filter: [x]" in line for line in shown(app))
        assert "Quit" not in shown(app)[-1]
        await pilot.press("escape")
        assert app.screen.query_one(Disks).view.needle == "" and not app.screen.query_one(Filter).has_class("-open")
        assert any("/mnt/images" in line for line in shown(app))


async def test_all_mounts_give_the_reason_why_they_are_hidden() -> None:
    app = still_app(samples.story())
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        assert not any("pseudo filesystem" in line for line in shown(app))
        await pilot.press("a")
        assert sum("pseudo filesystem" in line for line in shown(app)) == 2
        assert any("6 of 6 mounts" in line for line in shown(app))


async def test_all_mounts_are_asked_only_while_they_are_shown() -> None:
    asked: list[bool] = []

    class Asking(samples.SampleWatch):
        def survey(self, everything: bool = False) -> Survey:
            asked.append(everything)
            return super().survey()

    def asked_last(wanted: bool) -> Callable[[], bool]:
        return lambda: asked[-1] is wanted

    app = app_over(Asking(samples.story()), interval=0.05)
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        for wanted in (False, True, False):
            await until(pilot, asked_last(wanted))
            await pilot.press("a")


async def test_every_value_can_be_selected_and_explained() -> None:
    app = still_app(samples.story())
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        wanted = {f"disk:{disk.mountpoint}" for disk in app.look.assessment.disks}  # type: ignore[union-attr]
        wanted |= {setting.key for setting in samples.SETTINGS}
        wanted |= {trigger.key for trigger in samples.story_triggers()} | {"root", "measured", "images", "answers"}
        met = set()
        for _ in range(len(wanted) + 4):
            await pilot.press("e")
            assert isinstance(app.screen, WhyScreen)
            met.add(app.screen.key)
            assert any(app.screen.key in line for line in shown(app))
            await pilot.press("escape")
            await pilot.press("down")
        assert met == wanted


async def test_why_starts_at_the_verdict() -> None:
    app = still_app(samples.story())
    async with app.run_test(size=(80, 24)) as pilot:
        await landed(pilot)
        await pilot.press("e")
        assert isinstance(app.screen, WhyScreen) and app.screen.key == "measured"
        await pilot.press("backspace")
        assert isinstance(app.screen, Dashboard)


async def test_enter_opens_what_is_folded() -> None:
    app = still_app(samples.story())
    async with app.run_test(size=(80, 24)) as pilot:
        await landed(pilot)
        await pilot.press("enter")
        assert isinstance(app.screen, FindingsScreen)
        await pilot.press("escape")
        for ident, text in (("root", "/var/lib/containerd"), ("thresholds", "nodefs.inodesFree")):
            assert not any(text in line for line in shown(app)[10:14])
            panel(app, ident).focus()
            await pilot.press("enter")
            assert isinstance(app.screen, PanelScreen)
            assert any(text in line for line in shown(app))
            await pilot.press("end", "enter")
            assert isinstance(app.screen, WhyScreen)
            await pilot.press("escape", "escape")
            assert isinstance(app.screen, Dashboard)


async def test_chart_follows_the_selected_disk() -> None:
    app = still_app(samples.story())
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        assert any("Forecast /mnt/images" in line for line in shown(app))
        await pilot.press("down", "down")
        assert app.screen.query_one("#chart", Chart).mountpoint == "/"
        assert any("Forecast / ─" in line for line in shown(app))


async def test_mouse_selects_and_a_second_click_explains() -> None:
    app = still_app(samples.story())
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        thresholds = panel(app, "thresholds")
        await pilot.click(thresholds, offset=(10, 3))
        assert app.focused is thresholds and thresholds.cursor == "imageMinimumGCAge"
        await pilot.click(thresholds, offset=(10, 3), times=2)
        assert isinstance(app.screen, WhyScreen)


async def test_footer_shows_only_what_works() -> None:
    app = still_app(samples.healthy())
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        foot = shown(app)[-1]
        assert "Findings" not in foot and "Back" not in foot
        assert all(word in foot for word in ("e Why", "i Images", "g GC log"))
        for later in ("Move", "Thresholds", "Restart", "Undo"):
            assert later not in foot
        await pilot.press("a")
        await pilot.pause()
        assert "esc Back" in shown(app)[-1]


@pytest.mark.parametrize("width", [80, 60])
async def test_footer_never_cuts_its_last_entry(width: int) -> None:
    app = still_app(samples.story())
    async with app.run_test(size=(width, 24)) as pilot:
        await landed(pilot)
        assert shown(app)[-1].rstrip().endswith("q Quit")


async def test_help_names_every_command() -> None:
    app = still_app(samples.story())
    async with app.run_test(size=(120, 50)) as pilot:
        await landed(pilot)
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        text = "\n".join(shown(app))
        for command in (*DASHBOARD, *EVERYWHERE):
            assert f"{command.NAME}: " in text
        await pilot.press("question_mark")
        assert len(app.screen_stack) == 2


async def test_palette_runs_a_command() -> None:
    app = still_app(samples.story())
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"findings")
        await until(pilot, lambda: len(app.screen.query_one(CommandList).options) == 1)
        await pilot.press("enter", "enter")
        await until(pilot, lambda: isinstance(app.screen, FindingsScreen))


async def test_appearance_goes_through_our_own_looks() -> None:
    app = still_app(samples.story())
    async with app.run_test(size=(80, 24)) as pilot:
        await landed(pilot)
        seen = [app.theme]
        for _ in range(4):
            app.action_appearance()
            seen.append(app.theme)
        assert seen == ["dark", "light", "dark-colour-blind", "light-colour-blind", "dark"]


async def test_rows_survive_what_goes_away() -> None:
    """The selected mount is unmounted: the cursor takes the first row, and an open Why says that nothing is known."""
    watch = samples.SampleWatch(samples.story())
    app = app_over(watch, interval=0.05)
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        await pilot.press("down", "down", "down")
        disks = app.screen.query_one(Disks)
        assert disks.cursor == "disk:/var/log"
        found = watch.found
        watch.found = replace(found, disks=found.disks[:2], survey=samples.survey(found.disks[:2]))
        await until(pilot, lambda: disks.cursor == "disk:/mnt/images")


async def test_resize_through_nothing() -> None:
    app = still_app(samples.story())
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        before = shown(app)
        for size in ((1, 1), (2, 3), (20, 5), (59, 17), (60, 18), (80, 24), (99, 60), (160, 45), (300, 100), (120, 40)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            lines = shown(app)
            assert len(lines) <= size[1] and all(len(line) <= size[0] for line in lines)
        assert shown(app) == before


@pytest.mark.parametrize("make", [samples.story, samples.eviction_first, edges.unprivileged, edges.hostile, edges.many])
async def test_no_line_is_longer_than_its_panel(make: Callable[[], Assessment]) -> None:
    app = still_app(make())
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        for size in ((60, 18), (80, 24), (100, 30), (120, 40), (160, 45), (170, 30), (250, 70)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            for each in app.screen.query(Lines):
                widest = max((cell_len(row.text) for row in each._lines), default=0)
                assert widest <= each.size.width or not each.size, (each, size)
