"""A Host made of a directory and of whatever processes, mounts and answers a test gives it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tui.model import Fact, FileStat, HostInfo, LogLine, Origin, Usage
from tui.node.host import CommandResult
from tui.node.tree import Tree

Names = list[str]
Pids = list[int]

BOOT_WALL = 1_800_000_000.0
ROOT_MOUNT = b"1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"


@dataclass
class FakeProcess:
    """``files``: /proc/PID/NAME; ``links``: its links, an ``OSError`` stands for a refusal."""

    argv: Sequence[str]
    started: float = 10.0
    unit: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    links: dict[str, str | OSError] = field(default_factory=dict)
    opened: list[str] | OSError = field(default_factory=list)


class NodeDouble:
    """All of Host; what was asked is counted in ``asked``."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.files = Tree(str(directory))
        self.mono = 1000.0
        self.processes: dict[int, FakeProcess] = {}
        self.table = ROOT_MOUNT
        self.disks: dict[str, Usage | OSError] = {}
        self.units: dict[str, Mapping[str, tuple[str, ...]]] = {}
        self.lines: dict[str, list[LogLine]] = {}
        self.commands: dict[tuple[str, ...], CommandResult] = {}
        self.asked: list[str] = []
        self.kind = "node"

    def write(self, path: str, text: str) -> Path:
        """A file of the node."""
        place = self.directory / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        return place

    def info(self) -> HostInfo:
        return HostInfo("double", self.kind, "/", 0)

    def clock(self) -> tuple[float, float]:
        return BOOT_WALL + self.mono, self.mono

    def read(self, path: str) -> bytes:
        self.asked.append(f"read {path}")
        return self.files.read(path)

    def list(self, path: str) -> Names:
        return self.files.list(path)

    def stat(self, path: str, *, follow: bool = True) -> FileStat:
        return self.files.stat(path, follow=follow)

    def realpath(self, path: str) -> str:
        return self.files.realpath(path)

    def pids(self) -> Pids:
        return sorted(self.processes)

    def proc(self, pid: int, name: str) -> bytes:
        if pid not in self.processes:
            raise ProcessLookupError(3, "gone", f"/proc/{pid}")
        process = self.processes[pid]
        short = process.argv[0].rpartition("/")[2][:15]
        made = {
            "comm": f"{short}\n".encode(),
            "cmdline": b"".join(word.encode() + b"\0" for word in process.argv),
            "stat": f"{pid} ({short}) S {'0 ' * 18}{round(process.started * 100)} 0".encode(),
            "status": b"Name:\tx\nUid:\t0\t0\t0\t0\n",
            "cgroup": f"0::/system.slice/{process.unit}\n".encode() if process.unit else b"0::/\n",
            "mountinfo": self.table,
            "environ": b"",
            **process.files,
        }
        if name not in made:
            raise FileNotFoundError(2, "none", f"/proc/{pid}/{name}")
        return made[name]

    def proc_link(self, pid: int, name: str) -> str:
        process = self.processes[pid]
        found = {"cwd": "/", "exe": process.argv[0], **process.links}[name]
        if isinstance(found, OSError):
            raise found
        return found

    def open_files(self, pid: int) -> Names:
        opened = self.processes[pid].opened
        if isinstance(opened, OSError):
            raise opened
        return opened

    def mountinfo(self) -> bytes:
        return self.table

    def statfs(self, mountpoint: str) -> Usage:
        self.asked.append(f"statfs {mountpoint}")
        found = self.disks.get(mountpoint, Usage(4096, 1000, 500, 400, 100, 50))
        if isinstance(found, OSError):
            raise found
        return found

    def unit_show(self, unit: str, properties: Sequence[str]) -> Fact[Mapping[str, tuple[str, ...]]]:
        self.asked.append(f"show {unit}")
        if unit not in self.units:
            return Fact.unknown("no such unit")
        return Fact(self.units[unit], Origin("command", f"systemctl show {unit}"))

    def journal(self, unit: str, since_mono: float, limit: int) -> Fact[tuple[LogLine, ...]]:
        self.asked.append(f"journal {unit}")
        if unit not in self.lines:
            return Fact.unknown("no journal")
        return Fact(tuple(one for one in self.lines[unit] if one.mono >= since_mono), Origin("journal", unit))

    def run(self, argv: Sequence[str], timeout: float) -> CommandResult:
        self.asked.append(f"run {' '.join(argv)}")
        return self.commands.get(tuple(argv), CommandResult(None, b"", b"", "not here"))
