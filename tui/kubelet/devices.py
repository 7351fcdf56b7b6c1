"""Which device the kubelet believes a directory to be on (kubelet-gc.md 2.4, 2.5; cAdvisor fs/fs.go).

cAdvisor reads the mount table once, when the kubelet starts. Everything later is looked up in that copy.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tui.kubelet import versions
from tui.kubelet.gotext import quote
from tui.model import Mount, Partition

_KEPT = frozenset({"btrfs", "overlay", "tmpfs", "xfs", "zfs"})
_KEPT_LATER = _KEPT | {
    *("squashfs", "f2fs", "jfs", "reiserfs", "hfs", "hfsplus", "ntfs"),
    *("vfat", "fat", "msdos", "exfat", "udf", "iso9660"),
}  # fs/vfs/plugin.go CanHandle

Device = tuple[int, int]


def kept(fstype: str, minor: int) -> bool:
    """Whether cAdvisor of this kubelet knows the filesystem type at all."""
    if fstype in _KEPT or fstype.startswith("ext"):
        return True
    if fstype.startswith("nfs"):
        return minor >= versions.NFS_PARTITIONS
    return minor >= versions.MORE_FILESYSTEMS and fstype in _KEPT_LATER


def partition_table(
    mounts: Sequence[Mount], minor: int, btrfs: Mapping[str, Device] | None = None
) -> tuple[Partition, ...]:
    """The table that cAdvisor makes of a mount table, in mount order (processMounts, addSystemRootLabel).

    The first mount of a source wins, so a bind mount may stand for its disk. A tmpfs goes by its mountpoint, an
    overlay by ``_major-minor``. "/" is always there.

    Args:
        mounts: the mount table in the kubelet's namespace when it started.
        minor: the kubelet's minor version.
        btrfs: the device that stat gives for btrfs mountpoints; it differs from mountinfo's, and cAdvisor takes it.
    """
    table: dict[str, Partition] = {}
    for mount in mounts:
        if kept(mount.fstype, minor) and (mount.fstype == "tmpfs" or mount.source not in table):
            row = _row(mount, btrfs or {})
            table[row.device] = row
    root = next((mount for mount in mounts if mount.mountpoint == "/"), None)
    if root is not None:
        row = _row(root, btrfs or {})
        table[row.device] = row
    return tuple(table.values())


def _row(mount: Mount, btrfs: Mapping[str, Device]) -> Partition:
    device, dev = _source(mount), mount.dev
    if mount.fstype == "overlay":
        device = f"{mount.source}_{dev[0]}-{dev[1]}"
    elif mount.fstype == "btrfs" and dev[0] == 0 and mount.source.startswith("/dev/"):
        dev = btrfs.get(mount.mountpoint, dev)
    return Partition(device, mount.mountpoint, dev, mount.fstype)


@dataclass(frozen=True)
class Lookup:
    """The answer for one directory.

    ``device``: its name in the table, "" with ``error`` (GetDirFsDevice's text). ``mountpoint``: what is statfs'ed,
    "" if nothing is; then ``failure`` says why. ``how``: "number" for a hit by major:minor, "ancestor" for the
    silent fallback to the nearest mount known at start. ``also``: other rows with the same number on other
    mountpoints; the kubelet picks one of them at random.
    """

    device: str
    mountpoint: str
    error: str
    how: Literal["number", "ancestor", ""] = ""
    failure: str = ""
    also: tuple[Partition, ...] = ()


def lookup(
    partitions: Sequence[Partition], mounts_at_start: Sequence[Mount], path: str, dev: Device, minor: int
) -> Lookup:
    """Which device a kubelet started with these tables takes a directory to be on (GetDirFsDevice).

    Args:
        partitions: the table at start, :func:`partition_table` or the logged one.
        mounts_at_start: the mount table at start.
        path: the directory, absolute, as the runtime names it.
        dev: major and minor that stat gives for it now.
        minor: the kubelet's minor version; the fallback is there from 1.23 on, before only for btrfs.
    """
    hits = [row for row in partitions if row.dev == dev]
    if hits:
        also = tuple(row for row in hits[1:] if row.mountpoint != hits[0].mountpoint)
        return Lookup(hits[0].device, hits[0].mountpoint, "", "number", also=also)
    mount = _nearest(mounts_at_start, path, to_root=minor >= versions.ANCESTOR_FALLBACK)
    if mount is not None and _taken(mount, minor):
        return _by_name(partitions, _source(mount))
    if minor >= versions.ANCESTOR_FALLBACK:
        error = f"with major: {dev[0]}, minor: {dev[1]}: could not find device in cached partitions map"
    else:
        error = f"could not find device with major: {dev[0]}, minor: {dev[1]} in cached partitions map"
    return Lookup("", "", error, failure=error)


def _source(mount: Mount) -> str:
    return mount.mountpoint if mount.fstype == "tmpfs" else mount.source


def _taken(mount: Mount, minor: int) -> bool:
    if not _source(mount).startswith("/dev/"):
        return False
    return minor >= versions.ANCESTOR_FALLBACK or (mount.fstype == "btrfs" and mount.dev[0] == 0)


def _by_name(partitions: Iterable[Partition], device: str) -> Lookup:
    """The fallback's device; it may not be in the table, then there are no figures (GetMountpointForDevice)."""
    mountpoint = next((row.mountpoint for row in partitions if row.device == device), "")
    failure = "" if mountpoint else f"no partition info for device {quote(device)}"
    return Lookup(device, mountpoint, "", "ancestor", failure)


def _nearest(mounts: Sequence[Mount], path: str, *, to_root: bool) -> Mount | None:
    """The mount at or above a path (mountInfoFromDir); of several on one mountpoint the last. Old ones skip "/"."""
    known = {mount.mountpoint: mount for mount in mounts}
    while path not in known:
        parent = posixpath.dirname(path.rstrip("/"))
        if parent in ("", "/"):
            return known.get("/") if to_root else None
        path = parent
    return known[path]


def effect(found: Lookup, minor: int) -> Literal["measured", "capacity 0", "error"]:
    """What a lookup does to the kubelet: figures, an imagefs of capacity 0, or (1.29+) statistics that fail whole."""
    if not found.failure:
        return "measured"
    return "error" if minor >= versions.HARD_STATS_ERRORS else "capacity 0"


def dedicated_imagefs(image: Lookup, root_dir: Lookup) -> bool | None:
    """Whether the kubelet takes images to have a disk of their own (stats/provider.go HasDedicatedImageFs).

    By device *name*: image directory against --root-dir. None when either has no device.
    """
    if not image.device or not root_dir.device:
        return None
    return image.device != root_dir.device
