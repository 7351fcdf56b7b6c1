"""The container runtimes of a node: containerd above all, CRI-O, cri-dockerd and Docker by name and storage."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from tui.containerd.flags import DEFAULT_FILE
from tui.containerd.resolve import resolve
from tui.model import (
    Claim,
    ConfigNote,
    ContainerdConfig,
    Fact,
    KubeletState,
    LogLine,
    Origin,
    Pending,
    Process,
    Reader,
    RuntimeState,
    Unit,
    Word,
)
from tui.node import storage
from tui.node.host import Host, Namespaces
from tui.node.look import Look, argv_words, changed_since, last_change, texts
from tui.node.memo import Memo
from tui.node.processes import Daemon, Details, listening
from tui.node.programs import Versions
from tui.node.unit import command_of, find_unit, unit_files

Kind = Literal["containerd", "cri-o", "cri-dockerd", "docker"]

UNITS: Mapping[Kind, tuple[str, ...]] = {
    "containerd": ("containerd.service", "snap.microk8s.daemon-containerd.service"),
    "cri-o": ("crio.service", "cri-o.service"),
    "cri-dockerd": ("cri-docker.service", "cri-dockerd.service"),
    "docker": ("docker.service",),
}
_PROGRAMS: Mapping[Kind, str] = {
    "containerd": "containerd",
    "cri-o": "crio",
    "cri-dockerd": "cri-dockerd",
    "docker": "dockerd",
}
USUAL_ENDPOINT = "/run/containerd/containerd.sock"
_META = "/io.containerd.metadata.v1.bolt/meta.db"
LOG_LINES = 400
_IMAGE_PATH = re.compile(r'Get image filesystem path \\?"([^"\\]+)\\?"')
_SNAPSHOTS = re.compile(r"/io\.containerd\.snapshotter\.v1\.[^/]+(?=/metadata\.db$)")
_NO_UNIT: Fact[Unit] = Fact.unknown("its process is in no unit")


class RuntimesReader:
    """Reads all runtimes again and again, what is expensive only when it may have changed."""

    def __init__(self, host: Host, memo: Memo, details: Details, versions: Versions) -> None:
        """The helpers are shared with the kubelet's reader."""
        self._host = host
        self._memo = memo
        self._details = details
        self._versions = versions
        self._sockets: dict[tuple[int, int], tuple[str, ...]] = {}
        self._logged: dict[tuple[int, int], Fact[str]] = {}

    def states(self, look: Look, kubelet: KubeletState, carried: tuple[Word, ...] = ()) -> tuple[RuntimeState, ...]:
        """Those that run, the oldest first, then those that only have a unit.

        ``carried``: the words of a containerd that the kubelet's own carrier starts, which no unit shows.
        """
        own = storage.flag(carried, ("--address",))
        endpoint = endpoint_of(kubelet) or (plain_path(own.text) if own else "")
        if not endpoint and (kubelet.process.value is not None or kubelet.unit.value is not None):
            look.gaps.add("the kubelet's runtime", "its endpoint is not known; the usual one is taken for it")
            endpoint = USUAL_ENDPOINT
        found = [self._running(daemon, look, endpoint) for daemon in look.daemons if daemon.role in UNITS]
        kinds = {state.kind for state in found}
        stopped = [self._stopped(kind, look, endpoint) for kind in UNITS if kind not in kinds]
        states = [*found, *(state for state in stopped if state is not None)]
        if carried and "containerd" not in kinds:
            unit = self._unit(UNITS["containerd"][1:], look) if kubelet.embedded == "kubelite" else kubelet.unit
            states.insert(len(found), self._at_rest("containerd", unit, carried, look, endpoint))
        return tuple(_only_one_serves(states))

    def sockets(self, process: Process) -> tuple[str, ...]:
        """The unix sockets on which a runtime was last seen to listen; empty where those cannot be seen."""
        return next((paths for (pid, _), paths in reversed(self._sockets.items()) if pid == process.pid), ())

    def _running(self, daemon: Daemon, look: Look, endpoint: str) -> RuntimeState:
        process = self._details.process(daemon, look.wall, look.mono, look.mountinfo)
        kind: Kind = next(kind for kind in UNITS if kind == daemon.role)
        unit = self._unit((process.unit.value,), look) if process.unit.value else _NO_UNIT
        written = command_of(unit.value, daemon.program) if unit.value else ()
        words = argv_words(daemon, written)
        version = self._versions.of(daemon, process.exe, look.mono)
        reader = self._reader(daemon, process)
        config = self._config(daemon, words, version, process, reader) if kind == "containerd" else _no_config(kind)
        root, imagefs = (
            self._in_use(process, daemon, config.value, reader) if config.value else self._storage(kind, words, reader)
        )
        if config.value and written and texts(written) != texts(words):
            config = self._config(daemon, written, version, process, reader)
        return RuntimeState(
            kind=kind,
            name=_name(kind, process.unit.value or ""),
            process=Fact(process, Origin("proc", f"/proc/{daemon.pid}")),
            unit=unit,
            version=version,
            config=config,
            root=root,
            imagefs=imagefs,
            serves_kubelet=self._serves(daemon, words, config, endpoint, look.mono),
            pending=self._pending(config, unit, words, written, process, root, imagefs),
        )

    def _stopped(self, kind: Kind, look: Look, endpoint: str) -> RuntimeState | None:
        """A runtime of which only the unit is there: what a start would use."""
        unit = self._unit(UNITS[kind], look)
        words = command_of(unit.value, _PROGRAMS[kind]) if unit.value else ()
        if unit.value is None or not words:
            return None
        return self._at_rest(kind, unit, words, look, endpoint)

    def _at_rest(
        self, kind: Kind, unit: Fact[Unit], words: tuple[Word, ...], look: Look, endpoint: str
    ) -> RuntimeState:
        """What a start with these words would use."""
        nothing = "processes cannot be seen in a root directory" if look.host.kind == "root-dir" else "it does not run"
        config: Fact[ContainerdConfig] = _no_config(kind)
        if kind == "containerd":
            found = self._memo.get(
                f"containerd at rest {texts(words)}", words, lambda reader: resolve(words, reader, version=None)
            )
            config = Fact(_without_run(found) if look.host.kind == "root-dir" else found, words[0].origin)
        root, imagefs = (
            (config.value.root, config.value.imagefs) if config.value else self._storage(kind, words, self._host)
        )
        return RuntimeState(
            kind=kind,
            name=_name(kind, unit.value.name if unit.value else ""),
            process=Fact.unknown(nothing),
            unit=unit,
            version=Fact.unknown(nothing),
            config=config,
            root=root,
            imagefs=imagefs,
            serves_kubelet=_expected_socket(kind, words, config, endpoint),
        )

    def _unit(self, names: tuple[str, ...], look: Look) -> Fact[Unit]:
        key = f"unit {names[0]}"
        return self._memo.get(key, look.since_254, lambda reader: find_unit(names, reader, look.since_254))

    def _reader(self, daemon: Daemon, process: Process) -> Reader:
        """The files as the runtime itself sees them."""
        if process.same_mount_namespace.value is False and isinstance(self._host, Namespaces):
            return self._host.seen_by(daemon.pid)
        return self._host

    def _config(
        self, daemon: Daemon, words: tuple[Word, ...], version: Fact[str], process: Process, reader: Reader
    ) -> Fact[ContainerdConfig]:
        number, cwd = version_of(version.value or ""), process.cwd.value or "/"
        inputs = (words, number, cwd, daemon.ticks)
        key = f"containerd {daemon.pid} {' '.join(texts(words))}"
        found = self._memo.get(key, inputs, lambda files: resolve(words, files, version=number, cwd=cwd), reader)
        return Fact(found, words[0].origin)

    def _in_use(
        self, process: Process, daemon: Daemon, config: ContainerdConfig, reader: Reader
    ) -> tuple[Fact[str], Fact[str]]:
        """Root and image path of the running containerd; its log is asked where its files have changed since."""
        root, imagefs = in_use(process, config, reader)
        places = (*config.files, *(posixpath.dirname(path) for path in (DEFAULT_FILE, *config.files)))
        if root == config.root and not changed_since(reader, places, process.started_wall, "it"):
            return root, imagefs
        said = self._said(daemon, process)
        if said.value is None or said.value == imagefs.value:
            return root, imagefs
        beaten = (Claim(imagefs.value, imagefs.origin),) if imagefs.value and imagefs.origin else ()
        return root, replace(said, beaten=beaten)

    def _said(self, daemon: Daemon, process: Process) -> Fact[str]:
        """The image path that the daemon logged when it started (containerd-root.md 1.4), asked for once."""
        key = (daemon.pid, daemon.ticks)
        if key not in self._logged:
            found = self._host.journal(process.unit.value or UNITS["containerd"][0], daemon.started, LOG_LINES)
            self._logged[key] = logged_imagefs(found, daemon.pid, process.cwd.value or "/")
        return self._logged[key]

    def _storage(self, kind: Kind, words: Sequence[Word], reader: Reader) -> tuple[Fact[str], Fact[str]]:
        """CRI-O's or Docker's storage; its root is where the images are too."""
        root = self._memo.get(f"storage {kind}", tuple(words), lambda files: storage.root(kind, words, files), reader)
        return root, root

    def _serves(
        self, daemon: Daemon, words: Sequence[Word], config: Fact[ContainerdConfig], endpoint: str, mono: float
    ) -> bool:
        """By the sockets on which it really listens; where those cannot be seen, by the one that it should have."""
        key = (daemon.pid, daemon.ticks)
        if not self._sockets.get(key):
            files = self._details.open_files(daemon, mono).value or ()
            self._sockets[key] = listening(self._host, daemon.pid, files)
        sockets = self._sockets[key]
        if sockets:
            return endpoint in {plain_path(path) for path in sockets}
        return _expected_socket(next(kind for kind in UNITS if kind == daemon.role), words, config, endpoint)

    def _pending(
        self,
        config: Fact[ContainerdConfig],
        unit: Fact[Unit],
        words: tuple[Word, ...],
        written: tuple[Word, ...],
        process: Process,
        root: Fact[str],
        imagefs: Fact[str],
    ) -> tuple[Pending, ...]:
        name = words[0].text.rpartition("/")[2]
        files = config.value.files if config.value else ()
        found = changed_since(self._host, files, process.started_wall, name)
        following = config.value.root if config.value else root
        if following.value is not None and following.origin is not None and root.value != following.value:
            what = f"the next start would move root to {following.value}"
            where = following.origin.where
            found = (*found, Pending(where, what, last_change(self._host, [where]), True))
        elif config.value and config.value.imagefs.value not in (None, imagefs.value) and imagefs.value:
            changed = max((one.changed_wall for one in found), default=0.0)
            what = f"the next start would have images at {config.value.imagefs.value}"
            where = found[0].path if found else next(iter(files), "")
            found = (*found, Pending(where, what, changed, True))
        if unit.value is not None and written and texts(written) != texts(words):
            when = last_change(self._host, unit_files(unit.value))
            what = f"{unit.value.name} would now start it with another command line: {' '.join(texts(written))}"
            found = (*found, Pending(unit.value.fragment, what, when, True))
        return found


def in_use(process: Process, config: ContainerdConfig, reader: Reader) -> tuple[Fact[str], Fact[str]]:
    """Root and image path of the running containerd: its open database is the truth, the files explain it.

    Where both agree, links followed, the files' fact stands, with its line and what it beat.
    """
    written, images = config.root, config.imagefs
    opened = process.open_databases
    metas = [name for name in opened.value or () if name.endswith(_META)]
    if not metas or opened.origin is None:
        return written, images
    real = metas[0].removesuffix(_META) or "/"
    if written.value is not None and real in (posixpath.normpath(written.value), _real(reader, written.value)):
        return written, images
    proof = Origin("proc", opened.origin.where, None, metas[0])
    beaten = (Claim(written.value, written.origin), *written.beaten) if written.origin else ()
    root = Fact(real, proof, beaten)
    if written.value is None or images.value is None:
        return root, images
    known = (Claim(images.value, images.origin or proof),)
    used = {name.removesuffix("/metadata.db") for name in opened.value or () if _SNAPSHOTS.search(name)}
    if len(used) == 1:  # opened when it is first used: this one is, whatever the files name by now
        return root, Fact(used.pop(), proof, known)
    base = written.value.rstrip("/")
    if not images.value.startswith(base + "/"):
        return root, images
    return root, Fact(real.rstrip("/") + images.value[len(base) :], proof, known)


def logged_imagefs(log: Fact[tuple[LogLine, ...]], pid: int, cwd: str) -> Fact[str]:
    """The first path of process ``pid``'s lines ``Get image filesystem path "..."``, for its first snapshotter."""
    for line in log.value or ():
        found = _IMAGE_PATH.search(line.message) if line.pid in (pid, None) else None
        if found:
            path = posixpath.join(cwd, found[1])
            return Fact(path, Origin("journal", log.origin.where if log.origin else "", None, line.message))
    return Fact.unknown(log.reason or "its log does not name the path")


def _real(reader: Reader, path: str) -> str:
    try:
        return reader.realpath(path)
    except OSError:
        return path


def version_of(text: str) -> tuple[int, int, int] | None:
    """``1.7.24~ds1`` as (1, 7, 24); None when it is no version."""
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def endpoint_of(kubelet: KubeletState) -> str:
    """The path of the socket at which the kubelet expects its runtime, "" if that is not known."""
    config = kubelet.config.value
    fact = config.fields.get("containerRuntimeEndpoint") if config else None
    return plain_path(fact.value) if fact is not None and isinstance(fact.value, str) and fact.value else ""


def plain_path(endpoint: str) -> str:
    """``unix:///var/run/x.sock`` as /run/x.sock: /var/run is a link to /run wherever systemd runs."""
    path = posixpath.normpath(endpoint.removeprefix("unix://") or "/")
    return path.removeprefix("/var") if path.startswith("/var/run/") else path


def _expected_socket(kind: Kind, words: Sequence[Word], config: Fact[ContainerdConfig], endpoint: str) -> bool:
    name = posixpath.basename(endpoint)
    if kind != "containerd":
        return name == {"cri-o": "crio.sock", "cri-dockerd": "cri-dockerd.sock", "docker": "dockershim.sock"}[kind]
    given = storage.flag(words, ("--address", "-a"))
    if given is not None:
        return plain_path(given.text) == endpoint
    state = config.value.state.value if config.value else None
    return endpoint in (USUAL_ENDPOINT, plain_path(f"{state or '/run/containerd'}/containerd.sock"))


def _only_one_serves(states: list[RuntimeState]) -> list[RuntimeState]:
    """By sockets that cannot be seen two may seem to serve: the running one does, else the first."""
    serving = [state for state in states if state.serves_kubelet]
    best = next((state for state in serving if state.process.known), serving[0] if serving else None)
    return [_serving(state, state is best) for state in states]


def _serving(state: RuntimeState, serves: bool) -> RuntimeState:
    return state if state.serves_kubelet == serves else replace(state, serves_kubelet=serves)


def _without_run(config: ContainerdConfig) -> ContainerdConfig:
    """What is missing below /run of a disk at rest is written at every start: no reason to refuse the rest."""
    path = config.error.partition(" ")[0]
    if not (path.startswith("/run/") and "does not exist" in config.error):
        return config
    text = f"{path} is written at every start and is not on a disk at rest: what it sets is not known"
    note = ConfigNote("written-at-start", text, config.error_origin or Origin("file", path))
    return replace(config, error="", error_origin=None, notes=(*config.notes, note), imagefs=Fact.unknown(text))


def _no_config(kind: Kind) -> Fact[ContainerdConfig]:
    return Fact.unknown(f"{kind} has no containerd configuration")


def _name(kind: Kind, unit: str) -> str:
    """The runtime's name: its kind, with its unit where that is not the usual one."""
    return kind if not unit or unit in UNITS[kind] else f"{kind} ({unit})"
