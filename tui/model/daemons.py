"""Processes, units and the configurations of the kubelet and of container runtimes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tui.model.answers import KubeletAnswer, RuntimeAnswer, UnderRoot
from tui.model.disks import Mount
from tui.model.facts import Claim, Fact, Origin


@dataclass(frozen=True)
class Process:
    """A running daemon. ``started``: seconds since boot. ``mountinfo``: its own mount namespace's table."""

    pid: int
    argv: tuple[str, ...]
    started: float
    started_wall: float
    exe: Fact[str]
    cwd: Fact[str]
    unit: Fact[str]
    same_mount_namespace: Fact[bool]
    mounts: Fact[tuple[Mount, ...]]
    open_databases: Fact[tuple[str, ...]]


@dataclass(frozen=True)
class Word:
    """One word of a command line and where it was written."""

    text: str
    origin: Origin


@dataclass(frozen=True)
class EnvVar:
    """One variable of a service's environment and where it was set."""

    name: str
    value: str
    origin: Origin


@dataclass(frozen=True)
class Unit:
    """A service unit as systemd would start it now from the files on disk (facts/systemd.md).

    ``state``: "loaded", "not-found", "masked", "bad-setting" or "error" (with ``error``). ``commands``: one list of
    words for each ExecStart command that runs, variables expanded. ``result``: "" or "resources" when the start itself
    would fail (a missing environment file; ``commands`` then lack its variables) or "exit-code" when the program's
    name is a variable, which is never expanded; with the reason in ``error``. ``settings``: all assignments that
    survive the merge, (section, key) to values in order, e.g. ("Unit", "RequiresMountsFor"): lists of units and paths
    word by word, other values as written.
    """

    name: str
    state: str
    fragment: str = ""
    dropins: tuple[str, ...] = ()
    commands: tuple[tuple[Word, ...], ...] = ()
    environment: tuple[EnvVar, ...] = ()
    environment_files: tuple[str, ...] = ()
    settings: Mapping[tuple[str, str], tuple[tuple[str, Origin], ...]] = field(default_factory=dict)
    result: str = ""
    error: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class LogLine:
    """One journal entry; ``mono`` seconds since boot, ``wall`` seconds since the epoch."""

    wall: float
    mono: float
    pid: int | None
    message: str


@dataclass(frozen=True)
class Threshold:
    """An eviction threshold that the kubelet will act on (kubelet-gc.md 4.1).

    ``text`` as written ("10%", "1Gi"); exactly one of ``fraction`` (the float32 value, as a float) and ``quantity``
    (bytes or count, rounded up) is set. ``grace_s``: None for a hard threshold. ``min_reclaim``: as written, or "".
    """

    signal: str
    text: str
    fraction: float | None
    quantity: int | None
    grace_s: float | None
    min_reclaim: str
    origin: Origin
    beaten: tuple[Claim[str], ...] = ()


@dataclass(frozen=True)
class ConfigNote:
    """Something in a configuration that the reader should know and the daemon does not say loudly.

    ``code``: "unknown-field", "wrong-case", "duplicate-key", "ignored-file", "beaten-by-flag", "wrong-table", ...
    """

    code: str
    text: str
    origin: Origin


@dataclass(frozen=True)
class KubeletConfig:
    """The configuration that a kubelet of this version makes of these words and files.

    ``fields``: v1beta1 names to effective values (durations in Go's text, ``2m0s``; maps as dicts), each with its
    origin and what it beat. Flag-only settings stand under their flag name (``--root-dir``). ``eviction``: the
    thresholds that are in force, hard and soft. ``signals``: per map ("evictionHard", "evictionSoft") the fact for
    each key as it stands in the effective map, ignored ones (0 %) included. ``error``: the kubelet's own text when
    it would refuse to start, "" otherwise; then ``fields`` holds what could still be read.
    """

    minor: int
    fields: Mapping[str, Fact[Any]]
    eviction: tuple[Threshold, ...] = ()
    signals: Mapping[str, Mapping[str, Fact[str]]] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    notes: tuple[ConfigNote, ...] = ()
    error: str = ""
    error_origin: Origin | None = None


@dataclass(frozen=True)
class Partition:
    """One row of the table that cAdvisor keeps from the kubelet's start."""

    device: str
    mountpoint: str
    dev: tuple[int, int]
    fstype: str


@dataclass(frozen=True)
class KubeletEvent:
    """A log line that says something about image GC, eviction or devices (kubelet-gc.md 3.3)."""

    code: str
    line: LogLine
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Pending:
    """Something on disk that the running process may not have read: ``sure`` False means only "possible"."""

    path: str
    what: str
    changed_wall: float
    sure: bool


@dataclass(frozen=True)
class KubeletState:
    """All that was read about the kubelet.

    ``embedded``: "" or the program that carries it (k3s, kubelite). ``config`` is what the running process obeys as
    far as can be told (argv and files); ``next_config`` what the next start would make of the disk, when it differs.
    ``partitions``: the table of its last ``Filesystem partitions`` line. ``events``: newest last, since its start.
    """

    process: Fact[Process]
    unit: Fact[Unit]
    version: Fact[str]
    minor: int
    config: Fact[KubeletConfig]
    next_config: KubeletConfig | None = None
    pending: tuple[Pending, ...] = ()
    partitions: Fact[tuple[Partition, ...]] = field(default_factory=lambda: Fact.unknown("not asked"))
    events: tuple[KubeletEvent, ...] = ()
    journal: Fact[bool] = field(default_factory=lambda: Fact.unknown("not asked"))
    embedded: str = ""
    answer: Fact[KubeletAnswer] = field(default_factory=lambda: Fact.unknown("not asked"))


@dataclass(frozen=True)
class ContainerdConfig:
    """What the next start of containerd would use (containerd-root.md 1.1); ``error`` when it would not start.

    ``imagefs``: the path that CRI ImageFsInfo names for this version. ``snapshotter_root``: where its data is.
    """

    version: int
    root: Fact[str]
    state: Fact[str]
    snapshotter: Fact[str]
    snapshotter_root: Fact[str]
    imagefs: Fact[str]
    files: tuple[str, ...] = ()
    notes: tuple[ConfigNote, ...] = ()
    error: str = ""
    error_origin: Origin | None = None


@dataclass(frozen=True)
class RuntimeState:
    """One container runtime. ``root``/``imagefs`` are what the running process uses; ``config`` what a start would.

    ``serves_kubelet``: whether the kubelet's endpoint is this runtime's socket.
    """

    kind: Literal["containerd", "cri-o", "cri-dockerd", "docker"]
    name: str
    process: Fact[Process]
    unit: Fact[Unit]
    version: Fact[str]
    config: Fact[ContainerdConfig]
    root: Fact[str]
    imagefs: Fact[str]
    serves_kubelet: bool
    pending: tuple[Pending, ...] = ()
    answer: Fact[RuntimeAnswer] = field(default_factory=lambda: Fact.unknown("not asked"))
    under_root: Fact[UnderRoot] = field(default_factory=lambda: Fact.unknown("not scanned"))
