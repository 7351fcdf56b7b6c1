"""Checks of the kubelet's arithmetic against vectors (tests/data/vectors/README.md): one function per category."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from tests.checks.eras import minors_of
from tui.kubelet import containerfs, devices, duration, eviction, freeing, image_gc, reclaim, texts
from tui.kubelet.eviction import Amount, Parsed
from tui.model import Mount, Partition, Usage

Vector = dict[str, Any]

_NEVER = "never met (operator empty)"
_NO_AMOUNT = dict.fromkeys(("error", "kind", "bytes_ceil", "float32_fraction"))


def _differences(got: dict[str, Any], expect: dict[str, Any], where: str = "") -> list[str]:
    """Only the keys that are expected count; an expected key that we do not compute is a difference."""
    missing = object()
    return [
        f"{where}{key}: got {got.get(key, 'nothing')!r}, expected {wanted!r}"
        for key, wanted in expect.items()
        if got.get(key, missing) != wanted
    ]


def _per_minor(vector: Vector, compute: Callable[[Vector, int], dict[str, Any]]) -> list[str]:
    found: list[str] = []
    for minor in minors_of(vector):
        found += _differences(compute(vector["in"], minor), vector["expect"], f"1.{minor} ")
    return found


def _image_gc(vector: Vector) -> list[str]:
    given, expect = vector["in"], vector["expect"]
    got = image_gc.decide(
        given["capacity_bytes"], given["available_bytes"], given["high_percent"], given["low_percent"]
    )
    if given["capacity_bytes"] == 0:
        expect = {key: expect[key] for key in ("error", "clamped") if key in expect}
    return _differences(
        {
            "error": got.error or None,
            "clamped": got.clamped,
            "usage_percent": got.usage,
            "fires": got.fires,
            "amount_to_free": got.amount,
        },
        expect,
    )


def _image_gc_boundary(vector: Vector) -> list[str]:
    given = vector["in"]
    capacity, high, low = given["capacity_bytes"], given["high_percent"], given.get("low_percent", 0)
    largest = image_gc.fires_at(capacity, high)
    if largest is None:
        return _differences(dict.fromkeys(vector["expect"]), vector["expect"])
    there, above = (image_gc.decide(capacity, largest + more, high, low) for more in (0, 1))
    return _differences(
        {
            "max_available_that_fires": largest,
            "max_available_blocks_that_fires": image_gc.fires_at_blocks(capacity, high, given.get("block_size") or 1),
            "usage_percent_there": there.usage,
            "amount_to_free_there": image_gc.amount_at_firing(capacity, high, low),
            "fires_there": there.fires,
            "usage_percent_one_byte_more": above.usage,
            "amount_to_free_one_byte_more": above.amount,
            "fires_one_byte_more": above.fires,
        },
        vector["expect"],
    )


def _image_gc_policy(vector: Vector) -> list[str]:
    given = vector["in"]
    error = image_gc.policy_error(given["high_percent"], given["low_percent"])
    return _differences({"error": error or None}, vector["expect"])


def _gc_loop(vector: Vector) -> list[str]:
    def compute(given: Vector, minor: int) -> dict[str, Any]:
        max_age_s = given.get("image_maximum_gc_age_s") or 0
        return {"image_gc_loop_started": image_gc.loop_runs(minor, given["high_percent"], max_age_s)}

    return _per_minor(vector, compute)


def _images(given: list[dict[str, Any]]) -> list[freeing.Image]:
    keys = ("id", "size", "first_detected", "last_used", "in_use", "pinned")
    unseen = {"first_detected": None, "last_used": None}
    return [freeing.Image(**unseen | {key: image[key] for key in keys if key in image}) for image in given]


def _same_order(got: Iterable[freeing.Image], wanted: list[str], images: list[freeing.Image]) -> bool:
    """Images with equal times may come in any order."""
    times = {image.id: (image.last_used, image.first_detected) for image in images}
    ids = [image.id for image in got]
    return sorted(ids) == sorted(wanted) and [times[one] for one in ids] == [times[one] for one in wanted]


def _deleted(vector: Vector, free: Callable[[dict[str, Any], list[freeing.Image], int], freeing.Freed]) -> list[str]:
    found: list[str] = []
    images = _images(vector["in"]["images"])
    for minor in minors_of(vector):
        got, expect = free(vector["in"], images, minor), dict(vector["expect"])
        wanted = expect.pop("deleted_in_order", None)
        if wanted is not None and not _same_order(got.images, wanted, images):
            found.append(f"1.{minor} deleted {[image.id for image in got.images]}, expected {wanted}")
        found += _differences({"freed": got.size}, expect, f"1.{minor} ")
    return found


def _free_space(vector: Vector) -> list[str]:
    return _deleted(
        vector,
        lambda given, images, minor: freeing.free_space(
            images, given["bytes_to_free"], given["now"], given.get("min_age") or 0, minor
        ),
    )


def _max_age(vector: Vector) -> list[str]:
    return _deleted(
        vector,
        lambda given, images, minor: freeing.free_old(
            images, given["now"], given["gc_began"], given["image_maximum_gc_age"], minor
        ),
    )


def _amount(amount: Amount | None) -> dict[str, Any]:
    if amount is None:
        return {**_NO_AMOUNT, "kind": "ignored"}
    if amount.quantity is not None:
        return {**_NO_AMOUNT, "kind": "quantity", "bytes_ceil": amount.quantity.ceil}
    fraction = amount.fraction
    shown = "nan" if fraction is not None and math.isnan(fraction) else fraction
    return {**_NO_AMOUNT, "kind": "percentage", "float32_fraction": shown}


def _or_error(compute: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return compute()
    except ValueError as error:
        return {**_NO_AMOUNT, "ns": None, "error": str(error)}


def _threshold_parse(vector: Vector) -> list[str]:
    def compute(given: Vector, minor: int) -> dict[str, Any]:
        return _or_error(lambda: _amount(eviction.parse_threshold(given["signal"], given["value"], minor)))

    return _per_minor(vector, compute)


def _min_reclaim_parse(vector: Vector) -> list[str]:
    def compute(given: Vector, minor: int) -> dict[str, Any]:
        return _or_error(lambda: _amount(eviction.parse_min_reclaim(given["signal"], given["value"], minor)))

    return _per_minor(vector, compute)


def _grace_period_parse(vector: Vector) -> list[str]:
    def compute(given: Vector, minor: int) -> dict[str, Any]:
        return _or_error(lambda: {"error": None, "ns": eviction.parse_grace(given["signal"], given["value"], minor)})

    return _per_minor(vector, compute)


def _parsed(given: Vector, minor: int) -> tuple[list[Parsed], str]:
    maps = ("eviction_hard", "eviction_soft", "eviction_soft_grace_period", "eviction_minimum_reclaim")
    hard, soft, grace, minimum = (given.get(name) or {} for name in maps)
    return eviction.parse_thresholds(hard, soft, grace, minimum, minor)


def _threshold_config(vector: Vector) -> list[str]:
    found: list[str] = []
    expect = dict(vector["expect"])
    wanted = expect.pop("thresholds", None)
    for minor in minors_of(vector):
        thresholds, error = _parsed(vector["in"], minor)
        found += _differences({"error": error or None}, expect, f"1.{minor} ")
        got = [_described(threshold) for threshold in thresholds]
        if wanted is not None and not _same_set(got, wanted):
            found.append(f"1.{minor} thresholds {got}, expected {wanted}")
    return found


def _same_set(got: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> bool:
    """Whether every threshold has its counterpart, whatever the order; only the keys that are wanted count."""
    left = list(got)
    for one in wanted:
        match = next((other for other in left if not _differences(other, one)), None)
        if match is None:
            return False
        left.remove(match)
    return not left


def _described(threshold: Parsed) -> dict[str, Any]:
    kind = "hard" if not threshold.grace_ns else f"soft {duration.text(threshold.grace_ns)}"
    least = None if threshold.min_reclaim is None else str(threshold.min_reclaim)
    return {"signal": threshold.signal, "type": kind, "value": str(threshold.amount), "min_reclaim": least}


def _eviction_compare(vector: Vector) -> list[str]:
    def compute(given: Vector, minor: int) -> dict[str, Any]:
        again = given.get("min_reclaim") is not None
        least = {given["signal"]: given["min_reclaim"]} if again else {}
        thresholds, error = eviction.parse_thresholds({given["signal"]: given["value"]}, {}, {}, least, minor)
        if error or not thresholds:
            return {"error": error or None, "met": False, "threshold": None, "threshold_plus_min_reclaim": None}
        threshold, capacity = thresholds[0], given["capacity"]
        return {
            "error": None,
            "met": eviction.met(threshold, capacity, given["available"], min_reclaim=again),
            "threshold": eviction.threshold_value(threshold, capacity),
            "threshold_plus_min_reclaim": eviction.fires_below(threshold, capacity, min_reclaim=True),
        }

    return _per_minor(vector, compute)


def _containerfs_thresholds(vector: Vector) -> list[str]:
    def compute(given: Vector, minor: int) -> dict[str, Any]:
        thresholds, error = _parsed(given, minor)
        made, line = containerfs.with_containerfs(
            thresholds,
            dedicated_imagefs=bool(given.get("dedicated_imagefs")),
            separate_containerfs=bool(given.get("separate_containerfs")),
        )
        hard = [one for one in made if one.signal.startswith("containerfs.") and not one.grace_ns]
        written = [one for one in hard if one.grace_ns is None]
        values = {one.signal: _NEVER if one.never else str(one.amount) for one in written}
        return {**values, "_error": line or None, "error": error or None}

    return _per_minor(vector, compute)


def _reclaim_functions(vector: Vector) -> list[str]:
    def compute(given: Vector, minor: int) -> dict[str, Any]:
        layout = given["layout"].removesuffix(" disk")
        return {"before_pods": list(reclaim.before_pods(layout, given["signal"], minor))}

    return _per_minor(vector, compute)


def _pressure_transition(vector: Vector) -> list[str]:
    given = vector["in"]
    reported = reclaim.pressure_reported(given["last_observed_seconds_ago"], given["transition_period_s"])
    return _differences({"condition_reported": reported}, vector["expect"])


def _soft_grace(vector: Vector) -> list[str]:
    given = vector["in"]
    acts = reclaim.grace_over(given["first_observed_seconds_ago"], given["grace_s"])
    return _differences({"acts": acts}, vector["expect"])


def _log_text(vector: Vector) -> list[str]:
    return _per_minor(
        vector,
        lambda given, minor: {
            "message": texts.log_text(minor, given["usage"], given["high"], given["amount_to_free"], given["low"])
        },
    )


def _free_failed_text(vector: Vector) -> list[str]:
    return _per_minor(
        vector,
        lambda given, minor: {
            "event_reason": "FreeDiskSpaceFailed",
            "message": texts.free_failed_text(
                minor, given.get("amount", 0), given["freed"], given.get("usage", 0), given.get("capacity", 0)
            ),
        },
    )


def _format_size(vector: Vector) -> list[str]:
    return _differences({"text": texts.format_size(vector["in"]["bytes"])}, vector["expect"])


def _fs_device(vector: Vector) -> list[str]:
    def compute(given: Vector, minor: int) -> dict[str, Any]:
        at_start = given.get("mounts_at_start") or {}
        types = {source: fstype for source, fstype in at_start.values()}
        rows = [
            Partition(device, mountpoint, (major, number), types.get(device, "ext4"))
            for device, (major, number, mountpoint) in (given.get("partitions_at_start") or {}).items()
        ]
        numbers = {row.device: row.dev for row in rows}
        mounts = [
            Mount(index, 0, numbers.get(source, (0, 1000 + index)), "/", mountpoint, (), fstype, source)
            for index, (mountpoint, (source, fstype)) in enumerate(at_start.items())
        ]
        major, number = given["stat_major_minor"]
        got = devices.lookup(rows, mounts, given["directory"], (major, number), minor)
        return {"device": got.device or None, "mountpoint": got.mountpoint or None, "error": got.error or None}

    return _per_minor(vector, compute)


def _statfs(vector: Vector) -> list[str]:
    given = vector["in"]
    usage = Usage(
        given["f_frsize"],
        given["f_blocks"],
        given["f_bfree"],
        given["f_bavail"],
        given.get("f_files", 0),
        given.get("f_ffree", 0),
    )
    got = {"capacity": usage.capacity, "available": usage.available, "fs_used": usage.used}
    return _differences(got, vector["expect"])


def _log_inversion(vector: Vector) -> list[str]:
    given = vector["in"]
    got = texts.log_inversion(given["usage"], given["amount_to_free"], given["low"])
    return _differences(dict.fromkeys(vector["expect"]) if got is None else vars(got), vector["expect"])


CHECKS: dict[str, Callable[[Vector], list[str]]] = {
    "image_gc": _image_gc,
    "image_gc_int64": _image_gc,
    "image_gc_boundary": _image_gc_boundary,
    "image_gc_policy": _image_gc_policy,
    "gc_loop": _gc_loop,
    "free_space": _free_space,
    "max_age": _max_age,
    "threshold_parse": _threshold_parse,
    "min_reclaim_parse": _min_reclaim_parse,
    "grace_period_parse": _grace_period_parse,
    "threshold_config": _threshold_config,
    "eviction_compare": _eviction_compare,
    "containerfs_thresholds": _containerfs_thresholds,
    "reclaim_functions": _reclaim_functions,
    "pressure_transition": _pressure_transition,
    "soft_grace": _soft_grace,
    "log_text": _log_text,
    "free_failed_text": _free_failed_text,
    "format_size": _format_size,
    "fs_device": _fs_device,
    "statfs": _statfs,
    "log_inversion": _log_inversion,
}
