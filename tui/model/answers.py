"""What the daemons themselves answered: the runtime over CRI, the kubelet over HTTP. None of it is ever needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tui.model.facts import Fact


@dataclass(frozen=True)
class ContainerUse:
    """A container that holds an image; ``state`` as CRI says it ("running", "exited", "created", "unknown")."""

    namespace: str
    pod: str
    name: str
    state: str


@dataclass(frozen=True)
class Image:
    """One image as CRI lists it.

    ``size``: the bytes that the kubelet counts (CRI size). ``gives_back``: the bytes that the disk would get back if it
    alone were removed (content plus unpacked snapshots that nothing else shares), or unknown with the reason.
    ``used_by``: every container that names it, running or dead; ``pinned`` by the runtime. ``parts``: all that it holds
    on the disk and only images hold, shared things included: the name of a content blob or snapshot to its allocated
    bytes; empty if not known. ``arrived``: wall time at which it came to this node. ``last_used``: wall time at which a
    look last saw a container on it; known with None if it was watched since the kubelet's start and never used; unknown
    if it was not seen in use while watched, so then it was used before whatever was.
    """

    id: str
    names: tuple[str, ...]
    size: int
    pinned: bool
    used_by: tuple[ContainerUse, ...] = ()
    gives_back: Fact[int] = field(default_factory=lambda: Fact.unknown("not measured"))
    parts: Mapping[str, int] = field(default_factory=dict)
    arrived: Fact[float] = field(default_factory=lambda: Fact.unknown("not read"))
    last_used: Fact[float | None] = field(default_factory=lambda: Fact.unknown("only the kubelet remembers it"))

    @property
    def eligible(self) -> bool:
        """Whether image GC may remove it now, ages apart (kubelet-gc.md 3.2): nothing uses it and it is not pinned."""
        return not self.used_by and not self.pinned


@dataclass(frozen=True)
class ImageFs:
    """One entry of ImageFsInfo: a directory, no mountpoint; ``used`` sums snapshots only (containerd-root.md 2.1)."""

    path: str
    used: int
    inodes: int | None = None


@dataclass(frozen=True)
class RuntimeAnswer:
    """One round of questions to the CRI socket; ``api`` "v1" or "v1alpha2"; ``wall`` when it was asked."""

    api: str
    name: str
    version: str
    wall: float
    imagefs: tuple[ImageFs, ...]
    containerfs: tuple[ImageFs, ...]
    images: tuple[Image, ...]
    containers: int
    sandboxes: int


@dataclass(frozen=True)
class FsStats:
    """One filesystem of /stats/summary. capacity and available are cAdvisor's, ``used`` the runtime's own (2.1)."""

    capacity: int | None
    available: int | None
    used: int | None
    inodes: int | None
    inodes_free: int | None


@dataclass(frozen=True)
class Summary:
    """The part of /stats/summary that says what the kubelet measures."""

    node_fs: FsStats | None
    image_fs: FsStats | None
    container_fs: FsStats | None


@dataclass(frozen=True)
class KubeletAnswer:
    """Each endpoint's answer, or unknown with the reason and what would make it answer.

    ``configz``: the kubelet's own effective configuration (v1beta1 names). ``summary_status``: the HTTP status of
    /stats/summary, 500 being a finding of its own (kubelet-gc.md 2.4). ``wall``: when it was asked.
    """

    wall: float
    healthz: Fact[str]
    configz: Fact[Mapping[str, Any]]
    summary: Fact[Summary]
    summary_status: int | None = None


@dataclass(frozen=True)
class Credential:
    """What the person named for the kubelet's port 10250; never searched for."""

    kind: Literal["certificate", "token"]
    path: str
    key_path: str = ""
    ca_path: str = ""


@dataclass(frozen=True)
class UnderRoot:
    """What takes space under a runtime's root (containerd-root.md 2.3).

    ``parts``: name ("content", "ingest", "snapshots overlayfs", "writable layers", "orphans", ...) to (allocated bytes,
    inodes), hard links counted once. ``arrivals``: (wall time, bytes) of content blobs, oldest first. ``whole`` False
    while the scan runs or after it was cancelled; ``scanned`` entries so far. ``notes``: what cannot be told and what
    was left out, sentences.
    """

    path: str
    parts: Mapping[str, tuple[int, int]]
    arrivals: tuple[tuple[float, int], ...]
    whole: bool
    scanned: int
    wall: float
    notes: tuple[str, ...] = ()
