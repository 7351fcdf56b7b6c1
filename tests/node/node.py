"""One node: a Debian 12 with systemd on disks of its own, booted by systemd-nspawn and entered with nsenter."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.node import files
from tests.node.disks import Disk
from tests.node.lab import Lab
from tests.node.shell import run

SYSTEM_CALLS = "add_key keyctl bpf request_key"
START = """set -e
mount "$1" "$2"
cp -a "$3/." "$2/"
umount "$2"
mount "$1" "$2"
shift 3
exec "$@"
"""


class Node:
    """A node of a lab; ``disks`` by name, "root" among them. It runs between :meth:`boot` and :meth:`close`."""

    def __init__(
        self, lab: Lab, name: str, *, root: Path | None = None, disks: Mapping[str, Disk] | None = None
    ) -> None:
        self.lab = lab
        self.name = f"{lab.name}-{name}".replace("_", "-")
        self.folder = lab.folder / name
        self.mount = self.folder / "mnt"
        self.stage = self.folder / "stage"
        self.disks: dict[str, Disk] = {"root": lab.copy(root or lab.base(), f"{name}-root"), **(disks or {})}
        self.mount.mkdir(parents=True)
        self.stage.mkdir()
        self.pid = 0
        self._outer: subprocess.Popen[bytes] | None = None
        lab.register(self)

    @property
    def outer_pid(self) -> int:
        """The process, on the machine, in whose mount namespace the node's disk is mounted."""
        assert self._outer is not None
        return self._outer.pid

    def put(self, path: str, text: str | bytes, mode: int | None = None) -> None:
        """A file that is there when the node boots."""
        target = self.stage / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        data = text if isinstance(text, bytes) else text.encode()
        target.write_bytes(data)
        target.chmod(mode or (0o755 if data.startswith(b"#!") else 0o644))

    def link(self, path: str, target: str) -> None:
        """A symbolic link that is there when the node boots."""
        where = self.stage / path.lstrip("/")
        where.parent.mkdir(parents=True, exist_ok=True)
        where.unlink(missing_ok=True)
        where.symlink_to(target)

    def enable(self, unit: str) -> None:
        """Have a unit of /etc/systemd/system started at boot."""
        self.link(f"/etc/systemd/system/multi-user.target.wants/{unit}", f"/etc/systemd/system/{unit}")

    def boot(self, timeout: float = 60) -> float:
        """Start PID 1 and wait until systemd has finished starting; returns the seconds it took."""
        began = time.monotonic()
        for path, text in files.preparation([d.minor for d in self.disks.values()]).items():
            self.put(path, text)
        self.link("/etc/systemd/system/sysinit.target.wants/node-prepare.service", "../node-prepare.service")
        nspawn = [
            "systemd-nspawn", "-D", str(self.mount), "--boot", "--register=no", "--keep-unit", "--private-network",
            "--capability=all", f"--system-call-filter={SYSTEM_CALLS}", f"--machine=n{self.name[-60:]}",
            "--console=pipe",
        ]  # fmt: skip
        with open(self.folder / "console", "ab") as console:
            self._outer = subprocess.Popen(
                ["unshare", "-m", "--propagation", "slave", "sh", "-c", START, "sh", self.disks["root"].device]
                + [str(self.mount), str(self.stage), *nspawn],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
            )
        self._find_init(began + timeout)
        self._await_running(began + timeout)
        return time.monotonic() - began

    def _find_init(self, deadline: float) -> None:
        assert self._outer is not None
        while time.monotonic() < deadline:
            for child in _children(self._outer.pid):
                if Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                    self.pid = child
                    return
            if self._outer.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError(f"the node did not start:\n{self.console()}")

    def _await_running(self, deadline: float) -> None:
        state = ""
        while time.monotonic() < deadline:
            state = self.run(["systemctl", "is-system-running"], check=False).strip()
            if state in {"running", "degraded"}:
                shutil.rmtree(self.stage)
                self.stage.mkdir()
                return
            time.sleep(0.2)
        raise RuntimeError(f"the node is still {state!r}:\n{self.console()}")

    def console(self) -> str:
        """What the node wrote on its console."""
        return (self.folder / "console").read_text(errors="replace")[-4000:]

    def argv(self, words: Sequence[str]) -> list[str]:
        """The command line, on the machine, that runs ``words`` inside the node."""
        return ["nsenter", "-t", str(self.pid), "-a", "env", "-i", *files.ENVIRONMENT, *words]

    def run(self, words: Sequence[str], *, timeout: float = 120, check: bool = True, stdin: bytes | None = None) -> str:
        """Run a command inside as root."""
        return run(self.argv(words), timeout=timeout, check=check, stdin=stdin)

    def write(self, path: str, text: str | bytes) -> None:
        """Write a file inside the running node (in place, as an editor without tricks would)."""
        data = text if isinstance(text, bytes) else text.encode()
        self.run(["sh", "-c", 'mkdir -p "$(dirname "$1")" && cat > "$1"', "sh", path], stdin=data)

    def read(self, path: str) -> str:
        """A file of the running node."""
        return self.run(["cat", path])

    def device(self, disk: str) -> str:
        """The disk's device path inside the node; made there if the disk came after the boot."""
        minor = self.disks[disk].minor
        self.run(["sh", "-c", f"[ -b /dev/loop{minor} ] || mknod /dev/loop{minor} b 7 {minor}"])
        return f"/dev/loop{minor}"

    def journal(self, unit: str) -> str:
        """The unit's messages of this boot; "_kernel" is not to be had in a container."""
        return self.run(["journalctl", "-b", "-u", unit, "-o", "cat", "--no-pager"])

    def wait_journal(self, unit: str, pattern: str, timeout: float) -> re.Match[str]:
        """Wait until a message of the unit matches; raises ``TimeoutError`` with the journal's end."""
        deadline = time.monotonic() + timeout
        while True:
            found = re.search(pattern, self.journal(unit))
            if found:
                return found
            if time.monotonic() > deadline:
                raise TimeoutError(f"{unit} never said {pattern!r}:\n{self.journal(unit)[-3000:]}")
            time.sleep(0.5)

    def wait_for(self, words: Sequence[str], timeout: float = 30, pattern: str = ".") -> str:
        """Run a command again and again until its output matches; raises ``TimeoutError`` with what it said last."""
        deadline = time.monotonic() + timeout
        while True:
            said = self.run(words, check=False)
            if re.search(pattern, said):
                return said
            if time.monotonic() > deadline:
                raise TimeoutError(f"{list(words)} never answered {pattern!r}:\n{said[-3000:]}")
            time.sleep(0.3)

    def reboot(self) -> float:
        """A clean shutdown and a boot of the same disks."""
        self.poweroff()
        return self.boot()

    def poweroff(self, timeout: float = 120) -> None:
        """A clean shutdown."""
        assert self._outer is not None
        self.run(["systemctl", "poweroff"], check=False)
        self._outer.wait(timeout)
        self._outer, self.pid = None, 0

    def cut(self, label: str) -> dict[str, Path]:
        """The power fails now: reflink copies of the backing files, by disk name; the node itself runs on."""
        taken = {}
        for name, disk in self.disks.items():
            target = self.lab.store / f"cut-{label}-{name}.img"
            run(["cp", "--reflink=always", disk.path, target])
            taken[name] = target
        return taken

    def close(self) -> None:
        """Kill the node and wait for it; the lab then takes its disks away."""
        if self._outer is None:
            return
        if self.pid:
            _kill(self.pid)
        try:
            self._outer.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self._outer.pid, signal.SIGKILL)
            self._outer.wait(30)
        self._outer, self.pid = None, 0


def _children(pid: int) -> list[int]:
    try:
        words = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [int(word) for word in words]


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
