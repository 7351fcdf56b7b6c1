"""What follows from a survey: measured filesystem, triggers, findings, explanations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Any, Literal

from tui.model.answers import Image
from tui.model.disks import MountState
from tui.model.facts import Fact, Origin
from tui.model.survey import Survey


class Severity(IntEnum):
    """How bad a finding is; INFO never turns the verdict from green nor changes the exit code."""

    INFO = 0
    WARNING = 1
    CRITICAL = 2


class Sure(Enum):
    """How sure a judgement is, and the word that the screen uses for it."""

    CERTAIN = "certain"
    LIKELY = "likely"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Evidence:
    """One reason for a judgement: a plain sentence and where it was seen."""

    text: str
    origin: Origin | None = None


@dataclass(frozen=True)
class Measured:
    """Which filesystem the kubelet measures as imagefs (kubelet-gc.md 2.4).

    ``state``: "right" (where images are), "stale" (another disk, silently), "unknown-device" (no device: no image GC,
    no imagefs eviction), "broken" (stats fail altogether), "unknown" (cannot be told; ``reason`` says why).
    ``mountpoint``/``device``: what is measured, "" if nothing or unknown. ``sure`` and ``evidence``: best first.
    ``dated_after_s``: seconds between the kubelet's start and the mount's appearance, when known.
    """

    state: Literal["right", "stale", "unknown-device", "broken", "unknown"]
    mountpoint: str
    device: str
    sure: Sure
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""
    dated_after_s: float | None = None


@dataclass(frozen=True)
class Forecast:
    """When something is reached at the measured rate.

    ``state``: "in" (between ``soonest`` and ``latest`` seconds), "now" (already there), "not growing", "never" (cannot
    happen: off or not set), "unknown" (too few samples; ``reason``). ``rate``: bytes (or inodes) per second, positive
    when space shrinks. ``window_s`` and ``samples``: what the estimate rests on.
    """

    state: Literal["in", "now", "not growing", "never", "unknown"]
    soonest: float | None = None
    latest: float | None = None
    rate: float | None = None
    window_s: float = 0.0
    samples: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Mark:
    """A threshold drawn on a disk's bar at ``percent`` used (kubelet's percent); solid if ``applied`` to this disk."""

    kind: Literal["low", "high", "eviction"]
    percent: float
    applied: bool


@dataclass(frozen=True)
class Disk:
    """One row of the disks table.

    ``holds``: words for what lives there, most important first ("images", "kubelet", "pod logs"). ``roles``: of
    "nodefs", "imagefs", "containerfs" as things are. ``measured_as``: the roles under which the kubelet measures it.
    """

    state: MountState
    holds: tuple[str, ...]
    roles: tuple[str, ...]
    measured_as: tuple[str, ...]
    marks: tuple[Mark, ...]
    growth: Forecast

    @property
    def mountpoint(self) -> str:
        """The mount's path, also the row's key."""
        return self.state.mount.mountpoint


@dataclass(frozen=True)
class Setting:
    """One row of the thresholds panel; ``key`` is what Why is asked with (e.g. "imageGCHighThresholdPercent").

    ``value``: the text shown ("60 %", "off", "—"). ``note``: a short remark ("evictionHard lacks it"), or "".
    ``pending``: what the value would become at the next start, or "".
    """

    key: str
    label: str
    value: str
    fact: Fact[Any]
    note: str = ""
    pending: str = ""


@dataclass(frozen=True)
class Trigger:
    """One thing that fires, on one filesystem.

    ``key``: unique, what Why is asked with ("gc@/mnt/images", "nodefs.available:hard@/"). ``kind``: what acts.
    ``resource``: "bytes" or "inodes". ``applied``: whether the kubelet measures ``mountpoint`` for this; if not, this
    is what would happen *if measured*. ``fires_at``: fires when available is at or below it (``strict`` False: image
    GC, disk full) or below it (``strict`` True: eviction); None when it cannot fire (``unset`` says why) or is unknown.
    ``left``: available - fires_at, negative once past. ``met``: it would fire now. ``amount``: bytes that image GC
    would want to free if it fired now (only when met) or, if ``met`` is False, at the instant it fires.
    ``will``: one sentence on what it does. ``first``: comes first of all applied ones.
    """

    key: str
    kind: Literal["image GC", "eviction", "soft eviction", "disk full"]
    label: str
    signal: str
    resource: Literal["bytes", "inodes"]
    mountpoint: str
    threshold: str
    origin: Origin | None
    applied: bool
    strict: bool
    fires_at: int | None
    now: int | None
    left: int | None
    met: bool
    when: Forecast
    will: str = ""
    amount: int | None = None
    unset: str = ""
    first: bool = False


@dataclass(frozen=True)
class Pressure:
    """DiskPressure as computed now (None unknown), ``signals`` that are met, ``lifts``: a sentence on when it could."""

    now: bool | None
    signals: tuple[str, ...] = ()
    lifts: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Finding:
    """Something a person should know.

    ``code`` is stable (documented in the report's schema); ``subject`` is the key of the value concerned, for Why.
    ``title``: one sentence. ``remedy``: what to do, commands included.
    """

    code: str
    severity: Severity
    title: str
    evidence: tuple[Evidence, ...] = ()
    remedy: str = ""
    subject: str = ""
    sure: Sure = Sure.CERTAIN


@dataclass(frozen=True)
class Step:
    """One line of a why-chain: a claim as it stands in its source, and whether it wins."""

    value: str
    origin: Origin
    wins: bool


@dataclass(frozen=True)
class Explanation:
    """Why a value is what it is. ``source``: the function of kubelet, cAdvisor or containerd that rules here."""

    title: str
    chain: tuple[Step, ...] = ()
    paragraphs: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True)
class ImageRun:
    """What one run of image GC would do on the images' disk, with the images of now (kubelet-gc.md 3, 3.2).

    ``applied``: whether the kubelet measures that disk. ``due``: it fires now; else all is meant for the instant at
    which it fires. ``wanted``: bytes to free, the trigger's amount. ``all_go``: every eligible image goes; then
    ``short`` are the bytes still missing (0: enough). ``fewest``/``most``: images deleted, equal when that is certain.
    ``going``: which ones, in order; empty when that cannot be told. ``counts``: bytes that the kubelet will have
    counted, least and most. ``gives_back``: bytes that the disk gets back, an estimate (in proportion where it cannot
    be told which images go). ``sentence``: all of it in one.
    """

    mountpoint: str
    applied: bool
    due: bool
    wanted: int
    all_go: bool
    short: int
    fewest: int
    most: int
    going: tuple[Image, ...]
    counts: tuple[int, int]
    gives_back: Fact[int]
    sentence: str


@dataclass(frozen=True)
class ImagesView:
    """The images of the kubelet's runtime, as image GC sees them.

    ``wall``: when the runtime was asked. ``eligible``: what may be deleted now (ages apart), first to go first as far
    as that can be known, else largest first. ``kept``: used or pinned ones, largest first; ``why_kept`` by image id in
    a few words. ``order``: "known" (all times are), "irrelevant" (at most one, or all go) or "unknown"; ``order_note``
    says what decides and what cannot be known. ``counts``: sum of CRI sizes of the eligible ones, what the kubelet
    counts; ``gives_back``: what the disk would get back if all of them went, shared things once. ``run``: the next run
    on the images' disk, None if image GC is off or cannot be computed. ``caveats``: sentences, e.g. on the minimum age.
    ``sentence``: the two figures.
    """

    wall: float
    eligible: tuple[Image, ...]
    kept: tuple[Image, ...]
    why_kept: Mapping[str, str]
    order: Literal["known", "irrelevant", "unknown"]
    order_note: str
    counts: int
    gives_back: Fact[int]
    run: ImageRun | None
    caveats: tuple[str, ...]
    sentence: str


@dataclass(frozen=True)
class Contradiction:
    """A value of which the kubelet's own answer and its files say different things; the answer is what it obeys.

    ``key``: v1beta1 name, or a signal ("nodefs.available", ":soft" behind a soft one). Values as text, "not set" if
    absent. ``files_origin``: where the files say so. ``explained``: why they differ, when something on disk says so.
    """

    key: str
    answer: str
    files: str
    files_origin: Origin | None
    explained: str = ""


@dataclass(frozen=True)
class Assessment:
    """The judgement over one survey: findings worst first; roles map "nodefs"... to mountpoints as things are.

    ``images``: the runtime's images in the light of image GC, unknown with the reason if it was not or cannot be asked.
    ``contradictions``: where the kubelet's own answer differs from its files; ``settings`` show the answer then.
    """

    survey: Survey
    disks: tuple[Disk, ...]
    roles: Mapping[str, Fact[str]]
    measured: Measured
    settings: tuple[Setting, ...]
    triggers: tuple[Trigger, ...]
    pressure: Pressure
    findings: tuple[Finding, ...]
    verdict: str
    severity: Severity
    undetermined: tuple[str, ...] = ()
    images: Fact[ImagesView] = field(default_factory=lambda: Fact.unknown("not asked"))
    contradictions: tuple[Contradiction, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 fine, 1 warnings, 2 critical, 3 could not be determined."""
        if self.severity is Severity.CRITICAL:
            return 2
        if self.undetermined:
            return 3
        return 1 if self.severity is Severity.WARNING else 0
