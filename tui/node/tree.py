"""Files below one directory as if it were "/": links, absolute ones too, and ".." never lead out of it.

The walk opens one component at a time below the one before (openat with O_PATH and O_NOFOLLOW), so nothing that changes
meanwhile can redirect it, and no automount is triggered.
"""

from __future__ import annotations

import errno
import os
import stat as modes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from tui.model import FileStat

READ_LIMIT = 4 * 1024 * 1024
"""Bytes; larger files are refused (EFBIG): no configuration is that long."""

_LINKS = 40  # as the kernel's MAXSYMLINKS
_STEP = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_MISSING = frozenset((errno.ENOENT, errno.ENOTDIR))


class Tree:
    """Read access to the files below ``base``; paths are absolute within it (a Reader)."""

    def __init__(self, base: str, entering: Callable[[str], None] | None = None) -> None:
        """``entering`` is told each path before anything in it is touched, and may raise ``OSError`` to stop there."""
        self.base = base
        self._entering = entering

    def read(self, path: str) -> bytes:
        """The whole content of a regular file (or of a /proc file); raises EFBIG above 4 MiB, EINVAL on devices."""
        with self._open(path) as fd:
            if not modes.S_ISREG(os.fstat(fd).st_mode):
                kind = errno.EISDIR if modes.S_ISDIR(os.fstat(fd).st_mode) else errno.EINVAL
                raise OSError(kind, os.strerror(kind), path)
            with _reopened(fd, path) as real, open(real, "rb", closefd=False) as file:
                data = file.read(READ_LIMIT + 1)
        if len(data) > READ_LIMIT:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), path)
        return data

    def list(self, path: str) -> list[str]:
        """Names in a directory in byte order."""
        with self._open(path) as fd, _reopened(fd, path, os.O_DIRECTORY) as real:
            return sorted(os.listdir(real), key=os.fsencode)

    def stat(self, path: str, *, follow: bool = True) -> FileStat:
        """What stat, or lstat with ``follow=False``, says."""
        with _Walk(self.base, path, self._entering) as walk:
            walk.run(path, follow)
            return _file_stat(walk.fd)

    def realpath(self, path: str) -> str:
        """The canonical path within the tree; from the first missing part on it is kept as it is."""
        with _Walk(self.base, path, self._entering) as walk:
            try:
                walk.run(path, follow=True)
            except OSError as error:
                if error.errno not in _MISSING:
                    raise
            return walk.with_rest()

    def open_directory(self, path: str) -> int:
        """A directory opened for reading, links on the way to it followed; the caller closes it."""
        with self._open(path) as fd:
            return os.open(f"/proc/self/fd/{fd}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    @contextmanager
    def _open(self, path: str) -> Iterator[int]:
        with _Walk(self.base, path, self._entering) as walk:
            walk.run(path, follow=True)
            yield walk.fd


class _Walk:
    """One walk: a stack of open directories from the base to where it stands."""

    def __init__(self, base: str, path: str, entering: Callable[[str], None] | None) -> None:
        self._path = path
        self._entering = entering
        self._names: list[str] = []
        self._fds = [os.open(base, os.O_PATH | os.O_CLOEXEC)]
        self._todo: list[str] = []

    def __enter__(self) -> _Walk:
        return self

    def __exit__(self, *_: object) -> None:
        self._rewind(0)
        os.close(self._fds.pop())

    @property
    def fd(self) -> int:
        return self._fds[-1]

    def run(self, path: str, follow: bool) -> None:
        self._todo = _parts(path)
        links = 0
        while self._todo:
            name = self._todo[-1]
            if name == "..":
                self._rewind(max(len(self._names) - 1, 0))
                self._todo.pop()
                continue
            target = self._step(name, follow or len(self._todo) > 1)
            self._todo.pop()
            if target is None:
                continue
            links += 1
            if links > _LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), self._path)
            if target.startswith("/"):
                self._rewind(0)
            self._todo += _parts(target)

    def _step(self, name: str, follow: bool) -> str | None:
        """Go into ``name``, or say where the link of that name points."""
        try:
            fd = os.open(name, _STEP, dir_fd=self.fd)
        except OSError as error:
            raise OSError(error.errno, error.strerror, self._path) from None
        try:
            if self._entering is not None:
                self._entering("/" + "/".join([*self._names, name]))
            if follow and modes.S_ISLNK(os.fstat(fd).st_mode):
                return os.readlink("", dir_fd=fd)
            self._fds.append(fd)
            self._names.append(name)
            fd = -1
            return None
        finally:
            if fd >= 0:
                os.close(fd)

    def with_rest(self) -> str:
        names = list(self._names)
        for name in reversed(self._todo):
            if name != "..":
                names.append(name)
            elif names:
                names.pop()
        return "/" + "/".join(names)

    def _rewind(self, depth: int) -> None:
        while len(self._names) > depth:
            self._names.pop()
            os.close(self._fds.pop())


def _parts(path: str) -> list[str]:
    return [part for part in reversed(path.split("/")) if part not in ("", ".")]


@contextmanager
def _reopened(fd: int, path: str, flags: int = 0) -> Iterator[int]:
    """The same file opened for reading, through /proc/self/fd: no second walk, no second chance for a link."""
    try:
        real = os.open(f"/proc/self/fd/{fd}", os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY | flags)
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from None
    try:
        yield real
    finally:
        os.close(real)


def _file_stat(fd: int) -> FileStat:
    found = os.fstat(fd)
    kind: Literal["file", "dir", "link", "other"] = "other"
    target = ""
    if modes.S_ISREG(found.st_mode):
        kind = "file"
    elif modes.S_ISDIR(found.st_mode):
        kind = "dir"
    elif modes.S_ISLNK(found.st_mode):
        kind, target = "link", os.readlink("", dir_fd=fd)
    dev = (os.major(found.st_dev), os.minor(found.st_dev))
    return FileStat(
        kind,
        found.st_size,
        modes.S_IMODE(found.st_mode),
        found.st_uid,
        found.st_gid,
        found.st_mtime_ns,
        found.st_ctime_ns,
        dev,
        found.st_ino,
        target,
    )
