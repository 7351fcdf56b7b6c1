"""The images screen: two figures apart, who uses what, what goes next; quick with two thousand, plain when silent."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len
from textual.command import CommandList, CommandPalette

from tests.pilot import images, samples
from tests.pilot.app import app_over, landed, panel, shown, still_app, until
from tui.model import Assessment, ContainerUse, Contradiction, Fact, Image, KubeletAnswer, Origin
from tui.screens.dashboard import Dashboard
from tui.screens.gclog import GcLogScreen
from tui.screens.images import ImagesScreen
from tui.screens.why import WhyScreen
from tui.widgets.imagerows import ORDERS, ordinal, rows, short_name, users
from tui.widgets.images import Images
from tui.widgets.lines import Lines


def row_of(lines: list[str], name: str) -> str:
    """The only line of the table with this name."""
    return next(line for line in lines if name in line and "…" not in line.partition(name)[0])


async def test_figures_users_and_fates() -> None:
    app = still_app(images.story())
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        await pilot.press("i")
        assert isinstance(app.screen, ImagesScreen)
        lines = shown(app)
        text = "\n".join(lines)
        assert "containerd 1.6.20 answered at 09:12:00 (CRI v1)" in text
        assert "unused images count 38.2G, give back ~ 77G" in text
        assert "If the kubelet measured /mnt/images, image GC would fire now; it wants 51.7G" in text
        assert "13.5G short" in text and "the order does not" in text
        assert row_of(lines, "trainer:build-411").split()[-3:-1] == ["—", "goes"]
        assert "9.1G       18.2G" in row_of(lines, "trainer:build-411")
        assert "2 running" in row_of(lines, " nginx:1.25.3") and "stays" in row_of(lines, " nginx:1.25.3")
        assert "dead: trainer-job-8kd2x/main" in row_of(lines, "trainer:build-413")
        assert "pinned by the runtime" in row_of(lines, "pause:3.9")


async def test_the_order_is_numbered_where_it_is_known_and_never_where_it_is_not() -> None:
    for make, fates in ((images.in_order, ["goes, 1st", "goes, 2nd", "goes, 3rd", "stays"]), (unknown, ["may go"] * 4)):
        found = make().images.value
        assert found is not None
        assert [row.fate for row in rows(found, "", "image GC's order")][:4] == fates


def unknown() -> Assessment:
    """It cannot be told which of the images go."""
    run = replace(images.run(images.UNUSED), all_go=False, fewest=2, most=5, going=())
    return images.answered(samples.story(), images.view(images.UNUSED, images.KEPT, run))


async def test_sort_and_filter_keep_the_cursor_and_esc_drops_the_filter_first() -> None:
    app = still_app(images.story())
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        await pilot.press("i", "down", "down")
        table = app.screen.query_one(Images)
        chosen = table.cursor
        assert chosen == f"image:{images.UNUSED[2].id}"
        orders = []
        for _ in ORDERS:
            orders.append([row.image for row in table._rows])
            await pilot.press("s")
            assert table.cursor == chosen
        assert [each.size for each in orders[1]] == sorted((each.size for each in orders[1]), reverse=True)
        assert orders[4][0].names[0] == "docker.io/library/nginx:1.25.3"
        await pilot.press("slash", *"SERVING-0")  # a pod's name, in capitals
        assert [row.name for row in table._rows] == ["registry.example.com/ml/serving:build-14"]
        assert any("1 of 12 images · filter: SERVING-0" in line for line in shown(app))
        assert "Quit" not in shown(app)[-1]
        await pilot.press("enter", "escape")
        assert isinstance(app.screen, ImagesScreen) and len(table._rows) == 12
        await pilot.press("slash", *"[/x]")
        assert any("no image matches the filter" in line for line in shown(app))
        await pilot.press("escape", "escape")
        assert isinstance(app.screen, Dashboard)


async def test_the_selected_image_is_told_whole() -> None:
    app = still_app(images.story())
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        await pilot.press("i")
        await pilot.pause()
        detail = panel(app, "detail")
        assert any("9 771 050 598 B, gives back 19 542 101 196 B" in line.text for line in detail._lines)
        await pilot.press(*["down"] * 8)
        assert any("running: default/web-7c9f8d-m4q8w, container app" in line.text for line in detail._lines)
        for key in ("enter", "e"):
            await pilot.press(key)
            assert isinstance(app.screen, WhyScreen) and app.screen.key == f"image:{images.KEPT[0].id}"
            await pilot.press("escape")


async def test_lists_replace_each_other_and_esc_leads_to_the_dashboard() -> None:
    app = still_app(images.story())
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        await pilot.press("i", "g")
        assert isinstance(app.screen, GcLogScreen) and len(app.screen_stack) == 2
        assert "GC log" not in shown(app)[-1] and "i Images" in shown(app)[-1]
        await pilot.press("i", "enter", "i")
        assert isinstance(app.screen, ImagesScreen) and len(app.screen_stack) == 2
        await pilot.press("i")
        assert len(app.screen_stack) == 2
        await pilot.press("escape")
        assert isinstance(app.screen, Dashboard)


async def test_the_palette_opens_it() -> None:
    app = still_app(images.story())
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"images")
        await until(pilot, lambda: len(app.screen.query_one(CommandList).options) == 1)
        await pilot.press("enter")
        if isinstance(app.screen, CommandPalette):  # the first one only left the line in which one types
            await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ImagesScreen))
        assert len(app.screen_stack) == 2


async def test_a_silent_runtime_is_said_with_its_reason_and_the_answer_appears_when_it_comes() -> None:
    watch = samples.SampleWatch(images.silent("containerd.sock: refused \x1b[31m; start containerd"))
    app = app_over(watch, interval=0.05)
    async with app.run_test(size=(120, 30)) as pilot:
        await landed(pilot)
        await pilot.press("i")
        text = "\n".join(shown(app))
        assert "The images are not known: containerd.sock: refused \\x1b[31m; start containerd." in text
        assert "computed without it" in text and "COUNTS" not in text
        assert "Sort" not in shown(app)[-1] and "Filter" not in shown(app)[-1]
        await pilot.press("slash", "s", "enter", "e", "down")
        assert isinstance(app.screen, ImagesScreen)
        watch.found = images.story()
        await until(pilot, lambda: any("trainer:build-411" in line for line in shown(app)))
        assert any("▸" in line for line in shown(app)) and "s Sort" in shown(app)[-1]
        await until(pilot, lambda: app.focused is app.screen.query_one(Images))


async def test_an_image_that_goes_hands_its_cursor_on() -> None:
    watch = samples.SampleWatch(images.story())
    app = app_over(watch, interval=0.05)
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        await pilot.press("i", "down")
        left = images.view(images.UNUSED[2:], images.KEPT, None)
        watch.found = images.answered(samples.story(), left)
        table = app.screen.query_one(Images)
        await until(pilot, lambda: len(table._rows) == 10)
        assert table.cursor == f"image:{images.UNUSED[2].id}"
        await until(pilot, lambda: any("embedder:build-398" in line.text for line in panel(app, "detail")._lines))
        assert any("No next run of image GC can be computed" in line for line in shown(app))


async def test_two_thousand_images_stay_quick() -> None:
    app = still_app(images.many())
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        await pilot.press("i")
        table = app.screen.query_one(Images)
        assert len(table._rows) == 2000
        assert per_call(lambda: table.action_move(1)) < 0.05
        assert per_call(lambda: app.screen.query_one(Images).show(app.look, app.pulse)) < 0.05
        start = time.process_time()
        table.seek("team-7/")
        assert len(table._rows) == 38 and time.process_time() - start < 1.0
        table.seek("")
        await pilot.press("end")
        await pilot.pause()
        assert any("▸" in line and "kept/service-500:v500 " in line for line in shown(app))
        assert any("COUNTS" in line for line in shown(app))


def per_call(what: Callable[[], object], times: int = 20) -> float:
    """Processor seconds for one of several calls."""
    start = time.process_time()
    for _ in range(times):
        what()
    return (time.process_time() - start) / times


@pytest.mark.parametrize("make", [images.story, images.in_order, images.hostile, images.many])
async def test_no_line_is_longer_than_its_panel(make: Callable[[], Assessment]) -> None:
    app = still_app(make())
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        for key in ("i", "g"):
            await pilot.press(key)
            for size in ((60, 18), (80, 24), (120, 40), (170, 50), (20, 5), (1, 1), (100, 30)):
                await pilot.resize_terminal(*size)
                await pilot.pause()
                for each in app.screen.query(Lines):
                    widest = max((cell_len(row.text) for row in each._lines), default=0)
                    assert widest <= each.size.width or not each.size or size[0] < 60, (each, size)
                assert not any("\x1b" in line or "\u202e" in line for line in shown(app))


async def test_dashboard_counts_images_and_what_lies_under_the_root() -> None:
    app = still_app(images.story())
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        text = "\n".join(line.text for line in panel(app, "root")._lines)
        assert "12, 8 unused" in text and "snapshots 46.3G · content 44.1G" in text
    found = images.story()
    runtime = found.survey.runtimes[0]
    assert runtime.under_root.value is not None
    scanning = Fact(replace(runtime.under_root.value, whole=False), runtime.under_root.origin)
    runtime = replace(runtime, under_root=scanning)
    app = still_app(replace(found, survey=replace(found.survey, runtimes=(runtime,))))
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        assert any("so far, 812k files" in line.text for line in panel(app, "root")._lines)
    app = still_app(images.silent("no socket"))
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        text = "\n".join(line.text for line in panel(app, "root")._lines)
        assert "images          — no socket" in text and "what it holds: — not scanned" in text


async def test_thresholds_say_whether_the_kubelet_itself_answers_the_same() -> None:
    found = samples.story()
    unheard: Fact[Mapping[str, Any]] = Fact.unknown("HTTP 401: a client certificate or a token would help")
    config = Fact({"imageGCHighThresholdPercent": 60}, Origin("socket", "/configz"))
    heard = KubeletAnswer(samples.WALL - 3, Fact("ok", images.SOCKET), config, Fact.unknown("not asked"))
    other = Contradiction("imageGCHighThresholdPercent", "70", "60", None)
    for answer, contradictions, says in (
        (Fact(heard, images.SOCKET), (), "its own answer of 09:12:00 is the same"),
        (Fact(heard, images.SOCKET), (other,), "its own answer differs in 1 of these"),
        (Fact(replace(heard, configz=unheard), images.SOCKET), (), "its own answer: — HTTP 401: a"),
        (Fact.unknown("no kubelet answers"), (), "its own answer: — no kubelet answers"),
    ):
        survey = replace(found.survey, kubelet=replace(found.survey.kubelet, answer=answer))
        app = still_app(replace(found, survey=survey, contradictions=contradictions))
        async with app.run_test(size=(120, 40)) as pilot:
            await landed(pilot)
            assert any(says in line.text for line in panel(app, "thresholds")._lines), says


def test_names_and_users_in_few_words() -> None:
    def named(*names: str) -> str:
        return short_name(Image("sha256:" + "ab" * 32, names, 1, False))

    assert named("docker.io/library/nginx@sha256:" + "cd" * 32, "docker.io/library/nginx:1.25") == "nginx:1.25"
    assert named("quay.io/a/b@sha256:" + "cd" * 32) == "quay.io/a/b@cdcdcdcdcdcd"
    assert named() == "no name, abababababab"
    one, dead = ContainerUse("n", "p", "c", "running"), ContainerUse("n", "p", "c", "exited")
    assert users(()) == "" and users((one,)) == "p/c" and users((dead,)) == "dead: p/c"
    assert users((one, dead, one)) == "2 running, 1 dead"
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 21, 112)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "21st", "112th",
    ]  # fmt: skip
