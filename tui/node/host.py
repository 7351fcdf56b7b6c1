"""Host: all that can be asked of a machine; nothing here changes one.

A real node, /host in a debug pod, a root directory, the demo node and a recording in the tests are all just Hosts; the
survey knows no other way to a fact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from tui.model import Credential, Fact, HostInfo, LogLine, Reader, RuntimeAnswer, Usage


@dataclass(frozen=True)
class CommandResult:
    """What a bounded command said. ``status`` None: not run or killed at its time limit (``reason`` says which)."""

    status: int | None
    stdout: bytes
    stderr: bytes
    reason: str = ""


class Host(Reader, Protocol):
    """Read-only access to one machine. ``OSError`` where the machine refuses; nothing here blocks without bound."""

    def info(self) -> HostInfo:
        """Name, kind, root, identity."""
        ...

    def clock(self) -> tuple[float, float]:
        """(wall seconds since the epoch, seconds since boot on the clock of /proc/PID/stat and of systemd's stamps)."""
        ...

    def pids(self) -> list[int]:
        """All process ids; empty where there are no processes (a root directory)."""
        ...

    def proc(self, pid: int, name: str) -> bytes:
        """The content of /proc/PID/name (cmdline, stat, cgroup, mountinfo, environ, ...)."""
        ...

    def proc_link(self, pid: int, name: str) -> str:
        """The target of /proc/PID/name (cwd, exe, root, ns/mnt)."""
        ...

    def open_files(self, pid: int) -> list[str]:
        """Targets of /proc/PID/fd."""
        ...

    def mountinfo(self) -> bytes:
        """The node's own mount table (of PID 1, where /host is a pod's view)."""
        ...

    def statfs(self, mountpoint: str) -> Usage:
        """One statfs, bounded in time: ``TimeoutError`` when the filesystem does not answer."""
        ...

    def unit_show(self, unit: str, properties: Sequence[str]) -> Fact[Mapping[str, tuple[str, ...]]]:
        """``systemctl show``; each property with its values in order, absent ones missing."""
        ...

    def journal(self, unit: str, since_mono: float, limit: int) -> Fact[tuple[LogLine, ...]]:
        """The unit's lines of this boot since then, oldest first; "_kernel" is the kernel.

        Of more than ``limit`` the newest are kept, and a host may add those of the first two minutes.
        """
        ...

    def run(self, argv: Sequence[str], timeout: float) -> CommandResult:
        """Run one of the node's own read-only programs, without a shell; never on a root directory."""
        ...


@runtime_checkable
class Batch(Protocol):
    """What a host may offer besides: the answers to many questions in one call."""

    def statfs_all(self, mountpoints: Sequence[str]) -> Mapping[str, Usage | OSError]:
        """Many statfs, bounded in time together; an ``OSError`` (``TimeoutError``) stands for an answer."""
        ...

    def units_show(
        self, units: Sequence[str], properties: Sequence[str]
    ) -> Mapping[str, Fact[Mapping[str, tuple[str, ...]]]]:
        """:meth:`Host.unit_show` for several units."""
        ...


@runtime_checkable
class Namespaces(Protocol):
    """What a host may offer besides: the files as a process sees them."""

    def seen_by(self, pid: int) -> Reader:
        """A reader through /proc/PID/root."""
        ...


@runtime_checkable
class Directories(Protocol):
    """What a host, or a reader through another process's root, may offer besides: directories to walk."""

    def open_directory(self, path: str) -> int:
        """A descriptor of the directory, links followed inside the root; the caller closes it."""
        ...


@dataclass(frozen=True)
class HttpAnswer:
    """The status of an answer, and its whole body."""

    status: int
    body: bytes


class NoAnswer(Exception):
    """A daemon that was asked gave no answer; the text says why in plain words, and what would help."""


@runtime_checkable
class Answering(Protocol):
    """What a host may offer besides: its daemons answer questions. Both raise :class:`NoAnswer`.

    ``instant``: whether the answers come at once (a simulation, a recording), so that nothing has to wait for them.
    """

    instant: bool

    def ask_runtime(self, endpoint: str, timeout: float) -> RuntimeAnswer:
        """One round of CRI questions to the socket at ``endpoint``, a path on the node; ``timeout`` seconds for all."""
        ...

    def get(self, url: str, credential: Credential | None, timeout: float) -> HttpAnswer:
        """An HTTP GET from inside the node; the credential is shown over https only."""
        ...
