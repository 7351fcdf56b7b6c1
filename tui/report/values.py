"""The small pieces that all parts of the report's data are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tui import model
from tui.model import Fact, Origin

Data = dict[str, Any]


def severity(value: model.Severity) -> str:
    """``info``, ``warning`` or ``critical``."""
    return value.name.lower()


def origin(value: Origin | None) -> Data | None:
    """Where a value was found, or null."""
    if value is None:
        return None
    return {"kind": value.kind, "where": value.where, "line": value.line, "text": value.text}


def fact(value: Fact[Any], known: Any = None) -> Data:
    """A fact: ``known`` replaces its value where that is no plain value itself."""
    return {
        "known": value.known,
        "value": plain(value.value if known is None else known),
        "origin": origin(value.origin),
        "beaten": [{"value": plain(claim.value), "origin": origin(claim.origin)} for claim in value.beaten],
        "reason": value.reason,
    }


def plain(value: Any) -> Any:
    """A configuration value as JSON has it: mappings and lists descended, anything else exotic as its text."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(str(each) for each in value)
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return [plain(each) for each in value]
    return str(value)


def evidence(items: Iterable[model.Evidence]) -> list[Data]:
    """Reasons, best first."""
    return [{"text": each.text, "origin": origin(each.origin)} for each in items]
