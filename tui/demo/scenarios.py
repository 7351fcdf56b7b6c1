"""The three stories that the demo node can tell. Times are seconds since its boot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

BOOT_WALL = 1795510670.0
"""2026-11-24 08:57:50 UTC; a fixed date, so that two runs with one seed and one clock are the same."""

GB = 10**9


@dataclass(frozen=True)
class Load:
    """What fills the disk: bursts of at most ``burst`` image pulls, on average ``busy_s`` seconds apart.

    ``sizes``: least and greatest size of an image as CRI counts it, in bytes (the seed's are 10 to 20 GB, taken as
    what they need on disk: content and unpacked snapshot). ``jobs_s``: how long its job runs. ``writing``: bytes per
    hour that the pods that stay write into their layers. ``unused``: sizes of the images that are there already and
    that nothing uses.
    """

    unused: tuple[int, ...]
    busy_s: float
    burst: int
    sizes: tuple[int, int]
    jobs_s: tuple[float, float]
    writing: int


def _gb(*tenths: int) -> tuple[int, ...]:
    return tuple(each * GB // 10 for each in tenths)


STORY = Load(_gb(69, 49, 56, 41, 73, 39, 44, 39), 2400.0, 2, (5 * GB, 10 * GB), (300.0, 1200.0), 1_288_490_189)
HEALTHY = Load(_gb(31, 26, 29, 22, 28), 420.0, 1, (2 * GB, 3 * GB), (60.0, 240.0), GB // 100)
HEAVY = Load(_gb(69, 49, 41, 44), 600.0, 2, (5 * GB, 10 * GB), (300.0, 1200.0), GB)


@dataclass(frozen=True)
class Scenario:
    """One story.

    ``mounted``, ``containerd``, ``kubelet``: when the image disk appeared and the daemons started. ``simulated``: from
    when on everything is played (before it only the kubelet's first lines are known); ``opens``: where the viewer
    comes in. ``available``: bytes available on the image disk when the simulation begins. ``fstab``: whether
    /etc/fstab brings the image disk back at boot.
    """

    name: str
    mounted: float
    containerd: float
    kubelet: float
    simulated: float
    opens: float
    available: int
    fstab: bool
    load: Load


SEED_AVAILABLE = 7568711680
"""Bytes that the seed's node had left: usage=93, amountToFree=55522593996 (kubelet-gc.md 2.7)."""

SCENARIOS: Mapping[str, Scenario] = {
    each.name: each
    for each in (
        Scenario("story", 774.0, 853.0, 22.0, 22450.0, 22450.0, SEED_AVAILABLE, False, STORY),
        Scenario("healthy", 6.5, 14.0, 22450.0, 22450.0, 23410.0, 69 * GB, True, HEALTHY),
        Scenario("eviction-first", 6.5, 14.0, 22450.0, 22450.0, 22510.0, 41 * GB, True, HEAVY),
    )
}
