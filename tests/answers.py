"""Small builders of what daemons answer: images over CRI, the kubelet's endpoints; see tests/builders.py."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.builders import WALL
from tui.model import (
    ContainerUse,
    Fact,
    FsStats,
    Image,
    ImageFs,
    KubeletAnswer,
    KubeletConfig,
    Origin,
    RuntimeAnswer,
    Summary,
    Usage,
)


def image(
    name: str,
    size: int,
    *,
    used_by: Sequence[ContainerUse] = (),
    pinned: bool = False,
    back: int | None = None,
    **more: Any,
) -> Image:
    """An image as CRI lists it; ``back`` None: twice its size, as content and snapshot; ``more``: other fields."""
    digest = f"sha256:{zlib.crc32(name.encode(errors='surrogateescape')):08x}{'0' * 56}"
    gives = Fact(2 * size if back is None else back, Origin("computed", "meta.db"))
    return replace(Image(digest, (name,), size, pinned, tuple(used_by), gives), **more)


APP = ContainerUse("default", "web-1", "app", "running")


def asked(images: Sequence[Image], *, path: str = "", wall: float = WALL) -> Fact[RuntimeAnswer]:
    """What the runtime answers; ``path``: its image path, none by default."""
    places = (ImageFs(path, 0),) if path else ()
    answer = RuntimeAnswer("v1", "containerd", "1.7.24", wall, places, (), tuple(images), 1, 1)
    return Fact(answer, Origin("socket", "/run/containerd/containerd.sock"))


def stats(numbers: Usage) -> FsStats:
    """A filesystem as /stats/summary shows it."""
    return FsStats(numbers.capacity, numbers.available, numbers.used, numbers.files, numbers.ffree)


def said(
    *,
    configz: Mapping[str, Any] | None = None,
    node_fs: FsStats | None = None,
    image_fs: FsStats | None = None,
    status: int | None = None,
    reason: str = "needs a credential",
    healthz: str = "ok",
    wall: float = WALL,
) -> Fact[KubeletAnswer]:
    """What the kubelet answers; nothing given: only /healthz."""
    known = node_fs is not None or image_fs is not None
    summary: Fact[Summary] = Fact.unknown(reason)
    if known:
        summary = Fact(Summary(node_fs, image_fs, image_fs), Origin("socket", "/stats/summary"))
    config: Fact[Mapping[str, Any]] = Fact.unknown(reason)
    if configz is not None:
        config = Fact(configz, Origin("socket", "/configz"))
    origin = Origin("socket", "/healthz")
    answer = KubeletAnswer(wall, Fact(healthz, origin), config, summary, 200 if known and status is None else status)
    return Fact(answer, origin)


def configz(config: KubeletConfig, **other: Any) -> dict[str, Any]:
    """/configz of a kubelet that obeys this configuration, some values changed."""
    names = [name for name in config.fields if not name.startswith("--")]
    return {name: config.fields[name].value for name in names} | other
