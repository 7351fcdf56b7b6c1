"""What every judgement starts from: the survey, indexed once, and where nodefs, imagefs and containerfs are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tui.assess.answers import TRUNCATED_S, current, obeyed
from tui.model import (
    Claim,
    Contradiction,
    Fact,
    History,
    KubeletAnswer,
    KubeletConfig,
    Mount,
    MountState,
    Origin,
    Process,
    RuntimeState,
    Sample,
    Survey,
    Usage,
)
from tui.words import visible

ROOT_DIR = "/var/lib/kubelet"
POD_LOGS = "/var/log/pods"


@dataclass(frozen=True)
class Place:
    """A path that matters and the mount it lies on.

    ``path``: as asked for, "" if not known. ``real``: without links. ``state``: None when not known (``reason``).
    ``device``: the path's own st_dev, as the kubelet's stat would see it. ``by_stat``: False when only the mount
    table was consulted, because the path could not be followed.
    """

    path: str
    real: str = ""
    state: MountState | None = None
    device: tuple[int, int] | None = None
    by_stat: bool = False
    origin: Origin | None = None
    reason: str = ""

    @property
    def fact(self) -> Fact[str]:
        """The mountpoint, or why it is not known."""
        if self.state is None:
            return Fact.unknown(self.reason)
        return Fact(self.state.mount.mountpoint, self.origin)


@dataclass(frozen=True)
class Case:
    """A survey made ready for judgement.

    ``config``: what the kubelet obeys, by its own answer where it gave one; None when its configuration is not known.
    ``answer``: what the running kubelet answered. ``contradictions``: where that differs from its files.
    """

    survey: Survey
    history: History
    runtime: RuntimeState | None
    config: KubeletConfig | None
    nodefs: Place
    imagefs: Place
    logs: Place
    answer: KubeletAnswer | None = None
    contradictions: tuple[Contradiction, ...] = ()

    @property
    def minor(self) -> int:
        """The kubelet's minor version."""
        return self.survey.kubelet.minor

    @property
    def process(self) -> Process | None:
        """The running kubelet."""
        return self.survey.kubelet.process.value

    @property
    def offline(self) -> bool:
        """Whether only files can be read: no processes exist to be asked about."""
        return self.survey.host.kind == "root-dir"

    @property
    def wrong_rules(self) -> bool:
        """Whether the version is not known, and the assumed one refuses flags that others take: it proves nothing."""
        files = self.survey.kubelet.config.value
        error = files.error if files else ""
        return self.survey.kubelet.version.value is None and error.startswith("failed to parse kubelet flag")

    @property
    def next_config(self) -> KubeletConfig | None:
        """What the next start would make of the disk, where that differs: the files, once the kubelet itself spoke."""
        files = self.survey.kubelet.config.value
        return self.survey.kubelet.next_config or (files if self.config is not files else None)

    @property
    def cri_o(self) -> bool:
        """Whether the kubelet's runtime is CRI-O, for which cAdvisor has rules of its own."""
        return self.runtime is not None and self.runtime.kind == "cri-o"

    def samples(self, state: MountState) -> Sequence[Sample]:
        """The samples of one mount, or of another of the same filesystem, oldest first."""
        own = self.history.get(state.mount.mountpoint)
        if own or not self.history:
            return own or ()
        twins = (one.mount.mountpoint for one in self.survey.mounts if same_disk(one, state))
        return next((self.history[place] for place in twins if place in self.history), ())

    def field(self, name: str) -> Fact[Any]:
        """One effective value of the kubelet's configuration."""
        if self.config is None:
            return Fact.unknown(self.survey.kubelet.config.reason or "the kubelet's configuration is not known")
        return self.config.fields.get(name, Fact.unknown("not among the values that could be read"))

    def percent(self, name: str) -> int | None:
        """An effective whole number between 0 and 100, None if it is not known or no such number."""
        value = self.field(name).value
        return value if type(value) is int and 0 <= value <= 100 else None


def open_case(survey: Survey, history: History) -> Case:
    """Index a survey."""
    config, contradictions = obeyed(survey)
    runtime = kubelets_runtime(survey)
    root_dir = config.fields.get("--root-dir") if config else None
    log_dir = config.fields.get("podLogsDir") if config else None
    return Case(
        survey=survey,
        history=history,
        runtime=runtime,
        config=config,
        nodefs=_place(survey, Fact(_text(root_dir) or ROOT_DIR, root_dir.origin if root_dir else None)),
        imagefs=_place(survey, _image_path(survey, runtime)),
        logs=_place(survey, Fact(_text(log_dir) or POD_LOGS)),
        answer=current(survey),
        contradictions=contradictions,
    )


def kubelets_runtime(survey: Survey) -> RuntimeState | None:
    """The runtime behind the kubelet's endpoint; without any kubelet, the only runtime there is."""
    serving = [runtime for runtime in survey.runtimes if runtime.serves_kubelet]
    if serving:
        return serving[0]
    alone = len(survey.runtimes) == 1 and survey.kubelet.config.value is None
    return survey.runtimes[0] if alone else None


def _text(fact: Fact[Any] | None) -> str:
    return fact.value if fact is not None and isinstance(fact.value, str) else ""


def _image_path(survey: Survey, runtime: RuntimeState | None) -> Fact[str]:
    if runtime is not None:
        return image_path(survey, runtime)
    if survey.runtimes:
        return Fact.unknown("none of the container runtimes found is the one that the kubelet uses")
    return Fact.unknown("no container runtime found")


def image_path(survey: Survey, runtime: RuntimeState) -> Fact[str]:
    """Where images are: the first path that the running runtime answers, as the kubelet takes it (2.1).

    Another spelling of the path that its process and files give (a link) stays that; one that cannot be followed does
    not count against it.
    """
    answer, ours, process = runtime.answer.value, runtime.imagefs, runtime.process.value
    if (
        answer is None
        or not answer.imagefs
        or (process is not None and answer.wall + TRUNCATED_S < process.started_wall)
    ):
        return ours
    said = answer.imagefs[0].path
    if not said.startswith("/"):
        return ours
    if ours.value is not None:
        reals = [survey.realpaths.get(path) for path in (said, ours.value)]
        found = [fact.value[0] if fact is not None and fact.value is not None else None for fact in reals]
        if said.rstrip("/") == ours.value.rstrip("/") or None in found or found[0] == found[1]:
            return ours
    beaten = (Claim(ours.value, ours.origin), *ours.beaten) if ours.origin else ()
    return Fact(said, Origin("socket", "ImageFsInfo"), beaten)


def _place(survey: Survey, path: Fact[str]) -> Place:
    """Where a path lies: by its stat, else by the mount table alone (a link below it would go unnoticed)."""
    if not path.value:
        return Place("", reason=path.reason or "its path is not known")
    found = survey.realpaths.get(path.value, Fact.unknown("not followed"))
    real, device = found.value if found.value is not None else (path.value, None)
    state = covering(survey.mounts, real, device)
    if state is None:
        return Place(path.value, real, reason="no mount table could be read")
    origin = found.origin or Origin("computed", "mount table", text=f"by the path alone: {found.reason}")
    return Place(path.value, real, state, device, found.known, origin)


def above(path: str) -> set[str]:
    """Every mountpoint that a path can lie on: itself and all that is above it, "/" included."""
    parts = path.strip("/").split("/")
    return {"/"} | {"/" + "/".join(parts[:length]) for length in range(1, len(parts) + 1) if parts[0]}


def covers(mountpoint: str, path: str) -> bool:
    """Whether a path is a mountpoint or lies below it."""
    return mountpoint in above(path)


def covering(mounts: Iterable[MountState], path: str, device: tuple[int, int] | None = None) -> MountState | None:
    """The mount that a path lies on: the deepest above it, the last one of several at the same place.

    With the path's ``device`` a mount of that device is preferred, so that a private mount of another process does
    not mislead.
    """
    points = above(path)
    holders = [state for state in mounts if state.mount.mountpoint in points]
    holders.sort(key=lambda state: len(state.mount.mountpoint))
    same = [state for state in holders if state.mount.dev == device]
    chosen = same or holders
    return chosen[-1] if chosen else None


def usage(state: MountState | None) -> Usage | None:
    """What statfs said of a mount, None if it is not known."""
    return state.usage.value if state is not None else None


def same_disk(one: MountState | None, other: MountState | None) -> bool:
    """Whether two mounts show the same filesystem."""
    return one is not None and other is not None and one.mount.dev == other.mount.dev


def named(mount: Mount | MountState | None) -> str:
    """A mountpoint as it may stand in a sentence."""
    if mount is None:
        return "an unknown filesystem"
    return visible(mount.mount.mountpoint if isinstance(mount, MountState) else mount.mountpoint)
