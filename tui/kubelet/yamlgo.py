"""YAML to a JSON tree as sigs.k8s.io/yaml makes it: go-yaml v2 decodes, encoding/json writes (YAMLToJSON).

Only the first document is read. Numbers, booleans and nulls are those of YAML 1.1 (resolve.go), a merge key is applied
where it stands, of keys that repeat the last one wins (strict decoding lists them), keys end up sorted.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import events as yaml_events

from tui.kubelet import gotext, yamlscan
from tui.kubelet.tree import MAX_DEPTH, ConfigError, Entry, Node, Repeat, number_text

_TAG = "tag:yaml.org,2002:"
_RESOLVABLE = {"", *(_TAG + name for name in ("str", "bool", "int", "float", "null", "timestamp"))}
_WORDS: dict[str, bool | None | float] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_DOTTED = re.compile(r"\.[0-9]+([eE][-+]?[0-9]+)?")
_NO_KEY = "\udcff"  # no YAML key can begin with it
_NO_NUMBERS = ("NaN", "+Inf", "-Inf")
_PREFIXES = {"0x": 16, "0o": 8, "0b": 2}

Scalar = str | int | float | bool | None


@dataclass(eq=False)
class _Item:
    """A node of the YAML document; ``value`` is a resolved scalar, ``children`` keys and values or elements."""

    kind: str
    line: int
    value: Scalar = None
    children: list[_Item] = field(default_factory=list)
    target: _Item | None = None
    merge: bool = False


def load(data: bytes) -> tuple[Node, list[Repeat]]:
    """The tree of a file's first document, and the keys that repeat in it.

    Raises:
        ConfigError: as :func:`tui.kubelet.yamlscan.events`, or for what cannot become JSON.
    """
    root = _compose(data)
    if root is None:
        return Node("null", 1), []
    builder = _Builder()
    node = builder.node(root)
    _check_keys(node)
    _check_numbers(node)
    return node, builder.repeats


def _check_keys(node: Node) -> None:
    """Refuse the keys that cannot become JSON; only those of values that no later key replaced count."""
    for entry in node.entries:
        if entry.key.startswith(_NO_KEY):
            raise ConfigError(f"unsupported map key of type: {entry.key.removeprefix(_NO_KEY)}", entry.line)
        _check_keys(entry.node)
    for item in node.items:
        _check_keys(item)


def _check_numbers(node: Node) -> None:
    """Refuse NaN and the infinities, which JSON lacks."""
    if node.kind == "number" and node.text in _NO_NUMBERS:
        raise ConfigError(f"json: unsupported value: {node.text}", node.line)
    for child in (*(entry.node for entry in node.entries), *node.items):
        _check_numbers(child)


def documents(data: bytes) -> int:
    """How many documents a file holds, as far as it can be read."""
    count = 0
    try:
        for event in yamlscan.events(data):
            count += isinstance(event, yaml_events.DocumentStartEvent)
    except ConfigError:
        pass
    return count


def _compose(data: bytes) -> _Item | None:
    """The first document as items; aliases point at what they name, even before it is complete."""
    stream = yamlscan.events(data)
    for event in stream:
        if isinstance(event, yaml_events.DocumentStartEvent):
            root = _item(next(stream), stream, {}, 0)
            next(stream)
            return root
    return None


def _item(event: Any, stream: Iterator[Any], anchors: dict[str, _Item], depth: int) -> _Item:
    line = event.start_mark.line + 1
    if depth > MAX_DEPTH:
        raise ConfigError(f"yaml: line {line}: nested more than {MAX_DEPTH} levels deep", line, ours=True)
    if isinstance(event, yaml_events.AliasEvent):
        if event.anchor not in anchors:
            raise ConfigError(f"yaml: unknown anchor '{event.anchor}' referenced", line)
        return _Item("alias", line, event.anchor, target=anchors[event.anchor])
    item = _Item("scalar", line)
    if event.anchor is not None:
        anchors[event.anchor] = item
    if isinstance(event, yaml_events.ScalarEvent):
        tag = "" if event.tag is None or str(event.tag) == "!" else str(event.tag)
        item.merge = event.value == "<<" and (bool(event.implicit[0]) or tag == _TAG + "merge")
        item.value = _scalar(tag, bool(event.implicit[0]), event.value, line)
        return item
    item.kind = "list" if isinstance(event, yaml_events.SequenceStartEvent) else "map"
    for child in stream:
        if isinstance(child, (yaml_events.SequenceEndEvent, yaml_events.MappingEndEvent)):
            break
        item.children.append(_item(child, stream, anchors, depth + 1))
    return item


def _scalar(tag: str, implicit: bool, text: str, line: int) -> Scalar:
    """The value of a scalar (decode.go scalar)."""
    if tag == _TAG + "binary":
        try:
            return base64.b64decode(text, validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            raise ConfigError("yaml: !!binary value contains invalid base64 data", line) from None
    if (not tag and not implicit) or tag not in _RESOLVABLE or tag == _TAG + "str":
        return text
    value = resolve(text)
    found = _tag_of(value)
    if tag in ("", _TAG + found) or (tag == _TAG + "timestamp" and isinstance(value, str)):
        return value
    if tag == _TAG + "float" and found == "int":
        return float(value or 0)
    raise ConfigError(f"yaml: cannot decode !!{found} `{text}` as a !!{tag.removeprefix(_TAG)}", line)


def _tag_of(value: Scalar) -> str:
    if value is None:
        return "null"
    names = {bool: "bool", int: "int", float: "float", str: "str"}
    return names[type(value)]


def resolve(text: str) -> Scalar:
    """What a plain scalar means (resolve.go resolve): ``060`` is 48, ``1_0`` is 10, ``yes`` is true, ``6e1`` is 60.0.

    A timestamp stays a string, as in everything that is decoded without a schema.
    """
    first = text[:1]
    if first and first not in "+-0123456789yYnNtTfFoO~.":
        return text
    if text in _WORDS:
        return _WORDS[text]
    if first == "." and _DOTTED.fullmatch(text):
        return _finite(text)
    if not first or first not in "+-0123456789":
        return text
    plain = text.replace("_", "")
    number = integer(plain)
    if number is not None:
        return number
    return _finite(plain, text) if _FLOAT.fullmatch(plain) else text


def _finite(plain: str, text: str = "") -> float | str:
    value = float(plain)
    return (text or plain) if math.isinf(value) else value


def integer(text: str) -> int | None:
    """An integer with Go's base prefixes (strconv.ParseInt and ParseUint, base 0), without underscores; 64 bits."""
    sign, digits = (text[0], text[1:]) if text[:1] in ("+", "-") else ("", text)
    base = _PREFIXES.get(digits[:2].lower(), 8 if len(digits) > 1 and digits.startswith("0") else 10)
    if digits[:2].lower() in _PREFIXES:
        digits = digits[2:]
    allowed = "0123456789abcdef"[:base]
    if not digits or any(char not in allowed for char in digits.lower()) or len(digits) > 70 and digits.strip("0"):
        return None
    value = int(digits, base)
    if sign == "-":
        return -value if value <= 2**63 else None
    return value if value < (2**63 if sign else 2**64) else None


class _Builder:
    """Makes the JSON tree; counts as go-yaml does to stop at documents that explode through aliases."""

    def __init__(self) -> None:
        self.repeats: list[Repeat] = []
        self._seen = self._through_aliases = self._alias_depth = 0
        self._open: set[int] = set()

    def node(self, item: _Item, depth: int = 0) -> Node:
        """The JSON value of an item."""
        self._count(item, depth)
        if item.kind == "alias":
            return self._aliased(item, depth)
        if item.kind == "list":
            return Node("list", item.line, items=tuple(self.node(child, depth + 1) for child in item.children))
        if item.kind == "map":
            keyed: dict[str, Entry] = {}
            self._fill(item, keyed, depth)
            ordered = sorted(keyed.values(), key=lambda entry: entry.key.encode("utf-8", "surrogateescape"))
            return Node("map", item.line, entries=tuple(ordered))
        return _leaf(item)

    def _count(self, item: _Item, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise ConfigError(f"yaml: line {item.line}: nested more than {MAX_DEPTH} levels deep", item.line, ours=True)
        self._seen += 1
        self._through_aliases += self._alias_depth > 0
        allowed = 0.99 - 0.89 * min(max(self._seen - 400_000, 0) / 3_600_000, 1)
        if self._through_aliases > 100 and self._seen > 1000 and self._through_aliases / self._seen > allowed:
            raise ConfigError("yaml: document contains excessive aliasing", item.line)

    def _aliased(self, item: _Item, depth: int) -> Node:
        target = self._enter(item)
        node = self.node(target, depth + 1)
        self._leave(target)
        return node

    def _enter(self, item: _Item) -> _Item:
        assert item.target is not None
        if id(item.target) in self._open or item.target.kind == "map" and id(item.target) in self._open:
            raise ConfigError(f"yaml: anchor '{item.value}' value contains itself", item.line)
        self._open.add(id(item.target))
        self._alias_depth += 1
        return item.target

    def _leave(self, target: _Item) -> None:
        self._open.discard(id(target))
        self._alias_depth -= 1

    def _fill(self, item: _Item, keyed: dict[str, Entry], depth: int) -> None:
        """Put a mapping's entries into a map (decode.go mapping); keys that are there already repeat."""
        for key, value in zip(item.children[::2], item.children[1::2], strict=False):
            if key.merge:
                self._merge(value, keyed, depth)
                continue
            name, shown = self._key(key)
            node = self.node(value, depth + 1)
            if name in keyed and key.value == key.value:  # NaN is no repeat of itself
                self.repeats.append(Repeat(name, value.line, f"  line {value.line}: key {shown} already set in map"))
            keyed[name] = Entry(name, key.line, node)

    def _merge(self, value: _Item, keyed: dict[str, Entry], depth: int) -> None:
        """Apply ``<<`` (decode.go merge): of a list, earlier maps take precedence over later ones."""
        for part in reversed(value.children) if value.kind == "list" else (value,):
            self._count(part, depth)
            target = self._enter(part) if part.kind == "alias" else part
            if target.kind != "map":
                raise ConfigError("yaml: map merge requires map or sequence of maps as the value", part.line)
            self._fill(target, keyed, depth + 1)
            if part.kind == "alias":
                self._leave(target)

    def _key(self, key: _Item) -> tuple[str, str]:
        """A key as JSON has it and as Go's %#v shows it (sigs.k8s.io/yaml convertToJSONableObject)."""
        item = key.target if key.kind == "alias" and key.target else key
        self._count(key, 0)
        value = item.value
        if item.kind != "scalar":
            raise ConfigError(f"yaml: line {key.line}: invalid map key: a map or a list", key.line)
        if isinstance(value, bool):
            return str(value).lower(), str(value).lower()
        if isinstance(value, str):
            return value, gotext.quote(value)
        if isinstance(value, int) and value < 2**63:
            return str(value), str(value)
        if isinstance(value, float):
            return _float_key(value), number_text(value) if math.isfinite(value) else _no_number(value)
        return (_NO_KEY + "<nil>", "interface {}(nil)") if value is None else (_NO_KEY + "uint64", hex(value))


def _no_number(value: float) -> str:
    """NaN and the infinities as Go writes them."""
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


def _float_key(value: float) -> str:
    """A float as a key: FormatFloat 'g' with float32's shortest digits, an exponent below 1e-4 and from 1e6 on."""
    if not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    shorter = (f"{value:.{digits}e}" for digits in range(9))
    single = gotext.parse_float32(repr(value))
    short = next((text for text in shorter if gotext.parse_float32(text) == single), repr(value))
    mantissa, _, exponent = short.partition("e")
    if not exponent or not -4 <= int(exponent) < 6:
        return short
    return f"{float(short):.{max(len(mantissa.lstrip('-').replace('.', '')) - 1 - int(exponent), 0)}f}"


def _leaf(item: _Item) -> Node:
    value = item.value
    if value is None:
        return Node("null", item.line)
    if isinstance(value, bool):
        return Node("bool", item.line, str(value).lower())
    if isinstance(value, str):
        return Node("string", item.line, value)
    if not math.isfinite(value):
        return Node("number", item.line, _no_number(value))
    return Node("number", item.line, number_text(value))
