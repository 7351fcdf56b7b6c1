"""The image path in a running containerd's own log."""

from __future__ import annotations

import pytest

from tui.model import Fact, LogLine, Origin
from tui.node.runtimes import logged_imagefs

OLD = 'time="2026-11-24T23:43:24Z" level=info msg="Get image filesystem path \\"{}\\""'
NEW = 'time="2026-11-24T23:43:24Z" level=info msg="Get image filesystem path \\"{}\\" for snapshotter \\"overlayfs\\""'


def _log(*lines: tuple[int, str]) -> Fact[tuple[LogLine, ...]]:
    made = tuple(LogLine(0.0, float(at), pid, text) for at, (pid, text) in enumerate(lines))
    return Fact(made, Origin("journal", "journalctl -u containerd.service"))


@pytest.mark.parametrize("form", [OLD, NEW])
def test_the_first_path_of_this_process(form: str) -> None:
    """2.x logs one for each snapshotter in use, the default one first; another process's lines do not count."""
    log = _log((6, form.format("/before")), (7, "starting"), (7, form.format("/a")), (7, form.format("/b")))
    found = logged_imagefs(log, 7, "/")
    assert found.value == "/a" and found.origin and found.origin.text == form.format("/a")


def test_a_relative_root_is_below_the_working_directory() -> None:
    assert logged_imagefs(_log((7, OLD.format("data/x"))), 7, "/srv").value == "/srv/data/x"


def test_no_such_line_and_no_log() -> None:
    assert "does not name" in logged_imagefs(_log((7, "starting")), 7, "/").reason
    assert logged_imagefs(Fact.unknown("no journal"), 7, "/").reason == "no journal"
