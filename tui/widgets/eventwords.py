"""What a line of the kubelet's log says about image GC, eviction or devices, in words (kubelet-gc.md 3.3, 4.3). Pure.

The words hold figures and names as they were logged; whoever shows them makes them literal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tui.model import KubeletEvent, Severity
from tui.words import number, size

Values = Mapping[str, Any]
Said = Callable[[Values], str]


def words(event: KubeletEvent, *, alone: bool = True) -> str:
    """One sentence without a full stop; a code that has no sentence here is its own.

    ``alone``: whether its line says nothing else, so that an error which no other event reads is quoted.
    """
    if event.code == "gc-failed-again" and not alone:
        return "image GC failed again"
    said = _SAID.get(event.code)
    return said(event.values) if said else event.code.replace("-", " ")


def weight(event: KubeletEvent) -> Severity:
    """How bad the event is in itself: a pod that goes is critical, a run that fails again a warning."""
    if event.code == "disk-pressure":
        return Severity.CRITICAL if event.values.get("now") else Severity.INFO
    return _WEIGHT.get(event.code, Severity.INFO)


def _bytes(value: object) -> str:
    return size(value) if isinstance(value, int) else "an unknown size"


def _measure(signal: object, value: object) -> str:
    """A logged quantity: of inodes and pids a count, else bytes."""
    if not isinstance(value, int):
        return "—"
    return number(value) if str(signal).endswith(("inodesFree", "pid.available")) else size(value)


def _id(values: Values) -> str:
    """The beginning of an image's id; the line itself has all of it."""
    ident = str(values.get("id", ""))
    return f"{ident[:19]}…" if ident.startswith("sha256:") and len(ident) > 20 else ident


def _fires(values: Values) -> str:
    return (
        f"image GC fires: {values.get('usage')} % used, high is {values.get('high')} %; "
        f"wants to free {_bytes(values.get('amount'))}, down to {values.get('low')} %"
    )


def _free_failed(values: Values) -> str:
    freed = f"image GC freed too little: {_bytes(values.get('freed'))}"
    if isinstance(values.get("wanted"), int):
        return f"{freed} of {_bytes(values['wanted'])} wanted"
    return f"{freed}, at {values.get('usage')} % of {values.get('of')}"


def _unknown_device(values: Values) -> str:
    where = f" for {values['path']}" if values.get("path") else ""
    return (
        f"the kubelet knows no device{where} ({values.get('major')}:{values.get('minor')} is not in its table): "
        "mounted after its start"
    )


def _partitions(values: Values) -> str:
    found = [row.mountpoint for row in values.get("partitions", ()) if row.device != row.mountpoint]
    return f"the mount table as the kubelet read it at its start, disks: {', '.join(found) or 'none'}"


def _detection(values: Values) -> str:
    dedicated = "on a disk of their own" if values.get("dedicated") else "on the kubelet's own disk"
    split = ", writable layers elsewhere" if values.get("split") else ""
    return f"eviction manager: it takes images to be {dedicated}{split}"


def _observation(values: Values) -> str:
    signal = values.get("signal")
    free, whole = _measure(signal, values.get("available")), _measure(signal, values.get("capacity"))
    return f"{values.get('log')}: {signal} is {free} of {whole}"


def _threshold(values: Values) -> str:
    signal = values.get("signal")
    limit, seen = _measure(signal, values.get("quantity")), _measure(signal, values.get("available"))
    return f"{values.get('log')}: {signal} below {limit}, observed {seen}"


def _plain(text: str) -> Said:
    return lambda values: text.format_map(_Known(values))


class _Known(dict[str, object]):
    """Values by name; one that the line lacks is a dash."""

    def __missing__(self, key: str) -> str:
        return "—"


_SAID: Mapping[str, Said] = {
    "version": _plain("kubelet {version} starts"),
    "partitions": _partitions,
    "partitions-incomplete": _plain("the mount table at the kubelet's start, cut off by the journal"),
    "gc-fires": _fires,
    "image-removed": lambda values: f"deletes the image {_id(values)}, counted {_bytes(values.get('size'))}",
    "gc-failed-once": _plain("image GC failed once; the first run often comes before the first statistics"),
    "gc-failed-again": _plain("image GC failed again: {error}"),
    "capacity-zero": _plain("there were no statistics of the disk (yet): capacity 0"),
    "free-failed": _free_failed,
    "gc-succeeded": _plain("image GC ran without a failure"),
    "gc-disabled": _plain("image GC is off: high is 100 %"),
    "clamped": lambda values: (
        f"more available than capacity: {_bytes(values.get('available'))} of {_bytes(values.get('capacity'))}"
    ),
    "unknown-device": _unknown_device,
    "filesystem-detection": _detection,
    "observation": _observation,
    "threshold": _threshold,
    "eviction-attempt": _plain("eviction: {resource} is short, the kubelet tries to make room"),
    "eviction-met": _plain("eviction: threshold met for {resource}"),
    "reclaim-containers": _plain("eviction: deletes dead containers"),
    "reclaim-images": _plain("eviction: deletes every unused image"),
    "eviction-reclaimed": _plain("eviction: enough {resource} came back, no pod has to go"),
    "must-evict": _plain("eviction: pods must go for {resource}"),
    "cannot-evict-critical": _plain("eviction: spares the critical pod {pod}"),
    "evict-none": _plain("eviction: no pod could be evicted"),
    "pod-evicted": _plain("eviction: evicted the pod {pod}"),
    "disk-pressure": lambda values: f"the node {'reports' if values.get('now') else 'no longer reports'} DiskPressure",
    "summary-failed": _plain("no statistics at all, nothing is evicted: {error}"),
    "lenient-decoding": _plain("its configuration was read leniently: {error}"),
}
_WEIGHT: Mapping[str, Severity] = {
    **dict.fromkeys(("pod-evicted", "must-evict", "evict-none", "summary-failed"), Severity.CRITICAL),
    **dict.fromkeys(("gc-failed-again", "free-failed", "unknown-device", "eviction-attempt"), Severity.WARNING),
    **dict.fromkeys(("eviction-met", "reclaim-images", "gc-disabled", "clamped"), Severity.WARNING),
    **dict.fromkeys(("partitions-incomplete", "lenient-decoding", "cannot-evict-critical"), Severity.WARNING),
}
