"""What really reaches a terminal: bytes, not widgets."""

from __future__ import annotations

import re
import time

import pytest

from tests.pilot.terminal import Terminal, terminal
from tui.terminal import refusal, wants_ascii, wants_plain

SGR_COLOUR = re.compile(rb"\x1b\[[\d;]*?(?:[34]8;[25]|(?<![\d;])(?:3[0-7]|4[0-7]|9[0-7]|10[0-7]))[\d;]*m")
READY = "q Quit"


def cells(shown: Terminal) -> list[list[tuple[str, str, str, bool, bool]]]:
    """Every cell with its character and colours."""
    buffer = shown.screen.buffer
    return [
        [(c.data, c.fg, c.bg, c.bold, c.reverse) for c in (buffer[y][x] for x in range(shown.screen.columns))]
        for y in range(shown.screen.lines)
    ]


@pytest.mark.parametrize(("sample", "size"), [("story", (120, 40)), ("many", (80, 24))])
def test_incremental_updates_show_what_a_full_repaint_shows(sample: str, size: tuple[int, int]) -> None:
    with terminal(sample, "moves=25", "interval=0.1", size=size, COLORTERM="truecolor") as shown:
        shown.settle(until=READY, quiet=0.05, limit=5)
        shown.press(b"\x1b[B\x1b[B")  # two rows down, into the disks
        shown.settle(quiet=1.5)
        incremental = cells(shown)
        shown.press(b"\x1b[15~")  # F5
        assert len(shown.settle(quiet=0.5)) > 2000
        assert cells(shown) == incremental


def test_one_row_changed_is_little_to_write() -> None:
    with terminal("story", "one", "interval=0.5", COLORTERM="truecolor") as shown:
        shown.settle(until=READY, quiet=0.2, limit=8)
        came = len(shown.settle(quiet=30, limit=3))
        assert 500 < came < 7 * 1500, came  # six looks, one row each


def test_a_look_that_changes_nothing_writes_nothing() -> None:
    with terminal("story", "interval=0.1", COLORTERM="truecolor") as shown:
        shown.settle(until=READY, quiet=0.5, limit=8)
        assert len(shown.settle(quiet=30, limit=1.5)) == 0


def test_no_escape_from_a_name_reaches_the_terminal() -> None:
    with terminal("hostile", COLORTERM="truecolor") as shown:
        shown.settle(until=READY)
        for key in (b"a", b"v", b"\x7f", b"e", b"\x7f", b"?"):
            shown.press(key)
            shown.settle(quiet=0.2)
        assert b"\x1b[31mred" not in shown.raw and b"owned\x07" not in shown.raw and b"\x1b]0;" not in shown.raw
        assert "\u202e".encode() not in shown.raw and b"\xff" not in shown.raw
        assert r"\x1b[31mred" in shown.raw.decode()


def test_ascii_means_ascii() -> None:
    with terminal("hostile", "ascii", TERM="linux") as shown:
        shown.settle(until=READY)
        shown.press(b"?")
        shown.settle(quiet=0.3)
        assert shown.raw.isascii()
        assert any("/mnt/" in line for line in shown.screen.display)


def test_no_color_means_none() -> None:
    with terminal("story", NO_COLOR="1", COLORTERM="truecolor") as shown:
        shown.settle(until=READY)
        assert not SGR_COLOUR.search(shown.raw), SGR_COLOUR.search(shown.raw)
        assert any("✖ Image GC follows" in line for line in shown.screen.display)


def test_an_empty_no_color_is_not_set() -> None:
    with terminal("story", NO_COLOR="", COLORTERM="truecolor") as shown:
        shown.settle(until=READY)
        assert SGR_COLOUR.search(shown.raw)


def test_sixteen_colours() -> None:
    with terminal("story", TERM="linux", size=(80, 24)) as shown:
        shown.settle(until=READY)
        shown.press(b"\x1b[B")
        shown.settle(quiet=0.3)
        assert b"38;2" not in shown.raw and b"38;5" not in shown.raw
        verdict = next(line for line in cells(shown) if line[1][0] == "✖" or line[1][0] == "X")
        assert verdict[1][1] == "red"


def test_q_leaves_within_a_second_while_the_survey_hangs() -> None:
    best = 99.0
    for _ in range(3):  # the machine may be busy with something else
        with terminal("story", "hang") as shown:
            shown.settle(until="waiting for survey since 09:12:03")
            start = time.monotonic()
            shown.press(b"q")
            assert shown.process.wait(timeout=10) == 0
            best = min(best, time.monotonic() - start)
        if best < 1.0:
            break
    assert best < 1.0


def test_what_the_environment_asks_for() -> None:
    assert "TERM=dumb" in refusal({"TERM": "dumb"}, input_tty=True, output_tty=True)
    assert "report" in refusal({"TERM": "xterm"}, input_tty=True, output_tty=False)
    assert refusal({"TERM": "xterm"}, input_tty=True, output_tty=True) == ""
    assert wants_ascii({"TERM": "linux"}, "utf-8") and wants_ascii({"TERM": "vt220"}, "UTF-8")
    assert wants_ascii({"TERM": "xterm"}, "ascii") and not wants_ascii({"TERM": "xterm"}, "UTF8")
    assert wants_plain({"NO_COLOR": "1", "COLORTERM": "truecolor", "TERM": "xterm"})
    assert not wants_plain({"NO_COLOR": "", "COLORTERM": "truecolor"})
    assert wants_plain({"TERM": "linux"}) and wants_plain({}) and not wants_plain({"TERM": "screen-256color"})
