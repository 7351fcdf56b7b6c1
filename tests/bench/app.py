"""From the start of the process to the first full dashboard on a terminal, beside a bare Textual app."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence

import pyte

from tests.bench.report import ENVIRON

COLUMNS, LINES = 120, 40
LIMIT_S = 30.0
FULL = ("Disks", "containerd root", "kubelet thresholds", "What fires next", "/mnt/images", "image GC")
"""Words that only a dashboard with a first look on it shows."""


def race() -> Mapping[str, Callable[[], float]]:
    """What runs against what."""
    return {
        "Textual hello, world": lambda: first_screen([sys.executable, "-m", "tests.bench.hello"], ("hello, world",)),
        "imagegc demo, full dashboard": lambda: first_screen([sys.executable, "-m", "tui", "demo"], FULL),
    }


def first_screen(argv: Sequence[str], words: Sequence[str]) -> float:
    """Seconds until all ``words`` stand on a terminal of 120x40; the program is ended then."""
    screen = pyte.Screen(COLUMNS, LINES)
    stream = pyte.ByteStream(screen)
    began = time.perf_counter()
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        environ = {**ENVIRON, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        os.execve(argv[0], list(argv), environ)
    try:
        while (took := time.perf_counter() - began) < LIMIT_S:
            if select.select([fd], [], [], 0.5)[0]:
                stream.feed(os.read(fd, 1 << 16))
            shown = "\n".join(screen.display)
            if all(word in shown for word in words):
                return took
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(fd)
    raise SystemExit(f"{' '.join(argv)}: not complete after {LIMIT_S:g} s:\n" + "\n".join(screen.display))
