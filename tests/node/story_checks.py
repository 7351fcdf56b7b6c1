"""What must be true of a told story, whoever tells it: ``tests/node/test_story.py`` and ``tests/sweep story``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.node import double
from tests.node.lab import Lab
from tests.node.seed import IMAGES, ROOT_AFTER
from tests.node.story import FIRES, FIRES_1_20, Story, tell, trigger

DRESSES: Mapping[str, Mapping[str, Any]] = {
    "open": {"locked": False, "pattern": FIRES_1_20},
    "locked": {"locked": True, "pattern": FIRES_1_20},
    "double": {
        "locked": False,
        "pattern": FIRES,
        "prepare": lambda node: double.prepare(node, verbosity=4, conf=double.settings(gc_period="30s")),
    },
}
"""The real kubelet 1.20.2, open and locked as on the seed's node; the double, which is of 1.32."""


def tell_in(lab: Lab, name: str, dress: str) -> Story:
    """Tell the story in one of the dresses."""
    story = tell(lab, name, **DRESSES[dress])
    story.dress = dress
    return story


def boots_within_fifteen_seconds(story: Story) -> None:
    assert story.boot_seconds < 15


def after_the_move_the_kubelet_measures_something_else(story: Story) -> None:
    """<= 1.22 does not know a device that came after its start; 1.23+ measures the root disk in silence."""
    report = story.reports["moved"]
    assert report["measured"]["state"] == ("stale" if story.dress == "double" else "unknown-device")
    assert report["measured"]["sure"] == "certain"
    assert report["roles"]["imagefs"]["value"] == IMAGES
    assert report["exit_code"] == 2
    if story.dress == "double":
        assert report["measured"]["mountpoint"] == "/"


def it_says_where_containerds_root_is_and_who_says_so(story: Story) -> None:
    runtime = story.reports["moved"]["runtimes"][0]
    assert runtime["root"]["value"] == ROOT_AFTER
    assert runtime["config"]["root"]["origin"]["where"] == "/etc/containerd/config.toml"
    assert runtime["config"]["root"]["origin"]["line"] == 2


def the_screen_says_what_the_report_says(story: Story) -> None:
    if story.dress != "double":
        assert "No image GC, no imagefs eviction" in story.screens["moved"]
    assert "/mnt/images" in story.screens["moved"]
    assert "READ-ONLY" in story.screens["moved"]


def an_edited_threshold_is_pending_until_the_restart(story: Story) -> None:
    report = story.reports["edited"]
    assert any("kubelet-config.yaml" in each["path"] for each in report["kubelet"]["pending"])


def after_the_restart_it_measures_the_image_disk(story: Story) -> None:
    report = story.reports["restarted"]
    assert report["measured"]["state"] == "right"
    assert report["measured"]["mountpoint"] == IMAGES


def the_predicted_gc_is_the_one_that_fires(story: Story) -> None:
    """Usage and amount: predicted by the report before, logged by the kubelet after, equal to statfs arithmetic."""
    predicted = trigger(story.reports["restarted"], "image GC", IMAGES)
    capacity = story.statfs["restarted"]["capacity"]
    assert predicted["met"] is True and predicted["applied"] is True
    assert story.high == 60
    assert predicted["amount"] == capacity * 60 // 100 - predicted["now"]
    assert story.amount in {capacity * 60 // 100 - each["available"] for each in story.seen}
    assert story.usage in {100 - each["available"] * 100 // capacity for each in story.seen}
    assert abs(predicted["amount"] - story.amount) < 1 << 20, "containerd writes a block now and then, no more"


def the_images_are_gone_and_the_pod_lives(story: Story) -> None:
    assert any("big" in each for each in story.images_before)
    assert not any("big" in each for each in story.images_after)
    assert story.pod_pids[0] == story.pod_pids[1]
    assert trigger(story.reports["collected"], "image GC", IMAGES)["met"] is False


CHECKS: tuple[Callable[[Story], None], ...] = (
    boots_within_fifteen_seconds,
    after_the_move_the_kubelet_measures_something_else,
    it_says_where_containerds_root_is_and_who_says_so,
    the_screen_says_what_the_report_says,
    an_edited_threshold_is_pending_until_the_restart,
    after_the_restart_it_measures_the_image_disk,
    the_predicted_gc_is_the_one_that_fires,
    the_images_are_gone_and_the_pod_lives,
)
