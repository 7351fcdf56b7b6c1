"""Findings on disks: pressure, GC that does not manage, unreachable servers, mounts that do not come back."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from tui.assess.case import Case, covers, named, same_disk, usage
from tui.assess.scene import Scene
from tui.kubelet import image_gc, reclaim
from tui.model import Evidence, Finding, KubeletEvent, MountState, Origin, Severity, Sure, Trigger, Unit
from tui.words import size, span, visible

NEARLY_FULL = 90
"""The kubelet's percent from which a disk on which nothing acts is worth an alarm."""
STUCK_S = 2 * image_gc.PERIOD_S + 60
"""Seconds over the high threshold after which two runs of image GC have had their chance."""
_MANAGED = {"kind", "minikube", "Talos", "Bottlerocket", "GKE", "AKS", "DOKS", "LKE"}
"""Distributions that mount by programs of their own, at every boot."""


def find(scene: Scene) -> Iterator[Finding]:
    """Findings on what disks do now, then on what becomes of them at the next boot."""
    yield from _pressure(scene)
    yield from _failing(scene)
    yield from _nearly_full(scene)
    yield from _unreachable(scene.case)
    yield from _at_boot(scene.case)


def _pressure(scene: Scene) -> Iterator[Finding]:
    if not scene.pressure.now:
        return
    met = [row for row in scene.triggers if row.applied and row.met and row.kind in ("eviction", "soft eviction")]
    if not met:
        return
    worst = min(met, key=lambda row: row.kind != "eviction")
    hard = worst.kind == "eviction"
    title = (
        f"DiskPressure: {visible(worst.signal)} is below {visible(worst.threshold.partition(' ')[2])} on "
        f"{visible(worst.mountpoint)} ({_amount(worst.now, worst)} left): {_consequence(worst)}."
    )
    evidence = [
        Evidence(f"Fires below {_amount(row.fires_at, row)} on {visible(row.mountpoint)}.", row.origin) for row in met
    ]
    evidence += _evicting(scene.case.survey.kubelet.events, scene.case.survey.mono)
    remedy = f"make room on {visible(worst.mountpoint)}; {scene.pressure.lifts}"
    severity = Severity.CRITICAL if hard else Severity.WARNING
    yield Finding("disk-pressure", severity, title, tuple(evidence), remedy, worst.key)


def _consequence(row: Trigger) -> str:
    """What the pressure does, in a few words; the row's own sentence is longer."""
    grace = "after its grace " if row.kind == "soft eviction" else ""
    return f"{grace}unused images go, then pods" if "unused image" in row.will else f"{grace}pods are evicted"


def _amount(count: int | None, row: Trigger) -> str:
    return "?" if count is None else f"{count} inodes" if row.resource == "inodes" else size(count)


def _evicting(events: Sequence[KubeletEvent], now: float) -> list[Evidence]:
    """What the eviction manager said in its last few looks."""
    words = {
        "cannot-evict-critical": "it cannot evict a critical pod",
        "evict-none": "it could evict no pod at all",
        "pod-evicted": "it evicted a pod",
    }
    recent = [one for one in events if one.code in words and now - one.line.mono < 6 * reclaim.SYNC_S]
    return [Evidence(f"The kubelet's log: {words[one.code]}.", _line(one)) for one in recent[-2:]]


def _line(event: KubeletEvent) -> Origin:
    return Origin("journal", "kubelet log", text=event.line.message)


def _failing(scene: Scene) -> Iterator[Finding]:
    """Image GC that runs and does not manage: by its log, or by the disk staying over the mark."""
    if scene.view.measured.state not in ("right", "unknown") or scene.case.process is None:
        return
    gc = scene.gc(scene.view.images)
    if gc is None or not gc.met:
        return
    events = [one for one in scene.case.survey.kubelet.events if one.code.startswith("gc-")]
    last = next((one for one in reversed(events) if one.code in ("gc-failed-again", "gc-succeeded")), None)
    if last is not None and last.code == "gc-failed-again":
        title = f"{_over(gc)}, and image GC fails: {visible(str(last.values.get('error', '')))[:160]}"
        said = (Evidence("The kubelet's log says so, repeatedly.", _line(last)),)
        yield Finding("image-gc-failing", Severity.WARNING, title, said, _look_around(gc), gc.key)
        return
    since = _over_since(scene, gc)
    if since >= STUCK_S:
        title = f"{_over(gc)} for {span(since)}: image GC has run and not made enough room."
        yield Finding("image-gc-failing", Severity.WARNING, title, (), _look_around(gc), gc.key, Sure.LIKELY)


def _over(gc: Trigger) -> str:
    return f"{visible(gc.mountpoint)} is over the high threshold ({visible(gc.threshold)})"


def _look_around(gc: Trigger) -> str:
    place = visible(gc.mountpoint)
    return f"only unused images can go; look for other data on {place}: du -xh --max-depth=2 {place}"


def _over_since(scene: Scene, gc: Trigger) -> float:
    """For how many seconds the samples have been over the mark without a break."""
    samples = scene.case.history.get(gc.mountpoint, ())
    over = 0.0
    for sample in reversed(samples):
        if gc.fires_at is None or sample.available > gc.fires_at:
            break
        over = samples[-1].mono - sample.mono
    return over


def _nearly_full(scene: Scene) -> Iterator[Finding]:
    """A disk that is nearly full and on which neither image GC nor any eviction acts."""
    if scene.view.measured.state != "right" or scene.case.config is None:
        return
    done: list[MountState] = []
    for state in (scene.case.imagefs.state, scene.case.nodefs.state):
        disk = usage(state)
        if state is None or disk is None or any(same_disk(state, one) for one in done):
            continue
        done.append(state)
        percent = disk.kubelet_percent
        acting = [
            row for row in scene.rows(state, applied=True) if row.fires_at is not None and row.kind != "disk full"
        ]
        if percent is None or percent < NEARLY_FULL or any(row.resource == "bytes" for row in acting):
            continue
        normal = scene.case.survey.distro.gc_off_is_normal
        title = f"{named(state)} is {percent} % full ({size(disk.available)} left) and nothing will make room there."
        why = tuple(Evidence(f"{row.label}: {row.unset}.", row.origin) for row in scene.rows(state) if row.unset)
        severity = Severity.WARNING if normal else Severity.CRITICAL
        remedy = "make room by hand, or switch image GC or eviction on"
        yield Finding("disk-nearly-full", severity, title, why, remedy, f"disk:{state.mount.mountpoint}")


def _unreachable(case: Case) -> Iterator[Finding]:
    for state in case.survey.mounts:
        if state.unreachable_since is None or (state.hidden and not same_disk(state, case.imagefs.state)):
            continue
        images = same_disk(state, case.imagefs.state)
        since = span(max(0.0, case.survey.wall - state.unreachable_since))
        tail = ", and images are on it" if images else ""
        server = f"{visible(state.mount.fstype)} from {visible(state.mount.source)}"
        title = f"{named(state)} ({server}) has not answered for {since}{tail}."
        severity = Severity.CRITICAL if images else Severity.WARNING
        what = "disk" if state.mount.dev[0] else "server"
        remedy = f"check the {what}; umount -l {named(state)} if it is gone for good"
        key = f"disk:{state.mount.mountpoint}"
        yield Finding("unreachable", severity, title, (Evidence(f"{visible(state.usage.reason)}."),), remedy, key)


def _at_boot(case: Case) -> Iterator[Finding]:
    """Images on a mount of their own: does it come back, and does containerd wait for it (containerd-root.md 3.8)."""
    state = case.imagefs.state
    if state is None or state.mount.mountpoint == "/" or case.runtime is None:
        return
    place, managed = named(state), _mounts_are_managed(case)
    key = f"disk:{state.mount.mountpoint}"
    gone = state.persistent.known and state.persistent.value is None
    if gone:
        title = f"{place}, where images are, is in neither fstab nor a mount unit: it will be missing after a reboot."
        if managed:
            title = f"{place}, where images are, is in neither fstab nor a mount unit; something else mounts it here."
        options = "nofail,x-systemd.device-timeout=30s 0 2"
        remedy = f"add it to /etc/fstab: UUID=… {place} {visible(state.mount.fstype)} {options}"
        severity = Severity.INFO if managed else Severity.WARNING
        evidence = (Evidence(f"Mounted from {visible(state.mount.source)}.", state.persistent.origin),)
        yield Finding("root-not-persistent", severity, title, evidence, remedy, key)
    unit = case.runtime.unit.value
    if unit is None or unit.state != "loaded" or _waits_for(unit, state.mount.mountpoint) or managed:
        return
    yield _no_guard(case, state, unit, gone)


def _no_guard(case: Case, state: MountState, unit: Unit, gone: bool) -> Finding:
    """Only ``nofail`` (or no entry) lets containerd start without the disk; a plain fstab entry holds the boot."""
    origin = state.persistent.origin
    optional = origin is not None and any(word in origin.text for word in ("nofail", "noauto"))
    place, name = named(state), visible(unit.name)
    title = (
        f"{name} does not wait for {place} (no RequiresMountsFor): without the disk it would start on an empty root."
    )
    path = visible(case.runtime.root.value or place) if case.runtime else place
    remedy = f"systemctl edit {name}: [Unit] RequiresMountsFor={path}"
    severity = Severity.WARNING if optional and not gone else Severity.INFO
    evidence = (
        (Evidence(f"{place} may be missing at boot: {visible(origin.text)}.", origin),) if optional and origin else ()
    )
    return Finding("no-requires-mounts-for", severity, title, evidence, remedy, "root")


def _waits_for(unit: Unit, mountpoint: str) -> bool:
    """RequiresMountsFor a path on the mount, or a requirement of the mount unit by name."""
    for (_, name), values in unit.settings.items():
        words = [word.strip('"') for value, _ in values for word in value.split()]
        if name == "RequiresMountsFor" and any(covers(mountpoint, posixpath.normpath(word)) for word in words):
            return True
        if name in ("Requires", "BindsTo", "Requisite") and _mount_unit(mountpoint) in words:
            return True
    return False


def _mount_unit(mountpoint: str) -> str:
    """The name of a mount's unit (systemd-escape --path) for ordinary names; others are not recognised."""
    plain = mountpoint.strip("/")
    return plain.replace("-", "\\x2d").replace("/", "-") + ".mount"


def _mounts_are_managed(case: Case) -> bool:
    """Nodes whose mounts come from outside: containers, and distributions that mount by their own programs."""
    root = next((one for one in case.survey.mounts if one.mount.mountpoint == "/"), None)
    return case.survey.distro.name in _MANAGED or (root is not None and root.mount.fstype == "overlay")
