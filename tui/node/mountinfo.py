"""The mount table: parsing mountinfo, which mount is on top, which holds a path, which are left off the dashboard.

Pure: text in, facts out. Format: proc_pid_mountinfo(5); the kernel writes blank, tab, newline and backslash in names as
octal escapes and every other byte as it is, so only a blank separates fields and only a newline separates mounts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from tui.model import Mount

# fmt: off
PSEUDO = frozenset((
    "autofs", "binder", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "cpuset", "debugfs", "devfs",
    "devpts", "devtmpfs", "efivarfs", "fuse.gvfsd-fuse", "fuse.lxcfs", "fuse.portal", "fusectl", "hugetlbfs",
    "mqueue", "nfsd", "none", "proc", "pstore", "ramfs", "resctrl", "rootfs", "rpc_pipefs", "securityfs",
    "selinuxfs", "smackfs", "sysfs", "tmpfs", "tracefs", "xenfs",
))
# fmt: on
"""Filesystems without storage behind them; tmpfs too: the survey shows it when something that matters lives there."""

IMAGES = frozenset(("cramfs", "erofs", "iso9660", "squashfs", "udf"))
"""Read-only images (snaps, ISO files): full by nature."""

_SERVED = re.compile(r"nfs|fuse|cifs|smb|9p|ceph|glusterfs|lustre|gfs|ocfs|afs|beegfs|orangefs|virtiofs|coda|acfs|gpfs")
_PER_POD = re.compile(
    r"/pods/[^/]+/(?:volumes|volume-subpaths|volumeDevices)/"  # kubelet's pod directories, whatever --root-dir is
    r"|/plugins/kubernetes\.io/"  # global mounts of volume plugins
    r"|/io\.containerd\.(?:runtime\.v\d+\.\w+|grpc\.v\d+\.cri|sandbox\.controller\.v\d+\.\w+|mount-manager\.v\d+\.\w+)/"
    r"|/overlay(?:2|-containers)?/[^/]+/(?:merged|userdata/shm)$"  # docker, CRI-O
    r"|/containers/[^/]+/mounts/(?:shm|secrets)$"
)
_PLUMBING = ("/run/", "/proc/", "/sys/", "/dev/")
_ESCAPE = re.compile(rb"\\([0-7]{3})")


def parse(data: bytes) -> tuple[Mount, ...]:
    """All mounts of a mountinfo file in its own order; lines that are none are passed over."""
    return tuple(mount for line in data.split(b"\n") if (mount := _line(line)) is not None)


@lru_cache(maxsize=8192)
def _line(line: bytes) -> Mount | None:
    fields = line.split(b" ")
    try:
        dash = fields.index(b"-", 6)
        major, _, minor = fields[2].partition(b":")
        return Mount(
            int(fields[0]),
            int(fields[1]),
            (int(major), int(minor)),
            unescaped(fields[3]),
            unescaped(fields[4]),
            _options(fields[5]),
            unescaped(fields[dash + 1]),
            unescaped(fields[dash + 2]),
            _options(fields[dash + 3]),
        )
    except (ValueError, IndexError):
        return None


def unescaped(field: bytes) -> str:
    """A name as mountinfo and fstab write it, octal escapes decoded."""
    if b"\\" in field:
        field = _ESCAPE.sub(lambda found: bytes((int(found[1], 8) & 0xFF,)), field)
    return field.decode("utf-8", "surrogateescape")


@lru_cache(maxsize=512)
def _options(field: bytes) -> tuple[str, ...]:
    return tuple(unescaped(option) for option in field.split(b","))


class MountTable:
    """A mount table that can be asked where a path leads, as the kernel's path walk would (links not followed)."""

    def __init__(self, mounts: Sequence[Mount]) -> None:
        """Index ``mounts`` by what each is mounted on; those whose parent is not shown hang on the root itself."""
        self.mounts = tuple(mounts)
        self._ids = {mount.mount_id for mount in self.mounts}
        self._children: dict[tuple[int | None, str], Mount] = {}
        self._bases: set[int | None] = set()
        for mount in self.mounts:
            base = self._base(mount)
            self._children[base, mount.mountpoint] = mount  # the later one covers the earlier
            self._bases.add(base)
        self._tops = {mount.mount_id for mount in self.mounts if self.holder(mount.mountpoint) is mount}

    def _base(self, mount: Mount) -> int | None:
        return mount.parent_id if mount.parent_id in self._ids and mount.parent_id != mount.mount_id else None

    def holder(self, path: str) -> Mount | None:
        """The mount in which an absolute, already resolved path lies; None when the table does not cover it."""
        way = tuple(self.on_the_way(path))
        return way[-1] if way else None

    def on_the_way(self, path: str) -> Iterator[Mount]:
        """The mounts that the walk to ``path`` goes through, its holder last."""
        base: int | None = None
        for prefix in _prefixes(path):
            for _ in self.mounts:  # several mounts may be stacked on one path
                if base not in self._bases or (found := self._children.get((base, prefix))) is None:
                    break
                yield found
                base = found.mount_id

    def on_top(self, mount: Mount) -> bool:
        """Whether its mountpoint leads to this mount, or another one covers it or a directory above it."""
        return mount.mount_id in self._tops


@lru_cache(maxsize=4)
def table_of(data: bytes) -> MountTable:
    """The table of a mountinfo file; the same text gives the same object."""
    return MountTable(parse(data))


def _prefixes(path: str) -> Iterator[str]:
    yield "/"
    end = path.find("/", 1)
    while end != -1:
        yield path[:end]
        end = path.find("/", end + 1)
    if path != "/":
        yield path.rstrip("/")


def served(fstype: str) -> bool:
    """Whether a server (network or user space) answers for this filesystem, and so may never answer."""
    return _SERVED.match(fstype) is not None


def hidden_reasons(table: MountTable, files: frozenset[str] = frozenset()) -> Mapping[int, str]:
    """Why each mount is left off the dashboard by default: mount id to reason, "" for those that are shown.

    ``files``: mountpoints that are no directories (a container's /etc/hosts). Of several mounts of one device the one
    of the whole filesystem, else the first directory, is shown and the others are "bind of" a path in it.
    """
    reasons = {mount.mount_id: _by_kind(table, mount) for mount in table.mounts}
    main: dict[tuple[int, int], Mount] = {}
    for mount in table.mounts:
        if reasons[mount.mount_id] or not _presentable(mount, files):
            continue
        best = main.get(mount.dev)
        if best is None or (best.root != "/" and mount.root == "/"):
            main[mount.dev] = mount
    for mount in table.mounts:
        if not reasons[mount.mount_id] and main.get(mount.dev) is not mount:
            reasons[mount.mount_id] = f"bind of {_bound(mount, main.get(mount.dev))}"
    return reasons


def _by_kind(table: MountTable, mount: Mount) -> str:
    if not table.on_top(mount):
        return "overmounted"
    if mount.fstype == "nsfs" or _PER_POD.search(mount.mountpoint):
        return "per-pod mount"
    if mount.fstype in PSEUDO:
        return "pseudo filesystem"
    if mount.fstype in IMAGES:
        return "read-only image"
    return "overlay of other filesystems" if mount.fstype == "overlay" and mount.mountpoint != "/" else ""


def _presentable(mount: Mount, files: frozenset[str]) -> bool:
    return mount.root == "/" or (mount.mountpoint not in files and not mount.mountpoint.startswith(_PLUMBING))


def _bound(mount: Mount, main: Mount | None) -> str:
    """The path that is bound, as seen through the device's main mount, else ``SOURCE[ROOT]`` as findmnt has it."""
    if main is None or not (mount.root + "/").startswith(main.root.rstrip("/") + "/"):
        return f"{mount.source}[{mount.root}]"
    inside = mount.root[len(main.root.rstrip("/")) :].rstrip("/")
    return (main.mountpoint.rstrip("/") + inside) or "/"
