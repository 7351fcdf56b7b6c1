"""The three stories that the demo node can tell. Times are seconds since its boot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

BOOT_WALL = 1795510670.0
"""2026-11-24 08:57:50 UTC; a fixed date, so that two runs with one seed and one clock are the same."""


@dataclass(frozen=True)
class Scenario:
    """One story.

    ``mounted``, ``containerd``, ``kubelet``: when the image disk appeared and the daemons started. ``simulated``: from
    when on everything is played (before it only the kubelet's first lines are known); ``opens``: where the viewer
    comes in. ``available``: bytes available on the image disk when the simulation begins. ``busy_s``: mean seconds
    between two bursts of image pulls. ``fstab``: whether /etc/fstab brings the image disk back at boot.
    """

    name: str
    mounted: float
    containerd: float
    kubelet: float
    simulated: float
    opens: float
    available: int
    busy_s: float
    fstab: bool


SEED_AVAILABLE = 7568711680
"""Bytes that the seed's node had left: usage=93, amountToFree=55522593996 (kubelet-gc.md 2.7)."""

SCENARIOS: Mapping[str, Scenario] = {
    each.name: each
    for each in (
        Scenario("story", 774.0, 853.0, 22.0, 22450.0, 22450.0, SEED_AVAILABLE, 2400.0, False),
        Scenario("healthy", 6.5, 14.0, 22450.0, 22450.0, 23410.0, SEED_AVAILABLE, 900.0, True),
        Scenario("eviction-first", 6.5, 14.0, 22450.0, 22450.0, 22800.0, 41_000_000_000, 600.0, True),
    )
}
