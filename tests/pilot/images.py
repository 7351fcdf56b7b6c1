"""Samples of what the daemons answer: the story's images, two thousand of them, hostile ones, a kubelet's log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tests.pilot import edges, samples
from tests.pilot.samples import GIB, WALL
from tui.kubelet.logs import read_events
from tui.model import (
    Assessment,
    ContainerUse,
    Fact,
    Image,
    ImageFs,
    ImageRun,
    ImagesView,
    KubeletState,
    LogLine,
    Origin,
    RuntimeAnswer,
    UnderRoot,
)

SOCKET = Origin("socket", "/run/containerd/containerd.sock")
MIB = 1024**2


def image(name: str, size: int, *used_by: ContainerUse, pinned: bool = False, back: int | None = None) -> Image:
    """One image; it gives back twice what it counts, the unpacked layers besides the packed ones."""
    gives = Fact(2 * size if back is None else back, Origin("computed", "content and snapshots"))
    ident = f"sha256:{abs(hash_of(name)):064x}"
    return Image(ident, (name, f"{name.rpartition(':')[0]}@{ident}"), size, pinned, used_by, gives)


def hash_of(name: str) -> int:
    """The same number each time."""
    return int.from_bytes(name.encode("utf-8", "surrogateescape")[-20:], "big")


def use(pod: str, name: str = "app", state: str = "running") -> ContainerUse:
    """A container in the default namespace."""
    return ContainerUse("default", pod, name, state)


UNUSED = tuple(
    image(f"registry.example.com/ml/{name}", int(size * GIB))
    for name, size in (
        ("trainer:build-411", 9.1), ("trainer:build-412", 8.7), ("embedder:build-398", 6.2), ("ranker:build-77", 4.9),
        ("trainer:build-409", 3.9), ("serving:build-12", 2.8), ("notebook:build-3", 1.7), ("etl:build-240", 0.9),
    )
)  # fmt: skip
KEPT = (
    image("docker.io/library/nginx:1.25.3", 71 * MIB, use("web-7c9f8d-x2lpq"), use("web-7c9f8d-m4q8w")),
    image("registry.example.com/ml/serving:build-14", int(2.9 * GIB), use("serving-0")),
    image("registry.example.com/ml/trainer:build-413", int(9.2 * GIB), use("trainer-job-8kd2x", "main", "exited")),
    image("registry.k8s.io/pause:3.9", 318_412, pinned=True),
)


def answered(found: Assessment, images: ImagesView, **rest: object) -> Assessment:
    """The assessment of a node whose runtime has answered; ``rest``: fields of the kubelet's state."""
    every = (*images.eligible, *images.kept)
    paths = (ImageFs("/mnt/images/containerd/io.containerd.snapshotter.v1.overlayfs", int(46.3 * GIB)),)
    answer = RuntimeAnswer("v1", "containerd", "1.6.20", WALL - 3, paths, paths, every, 5, 4)
    parts = {"snapshots overlayfs": (int(46.3 * GIB), 812_000), "content": (int(44.1 * GIB), 402)}
    under = UnderRoot("/mnt/images/containerd", {**parts, "ingest": (0, 0)}, (), True, 812_402, WALL - 60)
    runtime = replace(
        found.survey.runtimes[0], answer=Fact(answer, SOCKET), under_root=Fact(under, Origin("file", under.path))
    )
    kubelet = replace(found.survey.kubelet, **rest)  # type: ignore[arg-type]  # replace() checks the names itself
    return replace(
        found, survey=replace(found.survey, runtimes=(runtime,), kubelet=kubelet), images=Fact(images, SOCKET)
    )


def view(eligible: Sequence[Image], kept: Sequence[Image], run: ImageRun | None, sentence: str = "") -> ImagesView:
    """What image GC sees."""
    counts = sum(each.size for each in eligible)
    back = sum(each.gives_back.value or 0 for each in eligible)
    return ImagesView(
        WALL - 3, tuple(eligible), tuple(kept),
        {each.id: "pinned by the runtime" if each.pinned else f"default/{each.used_by[0].pod}/app" for each in kept},
        "irrelevant",
        "The kubelet deletes what was longest unused first, never by size; here all of them go, so the order does not "
        "matter.",
        counts, Fact(back, Origin("computed", "content and snapshots")), run,
        ("An image that the kubelet first saw less than 2m before the run stays, which starts anew with the kubelet.",),
        sentence or f"{len(eligible)} of {len(eligible) + len(kept)} images may go: unused images count 38.2G, give "
        "back ~ 77G.",
    )  # fmt: skip


def run(going: Sequence[Image], **rest: object) -> ImageRun:
    """The story's run: everything unused goes and it is not enough."""
    count = sum(each.size for each in going)
    values: dict[str, object] = {
        "mountpoint": "/mnt/images", "applied": False, "due": True, "wanted": 55_522_593_996, "all_go": True,
        "short": 55_522_593_996 - count, "fewest": len(going), "most": len(going), "going": tuple(going),
        "counts": (count, count), "gives_back": Fact(2 * count, Origin("computed", "content and snapshots")),
        "sentence": "wants 51.7G: unused images count 38.2G, give back ~ 77G; all 8 go, 13.5G short", **rest,
    }  # fmt: skip
    return ImageRun(**values)  # type: ignore[arg-type]  # checked when the screen reads it


def story() -> Assessment:
    """The seed's node, its runtime asked and its kubelet's journal read."""
    return answered(samples.story(), view(UNUSED, KEPT, run(UNUSED)), events=read_events(LOG), journal=JOURNAL)


def in_order() -> Assessment:
    """It is known which images go: the first three."""
    going = UNUSED[:3]
    rest: dict[str, object] = {
        "all_go": False, "applied": True, "short": 0, "fewest": 3, "most": 3,
        "sentence": "wants 20.0G: unused images count 38.2G, give back ~ 77G; stops after 3 of 8",
    }  # fmt: skip
    note = "The kubelet deletes what was longest unused first. This order is what was seen since its start 14 min ago."
    seen = replace(view(UNUSED, KEPT, run(going, **rest)), order="known", order_note=note)
    return answered(samples.story(), seen)


def many() -> Assessment:
    """Two thousand images."""
    eligible = [image(f"registry.example.com/team-{i % 40}/service-{i}:v{i}", i * MIB) for i in range(1, 1501)]
    kept = [image(f"registry.example.com/kept/service-{i}:v{i}", i * MIB, use(f"pod-{i}")) for i in range(1, 501)]
    return answered(samples.story(), view(eligible, kept, run(eligible, sentence="wants 51.7G"), "1500 of 2000."))


def hostile() -> Assessment:
    """Names that would break a careless screen, in images, users and log lines."""
    eligible = [image(name, 10 * MIB) for name in edges.HOSTILE]
    kept = [image(f"{name}x", 10 * MIB, ContainerUse(name, name, name, name)) for name in edges.HOSTILE]
    nameless = replace(eligible[0], id="sha256:" + "ab" * 32, names=(), gives_back=Fact.unknown(edges.HOSTILE[3]))
    bad = view([*eligible, nameless], kept, run(eligible, sentence=edges.HOSTILE[3]), edges.HOSTILE[0])
    lines = [line(60.0 + i, f'E1124 09:00:00.1 812 x.go:1] "Removing image to free bytes" imageID="{name}" size=7')
             for i, name in enumerate(edges.HOSTILE)]  # fmt: skip
    return answered(edges.hostile(), bad, events=read_events(lines), journal=JOURNAL)


def silent(reason: str) -> Assessment:
    """The story's node, its runtime silent for this reason."""
    found = samples.story()
    runtime = replace(found.survey.runtimes[0], answer=Fact.unknown(reason))
    return replace(found, survey=replace(found.survey, runtimes=(runtime,)), images=Fact.unknown(reason))


JOURNAL: Fact[bool] = Fact(True, Origin("journal", "journalctl -b -u kubelet.service"))


def line(ago: float, message: str) -> LogLine:
    """A line of the journal, ``ago`` seconds before the look."""
    return LogLine(WALL - ago, samples.MONO - ago, 812, message)


LOG = (
    line(831, 'I1124 08:58:12.050000     812 server.go:487] "Kubelet version" kubeletVersion="v1.32.10"'),
    line(
        830.9,
        "I1124 08:58:12.060000     812 fs.go:136] Filesystem partitions: map[/dev/xvda1:{mountpoint:/ major:202 "
        "minor:1 fsType:ext4 blockSize:0} /run:{mountpoint:/run major:0 minor:23 fsType:tmpfs blockSize:0}]",
    ),
    line(
        830.8,
        'E1124 08:58:12.200000     812 kubelet.go:1428] "Image garbage collection failed once. Stats initialization '
        'may not have completed yet" err="invalid capacity 0 on image filesystem"',
    ),
    line(531, 'I1124 09:03:12.200000     812 kubelet.go:1438] "Image garbage collection succeeded"'),
    line(
        231,
        'I1124 09:08:12.200000     812 image_gc_manager.go:383] "Disk usage on image filesystem is over the high '
        'threshold, trying to free bytes down to the low threshold" usage=93 highThreshold=60 amountToFree=55522593996 '
        "lowThreshold=40",
    ),
    line(
        230.9,
        'I1124 09:08:12.300000     812 image_gc_manager.go:487] "Removing image to free bytes" '
        f'imageID="{UNUSED[0].id}" size={UNUSED[0].size} runtimeHandler=""',
    ),
    line(
        228,
        'E1124 09:08:15.200000     812 kubelet.go:1428] "Image garbage collection failed multiple times in a row" '
        'err="Failed to garbage collect required amount of images. Attempted to free 55522593996 bytes, but only found '
        '9771050598 bytes eligible to free."',
    ),
    line(12, 'I1124 09:11:51.000000     812 eviction_manager.go:376] "Eviction manager: attempting to reclaim" '
             'resourceName="ephemeral-storage"'),
    line(11, 'I1124 09:11:52.000000     812 eviction_manager.go:617] "Eviction manager: pod is evicted successfully" '
             'pod="default/trainer-job-8kd2x"'),
)  # fmt: skip
OLD_LOG = (
    line(
        231,
        "I1124 09:08:12.200000     812 image_gc_manager.go:305] [imageGCManager]: Disk usage on image filesystem is at "
        "93% which is over the high threshold (60%). Trying to free 55522593996 bytes down to the low threshold (40%).",
    ),
)


def logged(lines: Sequence[LogLine], journal: Fact[bool] = JOURNAL) -> Assessment:
    """The story's node with this log."""
    found = samples.story()
    kubelet: KubeletState = replace(found.survey.kubelet, events=read_events(lines), journal=journal)
    return replace(found, survey=replace(found.survey, kubelet=kubelet))
