"""The trigger table: what fires, at which byte, how far away, and what it does (kubelet-gc.md 3, 4).

Computed for the filesystem that the kubelet measures, and beside it (``applied`` False) for the one where images are.
With no kubelet running, "measures" means what its next start would measure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from tui.assess import will
from tui.assess.arrivals import when_by_arrivals
from tui.assess.case import Case, same_disk, usage
from tui.assess.forecast import forecast
from tui.assess.measured import View
from tui.assess.stock import Stock
from tui.assess.values import max_age_s, spaced, why_unset
from tui.kubelet import eviction, image_gc, versions
from tui.model import Forecast, MountState, Origin, Threshold, Trigger, Usage

SIGNALS = ("nodefs.available", "nodefs.inodesFree", "imagefs.available", "imagefs.inodesFree")


@dataclass(frozen=True)
class Spot:
    """A filesystem under one role: ``applied`` if the kubelet measures it for that."""

    state: MountState
    applied: bool


def table(case: Case, view: View, stock: Stock | None = None) -> tuple[Trigger, ...]:
    """All triggers, by filesystem: the measured one first, then where images are, then the kubelet's own.

    ``stock``: the images, where the runtime was asked; what a trigger will do is then told with their figures.
    """
    rows = [*_image_gc(case, view, stock), *_evictions(case, view, stock), *_unset(case, view), *_full(case, view)]
    order = [state.mount.mountpoint for state in (view.images, case.imagefs.state, view.nodefs) if state]
    places = {mountpoint: index for index, mountpoint in reversed(list(enumerate(order)))}
    rows.sort(key=lambda row: places.get(row.mountpoint, len(order)))
    return _mark_first(tuple(rows), case)


def spots(case: Case, view: View, signal: str) -> list[Spot]:
    """The filesystems to judge a signal on: nodefs has one; imagefs and containerfs the measured and the real one."""
    if signal.startswith("nodefs."):
        return [Spot(view.nodefs, True)] if view.nodefs else []
    found = [Spot(view.images, True)] if view.images else []
    if case.imagefs.state is not None and not same_disk(view.images, case.imagefs.state):
        found += [] if signal.startswith("containerfs.") else [Spot(case.imagefs.state, False)]
    return found


def in_force(case: Case, view: View) -> list[Threshold]:
    """The disk thresholds; on 1.29 to 1.31 with the containerfs ones that the kubelet derives (4.4).

    From 1.32 on, and always with containerd, the derived ones fire at the same byte of the same filesystem and do the
    same as what they are copied from, so they are not listed.
    """
    if case.config is None:
        return []
    given = [one for one in case.config.eviction if one.signal in SIGNALS]
    if not versions.CONTAINER_FS <= case.minor < versions.CONTAINER_FS_RECLAIM or view.dedicated is None:
        return given
    source = "imagefs." if view.dedicated else "nodefs."
    copies = [replace(one, signal=one.signal.replace(source, "containerfs.")) for one in given if source in one.signal]
    return given + copies


def _image_gc(case: Case, view: View, stock: Stock | None) -> Iterator[Trigger]:
    for spot in spots(case, view, "imagefs."):
        yield _gc_row(case, view, spot, stock)


def _gc_row(case: Case, view: View, spot: Spot, stock: Stock | None) -> Trigger:
    high, low = case.percent("imageGCHighThresholdPercent"), case.percent("imageGCLowThresholdPercent")
    fact = case.field("imageGCHighThresholdPercent")
    row = _row("gc", "image GC", "image GC", "imagefs.available", spot, fact.origin)
    disk = usage(spot.state)
    if high is None or low is None:
        return replace(row, unset=f"unknown: {fact.reason or 'the thresholds are no percentages'}")
    row = replace(row, threshold=f"high {high} %")
    if not image_gc.loop_runs(case.minor, high, max_age_s(case)):
        return replace(row, unset="off: high is 100", when=Forecast("never", reason="image GC is off"))
    if disk is None:
        return row
    fires_at = image_gc.fires_at(disk.capacity, high)
    if fires_at is None:
        return replace(row, unset="this filesystem has no capacity: nothing can be computed")
    decision = image_gc.decide(disk.capacity, disk.available, high, low)
    amount = decision.amount if decision.fires else image_gc.amount_at_firing(disk.capacity, high, low)
    row = _timed(case, replace(row, fires_at=fires_at, amount=amount), disk, spot)
    return replace(row, will=will.image_gc(case, view, spot.state, spot.applied, low, amount or 0, stock))


def _row(key: str, kind: str, label: str, signal: str, spot: Spot, origin: Origin | None) -> Trigger:
    """A trigger about which only names are known yet."""
    mountpoint = spot.state.mount.mountpoint
    disk = usage(spot.state)
    reason = spot.state.usage.reason or "no figures for this filesystem"
    return Trigger(
        key=f"{key}@{mountpoint}",
        kind=kind,  # type: ignore[arg-type]  # callers pass literals
        label=label,
        signal=signal,
        resource="inodes" if signal.endswith("inodesFree") else "bytes",
        mountpoint=mountpoint,
        threshold="",
        origin=origin,
        applied=spot.applied,
        strict=False,
        fires_at=None,
        now=None if disk is None else disk.available,
        left=None,
        met=False,
        when=Forecast("unknown", reason=reason),
        unset="" if disk else f"unknown: {reason}",
    )


def _timed(case: Case, row: Trigger, disk: Usage, spot: Spot) -> Trigger:
    """With distance and time, once ``fires_at`` is known."""
    assert row.fires_at is not None
    now = disk.ffree if row.resource == "inodes" else disk.available
    met = now < row.fires_at if row.strict else now <= row.fires_at
    when = Forecast("now")
    if not met:
        when = forecast(case.samples(spot.state), row.fires_at, strict=row.strict, resource=row.resource)
        if when.state == "unknown" and row.resource == "bytes":
            when = when_by_arrivals(case, spot.state, row.fires_at, now, strict=row.strict) or when
    return replace(row, now=now, left=now - row.fires_at, met=met, when=when, unset="")


def _evictions(case: Case, view: View, stock: Stock | None) -> Iterator[Trigger]:
    for threshold in in_force(case, view):
        for spot in spots(case, view, threshold.signal):
            yield _eviction_row(case, view, threshold, spot, stock)


def _eviction_row(case: Case, view: View, threshold: Threshold, spot: Spot, stock: Stock | None) -> Trigger:
    soft = threshold.grace_s is not None
    inodes = threshold.signal.endswith("inodesFree")
    label = ("soft " if soft else "") + ("inodes" if inodes else "eviction")
    kind = "soft eviction" if soft else "eviction"
    key = f"{threshold.signal}:{'soft' if soft else 'hard'}"
    row = _row(key, kind, label, threshold.signal, spot, threshold.origin)
    role = threshold.signal.partition(".")[0]
    row = replace(row, strict=True, threshold=f"{role} {spaced(threshold.text)}")
    if view.measured.state == "broken":
        never = Forecast("never", reason="the kubelet gets no statistics at all")
        return replace(row, unset="never: the kubelet gets no statistics, so it evicts nothing", when=never)
    disk = usage(spot.state)
    if disk is None:
        return row
    fires_at = eviction.fires_below(threshold, disk.files if inodes else disk.capacity)
    if fires_at is None:
        never = Forecast("never", reason="it can never be met here")
        why = "never: no fixed number of inodes" if inodes and not disk.files else "never: it comes to 0 here"
        return replace(row, unset=why, when=never, now=disk.ffree if inodes else disk.available)
    row = _timed(case, replace(row, fires_at=fires_at), disk, spot)
    return replace(row, will=will.evict(case, view, threshold, spot.state, spot.applied, stock))


def _unset(case: Case, view: View) -> Iterator[Trigger]:
    """A row for each of the usual signals that no hard threshold watches, or of which that cannot be told."""
    if case.config is None:
        return
    hard = {one.signal for one in case.config.eviction if one.grace_s is None}
    whole = case.field("evictionHard")
    for signal in SIGNALS:
        found = [] if signal in hard else spots(case, view, signal)[-1:]
        for spot in found:
            label = "inodes" if signal.endswith("inodesFree") else "eviction"
            row = _row(f"{signal}:hard", "eviction", label, signal, spot, whole.origin)
            row = replace(row, strict=True, threshold=signal.partition(".")[0])
            if whole.known:
                why = why_unset(case, signal)
                yield replace(row, unset=f"not set: {why}", when=Forecast("never", reason=why))
            else:
                yield replace(row, unset=f"unknown: {whole.reason}", when=Forecast("unknown", reason=whole.reason))


def _full(case: Case, view: View) -> Iterator[Trigger]:
    done: list[MountState] = []
    for state in (case.imagefs.state, view.nodefs):
        disk = usage(state)
        if state is None or disk is None or any(same_disk(state, one) for one in done):
            continue
        done.append(state)
        spot = Spot(state, True)
        row = replace(_row("full", "disk full", "disk full", "", spot, None), fires_at=0)
        yield replace(_timed(case, row, disk, spot), will="writes fail; pods and image pulls with them")


_FIRST = {"eviction": 0, "soft eviction": 1, "image GC": 2, "disk full": 3}


def _mark_first(rows: tuple[Trigger, ...], case: Case) -> tuple[Trigger, ...]:
    """Mark what comes first: what is met already, else by time, else by distance on the images' filesystem."""
    live = [row for row in rows if row.applied and row.fires_at is not None]
    met = [row for row in live if row.met]
    timed = [row for row in live if row.when.state == "in" and row.when.soonest is not None]
    if met:
        first = min(met, key=lambda row: _FIRST[row.kind])
    elif timed:
        first = min(timed, key=lambda row: (row.when.soonest or 0.0, -(row.fires_at or 0)))
    else:
        near = _nearest(live, case)
        if near is None:
            return rows
        first = near
    return tuple(replace(row, first=True) if row is first else row for row in rows)


def _nearest(live: Iterable[Trigger], case: Case) -> Trigger | None:
    rows = [row for row in live if row.resource == "bytes"]
    home = case.imagefs.state.mount.mountpoint if case.imagefs.state else ""
    here = [row for row in rows if row.mountpoint == home] or rows
    return min(here, key=lambda row: row.left or 0, default=None)
