"""The same node seen as its root, from a debug pod, as another user, from outside; and without its image disk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.node import disks, views
from tests.node.lab import Lab
from tests.node.seed import IMAGES, ROOT_AFTER, SeedNode
from tests.node.terminal import Terminal

SNAPSHOTS = f"{ROOT_AFTER}/io.containerd.snapshotter.v1.overlayfs"


@dataclass
class Views:
    """One node after the move: the reports, the pod's own mounts, the image disk's figures and what came later."""

    reports: dict[str, dict[str, Any]]
    pod_mounts: list[str]
    statfs: dict[str, int]
    unplugged_screen: str
    quit_after: float


@pytest.fixture(scope="module")
def seen(lab: Lab) -> Iterator[Views]:
    """The pod is older than the image disk's mount; at the end the disk is unplugged and the node starts without it."""
    node = SeedNode(lab, "views").with_kubelet()
    try:
        node.start()
        pod = views.DebugPod(node)
        node.mount_images()
        node.move_root()
        node.run(["sync"])  # the copy of the root disk below holds only what has reached it
        statfs = node.statfs(IMAGES)
        reports = {"inside": node.report(), "pod": pod.report(), "user": views.report_as_user(node)}
        reports["outside"] = views.report_from_outside(node)
        reports["copy"] = views.report_on_copy(node.cut("views")["root"], lab.folder / "mnt-copy")
        pod_mounts = pod.mountpoints()
        with Terminal(node) as app:
            app.wait("FIRES AT")
            disks.unplug(node.disks["images"])
            screen = app.wait("its disk is gone|unreachable", timeout=30)
            reports["unplugged"] = node.report()
            quit_after = app.quit()
        node.close()
        node.boot()
        node.run(["systemctl", "start", "kubelet"])
        node.wait_for(["ls", "/run/containerd/containerd.sock"])
        reports["rebooted"] = node.report()
        yield Views(reports, pod_mounts, statfs, screen, quit_after)
    finally:
        node.close()


def mount(report: dict[str, Any], mountpoint: str) -> dict[str, Any]:
    """The one mount that is on top there."""
    found = [each for each in report["mounts"] if each["mountpoint"] == mountpoint and each["hidden"] == ""]
    assert len(found) == 1, f"{len(found)} mounts on {mountpoint}"
    return dict(found[0])


def test_inside_as_root_nothing_is_missing(seen: Views) -> None:
    report = seen.reports["inside"]
    assert report["host"]["kind"] == "node" and report["host"]["euid"] == 0
    assert report["gaps"] == [] and report["undetermined"] == []


def test_the_debug_pod_sees_what_its_own_mounts_do_not_show(seen: Views) -> None:
    """The disk was mounted after the pod began: it is not below the pod's /host, but the node has it."""
    report = seen.reports["pod"]
    assert "/host" in seen.pod_mounts and f"/host{IMAGES}" not in seen.pod_mounts
    assert report["host"]["kind"] == "debug-pod" and report["host"]["root"] == "/host"
    usage = mount(report, IMAGES)["usage"]
    assert usage["capacity"] == seen.statfs["capacity"]
    assert abs(usage["available"] - seen.statfs["available"]) < 1 << 20, "a block now and then"


def test_the_debug_pod_says_what_the_node_says(seen: Views) -> None:
    inside, pod = seen.reports["inside"], seen.reports["pod"]
    for key in ("verdict", "exit_code", "roles", "gaps", "undetermined"):
        assert pod[key] == inside[key], key
    assert [each["code"] for each in pod["findings"]] == [each["code"] for each in inside["findings"]]
    assert pod["measured"]["state"] == inside["measured"]["state"] == "unknown-device"
    for name in ("root", "imagefs"):
        assert pod["runtimes"][0][name]["value"] == inside["runtimes"][0][name]["value"]
    assert pod["kubelet"]["process"]["pid"] == inside["kubelet"]["process"]["pid"]
    assert pod["kubelet"]["journal"]["known"] and pod["kubelet"]["partitions"] == inside["kubelet"]["partitions"]


def test_another_user_is_told_what_is_missing_and_what_helps(seen: Views) -> None:
    report = seen.reports["user"]
    assert report["host"]["euid"] == 1000
    gaps = {each["what"]: each["reason"] for each in report["gaps"]}
    assert "root (sudo)" in gaps["kubelet journal"] and "root (sudo)" in gaps["containerd: open databases"]
    assert all("root (sudo)" in reason for reason in gaps.values()), gaps
    assert report["exit_code"] == 3 and report["undetermined"] != []


def test_another_user_still_sees_the_disks_and_the_files(seen: Views) -> None:
    """The journal is closed to them, statfs and the configuration are not."""
    report = seen.reports["user"]
    assert mount(report, IMAGES)["usage"]["capacity"] == seen.statfs["capacity"]
    assert report["runtimes"][0]["config"]["root"]["value"] == ROOT_AFTER
    assert report["kubelet"]["config"]["fields"]["imageGCHighThresholdPercent"]["value"] == 85
    assert report["measured"]["sure"] != "certain", "without the journal it is not proven"


@pytest.mark.parametrize("way", ["outside", "copy"])
def test_a_root_directory_is_files_only(seen: Views, way: str) -> None:
    """Processes, journal and the units in force cannot be seen, and that is said; the files are read."""
    report = seen.reports[way]
    assert report["host"]["kind"] == "root-dir" and report["host"]["name"] == "node1"
    assert report["exit_code"] == 3 and report["measured"]["state"] == "unknown"
    assert "what runs" in [each["what"] for each in report["gaps"]]
    assert not report["kubelet"]["process"]["known"] and not report["runtimes"][0]["process"]["known"]
    assert report["kubelet"]["unit"]["known"]
    runtime = report["runtimes"][0]
    assert runtime["serves_kubelet"] is True
    assert runtime["root"]["value"] == ROOT_AFTER and runtime["imagefs"]["value"] == SNAPSHOTS
    assert runtime["root"]["origin"]["where"] == "/etc/containerd/config.toml"


@pytest.mark.parametrize("way", ["outside", "copy"])
def test_a_root_directory_has_the_disks_that_are_mounted_below_it(seen: Views, way: str) -> None:
    """The node's image disk is mounted in the node's namespace only."""
    assert [each["mountpoint"] for each in seen.reports[way]["mounts"] if not each["hidden"]] == ["/"]
    assert mount(seen.reports[way], "/")["usage"]["capacity"] == mount(seen.reports["inside"], "/")["usage"]["capacity"]


def test_an_unplugged_disk_is_said_to_be_gone(seen: Views) -> None:
    """statfs goes on answering from memory; the figures are not shown as if they were true."""
    report = seen.reports["unplugged"]
    state = mount(report, IMAGES)
    assert state["usage"] is None and "its disk is gone" in state["usage_reason"]
    found = [each for each in report["findings"] if each["code"] == "unreachable"]
    assert len(found) == 1 and found[0]["severity"] == "critical"
    assert "check the disk" in found[0]["remedy"] and IMAGES in found[0]["title"]
    assert report["exit_code"] == 2


def test_the_screen_lives_on_without_the_disk(seen: Views) -> None:
    assert IMAGES in seen.unplugged_screen and "READ-ONLY" in seen.unplugged_screen
    assert seen.quit_after < 5


def test_a_node_that_starts_without_its_image_disk(seen: Views) -> None:
    """Nothing mounts the disk at boot: containerd made its root anew, in the directory below."""
    report = seen.reports["rebooted"]
    assert IMAGES not in [each["mountpoint"] for each in report["mounts"]]
    assert report["runtimes"][0]["root"]["value"] == ROOT_AFTER
    assert report["roles"]["imagefs"]["value"] == "/"
    assert report["measured"]["state"] == "right" and report["measured"]["mountpoint"] == "/"
