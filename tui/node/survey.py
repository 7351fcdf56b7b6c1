"""The survey: everything that is read of a machine, put into one frozen snapshot, again and again."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from tui.distro.decoys import decoys
from tui.distro.recognise import recognise
from tui.kubelet.versions import NEWEST
from tui.model import ConfigNote, Distro, Fact, HostInfo, KubeletState, MountState, Reader, RuntimeState, Survey
from tui.node.asking import Asker
from tui.node.host import Host, Namespaces
from tui.node.kubelet import KubeletReader, choose
from tui.node.look import Gaps, Look
from tui.node.memo import Memo
from tui.node.mountinfo import table_of
from tui.node.open import POD_ROOT
from tui.node.places import Located, MountsReader, locate
from tui.node.processes import Daemon, Details, Scanner
from tui.node.programs import Versions
from tui.node.runtimes import RuntimesReader
from tui.node.under_root import UnderRoots
from tui.node.unit import unit_files
from tui.node.uses import Uses

HOST_AGE_S = 30.0
ROOT_DIR = "/var/lib/kubelet"
POD_LOGS = "/var/log/pods"

_NO_RUNTIMES: tuple[RuntimeState, ...] = ()
_NO_MOUNTS: tuple[MountState, ...] = ()
_NO_NOTES: tuple[ConfigNote, ...] = ()
_NO_DAEMONS: tuple[Daemon, ...] = ()
_UNFOLLOWED: Located = Fact.unknown("it could not be followed")


class Surveyor:
    """Takes surveys of one host. Mounts, statfs, clocks and processes are read each time; the rest when it changed."""

    def __init__(self, host: Host, *, asker: Asker | None = None, scan_wait_s: float = 0.0) -> None:
        """``asker``: who asks the daemons.

        ``scan_wait_s``: how long the first survey waits for the scan of what lies under a runtime's root.
        """
        self.host = host
        self.under_roots = UnderRoots(host, scan_wait_s)
        self._asker = asker or Asker(host)
        self._memo = Memo(host)
        self._scanner = Scanner(host)
        details, versions = Details(host), Versions(host)
        self._kubelet = KubeletReader(host, self._memo, details, versions)
        self._runtimes = RuntimesReader(host, self._memo, details, versions)
        self._mounts = MountsReader(host, self._memo)
        self._info: tuple[float, HostInfo] | None = None
        self._uses = Uses()

    def take(self, everything: bool = False) -> Survey:
        """One survey. Never raises: what cannot be read is unknown with its reason, and among the gaps.

        ``everything``: pseudo and per-pod mounts are asked for their usage too.
        """
        look = self._look()
        guard = look.gaps.guard
        kubelet = guard("kubelet", lambda: self._kubelet.state(look), _no_kubelet("it could not be read"))
        runtimes = guard(
            "container runtimes",
            lambda: self._runtimes.states(look, kubelet, self._kubelet.carried_runtime),
            _NO_RUNTIMES,
        )
        guard("questions", lambda: self._asker.ask(look, kubelet, runtimes, self._runtimes.sockets), None)
        guard("what lies under the root", lambda: self.under_roots.start(runtimes), None)
        readers = self._readers(runtimes)
        paths = paths_that_matter(kubelet, runtimes)
        realpaths = {path: self._located(path, readers.get(path, self.host), look) for path in paths}
        _note_blanks(look.gaps, kubelet, runtimes)
        table, process = table_of(look.mountinfo), kubelet.process.value
        files = (*self._kubelet.carrier_files, *files_in_use(kubelet, runtimes))
        distro = guard("distribution", lambda: self._distro(look, kubelet, files), Distro(""))
        located = [realpaths[path] for path in shown_paths(kubelet, runtimes)]
        unanswered = (kubelet, runtimes)
        kubelet, runtimes = guard("answers", lambda: self._asker.answered(*unanswered), unanswered)
        said = [path for path in said_paths(runtimes) if path not in realpaths]
        realpaths |= {path: self._located(path, readers.get(path, self.host), look) for path in said}
        answered = runtimes
        runtimes = guard("what lies under the root", lambda: self.under_roots.joined(answered), answered)
        watched = runtimes
        runtimes = guard("uses of images", lambda: self._uses.noted(watched, kubelet), watched)
        return Survey(
            host=look.host,
            wall=look.wall,
            mono=look.mono,
            mounts=guard("mounts", lambda: self._mounts.states(look, table, located, process, everything), _NO_MOUNTS),
            kubelet=kubelet,
            runtimes=runtimes,
            distro=distro,
            realpaths=realpaths,
            decoys=guard("decoy files", lambda: self._decoys(kubelet, files, distro), _NO_NOTES),
            gaps=tuple(look.gaps.found.items()),
        )

    def _look(self) -> Look:
        gaps = Gaps()
        self._memo.begin()
        wall, mono = self.host.clock()
        if self._info is None or mono - self._info[0] >= HOST_AGE_S:
            self._info = (mono, gaps.guard("identity", self.host.info, HostInfo("", "node", "/", os.geteuid())))
        if self._info[1].kind == "root-dir":
            gaps.add("what runs", _files_only(self._info[1].root))
        mountinfo = gaps.guard("mount table", self.host.mountinfo, b"")
        daemons = gaps.guard("processes", lambda: self._scanner.scan(mono), _NO_DAEMONS)
        if self._info[1].euid != 0 and not self._scanner.sees_all:
            gaps.add("processes", "/proc hides those of other users (hidepid): needs root (sudo)")
        for pid in self._scanner.foreign:
            gaps.add(
                f"process {pid}", "a kubelet in another root directory (a container): not this node's, not looked at"
            )
        return Look(wall, mono, mountinfo, self._info[1], daemons, gaps)

    def _readers(self, runtimes: Sequence[RuntimeState]) -> Mapping[str, Reader]:
        """Paths of a runtime in a mount namespace of its own, and the files as it sees them."""
        found: dict[str, Reader] = {}
        for runtime in runtimes:
            process = runtime.process.value
            if process and process.same_mount_namespace.value is False and isinstance(self.host, Namespaces):
                found.update(dict.fromkeys(paths_of(runtime), self.host.seen_by(process.pid)))
        return found

    def _located(self, path: str, reader: Reader, look: Look) -> Located:
        found = look.gaps.guard(path, lambda: locate(reader, path), _UNFOLLOWED)
        if not found.known:
            look.gaps.add(path, found.reason)
        return found

    def _distro(self, look: Look, kubelet: KubeletState, files: tuple[str, ...]) -> Distro:
        daemon = choose(look.daemons)
        argv = daemon.argv if daemon else ()
        others = tuple(one.argv for one in look.daemons if one.role != "kubelet")
        unit = kubelet.unit.value
        return self._memo.get(
            "distribution",
            (argv, others, files, unit),
            lambda reader: recognise(argv, unit, others, reader, files=files),
        )

    def _decoys(self, kubelet: KubeletState, files: tuple[str, ...], distro: Distro) -> tuple[ConfigNote, ...]:
        """Only when it is known which files the kubelet reads."""
        config = kubelet.config.value
        if config is None or config.error:
            return ()
        return self._memo.get("decoys", (files, distro.name), lambda reader: decoys(reader, files, distro))


def shown_paths(kubelet: KubeletState, runtimes: Sequence[RuntimeState]) -> tuple[str, ...]:
    """The paths whose disks are judged and shown: kubelet's and runtimes' directories, pod logs, "/"."""
    states = {_state_of(runtime) for runtime in runtimes}
    return tuple(path for path in paths_that_matter(kubelet, runtimes) if path not in states)


def paths_that_matter(kubelet: KubeletState, runtimes: Sequence[RuntimeState]) -> tuple[str, ...]:
    """These, and where runtimes keep their state."""
    fields = kubelet.config.value.fields if kubelet.config.value else {}
    given = {name: fact.value for name, fact in fields.items() if name in ("--root-dir", "podLogsDir")}
    wanted: list[object] = [given.get("--root-dir") or ROOT_DIR, given.get("podLogsDir") or POD_LOGS, "/var/log", "/"]
    for runtime in runtimes:
        wanted += paths_of(runtime)
    return tuple(dict.fromkeys(path for path in wanted if isinstance(path, str) and path.startswith("/")))


def said_paths(runtimes: Sequence[RuntimeState]) -> tuple[str, ...]:
    """The image path that each runtime itself answers, the first one, as the kubelet takes it."""
    answers = [runtime.answer.value for runtime in runtimes]
    found = [answer.imagefs[0].path for answer in answers if answer and answer.imagefs]
    return tuple(path for path in found if path.startswith("/"))


def paths_of(runtime: RuntimeState) -> tuple[str, ...]:
    """A runtime's image path, root, snapshots and state, as far as they are known."""
    config = runtime.config.value
    found = (runtime.imagefs.value, runtime.root.value, config.snapshotter_root.value if config else None)
    return tuple(path for path in (*found, _state_of(runtime)) if path and path.startswith("/"))


def _state_of(runtime: RuntimeState) -> str | None:
    return runtime.config.value.state.value if runtime.config.value else None


def files_in_use(kubelet: KubeletState, runtimes: Sequence[RuntimeState]) -> tuple[str, ...]:
    """Configuration, environment and unit files of all daemons."""
    files: list[str] = [*(kubelet.config.value.files if kubelet.config.value else ())]
    units = [kubelet.unit.value, *(runtime.unit.value for runtime in runtimes)]
    for runtime in runtimes:
        files += runtime.config.value.files if runtime.config.value else ()
    for unit in units:
        files += unit_files(unit) if unit else ()
    return tuple(dict.fromkeys(files))


def _files_only(root: str) -> str:
    more = "; a privileged pod could (kubectl debug node/NAME --profile=sysadmin)" if root == POD_ROOT else ""
    return f"{root} is not the root of a process here: processes, journal and units in force cannot be seen{more}"


def _note_blanks(gaps: Gaps, kubelet: KubeletState, runtimes: Sequence[RuntimeState]) -> None:
    """What of the processes themselves could not be read: for an ordinary user that is most of it."""
    named = [("kubelet", kubelet.process.value, kubelet.version)]
    named += [(runtime.name, runtime.process.value, runtime.version) for runtime in runtimes]
    for name, process, version in named:
        if process is None:
            continue
        blanks = {"program": process.exe, "working directory": process.cwd, "mount table": process.mounts}
        if name != "kubelet":
            blanks |= {"open databases": process.open_databases, "version": version}
        for what, fact in blanks.items():
            if not fact.known:
                gaps.add(f"{name}: {what}", fact.reason)


def _no_kubelet(reason: str) -> KubeletState:
    return KubeletState(
        process=Fact.unknown(reason),
        unit=Fact.unknown(reason),
        version=Fact.unknown(reason),
        minor=NEWEST,
        config=Fact.unknown(reason),
    )
