"""The version of a running daemon, by asking its own program: bounded, and only a program that is root's own."""

from __future__ import annotations

import re

from tui.model import Fact, Origin, Reader
from tui.node.host import Host
from tui.node.processes import Daemon, why_not

LIMIT_S = 5.0
RETRY_S = 60.0

_VERSION = re.compile(rb"\bv?(\d+\.\d+(?:\.\d+)?[-+~.\w]*)")
_ASKED = frozenset(("kubelet", "k3s", "hyperkube", "containerd", "host-containerd", "crio", "cri-dockerd", "dockerd"))


_NEVER: tuple[float, Fact[str]] = (float("-inf"), Fact.unknown("not asked"))


class Versions:
    """``--version`` of each program, asked once for a process."""

    def __init__(self, host: Host) -> None:
        """Nothing is asked yet."""
        self._host = host
        self._known: dict[tuple[int, int], tuple[float, Fact[str]]] = {}

    def of(self, daemon: Daemon, exe: Fact[str], mono: float) -> Fact[str]:
        """``1.32.10``, without a leading v; unknown with the reason."""
        key = (daemon.pid, daemon.ticks)
        when, known = self._known.get(key, _NEVER)
        if known.known or mono - when < RETRY_S:
            return known
        found = self._ask(daemon, exe)
        self._known[key] = (mono, found)
        return found

    def _ask(self, daemon: Daemon, exe: Fact[str]) -> Fact[str]:
        if daemon.program == "kubelite":
            return _snap_version(self._host)
        path = exe.value if exe.value is not None else daemon.argv[0]
        if not path.startswith("/"):
            return Fact.unknown(exe.reason or "its program is not known")
        if path.removesuffix(" (deleted)").rpartition("/")[2] not in _ASKED:
            return Fact.unknown(f"{path} is not a program that is asked for its version")
        distrust = _distrusted(self._host, daemon, path)
        if distrust:
            return Fact.unknown(distrust)
        program = f"/proc/{daemon.pid}/exe" if path.endswith(" (deleted)") else path
        said = self._host.run([program, "--version"], LIMIT_S)
        found = _VERSION.search(said.stdout) if said.status == 0 else None
        if found is None:
            return Fact.unknown(said.reason or f"{program} --version gave no version")
        text = said.stdout.split(b"\n")[0].decode("utf-8", "surrogateescape")
        return Fact(found[1].decode("ascii", "replace"), Origin("command", f"{program} --version", None, text))


def _distrusted(host: Host, daemon: Daemon, path: str) -> str:
    """Why a program is not run: any user can start something called kubelet, and may wait for root to run it."""
    if daemon.uid not in (0, -1):
        return f"process {daemon.pid} belongs to user {daemon.uid}: its program is not run"
    if path.endswith(" (deleted)"):
        return "" if host.info().euid == 0 and daemon.uid == 0 else "its program was deleted since it started"
    try:
        stat = host.stat(path)
    except FileNotFoundError:
        return "" if daemon.uid == 0 else f"{path} does not exist"  # then running it says so
    except OSError as error:
        return f"{path}: {why_not(error)}"
    if stat.uid != 0 or stat.mode & 0o022:
        return f"{path} can be changed by others than root: it is not run"
    return ""


def _snap_version(reader: Reader) -> Fact[str]:
    path = "/snap/microk8s/current/meta/snap.yaml"
    try:
        found = re.search(rb"^version:\s*['\"]?v?([\w.+-]+)", reader.read(path), re.MULTILINE)
    except OSError as error:
        return Fact.unknown(f"{path}: {why_not(error)}")
    return Fact(found[1].decode(), Origin("file", path)) if found else Fact.unknown(f"{path} names no version")
