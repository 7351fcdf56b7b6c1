"""What is told of images: triggers, the verdict, findings and Why."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from tests import answers as a
from tests import builders as b
from tests.unit.test_assess_images import G, node, seen
from tui.assess.judge import assess
from tui.assess.why import explain
from tui.model import Assessment, History, Sample, Severity, Survey, UnderRoot


def codes(found: Assessment) -> dict[str, Severity]:
    return {finding.code: finding.severity for finding in found.findings}


def test_what_a_trigger_will_do_has_both_figures() -> None:
    found = assess(node([a.image("x:1", 4 * G), a.image("y:1", 6 * G)]))
    rows = {row.key: row for row in found.triggers}
    assert rows["gc@/mnt/images"].will == "unused images count 10.0G, give back ~ 20.0G; all 2 go, 5.0G short"
    assert "every unused image older than 2m (2, they count 10.0G, give back ~ 20.0G)" in (
        rows["imagefs.available:hard@/mnt/images"].will
    )


def growing(survey: Survey, per_minute: int) -> History:
    now = next(state.usage.value for state in survey.mounts if state.mount.mountpoint == "/mnt/images")
    assert now is not None
    return {
        "/mnt/images": [
            Sample(b.MONO - 60.0 * (10 - at), now.available + per_minute * (10 - at), 5_500_000) for at in range(11)
        ]
    }


def test_green_verdict_says_what_would_come_back() -> None:
    survey = node([a.image("x:1", 40 * G, back=61 * G), a.image("y:1", 2 * G, used_by=(a.APP,))], free=70 * G)
    found = assess(survey, growing(survey, 10 << 20))
    assert found.exit_code == 0 and not found.findings
    assert found.verdict.startswith("Next: image GC at 85 % in ") and found.verdict.endswith(
        " on /mnt/images; about 61.0G would come back."
    )
    assert assess(survey).verdict.endswith("away; about 61.0G would come back.")


def test_gc_that_cannot_reach_low() -> None:
    root = UnderRoot(
        "/mnt/images/containerd", {"content": (9 * G, 9), "snapshots overlayfs": (20 * G, 99)}, (), True, 108, b.WALL
    )
    images = [a.image("x:1", 2 * G), a.image("web:1", 30 * G, used_by=(a.APP,))]
    found = assess(node(images, root=root))
    finding = next(one for one in found.findings if one.code == "gc-cannot-reach-low")
    assert finding.severity is Severity.WARNING and finding.subject == "gc@/mnt/images"
    assert finding.title == (
        "Image GC on /mnt/images wants 15.0G, but the one unused image counts 2.0G: it cannot reach its low mark; "
        "about 4.0G come back."
    )
    told = [one.text for one in finding.evidence]
    assert "1 image that stays counts 30.0G: web:1 30.0G." in told
    assert "Under /mnt/images/containerd: snapshots overlayfs 20.0G, content 9.0G." in told
    assert "Other data on /mnt/images, outside that root: 66.0G." in told


def test_counted_too_little_but_enough_on_disk_is_information() -> None:
    """Images count about half of what they take: a reported failure that reached its mark all the same."""
    found = assess(node([a.image("x:1", 10 * G, back=20 * G)]))
    finding = next(one for one in found.findings if one.code == "gc-cannot-reach-low")
    assert finding.severity is Severity.INFO and "yet about 20.0G come back, enough for the low mark" in finding.title


def test_a_healthy_node_without_unused_images_is_green() -> None:
    found = assess(node([a.image("web:1", G, used_by=(a.APP,))], free=70 * G))
    assert found.exit_code == 0 and not found.findings
    assert "no image is unused" in found.verdict


def test_gc_that_will_fire_soon_and_cannot_is_information() -> None:
    survey = node([a.image("web:1", G, used_by=(a.APP,))], free=17 * G)
    found = assess(survey, growing(survey, 100 << 20))
    assert codes(found)["gc-cannot-reach-low"] is Severity.INFO


def test_a_half_scan_says_so_and_counts_no_rest() -> None:
    root = UnderRoot("/mnt/images/containerd", {"content": (9 * G, 9)}, (), False, 9, b.WALL)
    found = assess(node([], root=root))
    finding = next(one for one in found.findings if one.code == "gc-cannot-reach-low")
    texts = " ".join(one.text for one in finding.evidence)
    assert "(the scan is not complete)" in texts and "Other data" not in texts


@pytest.mark.parametrize(("bytes_", "told"), [(4096, False), (300 << 20, True)])
def test_a_pull_in_flight(bytes_: int, told: bool) -> None:
    root = UnderRoot("/mnt/images/containerd", {"ingest": (bytes_, 2)}, (), True, 9, b.WALL)
    found = assess(node([], free=70 * G, root=root))
    assert ("pull-in-flight" in codes(found)) is told and found.exit_code == 0


# --- why ----------------------------------------------------------------------------------------------------------


def test_why_of_images_and_of_each_one() -> None:
    images = [a.image("x:1", 4 * G), a.image("web:1", G, used_by=(a.APP,))]
    found = assess(node(images))
    text = "\n".join(explain(found, "images").paragraphs)
    assert "Counted: 4 294 967 296 B. Given back: about 8 589 934 592 B." in text and "May go: x:1 4.0G." in text
    assert "image GC may delete it" in "\n".join(explain(found, f"image:{images[0].id}").paragraphs)
    kept = "\n".join(explain(found, f"image:{images[1].id}").paragraphs)
    assert "It stays: default/web-1/app running." in kept and "A dead container holds its image" in kept
    assert "short" in "\n".join(explain(found, "gc@/mnt/images").paragraphs)
    with pytest.raises(KeyError):
        explain(found, "image:none")


def test_an_image_without_a_name_goes_by_its_id() -> None:
    bare = replace(a.image("x:1", G), names=(), id="sha256:0123456789abcdef")
    assert explain(assess(node([bare])), f"image:{bare.id}").title == "0123456789ab: 1.0G"


def test_two_thousand_images_stay_quick() -> None:
    images = [
        a.image(f"registry.example/app:{at}", (at + 1) << 20, parts={str(at): 1, "base": 2}) for at in range(2000)
    ]
    survey = node(images)
    began = time.process_time()
    assert seen(survey).counts == sum(image.size for image in images)
    assert time.process_time() - began < 1
