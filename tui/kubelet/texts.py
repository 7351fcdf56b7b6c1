"""The kubelet's own words about image GC, per version, and what a logged line proves (kubelet-gc.md 2.7, 3.3)."""

from __future__ import annotations

from dataclasses import dataclass

from tui.kubelet import versions

_STEPS = 400


def log_text(minor: int, usage: int, high: int, amount: int, low: int) -> str:
    """The line of a firing image GC after the klog header (image_gc_manager.go GarbageCollect)."""
    if minor < versions.STRUCTURED_LOGS:
        return (
            f"[imageGCManager]: Disk usage on image filesystem is at {usage}% which is over the high threshold "
            f"({high}%). Trying to free {amount} bytes down to the low threshold ({low}%)."
        )
    return (
        '"Disk usage on image filesystem is over the high threshold, trying to free bytes down to the low threshold" '
        f"usage={usage} highThreshold={high} amountToFree={amount} lowThreshold={low}"
    )


def free_failed_text(minor: int, amount: int, freed: int, usage: int, capacity: int) -> str:
    """The error and FreeDiskSpaceFailed event of a run that freed less than it wanted; usage is from before it."""
    if minor < versions.NEW_FAILURE_TEXT:
        return (
            "failed to garbage collect required amount of images. "
            f"Wanted to free {amount} bytes, but freed {freed} bytes"
        )
    if minor < versions.INSUFFICIENT_TEXT:
        return (
            "Failed to garbage collect required amount of images. "
            f"Attempted to free {amount} bytes, but only found {freed} bytes eligible to free."
        )
    return (
        f"Insufficient free disk space on the node's image filesystem ({usage}% of {format_size(capacity)} used). "
        f"Failed to free sufficient space by deleting unused images (freed {freed} bytes). "
        "Investigate disk usage, as it could be used by active images, logs, volumes, or other data."
    )


def format_size(count: int) -> str:
    """Bytes as the kubelet of 1.35+ writes them in that text: ``1023 B``, ``97.9 GiB`` (formatSize)."""
    if count < 1024:
        return f"{count} B"
    for unit, power in (("KiB", 1), ("MiB", 2), ("GiB", 3)):
        if count < 1024 ** (power + 1):
            return f"{float(count) / 1024**power:.1f} {unit}"
    return f"{float(count) / 1024**4:.1f} TiB"


@dataclass(frozen=True)
class Measure:
    """Bounds in bytes, inclusive, of the filesystem behind a log line; a maximum of None is unbounded."""

    capacity_min: int
    capacity_max: int | None
    available_min: int
    available_max: int | None

    def fits(self, capacity: int) -> bool:
        """Whether a filesystem of this capacity lies within the bounds."""
        return self.capacity_min <= capacity and (self.capacity_max is None or capacity <= self.capacity_max)


def log_inversion(usage: int, amount: int, low: int) -> Measure | None:
    """Which filesystem the kubelet must have measured to log these three figures; None if there is none.

    Solves ``available = capacity * (100 - low) // 100 - amount`` and ``usage = 100 - available * 100 // capacity``
    for the least and the greatest capacity (without int64 overflow).
    """
    gap = usage - low
    if amount < 0 or gap < 0 or (gap == 0 and amount > 0):
        return None
    start = max(1, -(-100 * amount // gap)) if gap else 1
    least = next((size for size in range(start, start + _STEPS) if _logs(size, usage, amount, low)), None)
    if least is None:
        return None
    if gap <= 1:
        return Measure(least, None, _available(least, amount, low), None)
    end = (100 * amount + 99) // (gap - 1)
    greatest = next(size for size in range(end, least - 1, -1) if _logs(size, usage, amount, low))
    return Measure(least, greatest, _available(least, amount, low), _available(greatest, amount, low))


def _available(capacity: int, amount: int, low: int) -> int:
    return capacity * (100 - low) // 100 - amount


def _logs(capacity: int, usage: int, amount: int, low: int) -> bool:
    available = _available(capacity, amount, low)
    return 0 <= available <= capacity and 100 - available * 100 // capacity == usage
