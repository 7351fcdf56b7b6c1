"""Growth by the images that came in the last days: an answer for the first seconds, before two samples can differ.

It rests on the times of the content blobs that are still there. What was deleted meanwhile is in none of it, so it says
how fast images come, not how fast the disk fills; every forecast made from it says so in its ``reason``.

* The last seven days, or as many whole days as the oldest blob is old, in days counted back from now. A day counts as
  active when more than 64 MiB came.
* No active day: "not growing". All on one day: "not growing" if that is over, "unknown" if it is the last one, for it
  may go on. Two or more: "in", ``rate`` the mean of all days, ``soonest`` by the upper quartile if that is more,
  ``latest`` by the lower quartile, or half the mean where the lower quartile is idle.
* Younger than a day, or no blobs: "unknown".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tui.assess.case import Case, same_disk
from tui.model import Forecast, MountState, UnderRoot

DAY_S = 86400.0
DAYS = 7
ACTIVE = 64 * 1024 * 1024
"""Bytes; what comes in a day without counting as arrival of images."""
_DISCARDED = 20.0  # unpacked bytes per byte of content: more than any compression, so layers are not kept

Arrivals = Sequence[tuple[float, int]]


def by_arrivals(arrivals: Arrivals, now: float, per_byte: float | None = None) -> Forecast:
    """How fast a disk fills by image arrivals: like :func:`tui.assess.forecast.growth`; ``samples`` 0.

    Args:
        arrivals: wall time and bytes of each blob, in any order.
        now: wall time.
        per_byte: bytes that were unpacked for each byte of content; None where that is not known: then the blobs alone.
    """
    past = [(when, size) for when, size in arrivals if when <= now]
    if not past:
        return Forecast("unknown", reason="no image content whose times could be read")
    count = min(DAYS, int((now - min(when for when, _ in past)) / DAY_S))
    if count < 1:
        return Forecast("unknown", reason="the oldest image came less than a day ago")
    if per_byte is not None and per_byte > _DISCARDED:
        return Forecast("unknown", reason="the times of image layers are not kept: they are discarded once unpacked")
    days = [0] * count
    for when, size in past:
        day = int((now - when) / DAY_S)
        if day < count:
            days[day] += size
    return _judged(days, 1.0 + (per_byte or 0.0), _words(count, per_byte))


def _judged(days: list[int], factor: float, said: str) -> Forecast:
    active = [size for size in days if size > ACTIVE]
    blank = Forecast("not growing", rate=0.0, window_s=len(days) * DAY_S, reason=said)
    if not active:
        return replace(blank, reason=f"{said}: none came")
    if len(active) == 1 and len(days) > 1:
        if days[0] <= ACTIVE:
            return replace(blank, reason=f"{said}: all came on one day")
        return replace(blank, state="unknown", rate=None, reason=f"{said}: all came within the last one, it may go on")
    return replace(blank, state="in", rate=sum(days) * factor / len(days) / DAY_S)


def _words(count: int, per_byte: float | None) -> str:
    unpacked = "without unpacking" if per_byte is None else f"with {per_byte:.1f} bytes unpacked for each"
    return f"from image arrivals of the last {f'{count} days' if count > 1 else 'day'}, {unpacked}, deletions apart"


def in_time(found: Forecast, arrivals: Arrivals, now: float, left: int) -> Forecast:
    """The forecast with the times at which ``left`` bytes are gone, if it is "in"."""
    if found.state != "in" or not found.rate:
        return found
    count = round(found.window_s / DAY_S)
    days = [0] * count
    for when, size in arrivals:
        day = int((now - when) / DAY_S)
        if when <= now and day < count:
            days[day] += size
    mean = sum(days) / count
    ordered = sorted(days)
    upper, lower = ordered[-(-3 * count // 4) - 1], ordered[count // 4]
    fast = found.rate * max(upper, mean) / mean
    slow = found.rate * (min(lower, mean) if lower > ACTIVE else mean / 2) / mean
    return replace(found, soonest=left / fast, latest=left / slow)


def growth_of(case: Case, state: MountState) -> Forecast | None:
    """The growth of a filesystem by arrivals, None where no scanned root lies on it."""
    under = _under(case, state)
    if under is None:
        return None
    found = by_arrivals(under.arrivals, case.survey.wall, unpacked(under))
    return None if found.state == "unknown" else found


def when_by_arrivals(case: Case, state: MountState, fires_at: int, now: int, *, strict: bool) -> Forecast | None:
    """When availability reaches ``fires_at`` by arrivals, None where no scanned root lies on this filesystem."""
    under = _under(case, state)
    found = growth_of(case, state)
    if under is None or found is None:
        return None
    return in_time(found, under.arrivals, case.survey.wall, now - fires_at + (1 if strict else 0))


def unpacked(under: UnderRoot) -> float | None:
    """Bytes of snapshots for each byte of content under a root that was scanned whole."""
    content = under.parts.get("content", (0, 0))[0]
    snapshots = sum(size for name, (size, _) in under.parts.items() if name.startswith("snapshots "))
    return snapshots / content if under.whole and content else None


def _under(case: Case, state: MountState) -> UnderRoot | None:
    runtime = case.runtime
    if runtime is None or runtime.under_root.value is None or not same_disk(case.imagefs.state, state):
        return None
    return runtime.under_root.value
