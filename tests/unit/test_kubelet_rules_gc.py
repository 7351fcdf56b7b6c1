"""When image GC fires, what it frees, and what its log line proves: against brute force."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.kubelet import freeing, image_gc, texts
from tui.kubelet.freeing import Image

LIMIT = (2**63 - 1) // 100


@pytest.mark.parametrize("capacity", range(1, 121))
def test_fires_at_is_the_largest_byte_that_fires(capacity: int) -> None:
    for high in range(0, 102):
        firing = [free for free in range(capacity + 1) if image_gc.decide(capacity, free, high, 0).fires]
        assert image_gc.fires_at(capacity, high) == (max(firing) if firing else None), high


@given(st.integers(1, LIMIT), st.integers(0, 100))
def test_fires_at_parts_what_fires_from_what_does_not(capacity: int, high: int) -> None:
    largest = image_gc.fires_at(capacity, high)
    assert largest is not None and image_gc.decide(capacity, largest, high, 0).fires
    if largest < capacity:
        assert not image_gc.decide(capacity, largest + 1, high, 0).fires


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(-5, 200), st.integers(-5, 200))
def test_decide_answers_within_int64_for_anything(capacity: int, available: int, high: int, low: int) -> None:
    decision = image_gc.decide(capacity, available, high, low)
    assert (decision.usage is None) == (capacity == 0) == bool(decision.error)
    assert decision.fires == (decision.amount is not None)
    assert decision.amount is None or -(2**63) <= decision.amount < 2**63


def test_default_fires_from_just_above_84_percent_used() -> None:
    capacity = 105152176128
    largest = image_gc.fires_at(capacity, 85)
    assert largest == 16824348180
    assert 100 * (capacity - largest) / capacity > 84
    assert image_gc.fires_at_blocks(capacity, 85, 4096) == largest // 4096
    assert image_gc.amount_at_firing(capacity, 85, 80) == 4206087045


def test_no_capacity_never_fires() -> None:
    assert image_gc.fires_at(0, 85) is None
    assert image_gc.fires_at_blocks(4096, 85, 0) is None
    assert image_gc.amount_at_firing(0, 85, 80) is None
    assert image_gc.decide(0, 5, 85, 80) == image_gc.Decision(None, False, None, True, image_gc.CAPACITY_ZERO)


@pytest.mark.parametrize(
    ("minor", "high", "max_age", "runs"),
    [(28, 100, 3600, False), (29, 100, 3600, False), (30, 100, 3600, True), (30, 100, 0, False), (36, 99, 0, True)],
)
def test_loop_runs(minor: int, high: int, max_age: float, runs: bool) -> None:
    assert image_gc.loop_runs(minor, high, max_age) is runs


def test_pinned_images_are_spared_from_1_23_on() -> None:
    images = [Image("pinned", 10, 0, None, pinned=True), Image("used", 10, 0, 0, in_use=True), Image("free", 10, 0, 5)]
    assert [image.id for image in freeing.free_space(images, 100, 1000, 0, 22).images] == ["pinned", "free"]
    assert [image.id for image in freeing.free_space(images, 100, 1000, 0, 23).images] == ["free"]


def test_an_image_used_in_this_run_and_a_young_one_stay() -> None:
    images = [Image("now", 10, 0, 1000), Image("young", 10, 900, None), Image("old", 10, 0, 999)]
    assert [image.id for image in freeing.free_space(images, 100, 1000, 120, 36).images] == ["old"]


def test_max_age_by_version() -> None:
    images = [Image("never used", 1, 95, None), Image("old", 2, 0, 30), Image("fresh", 4, 0, 50)]
    assert freeing.free_old(images, 100, 90, 60, 28).images == ()
    assert freeing.free_old(images, 100, 90, 60, 29).size == 3, "1.29 does not wait for its own age"
    assert freeing.free_old(images, 100, 90, 60, 30).images == ()
    assert freeing.free_old(images, 100, 39, 60, 30).size == 3
    assert freeing.free_old(images, 100, 40, 60, 30).images == (), "exactly as long is not longer"


@pytest.mark.parametrize(("usage", "low"), [(93, 40), (86, 80), (85, 84), (100, 0), (82, 80), (61, 60)])
@pytest.mark.parametrize("amount", [0, 1, 7, 50, 333])
def test_log_inversion_against_brute_force(usage: int, low: int, amount: int) -> None:
    span = range(1, 40000)
    found = [
        (size, free)
        for size in span
        if 0 <= (free := size * (100 - low) // 100 - amount) <= size and 100 - free * 100 // size == usage
    ]
    got = texts.log_inversion(usage, amount, low)
    if not found:
        assert got is None
        return
    assert got is not None and (got.capacity_min, got.available_min) == found[0]
    if usage - low > 1:
        assert (got.capacity_max, got.available_max) == found[-1]
    else:
        assert got.capacity_max is None and got.available_max is None


def test_the_field_line_fits_the_image_disk_and_no_pool() -> None:
    measure = texts.log_inversion(93, 55522593996, 40)
    assert measure is not None and measure.fits(105152176128)
    assert not measure.fits(150 * 10**9) and not measure.fits(150 * 2**30)


def test_lines_that_no_filesystem_can_cause() -> None:
    assert texts.log_inversion(60, -1, 40) is None
    assert texts.log_inversion(39, 100, 40) is None
    assert texts.log_inversion(40, 100, 40) is None
