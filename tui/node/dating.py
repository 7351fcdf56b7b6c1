"""When a mount appeared and what brings it back at boot (kubelet-gc.md 2.4, "Dating it")."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tui.model import Claim, Fact, LogLine, Mount, Origin, Reader
from tui.node.host import Batch, Host
from tui.node.mountinfo import MountTable, unescaped
from tui.node.processes import why_not

KERNEL_LINES = 5000
_PROPERTIES = ("Id", "LoadState", "ActiveEnterTimestampMonotonic")
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_.")
_NAME_MAX = 255
_MOUNTED = re.compile(
    r"EXT[234]-fs \((?P<ext>[^)]+)\): mounted filesystem"
    r"|XFS \((?P<xfs>[^)]+)\): (?:Ending clean mount|Ending recovery|Mounting V)"
    r"|BTRFS(?: info| warning)? \(device (?P<btrfs>[^)\s]+)[^)]*\): (?:first mount of|using |disk space caching)"
)
_UNIT_PLACES = (
    "/etc/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)
_GENERATED = ("/run/systemd/generator.early", "/run/systemd/generator", "/run/systemd/generator.late")

_SYSTEM = frozenset(("/run", "/dev", "/dev/shm", "/proc", "/sys", "/sys/fs/cgroup", "/run/lock"))
_ROOT_TEXT = "the boot loader and the initial RAM disk mount it"


def escape_path(path: str) -> str:
    """``systemd-escape --path``: the unit name's stem for a mountpoint ("/" is "-"). Raises nothing."""
    data = b"/".join(part for part in path.encode("utf-8", "surrogateescape").split(b"/") if part)
    if not data:
        return "-"
    out = []
    for index, byte in enumerate(data):
        if byte == 0x2F:
            out.append("-")
        elif byte in _PLAIN and not (byte == 0x2E and index == 0):
            out.append(chr(byte))
        else:
            out.append(f"\\x{byte:02x}")
    return "".join(out)


def unit_of(mountpoint: str) -> str:
    """The name of a mountpoint's unit: ``mnt-images.mount``."""
    return escape_path(mountpoint) + ".mount"


def stamps(host: Host, table: MountTable, mounts: Sequence[Mount]) -> Mapping[int, Fact[float]]:
    """Mount id to the time at which systemd noticed the mount: late, never early. One call for all of them."""
    units = {mount.mount_id: unit_of(mount.mountpoint) for mount in mounts}
    asked = sorted({unit for unit in units.values() if len(unit) <= _NAME_MAX})
    shown = shown_units(host, asked) if asked else {}
    found: dict[int, Fact[float]] = {}
    stacked = Counter(mount.mountpoint for mount in table.mounts)
    for mount in mounts:
        unit = units[mount.mount_id]
        if stacked[mount.mountpoint] > 1:
            reason = f"several mounts lie on {mount.mountpoint}; systemd's stamp is of the first"
            found[mount.mount_id] = Fact.unknown(reason)
        else:
            found[mount.mount_id] = _stamp(shown.get(unit, Fact.unknown("its unit's name is too long")), unit)
    return found


def shown_units(host: Host, units: Sequence[str]) -> Mapping[str, Fact[Mapping[str, tuple[str, ...]]]]:
    """The stamps of several units, in one call where the host can."""
    if isinstance(host, Batch):
        return host.units_show(units, _PROPERTIES)
    return {unit: host.unit_show(unit, _PROPERTIES) for unit in units}


def _stamp(shown: Fact[Mapping[str, tuple[str, ...]]], unit: str) -> Fact[float]:
    if shown.value is None:
        return Fact.unknown(shown.reason)
    stamp = shown.value.get("ActiveEnterTimestampMonotonic", ("0",))[-1]
    if not stamp.isdigit() or stamp == "0":
        return Fact.unknown(f"systemd has no unit {unit} with a time")
    return Fact(int(stamp) / 1e6, Origin("command", f"systemctl show {unit}", None, f"ActiveEnterTimestamp {stamp} us"))


def kernel_times(lines: Iterable[LogLine]) -> Mapping[str, LogLine]:
    """Kernel device name (``xvdb``) to the newest line that says that its filesystem was mounted: the true time."""
    found: dict[str, LogLine] = {}
    for line in lines:
        if hit := _MOUNTED.search(line.message):
            device = hit["ext"] or hit["xfs"] or hit["btrfs"]
            if hit["xfs"] and "Mounting V" not in hit[0] and device in found:
                continue  # the first of the two lines that XFS writes is nearer to the mount
            found[device] = line
    return found


def device_name(reader: Reader, mount: Mount) -> str:
    """The kernel's name of a mount's device: by its number, else its source with /dev/mapper links followed."""
    if mount.dev[0]:
        try:
            return reader.stat(f"/sys/dev/block/{mount.dev[0]}:{mount.dev[1]}", follow=False).target.rpartition("/")[2]
        except OSError:
            pass  # not a live machine, or no sysfs: the source's name is the next best
    if not mount.source.startswith("/dev/"):
        return ""
    try:
        return reader.realpath(mount.source).rpartition("/")[2]
    except OSError:
        return mount.source.rpartition("/")[2]


def appeared(stamp: Fact[float], line: LogLine | None, mount: Mount, table: MountTable) -> Fact[float]:
    """The kernel's line where it speaks of this very mount, else systemd's stamp.

    The kernel writes it when a filesystem comes up first; a bind or a second mount of the device leaves none.
    """
    if line is None or mount.root != "/" or sum(other.dev == mount.dev for other in table.mounts) != 1:
        return stamp
    beaten = (Claim(stamp.value, stamp.origin),) if stamp.value is not None and stamp.origin is not None else ()
    return Fact(line.mono, Origin("journal", "journalctl -k", None, line.message), beaten)


@dataclass(frozen=True)
class Persistence:
    """What mounts things at boot, read once: fstab's lines by mountpoint, and the names of mount unit files."""

    fstab: Mapping[str, tuple[int, str]]
    units: Mapping[str, str]
    reason: str = ""

    def of(self, mount: Mount) -> Fact[str | None]:
        """What brings this mount back: ``/etc/fstab:3`` or a unit file; known None when nothing does."""
        if found := self.fstab.get(mount.mountpoint.rstrip("/") or "/"):
            number, line = found
            return Fact(f"/etc/fstab:{number}", Origin("file", "/etc/fstab", number, line))
        if path := self.units.get(unit_of(mount.mountpoint)):
            return Fact(path, Origin("file", path))
        if mount.mountpoint == "/":
            return Fact("boot", Origin("computed", "/", None, _ROOT_TEXT))
        if mount.mountpoint in _SYSTEM:
            return Fact("boot", Origin("computed", mount.mountpoint, None, "systemd itself mounts it"))
        if self.reason:
            return Fact.unknown(self.reason)
        return Fact(None, Origin("computed", "/etc/fstab and mount units", None, "neither names it"))


def read_persistence(reader: Reader) -> Persistence:
    """Fstab and the directories of mount units; an unreadable fstab leaves the rest unknown, an absent one does not."""
    reason = ""
    fstab: dict[str, tuple[int, str]] = {}
    try:
        fstab = fstab_lines(reader.read("/etc/fstab"))
    except FileNotFoundError:
        pass  # a node without an fstab mounts by units
    except OSError as error:
        reason = f"/etc/fstab: {why_not(error)}"
    units: dict[str, str] = {}
    for place in (*_GENERATED, *reversed(_UNIT_PLACES)):
        units.update(
            (name, f"{place}/{name}") for name in _names(reader, place) if name.endswith((".mount", ".automount"))
        )
    automatic = {
        name.removesuffix(".automount") + ".mount": path for name, path in units.items() if name.endswith(".automount")
    }
    return Persistence(fstab, {**automatic, **units}, reason)


def fstab_lines(data: bytes) -> dict[str, tuple[int, str]]:
    """Mountpoint to (line number, line) of an fstab; blanks in names are octal there; ``noauto`` lines do nothing."""
    found: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(data.split(b"\n"), 1):
        fields = line.split()
        if len(fields) < 2 or fields[0].startswith(b"#"):
            continue
        options = fields[3].split(b",") if len(fields) > 3 else []
        if b"noauto" in options and b"x-systemd.automount" not in options:
            continue
        where = unescaped(fields[1])
        found.setdefault(where.rstrip("/") or "/", (number, line.strip().decode("utf-8", "surrogateescape")))
    return found


def _names(reader: Reader, path: str) -> list[str]:
    try:
        return reader.list(path)
    except OSError:
        return []
