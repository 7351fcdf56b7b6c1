"""The rows of the disks table: what lives where, what is measured, which thresholds are drawn on the bar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from tui.assess.arrivals import growth_of
from tui.assess.case import Case, usage
from tui.assess.forecast import growth
from tui.assess.measured import View
from tui.model import Disk, Fact, Forecast, Mark, MountState, Trigger


def disks(case: Case, view: View, triggers: Sequence[Trigger], roles: Mapping[str, Fact[str]]) -> tuple[Disk, ...]:
    """One row for each mount that the dashboard shows: images first, then the kubelet's, then logs, then others.

    Hidden mounts (pseudo filesystems, per-pod mounts) have no row, unless something that matters lives there; then
    their state's ``hidden`` is "". If all are hidden, all are shown.
    """
    kept = [one for one in (case.imagefs.state, case.nodefs.state, view.images) if one is not None]
    wanted = {id(one.mount) for one in kept}
    rows = [
        _row(case, view, triggers, roles, replace(state, hidden="") if id(state.mount) in wanted else state)
        for state in case.survey.mounts
        if not state.hidden or id(state.mount) in wanted
    ]
    if not rows:
        rows = [_row(case, view, triggers, roles, state) for state in case.survey.mounts]
    return tuple(sorted(rows, key=_rank))


def _is(one: MountState | None, other: MountState) -> bool:
    return one is not None and one.mount == other.mount


def _row(
    case: Case, view: View, triggers: Sequence[Trigger], roles: Mapping[str, Fact[str]], state: MountState
) -> Disk:
    place = state.mount.mountpoint
    return Disk(
        state=state,
        holds=_holds(case, state),
        roles=tuple(role for role, fact in roles.items() if fact.value == place),
        measured_as=_measured_as(case, view, state),
        marks=_marks(case, triggers, place),
        growth=_growth(case, state),
    )


def _growth(case: Case, state: MountState) -> Forecast:
    """By samples; where they are too few, by the arrivals of images, which its reason says."""
    found = growth(case.samples(state), "bytes")
    return (growth_of(case, state) or found) if found.state == "unknown" else found


def _holds(case: Case, state: MountState) -> tuple[str, ...]:
    places = (("images", case.imagefs), ("kubelet", case.nodefs), ("pod logs", case.logs))
    return tuple(word for word, place in places if place.state is not None and _is(place.state, state))


def _measured_as(case: Case, view: View, state: MountState) -> tuple[str, ...]:
    """The roles under which the running kubelet reads this filesystem."""
    if case.process is None:
        return ()
    found = []
    if _is(view.nodefs, state):
        found.append("nodefs")
    if _is(view.images, state):
        found.append("imagefs")
        if case.minor >= 29 and not case.cri_o:
            found.append("containerfs")
    return tuple(found)


def _marks(case: Case, triggers: Iterable[Trigger], place: str) -> tuple[Mark, ...]:
    """Low, high and hard eviction in bytes, in the kubelet's percent; on the disk applied to, or where they belong."""
    marks: dict[tuple[str, float], Mark] = {}
    for row in triggers:
        if row.mountpoint != place or row.fires_at is None or row.resource != "bytes" or row.now is None:
            continue
        for mark in _mark(case, row):
            known = marks.get((mark.kind, mark.percent))
            marks[mark.kind, mark.percent] = mark if known is None or mark.applied else known
    return tuple(marks.values())


def _mark(case: Case, row: Trigger) -> list[Mark]:
    if row.kind == "image GC":
        low, high = case.percent("imageGCLowThresholdPercent"), case.percent("imageGCHighThresholdPercent")
        pairs = (("low", low), ("high", high))
        return [
            Mark("low" if kind == "low" else "high", float(at), row.applied) for kind, at in pairs if at is not None
        ]
    state = next((one for one in case.survey.mounts if one.mount.mountpoint == row.mountpoint and usage(one)), None)
    disk = usage(state)
    if row.kind != "eviction" or disk is None or disk.capacity <= 0 or row.fires_at is None:
        return []
    return [Mark("eviction", round(100 - row.fires_at * 100 / disk.capacity, 1), row.applied)]


def _rank(row: Disk) -> tuple[int, str]:
    order = ("images", "kubelet", "pod logs")
    best = next((index for index, word in enumerate(order) if word in row.holds), len(order))
    return (best if not row.state.hidden else len(order) + 1, row.mountpoint)
