"""Images: which may go, in which order, where image GC stops, and two figures that are never mixed up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests import answers as a
from tests import builders as b
from tui.assess.case import open_case
from tui.assess.images import OLD_ANSWER_S, run
from tui.assess.judge import assess
from tui.assess.stock import first_out, stock
from tui.assess.why import explain
from tui.model import (
    ContainerUse,
    Fact,
    History,
    Image,
    ImageRun,
    ImagesView,
    Origin,
    Survey,
    UnderRoot,
)

G = b.GIB
SEEN = Origin("computed", "watched")


def node(
    images: Sequence[Image],
    *,
    free: int = 5 * G,
    minor: int = 32,
    wall: float = b.WALL,
    started: float = b.KUBELET_STARTED,
    fields: Mapping[str, Fact[Any]] | None = None,
    high: int = 85,
    low: int = 80,
    root: UnderRoot | None = None,
) -> Survey:
    """Images on a disk of 100 GiB of their own, which the kubelet measures."""
    under = Fact(root, SEEN) if root else Fact[UnderRoot].unknown("not scanned")
    runtime = b.containerd(
        "/mnt/images/containerd",
        line=2,
        unit_settings=b.GUARDED,
        answer=a.asked(images, wall=wall),
        under_root=under,
    )
    config = b.kubelet_config(minor, high=high, low=low, fields=fields)
    return b.two_disks(b.image_mount(free), runtime=runtime, kubelet_state=b.kubelet(config, started=started))


def seen(survey: Survey, history: History | None = None) -> ImagesView:
    view = assess(survey, history).images.value
    assert view is not None
    return view


def ran(survey: Survey) -> ImageRun:
    run = seen(survey).run
    assert run is not None
    return run


def names(images: Sequence[Image]) -> list[str]:
    return [image.names[0] for image in images]


def wanted(free: int, low: int = 80) -> int:
    """capacity*(100-low)/100 - available (kubelet-gc.md 3)."""
    return b.usage().capacity * (100 - low) // 100 - free


# --- which may go -------------------------------------------------------------------------------------------------


def test_used_by_a_dead_container_and_pinned_stay() -> None:
    dead = ContainerUse("default", "job-1", "main", "exited")
    view = seen(
        node(
            [
                a.image("free:1", G),
                a.image("dead:1", 2 * G, used_by=(dead,)),
                a.image("pause:3.10", 1, pinned=True),
                a.image("web:1", 3 * G, used_by=(dead, a.APP)),
            ]
        )
    )
    assert names(view.eligible) == ["free:1"]
    assert names(view.kept) == ["web:1", "dead:1", "pause:3.10"]
    assert [view.why_kept[image.id] for image in view.kept] == [
        "default/web-1/app running, and 1 more",
        "default/job-1/main exited",
        "pinned by the runtime",
    ]
    assert view.counts == G and view.gives_back.value == 2 * G


def test_before_1_23_pinned_images_go_too() -> None:
    images = [a.image("pause:3.10", G, pinned=True)]
    assert names(seen(node(images, minor=22)).eligible) == ["pause:3.10"]
    assert not seen(node(images, minor=23)).eligible


@pytest.mark.parametrize(("minor", "stays"), [(28, True), (29, False)])
def test_the_sandbox_image_is_spared_by_name_up_to_1_28(minor: int, stays: bool) -> None:
    flag = {"--pod-infra-container-image": Fact("pause:3.9", Origin("flag", "--pod-infra-container-image"))}
    view = seen(node([a.image("pause:3.9", 1), a.image("x:1", G)], minor=minor, fields=flag))
    assert ("pause:3.9" in names(view.kept)) is stays
    unknown = seen(node([a.image("pause:3.9", 1)], minor=minor))
    assert any("spares the sandbox image by its name" in one for one in unknown.caveats) is stays


def test_an_image_that_is_listed_twice_counts_once() -> None:
    one = a.image("x:1", G)
    assert seen(node([one, one])).counts == G


# --- the next run -------------------------------------------------------------------------------------------------


def test_all_go_and_it_is_short() -> None:
    run = ran(node([a.image("x:1", 4 * G), a.image("y:1", 6 * G)]))
    assert run.due and run.applied and run.wanted == wanted(5 * G)
    assert run.all_go and (run.fewest, run.most) == (2, 2) and len(run.going) == 2
    assert run.short == run.wanted - 10 * G
    assert run.counts == (10 * G, 10 * G) and run.gives_back.value == 20 * G
    assert run.sentence == "wants 15.0G: unused images count 10.0G, give back ~ 20.0G; all 2 go, 5.0G short"


def test_it_stops_when_the_sizes_reach_the_amount_whatever_the_disk_got() -> None:
    """15 GiB wanted: between 2 and 4 of these, as chance orders them."""
    sizes = {"a:1": 2, "b:1": 4, "c:1": 6, "d:1": 8, "e:1": 9}
    view = seen(node([a.image(name, size * G) for name, size in sizes.items()]))
    run = view.run
    assert run is not None and view.order == "unknown"
    assert (run.fewest, run.most) == (2, 4) and not run.all_go and not run.going and not run.short
    assert run.counts == (run.wanted, run.wanted - 1 + 9 * G)
    assert run.gives_back.value == 58 * G * run.wanted // (29 * G)
    assert "stops after 2 to 4 of 5" in run.sentence
    assert "cannot be read from outside" in view.order_note


def test_equal_sizes_make_the_number_certain_but_not_which() -> None:
    """The recorded node: four images of 346040912 B, 1346899968 wanted: four; here with a fifth."""
    run = ran(node([a.image(f"big{at}:1", 4 * G) for at in range(5)]))
    assert (run.fewest, run.most) == (4, 4) and not run.all_go and not run.going
    assert "stops after 4 of 5" in run.sentence


def test_reached_exactly_stops() -> None:
    images = [a.image("x:1", wanted(5 * G)), a.image("y:1", wanted(5 * G))]
    assert (ran(node(images)).fewest, ran(node(images)).most) == (1, 1)
    less = [replace(image, size=image.size - 1) for image in images]
    assert (ran(node(less)).fewest, ran(node(less)).most) == (2, 2)


def test_one_image_goes_even_for_nothing() -> None:
    """low = high - 1 near the boundary: the amount is 0, and one image is still deleted (kubelet-gc.md 3)."""
    survey = node([a.image("x:1", G), a.image("y:1", 2 * G)])
    here = stock(open_case(survey, {})).value
    assert here is not None
    assert names(first_out(here, 0, largest_first=True)) == ["y:1"]
    assert names(first_out(here, 0, largest_first=False)) == ["x:1"]
    row = next(row for row in assess(survey).triggers if row.kind == "image GC")
    found = run(here, replace(row, amount=0))
    assert found is not None and (found.fewest, found.most, found.counts, found.short) == (1, 1, (G, 2 * G), 0)


def test_not_due_it_is_meant_for_the_instant_at_which_it_fires() -> None:
    run = ran(node([a.image("x:1", G)], free=70 * G))
    assert not run.due and run.sentence.startswith("would want 4.0G: unused images count 1.0G")


def test_nothing_unused() -> None:
    view = seen(node([a.image("web:1", G, used_by=(a.APP,))]))
    assert view.run is not None and view.run.all_go and view.run.fewest == 0 and view.run.gives_back.value == 0
    assert view.sentence == "0 of 1 image may go: all are used or pinned."
    assert "no image is unused, so nothing goes" in view.run.sentence
    assert seen(node([])).sentence == "The runtime has no images."


def test_gc_off_has_no_run() -> None:
    assert seen(node([a.image("x:1", G)], high=100)).run is None


def test_never_asked_is_unknown_with_the_reason() -> None:
    found = assess(b.two_disks())
    assert not found.images.known and found.images.reason == "not asked"
    assert "not asked" in explain(found, "images").paragraphs[0]


# --- the order ----------------------------------------------------------------------------------------------------


def timed(name: str, size: int, *, arrived: float, used: float | None) -> Image:
    return a.image(name, size, arrived=Fact(b.WALL + arrived, SEEN), last_used=Fact(used and b.WALL + used, SEEN))


def test_longest_unused_first_then_first_seen() -> None:
    view = seen(
        node(
            [
                timed("used-late:1", G, arrived=-9e5, used=-100),
                timed("new:1", G, arrived=-500, used=None),
                timed("used-early:1", 9 * G, arrived=-50, used=-5_000),
                timed("old:1", 8 * G, arrived=-9e5, used=None),
            ]
        )
    )
    assert names(view.eligible) == ["old:1", "new:1", "used-early:1", "used-late:1"]
    assert view.order == "known" and view.run is not None
    assert names(view.run.going) == ["old:1", "new:1", "used-early:1"]
    assert view.run.counts == (18 * G, 18 * G) and view.run.gives_back.value == 36 * G


def test_use_before_the_kubelets_start_is_forgotten() -> None:
    """lastUsed lives in memory (3.2): used before the start counts as never used."""
    images = [
        timed("forgotten:1", 9 * G, arrived=-9e6, used=-(b.MONO - b.KUBELET_STARTED) - 60),
        timed("never:1", 9 * G, arrived=-9e6 + 1, used=None),
        timed("used:1", 9 * G, arrived=-9e6, used=-60),
    ]
    view = seen(node(images))
    assert names(view.eligible) == ["forgotten:1", "never:1", "used:1"]
    assert view.run is not None and names(view.run.going) == ["forgotten:1", "never:1"]


def test_ties_of_the_start_are_random() -> None:
    """What was there at the start was first seen in one scan; which of two goes is chance, how many may be too."""
    images = [timed(name, size * G, arrived=-9e6 - size, used=None) for name, size in (("x:1", 16), ("y:1", 1))]
    view = seen(node(images))
    assert view.run is not None and (view.run.fewest, view.run.most) == (1, 2) and not view.run.going


def test_equal_ones_of_the_start_may_be_any_of_them() -> None:
    images = [timed(f"big{at}:1", 4 * G, arrived=-9e6, used=None) for at in range(5)]
    assert (ran(node(images)).fewest, ran(node(images)).going) == (4, ())
    run = ran(node([*images[:4], timed("new:1", 4 * G, arrived=-60, used=None)]))
    assert names(run.going) == ["big0:1", "big1:1", "big2:1", "big3:1"] and run.counts == (16 * G, 16 * G)


def test_one_unknown_time_makes_the_order_unknown() -> None:
    images = [timed("x:1", 16 * G, arrived=-50, used=None), a.image("y:1", G)]
    view = seen(node(images))
    assert view.order == "unknown" and view.run is not None and (view.run.fewest, view.run.most) == (1, 2)


def test_what_was_seen_in_use_goes_last_even_if_nothing_is_known_of_the_others() -> None:
    """Whatever was not seen in use since the watch began was used before, or never."""
    images = [timed("seen:1", 9 * G, arrived=-50, used=-60), a.image("x:1", 9 * G), a.image("y:1", 6 * G)]
    view = seen(node(images))
    assert view.order == "unknown" and "was seen in use while this program watched goes last" in view.order_note
    assert view.run is not None and names(view.run.going) == ["x:1", "y:1"] and view.run.counts == (15 * G, 15 * G)


# --- what the disk gets back --------------------------------------------------------------------------------------


def test_what_is_shared_comes_back_once_and_not_if_it_stays() -> None:
    base, common = {"base": 5 * G}, {"common": 7 * G}
    images = [
        a.image("x:1", G, back=G, parts={**base, **common, "x": G}),
        a.image("y:1", G, back=2 * G, parts={**common, "y": 2 * G}),
        a.image("web:1", G, used_by=(a.APP,), back=0, parts={**base, "web": 3 * G}),
    ]
    assert seen(node(images)).gives_back.value == 7 * G + G + 2 * G


def test_a_used_image_of_which_a_container_holds_all_shares_nothing() -> None:
    held = a.image("web:1", G, used_by=(a.APP,), back=0)
    assert seen(node([a.image("x:1", G, back=G, parts={"x": 3 * G}), held])).gives_back.value == 3 * G


def test_without_parts_the_sum_of_what_each_gives_alone() -> None:
    images = [a.image("x:1", G, back=3 * G, parts={"x": 9 * G}), a.image("y:1", G, back=2 * G)]
    assert seen(node(images)).gives_back.value == 5 * G


def test_unmeasured_is_unknown_and_said() -> None:
    images = [a.image("x:1", G, gives_back=Fact.unknown("the scan has not come that far"))]
    view = seen(node(images))
    assert view.gives_back.value is None and "give back" not in view.sentence
    assert "What the disk gets back is not known: the scan has not come that far." in view.caveats


# --- ages ---------------------------------------------------------------------------------------------------------


def test_minimum_age_starts_anew_with_the_kubelet_from_1_29_on() -> None:
    fields = {"imageMinimumGCAge": Fact("1h0m0s", Origin("file", b.CONFIG_FILE, 3))}
    young = node([a.image("x:1", G)], fields=fields, started=b.MONO - 600)
    assert "The kubelet started 10 min ago: for 50 min more nothing is old enough to go." in seen(young).caveats
    old = node([a.image("x:1", G)], fields=fields, started=b.MONO - 600, minor=28)
    assert not any("old enough" in one for one in seen(old).caveats)
    assert any("less than 1h before the run stays" in one for one in seen(old).caveats)


def test_maximum_age_goes_before_space() -> None:
    fields = {"imageMaximumGCAge": Fact("168h0m0s", Origin("file", b.CONFIG_FILE, 3))}
    assert any("unused for longer than 168h goes" in one for one in seen(node([], fields=fields)).caveats)
    assert not any("unused for longer" in one for one in seen(node([])).caveats)


def test_an_old_answer_is_called_old() -> None:
    old = seen(node([], wall=b.WALL - OLD_ANSWER_S - 60))
    assert any(one.startswith("The runtime was asked 3 min ago") for one in old.caveats)
