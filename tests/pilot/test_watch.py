"""The watch: it never blocks a key, says when it waits, and its record stays small."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from threading import Event

from tests.pilot import edges, samples
from tests.pilot.app import app_over, landed, shown, until
from tui.model import Survey
from tui.screens.help import HelpScreen
from tui.watch import COARSE_S, FINE_S, KEEP_S, Record


@dataclass
class StuckWatch(samples.SampleWatch):
    """A survey that hangs until it is let go."""

    gate: Event = field(default_factory=Event)
    asked: int = 0

    def survey(self, everything: bool = False) -> Survey:
        self.asked += 1
        self.gate.wait(30)
        return super().survey()


async def test_keys_answer_while_a_survey_hangs() -> None:
    watch = StuckWatch(samples.story())
    app = app_over(watch)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        assert any("Looking at the node since 09:12:03" in line for line in shown(app))
        app._still_waiting()
        await pilot.pause()
        assert "waiting for survey since 09:12:03" in shown(app)[0]
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("escape")
        assert watch.asked == 1
        watch.gate.set()
        await landed(pilot)
        assert "waiting" not in shown(app)[0] and any("/mnt/images" in line for line in shown(app))


async def test_only_one_survey_at_a_time_however_often_it_is_asked_for() -> None:
    watch = StuckWatch(samples.story())
    app = app_over(watch, interval=0.05)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("space", "space", "plus", "minus", "space", "space")
        await pilot.pause(0.3)
        assert watch.asked == 1
        watch.gate.set()


async def test_leaving_does_not_wait_for_a_stuck_thread() -> None:
    watch = StuckWatch(samples.story())
    app = app_over(watch)
    start = time.monotonic()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("q")
    assert time.monotonic() - start < 10  # the survey hangs for 30 s; test_terminal.py takes the time exactly
    watch.gate.set()


async def test_a_failing_survey_is_said_and_tried_again() -> None:
    @dataclass
    class Failing(samples.SampleWatch):
        broken: bool = True

        def survey(self, everything: bool = False) -> Survey:
            if self.broken:
                raise OSError(5, "Input/output error \x1b[31m")
            return super().survey()

    watch = Failing(samples.story())
    app = app_over(watch, interval=0.05)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "survey failed" in shown(app)[0])
        text = "\n".join(shown(app))
        assert "Input/output error" in text and "\x1b" not in text
        watch.broken = False
        await until(pilot, lambda: "● 0.05s" in shown(app)[0])
        assert app.look is not None and any("/mnt/images" in line for line in shown(app))


async def test_pause_holds_and_goes_on() -> None:
    watch = samples.SampleWatch(samples.story())
    app = app_over(watch, interval=0.05)
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        await pilot.press("space")
        await until(pilot, lambda: "paused 09:12:03" in shown(app)[0])
        watch.found = samples.healthy()
        await pilot.pause(0.3)
        assert any("Image GC follows" in line for line in shown(app))
        await pilot.press("space")
        await until(pilot, lambda: not any("Image GC follows" in line for line in shown(app)))
        assert "● live" in shown(app)[0]


async def test_interval_goes_up_and_down() -> None:
    app = app_over(samples.SampleWatch(samples.story()), interval=1.0)
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        await pilot.press("minus")
        assert app.interval == 2.0 and "live 2s" in shown(app)[0]
        await pilot.press("plus", "plus", "plus")
        assert app.interval == 0.5
        await pilot.press(*["minus"] * 20)
        assert app.interval == 60.0


def test_record_is_bounded_and_follows_only_shown_mounts() -> None:
    record = Record()
    survey = samples.story().survey
    start = survey.mono
    for second in range(0, int(KEEP_S * 1.2), 5):
        record.add(replace(survey, mono=start + second))
    history = record.history()
    assert set(history) == {"/", "/mnt/images", "/var/log"}
    newest = history["/"][-1].mono
    assert len(history["/"]) <= FINE_S / 5 + KEEP_S / COARSE_S + 3
    assert history["/"][0].mono >= newest - KEEP_S
    gaps = [b.mono - a.mono for a, b in zip(history["/"], history["/"][1:], strict=False)]
    assert max(gaps) <= COARSE_S + 5 and gaps[-1] == 5
    record.add(edges.unprivileged().survey)
    assert set(record.history()) == {"/mnt/images"}
