"""Another root directory: the disk of a node that is not running, mounted somewhere here (``--root DIR``).

Nothing inside is executed and nothing in it is taken for live: no processes, no journal, no units in force.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from tui.model import Fact, FileStat, HostInfo, LogLine, Usage
from tui.node import identity
from tui.node.host import CommandResult
from tui.node.machine import Machine, Names, Pids
from tui.node.tree import Tree

_DEAD = "a root directory has no {}"


class RootDir:
    """The files below ``directory``; its mounts are those that are visible below it on the present machine.

    What DIR/etc/fstab would mount is not there and is not shown as a mount.
    """

    def __init__(self, directory: str) -> None:
        """Raises ``OSError`` when ``directory`` is none."""
        if not os.path.isdir(directory):
            raise NotADirectoryError(20, "not a directory", directory)
        real = os.path.realpath(directory)
        self._base = real if os.path.samefile(real, directory) else os.path.abspath(directory)  # /proc/PID/root is "/"
        self._files = Tree(self._base)
        self._here = Machine()

    def info(self) -> HostInfo:
        """The name and system that the files tell; the identity of who looks."""
        found = identity.host_info(self, "root-dir", self._base)
        return HostInfo(found.name, found.kind, found.root, found.euid, found.os, None, found.systemd)

    def clock(self) -> tuple[float, float]:
        """The present machine's clocks."""
        return self._here.clock()

    def read(self, path: str) -> bytes:
        """See Reader."""
        return self._files.read(path)

    def list(self, path: str) -> Names:
        """See Reader."""
        return self._files.list(path)

    def stat(self, path: str, *, follow: bool = True) -> FileStat:
        """See Reader."""
        return self._files.stat(path, follow=follow)

    def realpath(self, path: str) -> str:
        """See Reader."""
        return self._files.realpath(path)

    def open_directory(self, path: str) -> int:
        """A directory opened for reading; the caller closes it."""
        return self._files.open_directory(path)

    def pids(self) -> Pids:
        """None."""
        return []

    def proc(self, pid: int, name: str) -> bytes:
        """Never."""
        raise ProcessLookupError(3, _DEAD.format("processes"), f"/proc/{pid}/{name}")

    def proc_link(self, pid: int, name: str) -> str:
        """Never."""
        raise ProcessLookupError(3, _DEAD.format("processes"), f"/proc/{pid}/{name}")

    def open_files(self, pid: int) -> Names:
        """Never."""
        raise ProcessLookupError(3, _DEAD.format("processes"), f"/proc/{pid}/fd")

    def mountinfo(self) -> bytes:
        """The present machine's mounts at and below the directory, mountpoints relative to it.

        When the directory itself is no mountpoint its own filesystem comes first, as "/", with the part that it is.
        """
        data = self._here.mountinfo()
        lines = data.split(b"\n")
        base = _escaped(self._base)
        below = [_moved(line, base) for line in lines if _is_below(line, base)]
        if not any(line.split(b" ", 5)[4] == b"/" for line in below):
            held = self._here.holder(self._base)
            own = [line for line in lines if held is not None and line.startswith(b"%d " % held.mount_id)]
            below = [_as_root(line, base) for line in own[:1]] + below
        return b"\n".join(below) + b"\n"

    def statfs(self, mountpoint: str) -> Usage:
        """One statfs, bounded in time."""
        return self._here.statfs(self._outside(mountpoint))

    def statfs_all(self, mountpoints: Sequence[str]) -> Mapping[str, Usage | OSError]:
        """Many statfs, bounded in time together."""
        asked = {path: self._outside(path) for path in mountpoints}
        answers = self._here.statfs_all(list(asked.values()))
        return {path: answers[real] for path, real in asked.items()}

    def unit_show(self, unit: str, properties: Sequence[str]) -> Fact[Mapping[str, tuple[str, ...]]]:
        """Unknown."""
        return Fact.unknown(_DEAD.format("running systemd"))

    def journal(self, unit: str, since_mono: float, limit: int) -> Fact[tuple[LogLine, ...]]:
        """Unknown: whatever lies in var/log/journal is of boots that are over."""
        return Fact.unknown(_DEAD.format("journal of a running boot"))

    def run(self, argv: Sequence[str], timeout: float) -> CommandResult:
        """Never."""
        return CommandResult(None, b"", b"", "nothing inside a root directory is executed")

    def _outside(self, mountpoint: str) -> str:
        return self._base if mountpoint == "/" else self._base.rstrip("/") + mountpoint


def _escaped(path: str) -> bytes:
    """A path as mountinfo writes it."""
    data = os.fsencode(path)
    for byte in b"\\ \t\n":  # the backslash first: the others bring new ones
        data = data.replace(bytes((byte,)), b"\\%03o" % byte)
    return data


def _is_below(line: bytes, base: bytes) -> bool:
    fields = line.split(b" ", 5)
    return len(fields) == 6 and (fields[4] == base or fields[4].startswith(base.rstrip(b"/") + b"/"))


def _moved(line: bytes, base: bytes) -> bytes:
    fields = line.split(b" ", 5)
    fields[4] = fields[4][len(base.rstrip(b"/")) :] or b"/"
    return b" ".join(fields)


def _as_root(line: bytes, base: bytes) -> bytes:
    """The mount that holds the directory, as if the directory's part of it had been mounted on "/"."""
    fields = line.split(b" ", 5)
    inside = base[len(fields[4].rstrip(b"/")) :]
    fields[3] = (fields[3].rstrip(b"/") + inside) or b"/"
    fields[4] = b"/"
    return b" ".join(fields)
