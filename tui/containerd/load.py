"""Which files containerd loads, in which order (config.go LoadConfig, resolveImports; containerd-root.md 1.1)."""

from __future__ import annotations

import errno
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tui.containerd.document import Document, Problem, parse
from tui.containerd.globbing import BadPatternError, glob
from tui.containerd.rules import Rules
from tui.containerd.schema import type_problem
from tui.model import ConfigNote, Origin, Reader


@dataclass(frozen=True)
class Loaded:
    """One file in load order; ``number`` 0 is the main file, n the n-th import."""

    path: str
    number: int
    document: Document
    rules: Rules

    def fields(self, name: str) -> list[tuple[str, Any]]:
        """(key as spelt, value) for all spellings of a top-level field, the one that counts last."""
        return [(key, self.document.data[key]) for key in self.rules.spellings(dict(self.document.data), name)]

    def field(self, name: str, empty: Any) -> Any:
        """The value of a top-level field, or ``empty``."""
        values = self.fields(name)
        return values[-1][1] if values else empty

    def origin(self, *path: str | int) -> Origin:
        """Where a key stands, with the words of its line."""
        line = self.document.line(*path)
        return Origin("file", self.path, line, self.document.words(line))

    @property
    def version(self) -> int:
        """The version that the file states, 0 if none."""
        return int(self.field("version", 0))


@dataclass
class Load:
    """The files, and why loading stopped: ``error`` (the daemon does not start) or ``unreadable`` (we may not look)."""

    files: list[Loaded] = field(default_factory=list)
    notes: list[ConfigNote] = field(default_factory=list)
    error: str = ""
    error_origin: Origin | None = None
    unreadable: str = ""


def load(path: str, given: bool, reader: Reader, rules: Rules, cwd: str) -> Load:
    """Load ``path`` and its imports, breadth-first; a missing main file is fine unless it was ``given`` by a flag."""
    result = Load()
    queue = [(posixpath.join(cwd, path), Origin("flag", "--config", text=path) if given else Origin("default", path))]
    seen: set[str] = set()
    while queue:
        path, origin = queue.pop(0)
        if path in seen:
            continue
        seen.add(path)
        try:
            data = reader.read(path)
        except OSError as error:
            if error.errno == errno.ENOENT and not given and not result.files:
                return result
            return _unread(result, path, origin, error)
        document = parse(data, rules.second)
        if isinstance(document, Document):
            document = type_problem(document, rules) or document
        if isinstance(document, Problem):
            return _stop(result, str(document), Origin("file", path, document.line))
        loaded = Loaded(path, len(result.files), document, rules)
        result.files.append(loaded)
        try:
            queue += _imports(loaded, reader, cwd, result)
        except BadPatternError as error:
            where = loaded.origin("imports")
            return _stop(result, f"imports: {error} is no valid pattern; close the bracket or drop it", where)
    return result


def _stop(result: Load, text: str, origin: Origin | None) -> Load:
    result.error, result.error_origin = text, origin
    return result


def _unread(result: Load, path: str, origin: Origin, error: OSError) -> Load:
    if error.errno in (errno.EACCES, errno.EPERM, errno.EFBIG):
        why = "too large to be read" if error.errno == errno.EFBIG else "permission denied, run as root"
        result.unreadable = f"{path}: {why}"
        return result
    words: Mapping[int | None, str] = {
        errno.ENOENT: "does not exist; create it or drop what names it",
        errno.EISDIR: "is a directory; name the files in it",
    }
    text = words.get(error.errno, error.strerror or "cannot be read")
    return _stop(result, f"{path} {text}", origin)


def _imports(parent: Loaded, reader: Reader, cwd: str, result: Load) -> list[tuple[str, Origin]]:
    if not parent.rules.imports:
        return []
    folder = posixpath.dirname(parent.path)
    found: list[tuple[str, Origin]] = []
    for spelt, entries in parent.fields("imports"):
        for number, entry in enumerate(entries):
            origin = parent.origin(spelt, number)
            found += [(path, origin) for path in _entry(str(entry), folder, parent.rules, reader, cwd)]
            if "*" in entry:
                _note_glob(result, str(entry), folder, parent.rules, reader, cwd, origin)
    return found


def _entry(entry: str, folder: str, rules: Rules, reader: Reader, cwd: str) -> list[str]:
    if "*" not in entry:
        return [posixpath.normpath(posixpath.join(folder, entry))]
    if rules.glob_from_cwd:
        return glob(posixpath.join(cwd, entry), reader)
    return glob(posixpath.normpath(posixpath.join(folder, entry)), reader)


def _note_glob(result: Load, entry: str, folder: str, rules: Rules, reader: Reader, cwd: str, origin: Origin) -> None:
    """Say so when a relative pattern misses the files that it plainly means."""
    if not rules.glob_from_cwd or entry.startswith("/"):
        return
    meant = glob(posixpath.normpath(posixpath.join(folder, entry)), reader)
    if meant and meant != glob(posixpath.join(cwd, entry), reader):
        text = (
            f"imports {entry!r}: containerd {rules} looks for it in its working directory {cwd}, not in {folder}, "
            f"so {', '.join(meant)} is not read; write the absolute pattern"
        )
        result.notes.append(ConfigNote("relative-glob", text, origin))
