"""The trigger table: bytes equal to the kubelet's own arithmetic, what each does, what comes first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests import builders as b
from tui.assess.judge import assess
from tui.kubelet import image_gc
from tui.model import Assessment, Fact, Sample, Survey, Trigger

HISTORY_S = 400


def row(assessment: Assessment, key: str) -> Trigger:
    return next(found for found in assessment.triggers if found.key == key)


def growing(rate: int, *, place: str = "/mnt/images", available: int = 50 * b.GIB) -> Mapping[str, list[Sample]]:
    """Samples at 1 Hz that end now with ``available``; ``rate``: bytes lost each second."""
    times = range(HISTORY_S + 1)
    return {place: [Sample(b.MONO - back, available + back * rate, 5_500_000) for back in reversed(times)]}


@pytest.mark.parametrize("high", [1, 40, 60, 85, 86, 99, 100])
@pytest.mark.parametrize("size", [3094126592, 105_152_176_128, 4096 * 7])
def test_image_gc_fires_at_exactly_this_byte(high: int, size: int) -> None:
    """Brute force around the byte that is shown: it fires there and one byte more does not."""
    config = b.kubelet_config(high=high, low=0) if high > 0 else b.kubelet_config()
    more = {"imageMaximumGCAge": b.from_file("24h0m0s", 3)} if high == 100 else {}
    state = b.kubelet(replace(config, fields={**config.fields, **more}))
    found = row(assess(b.survey((b.mount(numbers=b.usage(size, size // 2)),), kubelet_state=state)), "gc@/")
    assert found.fires_at is not None and not found.strict
    assert image_gc.decide(size, found.fires_at, high, 0).fires
    assert not image_gc.decide(size, found.fires_at + 1, high, 0).fires
    decision = image_gc.decide(size, size // 2 // 4096 * 4096, high, 0)
    assert found.met == decision.fires
    if decision.fires:
        assert found.amount == decision.amount


@pytest.mark.parametrize(
    ("capacity", "threshold", "below"),
    [
        # field-confirmed bytes of kubelet-gc.md 4.2, and 621490200 recorded with 1.36 (run C)
        (31_123_308_544, "15%", 4_668_496_467),
        (20_941_697_024, "15%", 3_141_254_678),
        (52_520_497_152, "15%", 7_878_074_885),
        (4_143_267_840, "15%", 621_490_200),
        (4_143_267_840, "1Gi", 1 << 30),
    ],
)
def test_eviction_fires_strictly_below_the_float32_byte(capacity: int, threshold: str, below: int) -> None:
    for available, met in ((below, False), (below - 1, True)):
        numbers = replace(b.usage(capacity, 0), frsize=1, blocks=capacity, bavail=available, bfree=available)
        config = b.kubelet_config(hard={"imagefs.available": threshold})
        found = assess(b.survey((b.mount(numbers=numbers),), kubelet_state=b.kubelet(config)))
        one = row(found, "imagefs.available:hard@/")
        assert (one.fires_at, one.strict, one.met, one.left) == (below, True, met, available - below)
        assert found.pressure.now is met


def test_the_seed_wants_what_its_log_says() -> None:
    """usage=93 highThreshold=60 amountToFree=55522593996 lowThreshold=40, once the kubelet was restarted."""
    found = row(assess(b.story(restarted=True)), "gc@/mnt/images")
    assert found.applied and found.met and found.first
    assert (found.amount, found.fires_at) == (55_522_593_996, 43_112_392_212)


def test_stale_view_shows_both_disks_and_which_counts() -> None:
    found = assess(b.story())
    assert [one.mountpoint for one in found.triggers][0] == "/"
    assert row(found, "gc@/").applied and not row(found, "gc@/mnt/images").applied
    assert row(found, "gc@/").will == "would delete unused images every 5 min and free nothing on /"
    unset = row(found, "imagefs.available:hard@/mnt/images")
    assert unset.fires_at is None and unset.unset == "not set: evictionHard lacks it" and unset.when.state == "never"
    assert row(found, "full@/mnt/images").first


def test_imagefs_thresholds_follow_the_measured_disk() -> None:
    survey = b.story()
    config = b.kubelet_config(high=60, low=40)
    found = assess(replace(survey, kubelet=b.kubelet(config)))
    assert row(found, "imagefs.available:hard@/").applied and not row(found, "imagefs.available:hard@/").met
    elsewhere = row(found, "imagefs.available:hard@/mnt/images")
    assert not elsewhere.applied and elsewhere.met
    assert found.pressure.now is False
    assert "(none is on /)" in row(found, "imagefs.available:hard@/").will


class TestWill:
    """What is reclaimed before pods, per layout (4.5)."""

    def will(self, survey: Survey, key: str) -> str:
        return row(assess(survey), key).will

    def test_single_disk(self) -> None:
        for key in ("nodefs.available:hard@/", "imagefs.inodesFree:hard@/"):
            text = self.will(b.survey(), key)
            assert text.startswith("deletes dead containers, then every unused image older than 2m, then evicts pods")
            assert "static pods stay" in text

    def test_dedicated_disk(self) -> None:
        assert self.will(b.two_disks(), "nodefs.available:hard@/").startswith("deletes nothing first, evicts pods")
        assert "every unused image" in self.will(b.two_disks(), "imagefs.available:hard@/mnt/images")

    def test_soft_waits_for_its_grace(self) -> None:
        config = b.kubelet_config(soft={"nodefs.available": "20%"}, grace={"nodefs.available": "1m30s"})
        found = assess(b.survey(kubelet_state=b.kubelet(config)))
        soft = row(found, "nodefs.available:soft@/")
        assert soft.kind == "soft eviction" and soft.will.startswith("after 1m30s: deletes dead containers")

    @pytest.mark.parametrize(("minor", "there"), [(28, False), (29, True), (31, True), (32, False)])
    def test_containerfs_is_listed_where_it_acts_differently(self, minor: int, there: bool) -> None:
        found = assess(b.survey(kubelet_state=b.kubelet(minor=minor)))
        rows = [one for one in found.triggers if one.signal == "containerfs.available"]
        assert bool(rows) is there
        assert all(one.will.startswith("deletes nothing first") and one.threshold == "containerfs 10 %" for one in rows)
        dedicated = assess(b.two_disks(kubelet_state=b.kubelet(minor=minor)))
        rows = [one for one in dedicated.triggers if one.signal == "containerfs.available"]
        assert [(one.mountpoint, one.threshold) for one in rows] == [("/mnt/images", "containerfs 15 %")] * there


class TestUnset:
    """What cannot fire, and why."""

    def unset(self, survey: Survey, key: str) -> str:
        found = row(assess(survey), key)
        assert found.fires_at is None and not found.met
        return found.unset

    def test_reasons(self) -> None:
        key = "imagefs.available:hard@/"
        hard = {"nodefs.available": "10%"}
        for config, text in (
            (b.kubelet_config(hard=hard), "evictionHard lacks it"),
            (b.kubelet_config(hard={}), "evictionHard is empty"),
            (b.kubelet_config(hard={**hard, "imagefs.available": "0%"}), "0 % switches it off"),
            (b.kubelet_config(hard={**hard, "imagefs.available": "100%"}), "100 % switches it off"),
            (b.kubelet_config(hard={}, files=()), "no --config file, so this version has no default thresholds"),
        ):
            assert self.unset(b.survey(kubelet_state=b.kubelet(config)), key) == f"not set: {text}"

    def test_without_a_file_defaults_vanish_from_1_26_on(self) -> None:
        for minor, text in ((24, "evictionHard is empty"), (26, "no --config file")):
            config = b.kubelet_config(minor, hard={}, files=())
            assert text in self.unset(b.survey(kubelet_state=b.kubelet(config)), "nodefs.available:hard@/")

    def test_inodes_default_is_from_1_30_on(self) -> None:
        key = "imagefs.inodesFree:hard@/"
        assert self.unset(b.survey(kubelet_state=b.kubelet(minor=29)), key) == "not set: no default before 1.30"
        assert row(assess(b.survey(kubelet_state=b.kubelet(minor=30))), key).fires_at is not None

    def test_gc_off(self) -> None:
        config = b.kubelet_config(high=100)
        assert self.unset(b.survey(kubelet_state=b.kubelet(config)), "gc@/") == "off: high is 100"

    def test_no_fixed_inodes(self) -> None:
        survey = b.survey((b.mount(fstype="btrfs", numbers=b.usage(inodes=0, free=0)),))
        assert self.unset(survey, "nodefs.inodesFree:hard@/") == "never: no fixed number of inodes"
        assert assess(survey).pressure.now is False

    def test_tiny_fraction_comes_to_nothing(self) -> None:
        config = b.kubelet_config(hard={"nodefs.available": "0.0%"})
        assert self.unset(b.survey(kubelet_state=b.kubelet(config)), "nodefs.available:hard@/").startswith("never")

    def test_figures_unknown(self) -> None:
        found = assess(b.survey((b.mount(unreachable=True),)))
        assert row(found, "gc@/").unset == "unknown: does not answer"
        assert found.pressure.now is None and "nodefs.available" in found.pressure.reason

    def test_capacity_zero(self) -> None:
        found = assess(b.survey((b.mount(numbers=b.usage(0, 0)),)))
        assert row(found, "gc@/").fires_at is None


class TestFirst:
    """What comes first."""

    def test_by_distance_when_nothing_is_known_of_growth(self) -> None:
        assert next(one for one in assess(b.survey()).triggers if one.first).key == "gc@/"
        config = b.kubelet_config(high=90)
        found = assess(b.survey(kubelet_state=b.kubelet(config)))
        assert next(one for one in found.triggers if one.first).key == "imagefs.available:hard@/"

    def test_by_time_when_something_grows(self) -> None:
        """The kubelet's own disk fills fast; the images' disk stands still though it is nearer to its byte."""
        fast = growing(50 << 20, place="/", available=70 * b.GIB)
        slow = growing(0, available=20 * b.GIB)
        found = assess(b.two_disks(b.image_mount(20 * b.GIB)), {**fast, **slow})
        first = next(one for one in found.triggers if one.first)
        assert first.mountpoint == "/" and first.when.state == "in"
        assert found.verdict.startswith("Next: eviction by nodefs.available below 10 % in ~")

    def test_the_sooner_of_two_that_grow(self) -> None:
        """Image GC's byte is the larger one, the kubelet's disk reaches its own sooner."""
        both = {**growing(1 << 20), **growing(500 << 20, place="/", available=70 * b.GIB)}
        found = assess(b.two_disks(), both)
        assert row(found, "gc@/mnt/images").when.state == "in"
        assert next(one for one in found.triggers if one.first).key == "nodefs.available:hard@/"

    def test_forecast_is_the_estimators(self) -> None:
        found = row(assess(b.two_disks(), growing(10 << 20)), "gc@/mnt/images")
        assert found.when.state == "in" and found.when.soonest is not None and found.left is not None
        assert found.when.soonest == pytest.approx(found.left / (10 << 20), rel=0.02)
        assert row(assess(b.two_disks(), growing(0)), "gc@/mnt/images").when.state == "not growing"

    def test_what_is_met_comes_before_all(self) -> None:
        found = assess(b.two_disks(b.image_mount(10 * b.GIB)), growing(50 << 20, place="/"))
        assert next(one for one in found.triggers if one.first).key == "imagefs.available:hard@/mnt/images"

    def test_exactly_one_is_first(self) -> None:
        for survey in (b.survey(), b.two_disks(), b.story(), b.story(20)):
            assert sum(one.first for one in assess(survey).triggers) == 1

    def test_keys_are_unique(self) -> None:
        for survey in (b.survey(), b.two_disks(), b.story(), b.story(30)):
            keys = [one.key for one in assess(survey).triggers]
            assert len(keys) == len(set(keys))


def test_history_of_another_mount_of_the_same_disk_counts() -> None:
    data = b.mount("/data", "/dev/sdb1", (8, 17), appeared=500)
    bind = b.mount("/var/lib/containerd", "/dev/sdb1", (8, 17), appeared=500, root="/containerd")
    found = assess(b.survey((b.mount(), data, bind)), growing(10 << 20, place="/data", available=70 * b.GIB))
    assert row(found, "gc@/var/lib/containerd").when.state == "in"


class TestPressure:
    """DiskPressure as computed, and when it lifts."""

    def test_lifts(self) -> None:
        found = assess(b.two_disks(b.image_mount(10 * b.GIB)))
        assert found.pressure.now is True and found.pressure.signals == ("imagefs.available",)
        assert found.pressure.lifts == "could lift 5m after /mnt/images has 15.0G free again"

    def test_soft_counts_before_its_grace_is_over(self) -> None:
        config = b.kubelet_config(soft={"nodefs.available": "90%"}, grace={"nodefs.available": "1h"})
        assert assess(b.survey(kubelet_state=b.kubelet(config))).pressure.now is True

    def test_period_zero_is_never_reported(self) -> None:
        config = b.kubelet_config(fields={"evictionPressureTransitionPeriod": b.from_file("0s", 9)})
        found = assess(b.two_disks(b.image_mount(10 * b.GIB), kubelet_state=b.kubelet(config)))
        assert found.pressure.now is False and "never reported" in found.pressure.reason

    def test_minimum_reclaim_delays_it(self) -> None:
        config = b.kubelet_config()
        hard = [
            replace(one, min_reclaim="5Gi") if one.signal == "imagefs.available" else one for one in config.eviction
        ]
        state = b.kubelet(replace(config, eviction=tuple(hard)))
        found = assess(b.two_disks(b.image_mount(10 * b.GIB), kubelet_state=state))
        assert "has 20.0G free again" in found.pressure.lifts

    def test_lingers(self) -> None:
        said = b.event("disk-pressure", b.MONO - 100, now=True)
        found = assess(b.survey(kubelet_state=b.kubelet(events=(said,))))
        assert found.pressure.now is False and "3 min more" in found.pressure.lifts
        over = b.event("disk-pressure", b.MONO - 400, now=True)
        assert assess(b.survey(kubelet_state=b.kubelet(events=(over,)))).pressure.lifts == ""

    def test_unknown_without_a_kubelet(self) -> None:
        assert assess(b.survey(kubelet_state=b.kubelet(running=False))).pressure.now is None


class TestDisks:
    """Rows, roles and marks."""

    def test_order_and_words(self) -> None:
        log = b.mount("/var/log", "/dev/sdc1", (8, 33))
        other = b.mount("/home", "/dev/sdd1", (8, 49))
        proc = b.mount("/proc", "proc", (0, 5), fstype="proc", hidden="pseudo filesystem")
        found = assess(b.two_disks(extra=(other, log, proc))).disks
        assert [(disk.mountpoint, disk.holds) for disk in found] == [
            ("/mnt/images", ("images",)),
            ("/", ("kubelet",)),
            ("/var/log", ("pod logs",)),
            ("/home", ()),
        ]

    def test_marks_are_dotted_where_they_are_not_applied(self) -> None:
        images, root = assess(b.story()).disks
        assert {(mark.kind, mark.percent, mark.applied) for mark in images.marks} == {
            ("low", 40.0, False),
            ("high", 60.0, False),
        }
        assert ("eviction", 90.0, True) in {(mark.kind, mark.percent, mark.applied) for mark in root.marks}
        assert root.measured_as == ("nodefs", "imagefs", "containerfs") and images.measured_as == ()
        assert images.roles == ("imagefs", "containerfs")

    def test_all_hidden_are_shown_when_there_is_no_other(self) -> None:
        only = b.mount("/proc", "proc", (0, 5), fstype="proc", hidden="pseudo filesystem")
        found = assess(b.survey((only,), runtimes=(), realpaths={}))
        assert [disk.mountpoint for disk in found.disks] == ["/proc"]


def test_no_threshold_is_called_unset_where_the_map_could_not_be_read() -> None:
    config = b.kubelet_config(hard={})
    unread = replace(config, fields={**config.fields, "evictionHard": Fact.unknown("bad flag")}, error="bad flag")
    found = assess(b.survey(kubelet_state=b.kubelet(unread)))
    rows = [one for one in found.triggers if one.kind == "eviction"]
    assert rows
    for one in rows:
        assert (one.unset, one.when.state, one.when.reason) == ("unknown: bad flag", "unknown", "bad flag")
    assert all(not one.note for one in found.settings if "." in one.key)
