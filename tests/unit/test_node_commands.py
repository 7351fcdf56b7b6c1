"""Programs run within bounds, and what journalctl and systemctl print."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from tui.node.commands import OUTPUT_LIMIT, journal_lines, run_bounded, unit_properties

RECORDED = Path(__file__).parent.parent / "data" / "recorded"


def test_output_and_status() -> None:
    done = run_bounded(["sh", "-c", "echo out; echo err >&2; exit 3"], 10)
    assert (done.status, done.stdout, done.stderr, done.reason) == (3, b"out\n", b"err\n", "")


def test_no_shell_no_stdin_a_fixed_environment() -> None:
    os.environ["IMAGEGC_TEST_SECRET"] = "1"
    try:
        done = run_bounded(["env"], 10)
    finally:
        del os.environ["IMAGEGC_TEST_SECRET"]
    names = {line.partition(b"=")[0] for line in done.stdout.splitlines()}
    assert b"IMAGEGC_TEST_SECRET" not in names and b"LC_ALL=C\n" in done.stdout
    assert run_bounded(["echo", "$HOME; `id`"], 10).stdout == b"$HOME; `id`\n"
    assert run_bounded(["cat"], 10).stdout == b""


def test_a_program_that_is_missing() -> None:
    done = run_bounded(["/no/such/program"], 10)
    assert done.status is None and "No such file" in done.reason


def test_the_limit_kills_the_children_too(tmp_path: Path) -> None:
    mark = tmp_path / "alive"
    started = time.monotonic()
    done = run_bounded(["sh", "-c", f"(sleep 3; touch {mark}) & echo first; sleep 30"], 0.5)
    assert time.monotonic() - started < 2.5
    assert done.status is None and done.stdout == b"first\n" and "0.5 s" in done.reason
    time.sleep(3.2)
    assert not mark.exists()


def test_endless_output_is_cut() -> None:
    done = run_bounded(["yes"], 60)
    assert done.status is None and "bytes of output" in done.reason
    assert OUTPUT_LIMIT < len(done.stdout) < OUTPUT_LIMIT + (1 << 20)


def _entry(**fields: object) -> bytes:
    return (
        json.dumps({"__MONOTONIC_TIMESTAMP": "2500000", "__REALTIME_TIMESTAMP": "1000000", **fields}).encode() + b"\n"
    )


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("plain", "plain"),
        ([104, 105, 255, 27], "hi\udcff\x1b"),
        (None, ""),
        ([104, 999], ""),
        ({"x": 1}, ""),
    ],
)
def test_messages(message: object, text: str) -> None:
    (line,) = journal_lines(_entry(MESSAGE=message, _PID="12"), kernel=False)
    assert (line.message, line.pid, line.mono, line.wall) == (text, 12, 2.5, 1.0)


def test_the_kernel_s_own_time() -> None:
    data = _entry(MESSAGE="x", _SOURCE_MONOTONIC_TIMESTAMP="1250000")
    assert journal_lines(data, kernel=True)[0].mono == 1.25
    assert journal_lines(data, kernel=False)[0].mono == 2.5
    assert journal_lines(_entry(MESSAGE="x"), kernel=True)[0].mono == 2.5


def test_broken_lines_are_passed_over() -> None:
    data = b"-- No entries --\n{broken\n" + b'{"MESSAGE": "no times"}\n' + _entry(MESSAGE="good", _PID="x") + b"[1]\n"
    assert [(line.message, line.pid) for line in journal_lines(data, kernel=False)] == [("good", None)]


def test_recorded_journal() -> None:
    data = (RECORDED / "node-unknown-device-1.20" / "kernel.journal.json").read_bytes()
    lines = journal_lines(data, kernel=True)
    assert len(lines) == len(data.splitlines())
    assert lines[-1].message.startswith("EXT4-fs (loop5): mounted") and lines[-1].mono == 6273.650777


def test_properties_repeat_and_units_are_apart() -> None:
    first, second = unit_properties(b"Id=a.mount\nX=1\nX=2=3\n\nId=b.mount\nX=\n")
    assert first == {"Id": ("a.mount",), "X": ("1", "2=3")} and second == {"Id": ("b.mount",), "X": ("",)}
