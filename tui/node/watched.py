"""A mountinfo file that is read again only when the kernel says that the table has changed."""

from __future__ import annotations

import os
import select
import time
import weakref

FRESH_S = 10.0
"""Seconds after which it is read anyhow: a filesystem that turns read-only by itself changes without a word."""


class WatchedFile:
    """An open mountinfo; poll() tells whether a mount came or went since the last time it was asked (proc(5))."""

    def __init__(self, path: str) -> None:
        """Raises ``OSError``."""
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._fd)
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLPRI | select.POLLERR)
        self._data: bytes | None = None
        self._read = float("-inf")

    def read(self) -> bytes:
        """The whole file; the same object as before when nothing has changed."""
        changed = bool(self._poll.poll(0))  # before reading: what changes meanwhile shows the next time
        now = time.monotonic()
        if self._data is not None and not changed and now - self._read < FRESH_S:
            return self._data
        os.lseek(self._fd, 0, os.SEEK_SET)
        parts = iter(lambda: os.read(self._fd, 1 << 20), b"")
        data = b"".join(parts)
        if data != self._data:
            self._data = data
        self._read = now
        return self._data if self._data is not None else data
