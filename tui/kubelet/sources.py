"""Reading the files that a kubelet's command line names, with the errors that the kubelet (or this program) has."""

from __future__ import annotations

import errno
import posixpath
from dataclasses import dataclass, field

from tui.kubelet import typed
from tui.kubelet.layers import Layer
from tui.kubelet.tree import ConfigError, Node
from tui.model import Origin, Reader

RUN_E = 23
"""The first minor whose command returns errors instead of dying in place."""
_GO_ERRORS = {
    errno.ENOENT: "no such file or directory",
    errno.ENOTDIR: "not a directory",
    errno.EISDIR: "is a directory",
    errno.ELOOP: "too many levels of symbolic links",
}
MAX_SIZE = 256 << 10
"""Bytes of a configuration file that are read: real ones have a few thousand."""


class Refused(Exception):
    """The kubelet would not start, or this program cannot tell because it may not read a file: a text and where."""

    def __init__(self, text: str, origin: Origin | None) -> None:
        """Keep both."""
        super().__init__(text)
        self.text, self.origin = text, origin


@dataclass(frozen=True)
class Source:
    """A file's bytes and its lines, for origins."""

    path: str
    data: bytes
    lines: list[str] = field(default_factory=list)

    def origin(self, line: int | None) -> Origin:
        """``path:line`` with the words of the line."""
        inside = line is not None and 0 < line <= len(self.lines)
        words = self.lines[line - 1].strip()[:200] if inside and line is not None else ""
        return Origin("file", self.path, line if inside else None, words)


def absolute(path: str, cwd: str) -> str:
    """Go's filepath.Abs on the node."""
    return posixpath.normpath(posixpath.join(cwd or "/", path))


def read(path: str, reader: Reader) -> Source:
    """A file.

    Raises:
        OSError: as the node's kernel says; :func:`unread` words what is only this program's trouble.
    """
    data = reader.read(path)
    if len(data) > MAX_SIZE:
        raise OSError(errno.EFBIG, "larger than 256 KiB", path)
    return Source(path, data, data.decode("utf-8", "surrogateescape").split("\n"))


def unread(error: OSError, path: str) -> Refused | None:
    """What to say when the kubelet (root) may well read what this program cannot; None if it cannot either."""
    if error.errno in _GO_ERRORS:
        return None
    why = (error.strerror or "unknown error").lower()
    remedy = "; run this program with sudo" if error.errno in (errno.EACCES, errno.EPERM) else ""
    return Refused(f"cannot read {path}: {why}{remedy}", Origin("file", path))


def go_error(error: OSError, path: str, call: str) -> str:
    """An error as Go's os package prints it: ``open /x: no such file or directory``."""
    return f"{call} {path}: {_GO_ERRORS.get(error.errno or 0, error.strerror or 'unknown error')}"


def load_error(path: str, said: str, minor: int) -> str:
    """The kubelet's sentence for a main file that does not load."""
    inner = f"failed to load Kubelet config file {path}, error {said}"
    return f"failed to load kubelet config file, path: {path}, error: {inner}" if minor >= RUN_E else inner


def dropin_error(directory: str, path: str, said: str) -> str:
    """The kubelet's sentence for a drop-in that does not load."""
    walk = f'failed to walk through kubelet dropin directory "{directory}"'
    file = f"failed to load kubelet dropin file, path: {path}, error: {said}"
    return f"failed to merge kubelet configs: {walk}: {file}"


def refused(error: ConfigError, source: Source, said: str) -> Refused:
    """A refusal at the place of a decoding error."""
    return Refused(said, source.origin(error.line))


def layer(source: Source, values: dict[str, object], places: dict[str, typed.Place], node: Node) -> Layer:
    """A decoded file as a layer; what it sets to null is there as None."""
    lowered = {name.lower(): name for name in values}
    found: dict[str, object] = dict(values)
    for entry in node.entries:
        if entry.node.kind == "null" and entry.key.lower() not in lowered:
            found[entry.key] = None
    origins = {name: source.origin(place.line) for name, place in places.items()}
    keys = {name: {key: source.origin(line) for key, line in place.keys.items()} for name, place in places.items()}
    return Layer(found, origins, keys)
