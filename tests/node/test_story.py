"""The seed's story with the real kubelet 1.20.2, open and locked, on two nodes side by side."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.node.lab import Lab
from tests.node.seed import IMAGES, ROOT_AFTER
from tests.node.story import Story, tell, trigger


@pytest.fixture(scope="session")
def stories(lab: Lab) -> dict[str, Story]:
    """Both dresses tell the story at the same time; the kubelet's five minutes are waited for once."""
    with ThreadPoolExecutor(2) as pool:
        told = {
            dress: pool.submit(tell, lab, f"story-{dress}", locked=dress == "locked") for dress in ("open", "locked")
        }
        return {dress: future.result() for dress, future in told.items()}


@pytest.fixture(params=["open", "locked"])
def story(stories: dict[str, Story], request: pytest.FixtureRequest) -> Story:
    return stories[request.param]


def test_a_node_boots_within_fifteen_seconds(story: Story) -> None:
    assert story.boot_seconds < 15


def test_after_the_move_the_kubelet_measures_nothing(story: Story) -> None:
    """Kubelet <= 1.22 does not know a device that came after its start: no image GC, no imagefs eviction."""
    report = story.reports["moved"]
    assert report["measured"]["state"] == "unknown-device"
    assert report["measured"]["sure"] == "certain"
    assert report["roles"]["imagefs"]["value"] == IMAGES
    assert report["exit_code"] == 2


def test_where_containerds_root_is_and_who_says_so(story: Story) -> None:
    root = story.reports["moved"]["runtimes"][0]["root"]
    assert root["value"] == ROOT_AFTER
    assert story.reports["moved"]["runtimes"][0]["config"]["root"]["origin"]["where"] == "/etc/containerd/config.toml"
    assert story.reports["moved"]["runtimes"][0]["config"]["root"]["origin"]["line"] == 2


def test_the_screen_says_what_the_report_says(story: Story) -> None:
    assert "No image GC, no imagefs eviction" in story.screens["moved"]
    assert "/mnt/images" in story.screens["moved"]
    assert "READ-ONLY" in story.screens["moved"]


def test_an_edited_threshold_is_pending_until_the_restart(story: Story) -> None:
    report = story.reports["edited"]
    assert any("kubelet-config.yaml" in each["path"] for each in report["kubelet"]["pending"])


def test_after_the_restart_it_measures_the_image_disk(story: Story) -> None:
    report = story.reports["restarted"]
    assert report["measured"]["state"] == "right"
    assert report["measured"]["mountpoint"] == IMAGES


def test_the_predicted_gc_is_the_one_that_fires(story: Story) -> None:
    """Usage and amount: predicted by the report before, logged by the kubelet after, equal to statfs arithmetic."""
    predicted = trigger(story.reports["restarted"], "image GC", IMAGES)
    capacity = story.statfs["restarted"]["capacity"]
    assert predicted["met"] is True and predicted["applied"] is True
    assert story.high == 60
    assert predicted["amount"] == capacity * 60 // 100 - predicted["now"]
    assert story.amount in {capacity * 60 // 100 - each["available"] for each in story.seen}
    assert story.usage in {100 - each["available"] * 100 // capacity for each in story.seen}
    assert abs(predicted["amount"] - story.amount) < 1 << 20, "containerd writes a block now and then, no more"


def test_the_images_are_gone_and_the_pod_lives(story: Story) -> None:
    assert any("big" in each for each in story.images_before)
    assert not any("big" in each for each in story.images_after)
    assert story.pod_pids[0] == story.pod_pids[1]
    assert trigger(story.reports["collected"], "image GC", IMAGES)["met"] is False
