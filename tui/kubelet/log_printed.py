"""The kubelet's log lines up to 1.20, and the few later ones that are still plain text (kubelet-gc.md 3.3)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from tui.kubelet.gotext import unquote
from tui.kubelet.log_errors import AGAIN, ONCE, Said, gc_failed, integer, no_device, size

_READ: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("usage", "high", "low", "amount", "size"), integer),
    **dict.fromkeys(("quantity", "available", "capacity"), size),
    "id": unquote,
}
_NUMBER = r"-?\d{1,20}"
_SIZE = r"[0-9][0-9A-Za-z.]{0,40}"
_QUOTED = r'(?:[^"\\]|\\.)*'

_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (code, re.compile(shape))
    for code, shape in (
        (
            "gc-fires",
            rf"\[imageGCManager\]: Disk usage on image filesystem is at (?P<usage>{_NUMBER})% which is over the high "
            rf"threshold \((?P<high>{_NUMBER})%\)\. Trying to free (?P<amount>{_NUMBER}) bytes down to the low "
            rf"threshold \((?P<low>{_NUMBER})%\)\.",
        ),
        (
            "image-removed",
            rf'\[imageGCManager\]: Removing image "(?P<id>{_QUOTED})" to free (?P<size>{_NUMBER}) bytes',
        ),
        ("gc-succeeded", r"Image garbage collection succeeded"),
        ("gc-disabled", r"(?P<reason>ImageGCHighThresholdPercent is set 100, Disable image GC)"),
        ("clamped", r"available (?P<available>\d{1,20}) is larger than capacity (?P<capacity>\d{1,20})"),
        (
            "observation",
            rf"eviction manager: (?P<log>[^:]*): signal=(?P<signal>[\w.]+), available: (?P<available>{_SIZE}), "
            rf"capacity: (?P<capacity>{_SIZE})(?:, |$)",
        ),
        (
            "threshold",
            rf"eviction manager: (?P<log>[^:]*): threshold \[signal=(?P<signal>[\w.]+), "
            rf"quantity=(?P<quantity>{_SIZE})\] observed (?P<available>{_SIZE})",
        ),
        ("eviction-attempt", r"eviction manager: attempting to reclaim (?P<resource>\S+)"),
        ("eviction-reclaimed", r"eviction manager: able to reduce (?P<resource>\S+) pressure without evicting pods"),
        ("must-evict", r"eviction manager: must evict pod\(s\) to reclaim (?P<resource>\S+)"),
        ("cannot-evict-critical", r"eviction manager: cannot evict a critical (?:static )?pod (?P<pod>\S+)"),
        ("pod-evicted", r"eviction manager: pod (?P<pod>\S+) is evicted successfully"),
        ("evict-none", r"eviction manager: unable to evict any pods from the node"),
        ("reclaim-containers", r"attempting to delete unused containers"),
        ("reclaim-images", r"attempting to delete unused images"),
        ("version", r"(?:Kubelet )?[Vv]ersion: (?P<version>v1\.\S+)"),
        ("lenient-decoding", r"[Uu]sing lenient decoding as strict decoding failed: (?P<error>[^\n]*)"),
    )
)
_NODE_EVENT = re.compile(r"Event\([^\n]*?\): type: '\w+' reason: '(?P<reason>\w+)' (?P<message>[^\n]*)")
_NODE_RECORDING = re.compile(r"Recording (\w+) event message for node ")
_MOUNTPOINT_FAILED = re.compile(rf'Failed to get the info of the filesystem with mountpoint "({_QUOTED})": ')
_SUMMARY_FAILED = "eviction manager: failed to get summary stats: "


def read_printed(text: str) -> Iterable[Said]:
    """What a plain line says, its klog header removed; nothing if it is about something else."""
    for code, shape in _SHAPES:
        if found := shape.match(text):
            return [(code, {key: _READ.get(key, str)(value) for key, value in found.groupdict().items()})]
    for start, code in ((ONCE, "gc-failed-once"), (AGAIN, "gc-failed-again")):
        if text.startswith(f"{start}: "):
            return gc_failed(code, text[len(start) + 2 :])
    if text.startswith(_SUMMARY_FAILED):
        error = text[len(_SUMMARY_FAILED) :]
        return [("summary-failed", {"error": error}), *no_device(error, "")]
    if found := _MOUNTPOINT_FAILED.match(text):
        return no_device(text[found.end() :], unquote(found.group(1)))
    if found := _NODE_RECORDING.match(text):
        return node_event(found.group(1), "")
    found = _NODE_EVENT.match(text)
    return node_event(found["reason"], found["message"]) if found else ()


def node_event(reason: str, message: str) -> Iterable[Said]:
    """The Kubernetes events that tell what no other line does."""
    if reason == "EvictionThresholdMet":
        return [("eviction-met", {"resource": message.removeprefix("Attempting to reclaim ")})]
    if reason in ("NodeHasDiskPressure", "NodeHasNoDiskPressure"):
        return [("disk-pressure", {"now": reason == "NodeHasDiskPressure"})]
    return ()
