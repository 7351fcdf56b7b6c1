"""When image GC fires and how much it wants to free (kubelet-gc.md 3; images/image_gc_manager.go, 1.19-1.36)."""

from __future__ import annotations

from dataclasses import dataclass

from tui.kubelet import versions
from tui.kubelet.gotext import wrap64

CAPACITY_ZERO = "invalid capacity 0 on image filesystem"
PERIOD_S = 300
"""Seconds from the end of one run to the start of the next (kubelet.go ImageGCPeriod)."""
FREE_ALL = 2**63 - 1
"""The amount that an eviction asks for: every unused image."""


@dataclass(frozen=True)
class Decision:
    """What one run of image GC makes of a filesystem's figures.

    ``usage``: the kubelet's percentage (the exact one rounded up), None with an error. ``amount``: bytes it tries to
    free, None unless it fires. ``clamped``: more was available than there is capacity, so capacity was taken.
    """

    usage: int | None
    fires: bool
    amount: int | None
    clamped: bool
    error: str


def decide(capacity: int, available: int, high: int, low: int) -> Decision:
    """One decision, with Go's int64 arithmetic and its wrap-around (image_gc_manager.go GarbageCollect).

    Args:
        capacity: bytes, as the uint64 that statfs gives.
        available: bytes, likewise.
        high: imageGCHighThresholdPercent.
        low: imageGCLowThresholdPercent.
    """
    capacity, available = wrap64(capacity), wrap64(available)
    clamped = available > capacity
    available = min(available, capacity)
    if capacity == 0:
        return Decision(None, False, None, clamped, CAPACITY_ZERO)
    usage = wrap64(100 - _divide(wrap64(available * 100), capacity))
    if usage < high:
        return Decision(usage, False, None, clamped, "")
    amount = wrap64(_divide(wrap64(capacity * (100 - low)), 100) - available)
    return Decision(usage, True, amount, clamped, "")


def _divide(number: int, by: int) -> int:
    """Go's int64 division: truncated towards zero."""
    quotient = abs(number) // abs(by)
    return wrap64(quotient if (number < 0) == (by < 0) else -quotient)


def fires_at(capacity: int, high: int) -> int | None:
    """The largest available bytes with which image GC fires, None if there is no such value.

    ``usage >= high`` is ``100 * available < capacity * (101 - high)``: with 85 it fires below 16 % free. Holds for
    what does not overflow, up to 81.9 PiB available.
    """
    if capacity <= 0 or high > 100:
        return None
    return min((capacity * (101 - high) - 1) // 100, capacity)


def fires_at_blocks(capacity: int, high: int, frsize: int) -> int | None:
    """:func:`fires_at` in whole blocks of ``frsize`` bytes: the largest f_bavail that fires."""
    largest = fires_at(capacity, high)
    return None if largest is None or frsize <= 0 else largest // frsize


def amount_at_firing(capacity: int, high: int, low: int) -> int | None:
    """Bytes that image GC tries to free when it fires with the last byte that fires; 0 still deletes one image."""
    largest = fires_at(capacity, high)
    return None if largest is None else decide(capacity, largest, high, low).amount


def policy_error(high: int, low: int) -> str:
    """The text with which the image manager refuses its policy, or "" (image_gc_manager.go NewImageGCManager)."""
    if not 0 <= high <= 100:
        return f"invalid HighThresholdPercent {high}, must be in range [0-100]"
    if not 0 <= low <= 100:
        return f"invalid LowThresholdPercent {low}, must be in range [0-100]"
    if low > high:
        return f"LowThresholdPercent {low} can not be higher than HighThresholdPercent {high}"
    return ""


def loop_runs(minor: int, high: int, max_age_s: float) -> bool:
    """Whether image GC is started at all (kubelet.go StartGarbageCollection).

    High 100 switches it off; from 1.30 only if imageMaximumGCAge (seconds, 0 = off) is off too.
    """
    if high != 100:
        return True
    return minor >= versions.MAX_AGE_GUARDED and max_age_s != 0
