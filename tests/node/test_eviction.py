"""Eviction by the real kubelet, to the block: strictly below the float32 threshold (its loop runs every 10 s)."""

from __future__ import annotations

import re
import struct
import time
from collections.abc import Iterator

import pytest

from tests.node import files
from tests.node.lab import Lab
from tests.node.seed import IMAGES, SeedNode
from tests.node.story import trigger

ATTEMPT = r"attempting to reclaim ephemeral-storage"
SYNCS = 26.0


@pytest.fixture(scope="module")
def node(lab: Lab) -> Iterator[SeedNode]:
    made = SeedNode(lab, "evict").with_kubelet()
    config = files.KUBELET_CONFIG + "  imagefs.available: 15%\n" + files.OPEN + "imageMinimumGCAge: 1s\n"
    made.put("/etc/kubernetes/kubelet-config.yaml", config)
    try:
        made.boot()
        made.mount_images()
        made.move_root()
        made.run(["systemctl", "start", "kubelet"])
        made.wait_pod()
        for number in range(2):
            made.import_image(f"localhost/big:{number}", 150)
        yield made
    finally:
        made.close()


def threshold(capacity: int) -> int:
    """int64(float64(capacity) * float64(float32(15)/100)), written out here on its own."""
    fifteen = struct.unpack("f", struct.pack("f", 15.0))[0]
    fraction = struct.unpack("f", struct.pack("f", fifteen / 100))[0]
    return int(capacity * fraction)


def hold(node: SeedNode, available: int, seconds: float) -> bool:
    """Keep exactly this much available; whether it stayed so to the block (containerd may write one)."""
    node.run(["rm", "-f", f"{IMAGES}/filler"])
    node.leave_available(IMAGES, available)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if node.statfs(IMAGES)["available"] != available:
            return False
        time.sleep(1)
    return True


def test_eviction_fires_one_block_below_its_threshold_and_not_at_it(node: SeedNode) -> None:
    disk = node.statfs(IMAGES)
    byte = threshold(disk["capacity"])
    not_yet = -(-byte // disk["block"]) * disk["block"]

    assert any(hold(node, not_yet, SYNCS) for _ in range(4)), "the disk was never quiet"
    assert not re.search(ATTEMPT, node.journal("kubelet"))
    before = node.report()
    said = trigger(before, "eviction", IMAGES, "imagefs.available")
    assert said["fires_at"] == byte and said["strictly_below"] is True
    assert said["met"] is False and said["left"] == not_yet - byte
    assert before["pressure"]["now"] is False

    node.leave_available(IMAGES, not_yet - disk["block"])
    after = node.report()
    assert trigger(after, "eviction", IMAGES, "imagefs.available")["met"] is True
    assert after["pressure"]["now"] is True
    node.wait_journal("kubelet", ATTEMPT, 40)
    deadline = time.monotonic() + 40
    while any("big" in each for each in node.image_names()) and time.monotonic() < deadline:
        time.sleep(1)
    assert not any("big" in each for each in node.image_names()), "every unused image goes, whatever low says"
