"""What stops a kubelet whose configuration could be read: validation, then run() (kubelet-gc.md 1.1, 1.6)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tui.kubelet import gotext, quantity, sources, validation
from tui.kubelet.eviction import Parsed, parse_thresholds
from tui.model import Fact, Origin

_RUN = "failed to run Kubelet: "
_CREATE = _RUN + "failed to create kubelet: "
_NAME = re.compile(r"[a-zA-Z]+")


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


def blame(error: str, facts: Mapping[str, Fact[Any]], signals: Mapping[str, Mapping[str, Fact[str]]]) -> Origin | None:
    """Where the value stands that an error names (or quotes, for thresholds), as far as that can be told."""
    if not error:
        return None
    named = [facts[word].origin for word in _NAME.findall(error) if word in facts]
    written = [origin for origin in named if origin is not None and origin.kind != "default"]
    if named:
        return written[0] if written else named[0]
    for entries in signals.values():
        for signal, entry in entries.items():
            if signal in error or (entry.value and f'"{entry.value.rstrip("%")}"' in error):
                return entry.origin
    found = facts.get("containerLogMaxFiles" if "MaxFiles" in error else "containerLogMaxSize")
    return found.origin if found is not None and "log manager" in error else None
