"""What a KubeletConfiguration and the command line may hold: fields and flags with their Go types (schema.json).

The names were read off kubelets 1.20.2 and 1.36.2. What only one of them knows came or went between: it is taken as
known from 1.21 on (or up to 1.35), except where kubelet-gc.md 5 tells the version.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Literal

Shape = Literal[
    "string", "bool", "int", "uint", "float", "duration", "flush", "quantity", "time", "map", "list", "struct"
]

_NAMED: Mapping[str, tuple[Shape, int]] = {
    "string": ("string", 0),
    "bool": ("bool", 0),
    "int32": ("int", 32),
    "int64": ("int", 64),
    "float64": ("float", 64),
    "v1.Duration": ("duration", 0),
    "v1.TimeOrMetaDuration": ("flush", 0),
    "v1.VerbosityLevel": ("uint", 32),
    "resource.QuantityValue": ("quantity", 0),
    "v1.Time": ("time", 0),
}
_ALIASES = {
    "v1.ResourceList": "map[v1.ResourceName]resource.QuantityValue",
    "v1.VModuleConfiguration": "[]v1.VModuleItem",
}


@dataclass(frozen=True)
class Type:
    """A Go type: its ``name`` in error texts, ``bits`` of numbers, ``pointer`` where null means "not set".

    ``inner``: the type of a list's or map's elements; ``fields``: a struct's, by JSON name.
    """

    shape: Shape
    name: str
    bits: int = 0
    pointer: bool = False
    inner: Type | None = None
    fields: Mapping[str, Type] = field(default_factory=dict)

    @property
    def struct(self) -> str:
        """A struct's name without its package."""
        return self.name.rpartition(".")[2]


@cache
def _data() -> dict[str, dict[str, dict[str, Any]]]:
    text = (resources.files("tui.kubelet") / "schema.json").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, dict[str, Any]]] = json.loads(text)
    return loaded


def _known(group: str, minor: int) -> dict[str, dict[str, Any]]:
    return {
        name: row for name, row in _data()[group].items() if row.get("since", 0) <= minor <= row.get("until", minor)
    }


@cache
def configuration(minor: int) -> Type:
    """The type KubeletConfiguration of a version."""
    rows = _known("fields", minor)
    return Type("struct", "v1beta1.KubeletConfiguration", fields=_fields("", rows))


@cache
def flags(minor: int) -> Mapping[str, str]:
    """The long names of a version's flags and their pflag types ("bool", "int32", "mapStringString", ...)."""
    return {name: str(row["type"]) for name, row in _known("flags", minor).items()}


def _fields(prefix: str, rows: dict[str, dict[str, Any]]) -> dict[str, Type]:
    found = {}
    for path, row in rows.items():
        name = path[len(prefix) :]
        if path.startswith(prefix) and "." not in name:
            found[name] = _type(path, str(row["type"]), rows, bool(row.get("pointer")))
    return found


def _type(path: str, name: str, rows: dict[str, dict[str, Any]], pointer: bool = False) -> Type:
    written = _ALIASES.get(name, name)
    if name in _NAMED:
        shape, bits = _NAMED[name]
        return Type(shape, name, bits, pointer)
    if written.startswith("[]"):
        return Type("list", name, inner=_type(path + "[]", written[2:], rows))
    if written.startswith("map["):
        return Type("map", name, inner=_type(path + "{}", written.partition("]")[2], rows))
    below = _fields(path + ".", rows)
    return Type("struct", name, fields=below) if below else Type("string", name)
