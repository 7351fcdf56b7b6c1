"""Who said what: every source's word for a field, which of them is in force, and what it beat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tui.kubelet import defaults, duration
from tui.model import DEFAULT, Claim, Fact, Origin

DURATIONS = ("imageMinimumGCAge", "imageMaximumGCAge", "evictionPressureTransitionPeriod")


@dataclass(frozen=True)
class Layer:
    """One source. ``values`` by v1beta1 name (None: set to null), where each and each key of a map was written."""

    values: Mapping[str, Any]
    origins: Mapping[str, Origin]
    keys: Mapping[str, Mapping[str, Origin]] = field(default_factory=dict)
    earlier: Mapping[str, Sequence[tuple[Any, Origin]]] = field(default_factory=dict)


def shown(name: str, value: Any) -> Any:
    """A value as it stands in a Fact: durations in Go's text."""
    return duration.text(value) if name in DURATIONS and isinstance(value, int) else value


def claims(name: str, layers: Sequence[Layer]) -> list[Claim[Any]]:
    """All words for a field, strongest first; ``layers`` weakest first."""
    found = []
    for layer in reversed(layers):
        if name in layer.values:
            found.append(Claim(shown(name, layer.values[name]), layer.origins.get(name, DEFAULT)))
            found += [Claim(shown(name, value), origin) for value, origin in layer.earlier.get(name, ())]
    return found


def fact(name: str, value: Any, layers: Sequence[Layer]) -> Fact[Any]:
    """The fact of a field whose effective value is known: won by the strongest source that says just that."""
    value = shown(name, value)
    if name in defaults.MAPS:
        return _map_fact(name, value, layers)
    return _won(value, claims(name, layers))


def _won(value: Any, words: list[Claim[Any]]) -> Fact[Any]:
    winner = next((index for index, word in enumerate(words) if word.value == value), None)
    if winner is None:
        return Fact(value, DEFAULT, tuple(words))
    return Fact(value, words[winner].origin, tuple(words[:winner] + words[winner + 1 :]))


def _map_fact(name: str, value: Any, layers: Sequence[Layer]) -> Fact[Any]:
    """A map belongs to the strongest source of any of its keys; the other sources are those it beat."""
    value = value or {}
    words = claims(name, layers)
    for index, word in enumerate(words):
        said = word.value or {}
        if said == value or any(key in value and value[key] == text for key, text in said.items()):
            return Fact(value, word.origin, tuple(words[:index] + words[index + 1 :]))
    return Fact(value, words[0].origin if words else DEFAULT, tuple(words[1:]))


def signals(name: str, value: Mapping[str, str] | None, layers: Sequence[Layer]) -> dict[str, Fact[str]]:
    """The fact of each key of an effective map."""
    found = {}
    for key, text in (value or {}).items():
        words = [
            Claim(layer.values[name][key], layer.keys.get(name, {}).get(key) or layer.origins.get(name, DEFAULT))
            for layer in reversed(layers)
            if key in (layer.values.get(name) or {})
        ]
        found[key] = _won(text, words)
    return found
