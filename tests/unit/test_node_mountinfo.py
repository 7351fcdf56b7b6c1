"""The mount table: names, stacks, what is hidden and why."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tui.node.mountinfo import MountTable, hidden_reasons, parse, served, table_of

RECORDED = Path(__file__).parent.parent / "data" / "recorded"


def _line(number: int, parent: int, where: bytes, dev: str = "8:1", root: bytes = b"/", kind: str = "ext4") -> bytes:
    return b"%d %d %s %s %s rw,relatime shared:1 master:2 - %s /dev/x rw,data=ordered\n" % (
        number,
        parent,
        dev.encode(),
        root,
        where,
        kind.encode(),
    )


def _table(*lines: bytes) -> MountTable:
    return MountTable(parse(b"".join(lines)))


def _hidden(table: MountTable, files: frozenset[str] = frozenset()) -> dict[str, str]:
    reasons = hidden_reasons(table, files)
    return {f"{mount.mountpoint}#{mount.mount_id}": reasons[mount.mount_id] for mount in table.mounts}


def test_all_fields_with_any_number_of_optional_ones() -> None:
    with_two = parse(_line(36, 35, b"/mnt/a", "98:17", b"/part"))[0]
    assert (with_two.mount_id, with_two.parent_id, with_two.dev) == (36, 35, (98, 17))
    assert (with_two.root, with_two.mountpoint, with_two.fstype, with_two.source) == (
        "/part",
        "/mnt/a",
        "ext4",
        "/dev/x",
    )
    assert with_two.options == ("rw", "relatime") and with_two.super_options == ("rw", "data=ordered")
    without = parse(b"1 0 0:5 / / ro - tmpfs none rw\n")[0]
    assert (without.fstype, without.source, without.options) == ("tmpfs", "none", ("ro",))


def test_an_empty_source_and_a_dash_as_mountpoint() -> None:
    mount = parse(b"1 0 0:5 / /- rw - tmpfs  rw\n")[0]
    assert (mount.mountpoint, mount.fstype, mount.source) == ("/-", "tmpfs", "")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (rb"/a\040b", "/a b"),
        (rb"/a\011b", "/a\tb"),
        (rb"/a\012b", "/a\nb"),
        (rb"/a\134040b", r"/a\040b"),
        (rb"/a\043b", "/a#b"),
        ("/größe".encode(), "/größe"),
        (b"/a\xffb", "/a\udcffb"),
        (b"/a\x1b[31m", "/a\x1b[31m"),
        (b"/a\rb\x0bc\x85", "/a\rb\x0bc\udc85"),
        (b"/[/x]", "/[/x]"),
        (b"/" + b"n" * 255, "/" + "n" * 255),
    ],
)
def test_names(written: bytes, meant: str) -> None:
    assert [mount.mountpoint for mount in parse(_line(1, 0, written))] == [meant]


def test_lines_that_are_none_are_passed_over() -> None:
    assert [mount.mount_id for mount in parse(b"rubbish\n\n1 2 3\nx y 8:1 / / rw - e s o\n" + _line(7, 0, b"/"))] == [7]


def test_the_later_of_two_mounts_at_one_place_is_on_top() -> None:
    table = _table(_line(1, 0, b"/"), _line(2, 1, b"/mnt", "8:2"), _line(3, 2, b"/mnt", "8:3"))
    held = table.holder("/mnt/x")
    assert held is not None and held.mount_id == 3
    assert [table.on_top(mount) for mount in table.mounts] == [True, False, True]
    assert _hidden(table) == {"/#1": "", "/mnt#2": "overmounted", "/mnt#3": ""}


def test_a_mount_over_a_parent_directory_covers_what_is_below() -> None:
    table = _table(_line(1, 0, b"/"), _line(2, 1, b"/a/b", "8:2"), _line(3, 1, b"/a", "8:3"))
    held = table.holder("/a/b/c")
    assert held is not None and held.mount_id == 3
    assert _hidden(table)["/a/b#2"] == "overmounted"


@pytest.mark.parametrize(
    ("path", "where"), [("/var/lib", "/var/lib"), ("/var/lib/x", "/var/lib"), ("/var/library", "/"), ("/", "/")]
)
def test_holder_knows_names_from_prefixes(path: str, where: str) -> None:
    held = _table(_line(1, 0, b"/"), _line(2, 1, b"/var/lib", "8:2")).holder(path)
    assert held is not None and held.mountpoint == where


def test_no_holder_outside_the_table() -> None:
    assert _table(_line(2, 1, b"/var/lib")).holder("/etc") is None


def test_parents_that_are_not_shown_and_ids_in_circles_do_not_hang() -> None:
    table = _table(_line(5, 99, b"/"), _line(6, 5, b"/"), _line(5, 6, b"/"), _line(8, 8, b"/x"))
    assert table.holder("/x/y") is not None


def test_binds_point_at_the_device_s_main_mount() -> None:
    table = _table(
        _line(1, 0, b"/"),
        _line(2, 1, b"/var/lib/kubelet", "8:2", b"/kubelet"),
        _line(3, 1, b"/mnt/disk", "8:2"),
        _line(4, 1, b"/again", "8:2"),
        _line(5, 1, b"/srv", "8:1", b"/data/srv"),
    )
    assert _hidden(table) == {
        "/#1": "",
        "/var/lib/kubelet#2": "bind of /mnt/disk/kubelet",
        "/mnt/disk#3": "",
        "/again#4": "bind of /mnt/disk",
        "/srv#5": "bind of /data/srv",
    }


def test_without_a_whole_mount_the_first_directory_stands_for_the_device() -> None:
    table = _table(
        _line(1, 0, b"/", "0:9", kind="overlay"),
        _line(2, 1, b"/etc/hosts", "8:1", b"/docker/hosts"),
        _line(3, 1, b"/var", "8:1", b"/volumes/v"),
        _line(4, 1, b"/run/host/x", "8:5", b"/r/x"),
    )
    hidden = _hidden(table, frozenset(("/etc/hosts",)))
    assert hidden == {
        "/#1": "",
        "/etc/hosts#2": "bind of /dev/x[/docker/hosts]",
        "/var#3": "",
        "/run/host/x#4": "bind of /dev/x[/r/x]",
    }


@pytest.mark.parametrize(
    "where",
    [
        "/var/lib/kubelet/pods/0a-1/volumes/kubernetes.io~empty-dir/x",
        "/data/k/pods/0a-1/volume-subpaths/cfg/c/0",
        "/var/lib/kubelet/plugins/kubernetes.io/csi/d/h/globalmount",
        "/run/containerd/io.containerd.runtime.v2.task/k8s.io/0f/rootfs",
        "/run/containerd/io.containerd.grpc.v1.cri/sandboxes/0f/shm",
        "/var/lib/docker/overlay2/0f/merged",
        "/run/containers/storage/overlay-containers/0f/userdata/shm",
        "/var/lib/docker/containers/0f/mounts/shm",
    ],
)
def test_per_pod_mounts(where: str) -> None:
    table = _table(_line(1, 0, b"/"), _line(2, 1, where.encode(), "0:7", kind="overlay"))
    assert _hidden(table)[f"{where}#2"] == "per-pod mount"


def test_network_namespaces_are_per_pod_and_a_disk_inside_containerd_s_root_is_not() -> None:
    snapshots = b"/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs"
    table = _table(
        _line(1, 0, b"/"), _line(2, 1, b"/run/netns/cni-1", "0:4", b"net:[1]", "nsfs"), _line(3, 1, snapshots, "8:9")
    )
    assert _hidden(table)["/run/netns/cni-1#2"] == "per-pod mount"
    assert _hidden(table)[f"{snapshots.decode()}#3"] == ""


def test_pseudo_filesystems_and_images() -> None:
    table = _table(
        _line(1, 0, b"/"), _line(2, 1, b"/run", "0:2", kind="tmpfs"), _line(3, 1, b"/snap/x", "7:1", kind="squashfs")
    )
    assert _hidden(table) == {"/#1": "", "/run#2": "pseudo filesystem", "/snap/x#3": "read-only image"}


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "fuse", "fuse.sshfs", "fuseblk", "cifs", "9p", "ceph", "virtiofs"])
def test_served_filesystems(kind: str) -> None:
    assert served(kind)


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "tmpfs", "overlay", "zfs"])
def test_local_filesystems(kind: str) -> None:
    assert not served(kind)


@pytest.mark.parametrize("folder", sorted(path.name for path in RECORDED.glob("node-*")))
def test_recorded_tables_show_the_disks_and_nothing_else(folder: str) -> None:
    table = table_of((RECORDED / folder / "mountinfo").read_bytes())
    assert len(table.mounts) == len((RECORDED / folder / "mountinfo").read_bytes().splitlines())
    reasons = hidden_reasons(table)
    assert [mount.mountpoint for mount in table.mounts if not reasons[mount.mount_id]] == ["/", "/mnt/images"]


def test_three_thousand_mounts_take_no_time() -> None:
    lines = [_line(1, 0, b"/")] + [_line(2 + at, 1, b"/mnt/%d" % at, root=b"/src") for at in range(3000)]
    data = b"".join(lines)
    started = time.process_time()
    reasons = hidden_reasons(table_of(data))
    spent = time.process_time() - started
    assert sum(not reason for reason in reasons.values()) == 1
    assert spent < 0.5
    started = time.process_time()
    table_of(data)
    assert time.process_time() - started < 0.01
