"""The bookkeeping of ``tests/sweep``: runs are kept, an interrupted sweep goes on, figures are added up."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.node import sweep
from tests.node.lab import Lab


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> sweep.Results:
    monkeypatch.setenv("IMAGEGC_CACHE", str(tmp_path))
    return sweep.Results("story")


def _record(number: int, kind: str, seconds: float, *failed: str) -> sweep.Record:
    return {"number": number, "kind": kind, "seconds": seconds, "boot_s": 2.0, "failed": dict.fromkeys(failed, "why")}


def test_a_line_that_a_crash_cut_off_is_no_run(results: sweep.Results) -> None:
    results.add(_record(0, "open", 400.0))
    with open(results.path, "a") as file:
        file.write('{"number": 1, "kin')
    results.add(_record(2, "open", 410.0))
    assert [record["number"] for record in results.read()] == [0, 2]
    assert sweep.state() in results.path.name


def test_only_what_is_missing_is_run(
    results: sweep.Results, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[int] = []

    def once(lab: Lab, name: str, number: int) -> sweep.Record:
        asked.append(number)
        assert name == f"run{number}"
        if number == 3:
            raise RuntimeError("no such node")
        return {"kind": "x", "failed": {}}

    monkeypatch.setattr(Lab, "base", lambda self: None)
    monkeypatch.setattr(Lab, "__enter__", lambda self: self)
    for number in (0, 2):
        results.add(_record(number, "x", 1.0))
    sweep.go(sweep.Sweep("a test", once, ()), results, 4, 2)
    assert sorted(asked) == [1, 3]
    by_number = {record["number"]: record for record in results.read()}
    assert sorted(by_number) == [0, 1, 2, 3] and by_number[1]["failed"] == {}
    assert "no such node" in by_number[3]["failed"]["the run itself"]
    assert "run   3" in capsys.readouterr().out
    sweep.go(sweep.Sweep("a test", once, ()), results, 4, 2)
    assert sorted(asked) == [1, 3]


def test_the_table_adds_up() -> None:
    records = [_record(0, "open", 400.0), _record(1, "locked", 500.0, "late"), _record(3, "open", 420.0)]
    rows = [row.split() for row in sweep.table(sweep.SWEEPS["story"], records).splitlines()]
    assert rows[1:4] == [
        ["locked", "1", "0", "1", "500.0", "2.0"],
        ["open", "2", "2", "0", "410.0", "2.0"],
        ["all", "3", "2", "1", "420.0", "2.0"],
    ]
    assert rows[4] == ["failed", "1", "times:", "late"]
