"""When a byte is reached at the measured rate; and when nothing may be said about it.

The estimator looks at the last five minutes in slots of one minute, counted back from the newest sample. A slot is
active when more than 1 MiB (20 inodes) went in it; slower than that, 1.4 GiB a day, is noise and "not growing".

* Growing: the last minute is active, and so was one of the two before it, or both halves of the last minute were
  (a burst that goes on). A single step, however large, is none of these, and growth that has ended is
  "not growing" one minute later, or at the next sample if they come less often. So are the pauses between bursts.
* ``rate``: the median of the slots since the first active one. ``soonest`` takes their upper quartile, which a single
  step among five slots does not move; ``latest`` the lower quartile, and never more than the mean over all slots: a
  burst that has just begun may end at once.
* Space that comes back (more than half of what went since the last time) starts the measurement anew.
* "unknown": fewer than three samples, or less than one minute, since the start or since space came back; unless it
  came and went three times or more without a net loss, which is "not growing".
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median
from typing import Literal

from tui.model import Forecast, Sample

Resource = Literal["bytes", "inodes"]

SLOT_S = 60.0
SLOTS = 5
MIN_SAMPLES = 3
NOISE: dict[Resource, int] = {"bytes": 1 << 20, "inodes": 20}
"""What may go in one slot without counting as growth."""

_CHURN = 3


def forecast(samples: Sequence[Sample], target_available: int, *, strict: bool, resource: Resource) -> Forecast:
    """When availability reaches a threshold.

    Args:
        samples: of one filesystem, oldest first, at any interval.
        target_available: bytes or inodes; reached at this value, with ``strict`` only below it.
        strict: eviction thresholds are, image GC is not.
        resource: which figure of the samples counts.

    Returns:
        "now" and "never" (a value below zero) need one sample; "in" has both ``soonest`` and ``latest``.
    """
    last = target_available - 1 if strict else target_available
    if last < 0:
        return Forecast("never", reason="cannot be reached: less than nothing would have to be available")
    points = _points(samples, resource)
    if not points:
        return Forecast("unknown", reason="no samples yet")
    left = points[-1].value - last
    if left <= 0:
        return Forecast("now", samples=len(points))
    estimate = _estimate(points, resource)
    found = estimate.forecast
    if found.state != "in":
        return found
    return replace(found, soonest=left / estimate.fast, latest=left / estimate.slow)


def growth(samples: Sequence[Sample], resource: Resource) -> Forecast:
    """How fast a filesystem fills: "in" with a ``rate`` (and no times) when it grows, "not growing" or "unknown"."""
    points = _points(samples, resource)
    return _estimate(points, resource).forecast if points else Forecast("unknown", reason="no samples yet")


@dataclass(frozen=True)
class _Point:
    time: float
    value: int


@dataclass(frozen=True)
class _Estimate:
    """``slow`` and ``fast`` bound the rate, per second; both positive when the forecast's state is "in"."""

    forecast: Forecast
    slow: float = 0.0
    fast: float = 0.0


def _points(samples: Sequence[Sample], resource: Resource) -> list[_Point]:
    """The samples of the last slots (and one before, to have their whole span), in strict order of time."""
    points: list[_Point] = []
    for sample in reversed(samples):
        if points and sample.mono >= points[-1].time:
            continue
        points.append(_Point(sample.mono, sample.inodes_free if resource == "inodes" else sample.available))
        if points[0].time - sample.mono >= SLOTS * SLOT_S:
            break
    return points[::-1]


def _estimate(points: list[_Point], resource: Resource) -> _Estimate:
    noise = NOISE[resource]
    start, returns = _since_return(points, noise)
    kept = points[start:]
    span = kept[-1].time - kept[0].time
    count = min(SLOTS, int(span / SLOT_S))
    blank = Forecast("unknown", window_s=min(span, SLOTS * SLOT_S), samples=len(kept))
    if count < 1 or len(kept) < MIN_SAMPLES:
        if returns >= _CHURN and points[0].value - points[-1].value <= noise:
            return _Estimate(replace(blank, state="not growing", rate=0.0, reason="space comes and goes"))
        return _Estimate(replace(blank, reason=_too_little(span, len(kept), start > 0)))
    lost = [_lost(kept, slot, SLOT_S) for slot in range(count)]
    if not _growing(kept, lost, noise):
        return _Estimate(replace(blank, state="not growing", rate=0.0))
    oldest = max(slot for slot in range(count) if lost[slot] > noise)
    ordered = sorted(lost[: oldest + 1])
    middle = max(median(ordered), noise / 2)
    upper = ordered[-(-3 * len(ordered) // 4) - 1]
    lower = ordered[len(ordered) // 4]
    mean = max(fmean(lost), noise / SLOTS)
    slow = min(middle, mean, lower if lower > noise else mean)
    found = replace(blank, state="in", rate=middle / SLOT_S)
    return _Estimate(found, slow / SLOT_S, max(upper, middle) / SLOT_S)


def _growing(points: list[_Point], lost: list[float], noise: int) -> bool:
    """Whether the loss goes on (``lost``: per slot, newest first)."""
    if lost[0] <= noise:
        return False
    if any(slot > noise for slot in lost[1:3]):
        return True
    seen = sum(1 for point in points if point.time >= points[-1].time - SLOT_S)
    return seen >= 2 * MIN_SAMPLES and all(_lost(points, half, SLOT_S / 2) > noise / 2 for half in (0, 1))


def _lost(points: list[_Point], slot: int, length: float) -> float:
    """What went in a slot of ``length`` seconds, counted back from the newest sample; negative if space came back."""
    end = points[-1].time - slot * length
    return _at(points, end - length) - _at(points, end)


def _at(points: list[_Point], time: float) -> float:
    """The value at a moment, on the straight line between its neighbours."""
    index = bisect_right([point.time for point in points], time)
    if index == 0:
        return points[0].value
    before = points[index - 1]
    if index == len(points) or before.time == time:
        return before.value
    after = points[index]
    return before.value + (after.value - before.value) * (time - before.time) / (after.time - before.time)


def _since_return(points: list[_Point], noise: int) -> tuple[int, int]:
    """Where the measurement starts: after the last time that space came back; and how often it did after a loss."""
    start = returns = 0
    peak = trough = points[0].value
    for index, point in enumerate(points):
        if point.value - trough > max(noise, (peak - trough) / 2):
            returns += peak - trough > noise
            start, peak, trough = index, point.value, point.value
        peak, trough = max(peak, point.value), min(trough, point.value)
    return start, returns


def _too_little(span: float, count: int, returned: bool) -> str:
    since = " since space came back" if returned else ""
    have = f"{count} sample{'' if count == 1 else 's'} over {span:.0f} s{since}"
    return f"{have}; needs {MIN_SAMPLES} samples and {SLOT_S:.0f} s"
