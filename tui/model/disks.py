"""Mounts, and what statfs says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tui.model.facts import Fact


@dataclass(frozen=True)
class Usage:
    """One statfs: raw counts; the derived figures are the kubelet's and df's own (kubelet-gc.md 2.2)."""

    frsize: int
    blocks: int
    bfree: int
    bavail: int
    files: int
    ffree: int

    @property
    def capacity(self) -> int:
        """Bytes: f_frsize * f_blocks."""
        return self.frsize * self.blocks

    @property
    def available(self) -> int:
        """Bytes an ordinary user can still write; reserved blocks count as used (cadvisor getVfsStats)."""
        return self.frsize * self.bavail

    @property
    def free(self) -> int:
        """Bytes free, reserved blocks included."""
        return self.frsize * self.bfree

    @property
    def used(self) -> int:
        """Bytes used as df counts them: capacity - free."""
        return self.capacity - self.free

    @property
    def df_percent(self) -> int | None:
        """Df's Use%: used / (used + available), rounded up; None on an empty filesystem."""
        whole = self.used + self.available
        return -(-self.used * 100 // whole) if whole > 0 else None

    @property
    def kubelet_percent(self) -> int | None:
        """The kubelet's usage: 100 - available*100 // capacity (image_gc_manager.go GarbageCollect)."""
        return 100 - self.available * 100 // self.capacity if self.capacity > 0 else None


@dataclass(frozen=True)
class Mount:
    """One line of mountinfo, octal escapes decoded; ``root`` is the part of the filesystem that is mounted."""

    mount_id: int
    parent_id: int
    dev: tuple[int, int]
    root: str
    mountpoint: str
    options: tuple[str, ...]
    fstype: str
    source: str
    super_options: tuple[str, ...] = ()


@dataclass(frozen=True)
class MountState:
    """A mount and what is known of it now.

    ``hidden``: why the dashboard leaves it out by default ("pseudo filesystem", "per-pod mount", "overmounted",
    "bind of /x"), "" if it is shown. ``unreachable_since``: wall clock at which its server stopped answering.
    ``appeared``: seconds since boot at which it was mounted; the origin names the evidence (kubelet-gc.md 2.4:
    a systemd stamp is late, never early; a kernel line is exact). ``persistent``: file:line of fstab or the
    mount unit that brings it back at boot; None with a known origin means that nothing does.
    """

    mount: Mount
    usage: Fact[Usage]
    hidden: str = ""
    unreachable_since: float | None = None
    appeared: Fact[float] = field(default_factory=lambda: Fact.unknown("not asked"))
    persistent: Fact[str | None] = field(default_factory=lambda: Fact.unknown("not asked"))


@dataclass(frozen=True)
class Sample:
    """Available bytes of one filesystem at one instant (monotonic seconds)."""

    mono: float
    available: int
    inodes_free: int = 0


History = Mapping[str, Sequence[Sample]]
"""Samples by mountpoint, oldest first; held by the app, empty for a single look."""
