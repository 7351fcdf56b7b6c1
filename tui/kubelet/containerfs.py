"""The containerfs.* thresholds that the kubelet makes by itself (kubelet-gc.md 4.4, from 1.29)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tui.kubelet.eviction import Amount, Parsed

_SIGNALS = ("available", "inodesFree")


def with_containerfs(
    thresholds: Sequence[Parsed], *, dedicated_imagefs: bool, separate_containerfs: bool
) -> tuple[list[Parsed], str]:
    """The thresholds as they are from the second sync on, and the log line or "" (UpdateContainerFsThresholds).

    containerfs follows nodefs on a single disk and on a split one, imagefs on a dedicated image disk; what the user
    wrote for it is thrown away. A copy of a threshold that is not configured is never met (``never``). Containers
    apart without images apart is no layout that the kubelet knows: then nothing changes.
    """
    error = ""
    for threshold in thresholds:
        if threshold.signal.startswith("containerfs."):
            error = f"found {threshold.signal} for {_kind(threshold)} eviction. ignoring"
    if separate_containerfs and not dedicated_imagefs:
        return list(thresholds), error
    source = "imagefs" if dedicated_imagefs and not separate_containerfs else "nodefs"
    kept = [threshold for threshold in thresholds if not threshold.signal.startswith("containerfs.")]
    copies = [_copy(thresholds, source, name, soft) for name in _SIGNALS for soft in (False, True)]
    return [*kept, *copies], error


def _copy(thresholds: Sequence[Parsed], source: str, name: str, soft: bool) -> Parsed:
    found = [one for one in thresholds if one.signal == f"{source}.{name}" and bool(one.grace_ns) == soft]
    if not found:
        return Parsed(f"containerfs.{name}", Amount("", fraction=0.0), 0 if soft else None, never=True)
    return replace(found[-1], signal=f"containerfs.{name}")


def _kind(threshold: Parsed) -> str:
    """A soft threshold without grace counts as hard (isHardEvictionThreshold)."""
    return "soft" if threshold.grace_ns else "hard"
