"""What stops a kubelet whose configuration could be read: validation, then run() (kubelet-gc.md 1.1, 1.6)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tui.kubelet import gotext, quantity, sources, validation
from tui.kubelet.eviction import Parsed, parse_thresholds
from tui.kubelet.layers import Layer
from tui.model import DEFAULT, Origin

_RUN = "failed to run Kubelet: "
_CREATE = _RUN + "failed to create kubelet: "
_NAME = re.compile(r"[a-zA-Z]+")
_LOGS = {"containerLogMaxFiles": "MaxFiles", "containerLogMaxSize": "max size"}


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


def blame(error: str, stack: Sequence[Layer]) -> Origin | None:
    """Where the value stands that an error names (or quotes, for thresholds), as far as that can be told.

    Of several, one that somebody wrote comes before a default; ``stack`` weakest layer first.
    """
    if not error:
        return None
    named = {word.lower() for word in _NAME.findall(error)}
    strongest = list(reversed(stack))
    for layer in strongest:
        for field_name, keys in layer.keys.items():
            for key, origin in keys.items():
                if _says(error, key, str((layer.values.get(field_name) or {}).get(key, ""))):
                    return origin
        written = next((origin for name, origin in layer.origins.items() if name.lower() in named), None)
        if written is not None:
            return written
    kept = next((name for name in ("containerLogMaxFiles", "containerLogMaxSize") if _LOGS[name] in error), "")
    return next((layer.origins[kept] for layer in strongest if kept in layer.origins), DEFAULT)


def _says(error: str, key: str, value: str) -> bool:
    """Whether an error is about a key of a map, or quotes its value as the parsers of thresholds do."""
    if f"unrecognized feature gate: {key}" == error.rpartition("error: ")[2]:
        return True
    about = error.startswith(_RUN) and ("threshold" in error or "signal" in error or "grace" in error)
    return (about and key in error) or (error.startswith(_RUN) and f'"{value.rstrip("%")}"' in error and bool(value))
