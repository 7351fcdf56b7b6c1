"""Results that are kept until a file that they were made from changes."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import Any, TypeVar

from tui.model import FileStat, Reader

T = TypeVar("T")
Sign = tuple[object, ...]

Names = list[str]


class Stats:
    """A reader's stats, each path asked once until :meth:`forget`: many results rest on the same few directories."""

    def __init__(self, reader: Reader) -> None:
        """Nothing is known yet."""
        self.reader = reader
        self._known: dict[tuple[str, bool], FileStat | OSError] = {}

    def forget(self) -> None:
        """Start a new look."""
        self._known.clear()

    def ask(self, path: str, follow: bool) -> FileStat | OSError:
        """The stat, or the error in its place."""
        key = (path, follow)
        if key not in self._known:
            try:
                self._known[key] = self.reader.stat(path, follow=follow)
            except OSError as error:
                self._known[key] = error
        return self._known[key]

    def sign(self, path: str, follow: bool) -> Sign:
        """What changes whenever a file does: kind, place, size, mode and both times, or the error."""
        found = self.ask(path, follow)
        if isinstance(found, OSError):
            return (found.errno,)
        return (
            found.kind,
            found.dev,
            found.inode,
            found.size,
            found.mode,
            found.mtime_ns,
            found.ctime_ns,
            found.target,
        )


class Watched:
    """A reader that remembers every path it was asked for, and how the file looked."""

    def __init__(self, stats: Stats) -> None:
        """Pass everything on to the reader of ``stats``."""
        self._stats = stats
        self._signs: dict[tuple[str, bool], Sign] = {}
        self._listed: set[str] = set()
        self._links: dict[str, str] = {}

    def read(self, path: str) -> bytes:
        """See Reader."""
        self._note(path, True)
        return self._stats.reader.read(path)

    def list(self, path: str) -> Names:
        """See Reader."""
        self._note(path, True)
        self._listed.add(path)
        return self._stats.reader.list(path)

    def stat(self, path: str, *, follow: bool = True) -> FileStat:
        """See Reader."""
        self._note(path, follow)
        found = self._stats.ask(path, follow)
        if isinstance(found, OSError):
            raise found
        return found

    def realpath(self, path: str) -> str:
        """See Reader."""
        self._links[path] = self._stats.reader.realpath(path)
        return self._links[path]

    def unchanged(self) -> bool:
        """Whether all of it looks as it did."""
        try:
            return all(self._stats.sign(*key) == seen for key, seen in self._signs.items()) and all(
                self._stats.reader.realpath(path) == real for path, real in self._links.items()
            )
        except OSError:
            return False

    def settle(self) -> None:
        """Drop what follows from the rest: a name in a listed directory is no other link without the directory's time.

        A file whose content matters was read, and is watched for that.
        """
        self._signs = {
            (path, follow): seen
            for (path, follow), seen in self._signs.items()
            if follow or posixpath.dirname(path) not in self._listed
        }

    def _note(self, path: str, follow: bool) -> None:
        if (path, follow) not in self._signs:
            self._signs[path, follow] = self._stats.sign(path, follow)


class Memo:
    """Computations over files, done again only when their inputs or one of the files differ."""

    def __init__(self, reader: Reader) -> None:
        """Nothing is known yet."""
        self._stats = Stats(reader)
        self._kept: dict[str, tuple[object, Watched, Any]] = {}

    def begin(self) -> None:
        """A new look begins: files may have changed."""
        self._stats.forget()

    def get(self, key: str, inputs: object, compute: Callable[[Reader], T], reader: Reader | None = None) -> T:
        """``compute(reader)``, or what it gave before for equal inputs and unchanged files.

        ``reader``: of another mount namespace; ``inputs`` must tell it from others, and it is asked anew each time.
        """
        own = reader is None or reader is self._stats.reader
        kept = self._kept.get(key)
        if kept is not None and kept[0] == inputs and own and kept[1].unchanged():
            value: T = kept[2]
            return value
        watched = Watched(self._stats if own or reader is None else Stats(reader))
        value = compute(watched)
        watched.settle()
        self._kept[key] = (inputs, watched, value)
        return value
