"""What the kubelet sees behind a path: its frozen device table, rebuilt from what is known of its start.

The table and the look-up per version are the kubelet room's (tui.kubelet.devices); here it is decided which mounts
were in it: by its own log line, else by dates (tui.assess.dating).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tui.assess.case import Case, Place, above, covering, same_disk
from tui.assess.dating import Dating, dating, seen
from tui.kubelet import devices
from tui.kubelet.devices import Lookup
from tui.model import Fact, Mount, MountState, Partition, Sure


@dataclass(frozen=True)
class Sight:
    """What lies behind a path for the kubelet.

    ``state``: the mount whose figures it reads. None with ``failure`` (its own text) when it gets none, None without
    when it cannot be told (``reason``). ``device``: its name for it. ``effect``: what a failure does (devices.effect).
    ``how``: "number" or "ancestor". ``basis``: "table" (its log line), "dates", "next start". ``dating``: of the mount
    that the path is really on. ``absent``: the path's mount is not in the kubelet's namespace at all.
    """

    state: MountState | None = None
    device: str = ""
    failure: str = ""
    effect: str = "measured"
    how: str = ""
    basis: str = ""
    sure: Sure = Sure.UNKNOWN
    reason: str = ""
    dating: Dating | None = None
    absent: bool = False


@dataclass(frozen=True)
class _Target:
    """A path as the kubelet's stat finds it, and the mounts that can matter for it, in order."""

    path: str
    device: tuple[int, int]
    state: MountState
    table: Sequence[MountState]
    near: Sequence[MountState]
    btrfs: dict[str, tuple[int, int]]


def look(case: Case, place: Place) -> Sight:
    """What the running kubelet sees behind a place; with none running, what the next start would see."""
    if place.state is None:
        return Sight(reason=place.reason)
    target = _target(case, place, place.state)
    when = dating(place.state, case.process) if case.process else None
    absent = not same_disk(target.state, place.state)
    partitions = case.survey.kubelet.partitions.value
    if case.process is None:
        found = _next_start(case, target)
    elif partitions is not None:
        found = _by_table(case, target, partitions)
    else:
        found = _by_dates(case, target, place)
    sure = Sure.LIKELY if found.sure is Sure.CERTAIN and not place.by_stat else found.sure
    return replace(found, sure=sure, dating=when, absent=absent)


def _target(case: Case, place: Place, real: MountState) -> _Target:
    table = _own_table(case)
    state = covering(table, place.real) or real
    device = place.device if place.device and same_disk(state, real) else state.mount.dev
    return _Target(
        place.real, device, state, table, _near(case, table, place.real, device), {state.mount.mountpoint: device}
    )


def _near(case: Case, table: Sequence[MountState], path: str, device: tuple[int, int]) -> list[MountState]:
    """The mounts that can matter, in order: those above the path, and the first ones of the same devices."""
    points = above(path)
    holders = [one.mount for one in table if one.mount.mountpoint in points]
    wanted = {mount.dev for mount in holders} | {device}
    sources = {mount.source for mount in holders if mount.source.startswith("/dev/")}
    kept: list[MountState] = []
    met: set[tuple[object, ...]] = set()
    for one in table:
        mount = one.mount
        holds = mount.mountpoint in points
        if holds or mount.dev in wanted or mount.source in sources:
            kind = (mount.dev, mount.source, mount.fstype, seen(one, case.process) if case.process else True)
            if holds or kind not in met:
                kept.append(one)
            met.add(kind)
    return kept


def _own_table(case: Case) -> Sequence[MountState]:
    """The mounts in the kubelet's own namespace, with what the survey knows of each."""
    mounts = case.survey.mounts
    process = case.process
    if process is None or not process.mounts.value or process.same_mount_namespace.value is True:
        return mounts
    known = {(state.mount.mountpoint, state.mount.dev): state for state in mounts}
    twins: dict[tuple[int, int], MountState] = {}
    for state in mounts:
        older = twins.get(state.mount.dev)
        if older is None or _age(state) < _age(older):
            twins[state.mount.dev] = state
    return [
        known.get((mount.mountpoint, mount.dev)) or _foreign(mount, twins.get(mount.dev))
        for mount in process.mounts.value
    ]


def _age(state: MountState) -> float:
    return state.appeared.value if state.appeared.value is not None else float("inf")


def _foreign(mount: Mount, twin: MountState | None) -> MountState:
    """A mount that only the kubelet's namespace has: no later mount of the node's can have brought it there.

    So it is as old as that namespace or its filesystem; figures and date are those of the filesystem elsewhere.
    """
    if twin is None:
        return MountState(mount, Fact.unknown("mounted in the kubelet's namespace only"))
    return MountState(mount, twin.usage, appeared=twin.appeared)


def _next_start(case: Case, target: _Target) -> Sight:
    return replace(_found(case, target, [one.mount for one in target.near]), basis="next start", sure=Sure.LIKELY)


def _by_table(case: Case, target: _Target, rows: Sequence[Partition]) -> Sight:
    """By the table that the kubelet logged; what it could not list comes from the mounts that were there."""
    known = {row.dev for row in rows}
    process = case.process
    holders = above(target.path)
    mounts = [_mount_of(row) for row in rows if row.mountpoint in holders]
    points = {mount.mountpoint for mount in mounts}
    for state in target.near:
        unlisted = not devices.kept(state.mount.fstype, case.minor)
        there = state.mount.dev in known or (unlisted and process and seen(state, process) is not False)
        if there and state.mount.mountpoint not in points:
            mounts.append(state.mount)
    return replace(_answer(case, target, rows, mounts), basis="table", sure=Sure.CERTAIN)


def _mount_of(row: Partition) -> Mount:
    return Mount(0, 0, row.dev, "/", row.mountpoint, (), row.fstype, row.device)


def _by_dates(case: Case, target: _Target, place: Place) -> Sight:
    """Once without the mounts of which it cannot be told whether they were there, once with them."""
    assert case.process is not None
    process = case.process
    surely = [one.mount for one in target.near if seen(one, process) is True]
    maybe = [one.mount for one in target.near if seen(one, process) is not False]
    least, most = _found(case, target, surely), _found(case, target, maybe)
    if (least.effect, least.state and least.state.mount.dev) != (most.effect, most.state and most.state.mount.dev):
        reasons = [reason for one in (target.state, *target.near) if (reason := dating(one, process).reason)]
        return Sight(basis="dates", reason=reasons[0] if reasons else "what was mounted at its start is not known")
    root = covering(target.near, "/")
    sure = Sure.CERTAIN if same_disk(root, target.state) and same_disk(root, place.state) else Sure.LIKELY
    return replace(least, basis="dates", sure=sure)


def _found(case: Case, target: _Target, mounts: Sequence[Mount]) -> Sight:
    rows = devices.partition_table(mounts, case.minor, target.btrfs)
    return _answer(case, target, rows, mounts)


def _answer(case: Case, target: _Target, rows: Sequence[Partition], mounts: Sequence[Mount]) -> Sight:
    if case.cri_o:
        return _label(target, rows, mounts)
    hit = devices.lookup(rows, mounts, target.path, target.device, case.minor)
    if hit.failure:
        return Sight(device=hit.device, failure=hit.failure, effect=devices.effect(hit, case.minor))
    return _measured(target, hit)


def _label(target: _Target, rows: Sequence[Partition], mounts: Sequence[Mount]) -> Sight:
    """CRI-O: cAdvisor's label crio-images holds the device that the path was on at the start (kubelet-gc.md 2.1)."""
    hit = next((row for row in rows if row.dev == target.device), None)
    if hit is not None:
        return _measured(target, Lookup(hit.device, hit.mountpoint, "", "number"))
    points = above(target.path)
    holders = [mount for mount in mounts if mount.mountpoint in points]
    if not holders:
        return Sight(failure="no mount known at the start holds the image path", effect="capacity 0")
    nearest = max(holders, key=lambda mount: len(mount.mountpoint))
    return _measured(target, Lookup(nearest.source, nearest.mountpoint, "", "ancestor"))


def _measured(target: _Target, hit: Lookup) -> Sight:
    """The figures are those of whatever is mounted now where the device was mounted at the start."""
    state = covering(target.table, hit.mountpoint)
    if hit.how == "number" and state is not None and state.mount.mountpoint != target.state.mount.mountpoint:
        state = target.state if same_disk(state, target.state) else state
    return Sight(state, hit.device, how=hit.how)
