"""One gentle walk over what lies under a runtime's root: allocated bytes and inodes, never off the filesystem."""

from __future__ import annotations

import ctypes
import os
import platform
import stat as modes
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

DEEPEST = 128
"""Directories within each other; what lies deeper is left out, and said to be."""
SHARE = 0.25
"""Of one processor's time, at most, once nobody waits."""

_SLICE_S = 0.02
_EVERY = 64  # entries between two looks at the clock
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_IOPRIO_SET = {"x86_64": 251, "aarch64": 30, "riscv64": 30}
_IDLE = 3 << 13


class Cancelled(Exception):
    """Nobody wants to know any more."""


@dataclass
class Tally:
    """Allocated bytes and inodes."""

    bytes: int = 0
    inodes: int = 0

    def add(self, other: Tally) -> None:
        """Both together."""
        self.bytes += other.bytes
        self.inodes += other.inodes


@dataclass
class Found:
    """What the walk has met so far.

    ``blobs``: digest to (time of arrival, allocated bytes). ``snapshots``: snapshotter to the directories in its
    ``snapshots``. ``parts``: all else by name. ``elsewhere``: entries on other filesystems, ``deep`` and ``refused``:
    directories that were not entered.
    """

    blobs: dict[str, tuple[float, int]] = field(default_factory=dict)
    snapshots: dict[str, dict[str, Tally]] = field(default_factory=dict)
    parts: dict[str, Tally] = field(default_factory=dict)
    scanned: int = 0
    elsewhere: int = 0
    deep: int = 0
    refused: int = 0

    def part(self, name: str) -> Tally:
        """The tally of this name."""
        return self.parts.setdefault(name, Tally())


class Walk:
    """Walks directories into a :class:`Found`; slow on purpose, except while somebody waits."""

    def __init__(self, stop: threading.Event, progress: Callable[[], None], hurry_s: float = 0.0) -> None:
        """``progress`` is called a few times a second; ``hurry_s``: seconds without pauses at the beginning."""
        self.found = Found()
        self._stop = stop
        self._progress = progress
        self._hurried = time.monotonic() + hurry_s
        self._slice = time.monotonic()
        self._told = 0.0
        self._linked: set[tuple[int, int]] = set()

    def entries(self, fd: int) -> list[tuple[str, os.stat_result]]:
        """What stands in a directory with its lstat; entries that vanish and those of other filesystems are left out.

        Raises ``OSError`` when it cannot be listed.
        """
        device = os.fstat(fd).st_dev
        rows = []
        with os.scandir(fd) as listed:
            for entry in listed:
                self._breathe()
                try:
                    status = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                self.found.scanned += 1
                if status.st_dev == device:
                    rows.append((entry.name, status))
                else:
                    self.found.elsewhere += 1
        return rows

    def count(self, status: os.stat_result) -> Tally:
        """What an entry itself takes; of several hard links only the first counts."""
        if status.st_nlink > 1 and not modes.S_ISDIR(status.st_mode):
            key = (status.st_dev, status.st_ino)
            if key in self._linked:
                return Tally()
            self._linked.add(key)
        return Tally(status.st_blocks * 512, 1)

    def below(self, fd: int, tally: Tally, depth: int = 0) -> None:
        """Add everything below an open directory to ``tally``."""
        for name, status in self.entries(fd):
            tally.add(self.count(status))
            if modes.S_ISDIR(status.st_mode):
                self.enter(fd, name, lambda inner: self.below(inner, tally, depth + 1), depth)

    def whole(self, fd: int, name: str, status: os.stat_result, tally: Tally) -> None:
        """Add an entry and everything below it to ``tally``."""
        tally.add(self.count(status))
        if modes.S_ISDIR(status.st_mode):
            self.enter(fd, name, lambda inner: self.below(inner, tally))

    def enter(self, fd: int, name: str, visit: Callable[[int], None], depth: int = 0) -> None:
        """``visit`` a directory of the directory ``fd``: what is no directory any more, or a link by now, is not."""
        if depth >= DEEPEST:
            self.found.deep += 1
            return
        try:
            inner = os.open(name, _DIRECTORY, dir_fd=fd)
        except FileNotFoundError:
            return
        except OSError:
            self.found.refused += 1
            return
        try:
            visit(inner)
        except OSError:
            self.found.refused += 1
        finally:
            os.close(inner)

    def _breathe(self) -> None:
        if self.found.scanned % _EVERY:
            return
        if self._stop.is_set():
            raise Cancelled
        now = time.monotonic()
        if now - self._told > 0.5:
            self._told = now
            self._progress()
        if now < self._hurried:
            self._slice = now
        elif now - self._slice > _SLICE_S:
            if self._stop.wait((now - self._slice) * (1 / SHARE - 1)):
                raise Cancelled
            self._slice = time.monotonic()


def step_back() -> None:
    """Let this thread's reads wait for everybody else's (the idle class of ionice), where the kernel is one we know.

    Its processor time is bounded by pauses, not by ``nice``: a thread that is starved while it holds the interpreter
    would starve the screen with it.
    """
    number = _IOPRIO_SET.get(platform.machine())
    if number is not None:
        ctypes.CDLL(None, use_errno=True).syscall(number, 1, 0, _IDLE)
