"""Statfs of many mounts at once, none of which can hold anything up.

Local filesystems are asked in daemon threads, those that a server answers in a helper process (statfs_server.py).
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tui.model import Usage
from tui.node.bounded import Bounded

LIMIT_S = 1.0
"""Seconds for all statfs calls of one look together; the kubelet itself gives up at 2 (kubelet-gc.md 2.2)."""


class StatfsPool:
    """``ask(paths)``: each path's usage, its ``OSError``, or ``TimeoutError`` when it does not answer in time."""

    def __init__(self, is_served: Callable[[str], bool], limit_s: float = LIMIT_S) -> None:
        """``is_served``: whether the way to a path leads through a filesystem that a server answers."""
        self._is_served = is_served
        self._helper = _Helper()
        self._bounded = Bounded[Usage](self._one, limit_s)

    def ask(self, paths: Sequence[str]) -> Mapping[str, Usage | OSError]:
        """All answers, within the limit altogether."""
        return self._bounded.ask(paths)

    def _one(self, path: str) -> Usage:
        if self._is_served(path):
            return self._helper.statfs(path)
        found = os.statvfs(path)
        return Usage(found.f_frsize, found.f_blocks, found.f_bfree, found.f_bavail, found.f_files, found.f_ffree)


class _Helper:
    """The helper process, started when it is first needed and again when it has died."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._waiting: dict[str, list[_Reply]] = {}

    def statfs(self, path: str) -> Usage:
        reply = _Reply()
        request = os.fsencode(path).hex()
        with self._lock:
            process = self._started()
            self._waiting.setdefault(request, []).append(reply)
            assert process.stdin is not None
            process.stdin.write(f"{request}\n".encode("ascii"))
            process.stdin.flush()
        reply.came.wait()
        words = reply.words
        if len(words) == 6:
            return Usage(*map(int, words))
        code = int(words[1]) if len(words) == 2 else 0
        raise OSError(code, os.strerror(code) if code else "the statfs helper ended", path)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            script = Path(__file__).with_name("statfs_server.py")
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(script)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
            )
            threading.Thread(target=self._listen, args=(self._process,), daemon=True, name="statfs-helper").start()
        return self._process

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            request, *words = line.decode("ascii").split()
            with self._lock:
                replies = self._waiting.pop(request, [])
            for reply in replies:
                reply.give(words)
        with self._lock:
            lost, self._waiting = self._waiting, {}
        for replies in lost.values():
            for reply in replies:
                reply.give([])


class _Reply:
    def __init__(self) -> None:
        self.came = threading.Event()
        self.words: list[str] = []

    def give(self, words: list[str]) -> None:
        self.words = words
        self.came.set()
