"""What the kubelet's own statistics prove about the filesystem that it measures (kubelet-gc.md 2.1, 2.4)."""

from __future__ import annotations

from tui.assess.case import Case, named, same_disk, usage
from tui.assess.witness import Witness, after_the_move
from tui.model import Evidence, FsStats, MountState, Origin, Summary, Usage
from tui.words import exact, visible

SUMMARY = Origin("socket", "/stats/summary")
SETTLED_S = 60
"""Seconds after the kubelet's start in which its statistics may still be incomplete (3.1)."""


def ask(case: Case) -> Witness | None:
    """What /stats/summary settles; None if it was not asked, or fits no disk, or more than one."""
    answer = case.answer
    if answer is None or case.imagefs.state is None or case.process is None:
        return None
    summary = answer.summary.value
    if summary is None:
        return _error(case) if answer.summary_status == 500 else None
    figures = summary.image_fs
    if figures is None:
        return None
    if not figures.capacity:
        return _no_capacity(case, summary)
    return _figures(case, summary, figures)


def asked_mono(case: Case) -> float:
    """When the kubelet answered, in seconds since boot."""
    wall = case.answer.wall if case.answer else case.survey.wall
    return case.survey.mono - (case.survey.wall - wall)


def _error(case: Case) -> Witness | None:
    """HTTP 500 for want of the image path's device: no statistics at all."""
    text = case.answer.summary.reason if case.answer else ""
    if "could not find device" not in text and "no partition info for device" not in text:
        return None
    said = f"The kubelet's own statistics fail: {visible(text)[:200]}"
    return Witness("broken", None, text, (Evidence(said, SUMMARY),), own=True)


def _no_capacity(case: Case, summary: Summary) -> Witness | None:
    """Figures of nodefs and none of imagefs: no device was found for the image path."""
    settled = case.process is not None and asked_mono(case) - case.process.started > SETTLED_S
    if not settled or summary.node_fs is None or not summary.node_fs.capacity:
        return None
    said = (
        f"The kubelet's own statistics have no capacity for imageFs, and {exact(summary.node_fs.capacity)} for node.fs."
    )
    failure = "its own statistics have no capacity for imageFs"
    return Witness("unknown-device", None, failure, (Evidence(said, SUMMARY),), own=True)


def _figures(case: Case, summary: Summary, figures: FsStats) -> Witness | None:
    images, nodefs = case.imagefs.state, case.nodefs.state
    here, there = usage(images), usage(nodefs)
    if images is None or here is None:
        return None
    apart = nodefs is not None and there is not None and not same_disk(images, nodefs)
    if apart and there is not None and here.capacity == there.capacity == figures.capacity:
        return _twins(case, summary, figures, here, there)
    if here.capacity == figures.capacity:
        return Witness("right", images, "", (Evidence(_right(images, figures), SUMMARY),), own=True)
    other = _holder(case, figures)
    if other is None or not after_the_move(case, asked_mono(case)):
        return None
    said = _stale(summary, figures, other, images, here, nodefs)
    return Witness("stale", other, "", (Evidence(said, SUMMARY),), own=True)


def _holder(case: Case, figures: FsStats) -> MountState | None:
    """The one filesystem with this capacity; the kubelet's own first, for the fallback leads there most often."""
    if (there := usage(case.nodefs.state)) is not None and there.capacity == figures.capacity:
        return case.nodefs.state
    found: dict[tuple[int, int], MountState] = {}
    for state in case.survey.mounts:
        disk = usage(state)
        if disk is not None and disk.capacity == figures.capacity:
            found.setdefault(state.mount.dev, state)
    return next(iter(found.values())) if len(found) == 1 else None


def _twins(case: Case, summary: Summary, figures: FsStats, here: Usage, there: Usage) -> Witness | None:
    """Two disks of one size: only what is free on them tells them apart, and only where that differs clearly."""
    images, nodefs = case.imagefs.state, case.nodefs.state
    assert images is not None and nodefs is not None
    available = figures.available
    if available is None or abs(here.available - there.available) * 50 < here.capacity:
        return None
    near_images = abs(here.available - available) < abs(there.available - available)
    if near_images and not _equal(summary.node_fs, figures):
        return Witness("right", images, "", (Evidence(_right(images, figures), SUMMARY),), own=True)
    if near_images or not _equal(summary.node_fs, figures) or not after_the_move(case, asked_mono(case)):
        return None
    said = _stale(summary, figures, nodefs, images, here, nodefs)
    return Witness("stale", nodefs, "", (Evidence(said, SUMMARY),), own=True)


def _equal(one: FsStats | None, other: FsStats) -> bool:
    return one is not None and (one.capacity, one.available) == (other.capacity, other.available)


def _right(images: MountState, figures: FsStats) -> str:
    return f"The kubelet's own statistics: imageFs has {exact(figures.capacity or 0)}, as {named(images)} has."


def _stale(
    summary: Summary, figures: FsStats, other: MountState, images: MountState, here: Usage, nodefs: MountState | None
) -> str:
    """The proof of 2.1: node.fs and imageFs are one, and statfs of the images' disk says something else."""
    free = "" if figures.available is None else f", {exact(figures.available)} available"
    own = ", just as node.fs" if same_disk(other, nodefs) and _equal(summary.node_fs, figures) else ""
    return (
        f"The kubelet's own statistics: imageFs has {exact(figures.capacity or 0)}{free}{own}: that is {named(other)}; "
        f"{named(images)} has {exact(here.capacity)}, {exact(here.available)} available."
    )
