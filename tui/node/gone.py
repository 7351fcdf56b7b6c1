"""Disks that were taken away under their mounts: statfs goes on answering from memory, nothing else works."""

from __future__ import annotations

import errno

from tui.model import Mount, Reader

DEVICES = "/sys/dev/block"
AGE_S = 5.0
"""An answer is good for so long."""


class Presence:
    """:func:`gone`, each device asked every few seconds."""

    def __init__(self, reader: Reader) -> None:
        """Nothing is known yet."""
        self._reader = reader
        self._known: dict[tuple[int, int], tuple[float, OSError | None]] = {}

    def gone(self, mount: Mount, mono: float) -> OSError | None:
        """As :func:`gone`; ``mono``: the clock of this look, in seconds."""
        when, known = self._known.get(mount.dev, (float("-inf"), None))
        if mono - when >= AGE_S:
            known = gone(self._reader, mount)
            self._known[mount.dev] = (mono, known)
        return known


def gone(reader: Reader, mount: Mount) -> OSError | None:
    """EIO with the reason when the kernel no longer has the block device of a mount, or has it with no sectors left.

    None where it is there, where it is no block device of its own (major 0), and where sysfs cannot be seen.
    """
    if mount.dev[0] == 0:
        return None
    number = f"{mount.dev[0]}:{mount.dev[1]}"
    try:
        if reader.read(f"{DEVICES}/{number}/size").strip() == b"0":
            return OSError(errno.EIO, f"its disk is gone: block device {number} has no sectors left")
    except FileNotFoundError:
        if _seen(reader, DEVICES) and not _seen(reader, f"{DEVICES}/{number}"):
            return OSError(errno.EIO, f"its disk is gone: there is no block device {number} any more")
    except OSError:
        return None
    return None


def _seen(reader: Reader, path: str) -> bool:
    try:
        reader.stat(path, follow=False)
    except OSError:
        return False
    return True
