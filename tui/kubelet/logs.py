"""What the kubelet's log says about image GC, eviction and devices, in both of its eras (kubelet-gc.md 3.3, 4.3).

``read_events`` gives one event for each thing said. Codes and their values:

========================  ==========================================================================================
version                   ``version``: "v1.36.2"
partitions                ``partitions``: tuple of Partition, the whole table at a start (partitions-incomplete: cut)
gc-fires                  ``usage``, ``high``, ``low`` (percent), ``amount`` (bytes)
image-removed             ``id``, ``size`` (bytes)
gc-failed-once            ``error``; gc-failed-again: from the second time in a row on
capacity-zero             the failure before was ``invalid capacity 0``: no statistics (yet), or no device
free-failed               the failure before was about too little freed: ``freed``, and ``wanted`` or ``usage``, ``of``
gc-succeeded              -
gc-disabled               ``reason``: the line
clamped                   ``available``, ``capacity``
unknown-device            ``path`` ("" if not named), ``major``, ``minor``
filesystem-detection      ``dedicated``, ``split``: bool
observation               ``log``, ``signal``, ``available``, ``capacity`` (numbers)
threshold                 ``log``, ``signal``, ``quantity``, ``available`` (numbers; None where none is logged)
eviction-attempt          ``resource``; eviction-met: the event of it
reclaim-containers        -; reclaim-images: all unused images are deleted
eviction-reclaimed        ``resource``: pressure is gone without evicting a pod
must-evict                ``resource``
cannot-evict-critical     ``pod``
evict-none                no pod could be evicted
pod-evicted               ``pod``
disk-pressure             ``now``: bool, the node condition's event
summary-failed            ``error``: no statistics at all, nothing is evicted
lenient-decoding          ``error``
========================  ==========================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from tui.kubelet import klog
from tui.kubelet.klog import Entry
from tui.kubelet.log_errors import AGAIN, ONCE, Said, gc_failed, integer, no_device, size
from tui.kubelet.log_printed import node_event, read_printed
from tui.kubelet.partitions_line import PREFIX, read_partitions
from tui.model import KubeletEvent, LogLine

Reading = Callable[[Entry], Iterable[Said]]

_MANAGER = "eviction manager: "


def read_events(lines: Iterable[LogLine]) -> tuple[KubeletEvent, ...]:
    """The events in these lines, in their order; lines that say nothing of this give none."""
    return tuple(KubeletEvent(code, line, values) for line in lines for code, values in read_message(line.message))


def read_message(message: str) -> list[Said]:
    """The events in one message, with klog header or without, printf or structured or JSON."""
    entry = klog.parse(message)
    if entry.text.startswith(PREFIX):
        rows, whole = read_partitions(entry.text)
        return [("partitions" if whole else "partitions-incomplete", {"partitions": rows})]
    return list(_structured(entry) if entry.structured else read_printed(entry.text))


def _structured(entry: Entry) -> Iterator[Said]:
    text = entry.text.rstrip(".")
    if text in _READINGS:
        yield from _READINGS[text](entry)
    elif text.lower().startswith(_MANAGER):
        yield from _eviction(text[len(_MANAGER) :].lower(), entry)
    yield from no_device(entry.values.get("err", ""), entry.values.get("mountpoint", ""))


def _eviction(text: str, entry: Entry) -> Iterator[Said]:
    """A line of the eviction manager after its prefix, in lower case (it varies) and without the final stop."""
    if text == "threshold observed resource":
        yield "threshold", {**_named(entry, "log", "signal"), **_sizes(entry, "quantity", "available")}
    elif text in _EVICTION:
        code, name, key = _EVICTION[text]
        yield code, {name: entry.values.get(key, "")} if name else {}


def _fires(entry: Entry) -> Iterator[Said]:
    names = {"usage": "usage", "highThreshold": "high", "amountToFree": "amount", "lowThreshold": "low"}
    values = {name: integer(entry.values.get(key, "")) for key, name in names.items()}
    if None not in values.values():
        yield "gc-fires", values


def _removed(entry: Entry) -> Iterator[Said]:
    yield "image-removed", {"id": entry.values.get("imageID", ""), "size": integer(entry.values.get("size", ""))}


def _detection(entry: Entry) -> Iterator[Said]:
    if "DedicatedImageFs" in entry.values:
        dedicated, split = entry.values["DedicatedImageFs"], entry.values.get("SplitImageFs", "false")
        yield "filesystem-detection", {"dedicated": dedicated == "true", "split": split == "true"}


def _always(code: str, **keys: str) -> Reading:
    """A line that always gives this event, with values named after the line's own keys."""
    return lambda entry: [(code, {name: entry.values.get(key, "") for name, key in keys.items()})]


def _disabled(entry: Entry) -> Iterable[Said]:
    return [("gc-disabled", {"reason": entry.text})]


_READINGS: dict[str, Reading] = {
    "Disk usage on image filesystem is over the high threshold, trying to free bytes down to the low threshold": _fires,
    "Removing image to free bytes": _removed,
    ONCE: lambda entry: gc_failed("gc-failed-once", entry.values.get("err", "")),
    AGAIN: lambda entry: gc_failed("gc-failed-again", entry.values.get("err", "")),
    "Image garbage collection succeeded": _always("gc-succeeded"),
    "ImageGCHighThresholdPercent is set 100, Disable image GC": _disabled,
    "ImageGCHighThresholdPercent is set 100 and ImageMaximumGCAge is 0, Disable image GC": _disabled,
    "Availability is larger than capacity": lambda entry: [("clamped", _sizes(entry, "available", "capacity"))],
    "FileSystem detection": _detection,
    "Eviction manager:": lambda entry: [
        ("observation", {**_named(entry, "log", "signal"), **_sizes(entry, "available", "capacity")})
    ],
    "Attempting to delete unused containers": _always("reclaim-containers"),
    "Attempting to delete unused images": _always("reclaim-images"),
    "Event occurred": lambda entry: node_event(entry.values.get("reason", ""), entry.values.get("message", "")),
    "Recording event message for node": lambda entry: node_event(entry.values.get("event", ""), ""),
    "Kubelet version": _always("version", version="kubeletVersion"),
    "Using lenient decoding as strict decoding failed": _always("lenient-decoding", error="err"),
}
_EVICTION: dict[str, tuple[str, str, str]] = {
    "attempting to reclaim": ("eviction-attempt", "resource", "resourceName"),
    "able to reduce resource pressure without evicting pods": ("eviction-reclaimed", "resource", "resourceName"),
    "must evict pod(s) to reclaim": ("must-evict", "resource", "resourceName"),
    "cannot evict a critical pod": ("cannot-evict-critical", "pod", "pod"),
    "pod is evicted successfully": ("pod-evicted", "pod", "pod"),
    "unable to evict any pods from the node": ("evict-none", "", ""),
    "failed to get summary stats": ("summary-failed", "error", "err"),
}


def _named(entry: Entry, *names: str) -> Mapping[str, str]:
    return {name: entry.values.get(name, "") for name in names}


def _sizes(entry: Entry, *names: str) -> Mapping[str, int | None]:
    return {name: size(entry.values.get(name, "")) for name in names}
