"""What a lab leaves on the machine while it runs, found by its folder's name, and how it is taken away."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from tests.node.shell import run

PREFIX = "imagegc-lab-"
_OWNER = "owner"
_OURS = frozenset((b"systemd-nspawn", b"unshare", b"sh", b"cp"))


def parent() -> Path:
    """The directory of the labs' folders."""
    return Path(os.environ.get("IMAGEGC_LAB_DIR", "/var/tmp"))


def own(folder: Path) -> None:
    """Write down which process the folder belongs to."""
    (folder / _OWNER).write_text(f"{os.getpid()} {_started(os.getpid())}\n")


def owner_lives(folder: Path) -> bool | None:
    """Whether the process that made the folder still runs; None when the folder does not say who made it."""
    try:
        pid, started = (folder / _OWNER).read_text().split()
    except (OSError, ValueError):
        return None
    return _started(int(pid)) == started


def of(folder: Path) -> list[str]:
    """Loop devices, mounts and processes that name the folder, and the folder itself."""
    found = [f"loop: {device}" for device in loops(folder)] + [f"mount: {point}" for point in mounts(folder)]
    found += [f"process: {pid} {_cmdline(pid)[:200]!r}" for pid in processes(folder)]
    return found + ([f"folder: {folder}"] if folder.exists() else [])


def loops(folder: Path) -> list[str]:
    """Loop devices whose backing file lies, or lay, in the folder."""
    rows = run(["losetup", "-n", "-O", "NAME,BACK-FILE"]).splitlines()
    return [row.split()[0] for row in rows if f"{folder}/" in row]


def mounts(folder: Path) -> list[str]:
    """Mountpoints in the folder in this namespace, the last mounted first."""
    rows = (line.split() for line in os.fsdecode(Path("/proc/self/mountinfo").read_bytes()).splitlines())
    return [row[4] for row in rows if row[4].startswith(f"{folder}/")][::-1]


def processes(folder: Path) -> list[int]:
    """Processes whose command line names the folder."""
    word = os.fsencode(folder)
    return [pid for pid in _pids() if word in _cmdline(pid)]


def kill_children(folder: Path) -> None:
    """Kill this process's children that name the folder, and all below them, and wait for their end."""
    named = set(processes(folder))
    tops = [pid for pid in _below(os.getpid()) if pid in named]
    _kill([pid for top in tops for pid in (top, *_below(top))])


def remove(folder: Path) -> list[str]:
    """Take away everything of a lab whose owner is gone; what is still there afterwards."""
    tops = [pid for pid in processes(folder) if _cmdline(pid).split(b"\0")[0].rpartition(b"/")[2] in _OURS]
    _kill([pid for top in tops for pid in (top, *_below(top))])
    _detach(folder / "store")  # its own disks first: once it is unmounted they no longer name the folder
    for point in mounts(folder):
        run(["umount", point], check=False)
    _detach(folder)
    shutil.rmtree(folder, ignore_errors=True)
    return of(folder)


def _detach(folder: Path) -> None:
    deadline = time.monotonic() + 20
    while loops(folder) and time.monotonic() < deadline:
        for device in loops(folder):
            run(["losetup", "-d", device], check=False)
        time.sleep(0.1)


def _kill(pids: list[int]) -> None:
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and any(runs(pid) for pid in pids):
        time.sleep(0.02)


def _below(pid: int) -> Iterator[int]:
    """All descendants."""
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:
            continue
        for child in children:
            yield int(child)
            yield from _below(int(child))


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]


def _cmdline(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _stat(pid: int) -> list[str]:
    try:
        return os.fsdecode(Path(f"/proc/{pid}/stat").read_bytes()).rpartition(")")[2].split()
    except OSError:
        return []


def runs(pid: int) -> bool:
    """Whether there is such a process and it has not ended (a zombie has)."""
    fields = _stat(pid)
    return bool(fields) and fields[0] not in "ZX"


def _started(pid: int) -> str:
    """The start time of a running process in ticks, "" when there is none."""
    return _stat(pid)[19] if runs(pid) else ""
