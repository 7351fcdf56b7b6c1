"""Results that are kept until a file that they were made from changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from tui.model import FileStat, Reader

T = TypeVar("T")
Sign = tuple[object, ...]

Names = list[str]


class Watched:
    """A reader that remembers every path it was asked for, and how the file looked."""

    def __init__(self, reader: Reader) -> None:
        """Pass everything on to ``reader``."""
        self._reader = reader
        self._signs: dict[tuple[str, bool], Sign] = {}
        self._links: dict[str, str] = {}

    def read(self, path: str) -> bytes:
        """See Reader."""
        self._note(path)
        return self._reader.read(path)

    def list(self, path: str) -> Names:
        """See Reader."""
        self._note(path)
        return self._reader.list(path)

    def stat(self, path: str, *, follow: bool = True) -> FileStat:
        """See Reader."""
        self._note(path, follow)
        return self._reader.stat(path, follow=follow)

    def realpath(self, path: str) -> str:
        """See Reader."""
        self._links[path] = self._reader.realpath(path)
        return self._links[path]

    def unchanged(self) -> bool:
        """Whether all of it looks as it did."""
        try:
            return all(sign(self._reader, *key) == seen for key, seen in self._signs.items()) and all(
                self._reader.realpath(path) == real for path, real in self._links.items()
            )
        except OSError:
            return False

    def _note(self, path: str, follow: bool = True) -> None:
        if (path, follow) not in self._signs:
            self._signs[path, follow] = sign(self._reader, path, follow)


def sign(reader: Reader, path: str, follow: bool = True) -> Sign:
    """What changes whenever a file does: kind, place, size and both times, or the error."""
    try:
        found = reader.stat(path, follow=follow)
    except OSError as error:
        return (error.errno,)
    return (found.kind, found.dev, found.inode, found.size, found.mode, found.mtime_ns, found.ctime_ns, found.target)


class Memo:
    """Computations over files, done again only when their inputs or one of the files differ."""

    def __init__(self, reader: Reader) -> None:
        """Nothing is known yet."""
        self._reader = reader
        self._kept: dict[str, tuple[object, Watched, Any]] = {}

    def get(self, key: str, inputs: object, compute: Callable[[Reader], T], reader: Reader | None = None) -> T:
        """``compute(reader)``, or what it gave before for equal inputs and unchanged files.

        ``reader``: of another mount namespace; ``inputs`` must tell it from others.
        """
        kept = self._kept.get(key)
        if kept is not None and kept[0] == inputs and kept[1].unchanged():
            value: T = kept[2]
            return value
        watched = Watched(reader or self._reader)
        value = compute(watched)
        self._kept[key] = (inputs, watched, value)
        return value
