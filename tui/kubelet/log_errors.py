"""What the errors inside the kubelet's log lines say: image GC that failed, a device that is not known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tui.kubelet import quantity
from tui.kubelet.gotext import unquote
from tui.kubelet.image_gc import CAPACITY_ZERO

Said = tuple[str, Mapping[str, Any]]
"""A code and its values, see :mod:`tui.kubelet.logs`."""

ONCE = "Image garbage collection failed once. Stats initialization may not have completed yet"
AGAIN = "Image garbage collection failed multiple times in a row"

_FREE_FAILED = (
    re.compile(
        r"failed to garbage collect required amount of images\. "
        r"Wanted to free (?P<wanted>-?\d{1,19}) bytes, but freed (?P<freed>-?\d{1,19}) bytes"
    ),
    re.compile(
        r"Failed to garbage collect required amount of images\. "
        r"Attempted to free (?P<wanted>-?\d{1,19}) bytes, but only found (?P<freed>-?\d{1,19}) bytes eligible to free\."
    ),
    re.compile(
        r"Insufficient free disk space on the node's image filesystem "
        r"\((?P<usage>-?\d{1,19})% of (?P<of>[^)]{1,40}) used\)\. "
        r"Failed to free sufficient space by deleting unused images \(freed (?P<freed>-?\d{1,19}) bytes\)\."
    ),
    re.compile(
        r"wanted to free (?P<wanted>-?\d{1,19}) bytes, "
        r"but freed (?P<freed>-?\d{1,19}) bytes space with errors in image deletion: "
    ),
)
_NO_DEVICE = re.compile(
    r"with major: (\d{1,9}), minor: (\d{1,9}): could not find device in cached partitions map"
    r"|could not find device with major: (\d{1,9}), minor: (\d{1,9}) in cached partitions map"
)
_DIRECTORY = re.compile(r'failed to get device for dir "((?:[^"\\]|\\.)*)"')


def gc_failed(code: str, error: str) -> Iterator[Said]:
    """An image GC that failed, and what its error tells: no capacity, or too little freed."""
    yield code, {"error": error}
    if error == CAPACITY_ZERO:
        yield "capacity-zero", {}
    for shape in _FREE_FAILED:
        if found := shape.match(error):
            yield "free-failed", {key: value if key == "of" else int(value) for key, value in found.groupdict().items()}


def no_device(error: str, path: str) -> Iterator[Said]:
    """The device that an error says is unknown, if it does; ``path``: the directory where only the line names it."""
    if found := _NO_DEVICE.search(error):
        major, minor = found.group(1) or found.group(3), found.group(2) or found.group(4)
        named = _DIRECTORY.search(error)
        path = unquote(named.group(1)) if named else path
        yield "unknown-device", {"path": path, "major": int(major), "minor": int(minor)}


def size(text: str) -> int | None:
    """A logged quantity in bytes (or a count); None for what is none, ``<nil>`` for example."""
    try:
        return quantity.parse(text).ceil
    except ValueError:
        return None


def integer(text: str) -> int | None:
    """A logged int64, None if it is none."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,19}", text) else None
