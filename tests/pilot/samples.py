"""Assessments built by hand from the model: what the screens are tested with, free of every other room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tui.model import (
    DEFAULT,
    Assessment,
    Claim,
    ContainerdConfig,
    Disk,
    Distro,
    Evidence,
    Explanation,
    Fact,
    Finding,
    Forecast,
    History,
    HostInfo,
    KubeletConfig,
    KubeletState,
    Mark,
    Measured,
    Mount,
    MountState,
    Origin,
    Pressure,
    Process,
    RuntimeState,
    Sample,
    Setting,
    Severity,
    Step,
    Sure,
    Survey,
    Trigger,
    Usage,
)

WALL, MONO = 1_795_511_523.0, 3_600.0 * 8
"""2026-11-24 09:12:03 UTC, eight hours after boot."""
GIB = 1024**3
CONFIG = "/etc/kubernetes/kubelet-config.yaml"
TOML = Origin("file", "/etc/containerd/config.toml", 2, 'root = "/mnt/images/containerd"')
UNKNOWN = Forecast("unknown", reason="not enough samples yet: a rate needs a minute")
NEVER = Forecast("never")
STILL = Forecast("not growing", rate=0.0, window_s=600, samples=300)


def rising(rate: float, soonest: float, latest: float) -> Forecast:
    """A forecast between two times; ``rate`` in bytes per second."""
    return Forecast("in", soonest, latest, rate, 3600.0, 900)


def usage(capacity: int, available: int, files: int = 6_553_600, ffree: int = 6_400_000) -> Usage:
    """Blocks of 4096 bytes, a twentieth of which is reserved."""
    blocks, free = capacity // 4096, available // 4096
    return Usage(4096, blocks, min(blocks, free + blocks // 20), free, files, ffree)


def mount(path: str, ident: int, source: str = "/dev/xvdb", fstype: str = "ext4") -> Mount:
    """A mount of a whole disk."""
    return Mount(ident, 1, (202, ident), "/", path, ("rw",), fstype, source)


def disk(
    path: str,
    ident: int,
    size: Usage | None,
    holds: Sequence[str] = (),
    *,
    measured: Sequence[str] = (),
    marks: Sequence[Mark] = (),
    growth: Forecast = STILL,
    hidden: str = "",
    since: float | None = None,
) -> Disk:
    """One row of the disks table."""
    found = Fact(size, Origin("proc", "statfs")) if size else Fact.unknown("statfs did not answer within 2 s")
    state = MountState(mount(path, ident), found, hidden, since, Fact(MONO - 60.0, Origin("proc", "mount unit")))
    return Disk(state, tuple(holds), (), tuple(measured), tuple(marks), growth)


def marks(low: float, high: float, eviction: float, *, applied: bool) -> tuple[Mark, ...]:
    """The three marks of a bar."""
    return (Mark("low", low, applied), Mark("high", high, applied), Mark("eviction", eviction, applied))


_IMAGES = disk(
    "/mnt/images",
    2,
    usage(105_152_176_128, 7_568_711_680),
    ("images",),
    marks=(Mark("low", 40, False), Mark("high", 60, False)),
    growth=rising(1.2 * GIB / 3600, 5.2 * 3600, 6.4 * 3600),
)
IMAGES = replace(_IMAGES, roles=("imagefs",))
ROOT = disk(
    "/",
    1,
    usage(int(48.9 * GIB), int(34.1 * GIB), 3_276_800, 3_063_000),
    ("kubelet",),
    measured=("nodefs", "imagefs"),
    marks=marks(40, 60, 90, applied=True),
    growth=rising(18 * 1024**2 / 3600, 30 * 86400, 33 * 86400),
)
LOGS = disk("/var/log", 3, usage(int(9.8 * GIB), int(9.1 * GIB), 655_360, 650_000), ("pod logs",))


def setting(key: str, label: str, value: str, line: int | None = None, note: str = "", pending: str = "") -> Setting:
    """One threshold; written in the kubelet's file at ``line``, else the default."""
    origin = Origin("file", CONFIG, line, f"{key}: {value}") if line else DEFAULT
    beaten: tuple[Claim[str], ...] = (Claim("85", DEFAULT),) if line else ()
    return Setting(key, label, value, Fact(None if value == "—" else value, origin, beaten), note, pending)


SETTINGS = (
    setting("imageGCHighThresholdPercent", "image GC high", "60 %", 49),
    setting("imageGCLowThresholdPercent", "image GC low", "40 %", 50),
    setting("imageMinimumGCAge", "min / max age", "2m / off"),
    setting("nodefs.available", "nodefs.available", "10 %", 31),
    setting("nodefs.inodesFree", "nodefs.inodesFree", "5 %", 32),
    setting("imagefs.available", "imagefs.available", "—", note="evictionHard lacks it"),
)


def trigger(key: str, kind: str, label: str, threshold: str, path: str, **rest: object) -> Trigger:
    """One trigger; what is not said is as for one that never fires."""
    values: dict[str, object] = {
        "signal": "", "resource": "bytes", "origin": None, "applied": True, "strict": kind != "image GC",
        "fires_at": None, "now": None, "left": None, "met": False, "when": NEVER,
    }  # fmt: skip
    return Trigger(key=key, kind=kind, label=label, threshold=threshold, mountpoint=path, **{**values, **rest})  # type: ignore[arg-type]  # checked when the screens read them


def story_triggers() -> tuple[Trigger, ...]:
    """What fires next on the seed's node."""
    free = 7_568_711_680
    return (
        trigger(
            "gc@/", "image GC", "image GC", "high 60 %", "/",
            fires_at=int(20.0 * GIB), left=int(14.1 * GIB), when=rising(5200, 31 * 86400, 32 * 86400),
            will="would delete images every 5 min and free nothing on /",
        ),
        trigger(
            "nodefs.available:hard@/", "eviction", "eviction", "nodefs 10 %", "/",
            fires_at=int(4.9 * GIB), left=int(29.2 * GIB), when=rising(5200, 66 * 86400, 68 * 86400),
        ),
        trigger(
            "nodefs.inodesFree:hard@/", "eviction", "inodes", "nodefs 5 %", "/",
            resource="inodes", fires_at=163_840, left=2_899_160, when=Forecast("not growing"),
        ),
        trigger(
            "gc@/mnt/images", "image GC", "image GC", "high 60 %", "/mnt/images", applied=False,
            fires_at=43_112_392_212, left=free - 43_112_392_212, met=True, when=Forecast("now"),
            amount=55_522_593_996, will="would delete unused images, oldest use first, down to 40 %",
        ),
        trigger("imagefs.available:hard@/mnt/images", "eviction", "eviction", "imagefs", "/mnt/images",
            unset="not set: evictionHard lacks it"),
        trigger(
            "full@/mnt/images", "disk full", "disk full", "", "/mnt/images",
            fires_at=0, left=free, when=rising(1.2 * GIB / 3600, 5.2 * 3600, 6.4 * 3600), first=True,
            will="pulls and writes of running containers fail",
        ),
    )  # fmt: skip


STALE = Finding(
    "stale-view",
    Severity.CRITICAL,
    "Image GC follows / (31 %), but images live on /mnt/images (93 %), mounted 12 min after the kubelet started",
    (
        Evidence("kubelet started 08:58:12", Origin("proc", "/proc/812/stat")),
        Evidence("/mnt/images mounted 09:10:44", Origin("command", "systemctl show mnt-images.mount")),
    ),
    "restart the kubelet: systemctl restart kubelet; containers keep running",
    "measured",
    Sure.LIKELY,
)
NO_IMAGEFS = Finding(
    "imagefs-unset",
    Severity.WARNING,
    "evictionHard is set without imagefs.available, so nothing evicts when /mnt/images runs full",
    (Evidence("evictionHard replaces the defaults whole", Origin("file", CONFIG, 29)),),
    "add imagefs.available: 15% to evictionHard",
    "imagefs.available",
)
NO_FSTAB = Finding(
    "not-persistent",
    Severity.WARNING,
    "/mnt/images is neither in fstab nor in a mount unit: after a reboot images go to /",
    remedy="add it to /etc/fstab with nofail",
    subject="disk:/mnt/images",
)
VERDICT = (
    "Image GC follows / (31 %), but images live on /mnt/images (93 %), which was mounted 12 min after the kubelet "
    "started. Nothing will make room there."
)


def process(pid: int, started: float) -> Process:
    """A daemon that runs since then."""
    nothing: Fact[str] = Fact.unknown("not asked")
    return Process(
        pid, ("x",), started, WALL - (MONO - started), nothing, nothing, nothing, Fact(True, DEFAULT),
        Fact.unknown("not asked"), Fact.unknown("not asked"),
    )  # fmt: skip


def containerd(root: Fact[str]) -> RuntimeState:
    """The runtime that serves the kubelet."""
    snapshots: Fact[str] = Fact("/mnt/images/containerd/io.containerd.snapshotter.v1.overlayfs", TOML)
    config = ContainerdConfig(2, root, root, Fact("overlayfs", DEFAULT), snapshots, snapshots)
    return RuntimeState(
        "containerd", "containerd", Fact(process(700, MONO - 840), DEFAULT), Fact.unknown("not asked"),
        Fact("1.6.20", DEFAULT), Fact(config, DEFAULT), root, snapshots, True,
    )  # fmt: skip


def survey(disks: Sequence[Disk], *, host: HostInfo | None = None, name: str = "NKS") -> Survey:
    """A survey around these disks."""
    hidden = tuple(
        MountState(mount(path, 900 + i, "cgroup", "cgroup2"), Fact.unknown("not asked"), reason)
        for i, (path, reason) in enumerate(
            [("/sys/fs/cgroup", "pseudo filesystem"), ("/proc", "pseudo filesystem"), ("/run/netns/x", "per-pod mount")]
        )
    )
    config = KubeletConfig(32, {})
    kubelet = KubeletState(
        Fact(process(812, MONO - 831), DEFAULT),
        Fact.unknown("not asked"),
        Fact("1.32.10", DEFAULT),
        32,
        Fact(config, DEFAULT),
    )
    root = Fact("/mnt/images/containerd", TOML, (Claim("/var/lib/containerd", DEFAULT),))
    return Survey(
        host or HostInfo("node1", "node", "/", 0),
        WALL,
        MONO,
        (*(d.state for d in disks), *hidden),
        kubelet,
        (containerd(root),),
        Distro(name),
    )


def assessment(
    disks: Sequence[Disk], triggers: Sequence[Trigger], findings: Sequence[Finding], verdict: str, **rest: object
) -> Assessment:
    """An assessment; its severity is that of the worst finding."""
    worst = max((finding.severity for finding in findings), default=Severity.INFO)
    values: dict[str, object] = {
        "survey": survey(disks), "roles": {}, "measured": Measured("right", "/", "/dev/xvda1", Sure.CERTAIN),
        "settings": SETTINGS, "pressure": Pressure(False),
    }  # fmt: skip
    return Assessment(
        disks=tuple(disks), triggers=tuple(triggers), findings=tuple(findings), verdict=verdict, severity=worst,
        **{**values, **rest},  # type: ignore[arg-type]  # checked when the screens read them
    )  # fmt: skip


def story() -> Assessment:
    """The seed's node: the kubelet measures the wrong disk."""
    stale = Measured("stale", "/", "/dev/xvda1", Sure.LIKELY, dated_after_s=752.0)
    return assessment((IMAGES, ROOT, LOGS), story_triggers(), (STALE, NO_IMAGEFS, NO_FSTAB), VERDICT, measured=stale)


def healthy() -> Assessment:
    """A default node with one disk: green."""
    here = disk(
        "/", 1, usage(100 * GIB, 61 * GIB), ("images", "kubelet", "pod logs"), measured=("nodefs", "imagefs"),
        marks=marks(80, 85, 85, applied=True), growth=rising(0.2 * GIB / 3600, 5 * 86400, 6 * 86400),
    )  # fmt: skip
    when = rising(0.2 * GIB / 3600, 9 * 86400, 10 * 86400)
    rows = (
        trigger("gc@/", "image GC", "image GC", "high 85 %", "/", fires_at=16 * GIB, left=45 * GIB, when=when,
                first=True, will="deletes unused images, oldest use first, down to 80 %"),
        trigger("imagefs.available:hard@/", "eviction", "eviction", "imagefs 15 %", "/", fires_at=15 * GIB,
                left=46 * GIB, when=when),
        trigger("nodefs.available:hard@/", "eviction", "eviction", "nodefs 10 %", "/", fires_at=10 * GIB,
                left=51 * GIB, when=when),
    )  # fmt: skip
    settings = tuple(
        replace(each, value=value, fact=Fact(value, DEFAULT), note="")
        for each, value in zip(SETTINGS, ("85 %", "80 %", "2m / off", "10 %", "5 %", "15 %"), strict=True)
    )
    return assessment((here,), rows, (), "Next: image GC in about 9 d at 85 % on /. All is well.", settings=settings)


def eviction_first() -> Assessment:
    """High is 90: eviction's wipe comes before image GC; half an hour away."""
    here = disk(
        "/", 1, usage(100 * GIB, 17 * GIB), ("images", "kubelet"), measured=("nodefs", "imagefs"),
        marks=marks(80, 90, 85, applied=True), growth=rising(4 * GIB / 3600, 1500, 2100),
    )  # fmt: skip
    rows = (
        trigger("gc@/", "image GC", "image GC", "high 90 %", "/", fires_at=11 * GIB, left=6 * GIB,
                when=rising(4 * GIB / 3600, 5000, 6000)),
        trigger("imagefs.available:hard@/", "eviction", "eviction", "imagefs 15 %", "/", fires_at=15 * GIB,
                left=2 * GIB, first=True, when=rising(4 * GIB / 3600, 1500, 2100),
                will="deletes every unused image, then evicts pods"),
    )  # fmt: skip
    finding = Finding(
        "eviction-first", Severity.WARNING,
        "Eviction (imagefs 15%) fires before image GC (high 90 %) on /: every unused image goes, then pods",
        remedy="set imageGCHighThresholdPercent to 84 or less", subject="imagefs.available:hard@/",
    )  # fmt: skip
    return assessment((here,), rows, (finding,), finding.title + ", in about 30 min.")


def unknown_device() -> Assessment:
    """A kubelet of 1.20 that knows no device for the image disk."""
    finding = Finding(
        "unknown-device", Severity.CRITICAL,
        "The kubelet knows no device for /mnt/images (mounted after its start): no image GC at all",
        (Evidence("could not find device with major: 202, minor: 2", Origin("journal", "kubelet")),),
        "systemctl restart kubelet", "measured",
    )  # fmt: skip
    rows = [replace(row, applied=row.mountpoint == "/") for row in story_triggers()[1:]]
    disks = (IMAGES, replace(ROOT, measured_as=("nodefs",)), LOGS)
    measured = Measured("unknown-device", "", "", Sure.CERTAIN)
    return assessment(disks, rows, (finding,), finding.title + ".", measured=measured)


def history(found: Assessment) -> History:
    """An hour of samples, one every ten seconds, as the disk's growth tells."""
    result = {}
    for each in found.disks:
        size, rate = each.state.usage.value, each.growth.rate or 0.0
        if size is not None:
            result[each.mountpoint] = tuple(
                Sample(MONO - ago, int(size.available + rate * ago), size.ffree) for ago in range(3600, -1, -10)
            )
    return result


def explain(_: Assessment, key: str) -> Explanation:
    """What Why shows for any key in these tests."""
    return Explanation(
        f"{key} = 60 %",
        (
            Step("60", Origin("file", CONFIG, 49, "imageGCHighThresholdPercent: 60"), True),
            Step("85", DEFAULT, False),
        ),
        (
            "Fires when 100 - available*100/capacity reaches it: on /mnt/images at 43 112 392 212 B free or less.",
            "now 100 - 7 568 711 680*100/105 152 176 128 = 93 → would want 55 522 593 996 B, down to 40 %",
            "Measured is / instead: started 08:58:12, /mnt/images mounted 09:10:44 (mount unit). Sure: likely.",
        ),
        "kubelet: pkg/kubelet/images/image_gc_manager.go GarbageCollect · cadvisor fs/fs.go GetDirFsDevice",
    )


@dataclass
class SampleWatch:
    """A watch that always sees the same node."""

    found: Assessment

    def survey(self, everything: bool = False) -> Survey:
        """The survey of the sample."""
        return self.found.survey

    def assess(self, _: Survey, __: History) -> Assessment:
        """The sample."""
        return self.found

    def explain(self, found: Assessment, key: str) -> Explanation:
        """Any explanation."""
        return explain(found, key)
