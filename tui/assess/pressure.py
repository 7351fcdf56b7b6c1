"""DiskPressure as the kubelet would compute it now, and when it could lift (kubelet-gc.md 4.6)."""

from __future__ import annotations

from collections.abc import Sequence

from tui.assess.case import Case, usage
from tui.assess.measured import View
from tui.assess.triggers import in_force, spots
from tui.assess.values import seconds, short
from tui.kubelet import eviction
from tui.model import MountState, Pressure, Threshold, Trigger
from tui.words import number, size, span, visible


def pressure(case: Case, view: View, triggers: Sequence[Trigger]) -> Pressure:
    """Whether any threshold is met on what the kubelet measures; a soft one counts before its grace is over."""
    rows = [row for row in triggers if row.applied and row.kind in ("eviction", "soft eviction")]
    if case.config is None:
        return Pressure(None, reason="the kubelet's configuration is not known")
    if case.process is None:
        return Pressure(None, reason="no kubelet is running" if not case.offline else "only files were read")
    if view.measured.state == "broken":
        return Pressure(False, reason="the kubelet gets no statistics, so it sees no pressure")
    met = tuple(dict.fromkeys(row.signal for row in rows if row.met))
    blind = [row.signal for row in rows if row.unset.startswith("unknown")]
    if not met:
        if blind:
            return Pressure(None, reason=f"no figures for {', '.join(blind)}")
        return Pressure(False, lifts=_lingering(case))
    period = case.field("evictionPressureTransitionPeriod")
    if seconds(period.value) == 0:
        return Pressure(False, met, reason="met, but with a transition period of 0 the condition is never reported")
    return Pressure(True, met, lifts=_lifts(case, view, met, short(period.value)))


def _lifts(case: Case, view: View, met: Sequence[str], period: str) -> str:
    needs = dict.fromkeys(
        text
        for threshold in in_force(case, view)
        if threshold.signal in met
        for spot in spots(case, view, threshold.signal)
        if spot.applied and (text := _needs(threshold, spot.state))
    )
    return f"could lift {period} after {' and '.join(needs)}"


def _needs(threshold: Threshold, state: MountState) -> str:
    """The available space at which an acted-on threshold is over: its value and the minimum reclaim."""
    disk = usage(state)
    if disk is None:
        return ""
    inodes = threshold.signal.endswith("inodesFree")
    capacity, now = (disk.files, disk.ffree) if inodes else (disk.capacity, disk.available)
    floor = eviction.fires_below(threshold, capacity, min_reclaim=True)
    if floor is None or now >= floor:
        return ""
    amount = f"{number(floor)} inodes" if inodes else size(floor)
    return f"{visible(state.mount.mountpoint)} has {amount} free again"


def _lingering(case: Case) -> str:
    """The node may still report a pressure that is over, for the transition period."""
    period = seconds(case.field("evictionPressureTransitionPeriod").value)
    last = next((event for event in reversed(case.survey.kubelet.events) if event.code == "disk-pressure"), None)
    if not period or last is None or not last.values.get("now"):
        return ""
    rest = last.line.mono + period - case.survey.mono
    return f"no threshold is met; the node may report DiskPressure for {span(rest)} more" if rest > 0 else ""
