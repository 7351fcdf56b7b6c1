"""The app on a real node's terminal, small and large: its keys, and how fast it leaves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.node.lab import Lab
from tests.node.seed import SeedNode
from tests.node.terminal import Terminal

SIZES = ((80, 24), (160, 45))


@pytest.fixture(scope="module")
def node(lab: Lab) -> Iterator[SeedNode]:
    """The seed's node before the move."""
    made = SeedNode(lab, "terminal").with_kubelet()
    try:
        made.start()
        made.mount_images()
        yield made
    finally:
        made.close()


@pytest.fixture(params=SIZES, ids=[f"{columns}x{rows}" for columns, rows in SIZES])
def app(node: SeedNode, request: pytest.FixtureRequest) -> Iterator[Terminal]:
    """The app, with its first survey on the screen."""
    columns, rows = request.param
    with Terminal(node, columns=columns, rows=rows) as started:
        first = started.wait("READ-ONLY")
        started.wait("kubelet, pod")
        assert max(map(len, first.splitlines())) <= columns and len(first.splitlines()) <= rows
        yield started


def test_why_and_back(app: Terminal) -> None:
    app.keys("e")
    shown = app.wait("(?i)why")
    assert "statfs" in shown or "kubelet" in shown
    app.keys("Escape")
    app.wait("kubelet, pod")


def test_all_mounts(app: Terminal) -> None:
    """The hidden ones come with the reason for which they are hidden."""
    assert "pseudo filesystem" not in app.screen()
    app.keys("a")
    app.wait("pseudo filesystem")
    app.keys("Escape")
    app.wait("kubelet, pod")


def test_filter(app: Terminal) -> None:
    app.wait("/mnt/images")
    app.keys("/")
    app.keys(*"mnt/im")
    app.wait("1 of ")
    app.keys("Escape")
    app.wait("kubelet, pod")


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_quit_within_a_second(node: SeedNode, columns: int, rows: int) -> None:
    """The best of three: a machine that does other things may take long once."""
    took: list[float] = []
    while len(took) < 3 and (not took or min(took) >= 1):
        with Terminal(node, columns=columns, rows=rows) as app:
            app.wait("kubelet, pod")
            took.append(app.quit())
    assert min(took) < 1, took
