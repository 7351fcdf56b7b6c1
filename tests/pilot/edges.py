"""Samples at the edge: nothing may be read, hostile names everywhere, sixty mounts."""

from __future__ import annotations

from dataclasses import replace

from tests.pilot.samples import (
    GIB,
    IMAGES,
    LOGS,
    ROOT,
    SETTINGS,
    STALE,
    STILL,
    UNKNOWN,
    VERDICT,
    WALL,
    assessment,
    containerd,
    disk,
    story_triggers,
    survey,
    usage,
)
from tui.model import (
    DEFAULT,
    Assessment,
    Claim,
    Evidence,
    Fact,
    HostInfo,
    KubeletState,
    Measured,
    Origin,
    Pressure,
    Sure,
)


def unprivileged() -> Assessment:
    """Nobody may read anything but mounts."""
    why = "permission denied: run as root (sudo)"
    bare = replace(IMAGES, holds=(), marks=(), growth=UNKNOWN)
    seen = survey((bare,), host=HostInfo("node1", "node", "/", 1000), name="")
    kubelet = KubeletState(Fact.unknown(why), Fact.unknown(why), Fact.unknown(why), 0, Fact.unknown(why))
    runtime = replace(containerd(Fact.unknown(why)), imagefs=Fact.unknown(why), version=Fact.unknown(why))
    runtime = replace(runtime, process=Fact.unknown(why), config=Fact.unknown(why))
    return assessment(
        (bare,), (), (), "Cannot tell: the kubelet's configuration is not readable. Run as root.",
        survey=replace(seen, kubelet=kubelet, runtimes=(runtime,)), settings=(),
        measured=Measured("unknown", "", "", Sure.UNKNOWN, reason=why), pressure=Pressure(None, reason=why),
        undetermined=(f"kubelet configuration: {why}",),
    )  # fmt: skip


HOSTILE = (
    "/mnt/[red]x[/]",
    "/mnt/[/foo]",
    "/mnt/line\nbreak\ttab",
    "/mnt/\x1b[31mred\x1b]0;owned\x07",
    "/mnt/图像存储卷数据目录一二三四五六七八九十",
    "/mnt/" + "x" * 250,
    "/mnt/bad\udcff\udcfebytes",
    "/mnt/\u202eright-to-left\u200b",
    "/mnt/emoji\u2764\ufe0f\U0001f468\u200d\U0001f469",
)


def hostile() -> Assessment:
    """Names that would break a careless screen, everywhere a name can be."""
    disks = [
        replace(IMAGES, state=disk(path, 20 + i, IMAGES.state.usage.value).state) for i, path in enumerate(HOSTILE)
    ]
    bad = HOSTILE[3]
    rows = [replace(row, mountpoint=HOSTILE[i % len(HOSTILE)]) for i, row in enumerate(story_triggers())]
    findings = (
        replace(
            STALE, title=f"{bad} is measured", remedy=f"umount {bad}", evidence=(Evidence(bad, Origin("file", bad, 1)),)
        ),
    )
    settings = [replace(each, value=HOSTILE[i], note=HOSTILE[3]) for i, each in enumerate(SETTINGS)]
    seen = survey(disks, host=HostInfo(bad, "debug-pod", HOSTILE[0], 0), name=bad)
    seen = replace(
        seen,
        runtimes=(
            replace(containerd(Fact(HOSTILE[2], Origin("file", bad, 2, bad), (Claim(bad, DEFAULT),))), name=bad),
        ),
    )
    return assessment(disks, rows, findings, f"Look at {bad}", settings=tuple(settings), survey=seen)


def many() -> Assessment:
    """Sixty mounts, one of them dead."""
    others = [
        disk(f"/data/volume-{i:02}", 100 + i, usage((i + 1) * GIB, (i * 7 % (i + 1)) * GIB), (), growth=STILL)
        for i in range(57)
    ]
    dead = disk("/nfs/gone", 99, None, since=WALL - 120)
    return assessment((IMAGES, ROOT, LOGS, *others, dead), story_triggers(), (STALE,), VERDICT)
