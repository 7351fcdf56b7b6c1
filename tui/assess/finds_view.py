"""Findings on what the kubelet measures (kubelet-gc.md 2.4)."""

from __future__ import annotations

from collections.abc import Iterator

from tui.assess.case import named, usage
from tui.assess.scene import Scene, restart
from tui.kubelet import devices
from tui.model import Evidence, Finding, MountState, Severity, Sure
from tui.words import size, span, visible

SUPPORTED = "ext4 or xfs"


def find(scene: Scene) -> Iterator[Finding]:
    """At most one finding on the view itself, and one on the eviction manager's older idea of it."""
    fate = scene.view.fate
    if scene.case.imagefs.state is None or scene.case.offline:
        return
    if fate == "stale":
        yield _stale(scene)
    elif fate in ("unknown-device", "broken"):
        yield _no_device(scene, fate)
    elif scene.case.process is not None and fate == "unknown":
        yield _unknown(scene)
    elif fate == "right" and scene.view.sight.how == "ancestor" and scene.case.process is not None:
        yield _renamed(scene)
    yield from _old_layout(scene)


def _stale(scene: Scene) -> Finding:
    images, measured = scene.case.imagefs.state, scene.view.images
    verb = "follows" if scene.case.process else "will follow, at the next start,"
    title = (
        f"Image GC {verb} {named(measured)}{_percent(measured)}, but images live on "
        f"{named(images)}{_percent(images)}{_cause(scene)}."
    )
    evidence = (*scene.view.measured.evidence, *_after_restart(scene))
    return Finding("stale-view", Severity.CRITICAL, title, evidence, _cure(scene), "measured", _sure(scene))


def _sure(scene: Scene) -> Sure:
    return scene.view.sight.sure if scene.case.process is None else scene.view.measured.sure


def _percent(state: MountState | None) -> str:
    disk = usage(state)
    percent = disk.kubelet_percent if disk else None
    return "" if percent is None else f" ({percent} %)"


def _cause(scene: Scene) -> str:
    """Why the kubelet does not know the disk, as a subordinate clause."""
    sight, state = scene.view.sight, scene.case.imagefs.state
    if state is not None and not devices.kept(state.mount.fstype, scene.case.minor):
        return f", whose filesystem type {visible(state.mount.fstype)} this kubelet does not know"
    if sight.absent:
        return ", which is not mounted in the kubelet's mount namespace"
    if sight.dating is not None and sight.dating.seen is False and sight.dating.after_s is not None:
        return f", which was mounted {span(sight.dating.after_s)} after the kubelet started"
    return ", which is not in the device table that the kubelet read at its start"


def _cure(scene: Scene) -> str:
    state = scene.case.imagefs.state
    if state is not None and not devices.kept(state.mount.fstype, scene.case.minor):
        return f"move the images to {SUPPORTED}: a restart does not help"
    if scene.view.sight.absent:
        return f"{restart(scene.case)}, and check that the mount reaches its namespace (PrivateMounts, propagation)"
    return f"{restart(scene.case)} (containers keep running)"


def _after_restart(scene: Scene) -> Iterator[Evidence]:
    """What image GC will do as soon as it sees the disk."""
    row = scene.gc(scene.case.imagefs.state)
    if row is not None and not row.applied and row.met and row.amount is not None:
        yield Evidence(
            f"Once it measures {visible(row.mountpoint)}, image GC fires at its next run and wants {size(row.amount)}."
        )


def _no_device(scene: Scene, fate: str) -> Finding:
    images = scene.case.imagefs.state
    finds = "finds" if scene.case.process else "will find, at the next start,"
    lost = (
        "No image GC and no eviction, not even for memory" if fate == "broken" else "No image GC, no imagefs eviction"
    )
    where = f"{named(images)}{_percent(images)}, where images are{_cause(scene)}"
    title = f"{lost}: the kubelet {finds} no device for {where}."
    code = "no-statistics" if fate == "broken" else "unknown-device"
    evidence = (*scene.view.measured.evidence, *_after_restart(scene))
    return Finding(code, Severity.CRITICAL, title, evidence, _cure(scene), "measured", _sure(scene))


def _unknown(scene: Scene) -> Finding:
    title = f"Whether the kubelet measures {named(scene.case.imagefs.state)}, where images are, cannot be told."
    reason = Evidence(f"{scene.view.measured.reason}.")
    remedy = "look for 'Filesystem partitions' in the kubelet's log (from --v=1 on), or restart the kubelet to be sure"
    return Finding("measured-unknown", Severity.INFO, title, (reason,), remedy, "measured", Sure.UNKNOWN)


def _renamed(scene: Scene) -> Finding:
    title = (
        f"The kubelet knows {named(scene.case.imagefs.state)} by the device that was mounted there when it started "
        f"({visible(scene.view.sight.device)}); the figures it reads are the right ones."
    )
    remedy = f"nothing is needed; {restart(scene.case)} tidies it up"
    return Finding("overmounted", Severity.INFO, title, scene.view.measured.evidence, remedy, "measured", _sure(scene))


def _old_layout(scene: Scene) -> Iterator[Finding]:
    """The eviction manager decides once, at its first sync, whether images have a disk of their own (2.5)."""
    events = scene.case.survey.kubelet.events
    last = next((event for event in reversed(events) if event.code == "filesystem-detection"), None)
    if last is None or scene.view.fate != "right" or scene.view.dedicated is None:
        return
    if last.values.get("dedicated") is scene.view.dedicated:
        return
    thinks = "have a disk of their own" if last.values.get("dedicated") else "share the kubelet's disk"
    title = f"Eviction still acts as if images {thinks}, as they did when the kubelet started."
    said = Evidence("The kubelet's log: FileSystem detection.", scene.case.survey.kubelet.journal.origin)
    yield Finding("old-layout", Severity.WARNING, title, (said,), restart(scene.case), "measured")
