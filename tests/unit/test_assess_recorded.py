"""Each recorded node gets the diagnosis that its README names: certain with its journal, likely without."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.recorded_host import RecordedHost
from tui.assess.judge import assess
from tui.assess.why import explain
from tui.model import Assessment, Fact, KubeletAnswer, Severity, Sure, Trigger
from tui.node.survey import Surveyor

RECORDED = Path(__file__).parents[1] / "data" / "recorded"


def judged(folder: str, *, journal: bool = True, asked: bool = False) -> Assessment:
    """``asked``: with what the kubelet answered; it was recorded with every node."""
    survey = Surveyor(RecordedHost(RECORDED / folder, journal=journal)).take()
    silent = replace(survey.kubelet, answer=Fact[KubeletAnswer].unknown("needs a credential"))
    return assess(survey if asked else replace(survey, kubelet=silent))


def row(assessment: Assessment, key: str) -> Trigger:
    return next(found for found in assessment.triggers if found.key == key)


def sure(journal: bool) -> Sure:
    return Sure.CERTAIN if journal else Sure.LIKELY


@pytest.mark.parametrize("journal", [True, False])
def test_stale_view(journal: bool) -> None:
    found = judged("node-stale-1.36", journal=journal)
    assert (found.measured.state, found.measured.sure) == ("stale", sure(journal))
    assert (found.measured.mountpoint, found.measured.device) == ("/", "/dev/loop2")
    assert found.roles["imagefs"].value == "/mnt/images"
    assert found.measured.dated_after_s == pytest.approx(6140.965752 - 6070.49)
    assert found.findings[0].code == "stale-view" and found.exit_code == 2
    assert "(73 %)" in found.verdict and "mounted 1 min after the kubelet started" in found.verdict
    assert found.findings[0].remedy.startswith("systemctl restart kubelet")


def test_stale_view_computes_both_disks() -> None:
    found = judged("node-stale-1.36")
    on_root, on_images = row(found, "gc@/"), row(found, "gc@/mnt/images")
    assert on_root.applied and not on_root.met and on_root.now == 1290513 * 4096
    assert not on_images.applied and on_images.met
    # README: 1139318784 available of 4143677440, usage 73; restarting wants capacity*60//100 - available
    assert on_images.amount == 4143677440 * 60 // 100 - 1139318784
    assert row(found, "full@/mnt/images").first


@pytest.mark.parametrize("journal", [True, False])
def test_after_restart(journal: bool) -> None:
    found = judged("node-after-restart-1.36", journal=journal)
    assert (found.measured.state, found.measured.sure) == ("right", sure(journal))
    assert (found.measured.mountpoint, found.measured.device) == ("/mnt/images", "/dev/loop3")
    assert found.severity is Severity.WARNING
    assert {finding.code for finding in found.findings if finding.severity is Severity.WARNING} == {
        "root-not-persistent",
        "imagefs-eviction-unset",
    }


def test_after_restart_the_log_itself_is_proof() -> None:
    found = judged("node-after-restart-1.36")
    assert "1 346 899 968 B to free" in found.measured.evidence[0].text


@pytest.mark.parametrize("journal", [True, False])
def test_unknown_device(journal: bool) -> None:
    found = judged("node-unknown-device-1.20", journal=journal)
    assert (found.measured.state, found.measured.sure) == ("unknown-device", sure(journal))
    assert found.measured.mountpoint == ""
    assert found.findings[0].code == "unknown-device" and found.exit_code == 2
    assert not any(one.applied for one in found.triggers if one.kind == "image GC")


@pytest.mark.parametrize(
    ("folder", "state", "mountpoint"),
    [
        ("node-stale-1.36", "stale", "/"),
        ("node-after-restart-1.36", "right", "/mnt/images"),
        ("node-unknown-device-1.20", "unknown-device", ""),
    ],
)
def test_the_kubelets_own_answer_is_proof_without_any_journal(folder: str, state: str, mountpoint: str) -> None:
    found = judged(folder, journal=False, asked=True)
    assert (found.measured.state, found.measured.mountpoint) == (state, mountpoint)
    assert found.measured.sure is Sure.CERTAIN and found.contradictions == ()
    origin = found.measured.evidence[0].origin
    assert origin is not None and (origin.kind, origin.where) == ("socket", "/stats/summary")
    silent = judged(folder, journal=False)
    assert [one.code for one in found.findings] == [one.code for one in silent.findings]


@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize("folder", [path.name for path in sorted(RECORDED.glob("node-*"))])
def test_everything_on_the_screen_can_be_explained(folder: str, asked: bool) -> None:
    found = judged(folder, asked=asked)
    keys = [setting.key for setting in found.settings] + [trigger.key for trigger in found.triggers]
    keys += [f"disk:{disk.mountpoint}" for disk in found.disks] + [finding.code for finding in found.findings]
    keys += [finding.subject for finding in found.findings if finding.subject]
    for key in [*keys, "root", "measured", "pooled", "images", "answers", "verdict"]:
        told = explain(found, key)
        assert told.title and (told.paragraphs or told.chain), key
