"""A JSON tree into the types of KubeletConfiguration, as sigs.k8s.io/json does: case-sensitive, with Go's error texts.

Source: sigs.k8s.io/json internal/golang/encoding/json decode.go (value, object, array, literalStore). A wrong type is
remembered and decoding goes on; what a type's own UnmarshalJSON refuses (durations, quantities) ends it at once and is
what gets reported. Durations become nanoseconds, structs become dicts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tui.kubelet import duration, gotext, quantity
from tui.kubelet.schema import Type
from tui.kubelet.tree import ConfigError, Entry, Node

_WORDS = {"map": "object", "list": "array"}
_INTEGER = re.compile(r"-?[0-9]+")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


@dataclass(frozen=True)
class Strict:
    """What strict decoding complains of: ``text`` as kjson words it, the bare ``key`` and its line."""

    text: str
    key: str
    line: int


@dataclass
class Place:
    """Where a top-level field was written: the line of its key, and of each key of a map."""

    line: int
    keys: dict[str, int] = field(default_factory=dict)


class Decoder:
    """Decodes one tree. ``exact`` False matches field names as encoding/json does, whatever their case."""

    def __init__(self, *, exact: bool = True) -> None:
        """Nothing has been seen yet."""
        self.strict: list[Strict] = []
        self.places: dict[str, Place] = {}
        self._exact, self._saved = exact, False
        self._error = ConfigError("")
        self._path: list[str] = []
        self._shown: list[str] = []
        self._struct = ""

    def decode(self, node: Node, kind: Type, into: dict[str, Any] | None = None) -> dict[str, Any]:
        """The values that a tree sets, on top of those of ``into``.

        Raises:
            ConfigError: ``json: cannot unmarshal ...``, ``time: invalid duration ...`` with the line.
        """
        value = self._value(node, kind, into)
        if self._saved:
            raise self._error
        return value if isinstance(value, dict) else {}

    def _value(self, node: Node, kind: Type, into: Any) -> Any:
        unmarshal = _UNMARSHALERS.get(kind.shape)
        if unmarshal is not None:
            return None if node.kind == "null" and kind.pointer else unmarshal(self, node)
        if node.kind == "null":
            return None if kind.shape in ("map", "list") else into
        if kind.shape in ("struct", "map") and node.kind == "map":
            return self._struct_value(node, kind, into) if kind.shape == "struct" else self._map_value(node, kind, into)
        if kind.shape == "list" and node.kind == "list":
            return self._list_value(node, kind)
        return self._literal(node, kind, into)

    def _literal(self, node: Node, kind: Type, into: Any) -> Any:
        if kind.shape == node.kind and kind.shape in ("string", "bool"):
            return node.text if node.kind == "string" else node.text == "true"
        if kind.shape in ("int", "uint", "float") and node.kind == "number":
            number = _number(node.text, kind)
            if number is not None:
                return number
            self._save(self._mismatch(f"number {node.text}", kind.name, node.line))
        else:
            self._save(self._mismatch(_WORDS.get(node.kind, node.kind), kind.name, node.line))
        return into

    def _struct_value(self, node: Node, kind: Type, into: Any) -> dict[str, Any]:
        found: dict[str, Any] = dict(into or {})
        seen: set[str] = set()
        outer = self._struct
        for entry in node.entries:
            name = self._field(entry.key, kind)
            if name is None:
                self._complain("unknown", entry)
                continue
            if name in seen:
                self._complain("duplicate", entry)
            seen.add(name)
            if not self._path:
                self.places.setdefault(name, Place(entry.line)).line = entry.line
            self._enter(entry.key, name)
            self._struct = kind.struct
            value = self._value(entry.node, kind.fields[name], found.get(name))
            if value is None:
                found.pop(name, None)
            else:
                found[name] = value
            self._leave()
            self._struct = outer
        return found

    def _field(self, key: str, kind: Type) -> str | None:
        if key in kind.fields:
            return key
        if self._exact:
            return None
        return next((name for name in kind.fields if name.lower() == key.lower()), None)

    def _map_value(self, node: Node, kind: Type, into: Any) -> dict[str, Any]:
        found: dict[str, Any] = dict(into or {})
        seen: set[str] = set()
        assert kind.inner is not None
        for entry in node.entries:
            if entry.key in seen:
                self._complain("duplicate", entry)
            seen.add(entry.key)
            if len(self._path) == 1:
                self.places[self._path[0]].keys[entry.key] = entry.line
            value = self._value(entry.node, kind.inner, None)
            found[entry.key] = _zero(kind.inner) if value is None else value
        return found

    def _list_value(self, node: Node, kind: Type) -> list[Any]:
        found = []
        assert kind.inner is not None
        for index, item in enumerate(node.items):
            last = self._shown[-1] if self._shown else ""
            if self._shown:
                self._shown[-1] = f"{last}[{index}]"
            value = self._value(item, kind.inner, None)
            found.append(_zero(kind.inner) if value is None else value)
            if self._shown:
                self._shown[-1] = last
        return found

    def _enter(self, key: str, name: str) -> None:
        self._path.append(name)
        self._shown.append(key)

    def _leave(self) -> None:
        self._path.pop()
        self._shown.pop()

    def _complain(self, what: str, entry: Entry) -> None:
        text = f"{what} field {gotext.quote('.'.join([*self._shown, entry.key]))}"
        if all(text != known.text for known in self.strict):
            self.strict.append(Strict(text, entry.key, entry.line))

    def _mismatch(self, what: str, name: str, line: int) -> ConfigError:
        target = f"Go struct field {self._struct}.{'.'.join(self._path)}" if self._path else "Go value"
        return ConfigError(f"json: cannot unmarshal {what} into {target} of type {name}", line)

    def _save(self, error: ConfigError) -> None:
        if not self._saved:
            self._saved, self._error = True, error

    def duration(self, node: Node) -> int:
        """A metav1.Duration: a string that time.ParseDuration reads; null is the empty string."""
        if node.kind not in ("string", "null"):
            raise self._mismatch(_WORDS.get(node.kind, node.kind), "string", node.line)
        try:
            return duration.parse(node.text)
        except ValueError as error:
            raise ConfigError(str(error), node.line) from None

    def flush(self, node: Node) -> int:
        """A TimeOrMetaDuration: a duration, or nanoseconds as a number."""
        if node.kind == "string":
            return self.duration(node)
        if node.kind == "null":
            return 0
        if node.kind == "number" and _INTEGER.fullmatch(node.text):
            return int(node.text)
        what = f"number {node.text}" if node.kind == "number" else _WORDS.get(node.kind, node.kind)
        inner = f"json: cannot unmarshal {what} into Go value of type time.Duration"
        raise ConfigError(f"invalid duration {gotext.quote(node.text)}: {inner}", node.line)

    def quantity(self, node: Node) -> str:
        """A resource.Quantity: a string or a number."""
        if node.kind == "null":
            return "0"
        try:
            return str(quantity.parse(node.text.strip()))
        except ValueError as error:
            raise ConfigError(str(error), node.line) from None

    def time(self, node: Node) -> str:
        """A metav1.Time: an RFC 3339 string."""
        if node.kind not in ("string", "null"):
            raise self._mismatch(_WORDS.get(node.kind, node.kind), "string", node.line)
        if node.kind == "string" and not _RFC3339.fullmatch(node.text):
            layout = "2006-01-02T15:04:05Z07:00"
            raise ConfigError(f'parsing time {gotext.quote(node.text)} as "{layout}": cannot parse it', node.line)
        return node.text


_UNMARSHALERS: dict[str, Callable[[Decoder, Node], Any]] = {
    "duration": Decoder.duration,
    "flush": Decoder.flush,
    "quantity": Decoder.quantity,
    "time": Decoder.time,
}


def _number(text: str, kind: Type) -> int | float | None:
    """A JSON number in a Go number type, or None where it does not fit."""
    if kind.shape == "float":
        value = float(text)
        return value if abs(value) != float("inf") else None
    if not _INTEGER.fullmatch(text) or len(text) > 20:
        return None
    number = int(text)
    if kind.shape == "uint":
        return number if not text.startswith("-") and number < 2**kind.bits else None
    return number if -(2 ** (kind.bits - 1)) <= number < 2 ** (kind.bits - 1) else None


def _zero(kind: Type) -> Any:
    """Go's zero value, which a null leaves in a map or list."""
    zeros: dict[str, Any] = {"string": "", "bool": False, "int": 0, "uint": 0, "float": 0.0, "struct": {}}
    return zeros.get(kind.shape)
