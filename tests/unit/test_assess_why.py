"""Why: chains with file:line, arithmetic with the real numbers, and for every key an answer."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests import builders as b
from tui.assess.judge import assess
from tui.assess.why import explain
from tui.model import DEFAULT, Assessment, Claim, Explanation, Origin, Survey


def told(survey: Survey, key: str) -> Explanation:
    return explain(assess(survey), key)


def words(survey: Survey, key: str) -> str:
    return "\n".join(told(survey, key).paragraphs)


def every_key(found: Assessment) -> list[str]:
    keys = [setting.key for setting in found.settings] + [trigger.key for trigger in found.triggers]
    keys += [f"disk:{state.mount.mountpoint}" for state in found.survey.mounts]
    keys += [finding.code for finding in found.findings]
    keys += [finding.subject for finding in found.findings if finding.subject]
    return [*keys, "imageMaximumGCAge", "root", "measured", "pooled", "verdict"]


@pytest.mark.parametrize("survey", [b.survey(), b.two_disks(), b.story(), b.story(20), b.story(30)])
def test_every_key_has_an_answer(survey: Survey) -> None:
    found = assess(survey)
    for key in every_key(found):
        answer = explain(found, key)
        assert answer.title and (answer.chain or answer.paragraphs), key


def test_unknown_key() -> None:
    for key in ("nothing", "disk:/nowhere", "gc@/nowhere", ""):
        with pytest.raises(KeyError):
            explain(assess(b.survey()), key)


def test_image_gc_high_of_the_story() -> None:
    """The example of the design, with the seed's numbers."""
    answer = told(b.story(), "imageGCHighThresholdPercent")
    assert answer.title == "image GC high = 60 %"
    assert [(step.value, str(step.origin), step.wins) for step in answer.chain] == [
        ("60", f"{b.CONFIG_FILE}:49", True),
        ("85", "default", False),
    ]
    text = "\n".join(answer.paragraphs)
    assert "On /mnt/images: at 43 112 392 212 B free or less" in text
    assert "100 - 7 568 711 680*100/105 152 176 128 = 93" in text
    assert "105 152 176 128*60/100 - 7 568 711 680 = 55 522 593 996 B, down to 40 %" in text
    assert "but the kubelet does not measure this disk" in text
    assert "Measured is / (/dev/sda1) instead" in text and "Sure: likely" in text
    assert "image_gc_manager.go GarbageCollect" in answer.source and "GetDirFsDevice" in answer.source


def test_eviction_arithmetic_is_spelled_out_in_float32() -> None:
    text = words(b.two_disks(), "imagefs.available")
    capacity = 100 * b.GIB // 4096 * 4096
    below = int(capacity * 0.15000000596046448)
    assert f"{capacity:,} * 0.15000000596046448 (the float32 of 15 %) = {below:,} B".replace(",", " ") in text
    assert "met when strictly less is free" in text
    assert "containerfs.available is a copy of it" in text


def test_what_a_threshold_beat() -> None:
    config = b.kubelet_config()
    flag = Origin("flag", "--eviction-hard", text="--eviction-hard=nodefs.available<20%")
    eviction = [
        replace(one, text="20%", fraction=0.20000000298023224, origin=flag, beaten=(Claim("10%", DEFAULT),))
        if one.signal == "nodefs.available"
        else one
        for one in config.eviction
    ]
    survey = b.survey(kubelet_state=b.kubelet(replace(config, eviction=tuple(eviction))))
    answer = told(survey, "nodefs.available")
    assert [(step.value, step.wins) for step in answer.chain] == [("20%", True), ("10%", False)]
    assert answer.chain[0].origin == flag


def test_a_signal_that_is_not_set_says_why() -> None:
    answer = told(b.story(), "imagefs.available")
    assert answer.title == "imagefs.available is not set"
    assert answer.chain[0].origin.line == 30
    assert "evictionHard lacks it" in answer.paragraphs[0]
    ignored = b.kubelet_config(hard={"nodefs.available": "10%", "imagefs.available": "0%"})
    assert "0 % switches it off" in words(b.survey(kubelet_state=b.kubelet(ignored)), "imagefs.available")


def test_measured_names_evidence_and_how_to_ask() -> None:
    text = words(b.story(), "measured")
    assert "Sure: likely." in text and "12 min after the kubelet started" in text
    assert "falls back to the nearest mount known at its start: /" in text
    assert "UTC" in text and "/stats/summary" in text
    assert "/stats/summary" not in words(b.two_disks(), "measured")


def test_pooled_is_labelled_as_not_what_the_kubelet_does() -> None:
    """15 of 50 and 95 of 100 GB: 73 %."""
    gb = 10**9
    survey = b.two_disks(
        b.mount("/mnt/images", "/dev/sdb1", (8, 17), numbers=b.usage(100 * gb, 5 * gb)),
        root=b.mount(numbers=b.usage(50 * gb, 35 * gb)),
    )
    answer = told(survey, "pooled")
    assert answer.title == "pooled usage: 73 %, not what the kubelet does"
    assert answer.paragraphs[0].startswith("This is NOT what the kubelet does")
    assert "nothing can be pooled" in words(b.survey(), "pooled")
    assert told(b.survey((b.mount(unreachable=True),)), "pooled").title == "pooled usage: unknown"


def test_disk_shows_both_percentages() -> None:
    numbers = replace(b.usage(100 * b.GIB, 20 * b.GIB), bfree=25 * b.GIB // 4096)
    text = words(b.survey((b.mount(numbers=numbers),)), "disk:/")
    assert "= 80 %. df says 79 %." in text and "5.0G reserved" in text
    assert "no fixed number of inodes" in words(b.survey((b.mount(numbers=b.usage(inodes=0)),)), "disk:/")


def test_hidden_mounts_can_be_asked_too() -> None:
    proc = b.mount("/proc", "proc", (0, 5), fstype="proc", hidden="pseudo filesystem")
    assert "proc" in words(b.two_disks(extra=(proc,)), "disk:/proc")


def test_root_names_its_file_and_what_it_beat() -> None:
    answer = told(b.story(), "root")
    assert answer.title == "containerd root = /mnt/images/containerd"
    assert [str(step.origin) for step in answer.chain] == [f"{b.CONTAINERD_FILE}:2", "default"]
    assert "LoadConfig" in answer.source


def test_verdict_lists_every_finding() -> None:
    found = assess(b.story())
    answer = explain(found, "verdict")
    assert sum(line.startswith(("critical", "warning", "info")) for line in answer.paragraphs) == len(found.findings)
    assert "Exit code 2: critical." in answer.paragraphs


def test_hostile_names_are_visible_in_every_sentence() -> None:
    """Escape sequences, newlines and bytes that are no UTF-8 in mountpoints, devices and values."""
    bad = "/mnt/[/x]\x1b[31m\n\udcff"
    disk = b.mount(bad, "/dev/\x1bsdb", (8, 17), appeared=b.KUBELET_STARTED + 752, fstype="ext4", persistent=None)
    config = b.kubelet_config(hard={"nodefs.available": "10%"})
    state = b.kubelet(replace(config, error=""), events=())
    survey = b.survey((b.mount(), disk), runtimes=(b.containerd(f"{bad}/c", line=2),), kubelet_state=state)
    found = assess(survey)
    assert found.measured.state == "stale"
    texts = [found.verdict, *(finding.title + finding.remedy for finding in found.findings)]
    texts += [evidence.text for finding in found.findings for evidence in finding.evidence]
    texts += [row.will + row.unset for row in found.triggers] + [row.value + row.note for row in found.settings]
    for key in every_key(found):
        answer = explain(found, key)
        texts += [answer.title, answer.source, *answer.paragraphs, *(step.value for step in answer.chain)]
    joined = "".join(texts)
    assert "\\x1b[31m\\n\\xff" in joined
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", joined)
