"""Which mounts the disks table shows, in which order: hidden ones, filter, sorting. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tui.model import Assessment, Disk, Forecast, MountState


@dataclass(frozen=True)
class View:
    """What the person asked to see. ``sort``: one of :data:`ORDERS`."""

    all_mounts: bool = False
    needle: str = ""
    sort: str = "as judged"


@dataclass(frozen=True)
class Row:
    """One mount of the table; ``key`` is what Why is asked with, and tells mounts on the same path apart."""

    key: str
    disk: Disk

    @property
    def state(self) -> MountState:
        """The mount."""
        return self.disk.state

    @property
    def percent(self) -> int | None:
        """Use by the kubelet's arithmetic."""
        usage = self.state.usage.value
        return usage.kubelet_percent if usage else None

    @property
    def free(self) -> int | None:
        """Available bytes."""
        usage = self.state.usage.value
        return usage.available if usage else None


ORDERS: Mapping[str, Callable[[Row], tuple[float, ...]] | None] = {
    "as judged": None,
    "use": lambda row: (-(row.percent if row.percent is not None else -1),),
    "free": lambda row: (row.free if row.free is not None else float("inf"),),
    "growth": lambda row: (-(row.disk.growth.rate if row.disk.growth.rate is not None else float("-inf")),),
    "name": None,
}


def next_order(order: str) -> str:
    """The sorting after this one."""
    names = list(ORDERS)
    return names[(names.index(order) + 1) % len(names)]


def rows(assessment: Assessment, view: View) -> list[Row]:
    """The rows to show, in order."""
    chosen = [row for row in _every(assessment) if view.all_mounts or not row.state.hidden]
    needle = view.needle.casefold()
    if needle:
        chosen = [row for row in chosen if needle in _text(row)]
    if view.sort == "name":
        return sorted(chosen, key=lambda row: row.state.mount.mountpoint)
    order = ORDERS[view.sort]
    return sorted(chosen, key=order) if order else chosen


def _every(assessment: Assessment) -> list[Row]:
    """The judged disks first, then every other mount of the node."""
    judged = {disk.state.mount.mount_id: disk for disk in assessment.disks}
    others = [s for s in assessment.survey.mounts if s.mount.mount_id not in judged]
    found = [*assessment.disks, *(_bare(state) for state in others)]
    taken: set[str] = set()
    made: list[Row] = []
    for disk in found:
        key = f"disk:{disk.mountpoint}"
        if key in taken:
            key = f"mount {disk.state.mount.mount_id} on {disk.mountpoint}"
        taken.add(key)
        made.append(Row(key, disk))
    return made


def _bare(state: MountState) -> Disk:
    return Disk(state, (), (), (), (), Forecast("unknown", reason="only mounts that matter are followed"))


def _text(row: Row) -> str:
    mount = row.state.mount
    return " ".join((mount.mountpoint, mount.source, mount.fstype, row.state.hidden, *row.disk.holds)).casefold()
