"""The seed's story on a real node: told by the inspector, checked against the kernel and the kubelet's journal."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.node import files
from tests.node.lab import Lab
from tests.node.seed import IMAGES, SeedNode
from tests.node.terminal import Terminal

IMAGE_MIB = 330
TICK = 330.0
THRESHOLDS = "imageMinimumGCAge: 5s\n"
LOWERED = "imageGCHighThresholdPercent: 60\nimageGCLowThresholdPercent: 40\n"
FIRES_1_20 = (
    r"Disk usage on image filesystem is at (\d+)% which is over the high threshold \((\d+)%\)\. "
    r"Trying to free (\d+) bytes"
)
FIRES = (
    r'over the high threshold, trying to free bytes down to the low threshold" '
    r"usage=(\d+) highThreshold=(\d+) amountToFree=(\d+)"
)


@dataclass
class Story:
    """What was seen at each station: reports (JSON), screens (text), statfs figures, the journal's GC line."""

    dress: str = ""
    boot_seconds: float = 0.0
    reports: dict[str, dict[str, Any]] = field(default_factory=dict)
    screens: dict[str, str] = field(default_factory=dict)
    statfs: dict[str, dict[str, int]] = field(default_factory=dict)
    seen: list[dict[str, int]] = field(default_factory=list)
    usage: int = 0
    high: int = 0
    amount: int = 0
    images_before: list[str] = field(default_factory=list)
    images_after: list[str] = field(default_factory=list)
    pod_pids: list[int] = field(default_factory=list)


def look(node: SeedNode, story: Story, station: str) -> None:
    """One look by report and by the app on a terminal, with the kernel's own figures taken right before."""
    story.statfs[station] = node.statfs(IMAGES)
    story.reports[station] = node.report()
    with Terminal(node) as app:
        story.screens[station] = app.wait(r"FIRES AT")
        app.keys("q")


def tell(
    lab: Lab, name: str, *, locked: bool, prepare: Callable[[SeedNode], None] | None = None, pattern: str = FIRES_1_20
) -> Story:
    """Run the whole story on one node: started, moved by hand and filled, kubelet restarted, collected."""
    story = Story()
    node = SeedNode(lab, name).with_kubelet(locked=locked, extra=THRESHOLDS)
    if prepare is not None:
        prepare(node)
    try:
        story.boot_seconds = node.start()
        node.mount_images()
        time.sleep(31)  # a stamp within half a minute of the kubelet's start would be "unknown" (kubelet-gc.md 2.4)
        node.move_root()
        for number in range(4):
            node.import_image(f"localhost/big:{number}", IMAGE_MIB)
        time.sleep(16)  # one eviction sync, one housekeeping
        look(node, story, "moved")
        config = files.KUBELET_CONFIG + (files.LOCKED if locked else files.OPEN) + THRESHOLDS + LOWERED
        node.write("/etc/kubernetes/kubelet-config.yaml", config)
        story.reports["edited"] = node.report()
        story.images_before = node.image_names()
        node.run(["systemctl", "restart", "kubelet"])
        story.pod_pids.append(node.wait_pod())
        time.sleep(8)
        look(node, story, "restarted")
        story.usage, story.high, story.amount = _await_gc(node, story, pattern)
        _wait_collected(node, story)
        look(node, story, "collected")
        story.pod_pids.append(node.wait_pod())
    finally:
        node.close()
    return story


def _await_gc(node: SeedNode, story: Story, pattern: str) -> tuple[int, int, int]:
    """The kubelet's own line; ``story.seen``: what the kernel said in the 20 s before it (cAdvisor caches)."""
    deadline = time.monotonic() + TICK
    samples: list[tuple[float, dict[str, int]]] = []
    while time.monotonic() < deadline:
        samples.append((time.monotonic(), node.statfs(IMAGES)))
        found = re.search(pattern, node.journal("kubelet"))
        if found:
            story.seen = [each for when, each in samples if when > time.monotonic() - 20]
            usage, high, amount = (int(word) for word in found.groups())
            return usage, high, amount
        time.sleep(1)
    raise TimeoutError(f"image GC never fired:\n{node.journal('kubelet')[-3000:]}")


def _wait_collected(node: SeedNode, story: Story) -> None:
    """The first run at the kubelet's start may fire and find every image too young: then the next tick collects."""
    deadline = time.monotonic() + TICK
    while time.monotonic() < deadline:
        story.images_after = node.image_names()
        if not any("big" in each for each in story.images_after):
            return
        time.sleep(2)
    raise TimeoutError(f"the images were never collected:\n{node.journal('kubelet')[-3000:]}")


def trigger(report: dict[str, Any], kind: str, mountpoint: str, signal: str = "") -> dict[str, Any]:
    """The one trigger of this kind on this filesystem."""
    found = [
        each
        for each in report["triggers"]
        if each["kind"] == kind and each["mountpoint"] == mountpoint and (not signal or each["signal"] == signal)
    ]
    assert len(found) == 1, f"{len(found)} triggers {kind} {signal} on {mountpoint}"
    return dict(found[0])


def removed_images(journal: str) -> list[str]:
    """Ids of images that the kubelet says it removed, in order."""
    return re.findall(r"Removing image \"?([^\" ]+)", journal)
