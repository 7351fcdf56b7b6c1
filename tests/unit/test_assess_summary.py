"""/stats/summary as proof of what the kubelet measures (kubelet-gc.md 2.1, 2.4)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests import answers as a
from tests import builders as b
from tui.assess.judge import assess
from tui.assess.why import explain
from tui.model import Assessment, FsStats, MountState, Severity, Sure, Survey, Usage

ROOT_DISK = b.usage(50 * b.GIB, 35 * b.GIB)
IMAGES = b.usage(100 * b.GIB, 30 * b.GIB)
NO_DEVICE = "HTTP 500: Internal Error: failed to get imageFs stats: could not find device in cached partitions map"


def node(
    image_fs: FsStats | None,
    *,
    node_fs: Usage = ROOT_DISK,
    appeared: float | None = b.KUBELET_STARTED + 752,
    root: Usage = ROOT_DISK,
    images: Usage = IMAGES,
    minor: int = 32,
    extra: tuple[MountState, ...] = (),
    **more: Any,
) -> Survey:
    """Two disks, the images' one mounted after the kubelet's start unless told otherwise."""
    answer = a.said(node_fs=a.stats(node_fs), image_fs=image_fs, **more)
    runtime = b.containerd("/mnt/images/containerd", line=2, unit_settings=b.GUARDED)
    assert runtime.process.value is not None
    late = replace(runtime.process, value=replace(runtime.process.value, started=b.KUBELET_STARTED + 800))
    return b.two_disks(
        b.mount("/mnt/images", "/dev/sdb1", (8, 17), numbers=images, appeared=appeared),
        root=b.mount(numbers=root),
        extra=extra,
        runtime=replace(runtime, process=late),
        kubelet_state=b.kubelet(minor=minor, answer=answer),
    )


def codes(found: Assessment) -> dict[str, Severity]:
    return {finding.code: finding.severity for finding in found.findings}


def test_imagefs_equal_to_node_fs_while_statfs_says_otherwise_is_the_proof() -> None:
    found = assess(node(a.stats(ROOT_DISK)))
    assert (found.measured.state, found.measured.sure, found.measured.mountpoint) == ("stale", Sure.CERTAIN, "/")
    first = found.measured.evidence[0]
    assert first.origin is not None and first.origin.where == "/stats/summary" and first.origin.kind == "socket"
    assert first.text == (
        "The kubelet's own statistics: imageFs has 53 687 091 200 B, 37 580 963 840 B available, just as node.fs: "
        "that is /; /mnt/images has 107 374 182 400 B, 32 212 254 720 B available."
    )
    assert found.findings[0].code == "stale-view" and found.findings[0].sure is Sure.CERTAIN
    assert first.text in "\n".join(explain(found, "measured").paragraphs)
    assert "Ask it" not in "\n".join(explain(found, "measured").paragraphs)


def test_imagefs_of_the_images_disk_is_right_and_certain_whatever_dates_suggest() -> None:
    """A mount unit's stamp is late (2.4): the kubelet saw the disk all the same, and says so. Green."""
    found = assess(node(a.stats(IMAGES)))
    assert (found.measured.state, found.measured.sure) == ("right", Sure.CERTAIN)
    assert found.measured.mountpoint == "/mnt/images" and found.exit_code == 0
    assert codes(found) == {"answer-contradicts-view": Severity.INFO}
    assert any("Against it, and beaten" in one.text for one in found.measured.evidence)


def test_agreement_is_no_finding_but_makes_it_certain() -> None:
    found = assess(node(a.stats(IMAGES), appeared=1.0))
    assert (found.measured.state, found.measured.sure) == ("right", Sure.CERTAIN) and not found.findings


def test_stale_although_dates_say_right() -> None:
    """A private mount namespace, say: what the kubelet shows counts."""
    found = assess(node(a.stats(ROOT_DISK), appeared=500.0))
    assert found.measured.state == "stale" and found.findings[0].code == "stale-view"
    assert codes(found)["answer-contradicts-view"] is Severity.INFO


def test_what_was_unknown_becomes_certain_without_a_contradiction() -> None:
    found = assess(node(a.stats(IMAGES), appeared=None))
    assert (found.measured.state, found.measured.sure) == ("right", Sure.CERTAIN)
    assert "answer-contradicts-view" not in codes(found) and not found.undetermined


def test_the_answer_beats_the_device_table_of_the_log() -> None:
    survey = node(a.stats(IMAGES))
    table = b.partitions(survey.mounts[0])
    found = assess(replace(survey, kubelet=replace(survey.kubelet, partitions=table)))
    assert (found.measured.state, found.measured.sure) == ("right", Sure.CERTAIN)
    assert assess(replace(survey, kubelet=replace(b.kubelet(), partitions=table))).measured.state == "stale"


def test_an_answer_before_the_move_says_nothing_about_now() -> None:
    """Asked while images were still on the root disk: they were measured rightly then."""
    before = b.WALL - b.MONO + b.KUBELET_STARTED + 700
    found = assess(node(a.stats(ROOT_DISK), appeared=500.0, wall=before))
    assert found.measured.state == "right"


def test_another_disk_than_the_kubelets_own() -> None:
    third = b.mount("/data", "/dev/sdc1", (8, 33), numbers=b.usage(70 * b.GIB, 60 * b.GIB))
    found = assess(node(a.stats(b.usage(70 * b.GIB, 60 * b.GIB)), extra=(third,)))
    assert (found.measured.state, found.measured.mountpoint) == ("stale", "/data")
    assert "just as node.fs" not in found.measured.evidence[0].text


def test_figures_that_fit_no_disk_settle_nothing() -> None:
    odd = FsStats(123, 45, None, None, None)
    assert assess(node(odd)).measured == assess(node(None, status=403, node_fs=ROOT_DISK)).measured


def test_twin_disks_are_told_apart_by_what_is_free() -> None:
    """The same capacity twice: only equal figures with node.fs and another statfs prove anything."""
    root, images = b.usage(100 * b.GIB, 70 * b.GIB), b.usage(100 * b.GIB, 20 * b.GIB)
    stale = assess(node(a.stats(root), node_fs=root, root=root, images=images, appeared=None))
    assert (stale.measured.state, stale.measured.sure) == ("stale", Sure.CERTAIN)
    right = assess(node(a.stats(images), node_fs=root, root=root, images=images, appeared=None))
    assert (right.measured.state, right.measured.sure) == ("right", Sure.CERTAIN)
    nearly = b.usage(100 * b.GIB, 69 * b.GIB)
    alike = assess(node(a.stats(root), node_fs=root, root=root, images=nearly, appeared=None))
    assert alike.measured.state == "unknown"


def test_a_single_disk_is_right() -> None:
    numbers = b.usage()
    answer = a.said(node_fs=a.stats(numbers), image_fs=a.stats(numbers))
    found = assess(b.survey(kubelet_state=b.kubelet(answer=answer)))
    assert (found.measured.state, found.measured.sure) == ("right", Sure.CERTAIN) and found.exit_code == 0


# --- no device, no statistics -------------------------------------------------------------------------------------


def test_no_capacity_for_imagefs_is_an_unknown_device() -> None:
    """1.20, as recorded: imageFs has only the runtime's own usedBytes."""
    found = assess(node(FsStats(None, None, 1384136704, None, None), minor=20))
    assert (found.measured.state, found.measured.sure) == ("unknown-device", Sure.CERTAIN)
    assert "no capacity for imageFs" in found.measured.evidence[0].text


def test_no_capacity_just_after_the_start_proves_nothing() -> None:
    soon = b.WALL - b.MONO + b.KUBELET_STARTED + 10
    survey = node(FsStats(None, None, 1, None, None), appeared=500.0, wall=soon)
    assert assess(survey).measured.state == "right"


def failing(reason: str, *, appeared: float = 500.0, wall: float = b.WALL) -> Survey:
    answer = a.said(status=500, reason=reason, wall=wall)
    return b.two_disks(b.image_mount(appeared=appeared), kubelet_state=b.kubelet(answer=answer))


def test_http_500_for_want_of_a_device_is_broken_and_certain() -> None:
    found = assess(failing(NO_DEVICE))
    assert (found.measured.state, found.measured.sure) == ("broken", Sure.CERTAIN)
    assert codes(found)["no-statistics"] is codes(found)["summary-fails"] is Severity.CRITICAL
    assert "HTTP 500" in next(one.title for one in found.findings if one.code == "summary-fails")


@pytest.mark.parametrize(("after", "severity"), [(10, Severity.INFO), (3_600, Severity.WARNING)])
def test_another_http_500_is_a_finding_of_its_own(after: float, severity: Severity) -> None:
    wall = b.WALL - b.MONO + b.KUBELET_STARTED + after
    found = assess(failing("HTTP 500: Internal Error: \x1b[31mnot ready\n", wall=wall))
    assert codes(found) == {"summary-fails": severity} and found.measured.state == "right"
    told = next(one for one in found.findings if one.code == "summary-fails").evidence[0].text
    assert told == "It says: HTTP 500: Internal Error: \\x1b[31mnot ready\\n"


@pytest.mark.parametrize("status", [401, 403, 404, None])
def test_any_other_refusal_is_normal(status: int | None) -> None:
    answer = a.said(status=status, reason="needs a credential")
    found = assess(b.two_disks(kubelet_state=b.kubelet(answer=answer)))
    assert not found.findings and found.exit_code == 0


def test_why_names_what_a_credential_would_add() -> None:
    survey = b.story()
    state = replace(survey.kubelet, answer=a.said(reason="needs a credential: --kubelet-token FILE (HTTP 401)"))
    text = "\n".join(explain(assess(replace(survey, kubelet=state)), "measured").paragraphs)
    assert "Ask it: /stats/summary" in text and "--kubelet-token FILE (HTTP 401)" in text
