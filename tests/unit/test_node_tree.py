"""Reading inside a root: nothing leads out of it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from tui.node.tree import READ_LIMIT, Tree


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """``inside`` is the root; a secret lies beside it."""
    (tmp_path / "secret").write_text("outside")
    inside = tmp_path / "inside"
    (inside / "etc").mkdir(parents=True)
    (inside / "etc" / "conf").write_text("inside")
    return inside


def _raises(number: int, tree: Tree, path: str) -> None:
    with pytest.raises(OSError) as caught:
        tree.read(path)
    assert caught.value.errno == number and caught.value.filename == path


def test_absolute_links_resolve_inside(root: Path) -> None:
    (root / "link").symlink_to("/etc/conf")
    (root / "dir").symlink_to("/etc")
    tree = Tree(str(root))
    assert tree.read("/link") == tree.read("/dir/conf") == b"inside"
    assert tree.realpath("/dir/conf") == "/etc/conf"


@pytest.mark.parametrize("target", ["../../secret", "/../../secret", "../../../../../../../secret"])
def test_no_way_out_by_dots(root: Path, target: str) -> None:
    (root / "etc" / "link").symlink_to(target)
    (root / "secret").write_text("the root's own")
    tree = Tree(str(root))
    assert tree.read("/etc/link") == b"the root's own"
    assert tree.read("/../../../secret") == b"the root's own"


def test_a_link_to_a_real_place_outside_is_not_followed(root: Path, tmp_path: Path) -> None:
    (root / "etc" / "link").symlink_to(tmp_path / "secret")
    _raises(errno.ENOENT, Tree(str(root)), "/etc/link")


def test_dots_after_a_link_go_up_from_its_target(root: Path) -> None:
    (root / "a" / "b").mkdir(parents=True)
    (root / "a" / "file").write_text("a")
    (root / "short").symlink_to("a/b")
    assert Tree(str(root)).read("/short/../file") == b"a"


def test_loops_end(root: Path) -> None:
    (root / "one").symlink_to("two")
    (root / "two").symlink_to("/one")
    (root / "self").symlink_to("self/x")
    tree = Tree(str(root))
    _raises(errno.ELOOP, tree, "/one")
    _raises(errno.ELOOP, tree, "/self")


def test_errors_are_the_kernel_s(root: Path) -> None:
    tree = Tree(str(root))
    _raises(errno.ENOENT, tree, "/etc/none")
    _raises(errno.ENOTDIR, tree, "/etc/conf/x")
    _raises(errno.EISDIR, tree, "/etc")
    with pytest.raises(NotADirectoryError):
        tree.list("/etc/conf")


def test_no_device_and_no_pipe_is_read(root: Path) -> None:
    os.mkfifo(root / "pipe")
    _raises(errno.EINVAL, Tree(str(root)), "/pipe")


def test_large_files_are_refused(root: Path) -> None:
    with open(root / "big", "wb") as file:
        file.truncate(READ_LIMIT + 1)
    with open(root / "just", "wb") as file:
        file.truncate(READ_LIMIT)
    _raises(errno.EFBIG, Tree(str(root)), "/big")
    assert len(Tree(str(root)).read("/just")) == READ_LIMIT


def test_names_in_byte_order_dots_included(root: Path) -> None:
    names = [b".a", b"10", b"9", b"A", b"a", b"\xff", "é".encode()]
    (root / "d").mkdir()
    for name in names:
        (root / "d" / os.fsdecode(name)).touch()
    assert [os.fsencode(name) for name in Tree(str(root)).list("/d")] == sorted(names)


def test_stat_of_links_and_files(root: Path) -> None:
    (root / "link").symlink_to("/etc/conf")
    tree = Tree(str(root))
    link, file = tree.stat("/link", follow=False), tree.stat("/link")
    assert (link.kind, link.target) == ("link", "/etc/conf")
    assert (file.kind, file.size, file.target) == ("file", 6, "")
    own = os.stat(root / "etc" / "conf")
    assert (file.inode, file.mtime_ns, file.dev) == (
        own.st_ino,
        own.st_mtime_ns,
        (os.major(own.st_dev), os.minor(own.st_dev)),
    )
    assert tree.stat("/").kind == "dir"


def test_missing_parts_are_kept(root: Path) -> None:
    (root / "link").symlink_to("/etc")
    tree = Tree(str(root))
    assert tree.realpath("/link/none/../x//y/.") == "/etc/x/y"
    assert tree.realpath("/etc/conf/below") == "/etc/conf/below"
    assert tree.realpath("/") == "/"


def test_no_descriptor_is_left_open(root: Path) -> None:
    tree = Tree(str(root))
    before = len(os.listdir("/proc/self/fd"))
    for path in ("/etc/conf", "/etc/none", "/etc/conf/x"):
        try:
            tree.read(path)
        except OSError:
            assert path != "/etc/conf"
        tree.realpath(path)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_guard_can_stop_the_walk(root: Path) -> None:
    seen = []

    def entering(path: str) -> None:
        seen.append(path)
        if path == "/etc":
            raise TimeoutError("dead")

    with pytest.raises(TimeoutError):
        Tree(str(root), entering).read("/etc/conf")
    assert seen == ["/etc"]
