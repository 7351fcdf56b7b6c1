"""What stops a kubelet whose configuration could be read: validation, then run() (kubelet-gc.md 1.1, 1.6)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tui.kubelet import gotext, quantity, sources, validation
from tui.kubelet.eviction import Parsed, parse_grace, parse_min_reclaim, parse_threshold, parse_thresholds
from tui.kubelet.layers import Layer
from tui.model import DEFAULT, Origin

_RUN = "failed to run Kubelet: "
_CREATE = _RUN + "failed to create kubelet: "
_NAME = re.compile(r"[a-zA-Z]+")
_GATE = re.compile(r"unrecognized feature gate: (\S+)")
_LOGS = {"invalid MaxFiles": "containerlogmaxfiles", "log max size": "containerlogmaxsize"}
_ENTRIES: Mapping[str, Callable[[str, str, int], object]] = {
    "evictionHard": parse_threshold,
    "evictionSoft": parse_threshold,
    "evictionSoftGracePeriod": parse_grace,
    "evictionMinimumReclaim": parse_min_reclaim,
}


def check(values: Mapping[str, Any], minor: int, *, cgroup_v1: bool = False) -> tuple[str, list[Parsed]]:
    """The error that ends the start, or "", and the eviction thresholds that would be in force."""
    wrong = validation.aggregate(validation.errors(values, minor, cgroup_v1=cgroup_v1))
    if wrong:
        prefix = "failed to validate kubelet configuration, error: " if minor >= sources.RUN_E else ""
        return prefix + wrong, thresholds(values, minor)[0]
    parsed, said = thresholds(values, minor)
    return said or _log_manager(values, minor), parsed


def thresholds(values: Mapping[str, Any], minor: int) -> tuple[list[Parsed], str]:
    """The thresholds of the four maps, or the kubelet's error: run() reads the hard ones first, by themselves."""
    hard, soft, grace, reclaim = (
        values.get(name) or {}
        for name in ("evictionHard", "evictionSoft", "evictionSoftGracePeriod", "evictionMinimumReclaim")
    )
    _, said = parse_thresholds(hard, {}, {}, {}, minor)
    if said:
        return [], _RUN + said
    parsed, said = parse_thresholds(hard, soft, grace, reclaim, minor)
    return parsed, _CREATE + said if said else ""


def _log_manager(values: Mapping[str, Any], minor: int) -> str:
    """NewContainerLogManager: more than one file, and a size that is a quantity."""
    start = _CREATE + "failed to initialize container log manager: "
    files, size = values["containerLogMaxFiles"], values["containerLogMaxSize"]
    if files <= 1:
        return f"{start}invalid MaxFiles {files}, must be > 1"
    try:
        quantity.parse(size)
    except ValueError as error:
        return f"{start}failed to parse container log max size {gotext.quote(size)}: {error}"
    return ""


def blame(error: str, values: Mapping[str, Any], minor: int, stack: Sequence[Layer]) -> Origin | None:
    """Where the value stands that an error is about, as far as that can be told; of several, a written one.

    ``stack``: the sources, weakest first.
    """
    if not error:
        return None
    strongest = list(reversed(stack))
    name, key = _entry(error, values, minor)
    for layer in strongest:
        if key in layer.keys.get(name, {}):
            return layer.keys[name][key]
    named = {word.lower() for word in _NAME.findall(error)} | {_LOGS[word] for word in _LOGS if word in error}
    for layer in strongest:
        written = next((origin for name, origin in layer.origins.items() if name.lower() in named), None)
        if written is not None:
            return written
    return DEFAULT


def _entry(error: str, values: Mapping[str, Any], minor: int) -> tuple[str, str]:
    """The map and the key that an error is about, or two empty words."""
    found = _GATE.search(error)
    if found:
        return "featureGates", found.group(1)
    if error.startswith(_RUN):
        for name, read in _ENTRIES.items():
            for key, text in (values.get(name) or {}).items():
                if _refusal(read, key, text, minor) == error.removeprefix(_CREATE).removeprefix(_RUN):
                    return name, key
    return ("evictionSoft", error.rpartition(" ")[2]) if "grace period must be specified" in error else ("", "")


def _refusal(read: Callable[[str, str, int], object], key: str, text: str, minor: int) -> str:
    try:
        read(key, text, minor)
    except ValueError as error:
        return str(error)
    return ""
