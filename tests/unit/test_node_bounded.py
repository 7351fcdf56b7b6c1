"""Calls that hang, and statfs through threads and the helper."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tui.model import Usage
from tui.node.bounded import Bounded
from tui.node.statfs import StatfsPool

ROOT = Path(__file__).parent.parent.parent


class _Slow:
    """``hang*`` waits until it is let go; others answer their own name."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.calls: list[str] = []

    def __call__(self, key: str) -> str:
        self.calls.append(key)
        if key.startswith("hang"):
            self.go.wait(20)
        if key == "bad":
            raise PermissionError(13, "no", key)
        if key == "bug":
            raise ValueError("oops")
        return key.upper()


def test_answers_errors_and_faults() -> None:
    answers = Bounded(_Slow(), 5.0).ask(["a", "bad", "bug", "a"])
    assert answers["a"] == "A" and list(answers) == ["a", "bad", "bug"]
    assert isinstance(answers["bad"], PermissionError)
    assert isinstance(answers["bug"], OSError) and "ValueError: oops" in str(answers["bug"])


def test_hanging_calls_hold_nothing_up_and_are_made_once() -> None:
    slow = _Slow()
    bounded = Bounded(slow, 0.4)
    started = time.monotonic()
    answers = bounded.ask(["hang1", "a", "hang2", "hang3", "b"])
    assert time.monotonic() - started < 1.0
    assert [key for key, value in answers.items() if isinstance(value, TimeoutError)] == ["hang1", "hang2", "hang3"]
    assert (answers["a"], answers["b"]) == ("A", "B")
    for _ in range(3):
        started = time.monotonic()
        again = bounded.ask(["hang1", "a"])
        assert time.monotonic() - started < 0.3
        assert isinstance(again["hang1"], TimeoutError) and again["a"] == "A"
    assert sorted(call for call in slow.calls if call.startswith("hang")) == ["hang1", "hang2", "hang3"]
    slow.go.set()
    deadline = time.monotonic() + 5
    while isinstance(bounded.ask(["hang1"])["hang1"], TimeoutError) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert bounded.ask(["hang1"])["hang1"] == "HANG1"


def test_many_calls_need_few_threads() -> None:
    before = threading.active_count()
    answers = Bounded(_Slow(), 5.0).ask([str(number) for number in range(3000)])
    assert len(answers) == 3000 and threading.active_count() <= before + 5


@pytest.mark.parametrize("by_server", [False, True])
def test_statfs_in_a_thread_and_in_the_helper_agree_with_os(by_server: bool, tmp_path: Path) -> None:
    strange = tmp_path / os.fsdecode(b"new\nline \xff [/x]")
    strange.mkdir(parents=True)
    answers = StatfsPool(lambda path: by_server, 10.0).ask([str(strange), str(tmp_path / "none")])
    found, known = answers[str(strange)], os.statvfs(strange)
    assert isinstance(found, Usage)
    assert (found.frsize, found.blocks, found.files) == (known.f_frsize, known.f_blocks, known.f_files)
    assert isinstance(answers[str(tmp_path / "none")], FileNotFoundError)


@contextmanager
def dead_mount(directory: Path) -> Iterator[None]:
    """A FUSE mount whose server never answers; skipped where that cannot be had."""
    if os.geteuid() != 0 or not os.path.exists("/dev/fuse"):
        pytest.skip("a dead FUSE mount needs root and /dev/fuse")
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.dead_fuse", str(directory)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert server.stdin is not None and server.stdout is not None
        if server.stdout.readline() != b"ready\n":
            pytest.skip("this kernel mounts no FUSE filesystem")
        yield
    finally:
        server.kill()  # its connection breaks, and whoever hangs on it gets an error
        server.wait()
        subprocess.run(["umount", "-l", str(directory)], check=False, stderr=subprocess.DEVNULL)
        for pipe in (server.stdin, server.stdout):
            if pipe:
                pipe.close()


_LOOK = """
import json, sys, time
from tui.node.open import open_host
from tui.node.survey import Surveyor

surveyor, dead = Surveyor(open_host()), sys.argv[1]
spans, states = [], []
for _ in range(3):
    started = time.monotonic()
    survey = surveyor.take()
    spans.append(time.monotonic() - started)
    states += [state for state in survey.mounts if state.mount.mountpoint == dead]
errors = []
for ask in (surveyor.host.stat, surveyor.host.realpath, surveyor.host.read, surveyor.host.list):
    try:
        ask(dead + "/file")
    except OSError as error:
        errors.append(type(error).__name__)
since = [state.unreachable_since for state in states]
print(json.dumps([spans, since, [state.usage.reason for state in states], errors, time.monotonic()]))
"""


def test_a_dead_server_blocks_neither_the_survey_nor_the_end(tmp_path: Path) -> None:
    with dead_mount(tmp_path):
        done = subprocess.run(
            [sys.executable, "-c", _LOOK, str(tmp_path)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        ended = time.monotonic()

    spans, since, reasons, errors, last = json.loads(done.stdout)
    assert len(spans) == 3 and spans[0] < 3 and max(spans[1:]) < 0.5
    assert len(since) == 3 and since[0] and len(set(since)) == 1
    assert set(reasons) == {"no answer within its time limit"}
    assert errors == ["TimeoutError"] * 4
    assert ended - last < 1.0
