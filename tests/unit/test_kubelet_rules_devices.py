"""cAdvisor's frozen device table: what it keeps, and what a later look-up makes of it."""

from dataclasses import replace

import pytest

from tui.kubelet import devices
from tui.model import Mount, Partition

ROOT = Mount(1, 0, (8, 1), "/", "/", (), "ext4", "/dev/sda1")
DATA = Mount(2, 1, (8, 16), "/", "/data", (), "xfs", "/dev/sdb")
RUN = Mount(3, 1, (0, 25), "/", "/run", (), "tmpfs", "tmpfs")
MOUNTS = (ROOT, DATA, RUN)


def names(mounts: tuple[Mount, ...], minor: int = 36) -> dict[str, str]:
    return {row.device: row.mountpoint for row in devices.partition_table(mounts, minor)}


def test_first_mount_of_a_source_wins() -> None:
    bind = replace(DATA, mountpoint="/bind", root="/sub")
    assert names((ROOT, DATA, bind)) == {"/dev/sda1": "/", "/dev/sdb": "/data"}
    assert names((ROOT, bind, DATA)) == {"/dev/sda1": "/", "/dev/sdb": "/bind"}


def test_root_always_wins_its_source() -> None:
    elsewhere = replace(ROOT, mountpoint="/etc/hosts")
    assert names((elsewhere, ROOT)) == {"/dev/sda1": "/"}
    odd = replace(ROOT, fstype="bcachefs")
    assert names((odd,)) == {"/dev/sda1": "/"}


def test_tmpfs_and_overlay_have_names_of_their_own() -> None:
    overlay = Mount(4, 1, (0, 92), "/", "/o/rootfs", (), "overlay", "overlay")
    other = replace(overlay, dev=(0, 93), mountpoint="/p/rootfs")
    shm = replace(RUN, mountpoint="/dev/shm", dev=(0, 26))
    assert names((RUN, shm, overlay, other)) == {
        "/run": "/run",
        "/dev/shm": "/dev/shm",
        "overlay_0-92": "/o/rootfs",
        "overlay_0-93": "/p/rootfs",
    }


@pytest.mark.parametrize(
    ("fstype", "minor", "kept"),
    [
        ("ext2", 20, True),
        ("nfs4", 20, False),
        ("nfs4", 32, True),
        ("squashfs", 35, False),
        ("squashfs", 36, True),
        ("vfat", 36, True),
        ("cgroup2", 36, False),
        ("fuse.sshfs", 36, False),
        ("zfs", 20, True),
    ],
)
def test_kept_types(fstype: str, minor: int, kept: bool) -> None:
    assert devices.kept(fstype, minor) is kept


def test_btrfs_goes_by_what_stat_says() -> None:
    mount = Mount(5, 1, (0, 40), "/", "/b", (), "btrfs", "/dev/sdc")
    assert devices.partition_table((mount,), 32)[0].dev == (0, 40)
    assert devices.partition_table((mount,), 32, {"/b": (0, 44)})[0].dev == (0, 44)


def find(path: str, dev: tuple[int, int], minor: int, mounts: tuple[Mount, ...] = MOUNTS) -> devices.Lookup:
    return devices.lookup(devices.partition_table(mounts, minor), mounts, path, dev, minor)


def test_a_disk_mounted_later_is_silently_the_root_disk() -> None:
    found = find("/new/containerd", (8, 32), 36)
    assert (found.device, found.mountpoint, found.how) == ("/dev/sda1", "/", "ancestor")
    assert devices.effect(found, 36) == "measured"


def test_a_disk_over_a_known_mountpoint_keeps_the_old_name_and_gives_its_own_figures() -> None:
    found = find("/data/containerd", (8, 48), 32)
    assert (found.device, found.mountpoint, found.how) == ("/dev/sdb", "/data", "ancestor")


def test_below_a_tmpfs_there_is_no_device() -> None:
    found = find("/run/img/containerd", (7, 4), 36)
    assert found.error == "with major: 7, minor: 4: could not find device in cached partitions map"
    assert [devices.effect(found, minor) for minor in (28, 29)] == ["capacity 0", "error"]


def test_before_1_23_a_later_disk_has_no_device() -> None:
    found = find("/new/containerd", (8, 32), 22)
    assert found.error == "could not find device with major: 8, minor: 32 in cached partitions map"
    assert devices.effect(found, 22) == "capacity 0"


def test_fallback_to_a_device_that_is_not_in_the_table() -> None:
    boot = Mount(6, 1, (8, 2), "/", "/boot/efi", (), "vfat", "/dev/sda2")
    found = find("/boot/efi/x", (8, 99), 32, (*MOUNTS, boot))
    assert (found.device, found.mountpoint, found.error) == ("/dev/sda2", "", "")
    assert found.failure == 'no partition info for device "/dev/sda2"'
    assert devices.effect(found, 32) == "error"


def test_old_btrfs_fallback_does_not_reach_the_root() -> None:
    root = replace(ROOT, fstype="btrfs", dev=(0, 30))
    assert find("/var/lib", (0, 31), 22, (root,)).error
    assert find("/var/lib", (0, 31), 23, (root,)).device == "/dev/sda1"


def test_two_rows_with_one_number_are_named() -> None:
    twin = Partition("/dev/root", "/twin", (8, 1), "ext4")
    rows = (*devices.partition_table(MOUNTS, 32), twin)
    assert devices.lookup(rows, MOUNTS, "/var", (8, 1), 32).also == (twin,)


def test_paths_that_are_odd_end() -> None:
    for path in ("/", "", "relative/x", "//", "/data/", "/data//x"):
        for minor in (20, 36):
            devices.lookup((), MOUNTS, path, (9, 9), minor)
    assert devices.lookup((), MOUNTS, "/data//x", (9, 9), 36).device == "/dev/sdb"


def test_dedicated_imagefs_goes_by_name() -> None:
    root, image = find("/var/lib/kubelet", (8, 1), 36), find("/data/containerd", (8, 16), 36)
    assert devices.dedicated_imagefs(image, root) is True
    assert devices.dedicated_imagefs(find("/new/x", (9, 9), 36), root) is False, "the stale view"
    assert devices.dedicated_imagefs(find("/run/x", (9, 9), 36), root) is None
