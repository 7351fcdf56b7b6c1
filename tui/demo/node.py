"""The demo node: a Host like any other, whose machine is a directory of real files and a simulation, sped up."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from threading import Lock

from tui.containerd.resolve import resolve
from tui.demo import answers, tables
from tui.demo.files import DemoFiles
from tui.demo.kubelet import View
from tui.demo.scenarios import BOOT_WALL, SCENARIOS
from tui.demo.simulation import CONTAINERD_PID, KUBELET_PID, Simulation, disks
from tui.kubelet.devices import partition_table
from tui.kubelet.effective import effective_config
from tui.model import Credential, Fact, HostInfo, LogLine, Origin, RuntimeAnswer, Usage, Word
from tui.node import identity
from tui.node.host import CommandResult, HttpAnswer, NoAnswer
from tui.node.mountinfo import table_of
from tui.systemd.units import load_unit

SPEED = 60.0
"""Seconds of the node in one of the viewer's: the kubelet's five minutes are five seconds."""
MINOR = 32
KUBELET_VERSION = b"Kubernetes v1.32.10\n"
CONTAINERD_VERSION = b"containerd github.com/containerd/containerd 1.6.20 2806fc1057397dbaeefbea0e4e17bddfbd388f38\n"
SOCKET, SOCKET_INODE = "/run/containerd/containerd.sock", 21877


class DemoHost(DemoFiles):
    """A node that tells one of the scenarios; everything else sees it as it sees a real one."""

    speed = SPEED
    instant = True

    def __init__(self, scenario: str = "story", *, seed: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock``: the viewer's seconds; one that stands still freezes the node. Raises ``KeyError``: no scenario."""
        self._scenario = SCENARIOS[scenario]
        self._clock, self._opened = clock, clock()
        self._lock = Lock()
        super().__init__(self._scenario, SPEED)
        self._kubelet_words = self._command("kubelet.service")
        self._containerd_words = self._command("containerd.service")
        self._seen = self._view()
        self._simulation = Simulation(self._scenario, seed, self._seen)

    def _command(self, unit: str) -> tuple[Word, ...]:
        """The words with which systemd started a daemon, from the files themselves."""
        return load_unit(unit, self, hostname="node1").commands[0]

    def _view(self) -> View:
        seen = self._scenario.mounted < self._scenario.kubelet
        mounts = table_of(tables.mountinfo((), image_disk=seen)).mounts
        config = effective_config(self._kubelet_words, self, minor=MINOR, cgroup_v1=False)
        images = resolve(self._containerd_words, self, version=(1, 6, 20)).imagefs.value or ""
        partitions = partition_table(mounts, MINOR)
        return View(config, mounts, partitions, images, self.device, disks(self._scenario))

    def _mono(self) -> float:
        return self._scenario.opens + (self._clock() - self._opened) * self.speed

    def _now(self) -> Simulation:
        """The simulation, played on until now."""
        with self._lock:
            self._simulation.advance(self._mono())
        return self._simulation

    def info(self) -> HostInfo:
        """A demo node; its identity is that of root, as the person is on a real one."""
        found = identity.host_info(self, "demo", self.directory)
        return replace(found, euid=0)

    def clock(self) -> tuple[float, float]:
        """The node's own clocks."""
        mono = self._mono()
        return BOOT_WALL + mono, mono

    def pids(self) -> list[int]:
        """PID 1, a few helpers and the two daemons."""
        return sorted(self._processes())

    def _processes(self) -> Mapping[int, tuple[tuple[str, ...], float, str]]:
        """Pid to (argv, start in seconds since boot, cgroup)."""
        kubelet = tuple(word.text for word in self._kubelet_words)
        containerd = tuple(word.text for word in self._containerd_words)
        return {
            1: (("/sbin/init",), 0.0, "/init.scope"),
            311: (("/lib/systemd/systemd-journald",), 2.1, "/system.slice/systemd-journald.service"),
            702: (("sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups",), 8.4, "/system.slice/ssh.service"),
            KUBELET_PID: (kubelet, self._scenario.kubelet, "/system.slice/kubelet.service"),
            CONTAINERD_PID: (containerd, self._scenario.containerd, "/system.slice/containerd.service"),
        }

    def proc(self, pid: int, name: str) -> bytes:
        """The files that a survey reads; ``FileNotFoundError`` for others."""
        argv, started, cgroup = self._process(pid)
        short = argv[0].partition(":")[0].rpartition("/")[2]
        content: Mapping[str, Callable[[], bytes]] = {
            "cmdline": lambda: "".join(f"{word}\0" for word in argv).encode("utf-8", "surrogateescape"),
            "comm": lambda: f"{short[:15]}\n".encode(),
            "stat": lambda: tables.stat(pid, short, started),
            "status": lambda: tables.status(pid, short),
            "cgroup": lambda: f"0::{cgroup}\n".encode(),
            "environ": lambda: b"LANG=C.UTF-8\0PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin\0",
            "mountinfo": self.mountinfo,
            "net/unix": lambda: f"0000: 00000002 00000000 00010000 0001 01 {SOCKET_INODE} {SOCKET}\n".encode(),
        }
        if name not in content:
            raise FileNotFoundError(2, "not simulated", f"/proc/{pid}/{name}")
        return content[name]()

    def _process(self, pid: int) -> tuple[tuple[str, ...], float, str]:
        try:
            return self._processes()[pid]
        except KeyError:
            raise ProcessLookupError(3, "no such process", f"/proc/{pid}") from None

    def proc_link(self, pid: int, name: str) -> str:
        """Targets of the links that a survey reads."""
        argv = self._process(pid)[0]
        links = {"cwd": "/", "root": "/", "exe": argv[0], "ns/mnt": "mnt:[4026531841]"}
        if name not in links:
            raise FileNotFoundError(2, "not simulated", f"/proc/{pid}/{name}")
        return links[name]

    def open_files(self, pid: int) -> list[str]:
        """Containerd holds its databases open."""
        self._process(pid)
        if pid != CONTAINERD_PID:
            return ["/dev/null"]
        root = tables.IMAGES
        return [
            "/dev/null",
            f"socket:[{SOCKET_INODE}]",
            f"{root}/io.containerd.metadata.v1.bolt/meta.db",
            f"{root}/io.containerd.snapshotter.v1.overlayfs/metadata.db",
        ]

    def mountinfo(self) -> bytes:
        """The table now, with the mounts of the pods that run."""
        pods = [pod.image.image_id.partition(":")[2] for pod in self._now().store.pods]
        return tables.mountinfo(pods)

    def statfs(self, mountpoint: str) -> Usage:
        """The simulated disks; pseudo filesystems are empty. ``FileNotFoundError`` where nothing is mounted."""
        disk = self._now().disks.get(mountpoint)
        if disk is not None:
            return disk.usage()
        if all(mount.mountpoint != mountpoint for mount in table_of(self.mountinfo()).mounts):
            raise FileNotFoundError(2, "not mounted", mountpoint)
        return Usage(4096, 65536, 65530, 65530, 65536, 65500)

    def unit_show(self, unit: str, properties: Sequence[str]) -> Fact[Mapping[str, tuple[str, ...]]]:
        """What systemd says of the units that the stories need."""
        known = self._units().get(unit, {"Id": (unit,), "LoadState": ("not-found",), "ActiveState": ("inactive",)})
        chosen = {name: values for name, values in known.items() if name in properties}
        return Fact(chosen, Origin("command", f"systemctl show {unit}"))

    def _units(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        story = self._scenario
        dropins = () if story.name == "story" else ("/etc/systemd/system/containerd.service.d/10-images.conf",)
        mount = _unit(
            "mnt-images.mount", story.mounted, "/run/systemd/generator/mnt-images.mount" if story.fstab else ""
        )
        images: dict[str, tuple[str, ...]] = {"Where": (tables.IMAGES,), "What": ("/dev/xvdb",), "Type": ("ext4",)}
        if story.fstab:
            images["SourcePath"] = ("/etc/fstab",)
        return {
            "kubelet.service": _daemon("kubelet.service", story.kubelet, KUBELET_PID, "/etc/systemd/system", ()),
            "containerd.service": _daemon(
                "containerd.service", story.containerd, CONTAINERD_PID, "/lib/systemd/system", dropins
            ),
            "mnt-images.mount": {**mount, **images},
            "-.mount": {**_unit("-.mount", 0.0, "/run/systemd/generator/-.mount"), "Where": ("/",)},
        }

    def journal(self, unit: str, since_mono: float, limit: int) -> Fact[tuple[LogLine, ...]]:
        """The simulated kubelet's lines, and the kernel's on the mounts."""
        if unit == "_kernel":
            lines = self._kernel()
        elif unit == "kubelet.service":
            simulation = self._now()
            with self._lock:
                lines = tuple(simulation.journal)
        else:
            lines = ()
        chosen = tuple(line for line in lines if line.mono >= since_mono)
        return Fact(chosen[-limit:] if limit else (), Origin("journal", f"journalctl -u {unit}"))

    def _kernel(self) -> tuple[LogLine, ...]:
        mounted = (("xvda1", 1.2), ("xvdb", self._scenario.mounted))
        how = "mounted filesystem with ordered data mode. Opts: (null). Quota mode: none."
        return tuple(LogLine(BOOT_WALL + at, at, None, f"EXT4-fs ({device}): {how}") for device, at in mounted)

    def ask_runtime(self, endpoint: str, timeout: float) -> RuntimeAnswer:
        """Containerd, asked on its socket."""
        if endpoint != SOCKET:
            raise NoAnswer(f"{endpoint}: No such file or directory")
        store = self._now().store
        with self._lock:
            return answers.runtime(store, self._seen.images, self.clock()[0])

    def get(self, url: str, credential: Credential | None, timeout: float) -> HttpAnswer:
        """The kubelet, asked by somebody whom it lets read."""
        store = self._now().store
        with self._lock:
            body = answers.kubelet(url, self._seen, store)
        if body is None:
            raise NoAnswer(f"refused: nobody serves {url}")
        return HttpAnswer(200, body)

    def run(self, argv: Sequence[str], timeout: float) -> CommandResult:
        """``kubelet --version`` and ``containerd --version``; nothing is ever executed."""
        said = {"kubelet": KUBELET_VERSION, "containerd": CONTAINERD_VERSION}
        program = argv[0].rpartition("/")[2]
        if program in said and tuple(argv[1:]) == ("--version",):
            return CommandResult(0, said[program], b"")
        return CommandResult(None, b"", b"", "the demo node runs no programs")


def _unit(name: str, entered: float, fragment: str) -> dict[str, tuple[str, ...]]:
    stamp = str(int(entered * 1e6))
    return {
        "Id": (name,),
        "LoadState": ("loaded",),
        "ActiveState": ("active",),
        "FragmentPath": (fragment,),
        "ActiveEnterTimestampMonotonic": (stamp,),
        "NeedDaemonReload": ("no",),
    }


def _daemon(name: str, started: float, pid: int, where: str, dropins: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return {
        **_unit(name, started, f"{where}/{name}"),
        "SubState": ("running",),
        "MainPID": (str(pid),),
        "ExecMainStartTimestampMonotonic": (str(int(started * 1e6)),),
        "ControlGroup": (f"/system.slice/{name}",),
        "DropInPaths": (" ".join(dropins),),
        "User": ("",),
    }
