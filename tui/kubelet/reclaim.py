"""What follows once an eviction threshold is met (kubelet-gc.md 4.3, 4.5, 4.6)."""

from __future__ import annotations

from typing import Literal

from tui.kubelet import versions

Layout = Literal["single", "dedicated imagefs", "split"]
Reclaim = Literal["containers", "images"]

SYNC_S = 10
"""Seconds between two looks of the eviction manager (eviction_manager.go, monitoringInterval)."""

_ALL: tuple[Reclaim, ...] = ("containers", "images")
_TABLE: dict[Layout, dict[str, tuple[Reclaim, ...]]] = {
    "single": {"nodefs": _ALL, "imagefs": _ALL, "containerfs": _ALL},
    "dedicated imagefs": {"nodefs": (), "imagefs": _ALL, "containerfs": _ALL},
    "split": {"nodefs": ("containers",), "imagefs": ("images",), "containerfs": ("containers",)},
}


def layout_of(*, dedicated_imagefs: bool, separate_containerfs: bool) -> Layout:
    """The kubelet's name for how images, containers and the node's own files are spread over disks."""
    if not dedicated_imagefs:
        return "single"
    return "split" if separate_containerfs else "dedicated imagefs"


def before_pods(layout: Layout, signal: str, minor: int) -> tuple[Reclaim, ...]:
    """What is deleted before any pod is evicted, in order (helpers.go buildSignalToNodeReclaimFuncs).

    "containers": all dead containers. "images": every unused image older than imageMinimumGCAge, whatever the low
    threshold. From 1.29 to 1.31 there is no entry for containerfs.*; memory and pids have none at all.
    """
    filesystem = signal.partition(".")[0]
    if filesystem == "containerfs" and minor < versions.CONTAINER_FS_RECLAIM:
        return ()
    return _TABLE[layout].get(filesystem, ())


def pressure_reported(last_met_s_ago: float, transition_s: float) -> bool:
    """Whether a condition is still reported (helpers.go nodeConditionsObservedSince): strictly within the period.

    With period 0 it never is, not even while the threshold is met.
    """
    return last_met_s_ago < transition_s


def grace_over(first_met_s_ago: float, grace_s: float) -> bool:
    """Whether a threshold met for so long is acted on (helpers.go thresholdsMetGracePeriod); equal is enough."""
    return first_met_s_ago >= grace_s


def hard_eviction_grace_s(minor: int) -> int:
    """Seconds that a pod evicted by a hard threshold gets to end: 0, and 1 from 1.31 on."""
    return 1 if minor >= versions.HARD_EVICTION_GRACE else 0
