"""Last uses of images as a watch can know them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tests import answers as a
from tests import builders as b
from tui.model import Fact, Image, KubeletState, Origin
from tui.node.uses import GAP_S, Uses

STARTED = b.WALL - b.MONO + b.KUBELET_STARTED
FREE, USED = a.image("x:1", 1), a.image("x:1", 1, used_by=(a.APP,))


def last(
    uses: Uses, images: Sequence[Image], wall: float, kubelet: KubeletState | None = None
) -> list[Fact[float | None]]:
    runtime = b.containerd(answer=a.asked(images, wall=wall))
    answer = uses.noted((runtime,), kubelet or b.kubelet())[0].answer.value
    assert answer is not None and len(answer.images) == len(images)
    return [image.last_used for image in answer.images]


def test_one_look_knows_nothing_of_what_is_not_in_use() -> None:
    found = last(Uses(), [FREE], b.WALL)[0]
    assert not found.known and "only the kubelet remembers it" in found.reason


def test_seen_in_use_and_no_more() -> None:
    uses = Uses()
    assert last(uses, [USED], b.WALL)[0].value == b.WALL
    assert last(uses, [FREE], b.WALL + 20)[0].value == b.WALL
    assert last(uses, [USED], b.WALL + 40)[0].value == b.WALL + 40


def test_watched_since_before_the_kubelets_start() -> None:
    """What then was never seen in use was not used as far as this kubelet knows."""
    uses = Uses()
    last(uses, [FREE], STARTED - 10)
    found = last(uses, [FREE], STARTED + 60)[0]
    assert found.known and found.value is None


def test_an_image_that_came_during_the_watch() -> None:
    uses = Uses()
    new = replace(a.image("new:1", 1), arrived=Fact(b.WALL + 5, Origin("computed", "meta.db")))
    last(uses, [FREE], b.WALL)
    found = last(uses, [FREE, new], b.WALL + 20)
    assert not found[0].known and found[1].known and found[1].value is None


def test_a_gap_or_another_runtime_process_begins_anew() -> None:
    uses = Uses()
    last(uses, [USED], b.WALL)
    assert not last(uses, [FREE], b.WALL + GAP_S + 1)[0].known
    other = b.containerd(answer=a.asked([FREE], wall=b.WALL + GAP_S + 2))
    uses = Uses()
    last(uses, [USED], b.WALL + GAP_S)
    moved = replace(other, process=Fact(b.process("containerd", pid=601), Origin("proc", "/proc/601")))
    answer = uses.noted((moved,), b.kubelet())[0].answer.value
    assert answer is not None and not answer.images[0].last_used.known


def test_an_image_that_went_and_came_back_is_another() -> None:
    uses = Uses()
    last(uses, [USED], b.WALL)
    last(uses, [], b.WALL + 20)
    assert not last(uses, [FREE], b.WALL + 40)[0].known


def test_without_an_answer_nothing_changes() -> None:
    runtime = b.containerd()
    assert Uses().noted((runtime,), b.kubelet()) == (runtime,)
    other = b.containerd(serves=False, answer=a.asked([USED]))
    assert Uses().noted((other,), b.kubelet()) == (other,)
