"""The kubelet's double does on a real node what facts/kubelet-gc.md says of a kubelet of 1.23 and later."""

from __future__ import annotations

import json
import re
import struct
import time
from typing import Any

from tests.node import double, files
from tests.node.asking import HEALTHZ, SUMMARY, ask
from tests.node.lab import Lab
from tests.node.seed import IMAGES, SeedNode
from tests.node.story import FIRES

YOUNG = "imageMinimumGCAge: 2s\n"
SIXTY = YOUNG + "imageGCHighThresholdPercent: 60\nimageGCLowThresholdPercent: 55\n"
HEADER = r"[IE]\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ [a-z_]+\.go:\d+\] "


def file_systems(node: SeedNode) -> tuple[dict[str, Any], dict[str, Any]]:
    """node.fs and imageFs of the summary."""
    status, body = ask(node, SUMMARY)
    assert status == 200, body
    document = json.loads(body)["node"]
    return document["fs"], document["runtime"]["imageFs"]


def configure(node: SeedNode, extra: str, *, locked: bool = False) -> str:
    """Rewrite the configuration and restart the kubelet; the journal's cursor of that moment."""
    node.write(
        "/etc/kubernetes/kubelet-config.yaml", files.KUBELET_CONFIG + (files.LOCKED if locked else files.OPEN) + extra
    )
    cursor = node.run(["journalctl", "-n", "0", "--show-cursor"]).rpartition("cursor: ")[2].strip()
    node.run(["systemctl", "restart", "kubelet"])
    return cursor


def said(node: SeedNode, cursor: str) -> str:
    """The kubelet's messages since a cursor."""
    return node.run(["journalctl", "-u", "kubelet", "-o", "cat", "--no-pager", f"--after-cursor={cursor}"])


def wait_said(node: SeedNode, cursor: str, pattern: str, timeout: float = 30) -> re.Match[str]:
    """Wait for a message since a cursor."""
    deadline = time.monotonic() + timeout
    while True:
        text = said(node, cursor)
        found = re.search(pattern, text)
        if found:
            return found
        assert time.monotonic() < deadline, f"never {pattern!r} in:\n{text[-3000:]}"
        time.sleep(0.5)


def test_the_seeds_story(lab: Lab) -> None:
    """A disk mounted after the start is not seen, in silence; after the restart GC fires on it, to the byte."""
    with double.dressed(lab, "double-story", extra=SIXTY, conf=double.settings(gc_period="4s")) as node:
        assert node.run(["/usr/local/bin/kubelet", "--version"]) == "Kubernetes v1.32.10\n"
        pid = node.run(["pidof", "kubelet"]).strip()
        assert node.run(["readlink", f"/proc/{pid}/exe"]) == "/usr/local/bin/kubelet\n"
        words = node.read(f"/proc/{pid}/cmdline").split("\0")
        assert words[:2] == ["/usr/local/bin/kubelet", "--v=4"]
        assert "Image garbage collection failed once" in node.journal("kubelet")

        node.mount_images()
        node.move_root()
        for number in range(4):
            node.import_image(f"localhost/big:{number}", 42)
        _wait_new_pod(node)
        node.run(["sync", "-f", IMAGES])
        real = node.statfs(IMAGES)
        assert 100 - real["available"] * 100 // real["capacity"] >= 60
        time.sleep(11)
        node_fs, image_fs = file_systems(node)
        assert {n: image_fs[n] for n in ("capacityBytes", "inodes")} == {
            n: node_fs[n] for n in ("capacityBytes", "inodes")
        }
        assert image_fs["availableBytes"] == node_fs["availableBytes"]
        assert image_fs["capacityBytes"] == node.statfs("/")["capacity"] != real["capacity"]
        assert image_fs["usedBytes"] > 4 * 42 << 20, "the runtime's own number is that of the new disk"
        assert "big" in " ".join(node.image_names())
        assert "over the high threshold" not in node.journal("kubelet")
        assert f"{IMAGES} major:7" not in node.journal("kubelet")
        assert "Failed to get the info" not in node.journal("kubelet").partition("garbage collection succeeded")[2]

        cursor = configure(node, SIXTY)
        usage, high, amount = (int(word) for word in wait_said(node, cursor, FIRES).groups())
        assert (usage, high) == (100 - real["available"] * 100 // real["capacity"], 60)
        assert amount == real["capacity"] * 45 // 100 - real["available"]
        wait_said(node, cursor, HEADER + r'"Image garbage collection succeeded"')
        removed = [
            int(size)
            for size in re.findall(
                r'"Removing image to free bytes" imageID="sha256:\w{64}" size=(\d+)', said(node, cursor)
            )
        ]
        assert sum(removed) >= amount > sum(removed[:-1])
        assert len([n for n in node.image_names() if "big" in n]) == 4 - len(removed)
        assert re.search(HEADER + rf"Filesystem partitions: map\[.*mountpoint:{IMAGES} major:7 ", said(node, cursor))
        assert file_systems(node)[1]["capacityBytes"] == real["capacity"]
        node.wait_pod()


def test_evicts_at_the_block_below_the_threshold(lab: Lab) -> None:
    """imagefs.available 15 % in float32: nothing at the last block above it, all unused images gone one block below."""
    extra = YOUNG + "imageGCHighThresholdPercent: 100\n"
    with double.dressed(
        lab, "double-evict", extra=extra, conf=double.settings(gc_period="4s", eviction_period="3s")
    ) as node:
        node.mount_images()
        node.move_root()
        _wait_new_pod(node)
        node.import_image("localhost/big:0", 20)
        flags = double.ENV.format(verbosity=4).replace(
            "--register-node", "--eviction-hard=imagefs.available<15% --register-node"
        )
        node.write("/etc/kubernetes/kubelet.env", flags)
        capacity = node.statfs(IMAGES)["capacity"]
        threshold = int(
            capacity * struct.unpack("f", struct.pack("f", struct.unpack("f", struct.pack("f", 15))[0] / 100))[0]
        )
        above = -(-threshold // 4096) * 4096
        node.leave_available(IMAGES, above)
        cursor = configure(node, extra)
        wait_said(node, cursor, "ImageGCHighThresholdPercent is set 100 and ImageMaximumGCAge is 0, Disable image GC")
        time.sleep(10)
        assert node.statfs(IMAGES)["available"] == above
        assert said(node, cursor).count('"FileSystem detection" DedicatedImageFs=true SplitImageFs=false') >= 3
        assert "attempting to reclaim" not in said(node, cursor)

        node.leave_available(IMAGES, above - 4096)
        wait_said(node, cursor, '"Eviction manager: able to reduce resource pressure without evicting pods."')
        text = said(node, cursor)
        assert f'signal="imagefs.available" resourceName="ephemeral-storage" quantity="{_quantity(threshold)}"' in text
        assert re.search(HEADER + r'"Eviction manager: attempting to reclaim" resourceName="ephemeral-storage"', text)
        assert '"Attempting to delete unused images"' in text
        assert not [n for n in node.image_names() if "big" in n]

        node.leave_available(IMAGES, above - 4096)
        wait_said(node, cursor, '"Eviction manager: cannot evict a critical pod" pod="default/pod1-node1"')
        assert "unable to evict any pods from the node" in said(node, cursor)
        node.wait_pod()


def _wait_new_pod(node: SeedNode) -> None:
    """Sandbox and container of the pod stand in the moved root, and nothing is written there any more."""
    node.wait_for(["ctr", "-n", "k8s.io", "containers", "ls", "-q"], pattern=r"\w{64}\n\w{64}")
    node.wait_for(["ctr", "-n", "k8s.io", "tasks", "ls"], pattern=r"RUNNING[^$]*RUNNING")
    node.run(["sync", "-f", IMAGES])


def _quantity(value: int) -> str:
    """A BinarySI quantity as the kubelet writes it."""
    for suffix in ("", "Ki", "Mi", "Gi"):
        if value % 1024:
            return f"{value}{suffix}"
        value //= 1024
    return f"{value}Ti"


def test_a_disk_below_a_tmpfs_is_not_measured_and_one_over_a_known_mount_is(lab: Lab) -> None:
    """The other rows of facts/kubelet-gc.md 2.4, as recorded on 1.36.2."""
    conf = double.settings(eviction_period="2s")
    with double.dressed(lab, "double-rows", extra="", conf=conf) as node:
        node.mount_images()
        node.move_root()
        node.run(["systemctl", "restart", "kubelet"])
        node.wait_journal("kubelet", "DedicatedImageFs=true", 10)
        node.run(["mount", "-t", "ext4", _third_disk(node), IMAGES])
        node.run(["mkdir", "-p", f"{IMAGES}/containerd/io.containerd.snapshotter.v1.overlayfs"])
        time.sleep(3)
        assert file_systems(node)[1]["capacityBytes"] == node.statfs(IMAGES)["capacity"]

        folder = "/run/images/containerd"
        node.run(["sh", "-c", f"umount {IMAGES}; mkdir -p /run/images; mount {node.device('third')} /run/images"])
        node.write("/etc/containerd/config.toml", files.CONTAINERD_1.format(root=folder))
        node.run(["systemctl", "restart", "containerd"])
        text = (
            "failed to get imageFs stats: get filesystem info: Failed to get the info of the filesystem with "
            f'mountpoint: failed to get device for dir "{folder}/io.containerd.snapshotter.v1.overlayfs": with major: '
            f"7, minor: {node.disks['third'].minor}: could not find device in cached partitions map"
        )
        quoted = re.escape(text.replace('"', '\\"'))
        node.wait_journal("kubelet", HEADER + f'"Eviction manager: failed to get summary stats" err="{quoted}"', 20)
        assert ask(node, SUMMARY) == (500, f"Internal Error: {text}\n")
        assert ask(node, HEALTHZ) == (200, "ok")


def _third_disk(node: SeedNode) -> str:
    node.disks["third"] = node.lab.disk(f"{node.name}-third", 256 << 20, "ext4")
    return node.device("third")
