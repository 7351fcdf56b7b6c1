"""A Reader over a dictionary: what vectors describe as files, and what hypothesis makes up."""

from __future__ import annotations

import errno
import posixpath
import stat
from collections.abc import Mapping

from tui.model import FileStat

LINKS_MAX = 40


class TreeReader:
    """Files by path (bytes), links by path ({"link": target}); directories follow from the paths."""

    def __init__(self, files: Mapping[str, bytes], links: Mapping[str, str] | None = None) -> None:
        self.files, self.links = dict(files), dict(links or {})
        self.dirs: dict[str, set[str]] = {"/": set()}
        for path in (*self.files, *self.links):
            while path != "/":
                parent, name = posixpath.split(path)
                self.dirs.setdefault(parent, set()).add(name)
                path = parent

    def read(self, path: str) -> bytes:
        real = self._find(path)
        if real == "/dev/null":
            return b""
        if real in self.dirs:
            raise IsADirectoryError(errno.EISDIR, "Is a directory", path)
        return self.files[real]

    def list(self, path: str) -> list[str]:
        real = self._find(path)
        if real not in self.dirs:
            raise NotADirectoryError(errno.ENOTDIR, "Not a directory", path)
        return sorted(self.dirs[real], key=lambda name: name.encode("utf-8", "surrogateescape"))

    def stat(self, path: str, *, follow: bool = True) -> FileStat:
        parent, name = posixpath.split(path)
        own = posixpath.join(self.realpath(parent), name)
        if not follow and own in self.links:
            return self._stat("link", len(self.links[own]), stat.S_IFLNK | 0o777, self.links[own])
        real = self._find(path)
        if real == "/dev/null":
            return self._stat("other", 0, stat.S_IFCHR | 0o666)
        if real in self.dirs:
            return self._stat("dir", 4096, stat.S_IFDIR | 0o755)
        return self._stat("file", len(self.files[real]), stat.S_IFREG | 0o644)

    def realpath(self, path: str) -> str:
        left, real, links = path.strip("/").split("/"), "", 0
        while left:
            part = left.pop(0)
            if part in ("", "."):
                continue
            if part == "..":
                real = posixpath.dirname(real)
                continue
            target = self.links.get(f"{real}/{part}")
            if target is None:
                real = f"{real.rstrip('/')}/{part}"
                continue
            links += 1
            if links > LINKS_MAX:
                raise OSError(errno.ELOOP, "Too many levels of symbolic links", path)
            real = "" if target.startswith("/") else real
            left = [*target.split("/"), *left]
        return real or "/"

    def _find(self, path: str) -> str:
        real = self.realpath(path)
        if real not in self.files and real not in self.dirs and real != "/dev/null":
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", path)
        return real

    @staticmethod
    def _stat(kind: str, size: int, mode: int, target: str = "") -> FileStat:
        assert kind in ("file", "dir", "link", "other")
        return FileStat(kind, size, mode, 0, 0, 0, 0, (0, 1), 1, target)  # type: ignore[arg-type]  # asserted above
