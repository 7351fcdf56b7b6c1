"""Whether the disk of a mount is still there, by sysfs."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from tui.model import Mount
from tui.node.gone import gone
from tui.node.tree import Tree


def _mount(major: int, minor: int) -> Mount:
    return Mount(1, 0, (major, minor), "/", "/mnt", (), "ext4", "/dev/x", ())


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """sysfs with 8:1 (some sectors), 7:14 (none left) and links as the kernel has them."""
    for name, number, size in (("sda1", "8:1", "2048\n"), ("loop14", "7:14", "0\n")):
        device = tmp_path / "sys/devices" / name
        device.mkdir(parents=True)
        (device / "size").write_text(size)
        link = tmp_path / "sys/dev/block" / number
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(f"../../devices/{name}")
    return Tree(str(tmp_path))


def test_a_disk_that_is_there(tree: Tree) -> None:
    assert gone(tree, _mount(8, 1)) is None


@pytest.mark.parametrize(("number", "why"), [((7, 14), "no sectors left"), ((8, 17), "no block device 8:17 any more")])
def test_a_disk_that_is_gone(tree: Tree, number: tuple[int, int], why: str) -> None:
    found = gone(tree, _mount(*number))
    assert found is not None and found.errno == errno.EIO and why in (found.strerror or "")


def test_what_has_no_disk_of_its_own(tree: Tree) -> None:
    assert gone(tree, _mount(0, 42)) is None


def test_where_sysfs_cannot_be_seen(tmp_path: Path) -> None:
    assert gone(Tree(str(tmp_path)), _mount(8, 1)) is None
