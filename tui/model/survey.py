"""One frozen snapshot of a node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tui.model.daemons import ConfigNote, KubeletState, RuntimeState
from tui.model.disks import MountState
from tui.model.facts import Fact


@dataclass(frozen=True)
class EditFate:
    """What becomes of a hand edit of ``path``: "lasts", "until-event", "lost", "forbidden" (node-layouts.md 4)."""

    path: str
    fate: Literal["lasts", "until-event", "lost", "forbidden", "unknown"]
    why: str
    instead: str = ""


@dataclass(frozen=True)
class Distro:
    """The Kubernetes distribution; ``name`` "kubeadm", "NKS", "k3s", ... or "" when not recognised."""

    name: str
    evidence: tuple[str, ...] = ()
    gc_off_is_normal: bool = False
    edits: tuple[EditFate, ...] = ()


@dataclass(frozen=True)
class HostInfo:
    """Which machine this is and how it is seen; ``kind`` "node", "debug-pod", "root-dir", "demo" or "recorded"."""

    name: str
    kind: str
    root: str
    euid: int
    os: str = ""
    cgroup_v1: bool | None = None
    systemd: Fact[int] = field(default_factory=lambda: Fact.unknown("not asked"))


@dataclass(frozen=True)
class Survey:
    """One snapshot of all that was read. ``wall``/``mono``: when. ``gaps``: (what, reason) that could not be read."""

    host: HostInfo
    wall: float
    mono: float
    mounts: tuple[MountState, ...]
    kubelet: KubeletState
    runtimes: tuple[RuntimeState, ...]
    distro: Distro
    realpaths: Mapping[str, Fact[tuple[str, tuple[int, int]]]] = field(default_factory=dict)
    decoys: tuple[ConfigNote, ...] = ()
    gaps: tuple[tuple[str, str], ...] = ()
