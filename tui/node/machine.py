"""The machine this runs on: a node itself, or the node around a debug pod."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from tui.model import Credential, Fact, FileStat, HostInfo, LogLine, Mount, Origin, RuntimeAnswer, Usage
from tui.node import identity
from tui.node.commands import journal_lines, run_bounded, unit_properties
from tui.node.host import CommandResult, HttpAnswer, NoAnswer
from tui.node.mountinfo import MountTable, served, table_of
from tui.node.statfs import StatfsPool
from tui.node.tree import Tree
from tui.node.watched import WatchedFile

Names = list[str]
Pids = list[int]

SHOW_LIMIT_S = 3.0
JOURNAL_LIMIT_S = 5.0
HEAD_S = 120.0
"""Seconds after the start whose journal lines are read too when there are more than the limit since."""

_JOURNAL = ("journalctl", "-o", "json", "--output-fields=MESSAGE,_PID,_SOURCE_MONOTONIC_TIMESTAMP", "--no-pager", "-b")
_CHROOT = "import os, sys, warnings; os.chroot(sys.argv[1]); os.chdir('/'); os.execvp(sys.argv[2], sys.argv[2:])"
_CHECKED_S = 1.0  # an answer of a served filesystem is good for so long


class Machine:
    """A live machine seen through ``proc`` (a /proc of its PID namespace) and ``base`` (its root directory).

    On a node they are ``/proc`` and ``/``. In a debug pod mounts come from PROC/1/mountinfo, and files and statfs go
    through PROC/1/root: the pod's own propagated view of /host may be as old as the kubelet's.
    """

    instant = False

    def __init__(self, proc: str = "/proc", base: str = "/", kind: str = "node", shown_root: str = "/") -> None:
        """``base``: directory that is the node's "/"; ``shown_root``: the words for it on the screen."""
        self._proc = proc
        self._base = base.rstrip("/")
        self._kind = kind
        self._shown_root = shown_root
        self._files = Tree(base, self._entering)
        self._statfs = StatfsPool(lambda path: self._is_served(path.removeprefix(self._base) or "/"))
        self._checked: dict[str, float] = {}
        self._table = MountTable(())
        self._points: frozenset[str] = frozenset()
        self._mountinfo: bytes | None = None
        self._watched: WatchedFile | None = None

    def info(self) -> HostInfo:
        """Who this is; read anew at each call, from files."""
        return identity.host_info(self, self._kind, self._shown_root)

    def clock(self) -> tuple[float, float]:
        """Wall clock, and seconds since boot on the kernel's boot clock (that of /proc/PID/stat)."""
        return time.time(), time.clock_gettime(time.CLOCK_BOOTTIME)

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

    def seen_by(self, pid: int) -> Tree:
        """The files as process ``pid`` sees them, in its own mount namespace."""
        return Tree(f"{self._proc}/{pid}/root")

    def ask_runtime(self, endpoint: str, timeout: float) -> RuntimeAnswer:
        """CRI over a socket of the node; its links are followed inside the node's root."""
        from tui.node.cri import ask

        try:
            path = self._base + self.realpath(endpoint)
        except OSError as error:
            raise NoAnswer(f"{endpoint}: {error.strerror or error}") from error
        return ask(path, timeout=timeout, wall=time.time())

    def get(self, url: str, credential: Credential | None, timeout: float) -> HttpAnswer:
        """A GET from this process; not where its network is another one than the node's."""
        from tui.node.http_get import get

        with suppress(OSError):  # an ordinary user may not see it, and is in the node's network all the same
            if os.readlink(f"{self._proc}/1/ns/net") != os.readlink("/proc/self/ns/net"):
                raise NoAnswer("not asked: this is another network namespace than the node's (hostNetwork: true)")
        return get(url, credential, timeout)

    def pids(self) -> Pids:
        """All process ids."""
        return [int(name) for name in os.listdir(self._proc) if name.isdigit()]

    def proc(self, pid: int, name: str) -> bytes:
        """The content of /proc/PID/name."""
        with open(f"{self._proc}/{pid}/{name}", "rb") as file:
            return file.read()

    def proc_link(self, pid: int, name: str) -> str:
        """The target of /proc/PID/name."""
        return os.readlink(f"{self._proc}/{pid}/{name}")

    def open_files(self, pid: int) -> Names:
        """Targets of /proc/PID/fd; descriptors closed meanwhile are left out."""
        directory = f"{self._proc}/{pid}/fd"
        targets = []
        for name in os.listdir(directory):
            with suppress(FileNotFoundError):
                targets.append(os.readlink(f"{directory}/{name}"))
        return targets

    def mountinfo(self) -> bytes:
        """The node's mount table: of this process, or in a debug pod of PID 1."""
        if self._watched is None:
            who = "self" if self._kind == "node" else "1"
            self._watched = WatchedFile(f"{self._proc}/{who}/mountinfo")
        data = self._watched.read()
        if data is not self._mountinfo:
            self._table = table_of(data)
            self._points = frozenset(mount.mountpoint for mount in self._table.mounts if served(mount.fstype)) - {"/"}
            self._mountinfo = data
        return data

    def holder(self, path: str) -> Mount | None:
        """The mount in which a resolved path lies."""
        self.mountinfo()
        return self._table.holder(path)

    def statfs(self, mountpoint: str) -> Usage:
        """One statfs; ``TimeoutError`` when it does not answer within a second."""
        answer = self.statfs_all([mountpoint])[mountpoint]
        if isinstance(answer, OSError):
            raise answer
        return answer

    def statfs_all(self, mountpoints: Sequence[str]) -> Mapping[str, Usage | OSError]:
        """Many statfs, a second for all of them; a path whose last call still hangs is not asked again."""
        asked = {path: (self._base + path).rstrip("/") or "/" for path in mountpoints}
        answers = self._statfs.ask(list(asked.values()))
        return {path: answers[real] for path, real in asked.items()}

    def unit_show(self, unit: str, properties: Sequence[str]) -> Fact[Mapping[str, tuple[str, ...]]]:
        """``systemctl show`` of one unit."""
        return self.units_show([unit], properties)[unit]

    def units_show(
        self, units: Sequence[str], properties: Sequence[str]
    ) -> Mapping[str, Fact[Mapping[str, tuple[str, ...]]]]:
        """``systemctl show`` of several units in one call; the stamps are put on the clock of :meth:`clock`."""
        if not self._has_systemd():
            return {unit: Fact.unknown("systemd does not run here") for unit in units}
        found = self.run(["systemctl", "show", f"--property={','.join(properties)}", "--", *units], SHOW_LIMIT_S)
        blocks = unit_properties(found.stdout)
        if found.status != 0 or len(blocks) != len(units):
            said = found.stderr.decode("utf-8", "surrogateescape").strip().split("\n")[0]
            reason = found.reason or said or "systemctl show gave no answer"
            return {unit: Fact.unknown(reason) for unit in units}
        origin = Origin("command", f"systemctl show {' '.join(units)}" if len(units) < 3 else "systemctl show")
        return {unit: Fact(_on_boot_clock(block), origin) for unit, block in zip(units, blocks, strict=True)}

    def journal(self, unit: str, since_mono: float, limit: int) -> Fact[tuple[LogLine, ...]]:
        """``journalctl`` of this boot, bounded in time and lines; with the first two minutes if there are too many."""
        kernel = unit == "_kernel"
        which = ["-k"] if kernel else ["-u", unit]
        wall, mono = self.clock()
        # Asked by wall clock with some room, then cut by the boot clock: the wall clock may have stepped.
        since = [] if kernel else [f"--since=@{int(wall - (mono - since_mono)) - 60}"]
        # Backwards: with --since alone, -n means the first lines to older journalctl (seen: systemd 252).
        newest = self.run([*_JOURNAL, *which, *since, "-r", "-n", str(limit)], JOURNAL_LIMIT_S)
        trouble = _journal_trouble(newest)
        if trouble:
            return Fact.unknown(trouble)
        lines = _since(journal_lines(newest.stdout, kernel)[::-1], since_mono)
        if len(lines) >= limit and not kernel:
            until = f"--until=@{int(wall - (mono - since_mono) + HEAD_S)}"
            head = self.run([*_JOURNAL, *which, *since, until, "-n", str(limit)], JOURNAL_LIMIT_S)
            first = lines[0].mono
            lines = (
                *(line for line in _since(journal_lines(head.stdout, kernel), since_mono) if line.mono < first),
                *lines,
            )
        return Fact(lines, Origin("journal", "journalctl " + " ".join(which)))

    def run(self, argv: Sequence[str], timeout: float) -> CommandResult:
        """Run one of the node's programs; in a debug pod within the node's root (chroot)."""
        prefix = [sys.executable, "-I", "-S", "-c", _CHROOT, self._base] if self._base else []
        return run_bounded([*prefix, *argv], timeout)

    def _has_systemd(self) -> bool:
        """Whether systemd is the init (sd_booted)."""
        try:
            return self.stat("/run/systemd/system", follow=False).kind == "dir"
        except OSError:
            return False

    def _is_served(self, path: str) -> bool:
        self.mountinfo()
        return any(served(mount.fstype) for mount in self._table.on_the_way(path) if mount.mountpoint != "/")

    def _entering(self, path: str) -> None:
        """Before files on a served filesystem are touched it must have answered a statfs."""
        if path not in self._points or time.monotonic() - self._checked.get(path, -_CHECKED_S) < _CHECKED_S:
            return
        self.statfs(path)
        self._checked[path] = time.monotonic()


def _since(lines: tuple[LogLine, ...], since_mono: float) -> tuple[LogLine, ...]:
    ahead = _slept()
    shifted = (LogLine(line.wall, line.mono + ahead, line.pid, line.message) if ahead else line for line in lines)
    return tuple(line for line in shifted if line.mono >= since_mono)


def _slept() -> float:
    """Seconds that the boot clock is ahead of the monotonic one: the machine's sleep. 0 on all but laptops."""
    ahead = time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)
    return ahead if ahead > 1 else 0.0


def _on_boot_clock(block: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    ahead = round(_slept() * 1e6)
    if not ahead:
        return block
    return {
        name: tuple(str(int(value) + ahead) if value.isdigit() and value != "0" else value for value in values)
        if name.endswith("TimestampMonotonic")
        else values
        for name, values in block.items()
    }


def _journal_trouble(found: CommandResult) -> str:
    """Why journalctl's answer is no answer, "" if it is one."""
    said = found.stderr.decode("utf-8", "surrogateescape").strip()
    if "not seeing messages" in said or "nsufficient permissions" in said:
        return "the journal needs root (sudo) or the group systemd-journal"
    if "No journal files were found" in said:
        return "no journal is kept here"
    if found.status == 0:
        return ""
    return found.reason or said.split("\n")[0] or "journalctl gave no answer"
