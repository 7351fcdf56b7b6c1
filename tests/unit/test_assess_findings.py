"""Each finding fires where it should, and does not where it should not; every one has a sentence and a key for Why."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests import builders as b
from tui.assess import findings
from tui.assess.judge import assess
from tui.assess.why import explain
from tui.model import (
    Assessment,
    Claim,
    ConfigNote,
    Distro,
    EditFate,
    Fact,
    Finding,
    Origin,
    Pending,
    Sample,
    Severity,
    Survey,
    Unit,
)

HERE = Origin("file", b.CONFIG_FILE, 12, "imagegchighthresholdpercent: 60")
LOW_ERROR = (
    "failed to validate kubelet configuration, error: invalid configuration: imageGCLowThresholdPercent "
    "(--image-gc-low-threshold) 80 must be less than imageGCHighThresholdPercent (--image-gc-high-threshold) 60"
)


def found_in(assessment: Assessment, code: str) -> Finding | None:
    return next((finding for finding in assessment.findings if finding.code == code), None)


def with_config(**more: Any) -> Survey:
    return b.survey(kubelet_state=b.kubelet(b.kubelet_config(**more)))


def two(available: int = 50 * b.GIB, *, distro: Distro | None = None, **more: Any) -> Survey:
    return b.two_disks(b.image_mount(available), kubelet_state=b.kubelet(b.kubelet_config(**more)), distro=distro)


def noted(code: str, text: str, origin: Origin = HERE) -> Survey:
    return with_config(notes=(ConfigNote(code, text, origin),))


def root_noted(code: str, text: str) -> Survey:
    note = ConfigNote(code, text, Origin("file", b.CONTAINERD_FILE, 9))
    return b.survey(runtimes=(b.containerd(notes=(note,)),))


def pending(sure: bool = False, **more: Any) -> Survey:
    late = Pending(b.CONFIG_FILE, "changed (mtime)", b.WALL - 60, sure)
    return b.survey(kubelet_state=b.kubelet(pending=(late,), **more))


def failing(code: str, available: int = 10 * b.GIB) -> Survey:
    events = (b.event("gc-failed-once", error="x"), b.event(code, error="Attempted to free 5 bytes, found 0"))
    return b.survey((b.mount(numbers=b.usage(available=available)),), kubelet_state=b.kubelet(events=events))


def moved(running: str, written: str) -> Survey:
    daemon = b.containerd(written, line=2)
    return b.survey(runtimes=(replace(daemon, root=Fact(running, Origin("proc", "/proc/600/fd"))),))


NOTES = ("ignored-file", "beaten-by-flag", "dropin-resets", "unknown-field", "wrong-case", "duplicate-key")
CASES: list[tuple[str, Severity, Callable[[], Survey]]] = [
    ("stale-view", Severity.CRITICAL, b.story),
    ("unknown-device", Severity.CRITICAL, lambda: b.story(20)),
    ("imagefs-eviction-unset", Severity.WARNING, lambda: two(hard={"nodefs.available": "10%"})),
    ("no-eviction", Severity.WARNING, lambda: with_config(hard={}, files=())),
    ("no-eviction", Severity.WARNING, lambda: with_config(hard={"memory.available": "100Mi"})),
    ("image-gc-off", Severity.WARNING, lambda: with_config(high=100)),
    ("eviction-before-image-gc", Severity.WARNING, lambda: with_config(high=86)),
    ("eviction-before-image-gc", Severity.WARNING, lambda: two(hard={"imagefs.available": "20Gi"})),
    (
        "eviction-before-image-gc",
        Severity.WARNING,
        lambda: with_config(soft={"nodefs.available": "30%"}, grace={"nodefs.available": "5m"}),
    ),
    ("only-high-set", Severity.CRITICAL, lambda: with_config(high=60, error=LOW_ERROR)),
    ("kubelet-config-invalid", Severity.CRITICAL, lambda: with_config(error="failed to load kubelet config file")),
    ("wrong-case", Severity.WARNING, lambda: noted("wrong-case", "imagegchighthresholdpercent is ignored")),
    ("unknown-field", Severity.WARNING, lambda: noted("unknown-field", "imageGCHighTreshold is no field")),
    ("unknown-field", Severity.INFO, lambda: noted("unknown-field", "clusterDMS is no field", Origin("file", "x", 1))),
    ("duplicate-key", Severity.WARNING, lambda: noted("duplicate-key", "evictionHard stands twice")),
    ("ignored-file", Severity.INFO, lambda: noted("ignored-file", "ignored: a drop-in's name must end in .conf")),
    ("beaten-by-flag", Severity.INFO, lambda: noted("beaten-by-flag", "imageGCHighThresholdPercent is beaten")),
    ("dropin-resets", Severity.WARNING, lambda: noted("dropin-resets", "a kubelet 1.28 decodes each drop-in ...")),
    ("containerd-wrong-table", Severity.WARNING, lambda: root_noted("wrong-table", 'root = "/x" stands below [grpc]')),
    ("containerd-beaten-by-flag", Severity.WARNING, lambda: root_noted("beaten-by-flag", "root = '/x' has no effect")),
    ("containerd-conf-d-ignored", Severity.INFO, lambda: root_noted("conf-d-ignored", "x.toml is not read")),
    ("containerd-config-invalid", Severity.CRITICAL, lambda: b.survey(runtimes=(b.containerd(error="no such file"),))),
    ("containerd-root-pending", Severity.WARNING, lambda: moved("/var/lib/containerd", "/mnt/new")),
    ("pending-kubelet", Severity.WARNING, pending),
    ("pending-kubelet", Severity.INFO, lambda: pending(embedded="k3s")),
    ("decoy", Severity.INFO, lambda: b.survey(decoys=(ConfigNote("decoy", "is not read", Origin("file", "/x")),))),
    ("kubelet-not-running", Severity.WARNING, lambda: b.survey(kubelet_state=b.kubelet(running=False))),
    ("runtime-not-running", Severity.WARNING, lambda: b.survey(runtimes=(b.containerd(running=False),))),
    ("not-containerd", Severity.INFO, lambda: b.survey(runtimes=(b.containerd(kind="cri-o"),))),
    ("not-containerd", Severity.INFO, lambda: b.survey(runtimes=(b.containerd(kind="cri-dockerd"),))),
    ("several-runtimes", Severity.INFO, lambda: b.survey(runtimes=(b.containerd(), b.containerd("/x", serves=False)))),
    ("root-not-persistent", Severity.WARNING, lambda: b.two_disks(b.image_mount(persistent=None))),
    ("disk-pressure", Severity.CRITICAL, lambda: two(10 * b.GIB)),
    (
        "disk-pressure",
        Severity.WARNING,
        lambda: with_config(soft={"nodefs.available": "90%"}, grace={"nodefs.available": "5m"}),
    ),
    ("image-gc-failing", Severity.WARNING, lambda: failing("gc-failed-again", 15 * b.GIB + (b.GIB >> 1))),
    ("disk-nearly-full", Severity.CRITICAL, lambda: two(5 * b.GIB, high=100, hard={"nodefs.available": "10%"})),
    ("unreachable", Severity.WARNING, lambda: b.two_disks(extra=(b.mount("/nfs", "s:/x", (0, 9), unreachable=True),))),
    ("unreachable", Severity.CRITICAL, lambda: b.two_disks(b.image_mount(unreachable=True))),
    ("containerfs-reclaims-nothing", Severity.INFO, lambda: b.survey(kubelet_state=b.kubelet(minor=30))),
    (
        "pressure-never-reported",
        Severity.INFO,
        lambda: with_config(fields={"evictionPressureTransitionPeriod": b.from_file("0s", 9)}),
    ),
    (
        "old-layout",
        Severity.WARNING,
        lambda: b.two_disks(kubelet_state=b.kubelet(events=(b.event("filesystem-detection", dedicated=False),))),
    ),
]


@pytest.mark.parametrize(("code", "severity", "make"), CASES, ids=[f"{code}-{level.name}" for code, level, _ in CASES])
def test_finding(code: str, severity: Severity, make: Callable[[], Survey]) -> None:
    found = assess(make())
    finding = found_in(found, code)
    assert finding is not None and finding.severity is severity
    assert finding.title and finding.title[-1] in ".)" or "fails:" in finding.title
    assert explain(found, code).paragraphs
    if finding.subject:
        assert explain(found, finding.subject).title
    assert list(found.findings) == sorted(found.findings, key=lambda one: -one.severity)


QUIET: list[tuple[str, Callable[[], Survey]]] = [
    ("stale-view", lambda: b.story(restarted=True)),
    ("imagefs-eviction-unset", lambda: with_config(hard={"nodefs.available": "10%"})),
    ("imagefs-eviction-unset", b.two_disks),
    ("image-gc-off", lambda: with_config(high=99)),
    (
        "image-gc-off",
        lambda: with_config(high=100, fields={"imageMaximumGCAge": b.from_file("24h0m0s", 3)}),
    ),
    ("eviction-before-image-gc", b.survey),
    ("eviction-before-image-gc", lambda: with_config(high=90, hard={"nodefs.available": "10%"})),
    ("eviction-before-image-gc", lambda: two(hard={"nodefs.available": "50%", "imagefs.available": "5%"})),
    ("pending-kubelet", b.survey),
    ("kubelet-not-running", lambda: b.survey(kind="root-dir", kubelet_state=b.kubelet(running=False))),
    ("several-runtimes", b.survey),
    ("root-not-persistent", b.two_disks),
    ("no-requires-mounts-for", b.two_disks),
    ("disk-pressure", lambda: two(16 * b.GIB)),
    ("image-gc-failing", lambda: failing("gc-failed-again", 50 * b.GIB)),
    ("image-gc-failing", lambda: failing("gc-succeeded", 15 * b.GIB + (b.GIB >> 1))),
    ("disk-nearly-full", lambda: two(5 * b.GIB, high=100)),
    ("disk-nearly-full", lambda: two(12 * b.GIB, high=100, hard={"nodefs.available": "10%"})),
    ("containerfs-reclaims-nothing", b.survey),
    ("containerd-root-pending", lambda: moved("/var/lib/containerd", "/var/lib/containerd/")),
    (
        "old-layout",
        lambda: b.two_disks(kubelet_state=b.kubelet(events=(b.event("filesystem-detection", dedicated=True),))),
    ),
]


@pytest.mark.parametrize(("code", "make"), QUIET, ids=[code for code, _ in QUIET])
def test_no_finding(code: str, make: Callable[[], Survey]) -> None:
    assert found_in(assess(make()), code) is None


def test_every_code_is_documented() -> None:
    written = findings.__doc__ or ""
    for path in sorted(Path(findings.__file__).parent.glob("finds_*.py")):
        for code in re.findall(r'Finding\(\s*"([a-z-]+)"', path.read_text()):
            assert f"\n{code} " in written, code
    assert {code for code, _, _ in CASES if not code.startswith("containerd-")} - set(NOTES) <= set(written.split())


def test_eviction_first_names_the_highest_threshold_that_still_works() -> None:
    """15 % of eviction: 85 is the last high with which image GC comes first (4.7)."""
    finding = found_in(assess(with_config(high=86)), "eviction-before-image-gc")
    assert finding is not None and "imageGCHighThresholdPercent to 85 or less" in finding.remedy
    assert finding.subject == "imagefs.available:hard@/"


def test_only_high_set_explains_itself() -> None:
    finding = found_in(assess(with_config(high=60, error=LOW_ERROR)), "only-high-set")
    assert finding is not None
    assert "high is set to 60 % and low stays at 80 %" in finding.title
    assert "imageGCLowThresholdPercent below 60" in finding.remedy
    assert LOW_ERROR in finding.evidence[0].text


def test_no_thresholds_are_judged_of_a_refused_configuration() -> None:
    codes = {finding.code for finding in assess(with_config(high=100, error="no")).findings}
    assert codes == {"kubelet-config-invalid"}


def test_a_version_that_is_not_known_is_no_reason_to_alarm() -> None:
    """The kubelet runs with flags that the assumed version refuses: then it is another version."""
    error = "failed to parse kubelet flag: unknown flag: --logtostderr"
    state = b.kubelet(b.kubelet_config(36, error=error), version=Fact.unknown("not allowed"))
    found = assess(b.survey(kubelet_state=state))
    assert found_in(found, "kubelet-config-invalid") is None and found_in(found, "version-unknown") is not None
    assert found.exit_code == 3
    known = assess(b.survey(kubelet_state=b.kubelet(b.kubelet_config(36, error=error))))
    assert found_in(known, "kubelet-config-invalid") is not None


def test_pending_names_what_would_change() -> None:
    finding = found_in(assess(pending(True, next_config=b.kubelet_config(high=60, low=40))), "pending-kubelet")
    assert finding is not None
    assert "would change image GC high 60 %, image GC low 40 %" in finding.title
    settings = {row.key: row.pending for row in assess(pending(next_config=b.kubelet_config(high=60))).settings}
    assert settings["imageGCHighThresholdPercent"] == "60 %" and settings["nodefs.available"] == ""


def test_fate_of_an_edit_is_part_of_the_remedy() -> None:
    for fate, words in (
        ("lasts", "then systemctl restart kubelet"),
        ("until-event", "(it is rewritten; for good: the map)"),
        ("lost", "by the map: /etc/kubernetes/kubelet-config.yaml is no place for it (it is rewritten)"),
        ("forbidden", "by the map: /etc/kubernetes/kubelet-config.yaml must not be edited (it is rewritten)"),
    ):
        edits = (EditFate(b.CONFIG_FILE, fate, "it is rewritten", "the map"),)  # type: ignore[arg-type]  # as listed
        found = assess(two(hard={"nodefs.available": "10%"}, distro=Distro("x", edits=edits)))
        finding = found_in(found, "imagefs-eviction-unset")
        assert finding is not None and words in finding.remedy


def test_stuck_over_the_mark_without_a_log() -> None:
    """Two runs of image GC have had their chance and the disk stays over the mark."""
    survey = b.survey((b.mount(numbers=b.usage(available=15 * b.GIB + (b.GIB >> 1))),))
    stuck = {"/": [Sample(b.MONO - back, 15 * b.GIB + (b.GIB >> 1), 5_000_000) for back in range(700, -1, -10)]}
    short = {"/": stuck["/"][-30:]}
    assert found_in(assess(survey, stuck), "image-gc-failing") is not None
    assert found_in(assess(survey, short), "image-gc-failing") is None


def test_embedded_kubelet_is_restarted_by_its_carrier() -> None:
    proc = replace(b.process("k3s"), unit=Fact("k3s.service", Origin("proc", "/proc/700/cgroup")))
    disk = b.image_mount(appeared=b.KUBELET_STARTED + 752)
    found = assess(b.two_disks(disk, kubelet_state=b.kubelet(proc=proc, embedded="k3s")))
    assert found.findings[0].remedy.startswith("systemctl restart k3s ")


def test_missing_kubelet_on_a_box_with_containerd_only_is_undetermined() -> None:
    nothing: Fact[Any] = Fact.unknown("no kubelet runs")
    state = replace(b.kubelet(running=False), unit=nothing, config=nothing)
    found = assess(b.survey(kubelet_state=state, runtimes=(b.containerd(serves=False),)))
    assert found.exit_code == 3 and found.severity is Severity.INFO
    assert found.roles["imagefs"].value == "/"
    assert found.verdict == "Not everything could be determined: the kubelet's configuration: no kubelet runs."


def test_runtime_of_another_kind_is_not_taken_for_the_kubelets() -> None:
    found = assess(b.survey(runtimes=(b.containerd(serves=False),)))
    assert not found.roles["imagefs"].known and found.exit_code == 3


def test_root_directory_is_judged_by_its_files() -> None:
    config = b.kubelet_config(high=60, error=LOW_ERROR)
    survey = b.survey(kind="root-dir", kubelet_state=b.kubelet(config, running=False), runtimes=(b.containerd(),))
    assert assess(survey).exit_code == 2
    unread: Fact[Any] = Fact.unknown("/etc/kubernetes: permission denied")
    state = replace(b.kubelet(running=False), config=unread)
    assert assess(b.survey(kind="root-dir", kubelet_state=state)).exit_code == 3


def test_requires_by_mount_unit_is_a_guard_too() -> None:
    line = "/dev/sdb1 /mnt/images ext4 nofail 0 2"
    settings = {("Unit", "BindsTo"): (("mnt-images.mount", Origin("file", "u", 1)),)}
    for given, there in ((settings, False), ({}, True)):
        daemon = b.containerd("/mnt/images/containerd", line=2, unit_settings=given)
        found = assess(b.two_disks(b.image_mount(fstab_text=line), runtime=daemon))
        assert (found_in(found, "no-requires-mounts-for") is not None) is there


def test_masked_kubelet_is_not_called_down() -> None:
    state = b.kubelet(running=False, unit=Fact(Unit("kubelet.service", "masked"), Origin("file", "x")))
    assert found_in(assess(b.survey(kubelet_state=state)), "kubelet-not-running") is None


def test_root_that_a_flag_beats_is_explained() -> None:
    beaten = (Claim("/mnt/x", Origin("file", b.CONTAINERD_FILE, 3)),)
    daemon = replace(b.containerd(), root=Fact("/var/lib/k0s/containerd", Origin("flag", "--root"), beaten))
    told = explain(assess(b.survey(runtimes=(daemon,))), "root")
    assert [(step.value, step.wins) for step in told.chain] == [("/var/lib/k0s/containerd", True), ("/mnt/x", False)]
