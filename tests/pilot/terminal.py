"""A terminal for tests: a pty, the app at the other end, and pyte to see what a person would."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pyte

ROOT = Path(__file__).resolve().parents[2]


class Terminal:
    """What the app wrote, and what the screen shows."""

    def __init__(self, words: list[str], size: tuple[int, int], env: dict[str, str]) -> None:
        """Start ``python -m tests.pilot.play`` with these words."""
        self.screen = pyte.Screen(*size)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        base = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "COLORTERM")}
        base |= {"TERM": "xterm-256color", "TEXTUAL_ANIMATIONS": "none", "TZ": "UTC", "PYTHONPATH": str(ROOT)} | env
        argv = [sys.executable, "-m", "tests.pilot.play", *words]
        self.process = subprocess.Popen(
            argv, stdin=slave, stdout=slave, stderr=slave, env=base, cwd=ROOT, close_fds=True
        )
        os.close(slave)

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self._master, keys)

    def settle(self, quiet: float = 0.4, until: str = "", limit: float = 20.0) -> bytes:
        """Read until nothing has come for ``quiet`` seconds (and ``until`` is on the screen); what came."""
        came = b""
        end, last = time.monotonic() + limit, time.monotonic()
        while time.monotonic() < end:
            if select.select([self._master], [], [], 0.05)[0]:
                try:
                    data = os.read(self._master, 65536)
                except OSError:  # the other end is closed
                    break
                came += data
                self.stream.feed(data)
                last = time.monotonic()
            elif time.monotonic() - last > quiet and until in "\n".join(self.screen.display):
                break
        self.raw += came
        return came

    def close(self) -> None:
        """End the process that was started here."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._master)


@contextlib.contextmanager
def terminal(*words: str, size: tuple[int, int] = (120, 40), **env: str) -> Iterator[Terminal]:
    """The app over a sample on a terminal of this size."""
    shown = Terminal(list(words), size, env)
    try:
        yield shown
    finally:
        shown.close()
