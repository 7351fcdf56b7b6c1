"""The daemons that run: kubelet, containerd and other runtimes, found by what they are, not by their units.

Facts: node-layouts.md 0, containerd-root.md 1.4. psutil is not used: its import alone costs more than all of this.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tui.model import Fact, Mount, Origin, Process
from tui.node.host import Host, Namespaces
from tui.node.mountinfo import table_of

T = TypeVar("T")

NEEDS_ROOT = "needs root (sudo)"

RUNTIMES = {
    "containerd": "containerd",
    "host-containerd": "containerd",
    "crio": "cri-o",
    "cri-dockerd": "cri-dockerd",
    "dockerd": "docker",
}
"""Program names of container runtimes, and what they are."""

_EMBEDDED = frozenset(("k3s", "kubelite"))
_COMM = ("kube", "hyperkube", "k3s", "containerd", "host-containerd", "crio", "cri-dockerd", "dockerd")
_HERTZ = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Daemon:
    """A process that matters. ``role``: "kubelet" or a runtime's kind; ``program``: the name that it was known by.

    ``words``: its command line from that name on, a wrapper before it left out. ``uid``: the real user, -1 unknown.
    """

    pid: int
    ticks: int
    uid: int
    role: str
    program: str
    argv: tuple[str, ...]
    words: tuple[str, ...]

    @property
    def embedded(self) -> str:
        """The program that carries the kubelet inside itself, or ""."""
        return self.program if self.program in _EMBEDDED else ""

    @property
    def started(self) -> float:
        """Seconds since boot."""
        return self.ticks / _HERTZ


class Scanner:
    """Finds daemons; only processes that are new are looked at, and all of them every few seconds."""

    FULL_S = 5.0

    def __init__(self, host: Host) -> None:
        """Nothing is read yet."""
        self._host = host
        self._known: dict[int, Daemon | None] = {}
        self._full = float("-inf")
        self.foreign: tuple[int, ...] = ()
        """Pids of kubelets that live in another root directory (in a container): not this node's."""
        self.sees_all = True
        """Whether other users' processes can be seen at all (PID 1 is always there; hidepid hides it)."""

    def scan(self, mono: float) -> tuple[Daemon, ...]:
        """The daemons that run now, the oldest first. Raises ``OSError`` when /proc cannot be listed."""
        if mono - self._full >= self.FULL_S:
            self._known, self._full = {}, mono
        self._known = {pid: self._look(pid) for pid in self._host.pids()}
        self.sees_all = 1 in self._known
        found = sorted((one for one in self._known.values() if one is not None), key=lambda one: (one.ticks, one.pid))
        own = tuple(one for one in found if _same_root(self._host, one.pid))
        self.foreign = tuple(one.pid for one in found if one.role == "kubelet" and one not in own)
        return own

    def _look(self, pid: int) -> Daemon | None:
        if pid not in self._known:
            return recognise(self._host, pid)
        known = self._known[pid]
        return known if known is None or _ticks(self._host, pid) == known.ticks else recognise(self._host, pid)


def recognise(host: Host, pid: int) -> Daemon | None:
    """What the process is, or None: its short name first, which is cheap, then its command line."""
    try:
        if not host.proc(pid, "comm").startswith(tuple(name.encode() for name in _COMM)):
            return None
        argv = words_of(host.proc(pid, "cmdline"))
    except OSError:
        return None
    ticks = _ticks(host, pid)
    named = _named(argv)
    if ticks is None or named is None:
        return None
    role, program, words = named
    return Daemon(pid, ticks, _uid(host, pid), role, program, argv, words)


def words_of(cmdline: bytes) -> tuple[str, ...]:
    """/proc/PID/cmdline as words; k3s overwrites it with one string and pads it with NULs."""
    words = cmdline.rstrip(b"\0").split(b"\0") if cmdline.strip(b"\0") else []
    if len(words) == 1 and os.path.basename(words[0].split(b" ")[0]) in (b"k3s", b"rke2"):
        words = words[0].split()
    return tuple(os.fsdecode(word) for word in words)


def _named(argv: Sequence[str]) -> tuple[str, str, tuple[str, ...]] | None:
    names = [os.path.basename(word) for word in argv[:2]]
    for index, name in enumerate(names):
        words = tuple(argv[index:])
        if name == "kubelet" or (name == "kubelite" and index == 0):
            return "kubelet", name, words
        if index == 0 and name == "k3s":
            return ("kubelet", "k3s", words) if words[1:2] in (("server",), ("agent",)) else None
        if index == 0 and name in RUNTIMES:
            return RUNTIMES[name], name, words
    return None


def _ticks(host: Host, pid: int) -> int | None:
    """Field 22 of /proc/PID/stat; the name in field 2 may hold blanks and parentheses. A zombie runs no more."""
    try:
        fields = host.proc(pid, "stat").rpartition(b")")[2].split()
        return None if fields[0] in (b"Z", b"X") else int(fields[19])
    except (OSError, ValueError, IndexError):
        return None


def _uid(host: Host, pid: int) -> int:
    try:
        found = re.search(rb"^Uid:\s+(\d+)", host.proc(pid, "status"), re.MULTILINE)
    except OSError:
        return -1
    return int(found[1]) if found else -1


def _same_root(host: Host, pid: int) -> bool:
    """Whether a process has the node's root directory, in whatever mount namespace; True when it cannot be told."""
    if not isinstance(host, Namespaces):
        return True
    try:
        theirs, ours = host.seen_by(pid).stat("/"), host.stat("/")
    except OSError:
        return True
    return (theirs.dev, theirs.inode) == (ours.dev, ours.inode)


_STEP_S = 0.05
_NEVER: tuple[float, Fact[tuple[str, ...]]] = (float("-inf"), Fact.unknown("not asked"))


class Details:
    """Everything that the model says of a process; what cannot change is read once for each process."""

    RETRY_S = 5.0

    def __init__(self, host: Host) -> None:
        """Nothing is read yet."""
        self._host = host
        self._boot_wall = float("-inf")
        self._fixed: dict[tuple[int, int], tuple[Fact[str], Fact[str], Fact[str]]] = {}
        self._files: dict[tuple[int, int], tuple[float, Fact[tuple[str, ...]]]] = {}

    def process(self, daemon: Daemon, wall: float, mono: float, mountinfo: bytes) -> Process:
        """``mountinfo``: the node's own table as just read."""
        same, mounts = self._mounts(daemon.pid, mountinfo)
        exe, cwd, unit = self._unchanging(daemon)
        return Process(
            daemon.pid,
            daemon.argv,
            daemon.started,
            round(self._boot(wall - mono) + daemon.started, 2),
            exe,
            cwd,
            unit,
            same,
            mounts,
            databases(self.open_files(daemon, mono), daemon.pid),
        )

    def _boot(self, wall: float) -> float:
        """The wall clock at boot; kept as it is until somebody sets the clock: two readings always differ a little."""
        if abs(wall - self._boot_wall) > _STEP_S:
            self._boot_wall = wall
        return self._boot_wall

    def open_files(self, daemon: Daemon, mono: float) -> Fact[tuple[str, ...]]:
        """Targets of /proc/PID/fd, at most a few seconds old; kept once a daemon has its database open."""
        key = (daemon.pid, daemon.ticks)
        when, known = self._files.get(key, _NEVER)
        if mono - when < self.RETRY_S or any(name.endswith("/meta.db") for name in known.value or ()):
            return known
        where = f"/proc/{daemon.pid}/fd"
        found = asked(lambda: tuple(self._host.open_files(daemon.pid)), where)
        self._files = {key: (mono, found), **{other: kept for other, kept in self._files.items() if other != key}}
        return found

    def _unchanging(self, daemon: Daemon) -> tuple[Fact[str], Fact[str], Fact[str]]:
        key = (daemon.pid, daemon.ticks)
        if key not in self._fixed:
            pid = daemon.pid
            exe = asked(lambda: self._host.proc_link(pid, "exe"), f"/proc/{pid}/exe")
            cwd = asked(lambda: self._host.proc_link(pid, "cwd"), f"/proc/{pid}/cwd")
            self._fixed[key] = (exe, cwd, unit_of(self._host, pid))
        return self._fixed[key]

    def _mounts(self, pid: int, ours: bytes) -> tuple[Fact[bool], Fact[tuple[Mount, ...]]]:
        """Two processes in one mount namespace read the same table, ids included; in two the ids always differ."""
        origin = Origin("proc", f"/proc/{pid}/mountinfo")
        try:
            theirs = self._host.proc(pid, "mountinfo")
            same = theirs == ours or theirs == self._host.mountinfo()
        except OSError as error:
            reason = why_not(error)
            return Fact.unknown(reason), Fact.unknown(reason)
        return Fact(same, origin), Fact(table_of(theirs).mounts, origin)


def databases(files: Fact[tuple[str, ...]], pid: int) -> Fact[tuple[str, ...]]:
    """The bolt databases among open files (containerd-root.md 1.4)."""
    if files.value is None:
        return Fact.unknown(files.reason)
    names = tuple(sorted({name for name in files.value if name.startswith("/") and name.endswith(".db")}))
    return Fact(names, files.origin)


def unit_of(host: Host, pid: int) -> Fact[str]:
    """The systemd unit that holds the process, by its cgroup; known and "" when it is in none."""
    where = f"/proc/{pid}/cgroup"
    try:
        text = os.fsdecode(host.proc(pid, "cgroup"))
    except OSError as error:
        return Fact.unknown(why_not(error))
    paths = {line.split(":", 2)[1]: line.split(":", 2)[2] for line in text.splitlines() if line.count(":") >= 2}
    for controller in ("name=systemd", "", *paths):
        units = re.findall(r"[^/]+\.service(?=/|$)", paths.get(controller, ""))
        if units:
            return Fact(units[-1], Origin("proc", where, None, paths[controller]))
    return Fact("", Origin("proc", where))


def listening(host: Host, pid: int, files: Sequence[str]) -> tuple[str, ...]:
    """Paths of the unix sockets that the process holds open: those in /proc/PID/net/unix whose inode it has."""
    inodes = {name[8:-1] for name in files if name.startswith("socket:[")}
    try:
        table = host.proc(pid, "net/unix")
    except OSError:
        return ()
    rows = (line.split(maxsplit=7) for line in os.fsdecode(table).splitlines())
    return tuple(sorted({row[7] for row in rows if len(row) == 8 and row[6] in inodes and row[7].startswith("/")}))


def environment(host: Host, pid: int) -> Mapping[str, str]:
    """The environment that the process was started with. Raises ``OSError``."""
    pairs = (os.fsdecode(word).partition("=") for word in host.proc(pid, "environ").split(b"\0") if word)
    return {name: value for name, _, value in pairs}


def why_not(error: OSError) -> str:
    """The reason for a fact that an ``OSError`` keeps from us."""
    if isinstance(error, PermissionError):
        return NEEDS_ROOT
    return error.strerror or str(error) or type(error).__name__


def asked(ask: Callable[[], T], where: str) -> Fact[T]:
    """A fact from /proc, or unknown with the reason."""
    try:
        return Fact(ask(), Origin("proc", where))
    except OSError as error:
        return Fact.unknown(why_not(error))
