"""Small builders of surveys: a node in a few words, for tests of judgement, report and screens.

``survey()`` is a healthy kubeadm-like node with one disk; every argument changes one thing. ``two_disks()`` has
images on a disk of their own, ``story()`` is the seed's node. Times are seconds since boot.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from tui.model import (
    DEFAULT,
    Claim,
    ConfigNote,
    ContainerdConfig,
    Distro,
    Fact,
    HostInfo,
    KubeletConfig,
    KubeletEvent,
    KubeletState,
    LogLine,
    Mount,
    MountState,
    Origin,
    Partition,
    Process,
    RuntimeState,
    Survey,
    Threshold,
    Unit,
    Usage,
)

GIB = 1 << 30
WALL = 1_795_600_000.0
MONO = 100_000.0
KUBELET_STARTED = 1_000.0
CONFIG_FILE = "/etc/kubernetes/kubelet-config.yaml"
CONTAINERD_FILE = "/etc/containerd/config.toml"
DEFAULT_HARD = {
    "memory.available": "100Mi",
    "nodefs.available": "10%",
    "nodefs.inodesFree": "5%",
    "imagefs.available": "15%",
    "imagefs.inodesFree": "5%",
}


def usage(size: int = 100 * GIB, available: int = 70 * GIB, *, inodes: int = 6_000_000, free: int = 5_500_000) -> Usage:
    """A statfs of 4096-byte blocks without reserved ones; sizes are rounded down to whole blocks."""
    return Usage(4096, size // 4096, available // 4096, available // 4096, inodes, free)


def mount(
    mountpoint: str = "/",
    source: str = "/dev/sda1",
    dev: tuple[int, int] = (8, 1),
    *,
    fstype: str = "ext4",
    numbers: Usage | None = None,
    appeared: float | None = 1.0,
    appeared_by: str = "",
    persistent: str | None = "/etc/fstab:1",
    fstab_text: str = "",
    hidden: str = "",
    root: str = "/",
    unreachable: bool = False,
) -> MountState:
    """One mount; ``appeared`` None: unknown; ``appeared_by`` "" is its mount unit; ``persistent`` None: nothing."""
    unit = mountpoint.strip("/").replace("/", "-") or "-"
    return MountState(
        mount=Mount(
            zlib.crc32(mountpoint.encode(errors="surrogateescape")) % 100_000,
            1,
            dev,
            root,
            mountpoint,
            ("rw", "relatime"),
            fstype,
            source,
        ),
        usage=Fact.unknown("does not answer") if unreachable else Fact(numbers or usage(), Origin("proc", "statfs")),
        hidden=hidden,
        unreachable_since=WALL - 60 if unreachable else None,
        appeared=Fact.unknown("no mount unit")
        if appeared is None
        else Fact(appeared, _seen(appeared_by or f"{unit}.mount")),
        persistent=Fact(persistent, Origin("file", (persistent or "/etc/fstab").split(":")[0], text=fstab_text)),
    )


def _seen(where: str) -> Origin:
    return Origin("journal" if where == "_kernel" else "command", where)


def process(
    name: str = "kubelet",
    *,
    pid: int = 700,
    started: float = KUBELET_STARTED,
    argv: Sequence[str] = (),
    mounts: Sequence[MountState] | None = None,
) -> Process:
    """A daemon; ``mounts``: the table of its own mount namespace (default: the node's)."""
    return Process(
        pid=pid,
        argv=tuple(argv) or (f"/usr/bin/{name}",),
        started=started,
        started_wall=WALL - MONO + started,
        exe=Fact(f"/usr/bin/{name}", Origin("proc", f"/proc/{pid}/exe")),
        cwd=Fact("/", Origin("proc", f"/proc/{pid}/cwd")),
        unit=Fact(f"{name}.service", Origin("proc", f"/proc/{pid}/cgroup")),
        same_mount_namespace=Fact(mounts is None, Origin("proc", f"/proc/{pid}/ns/mnt")),
        mounts=Fact.unknown("same namespace")
        if mounts is None
        else Fact(tuple(state.mount for state in mounts), Origin("proc", f"/proc/{pid}/mountinfo")),
        open_databases=Fact((), Origin("proc", f"/proc/{pid}/fd")),
    )


def from_file(value: Any, line: int, default: Any = None, *, path: str = CONFIG_FILE) -> Fact[Any]:
    """A value that a file sets, over the default."""
    return Fact(value, Origin("file", path, line), (Claim(default, DEFAULT),) if default is not None else ())


def thresholds(
    entries: Mapping[str, str], *, grace: Mapping[str, str] | None = None, minor: int = 32
) -> Iterable[Threshold]:
    """The thresholds that a map makes, by the kubelet's own rules; ``grace`` None: hard ones."""
    from tui.kubelet.eviction import parse_thresholds

    hard, soft = (entries, {}) if grace is None else ({}, entries)
    found, error = parse_thresholds(hard, soft, grace or {}, {}, minor)
    assert not error, error
    for item in found:
        yield Threshold(
            item.signal, item.text, item.fraction, item.quantity, item.grace_s, "", Origin("file", CONFIG_FILE, 30)
        )


def kubelet_config(
    minor: int = 32,
    *,
    high: int = 85,
    low: int = 80,
    hard: Mapping[str, str] | None = None,
    soft: Mapping[str, str] | None = None,
    grace: Mapping[str, str] | None = None,
    notes: Sequence[ConfigNote] = (),
    error: str = "",
    files: Sequence[str] = (CONFIG_FILE,),
    fields: Mapping[str, Fact[Any]] | None = None,
) -> KubeletConfig:
    """An effective configuration; ``hard`` None: the defaults of that version, ``soft`` needs ``grace``."""
    entries = hard
    if entries is None:
        entries = {key: text for key, text in DEFAULT_HARD.items() if minor >= 30 or key != "imagefs.inodesFree"}
    origin = DEFAULT if hard is None else Origin("file", CONFIG_FILE, 30)
    values: dict[str, Fact[Any]] = {
        "imageGCHighThresholdPercent": from_file(high, 49, 85) if high != 85 else Fact(85, DEFAULT),
        "imageGCLowThresholdPercent": from_file(low, 50, 80) if low != 80 else Fact(80, DEFAULT),
        "imageMinimumGCAge": Fact("2m0s", DEFAULT),
        "imageMaximumGCAge": Fact("0s", DEFAULT),
        "evictionPressureTransitionPeriod": Fact("5m0s", DEFAULT),
        "evictionHard": Fact(dict(entries), origin),
        "--root-dir": Fact("/var/lib/kubelet", DEFAULT),
    }
    hard_ones = [replace(found, origin=origin) for found in thresholds(entries, minor=minor)]
    soft_ones = list(thresholds(soft, grace=grace or {}, minor=minor)) if soft else []
    return KubeletConfig(
        minor=minor,
        fields=values | dict(fields or {}),
        eviction=tuple(hard_ones + soft_ones),
        signals={
            "evictionHard": {key: Fact(text, origin) for key, text in entries.items()},
            "evictionSoft": {key: Fact(text, Origin("file", CONFIG_FILE, 40)) for key, text in (soft or {}).items()},
        },
        files=tuple(files),
        notes=tuple(notes),
        error=error,
        error_origin=Origin("file", CONFIG_FILE) if error else None,
    )


def partitions(*states: MountState) -> Fact[tuple[Partition, ...]]:
    """The table of a kubelet's ``Filesystem partitions`` line."""
    rows = tuple(Partition(s.mount.source, s.mount.mountpoint, s.mount.dev, s.mount.fstype) for s in states)
    return Fact(rows, Origin("journal", "kubelet.service", text="Filesystem partitions"))


def event(code: str, mono: float = MONO - 60, message: str = "", **values: Any) -> KubeletEvent:
    """One log line of interest."""
    return KubeletEvent(code, LogLine(WALL - MONO + mono, mono, 700, message), values)


def kubelet(
    config: KubeletConfig | None = None,
    *,
    minor: int = 32,
    running: bool = True,
    proc: Process | None = None,
    started: float = KUBELET_STARTED,
    events: Sequence[KubeletEvent] = (),
    **more: Any,
) -> KubeletState:
    """The kubelet's state; ``more``: other fields of KubeletState."""
    effective = config or kubelet_config(minor)
    known = Fact(proc or process(started=started), Origin("proc", "/proc/700"))
    return replace(
        KubeletState(
            process=known if running else Fact.unknown("no kubelet process"),
            unit=Fact(Unit("kubelet.service", "loaded", "/etc/systemd/system/kubelet.service"), Origin("file", "unit")),
            version=Fact(f"v1.{effective.minor}.2", Origin("command", "kubelet --version")),
            minor=effective.minor,
            config=Fact(effective, Origin("computed", "configuration")),
            events=tuple(events),
            journal=Fact(True, Origin("journal", "kubelet.service")),
        ),
        **more,
    )


def containerd(
    root: str = "/var/lib/containerd",
    *,
    running: bool = True,
    serves: bool = True,
    line: int | None = None,
    error: str = "",
    notes: Sequence[ConfigNote] = (),
    kind: Literal["containerd", "cri-o", "cri-dockerd", "docker"] = "containerd",
    unit_settings: Mapping[tuple[str, str], tuple[tuple[str, Origin], ...]] | None = None,
    **more: Any,
) -> RuntimeState:
    """A runtime with overlayfs; ``line``: where config.toml sets the root; ``more``: other fields of RuntimeState."""
    fact = Fact(root, DEFAULT) if line is None else from_file(root, line, "/var/lib/containerd", path=CONTAINERD_FILE)
    image_path = f"{root}/io.containerd.snapshotter.v1.overlayfs"
    config = ContainerdConfig(
        version=2,
        root=fact,
        state=Fact("/run/containerd", DEFAULT),
        snapshotter=Fact("overlayfs", DEFAULT),
        snapshotter_root=Fact(image_path, DEFAULT),
        imagefs=Fact(image_path, DEFAULT),
        files=(CONTAINERD_FILE,),
        notes=tuple(notes),
        error=error,
    )
    proc: Fact[Process] = Fact(process(kind, pid=600, started=900.0), Origin("proc", "/proc/600"))
    return replace(
        RuntimeState(
            kind=kind,
            name=kind,
            process=proc if running else Fact.unknown("no containerd process"),
            unit=Fact(Unit(f"{kind}.service", "loaded", settings=dict(unit_settings or {})), Origin("file", "unit")),
            version=Fact("1.7.24", Origin("command", "containerd --version")),
            config=Fact(config, Origin("computed", CONTAINERD_FILE)),
            root=fact,
            imagefs=Fact(image_path, fact.origin),
            serves_kubelet=serves,
        ),
        **more,
    )


def survey(
    mounts: Sequence[MountState] = (),
    *,
    kubelet_state: KubeletState | None = None,
    runtimes: Sequence[RuntimeState] | None = None,
    distro: Distro | None = None,
    kind: str = "node",
    realpaths: Mapping[str, Fact[tuple[str, tuple[int, int]]]] | None = None,
    **more: Any,
) -> Survey:
    """A node; without arguments a healthy one with a single disk. Paths hold no links unless ``realpaths`` says so."""
    table = tuple(mounts) or (mount(),)
    daemons = tuple(runtimes) if runtimes is not None else (containerd(),)
    state = kubelet_state or kubelet()
    return replace(
        Survey(
            host=HostInfo("node1", kind, "/", 0, "Debian GNU/Linux 12"),
            wall=WALL,
            mono=MONO,
            mounts=table,
            kubelet=state,
            runtimes=daemons,
            distro=distro or Distro("kubeadm", ("10-kubeadm.conf",)),
            realpaths=_followed(table, state, daemons) | dict(realpaths or {}),
        ),
        **more,
    )


def _followed(
    mounts: Sequence[MountState], state: KubeletState, runtimes: Sequence[RuntimeState]
) -> dict[str, Fact[tuple[str, tuple[int, int]]]]:
    config = state.config.value
    root_dir = config.fields["--root-dir"].value if config and "--root-dir" in config.fields else "/var/lib/kubelet"
    paths = [root_dir, "/var/log/pods", *(runtime.imagefs.value or "" for runtime in runtimes)]
    paths += [runtime.root.value or "" for runtime in runtimes]
    found = {}
    for path in filter(None, paths):
        above = [s for s in mounts if s.mount.mountpoint == "/" or f"{path}/".startswith(f"{s.mount.mountpoint}/")]
        if above:
            dev = max(above, key=lambda s: len(s.mount.mountpoint)).mount.dev
            found[path] = Fact((path, dev), Origin("proc", "stat"))
    return found


def image_mount(
    available: int = 50 * GIB, *, size: int = 100 * GIB, appeared: float | None = 500.0, **more: Any
) -> MountState:
    """The disk of their own that images are on in ``two_disks()``."""
    return mount("/mnt/images", "/dev/sdb1", (8, 17), numbers=usage(size, available), appeared=appeared, **more)


GUARDED = {("Unit", "RequiresMountsFor"): (("/mnt/images/containerd", Origin("file", "10-root-mount.conf", 2)),)}


def two_disks(
    images: MountState | None = None,
    *,
    root: MountState | None = None,
    extra: Sequence[MountState] = (),
    runtime: RuntimeState | None = None,
    **more: Any,
) -> Survey:
    """Images on /mnt/images, the kubelet on /; healthy unless told otherwise."""
    daemon = runtime or containerd("/mnt/images/containerd", line=2, unit_settings=GUARDED)
    return survey((root or mount(), images or image_mount(), *extra), runtimes=(daemon,), **more)


def story(minor: int = 32, *, restarted: bool = False) -> Survey:
    """The seed's node: 50 GB and 100 GB disks, 15 and 95 GB used, images on the disk mounted 12 min after the start."""
    root = mount(numbers=usage(52_520_497_152, 36_600_000_000))
    disk = mount(
        "/mnt/images",
        "/dev/xvdb",
        (202, 16),
        numbers=usage(105_152_176_128, 7_568_711_680),
        appeared=KUBELET_STARTED + 752,
        persistent=None,
    )
    hard = {"memory.available": "100Mi", "nodefs.available": "10%", "nodefs.inodesFree": "5%", "pid.available": "10%"}
    config = kubelet_config(minor, high=60, low=40, hard=hard)
    started = KUBELET_STARTED + 2_000 if restarted else KUBELET_STARTED
    return survey(
        (root, disk),
        kubelet_state=kubelet(config, started=started),
        runtimes=(containerd("/mnt/images/containerd", line=2),),
        distro=Distro("NKS", ("ncloud.com/nks-nodepool",)),
    )
