"""Which images a run deletes, in which order, and when it stops (kubelet-gc.md 3.2; images/image_gc_manager.go)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tui.kubelet import versions


@dataclass(frozen=True)
class Image:
    """An image as the kubelet remembers it. Times in seconds on any one clock; None is Go's zero time, ever so old.

    ``size``: bytes as CRI names them. ``in_use``: by any container, dead ones too.
    """

    id: str
    size: int
    first_detected: float | None
    last_used: float | None
    in_use: bool = False
    pinned: bool = False


@dataclass(frozen=True)
class Freed:
    """The images deleted, in order, and the sum of their sizes; the disk's own gain differs (shared layers)."""

    images: tuple[Image, ...]
    size: int


def in_order(images: Iterable[Image], minor: int) -> list[Image]:
    """The images that may be deleted at all, first to go first (imagesInEvictionOrder): never by size.

    Pinned ones are spared from 1.23 on.
    """
    free = (image for image in images if not image.in_use)
    if minor >= versions.PINNED_IMAGES:
        free = (image for image in free if not image.pinned)
    return sorted(free, key=lambda image: (_time(image.last_used), _time(image.first_detected)))


def free_space(images: Iterable[Image], amount: int, now: float, min_age: float, minor: int) -> Freed:
    """What freeSpace deletes: until the sizes reach ``amount`` bytes, but at least one image, even for 0 bytes.

    Args:
        images: all images on the node.
        amount: bytes to free.
        now: when the run began.
        min_age: imageMinimumGCAge in seconds; an image exactly that old may go.
        minor: the kubelet's minor version.
    """
    deleted: list[Image] = []
    size = 0
    for image in in_order(images, minor):
        if _time(image.last_used) >= now or now - _time(image.first_detected) < min_age:
            continue
        deleted.append(image)
        size += image.size
        if size >= amount:
            break
    return _freed(deleted)


def free_old(images: Iterable[Image], now: float, began: float, max_age: float, minor: int) -> Freed:
    """What freeOldImages deletes before the space check: unused for longer than imageMaximumGCAge, min age ignored.

    Args:
        images: all images on the node.
        now: when the run began.
        began: when image GC was started; from 1.30 nothing goes until ``max_age`` has passed since.
        max_age: imageMaximumGCAge in seconds, 0 = off. Exactly that old stays.
        minor: the kubelet's minor version; none before 1.29.
    """
    young = minor >= versions.MAX_AGE_GUARDED and now - began <= max_age
    if minor < versions.MAX_AGE or max_age == 0 or young:
        return Freed((), 0)
    return _freed([image for image in in_order(images, minor) if now - _time(image.last_used) > max_age])


def _freed(images: Sequence[Image]) -> Freed:
    return Freed(tuple(images), sum(image.size for image in images))


def _time(moment: float | None) -> float:
    return float("-inf") if moment is None else moment
