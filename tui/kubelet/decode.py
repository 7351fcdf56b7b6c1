"""One ``--config`` file as the kubelet decodes it, before defaults (kubelet-gc.md 1.3).

Source: pkg/kubelet/kubeletconfig/util/codec DecodeKubeletConfiguration; apimachinery serializer/json Decode. JSON if
the first character is ``{``, else YAML; strict first; what only strictness refuses is decoded leniently and noted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from tui.kubelet import gotext, jsongo, schema, typed, yamlgo
from tui.kubelet.tree import ConfigError, Node, Repeat

GROUP_VERSION = "kubelet.config.k8s.io/v1beta1"
KIND = "KubeletConfiguration"
_FIND_KIND = r'struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }'


@dataclass(frozen=True)
class Parsed:
    """A file as a tree; ``repeats``: the keys that stand twice in it (YAML only)."""

    format: Literal["yaml", "json"]
    node: Node
    repeats: tuple[Repeat, ...] = ()


@dataclass(frozen=True)
class Decoded:
    """The values that a file sets, by v1beta1 name, durations in nanoseconds, and where each was written.

    ``strict``: what strict decoding refuses, in the kubelet's words; ``repeats``, ``unknown``: the same by key.
    """

    format: Literal["yaml", "json"]
    values: dict[str, Any]
    places: dict[str, typed.Place]
    strict: tuple[str, ...] = ()
    complaints: tuple[typed.Strict, ...] = ()
    repeats: tuple[Repeat, ...] = ()
    node: Node = field(default=Node("null", 1))


def parse(data: bytes) -> Parsed:
    """A file as a tree.

    Raises:
        ConfigError: not JSON or not YAML; the text follows the kubelet's ``failed to decode: ``.
    """
    if jsongo.looks_like_json(data):
        try:
            return Parsed("json", jsongo.load(data))
        except ConfigError as error:
            text = f"couldn't get version/kind; json parse error: {error.text}"
            raise ConfigError(text, error.line, ours=error.ours) from None
    node, repeats = yamlgo.load(data)
    return Parsed("yaml", node, tuple(repeats))


def decode(data: bytes, minor: int) -> Decoded:
    """Decode a file as a kubelet of this version does.

    Raises:
        ConfigError: what the kubelet says after ``failed to decode: ``, with the line.
    """
    parsed = parse(data)
    require_kind(parsed.node, data, minor)
    decoder = typed.Decoder()
    values = decoder.decode(parsed.node, schema.configuration(minor))
    strict = [strict_yaml(parsed.repeats)] if parsed.repeats else []
    strict += [complaint.text for complaint in decoder.strict]
    return Decoded(
        parsed.format, values, decoder.places, tuple(strict), tuple(decoder.strict), parsed.repeats, parsed.node
    )


def strict_yaml(repeats: tuple[Repeat, ...]) -> str:
    """go-yaml's error for keys that repeat."""
    return "yaml: unmarshal errors:\n" + "\n".join(repeat.text for repeat in repeats)


def require_kind(node: Node, data: bytes, minor: int) -> None:
    """Refuse what is no KubeletConfiguration of v1beta1 (json.SimpleMetaFactory, runtime.Scheme).

    Raises:
        ConfigError: with the kubelet's text.
    """
    kind, version, line = gvk(node)
    if not kind:
        raise ConfigError(f"Object 'Kind' is missing in '{shown(data)}'", 1)
    if version.count("/") > 1:
        raise ConfigError(f"unexpected GroupVersion string: {version}", line)
    if not version.rpartition("/")[2]:
        raise ConfigError(f"Object 'apiVersion' is missing in '{shown(data)}'", 1)
    if (version, kind) != (GROUP_VERSION, KIND):
        scheme = f"k8s.io/kubernetes/pkg/kubelet/apis/config/scheme/scheme.go:{32 if minor <= 20 else 33}"
        named = gotext.quote(version.removeprefix("/"))  # GroupVersion.String leaves an empty group out
        said = f'no kind {gotext.quote(kind)} is registered for version {named} in scheme "{scheme}"'
        raise ConfigError(said, line)


def shown(data: bytes) -> str:
    """A file as the kubelet quotes it whole; here only its first thousand bytes."""
    text = data.decode("utf-8", "surrogateescape")
    return text if len(text) <= 1000 else text[:1000] + "..."


def gvk(node: Node) -> tuple[str, str, int]:
    """Kind, apiVersion and the line of the kind; keys match whatever their case (encoding/json).

    Raises:
        ConfigError: when they are no strings, or the file is no map.
    """
    words = {"map": "object", "list": "array"}
    if node.kind not in ("map", "null"):
        said = f"json: cannot unmarshal {words.get(node.kind, node.kind)} into Go value of type {_FIND_KIND}"
        raise ConfigError(f"couldn't get version/kind; json parse error: {said}", node.line)
    found, lines = {"kind": "", "apiversion": ""}, {"kind": 1}
    for entry in node.entries:
        name = entry.key.lower()
        if name not in found or entry.node.kind == "null":
            continue
        if entry.node.kind != "string":
            field_name = "kind" if name == "kind" else "apiVersion"
            what = words.get(entry.node.kind, entry.node.kind)
            said = f"json: cannot unmarshal {what} into Go struct field .{field_name} of type string"
            raise ConfigError(f"couldn't get version/kind; json parse error: {said}", entry.line)
        found[name], lines[name] = entry.node.text, entry.line
    return found["kind"], found["apiversion"], lines["kind"]
