"""A recorded node (tests/data/recorded/node-*) stands in for a Host.

What a folder holds: mountinfo, NAME.mountinfo, NAME.cmdline (one word a line), NAME.proc-stat, NAME.cwd,
NAME.open-databases, NAME.systemctl-show for each daemon, *.mount.systemctl-show, *.journal.json, statfs.json,
http.json (URL to body), proc-uptime, wall-clock, file-times, and the files themselves under root/. Nothing else is
answered.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from tui.model import Credential, Fact, FileStat, HostInfo, LogLine, Origin, RuntimeAnswer, Usage
from tui.node import identity
from tui.node.commands import journal_lines, unit_properties
from tui.node.host import CommandResult, HttpAnswer, NoAnswer
from tui.node.mountinfo import table_of
from tui.node.tree import Tree

Names = list[str]
Pids = list[int]


class RecordedHost:
    """The folder as a machine, at the instant at which it was recorded."""

    instant = True

    def __init__(self, folder: str | Path, *, journal: bool = True, http: bool = True) -> None:
        """``journal``, ``http`` False: as if nobody could read the journal, ask the kubelet.

        The kubelet's version ends the folder's name.
        """
        self.folder = Path(folder)
        self._journal = journal
        self._asked = http
        self._files = Tree(str(self.folder / "root"))

    def _text(self, name: str) -> str:
        return (self.folder / name).read_text("utf-8", "surrogateescape")

    @cached_property
    def _daemons(self) -> Mapping[int, str]:
        """Pid to the name that its files carry."""
        stats = self.folder.glob("*.proc-stat")
        return {int(path.read_text().split()[0]): path.name.removesuffix(".proc-stat") for path in stats}

    @cached_property
    def _units(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        shown = [unit_properties(path.read_bytes())[0] for path in self.folder.glob("*.systemctl-show")]
        return {unit["Id"][0]: unit for unit in shown if "Id" in unit}

    @cached_property
    def _times(self) -> Mapping[str, tuple[float, float]]:
        path = self.folder / "file-times"
        lines = self._text(path.name).splitlines() if path.exists() else []
        rows = (line.rsplit(" ", 2) for line in lines if line.strip())
        return {path: (float(written), float(touched)) for path, written, touched in rows}

    @cached_property
    def _statfs(self) -> Mapping[str, Mapping[str, int]]:
        found: Mapping[str, Mapping[str, int]] = json.loads(self._text("statfs.json"))
        return found

    @cached_property
    def _directories(self) -> frozenset[str]:
        """Directories that must have existed: those above open databases, and those that were asked for statfs."""
        opened = [
            line for path in self.folder.glob("*.open-databases") for line in path.read_text().split("\n") if line
        ]
        paths = [*(str(parent) for name in opened for parent in Path(name).parents), *self._statfs]
        return frozenset(paths) | {str(parent) for name in self._statfs for parent in Path(name).parents}

    @cached_property
    def _version(self) -> str:
        """What ``kubelet --version`` would have said: as it logged it, else as the folder is named."""
        path = self.folder / "kubelet.journal.json"
        lines = journal_lines(path.read_bytes(), False) if path.exists() else ()
        logged = [found for line in lines for found in re.findall(r'kubeletVersion="v([\d.]+)', line.message)]
        named = self.folder.name.rpartition("-")[2]
        return logged[-1] if logged else named if named.startswith("1.") else ""

    def info(self) -> HostInfo:
        found = identity.host_info(self, "recorded", "/")
        return replace(found, euid=0)

    def clock(self) -> tuple[float, float]:
        return float(self._text("wall-clock")), float(self._text("proc-uptime").split()[0])

    def read(self, path: str) -> bytes:
        return self._files.read(path)

    def list(self, path: str) -> Names:
        return self._files.list(path)

    def stat(self, path: str, *, follow: bool = True) -> FileStat:
        real = self._files.realpath(path) if follow else path
        held = table_of(self.mountinfo()).holder(real)
        dev = held.dev if held else (0, 0)
        try:
            found = self._files.stat(path, follow=follow)
        except FileNotFoundError:
            if real not in self._directories:
                raise
            return FileStat("dir", 4096, 0o755, 0, 0, 0, 0, dev)
        written, touched = self._times.get(real, (0.0, 0.0))
        return replace(found, uid=0, gid=0, mtime_ns=int(written * 1e9), ctime_ns=int(touched * 1e9), dev=dev)

    def realpath(self, path: str) -> str:
        return self._files.realpath(path)

    def pids(self) -> Pids:
        return sorted(self._daemons)

    def proc(self, pid: int, name: str) -> bytes:
        daemon = self._daemons[pid]
        made: Mapping[str, Callable[[], bytes]] = {
            "cmdline": lambda: self._words(daemon),
            "comm": lambda: self._words(daemon).split(b"\0")[0].rpartition(b"/")[2][:15] + b"\n",
            "stat": lambda: (self.folder / f"{daemon}.proc-stat").read_bytes(),
            "mountinfo": lambda: (self.folder / f"{daemon}.mountinfo").read_bytes(),
            "status": lambda: b"Uid:\t0\t0\t0\t0\n",
            "cgroup": lambda: self._cgroup(pid),
        }
        if name not in made:
            raise FileNotFoundError(2, "not recorded", f"/proc/{pid}/{name}")
        return made[name]()

    def _words(self, daemon: str) -> bytes:
        data = (self.folder / f"{daemon}.cmdline").read_bytes().rstrip(b"\n\0")
        return b"".join(word + b"\0" for word in data.replace(b"\n", b"\0").split(b"\0"))

    def _cgroup(self, pid: int) -> bytes:
        groups = [unit["ControlGroup"][0] for unit in self._units.values() if unit.get("MainPID") == (str(pid),)]
        return "".join(f"0::{group}\n" for group in groups).encode()

    def proc_link(self, pid: int, name: str) -> str:
        if name != "cwd":
            raise FileNotFoundError(2, "not recorded", f"/proc/{pid}/{name}")
        return self._text(f"{self._daemons[pid]}.cwd").strip("\n")

    def open_files(self, pid: int) -> Names:
        return [name for name in self._text(f"{self._daemons[pid]}.open-databases").split("\n") if name]

    def mountinfo(self) -> bytes:
        return (self.folder / "mountinfo").read_bytes()

    def statfs(self, mountpoint: str) -> Usage:
        if mountpoint not in self._statfs:
            raise FileNotFoundError(2, "not recorded", mountpoint)
        found = self._statfs[mountpoint]
        names = ("f_frsize", "f_blocks", "f_bfree", "f_bavail", "f_files", "f_ffree")
        return Usage(*(found[name] for name in names))

    def unit_show(self, unit: str, properties: Sequence[str]) -> Fact[Mapping[str, tuple[str, ...]]]:
        if unit not in self._units:
            return Fact.unknown(f"{unit} was not recorded")
        chosen = {name: values for name, values in self._units[unit].items() if name in properties}
        return Fact(chosen, Origin("command", f"systemctl show {unit}"))

    def journal(self, unit: str, since_mono: float, limit: int) -> Fact[tuple[LogLine, ...]]:
        name = "kernel" if unit == "_kernel" else unit.removesuffix(".service")
        path = self.folder / f"{name}.journal.json"
        if not self._journal or not path.exists():
            return Fact.unknown("the journal was left out" if not self._journal else "not recorded")
        lines = journal_lines(path.read_bytes(), unit == "_kernel")
        which = "-k" if unit == "_kernel" else f"-u {unit}"
        return Fact(
            tuple(line for line in lines if line.mono >= since_mono)[-limit:], Origin("journal", f"journalctl {which}")
        )

    def run(self, argv: Sequence[str], timeout: float) -> CommandResult:
        if argv[0].endswith("/kubelet") and list(argv[1:]) == ["--version"] and self._version:
            return CommandResult(0, f"Kubernetes v{self._version}\n".encode(), b"")
        return CommandResult(None, b"", b"", "a recording runs no programs")

    def ask_runtime(self, endpoint: str, timeout: float) -> RuntimeAnswer:
        raise NoAnswer("not asked: CRI was not recorded")

    @cached_property
    def _http(self) -> Mapping[str, Any]:
        path = self.folder / "http.json"
        there = self._asked and path.exists()
        found: Mapping[str, Any] = json.loads(path.read_text("utf-8")) if there else {}
        return found

    def get(self, url: str, credential: Credential | None, timeout: float) -> HttpAnswer:
        """A recorded body; of a refusal it begins with ``HTTP 500``, or with the kubelet's own ``Internal Error``."""
        if url not in self._http:
            raise NoAnswer(f"{url} was not recorded")
        body: str = self._http[url]
        refused = re.match(r"HTTP(?:/\S+)? (\d{3})\b\s*", body)
        status = int(refused[1]) if refused else 500 if body.startswith("Internal Error") else 200
        return HttpAnswer(status, body[refused.end() if refused else 0 :].encode("utf-8", "surrogateescape"))
