"""Unit names: validity, parts, and the drop-in directories that a name has (basic/unit-name.c, shared/dropin.c)."""

from __future__ import annotations

import re
from collections.abc import Iterator

SECTIONS = {
    "service": "Service",
    "mount": "Mount",
    "swap": "Swap",
    "socket": "Socket",
    "target": "",
    "device": "",
    "automount": "Automount",
    "timer": "Timer",
    "path": "Path",
    "slice": "Slice",
    "scope": "Scope",
}
"""Unit types and the section that is theirs alone."""

ALIASED = frozenset({"service", "socket", "target", "device", "timer", "path"})
"""Types whose units may have alias links (unit_type_may_alias)."""

NAME_MAX = 256
_CHARS = re.compile(r"[0-9A-Za-z:_.\\@-]+")


def kind(name: str) -> str:
    """Which name it is: "plain", "instance", "template", or "" for none at all (unit_name_is_valid)."""
    stem, dot, suffix = name.rpartition(".")
    if not dot or not stem or suffix not in SECTIONS or len(name) >= NAME_MAX or not _CHARS.fullmatch(stem):
        return ""
    prefix, at, instance = stem.partition("@")
    if not at:
        return "plain"
    return "" if not prefix else "instance" if instance else "template"


def suffix(name: str) -> str:
    """The type of a valid name: "service"."""
    return name.rpartition(".")[2]


def stem(name: str) -> str:
    """Name without its type: "kubelet@n1" (unit_name_to_prefix_and_instance)."""
    return name.rpartition(".")[0]


def prefix(name: str) -> str:
    """What stands before the first ``@``, or before the type."""
    return stem(name).partition("@")[0]


def instance(name: str) -> str:
    """What stands between the first ``@`` and the type, "" for plain names and templates."""
    return stem(name).partition("@")[2]


def template(name: str) -> str:
    """The template's name of an instance: "kubelet@.service"."""
    return f"{prefix(name)}@.{suffix(name)}"


def with_instance(name: str, text: str) -> str:
    """A template's or instance's name with another instance (unit_name_replace_instance)."""
    return f"{prefix(name)}@{text}.{suffix(name)}"


def unescape(text: str) -> str | None:
    r"""``-`` is ``/`` and ``\xNN`` a byte (unit_name_unescape); None when it is escaped wrongly."""
    out = bytearray()
    data = text.encode("utf-8", "surrogateescape")
    pos = 0
    while pos < len(data):
        if data[pos] == ord("\\"):
            match = re.compile(rb"\\x([0-9a-fA-F]{2})").match(data, pos)
            if match is None:
                return None
            out.append(int(match[1], 16))
            pos = match.end()
            continue
        out += b"/" if data[pos] == ord("-") else data[pos : pos + 1]
        pos += 1
    return out.decode("utf-8", "surrogateescape")


def dropin_names(name: str) -> Iterator[str]:
    """Names whose ``.d`` counts for a unit, within one directory: its own, its template's, its dash prefixes'.

    Most specific first; "a-b-c.service" has "a-b-.service" and "a-.service" (shared/dropin.c:unit_file_find_dirs).
    """
    yield name
    of_instance = kind(name) == "instance"
    if of_instance:
        yield from dropin_names(template(name))
    chopped = _dash_prefix(prefix(name))
    if chopped:
        at = f"@{instance(name)}" if of_instance else ""
        built = f"{chopped}{at}.{suffix(name)}"
        if kind(built):
            yield from dropin_names(built)


def _dash_prefix(text: str) -> str:
    """Of "a-b" it is "a-", of "a-b-" too; "" when there is no further prefix."""
    for chopped in (False, True):
        dash = text.rfind("-")
        if dash <= 0:
            return ""
        if chopped or dash + 1 < len(text):
            return text[: dash + 1]
        text = text[:dash]
    return ""
