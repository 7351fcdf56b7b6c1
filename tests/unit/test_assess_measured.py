"""Which filesystem the kubelet measures: versions, dates, namespaces, types, its own log (kubelet-gc.md 2.4)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests import builders as b
from tui.assess.judge import assess
from tui.model import Assessment, Fact, Origin, Sure, Survey


def measured(survey: Survey) -> tuple[str, str, Sure]:
    found = assess(survey).measured
    return found.state, found.mountpoint, found.sure


def late(seconds: float, minor: int = 32, **more: Any) -> Survey:
    """Images on a disk that appeared so long after the kubelet's start."""
    disk = b.image_mount(appeared=b.KUBELET_STARTED + seconds, **more)
    return b.two_disks(disk, kubelet_state=b.kubelet(minor=minor))


@pytest.mark.parametrize(
    ("minor", "state", "mountpoint"),
    [
        (20, "unknown-device", ""),
        (22, "unknown-device", ""),
        (23, "stale", "/"),
        (28, "stale", "/"),
        (29, "stale", "/"),
        (36, "stale", "/"),
    ],
)
def test_a_disk_mounted_later(minor: int, state: str, mountpoint: str) -> None:
    assert measured(late(752, minor)) == (state, mountpoint, Sure.LIKELY)


@pytest.mark.parametrize(
    ("minor", "state"),
    [
        (20, "unknown-device"),
        (22, "unknown-device"),
        (23, "unknown-device"),
        (28, "unknown-device"),
        (29, "broken"),
        (36, "broken"),
    ],
)
def test_ancestor_that_is_no_device(minor: int, state: str) -> None:
    """An image disk below a tmpfs: recorded in run F of 1.36."""
    tmpfs = b.mount("/run", "tmpfs", (0, 78), fstype="tmpfs")
    disk = b.mount("/run/images", "/dev/sdb1", (8, 17), appeared=b.KUBELET_STARTED + 752)
    survey = b.survey(
        (b.mount(), tmpfs, disk), runtimes=(b.containerd("/run/images"),), kubelet_state=b.kubelet(minor=minor)
    )
    found = assess(survey)
    assert found.measured.state == state and found.exit_code == 2
    evictions = [row for row in found.triggers if row.signal == "nodefs.available"]
    assert all((row.fires_at is None) == (state == "broken") for row in evictions)


@pytest.mark.parametrize(
    ("after", "state"),
    [(-100.0, "right"), (-0.08, "right"), (0.0, "right"), (0.84, "unknown"), (29.9, "unknown"), (30.1, "stale")],
)
def test_dating_windows(after: float, state: str) -> None:
    found = assess(late(after)).measured
    assert found.state == state
    assert found.dated_after_s == pytest.approx(after)
    assert (found.sure is Sure.UNKNOWN) == (state == "unknown")


def test_a_mount_close_to_the_start_is_undetermined_and_no_alarm() -> None:
    found = assess(late(5))
    assert found.exit_code == 3 and found.severity == 0
    assert "too close to tell" in found.measured.reason
    assert any("which filesystem the kubelet measures" in text for text in found.undetermined)


def test_unknown_date_is_unknown() -> None:
    found = assess(b.two_disks(b.image_mount(appeared=None)))
    assert found.measured.state == "unknown" and "no mount unit" in found.measured.reason
    assert found.exit_code == 3


def test_wall_clocks_decide_nothing() -> None:
    """A clock set back by a year between mount and start changes no judgement."""
    survey = b.two_disks()
    process = replace(b.process(), started_wall=b.WALL - 365 * 86400)
    told = replace(survey, kubelet=replace(survey.kubelet, process=Fact(process, Origin("proc", "/proc/700"))))
    assert measured(told) == measured(survey) == ("right", "/mnt/images", Sure.LIKELY)


def test_single_disk_needs_no_date() -> None:
    assert measured(b.survey((b.mount(appeared=None),))) == ("right", "/", Sure.CERTAIN)


def test_table_of_the_log_beats_dates() -> None:
    """A stamp may be late: the table lists the disk although its unit's stamp is after the start."""
    survey = late(40)
    state = replace(survey.kubelet, partitions=b.partitions(*survey.mounts))
    assert measured(replace(survey, kubelet=state)) == ("right", "/mnt/images", Sure.CERTAIN)
    state = replace(survey.kubelet, partitions=b.partitions(survey.mounts[0]))
    assert measured(replace(survey, kubelet=state)) == ("stale", "/", Sure.CERTAIN)
    early = b.two_disks()
    state = replace(early.kubelet, partitions=b.partitions(early.mounts[0]))
    assert measured(replace(early, kubelet=state)) == ("stale", "/", Sure.CERTAIN)


def test_another_disk_over_a_known_mountpoint_has_the_right_figures() -> None:
    """Row 3 of the table: recorded in run F of 1.36, third disk over /mnt/images."""
    old = b.mount("/mnt/images", "/dev/sdb1", (8, 17), appeared=500, hidden="overmounted")
    new = b.mount("/mnt/images", "/dev/sdc1", (8, 33), appeared=None)
    survey = b.two_disks(new, root=b.mount(), extra=())
    survey = replace(survey, mounts=(survey.mounts[0], old, new))
    survey = replace(survey, kubelet=replace(survey.kubelet, partitions=b.partitions(survey.mounts[0], old)))
    found = assess(survey)
    assert (found.measured.state, found.measured.mountpoint, found.measured.device) == (
        "right",
        "/mnt/images",
        "/dev/sdb1",
    )
    assert [finding.code for finding in found.findings] == ["overmounted"] and found.exit_code == 0


def test_swapped_disk_whose_predecessor_is_gone() -> None:
    """The first disk was unmounted: only the log's table still knows the mountpoint."""
    survey = late(752)
    old = b.mount("/mnt/images", "/dev/sdz1", (9, 9))
    survey = replace(survey, kubelet=replace(survey.kubelet, partitions=b.partitions(survey.mounts[0], old)))
    assert measured(survey) == ("right", "/mnt/images", Sure.CERTAIN)
    old_one = replace(survey, kubelet=replace(survey.kubelet, minor=22))
    assert measured(old_one)[0] == "unknown-device"


def test_a_later_bind_mount_of_a_known_disk_is_known() -> None:
    data = b.mount("/data", "/dev/sdb1", (8, 17), appeared=500)
    bind = b.mount(
        "/var/lib/containerd", "/dev/sdb1", (8, 17), appeared=5000, root="/containerd", hidden="bind of /data"
    )
    survey = b.survey((b.mount(), data, bind))
    found = assess(survey)
    assert found.measured.state == "right" and found.measured.sure is Sure.LIKELY
    images = next(disk for disk in found.disks if "images" in disk.holds)
    assert images.mountpoint == "/var/lib/containerd" and images.state.hidden == "" and "imagefs" in images.measured_as


def test_mount_that_the_kubelets_namespace_lacks() -> None:
    root, disk = b.mount(), b.image_mount()
    for minor in (20, 32):
        state = b.kubelet(minor=minor, proc=b.process(mounts=[root]))
        found = assess(b.two_disks(disk, root=root, kubelet_state=state))
        assert (found.measured.state, found.measured.mountpoint) == ("stale", "/")
        assert "not mounted in the kubelet's mount namespace" in found.verdict


def test_namespace_of_its_own_with_the_mount_is_fine() -> None:
    root, disk = b.mount(), b.image_mount()
    state = b.kubelet(proc=b.process(mounts=[root, disk]))
    assert measured(b.two_disks(disk, root=root, kubelet_state=state)) == ("right", "/mnt/images", Sure.LIKELY)


def test_kubelet_in_a_container_of_its_own() -> None:
    """Talos: / is the container's overlay, the node's /var is bound below it; both were made before the start."""
    var = b.mount("/var", "/dev/sda4", (8, 4), fstype="xfs", appeared=500)
    overlay = b.mount("/", "overlay", (0, 60), fstype="overlay")
    paths = ("/var/lib/kubelet", "/var/lib/containerd")
    bound = [b.mount(path, "/dev/sda4", (8, 4), fstype="xfs", root=path) for path in paths]
    state = b.kubelet(proc=b.process(mounts=[overlay, *bound]))
    found = assess(b.survey((b.mount("/", "/dev/loop0", (7, 0), fstype="squashfs"), var), kubelet_state=state))
    assert (found.measured.state, found.measured.mountpoint, found.measured.sure) == ("right", "/var", Sure.LIKELY)
    assert found.disks[0].mountpoint == "/var" and "imagefs" in found.disks[0].measured_as


@pytest.mark.parametrize(
    ("minor", "state"), [(22, "unknown-device"), (28, "unknown-device"), (32, "broken"), (36, "right")]
)
def test_filesystem_type_that_cadvisor_does_not_know(minor: int, state: str) -> None:
    found = assess(b.two_disks(b.image_mount(fstype="f2fs"), kubelet_state=b.kubelet(minor=minor)))
    assert found.measured.state == state
    survey = b.two_disks(b.image_mount(fstype="f2fs"), kubelet_state=b.kubelet(minor=minor))
    logged = replace(survey.kubelet, partitions=b.partitions(survey.mounts[0]))
    if state != "right":
        assert assess(replace(survey, kubelet=logged)).measured.state == state
        assert "filesystem type f2fs" in found.verdict
        assert found.findings[0].remedy == "move the images to ext4 or xfs: a restart does not help"


def test_several_sources_with_btrfs() -> None:
    """Stat of a subvolume gives another device than mountinfo; the kubelet compares what stat gives."""
    disk = b.mount("/mnt/images", "/dev/sdb1", (0, 50), fstype="btrfs", appeared=500)
    path = "/mnt/images/containerd/io.containerd.snapshotter.v1.overlayfs"
    where = {path: Fact((path, (0, 51)), Origin("file", path))}
    assert measured(b.two_disks(disk, realpaths=where))[:2] == ("right", "/mnt/images")


def test_root_dir_through_a_link_is_followed() -> None:
    where = {"/var/lib/kubelet": Fact(("/mnt/images/kubelet", (8, 17)), Origin("file", "/var/lib/kubelet"))}
    found = assess(b.two_disks(realpaths=where))
    assert found.roles["nodefs"].value == "/mnt/images"
    assert not any(disk.measured_as for disk in found.disks if disk.mountpoint == "/")


def test_path_that_cannot_be_followed_is_never_certain() -> None:
    path = "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs"
    found = assess(b.survey(realpaths={path: Fact.unknown("permission denied")}))
    assert found.measured.state == "right" and found.measured.sure is Sure.LIKELY
    assert any("could not be followed" in one.text for one in found.measured.evidence)


class TestLog:
    """Lines of the kubelet's log that settle the question."""

    def judged(self, event: Any, after: float = 752, minor: int = 32, **more: Any) -> Assessment:
        disk = b.image_mount(appeared=b.KUBELET_STARTED + after if after else None)
        state = b.kubelet(minor=minor, events=(event,), **more)
        root = b.mount(numbers=b.usage(50 * b.GIB, 30 * b.GIB))
        return assess(b.two_disks(disk, root=root, kubelet_state=state))

    def test_no_device_for_this_number(self) -> None:
        said = b.event("unknown-device", path="", major=8, minor=17)
        assert self.judged(said, minor=22).measured.state == "unknown-device"
        assert self.judged(said, minor=22).measured.sure is Sure.CERTAIN
        assert self.judged(said, minor=36).measured.state == "broken"

    def test_no_device_for_another_number_says_nothing(self) -> None:
        said = b.event("unknown-device", path="", major=9, minor=9)
        assert self.judged(said, minor=22).measured.sure is Sure.LIKELY

    def test_capacity_in_an_observation(self) -> None:
        here = b.event("observation", signal="imagefs.available", capacity=100 * b.GIB // 4096 * 4096, available=1)
        there = b.event("observation", signal="imagefs.available", capacity=50 * b.GIB // 4096 * 4096, available=1)
        assert self.judged(here, after=10).measured.state == "right"
        assert self.judged(here, after=10).measured.sure is Sure.CERTAIN
        assert self.judged(there, after=10).measured.state == "stale"

    def test_an_observation_from_before_the_mount_says_nothing_about_now(self) -> None:
        old = b.event(
            "observation", b.KUBELET_STARTED + 5, signal="imagefs.available", capacity=50 * b.GIB, available=1
        )
        assert self.judged(old, after=10).measured.state == "unknown"

    def test_an_observation_from_before_the_runtimes_restart_says_nothing(self) -> None:
        """Only a start moves containerd's root: before it, images may have been on the other disk."""
        said = b.event("observation", b.MONO - 60, signal="imagefs.available", capacity=50 * b.GIB, available=1)
        for started, state in ((900.0, "stale"), (b.MONO - 10, "unknown")):
            proc = Fact(b.process("containerd", pid=600, started=started), Origin("proc", "/proc/600"))
            daemon = b.containerd("/mnt/images/containerd", process=proc)
            disk, root = b.image_mount(appeared=None), b.mount(numbers=b.usage(50 * b.GIB, 30 * b.GIB))
            survey = b.two_disks(disk, root=root, runtime=daemon, kubelet_state=b.kubelet(events=(said,)))
            assert assess(survey).measured.state == state

    def test_arithmetic_of_a_run(self) -> None:
        capacity, available = 100 * b.GIB, 12 * b.GIB
        usage = 100 - available * 100 // capacity
        fits = b.event("gc-fires", usage=usage, high=85, low=80, amount=capacity * 20 // 100 - available)
        assert self.judged(fits, after=10).measured.state == "right"
        off = b.event("gc-fires", usage=usage, high=85, low=80, amount=capacity * 20 // 100 - available - 1)
        assert self.judged(off, after=10).measured.state == "unknown"

    def test_damaged_values_say_nothing(self) -> None:
        damaged: list[dict[str, Any]] = [{}, {"usage": "x", "high": None, "low": 1, "amount": 2}]
        for values in damaged:
            assert self.judged(b.event("gc-fires", **values), after=10).measured.state == "unknown"


def test_no_kubelet_says_what_its_next_start_would_measure() -> None:
    found = assess(late(752)).measured
    assert found.state == "stale"
    stopped = late(752)
    stopped = replace(stopped, kubelet=b.kubelet(running=False))
    told = assess(stopped).measured
    assert told.state == "unknown" and told.mountpoint == "/mnt/images"
    assert told.reason == "no kubelet is running; its next start would measure /mnt/images"


def test_cri_o_resolves_its_directory_once_at_any_version() -> None:
    for minor in (20, 32):
        runtime = b.containerd("/mnt/images/containerd", kind="cri-o")
        state = b.kubelet(minor=minor)
        disk = b.image_mount(appeared=b.KUBELET_STARTED + 752)
        found = assess(b.two_disks(disk, runtime=runtime, kubelet_state=state))
        assert (found.measured.state, found.measured.mountpoint) == ("stale", "/")
        assert not found.roles["containerfs"].known
        assert assess(b.two_disks(runtime=runtime, kubelet_state=state)).measured.state == "right"


def test_nothing_known_of_the_runtime_is_said() -> None:
    found = assess(b.survey(runtimes=()))
    assert found.measured.state == "unknown" and found.measured.reason == "no container runtime found"
    assert not found.roles["imagefs"].known and found.exit_code == 3
