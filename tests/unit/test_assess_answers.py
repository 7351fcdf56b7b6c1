"""The kubelet's own answer against its files: both are shown, and the answer is what it obeys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests import answers as a
from tests import builders as b
from tui.assess.answers import CONFIGZ
from tui.assess.judge import assess
from tui.assess.why import explain
from tui.model import (
    DEFAULT,
    Assessment,
    Claim,
    Distro,
    Fact,
    Finding,
    KubeletConfig,
    Origin,
    Pending,
    Setting,
    Severity,
    Survey,
    Trigger,
)

HIGH, LOW = "imageGCHighThresholdPercent", "imageGCLowThresholdPercent"
RECORDED = Path(__file__).parents[1] / "data" / "recorded"


def node(told: Mapping[str, Any], config: KubeletConfig | None = None, *, pending: tuple[Pending, ...] = ()) -> Survey:
    """A healthy node whose /configz is that of its files, some values changed."""
    files = config or b.kubelet_config(high=60, low=40)
    state = b.kubelet(files, answer=a.said(configz=a.configz(files, **told)), pending=pending)
    return b.two_disks(kubelet_state=state)


def finding(found: Assessment, code: str = "answer-contradicts-files") -> Finding:
    return next(one for one in found.findings if one.code == code)


def setting(found: Assessment, key: str) -> Setting:
    return next(one for one in found.settings if one.key == key)


def row(found: Assessment, key: str) -> Trigger:
    return next(one for one in found.triggers if one.key == key)


@pytest.mark.parametrize("minor", [20, 26, 29, 32, 36])
def test_the_same_answer_changes_nothing(minor: int) -> None:
    files = b.kubelet_config(minor, high=60, low=40)
    silent = assess(b.two_disks(kubelet_state=b.kubelet(files)))
    told = assess(node({}, files))
    assert told.contradictions == () and told.findings == silent.findings
    assert told.settings == silent.settings and told.triggers == silent.triggers and told.exit_code == 0


def test_the_answer_wins_and_the_file_is_beaten() -> None:
    found = assess(node({HIGH: 85, LOW: 80}))
    high = setting(found, HIGH)
    assert high.value == "85 %" and high.fact.origin == CONFIGZ
    assert high.fact.beaten[0] == Claim(60, Origin("file", b.CONFIG_FILE, 49))
    gc = row(found, "gc@/mnt/images")
    assert gc.threshold == "high 85 %" and gc.origin == CONFIGZ
    assert gc.fires_at == (b.usage().capacity * 16 - 1) // 100
    said = finding(found)
    assert said.severity is Severity.CRITICAL and found.exit_code == 2
    assert f"{HIGH} is 85, not 60; {LOW} is 80, not 40" in said.title
    assert f"{HIGH}: 85 by its own answer, {b.CONFIG_FILE}:49: 60." in [one.text for one in said.evidence]
    assert found.verdict.startswith("The kubelet obeys other values than its files say")


def test_what_a_restart_would_change_is_what_the_files_say() -> None:
    assert setting(assess(node({HIGH: 85, LOW: 80})), HIGH).pending == "60 %"


def test_a_file_that_changed_after_the_start_explains_it() -> None:
    late = Pending(b.CONFIG_FILE, "changed (mtime)", b.WALL - b.MONO + b.KUBELET_STARTED + 600, True)
    found = assess(node({HIGH: 85, LOW: 80}, pending=(late,)))
    said = finding(found)
    assert said.severity is Severity.WARNING
    assert f"({b.CONFIG_FILE} changed 10 min after the kubelet started)" in said.title
    assert said.remedy == "systemctl restart kubelet, and it obeys the files"
    assert "image GC high 60 %" in finding(found, "pending-kubelet").title


def test_a_file_that_only_looks_newer_is_information_once_the_kubelet_confirms_it() -> None:
    late = Pending(b.CONFIG_FILE, "changed (mtime)", b.WALL - b.MONO + b.KUBELET_STARTED + 600, False)
    found = assess(node({}, pending=(late,)))
    assert found.exit_code == 0 and "its own answer says that it obeys the values shown" in found.findings[0].title
    silent = assess(b.two_disks(kubelet_state=b.kubelet(b.kubelet_config(high=60, low=40), pending=(late,))))
    assert silent.exit_code == 1 and "may still obey older values" in silent.findings[0].title


@pytest.mark.parametrize(
    ("told", "key", "answer", "files"),
    [
        ({"imageMinimumGCAge": "5s"}, "imageMinimumGCAge", "5s", "2m0s"),
        ({"evictionPressureTransitionPeriod": "30s"}, "evictionPressureTransitionPeriod", "30s", "5m0s"),
        ({"evictionSoft": {"nodefs.available": "20%"}, "evictionSoftGracePeriod": {"nodefs.available": "1m"}},)
        + ("nodefs.available:soft", "20%", "not set"),
    ],
)
def test_what_moves_no_hard_threshold_is_a_warning(told: dict[str, Any], key: str, answer: str, files: str) -> None:
    config = b.kubelet_config()
    config = replace(config, fields={**config.fields, "evictionSoft": Fact({}, DEFAULT)})
    found = assess(node(told, config))
    one = found.contradictions[0]
    assert (one.key, one.answer, one.files) == (key, answer, files)
    assert finding(found).severity is Severity.WARNING


def test_equal_periods_in_other_words_are_no_contradiction() -> None:
    assert assess(node({"imageMinimumGCAge": "120s", "evictionPressureTransitionPeriod": "300s"})).contradictions == ()


def test_eviction_signal_by_signal() -> None:
    hard = {**b.DEFAULT_HARD, "imagefs.available": "30%"}
    del hard["nodefs.available"]
    found = assess(node({"evictionHard": hard}))
    assert [(one.key, one.answer, one.files) for one in found.contradictions] == [
        ("imagefs.available", "30%", "15%"),
        ("nodefs.available", "not set", "10%"),
    ]
    images = row(found, "imagefs.available:hard@/mnt/images")
    assert images.threshold == "imagefs 30 %" and images.origin == CONFIGZ
    assert images.fires_at == int(b.usage().capacity * 0.30000001192092896)
    assert row(found, "nodefs.available:hard@/").unset == "not set: evictionHard lacks it"
    assert row(found, "imagefs.inodesFree:hard@/mnt/images").origin == DEFAULT
    assert setting(found, "imagefs.available").fact.beaten == (Claim("15%", DEFAULT),)


def test_an_empty_map_is_left_out_of_configz() -> None:
    config = b.kubelet_config()
    values = a.configz(config)
    del values["evictionHard"]
    state = b.kubelet(config, answer=a.said(configz=values))
    found = assess(b.two_disks(kubelet_state=state))
    assert {one.key for one in found.contradictions} == set(b.DEFAULT_HARD)
    assert all(one.answer == "not set" for one in found.contradictions)


def test_unreadable_files_leave_the_answer_alone() -> None:
    """A locked-down node with a credential: no configuration to read, and all of it known."""
    values = a.configz(b.kubelet_config(high=60, low=40))
    state = b.kubelet(config=None, answer=a.said(configz=values))
    locked = replace(state, config=Fact.unknown("needs root (sudo)"))
    found = assess(b.two_disks(kubelet_state=locked))
    assert found.contradictions == () and found.undetermined == () and found.exit_code == 0
    assert setting(found, HIGH).value == "60 %" and setting(found, HIGH).fact.origin == CONFIGZ
    assert row(found, "gc@/mnt/images").fires_at == (b.usage().capacity * 41 - 1) // 100
    assert row(found, "nodefs.available:hard@/").fires_at == int(b.usage().capacity * 0.10000000149011612)


def test_an_answer_of_the_process_before_is_worth_nothing() -> None:
    files = b.kubelet_config(high=60, low=40)
    before = b.WALL - b.MONO + b.KUBELET_STARTED - 5
    old = a.said(configz=a.configz(files, **{HIGH: 85}), wall=before, healthz="ill")
    found = assess(b.two_disks(kubelet_state=b.kubelet(files, answer=old)))
    assert found.contradictions == () and not found.findings and setting(found, HIGH).value == "60 %"
    assert "before the running process" in "\n".join(explain(found, "answers").paragraphs)


def test_files_that_would_be_refused_do_not_hide_what_runs() -> None:
    """The files were broken after the start: thresholds are the answer's, and the next start fails."""
    broken = b.kubelet_config(high=60, low=80, error="imageGCLowThresholdPercent must be less than ...")
    state = b.kubelet(broken, answer=a.said(configz=a.configz(b.kubelet_config(high=60, low=40))))
    found = assess(b.two_disks(kubelet_state=state))
    assert {"only-high-set", "answer-contradicts-files"} <= {one.code for one in found.findings}
    assert row(found, "gc@/mnt/images").threshold == "high 60 %" and setting(found, LOW).value == "40 %"


@pytest.mark.parametrize("odd", ["x\x1b[31m", 3.5, None, [], {"a": 1}, True, -1, 10**30])
def test_an_answer_of_another_type_never_breaks_anything(odd: Any) -> None:
    names = (HIGH, LOW, "imageMinimumGCAge", "evictionHard", "evictionSoft", "evictionPressureTransitionPeriod")
    found = assess(node(dict.fromkeys(names, odd)))
    for key in ("answers", "images", "verdict", HIGH, "gc@/mnt/images", *(one.code for one in found.findings)):
        assert explain(found, key).title
    assert "\x1b" not in found.verdict


def test_thresholds_that_no_kubelet_takes_leave_those_of_the_files() -> None:
    found = assess(node({"evictionHard": {"nofs.available\x1b": "10%\n"}}))
    assert row(found, "nodefs.available:hard@/").fires_at is not None
    assert "nofs.available\\x1b is 10%\\n, not not set" in finding(found).title


def test_unreachable_is_normal() -> None:
    silent = assess(b.two_disks())
    assert silent.exit_code == 0 and not silent.findings
    text = "\n".join(explain(silent, "answers").paragraphs)
    assert "Not asked or not reached: not asked." in text and "With a client certificate or a token" in text


def test_only_healthz_answers_without_a_credential() -> None:
    found = assess(b.two_disks(kubelet_state=b.kubelet(answer=a.said())))
    assert found.exit_code == 0 and not found.findings
    text = "\n".join(explain(found, "answers").paragraphs)
    assert "/healthz: ok." in text and "/configz: needs a credential." in text and "With a client" in text


def test_not_healthy() -> None:
    state = b.kubelet(answer=a.said(healthz="HTTP 500: [+]ping ok\n[-]syncloop failed\x1b"))
    found = assess(b.two_disks(kubelet_state=state))
    said = finding(found, "kubelet-unhealthy")
    assert said.severity is Severity.WARNING
    assert said.title.endswith("HTTP 500: [+]ping ok [-]syncloop failed\\x1b")


def test_why_shows_both_sides_of_every_value() -> None:
    found = assess(node({HIGH: 85}))
    told = explain(found, "answers")
    assert told.title == "the kubelet's own answer: 1 difference to its files"
    assert [(step.value, str(step.origin), step.wins) for step in told.chain] == [
        (f"{HIGH} 85", "/configz", True),
        (f"{HIGH} 60", f"{b.CONFIG_FILE}:49", False),
    ]
    assert [step.wins for step in explain(found, HIGH).chain] == [True, False, False]
    assert explain(found, "answer-contradicts-files").paragraphs


def test_recorded_answers_agree_with_the_files_that_were_recorded_beside_them() -> None:
    """Real /configz of three kubelets, as they were spoken: no contradiction where there is none."""
    from tests.recorded_host import RecordedHost
    from tui.node.survey import Surveyor

    for folder in sorted(RECORDED.glob("node-*")):
        survey = Surveyor(RecordedHost(folder)).take()
        url = "https://127.0.0.1:10250/configz"
        values = json.loads(json.loads((folder / "http.json").read_text("utf-8"))[url])["kubeletconfig"]
        assert survey.kubelet.answer.value is not None and survey.kubelet.answer.value.configz.value == values
        assert assess(survey).contradictions == ()
        other = replace(survey.kubelet.answer.value, configz=Fact({**values, HIGH: 99}, CONFIGZ))
        changed = replace(survey, kubelet=replace(survey.kubelet, answer=Fact(other, CONFIGZ)))
        assert [(one.key, one.answer, one.files) for one in assess(changed).contradictions] == [(HIGH, "99", "60")]


# --- the runtime's own image path ---------------------------------------------------------------------------------

OURS = "/mnt/images/containerd/io.containerd.snapshotter.v1.overlayfs"


def with_path(path: str, real: str = "", dev: tuple[int, int] = (8, 1)) -> Assessment:
    runtime = b.containerd("/mnt/images/containerd", unit_settings=b.GUARDED, answer=a.asked([], path=path))
    reals = {path: Fact((real, dev), Origin("proc", "stat"))} if real else {}
    return assess(b.two_disks(runtime=runtime, realpaths=reals))


def test_the_runtime_names_the_same_path() -> None:
    for path in (OURS, f"{OURS}/", "", "relative"):
        assert with_path(path).roles["imagefs"].value == "/mnt/images" and not with_path(path).findings
    link = with_path("/var/lib/containerd/overlayfs", OURS, (8, 17))
    assert link.roles["imagefs"].value == "/mnt/images" and not link.findings


def test_the_runtime_names_another_path() -> None:
    other = "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs"
    found = with_path(other, other)
    assert found.roles["imagefs"].value == "/"
    said = finding(found, "answer-contradicts-image-path")
    assert said.severity is Severity.WARNING and [one.text for one in said.evidence][0] == f"ImageFsInfo: {other}."


def test_an_image_path_that_only_the_runtime_knows() -> None:
    crio = b.containerd("/var/lib/containers", kind="cri-o", answer=a.asked([], path="/var/lib/containers/storage"))
    crio = replace(crio, imagefs=Fact.unknown("its storage.conf cannot be read"))
    found = assess(b.survey(runtimes=(crio,), distro=Distro("OpenShift")))
    assert found.roles["imagefs"].value == "/" and "answer-contradicts-image-path" not in {
        one.code for one in found.findings
    }
