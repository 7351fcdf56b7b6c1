"""The kubelet of a node: process, unit, version, configuration in force and at the next start, journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tui.distro.embedded import Embedded
from tui.kubelet import flags
from tui.kubelet.effective import effective_config
from tui.kubelet.logs import read_events
from tui.kubelet.versions import NEWEST, OLDEST, minor_of
from tui.model import (
    Fact,
    KubeletConfig,
    KubeletEvent,
    KubeletState,
    LogLine,
    Origin,
    Partition,
    Pending,
    Process,
    Reader,
    Unit,
    Word,
)
from tui.node import embedded, processes
from tui.node.host import Host
from tui.node.look import Look, argv_words, changed_since, last_change, texts
from tui.node.memo import Memo
from tui.node.processes import Daemon, Details
from tui.node.programs import Versions
from tui.node.unit import Variables, command_of, find_unit, manager_environment, unit_files

UNITS = ("kubelet.service", "snap.kubelet-eks.daemon.service", *embedded.CARRIERS)
"""Where a kubelet that does not run may be found (node-layouts.md 1)."""

JOURNAL_LINES = 4000
JOURNAL_AGE_S = 10.0
EVENTS_KEPT = 2000
MANAGER_AGE_S = 60.0
_START_SLACK_S = 0.05  # field 22 counts in hundredths


@dataclass(frozen=True)
class _Log:
    """What the journal has said so far of one process; ``read``: when it was asked last."""

    read: float
    state: Fact[bool]
    last: float = 0.0
    events: tuple[KubeletEvent, ...] = ()
    spoken: tuple[Word, ...] = ()


class KubeletReader:
    """Reads the kubelet's state again and again, what is expensive only when it may have changed."""

    def __init__(self, host: Host, memo: Memo, details: Details, versions: Versions) -> None:
        """The helpers are shared with the other readers."""
        self._host = host
        self._memo = memo
        self._details = details
        self._versions = versions
        self._logs: dict[tuple[int, int], _Log] = {}
        self._asked = float("-inf")
        self._manager_variables: Variables = ()
        self.carrier_files: tuple[str, ...] = ()
        """The files of the program that carries the kubelet, as of the last look."""
        self.carried_runtime: tuple[Word, ...] = ()
        """The words of the containerd that such a program starts, as of the last look."""
        self._environment: dict[tuple[int, int], Fact[Mapping[str, str]]] = {}

    def state(self, look: Look) -> KubeletState:
        """Everything about the kubelet; unknown parts say why."""
        daemon = choose(look.daemons)
        if daemon is None:
            return self._stopped(look)
        process = self._details.process(daemon, look.wall, look.mono, look.mountinfo)
        unit = self._unit_of(process, look)
        log = self._log(daemon, unit.value.name if unit.value else "kubelet.service", look)
        version = self._version(daemon, process, log, look)
        environment = self._environ(daemon, unit)
        if daemon.embedded:
            minor = self._minor(version, look, ())
            carried = self._carried(daemon.embedded, unit, minor_of(version.value or ""), environment)
            words = log.spoken or carried.words
            written: tuple[Word, ...] = ()  # what the carrier adds is written nowhere
        else:
            carried = embedded.NOTHING
            written = command_of(unit.value, "kubelet") if unit.value else ()
            words = argv_words(daemon, written)
            if written and texts(written) != texts(words):  # the manager's own environment may be what is missing
                unit = self._unit_of(process, look, self._manager(look))
                written = command_of(unit.value, "kubelet") if unit.value else ()
                words = argv_words(daemon, written)
            minor = self._minor(version, look, words)
        self._remember(carried)
        config = self._config("config", words, minor, environment, process.cwd.value or "/", look, carried)
        return KubeletState(
            process=Fact(process, Origin("proc", f"/proc/{daemon.pid}")),
            unit=unit,
            version=version,
            minor=minor,
            config=Fact(config, words[0].origin if words else Origin("proc", f"/proc/{daemon.pid}/cmdline")),
            next_config=self._following(words, written, minor, unit, config, look),
            pending=self._pending(config, unit, words, written, process),
            partitions=_partitions(log),
            events=log.events,
            journal=log.state,
            embedded=daemon.embedded,
        )

    def _stopped(self, look: Look) -> KubeletState:
        """No process: what a start would make of the disk."""
        reason = "processes cannot be seen in a root directory" if look.host.kind == "root-dir" else "no kubelet runs"
        unit = self._unit(look, UNITS)
        version: Fact[str] = Fact.unknown(reason)
        config: Fact[KubeletConfig] = Fact.unknown(f"{reason}, and no unit for one was found")
        carrier, carried = "", embedded.NOTHING
        if unit.value is not None:
            environment = {one.name: one.value for one in unit.value.environment}
            carrier = embedded.CARRIERS.get(unit.value.name, "")
            carried = self._carried(carrier, unit, None, environment) if carrier else carried
            words = carried.words or command_of(unit.value, "kubelet")
            none = f"{unit.value.name} starts none: {unit.value.error or unit.value.state}"
            config = Fact.unknown(f"{reason}, and {carried.missing or none}")
            if words:
                minor = self._minor(version, look, ())
                config = Fact(self._config("config", words, minor, environment, "/", look, carried), words[0].origin)
        self._remember(carried)
        return KubeletState(
            process=Fact.unknown(reason),
            unit=unit,
            version=version,
            minor=NEWEST,
            config=config,
            partitions=Fact.unknown(reason),
            journal=Fact.unknown(reason),
            embedded=carrier,
        )

    def _remember(self, carried: Embedded) -> None:
        self.carrier_files, self.carried_runtime = carried.files, carried.runtime

    def _carried(self, carrier: str, unit: Fact[Unit], minor: int | None, environment: Mapping[str, str]) -> Embedded:
        """The kubelet's words from its carrier: the command line of the carrier's unit and its own files."""
        command = command_of(unit.value, carrier) if unit.value else ()
        variables = {name: value for name, value in environment.items() if name.startswith(("K3S_", "RKE2_"))}
        inputs = (carrier, command, minor, tuple(sorted(variables.items())))
        return self._memo.get(
            "carried words", inputs, lambda reader: embedded.words(carrier, command, reader, minor, variables)
        )

    def _unit(self, look: Look, names: tuple[str, ...], manager: Variables = ()) -> Fact[Unit]:
        inputs = (names, look.since_254, manager)
        key = "kubelet unit with environment" if manager else "kubelet unit"
        return self._memo.get(key, inputs, lambda reader: find_unit(names, reader, look.since_254, manager))

    def _unit_of(self, process: Process, look: Look, manager: Variables = ()) -> Fact[Unit]:
        """The unit that holds the process; where its cgroup cannot be read, the usual one."""
        if process.unit.known and not process.unit.value:
            return Fact.unknown("its process is in no unit")
        return self._unit(look, (process.unit.value or "kubelet.service",), manager)

    def _manager(self, look: Look) -> Variables:
        """What ``systemctl set-environment`` has added, asked once a minute at most."""
        if look.mono - self._asked >= MANAGER_AGE_S:
            self._asked = look.mono
            self._manager_variables = manager_environment(self._host.run(["systemctl", "show-environment"], 3.0).stdout)
        return self._manager_variables

    def _config(
        self,
        key: str,
        words: tuple[Word, ...],
        minor: int,
        environment: Mapping[str, str],
        cwd: str,
        look: Look,
        carried: Embedded = embedded.NOTHING,
    ) -> KubeletConfig:
        variables = {name: value for name, value in environment.items() if name.startswith("KUBELET_")}
        v1 = look.host.cgroup_v1
        inputs = (words, minor, tuple(sorted(variables.items())), cwd, v1, carried.notes)

        def compute(reader: Reader) -> KubeletConfig:
            found = effective_config(words, reader, minor=minor, env=variables, cwd=cwd, cgroup_v1=v1)
            return replace(found, notes=(*carried.notes, *found.notes)) if carried.notes else found

        return self._memo.get(f"kubelet {key}", inputs, compute)

    def _following(
        self,
        words: tuple[Word, ...],
        written: tuple[Word, ...],
        minor: int,
        unit: Fact[Unit],
        config: KubeletConfig,
        look: Look,
    ) -> KubeletConfig | None:
        """The configuration of the next start, if the unit's command line or environment makes it another one."""
        if not written or unit.value is None or texts(written) == texts(words):
            return None
        environment = {one.name: one.value for one in unit.value.environment}
        following = self._config("next config", written, minor, environment, "/", look)
        return None if _values(following) == _values(config) else following

    def _pending(
        self,
        config: KubeletConfig,
        unit: Fact[Unit],
        words: tuple[Word, ...],
        written: tuple[Word, ...],
        process: Process,
    ) -> tuple[Pending, ...]:
        directory = config.fields.get("--config-dir")
        paths = (*self.carrier_files, *config.files)
        if directory and isinstance(directory.value, str):
            paths = (*paths, directory.value)
        found = changed_since(self._host, tuple(path for path in paths if path), process.started_wall, "the kubelet")
        if unit.value is None or not written or texts(written) == texts(words):
            return found
        changed = {path: last_change(self._host, [path]) for path in unit_files(unit.value)}
        path = max(changed, key=lambda one: changed[one], default=unit.value.fragment)
        what = f"{unit.value.name} would now start it with another command line: {' '.join(texts(written))}"
        return (*found, Pending(path, what, changed.get(path, 0.0), True))

    def _environ(self, daemon: Daemon, unit: Fact[Unit]) -> Mapping[str, str]:
        """The process's environment; what needs root is taken from the unit instead."""
        key = (daemon.pid, daemon.ticks)
        if key not in self._environment:
            where = f"/proc/{daemon.pid}/environ"
            self._environment = {key: processes.asked(lambda: processes.environment(self._host, daemon.pid), where)}
        known = self._environment[key].value
        if known is not None:
            return known
        return {one.name: one.value for one in unit.value.environment} if unit.value else {}

    def _version(self, daemon: Daemon, process: Process, log: _Log, look: Look) -> Fact[str]:
        asked = self._versions.of(daemon, process.exe, look.mono)
        if asked.known:
            return asked
        for event in reversed(log.events):
            if event.code == "version" and isinstance(event.values.get("version"), str):
                return Fact(
                    event.values["version"].removeprefix("v"), Origin("journal", "journalctl", None, event.line.message)
                )
        return asked

    def _minor(self, version: Fact[str], look: Look, running: tuple[Word, ...]) -> int:
        """The minor version whose rules are used: the newest, when it is not known, that accepts the running flags."""
        minor = minor_of(version.value) if version.value else None
        if minor is not None:
            return minor
        accepting = (one for one in range(NEWEST, OLDEST - 1, -1) if _accepts(running, one))
        minor = next(accepting, NEWEST) if running else NEWEST
        reason = version.reason or f"{version.value} is no version that is known here"
        how = "" if minor == NEWEST else ", the newest that accept its flags"
        look.gaps.add("kubelet version", f"{reason}; judged by the rules of 1.{minor}{how}")
        return minor

    def _log(self, daemon: Daemon, unit: str, look: Look) -> _Log:
        key = (daemon.pid, daemon.ticks)
        known = self._logs.get(key)
        if known is not None and look.mono - known.read < JOURNAL_AGE_S:
            return known
        since = known.last + 1e-6 if known and known.last else daemon.started - _START_SLACK_S
        answer = self._host.journal(unit, since, JOURNAL_LINES)
        self._logs = {key: _heard(known, answer, look.mono)}
        if answer.value is None:
            look.gaps.add("kubelet journal", answer.reason)
        return self._logs[key]


def _accepts(words: tuple[Word, ...], minor: int) -> bool:
    try:
        flags.parse(words, minor)
    except flags.FlagError:
        return False
    return True


def choose(daemons: tuple[Daemon, ...]) -> Daemon | None:
    """The node's kubelet: root's before others', one of its own before an embedded one, the oldest."""
    found = [daemon for daemon in daemons if daemon.role == "kubelet"]
    return min(found, key=lambda one: (one.uid > 0, bool(one.embedded), one.ticks, one.pid), default=None)


def _heard(known: _Log | None, answer: Fact[tuple[LogLine, ...]], mono: float) -> _Log:
    """The log with what is new; the newest events are kept, and always the device table of the start."""
    before = known.events if known else ()
    if answer.value is None:
        spoken = known.spoken if known else ()
        return _Log(mono, Fact.unknown(answer.reason), known.last if known else 0.0, before, spoken)
    events = (*before, *read_events(answer.value))
    if len(events) > EVENTS_KEPT:
        table = [event for event in events[:-EVENTS_KEPT] if event.code in ("partitions", "version")]
        events = (*table, *events[-EVENTS_KEPT:])
    last = answer.value[-1].mono if answer.value else known.last if known else 0.0
    spoken = embedded.spoken(answer.value) or (known.spoken if known else ())
    return _Log(mono, Fact(bool(last), answer.origin), last, events, spoken)


def _partitions(log: _Log) -> Fact[tuple[Partition, ...]]:
    for event in reversed(log.events):
        if event.code == "partitions":
            return Fact(event.values["partitions"], Origin("journal", "journalctl", None, event.line.message))
    if not log.state.known:
        return Fact.unknown(log.state.reason)
    return Fact.unknown("no 'Filesystem partitions' line since its start: it needs --v=1, and journals rotate")


def _values(config: KubeletConfig) -> tuple[object, ...]:
    fields = {name: fact.value for name, fact in config.fields.items()}
    eviction = [(one.signal, one.text, one.grace_s, one.min_reclaim) for one in config.eviction]
    return fields, eviction, config.error
