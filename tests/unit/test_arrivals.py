"""Growth by the times at which image content came."""

from __future__ import annotations

import pytest

from tui.assess.arrivals import DAY_S, by_arrivals, in_time

NOW, GIB = 1_800_000_000.0, 1 << 30


def daily(*sizes: int) -> list[tuple[float, int]]:
    """Bytes per day, today first, with one old small blob before all of them."""
    return [(NOW - 30 * DAY_S, 4096), *((NOW - (at + 0.5) * DAY_S, size) for at, size in enumerate(sizes) if size)]


def test_steady_arrivals_are_a_rate_and_say_what_it_rests_on() -> None:
    found = by_arrivals(daily(*[2 * GIB] * 7), NOW)
    assert found.state == "in" and found.samples == 0 and found.window_s == 7 * DAY_S
    assert found.rate == pytest.approx(2 * GIB / DAY_S)
    assert "from image arrivals of the last 7 days" in found.reason and "deletions apart" in found.reason
    timed = in_time(found, daily(*[2 * GIB] * 7), NOW, 20 * GIB)
    assert timed.soonest == pytest.approx(10 * DAY_S) and timed.latest == pytest.approx(10 * DAY_S)


def test_unpacking_counts_only_where_it_is_known() -> None:
    plain, unpacked = by_arrivals(daily(*[GIB] * 7), NOW), by_arrivals(daily(*[GIB] * 7), NOW, 1.5)
    assert plain.rate is not None and unpacked.rate == pytest.approx(plain.rate * 2.5)
    assert "1.5 bytes unpacked" in unpacked.reason and "without unpacking" in plain.reason


def test_a_burst_of_one_day_is_no_growth_or_not_known_yet() -> None:
    assert by_arrivals(daily(0, 0, 50 * GIB), NOW).state == "not growing"
    assert by_arrivals(daily(50 * GIB), NOW).state == "unknown"


def test_none_came() -> None:
    assert by_arrivals(daily(), NOW).state == "not growing"
    assert by_arrivals([], NOW).state == "unknown"
    assert by_arrivals([(NOW - 3600, GIB)], NOW).state == "unknown"
    assert by_arrivals(daily(GIB, GIB), NOW, 100.0).state == "unknown", "layers are discarded"


def test_uneven_days_give_a_range() -> None:
    sizes = daily(GIB, 0, 8 * GIB, 0, GIB, 0, 4 * GIB)
    found = in_time(by_arrivals(sizes, NOW), sizes, NOW, 20 * GIB)
    assert found.soonest is not None and found.latest is not None and found.soonest < found.latest
