"""The GC log: newest first, in words and as written, with the reason where there is nothing to read."""

from __future__ import annotations

import inspect
from dataclasses import replace

import pytest

from tests.pilot import images, samples
from tests.pilot.app import app_over, landed, panel, shown, still_app, until
from tui.kubelet import logs
from tui.model import DEFAULT, Fact, KubeletEvent, LogLine, Severity
from tui.screens.dashboard import Dashboard
from tui.screens.gclog import GcLogScreen
from tui.widgets.eventwords import _SAID, weight, words
from tui.widgets.gclog import GcLog, entries


async def test_newest_first_in_words_and_literally() -> None:
    app = still_app(images.story())
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        await pilot.press("g")
        assert isinstance(app.screen, GcLogScreen)
        lines = shown(app)
        text = "\n".join(lines)
        assert "journalctl -b -u kubelet.service · 1.21+ lines · since 08:58:12" in text
        assert "▸✖ 09:11:52  eviction: evicted the pod default/trainer-job-8kd2x" in lines[2]
        assert '"Eviction manager: pod is evicted successfully"' in text
        assert "image GC fires: 93 % used, high is 60 %; wants to free 51.7G, down to 40 %" in text
        assert "image GC failed again; image GC freed too little: 9.1G of 51.7G wanted" in text
        assert "deletes the image sha256:000000000000…, counted 9.1G" in text
        assert "9 of 9 lines" in text
        seen = [line[4:12] for line in lines if line[6:7] == ":" and line[1:2] != " " or line[4:6].isdigit()]
        assert seen == sorted(seen, reverse=True) and len(seen) == 9


async def test_the_selected_line_is_shown_whole_and_can_be_sought() -> None:
    app = still_app(images.story())
    async with app.run_test(size=(80, 24)) as pilot:
        await landed(pilot)
        await pilot.press("g", "end")
        log = app.screen.query_one(GcLog)
        await pilot.press("up")
        assert "fsType:tmpfs blockSize:0}]" in " ".join(
            line.text.strip() for line in log._lines if line.key == log.cursor
        )
        await pilot.press("slash", *"amounttofree")  # stands only in the literal line
        assert len(log._rows) == 1 and any("1 of 9 lines · filter: amounttofree" in line for line in shown(app))
        await pilot.press("enter", "escape")
        assert len(log._rows) == 9
        await pilot.press("slash", *"wanted", "enter")  # words only
        assert len(log._rows) == 1
        await pilot.press("backspace", "backspace")
        assert isinstance(app.screen, Dashboard)


async def test_the_cursor_stays_with_its_line_when_newer_ones_come() -> None:
    watch = samples.SampleWatch(images.logged(images.LOG[:5]))
    app = app_over(watch, interval=0.05)
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        await pilot.press("g", "down")
        log = app.screen.query_one(GcLog)
        chosen = log.cursor
        watch.found = images.logged(images.LOG)
        await until(pilot, lambda: len(log._rows) == 9)
        assert log.cursor == chosen and log.at([row.key for row in log._rows]) == chosen
        assert any("▸" in line and "ran without a failure" in line for line in shown(app))


@pytest.mark.parametrize(
    ("journal", "says"),
    [
        (images.JOURNAL, "Nothing about image GC, eviction or devices since 08:58:12"),
        (replace(images.JOURNAL, value=False), "The journal has no line of this kubelet since 08:58:12"),
        (
            Fact.unknown("the journal needs root (sudo) or the group systemd-journal"),
            "cannot be read: the journal needs",
        ),
    ],
)
async def test_an_empty_log_says_why(journal: Fact[bool], says: str) -> None:
    app = still_app(images.logged((), journal))
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        await pilot.press("g")
        assert any(says in line for line in shown(app)), shown(app)
        assert "Filter" not in shown(app)[-1]


async def test_a_journal_that_broke_off_keeps_what_was_read() -> None:
    app = still_app(images.logged(images.LOG, Fact.unknown("journalctl did not answer within 5 s")))
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        await pilot.press("g")
        text = "\n".join(shown(app))
        assert "did not answer within 5 s. What was read before is kept below." in text and "evicted the pod" in text


async def test_no_kubelet_at_all() -> None:
    found = samples.story()
    kubelet = replace(found.survey.kubelet, process=Fact.unknown("no kubelet runs here"))
    app = still_app(replace(found, survey=replace(found.survey, kubelet=kubelet)))
    async with app.run_test(size=(80, 24)) as pilot:
        await landed(pilot)
        await pilot.press("g")
        assert any("No kubelet whose log could be read: no kubelet runs here" in line for line in shown(app))


async def test_lines_of_the_old_era_are_named_so() -> None:
    found = images.logged(images.OLD_LOG)
    kubelet = replace(found.survey.kubelet, minor=20, version=Fact("1.20.15", DEFAULT))
    app = still_app(replace(found, survey=replace(found.survey, kubelet=kubelet)))
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        await pilot.press("g")
        text = "\n".join(shown(app))
        assert "lines before 1.21" in text and "image GC fires: 93 % used" in text


async def test_hostile_lines_stay_literal() -> None:
    app = still_app(images.hostile())
    async with app.run_test(size=(80, 24)) as pilot:
        await landed(pilot)
        await pilot.press("g", "end")
        text = "".join(line.text for line in panel(app, "gclog")._lines)
        assert "/mnt/[/foo]" in text and r"\x1b[31mred" in text and "\x1b" not in text and "\u202e" not in text


def test_every_code_that_the_log_reader_gives_has_words_and_none_needs_a_value() -> None:
    table = inspect.getdoc(logs) or ""
    codes = {word.strip("();:,.") for word in table.split() if word.strip("();:,.") in _SAID}
    assert len(codes) == len(_SAID) == 28
    line = LogLine(0.0, 0.0, None, "x")
    for code in _SAID:
        said = words(KubeletEvent(code, line, {}))
        assert said and "{" not in said and words(KubeletEvent(code, line, {}), alone=False)
    assert words(KubeletEvent("new-code", line)) == "new code"
    assert weight(KubeletEvent("disk-pressure", line, {"now": False})) is Severity.INFO
    assert weight(KubeletEvent("disk-pressure", line, {"now": True})) is Severity.CRITICAL


def test_one_line_with_two_events_is_one_entry_and_equal_times_have_keys_of_their_own() -> None:
    found = entries(logs.read_events(images.LOG))
    assert len(found) == 9 and len({entry.key for entry in found}) == 9
    same = [replace(images.LOG[3], message=f'"Image garbage collection succeeded" n={n}') for n in range(3)]
    assert len({entry.key for entry in entries(logs.read_events(same))}) == 3
