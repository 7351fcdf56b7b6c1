"""A configuration file as a tree of JSON values in which every value keeps its line.

YAML and JSON files both become this tree, as sigs.k8s.io/yaml makes JSON of YAML before anything is decoded.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Kind = Literal["null", "bool", "number", "string", "list", "map"]

MAX_DEPTH = 100
"""Levels of nesting that are followed; the kubelet follows 10000, its configuration has five."""


@dataclass(frozen=True)
class Node:
    """One value. ``text``: "true"/"false", a number's JSON literal, a string's content; "" for the others."""

    kind: Kind
    line: int
    text: str = ""
    items: tuple[Node, ...] = ()
    entries: tuple[Entry, ...] = ()

    def get(self, key: str) -> Node | None:
        """The value of a key of a map (the last of several), or None."""
        return next((entry.node for entry in reversed(self.entries) if entry.key == key), None)


@dataclass(frozen=True)
class Entry:
    """A key of a map, the line of the key, and its value."""

    key: str
    line: int
    node: Node


@dataclass(frozen=True)
class Repeat:
    """A key that stands twice in one map, at the second one's line; ``text`` as go-yaml or kjson words it."""

    key: str
    line: int
    text: str


class ConfigError(Exception):
    """A file that the kubelet refuses: ``text`` as it words it after ``failed to decode: ``, and where.

    ``ours`` True: the kubelet refuses the file too, but the words are of this program (YAML syntax).
    """

    def __init__(self, text: str, line: int | None = None, column: int | None = None, *, ours: bool = False) -> None:
        """Keep the text and the place (lines and columns count from 1)."""
        super().__init__(text)
        self.text, self.line, self.column, self.ours = text, line, column, ours


def number_text(value: float | int) -> str:
    """A number as Go's encoding/json writes it: ``60``, ``60.5``, ``1e+21``.

    Raises:
        ConfigError: for NaN and infinities, with Go's text.
    """
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        name = "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
        raise ConfigError(f"json: unsupported value: {name}")
    if value and not 1e-6 <= abs(value) < 1e21:
        return _with_exponent(repr(value))
    return _without_exponent(repr(value))


def _with_exponent(digits: str) -> str:
    """Python's shortest digits in Go's ``e`` form: ``1e+21``, ``1.5e-7``."""
    mantissa, _, exponent = digits.partition("e")
    if not exponent:
        sign, size = ("-" if mantissa.startswith("-") else ""), mantissa.lstrip("-")
        whole = size.partition(".")[0]
        exponent, kept = str(len(whole) - 1), whole.rstrip("0")
        mantissa = sign + kept[0] + ("." + kept[1:] if kept[1:] else "")
    power = int(exponent)
    return f"{mantissa.removesuffix('.0')}e{'-' if power < 0 else '+'}{abs(power)}"


def _without_exponent(digits: str) -> str:
    mantissa, _, exponent = digits.partition("e")
    if not exponent:
        return mantissa.removesuffix(".0")
    sign, size = ("-" if mantissa.startswith("-") else ""), mantissa.lstrip("-")
    whole, _, part = size.partition(".")
    power = int(exponent)
    if power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{whole}{part.rstrip('0') if part != '0' else ''}"
    return sign + whole + part.ljust(power, "0")
