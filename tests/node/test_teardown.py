"""Interrupted and killed runs: what they leave on the machine, and that runs side by side do not touch each other."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.node import cleanup, leftovers
from tests.node.lab import Lab
from tests.node.node import Node

CHECKOUT = Path(__file__).resolve().parents[2]
RUNS_A_NODE = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tests.node.lab import Lab
from tests.node.node import Node

with Lab() as lab:
    lab.adopt(Path(sys.argv[1]))
    node = Node(lab, "other", disks={"images": lab.disk("other-images", 1 << 30, "ext4")})
    node.boot()
    with ThreadPoolExecutor() as pool:  # as the tests do: another thread waits for the node
        pool.submit(node.run, ["sh", "-c", "echo up; sleep 1000"], timeout=1000)
        print(lab.folder, node.pid, flush=True)
        threading.Event().wait(1000)
"""
MAKES_A_BASE = """
from tests.node.lab import Lab

with Lab() as lab:
    print(lab.folder, 0, flush=True)
    lab.base()
"""


@contextmanager
def another_run(program: str, *words: object) -> Iterator[tuple[subprocess.Popen[str], Path, int]]:
    """A run of its own process: its folder and the pid that it says."""
    process = subprocess.Popen(
        [sys.executable, "-c", program, *map(str, words)], stdout=subprocess.PIPE, text=True, cwd=CHECKOUT
    )
    try:
        assert process.stdout is not None
        said = process.stdout.readline().split()
        assert len(said) == 2, "the other run ended at once"
        yield process, Path(said[0]), int(said[1])
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_an_interrupted_run_leaves_nothing_and_others_go_on(lab: Lab, how: signal.Signals) -> None:
    """Two labs side by side, each with a running node; one is interrupted while a command runs on its node."""
    node = Node(lab, f"beside-{how.name.lower()}")
    try:
        node.boot()
        with another_run(RUNS_A_NODE, lab.base()) as (process, folder, pid):
            assert folder != lab.folder and leftovers.owner_lives(folder) is True
            kinds = {line.split(":")[0] for line in leftovers.of(folder)}
            assert kinds == {"loop", "mount", "process", "folder"}
            process.send_signal(how)
            assert process.wait(30) != 0
            assert leftovers.of(folder) == []
            assert not leftovers.runs(pid)
        assert node.run(["systemctl", "is-active", "containerd"]) == "active\n"
    finally:
        node.close()


def test_a_run_interrupted_while_it_makes_its_base_leaves_nothing(lab: Lab) -> None:
    with another_run(MAKES_A_BASE) as (process, folder, _):
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(4)
        assert leftovers.of(folder) != []
        process.terminate()
        assert process.wait(30) == -signal.SIGTERM
        assert leftovers.of(folder) == []


def test_what_a_killed_run_leaves_is_cleaned_up(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    """SIGKILL leaves a whole running node; the cleanup takes it away, and nothing of a run whose owner lives."""
    with another_run(RUNS_A_NODE, lab.base()) as (process, folder, pid):
        cleanup.main()  # its status counts what other, earlier runs left too
        assert f"{folder}: in use" in capsys.readouterr().out
        process.kill()
        process.wait()
        assert leftovers.runs(pid) and leftovers.owner_lives(folder) is False
        cleanup.main()
        said = capsys.readouterr().out
        assert f"{folder}: removed" in said and f"{lab.folder}: in use" in said
        assert leftovers.of(folder) == []
        assert not leftovers.runs(pid)
    assert lab.store.is_mount()
