"""``--config-dir``: which files count, in which order, and how they are laid over the main file (kubelet-gc.md 1.4).

Source: cmd/kubelet/app/server.go mergeKubeletConfigurations; util/codec DecodeKubeletConfigurationIntoJSON;
evanphx/json-patch MergePatch.
"""

from __future__ import annotations

import errno
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tui.kubelet import decode, defaults, duration, schema, typed
from tui.kubelet.schema import Type
from tui.kubelet.tree import ConfigError, Entry, Node, number_text
from tui.model import Reader

V1BETA1_MERGE = 32
JSON_MERGE = 29
NO_ENV = 30
FIRST = 28
ENV = "KUBELET_CONFIG_DROPIN_DIR_ALPHA"
_INITIALS = ("tls", "cpu", "http", "oom", "iptables")


@dataclass(frozen=True)
class DropIn:
    """One file of the directory. ``values`` and ``places``: what it says by itself (names in any case)."""

    path: str
    node: Node
    values: Mapping[str, Any] = field(default_factory=dict)
    places: Mapping[str, typed.Place] = field(default_factory=dict)
    complaints: tuple[typed.Strict, ...] = ()
    fault: ConfigError | None = None


@dataclass(frozen=True)
class Listing:
    """The files that count, in order; those that do not; ``note``: why nothing was looked at, or ""."""

    applied: tuple[str, ...]
    skipped: tuple[str, ...] = ()
    note: str = ""


def is_dropin(path: str) -> bool:
    """Whether Go's filepath.Ext of the name is exactly ``.conf``."""
    name = path.rpartition("/")[2]
    return name.endswith(".conf")


def find(directory: str, reader: Reader) -> Listing:
    """Walk the directory; a symbolic link in its place is not followed.

    Raises:
        OSError: the directory cannot be read; ``filename`` is set.
    """
    at = directory.rstrip("/") or "/"
    kind = _stat(reader, at, follow=directory.endswith("/"))
    if kind == "link":
        note = f"{at} is a symbolic link: the kubelet does not follow it and reads no drop-in from it"
        return Listing((at,) if is_dropin(at) else (), note=note)
    if kind != "dir":
        return Listing((at,) if is_dropin(at) else (), note=f"{at} is no directory")
    applied: list[str] = []
    skipped: list[str] = []
    _walk(at, reader, applied, skipped, 0)
    return Listing(tuple(applied), tuple(skipped))


def _walk(directory: str, reader: Reader, applied: list[str], skipped: list[str], depth: int) -> None:
    for name in sorted(_list(reader, directory), key=lambda name: name.encode("utf-8", "surrogateescape")):
        path = posixpath.join(directory, name)
        if _stat(reader, path, follow=False) == "dir":
            if depth < 40:
                _walk(path, reader, applied, skipped, depth + 1)
        else:
            (applied if is_dropin(name) else skipped).append(path)


def _stat(reader: Reader, path: str, *, follow: bool) -> str:
    try:
        return reader.stat(path, follow=follow).kind
    except OSError as error:
        raise OSError(error.errno or errno.EIO, error.strerror or "cannot be read", path) from None


def _list(reader: Reader, path: str) -> list[str]:
    try:
        return reader.list(path)
    except OSError as error:
        raise OSError(error.errno or errno.EIO, error.strerror or "cannot be read", path) from None


def load(path: str, data: bytes, minor: int) -> DropIn:
    """One drop-in of 1.29 or later as JSON.

    Raises:
        ConfigError: what the kubelet says after ``path: <file>, error: ``.
    """
    parsed = decode.parse(data)
    decode.gvk(parsed.node)
    kind, version = _text(parsed.node, "kind"), _text(parsed.node, "apiVersion")
    if not kind:
        raise ConfigError(f"Object 'Kind' is missing in '{decode.shown(data)}'", 1)
    repeats = [decode.strict_yaml(parsed.repeats)] if parsed.repeats else _duplicates(parsed.node, "")
    if repeats:
        line = parsed.repeats[0].line if parsed.repeats else None
        raise ConfigError(f"strict decoding error: {', '.join(repeats)}", line)
    if minor >= V1BETA1_MERGE and (version, kind) != (decode.GROUP_VERSION, decode.KIND):
        group, _, name = version.rpartition("/")
        raise ConfigError(f"unknown apiVersion/kind: {group}/{name}, Kind={kind}", 1)
    return _alone(path, _normal(parsed.node), minor)


def _alone(path: str, node: Node, minor: int) -> DropIn:
    decoder, kind = typed.Decoder(exact=False), schema.configuration(minor)
    try:
        values, fault = decoder.decode(node, kind), None
    except ConfigError as error:
        values, fault = {}, error
    return DropIn(path, node, values, decoder.places, tuple(decoder.strict), fault)


def _text(node: Node, key: str) -> str:
    value = node.get(key)
    return value.text if value is not None and value.kind == "string" else ""


def _duplicates(node: Node, path: str) -> list[str]:
    """Keys that repeat anywhere in a JSON tree, in kjson's words."""
    found, seen = [], set()
    for entry in node.entries:
        name = f"{path}.{entry.key}" if path else entry.key
        if entry.key in seen:
            found.append(f'duplicate field "{name}"')
        seen.add(entry.key)
        found += _duplicates(entry.node, name)
    for index, item in enumerate(node.items):
        found += _duplicates(item, f"{path}[{index}]")
    return found


def _normal(node: Node) -> Node:
    """Numbers as unstructured content writes them again: what is no int64 becomes a float64, ``60.0`` is ``60``."""
    if node.kind == "number" and not node.text.lstrip("-").isdigit():
        return replace(node, text=number_text(float(node.text)))
    entries = tuple(replace(entry, node=_normal(entry.node)) for entry in node.entries)
    return replace(node, items=tuple(_normal(item) for item in node.items), entries=entries)


def merge(base: Mapping[str, Any], dropins: list[DropIn], minor: int) -> dict[str, Any]:
    """The values after all drop-ins of 1.29 or later.

    ``base``: the values after the main file, defaults included, by v1beta1 name.

    Raises:
        ConfigError: a value of the wrong type, with the kubelet's text; the line is that of the drop-in at fault.
    """
    kind, internal = schema.configuration(minor), minor < V1BETA1_MERGE
    node = _base_node(base, kind, internal)
    for dropin in dropins:
        patch = dropin.node
        if internal:
            kept = tuple(entry for entry in patch.entries if entry.key.lower() != "resolvconf")
            patch = replace(patch, entries=kept)
        node = merge_patch(node, patch)
    decoder = typed.Decoder(exact=False)
    values = decoder.decode(_sorted(node), kind, dict(base) if internal else None)
    values = {name: value for name, value in values.items() if name not in ("kind", "apiVersion")}
    return values if internal else defaults.apply(_without_empty(values), minor)


def _without_empty(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in ({}, [])}


def _base_node(base: Mapping[str, Any], kind: Type, internal: bool) -> Node:
    """The configuration so far as JSON: v1beta1 omits what is empty; the internal type has Go's names."""
    entries = []
    for name, value in base.items():
        if name not in kind.fields or value is None or (not internal and value in ({}, [])):
            continue
        entries.append(Entry(_go_name(name) if internal else name, 0, to_node(value, kind.fields[name])))
    return Node("map", 0, entries=tuple(entries))


def _go_name(name: str) -> str:
    """A field's Go name, close enough to sort as it does."""
    for initials in _INITIALS:
        if name.startswith(initials):
            return ("IPTables" if initials == "iptables" else initials.upper()) + name[len(initials) :]
    return name[:1].upper() + name[1:]


def to_node(value: Any, kind: Type) -> Node:
    """A decoded value as JSON again."""
    if kind.shape in ("duration", "flush"):
        return Node("string", 0, duration.text(value))
    if isinstance(value, dict):
        inner = [(key, kind.inner or kind.fields[key], item) for key, item in value.items()]
        return Node("map", 0, entries=tuple(Entry(key, 0, to_node(item, below)) for key, below, item in inner))
    if isinstance(value, list) and kind.inner is not None:
        return Node("list", 0, items=tuple(to_node(item, kind.inner) for item in value))
    if isinstance(value, bool):
        return Node("bool", 0, str(value).lower())
    return Node("string", 0, value) if isinstance(value, str) else Node("number", 0, number_text(value))


def merge_patch(base: Node, patch: Node) -> Node:
    """RFC 7386: maps merge key by key, null deletes, everything else replaces."""
    if patch.kind != "map":
        return patch
    kept = {entry.key: entry for entry in base.entries} if base.kind == "map" else {}
    for entry in patch.entries:
        if entry.node.kind == "null":
            kept.pop(entry.key, None)
        else:
            below = kept[entry.key].node if entry.key in kept else Node("null", 0)
            kept[entry.key] = replace(entry, node=merge_patch(below, entry.node))
    return Node("map", patch.line, entries=tuple(kept.values()))


def _sorted(node: Node) -> Node:
    entries = sorted(node.entries, key=lambda entry: entry.key.encode("utf-8", "surrogateescape"))
    return replace(node, entries=tuple(replace(entry, node=_sorted(entry.node)) for entry in entries))


def overlay(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """1.28: a drop-in, decoded with its own defaults, laid over (mergo WithOverride): what is not empty replaces."""
    found = dict(base)
    for name, value in over.items():
        if isinstance(value, dict) and isinstance(found.get(name), dict):
            found[name] = {**found[name], **{key: item for key, item in value.items() if item not in ("", 0, False)}}
        elif value not in (None, "", 0, False, {}, []):
            found[name] = value
    return found
