"""Forecasts over shapes that disks take: steady growth, bursts, steps, noise, garbage collection, churn."""

import random
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.assess.forecast import forecast, growth
from tui.model import Forecast, Sample

MIB, GIB = 1 << 20, 1 << 30
START = 200 * GIB
EVERY = pytest.mark.parametrize("every", [1.0, 5.0, 60.0])


def shape(used: Callable[[float], float], end: float, every: float, begin: float = 0.0) -> list[Sample]:
    count = int((end - begin) / every)
    times = [end - every * back for back in range(count, -1, -1)]
    return [Sample(1000 + time, int(START - used(time)), int(10**6 - used(time) / MIB)) for time in times]


def burst(begin: float, seconds: float, size: float) -> Callable[[float], float]:
    return lambda time: size * min(1.0, max(0.0, (time - begin) / seconds))


def states(used: Callable[[float], float], ends: Iterable[float], every: float) -> list[str]:
    return [growth(shape(used, end, every), "bytes").state for end in ends]


def times(found: Forecast) -> tuple[float, float]:
    assert found.state == "in" and found.soonest is not None and found.latest is not None
    return found.soonest, found.latest


@EVERY
def test_steady_growth_is_a_straight_line(every: float) -> None:
    samples = shape(lambda time: 10 * MIB * time, 1200, every)
    found = forecast(samples, 100 * GIB, strict=False, resource="bytes")
    exact = (samples[-1].available - 100 * GIB) / (10 * MIB)
    assert times(found) == pytest.approx((exact, exact), rel=1e-6)
    assert found.rate == pytest.approx(10 * MIB) and found.window_s == 300
    assert growth(samples, "bytes").rate == pytest.approx(10 * MIB)
    assert growth(samples, "bytes").soonest is None


@EVERY
def test_uneven_growth_lies_within_the_range(every: float) -> None:
    wobble = random.Random(7)
    speeds = [wobble.uniform(5, 15) * MIB for _ in range(2000)]
    sums = [0.0]
    for speed in speeds:
        sums.append(sums[-1] + speed)
    samples = shape(lambda time: sums[int(time)], 1200, every)
    soonest, latest = times(forecast(samples, 150 * GIB, strict=True, resource="bytes"))
    exact = (samples[-1].available - 150 * GIB) / (10 * MIB)
    assert soonest * 0.9 <= exact <= latest * 1.1 and latest < 2 * soonest


def test_inodes_have_their_own_figures() -> None:
    samples = shape(lambda time: 10 * MIB * time, 600, 5)
    found = forecast(samples, 500_000, strict=False, resource="inodes")
    assert times(found)[0] == pytest.approx((samples[-1].inodes_free - 500_000) / 10, rel=0.01)


@EVERY
def test_a_burst_of_20_gib_is_over_a_minute_after_its_end(every: float) -> None:
    used = burst(600, 120, 20 * GIB)
    assert set(states(used, range(720 + int(max(every, 60)) + 1, 2000, 60), every)) == {"not growing"}


@pytest.mark.parametrize("every", [1.0, 5.0])
def test_a_burst_is_seen_while_it_goes_on_and_may_end_at_once(every: float) -> None:
    used = burst(600, 300, 20 * GIB)
    assert growth(shape(used, 660, every), "bytes").state == "in"
    samples = shape(used, 660, every)
    soonest, latest = times(forecast(samples, 100 * GIB, strict=False, resource="bytes"))
    left = samples[-1].available - 100 * GIB
    assert soonest == pytest.approx(left / (20 * GIB / 300), rel=0.1)
    assert latest >= 4 * soonest, "four quiet minutes before it count too"


def test_a_burst_seen_every_minute_needs_two_intervals() -> None:
    used = burst(600, 600, 20 * GIB)
    assert states(used, (600, 660, 720, 780), 60.0) == ["not growing", "not growing", "in", "in"]


@EVERY
def test_growth_that_lasted_long_is_over_a_minute_after_its_end(every: float) -> None:
    used = burst(0, 1800, 50 * GIB)
    assert set(states(used, range(1800 + int(max(every, 60)) + 1, 3000, 30), every)) == {"not growing"}


@EVERY
def test_one_instant_step_is_never_growth(every: float) -> None:
    def used(time: float) -> float:
        return 20 * GIB if time >= 603 else 0

    assert set(states(used, range(480, 1200, int(max(every, 7))), every)) == {"not growing"}


@pytest.mark.parametrize("every", [1.0, 5.0])
def test_a_step_within_steady_growth_does_not_bend_the_line(every: float) -> None:
    def used(time: float) -> float:
        return 2 * MIB * time + (20 * GIB if time >= 1050 else 0)

    samples = shape(used, 1200, every)
    soonest, _ = times(forecast(samples, samples[-1].available - 10 * GIB, strict=False, resource="bytes"))
    assert soonest == pytest.approx(10 * GIB / (2 * MIB), rel=0.01)


@pytest.mark.parametrize("every", [1.0, 5.0, 60.0])
def test_noise_of_a_few_blocks_is_not_growing(every: float) -> None:
    noise = random.Random(3)
    for _ in range(20):
        samples = [Sample(time * every, START - noise.randrange(0, 40) * 4096) for time in range(300)]
        assert growth(samples, "bytes").state == "not growing"


@EVERY
def test_idle_is_not_growing(every: float) -> None:
    found = forecast(shape(lambda time: 0, 1200, every), 10 * GIB, strict=True, resource="bytes")
    assert (found.state, found.rate) == ("not growing", 0.0)


def test_short_staircase_is_growth() -> None:
    samples = shape(lambda time: 50 * MIB * (time // 20), 1200, 1)
    soonest, latest = times(forecast(samples, 100 * GIB, strict=False, resource="bytes"))
    exact = (samples[-1].available - 100 * GIB) / (2.5 * MIB)
    assert soonest * 0.9 <= exact <= latest * 1.1


def collected(time: float) -> float:
    """Steady growth; at 600 s image GC frees 8 GiB within four seconds, then it goes on as before."""
    return 10 * MIB * time - 8 * GIB * min(1.0, max(0.0, (time - 600) / 4))


def test_space_that_comes_back_starts_anew() -> None:
    assert growth(shape(collected, 599, 1), "bytes").state == "in"
    just = growth(shape(collected, 630, 1), "bytes")
    assert just.state == "unknown" and "since space came back" in just.reason
    later = growth(shape(collected, 700, 1), "bytes")
    assert later.state == "in" and later.rate == pytest.approx(10 * MIB, rel=0.01)
    assert 90 <= later.window_s <= 100


def test_space_that_comes_back_at_one_sample_a_minute() -> None:
    assert states(collected, (599, 659, 719, 779), 60.0) == ["in", "unknown", "unknown", "in"]


def test_files_that_come_and_go_are_not_growing() -> None:
    def used(time: float) -> float:
        return 100 * MIB * (time % 30) / 30

    assert set(states(used, range(400, 700, 7), 1.0)) == {"not growing"}


@pytest.mark.parametrize(
    ("now", "target", "strict", "state"),
    [
        (100, 100, False, "now"),
        (100, 100, True, "unknown"),
        (99, 100, True, "now"),
        (0, 0, True, "never"),
        (5, -1, False, "never"),
    ],
)
def test_one_sample_tells_only_whether_it_is_reached(now: int, target: int, strict: bool, state: str) -> None:
    assert forecast([Sample(1.0, now)], target, strict=strict, resource="bytes").state == state


def test_too_little_is_said() -> None:
    assert growth([], "bytes").reason == "no samples yet"
    assert forecast([], 5, strict=True, resource="bytes").state == "unknown"
    found = growth(shape(lambda time: 10 * MIB * time, 40, 1), "bytes")
    assert (found.state, found.reason) == ("unknown", "41 samples over 40 s; needs 3 samples and 60 s")
    assert growth(shape(lambda time: 0, 60, 60), "bytes").state == "unknown"


def test_clock_that_stands_or_jumps_back_is_survived() -> None:
    samples = [Sample(5.0, 10), Sample(5.0, 9), Sample(4.0, 8), *shape(lambda time: 10 * MIB * time, 600, 5)]
    assert growth(samples, "bytes").rate == pytest.approx(10 * MIB)


@given(
    st.lists(st.tuples(st.floats(0, 1e6), st.integers(0, 2**60)), max_size=60),
    st.integers(-1, 2**60),
    st.booleans(),
)
def test_any_samples_give_a_sound_answer(raw: list[tuple[float, int]], target: int, strict: bool) -> None:
    samples = [Sample(time, value) for time, value in sorted(raw)]
    found = forecast(samples, target, strict=strict, resource="bytes")
    if found.state == "in":
        soonest, latest = times(found)
        assert 0 < soonest <= latest and found.rate is not None and found.rate > 0
    else:
        assert found.soonest is None and found.latest is None
