"""What a machine makes of journalctl and systemctl, without a systemd to ask."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tui.node.host import Batch, CommandResult, Host, Namespaces
from tui.node.machine import HEAD_S, Machine
from tui.node.rootdir import RootDir
from tui.node.watched import WatchedFile

Answer = Callable[[Sequence[str]], CommandResult]


def _machine(monkeypatch: pytest.MonkeyPatch, answer: Answer) -> tuple[Machine, list[list[str]]]:
    machine, asked = Machine(), []

    def run(argv: Sequence[str], timeout: float) -> CommandResult:
        asked.append(list(argv))
        return answer(argv)

    monkeypatch.setattr(machine, "run", run)
    monkeypatch.setattr(machine, "_has_systemd", lambda: True)
    return machine, asked


def _journal(*monos: float) -> bytes:
    rows = (
        {"__MONOTONIC_TIMESTAMP": str(round(at * 1e6)), "__REALTIME_TIMESTAMP": "0", "MESSAGE": str(at)} for at in monos
    )
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def test_they_are_hosts(tmp_path: Path) -> None:
    hosts: list[Host] = [Machine(), RootDir(str(tmp_path))]
    assert isinstance(hosts[0], Batch) and isinstance(hosts[0], Namespaces)


def test_lines_before_the_start_are_cut_by_the_boot_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    machine, asked = _machine(monkeypatch, lambda argv: CommandResult(0, _journal(300, 100.5, 99.5, 5), b""))
    found = machine.journal("kubelet.service", 100.0, 50)
    assert found.value is not None and [line.mono for line in found.value] == [100.5, 300]
    assert len(asked) == 1 and asked[0][0] == "journalctl" and "-b" in asked[0]
    assert asked[0][asked[0].index("-u") + 1] == "kubelet.service" and asked[0][asked[0].index("-n") + 1] == "50"
    assert "-r" in asked[0]  # with --since, -n alone means the first lines to systemd 252
    (since,) = (word for word in asked[0] if word.startswith("--since=@"))
    wall, mono = machine.clock()
    assert abs(int(since[9:]) - (wall - mono + 100)) < 63


def test_a_long_journal_keeps_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(argv: Sequence[str]) -> CommandResult:
        first = any(word.startswith("--until") for word in argv)
        return CommandResult(0, _journal(100.5, 101, 700) if first else _journal(900, 800, 700), b"")

    machine, asked = _machine(monkeypatch, answer)
    found = machine.journal("kubelet.service", 100.0, 3)
    assert "-r" in asked[0] and "-r" not in asked[1]
    assert found.value is not None and [line.mono for line in found.value] == [100.5, 101, 700, 800, 900]
    (until,) = (word for word in asked[1] if word.startswith("--until=@"))
    wall, mono = machine.clock()
    assert abs(int(until[9:]) - (wall - mono + 100 + HEAD_S)) < 3


def test_the_kernel_is_asked_without_a_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    machine, asked = _machine(monkeypatch, lambda argv: CommandResult(0, _journal(1, 2), b""))
    found = machine.journal("_kernel", 0.0, 2)
    assert found.value is not None and len(found.value) == 2 and len(asked) == 1
    assert "-k" in asked[0] and "-u" not in asked[0] and str(found.origin) == "journalctl -k"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (CommandResult(None, b"", b"", "journalctl: No such file or directory"), "No such file"),
        (CommandResult(None, b"", b"", "journalctl: no end within 5 s"), "no end within 5 s"),
        (CommandResult(1, b"", b"No journal files were opened due to insufficient permissions.\n"), "sudo"),
        (
            CommandResult(0, b"", b"Hint: You are currently not seeing messages from other users and the system."),
            "sudo",
        ),
        (CommandResult(0, b"", b"No journal files were found.\n"), "no journal is kept"),
        (CommandResult(1, b"", b"Failed to x: broken\nmore\n"), "Failed to x: broken"),
    ],
)
def test_why_there_is_no_journal(monkeypatch: pytest.MonkeyPatch, answer: CommandResult, reason: str) -> None:
    machine, _ = _machine(monkeypatch, lambda argv: answer)
    found = machine.journal("kubelet.service", 0.0, 10)
    assert not found.known and reason in found.reason


def test_several_units_in_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    said = b"Id=a.mount\nActiveEnterTimestampMonotonic=5\n\nId=b.mount\nActiveEnterTimestampMonotonic=0\n"
    machine, asked = _machine(monkeypatch, lambda argv: CommandResult(0, said, b""))
    found = machine.units_show(["a.mount", "b.mount"], ["Id", "ActiveEnterTimestampMonotonic"])
    assert asked == [["systemctl", "show", "--property=Id,ActiveEnterTimestampMonotonic", "--", "a.mount", "b.mount"]]
    assert found["a.mount"].value == {"Id": ("a.mount",), "ActiveEnterTimestampMonotonic": ("5",)}
    assert found["b.mount"].value is not None and found["b.mount"].value["Id"] == ("b.mount",)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (CommandResult(1, b"", b"Failed to connect to bus: No such file\n"), "Failed to connect to bus: No such file"),
        (CommandResult(None, b"", b"", "systemctl: no end within 3 s"), "no end within 3 s"),
        (CommandResult(0, b"Id=a.mount\n", b""), "no answer"),
    ],
)
def test_why_units_are_not_known(monkeypatch: pytest.MonkeyPatch, answer: CommandResult, reason: str) -> None:
    machine, _ = _machine(monkeypatch, lambda argv: answer)
    found = machine.units_show(["a.mount", "b.mount"], ["Id"])
    assert all(not fact.known and reason in fact.reason for fact in found.values()) and len(found) == 2


def test_sleep_never_makes_a_stamp_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """The boot clock goes on while a laptop sleeps, systemd's stamps do not: they are put on the later side."""
    real = time.clock_gettime

    def slept(clock: int) -> float:
        return real(clock) + (500.0 if clock == time.CLOCK_BOOTTIME else 0.0)

    monkeypatch.setattr("tui.node.machine.time.clock_gettime", slept)
    said = CommandResult(0, b"Id=a.mount\nActiveEnterTimestampMonotonic=5000000\n", b"")
    machine, _ = _machine(monkeypatch, lambda argv: said)
    stamp = machine.unit_show("a.mount", ["Id"]).value
    assert stamp is not None and int(stamp["ActiveEnterTimestampMonotonic"][0]) == pytest.approx(505e6, abs=1e6)
    machine, _ = _machine(monkeypatch, lambda argv: CommandResult(0, _journal(5), b""))
    lines = machine.journal("kubelet.service", 0.0, 10).value
    assert lines is not None and lines[0].mono == pytest.approx(505, abs=1)


def test_no_systemd_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    machine, asked = _machine(monkeypatch, lambda argv: CommandResult(0, b"", b""))
    monkeypatch.setattr(machine, "_has_systemd", lambda: False)
    assert machine.unit_show("a.mount", ["Id"]).reason == "systemd does not run here" and asked == []


def test_a_watched_table_is_the_same_object_until_it_changes() -> None:
    watched = WatchedFile("/proc/self/mountinfo")
    first = watched.read()
    assert first.count(b"\n") > 0 and watched.read() is first
