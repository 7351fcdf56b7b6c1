"""Where containerd's root, snapshots and imagefs are: the report against the daemon itself, 1.6, 1.7 and 2.1."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from tests.node.lab import Lab
from tests.node.runtimes import SERIES, SNAPSHOTTER, Case, RuntimeNode, Truth, absolute, cases, dumped_snapshotter

ALL = [(series, case) for series in SERIES for case in cases(series)]
NAMES = [f"{series}: {case.name}" for series, case in ALL]


@dataclass(frozen=True)
class Seen:
    """One case: the report before the restart into it and after, and what the daemon says then."""

    case: Case
    before: Truth | None
    pending: dict[str, Any]
    settled: dict[str, Any]
    truth: Truth


def visit(lab: Lab, series: str) -> dict[str, Seen]:
    """All cases of one release on one node, one restart each."""
    seen = {}
    node = RuntimeNode(lab, series)
    before = None
    try:
        node.boot()
        for case in cases(series):
            node.prepare(case)
            pending = node.report()
            node.enter()
            truth = node.truth(case)
            seen[case.name] = Seen(case, before, pending, node.report(), truth)
            before = truth
    finally:
        node.close()
    return seen


@pytest.fixture(scope="session")
def visits(lab: Lab) -> dict[str, dict[str, Seen]]:
    """The three nodes side by side."""
    with ThreadPoolExecutor(len(SERIES)) as pool:
        futures = {series: pool.submit(visit, lab, series) for series in SERIES}
        return {series: future.result() for series, future in futures.items()}


@pytest.fixture(params=ALL, ids=NAMES)
def seen(visits: dict[str, dict[str, Seen]], request: pytest.FixtureRequest) -> tuple[str, Seen]:
    series, case = request.param
    return series, visits[series][case.name]


def test_the_case_is_what_it_is_meant_to_be(seen: tuple[str, Seen]) -> None:
    """The daemon itself ended where the case wants it: else the other tests would compare the wrong thing."""
    series, one = seen
    assert one.truth.root == one.case.by_series.get(series, one.case.root)
    assert one.settled["version"]["value"].startswith(series)
    assert one.settled["process"]["known"] and one.settled["config"]["error"] == ""


def test_the_live_root_is_the_open_database(seen: tuple[str, Seen]) -> None:
    _, one = seen
    root = one.settled["root"]
    assert root["known"]
    assert one.truth.exports["bolt path"] == f"{root['value']}/io.containerd.metadata.v1.bolt/meta.db"
    assert one.truth.exports["content root"] == f"{root['value']}/io.containerd.content.v1.content"


def test_the_live_imagefs_is_what_cri_says(seen: tuple[str, Seen]) -> None:
    _, one = seen
    assert one.truth.image_filesystems[0] == one.truth.journal
    assert one.settled["imagefs"]["value"] == one.truth.image_filesystems[0]


def test_the_snapshots_are_where_their_plugin_says(seen: tuple[str, Seen]) -> None:
    """1.6's native snapshotter exports nothing; there CRI's path is the place."""
    series, one = seen
    config = one.settled["config"]
    name = config["snapshotter"]["value"]
    silent = series == "1.6" and name == "native"
    said = one.truth.image_filesystems[0] if silent else one.truth.exports[f"{name} root"]
    assert config["snapshotter_root"]["value"] == said


def test_the_resolver_agrees_with_the_dump(seen: tuple[str, Seen]) -> None:
    """The dump ignores flags (containerd-root.md 1.3); a relative root is printed as it is written."""
    series, one = seen
    config = one.settled["config"]
    name, moved = dumped_snapshotter(one.truth.dump, series)
    root = absolute(one.truth.dump["root"])
    if "--root" in one.case.words:
        assert root in [beaten["value"] for beaten in config["root"]["beaten"]]
        root = one.truth.root
    assert config["root"]["value"] == root
    assert config["snapshotter"]["value"] == name
    assert config["snapshotter_root"]["value"] == (moved or f"{root}/{SNAPSHOTTER}.{name}")


def test_the_next_start_was_predicted(seen: tuple[str, Seen]) -> None:
    """What the report said with the files laid down is what the restart made of them."""
    _, one = seen
    config = one.pending["config"]
    if one.case.words:
        assert any(one.case.words in each["what"] for each in one.pending["pending"])
    said = {name: config[name]["value"] for name in ("root", "snapshotter_root", "imagefs")}
    assert said == {name: one.settled["config"][name]["value"] for name in said}


def test_what_runs_is_not_taken_for_the_files(seen: tuple[str, Seen]) -> None:
    """Before the restart the live root is still the one of the case before, whatever the new files say."""
    _, one = seen
    if one.before is not None:
        assert one.pending["root"]["value"] == one.before.root
        assert one.pending["imagefs"]["value"] == one.before.image_filesystems[0]
