"""The kubelet's log lines: recorded journals replayed through the arithmetic, both eras, and hostile lines."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.kubelet import devices, eviction, image_gc, texts
from tui.kubelet.logs import read_events, read_message
from tui.kubelet.partitions_line import PREFIX, read_partitions
from tui.model import KubeletEvent, LogLine, Mount, Partition

RECORDED = Path(__file__).parents[1] / "data" / "recorded"


def events(name: str) -> tuple[KubeletEvent, ...]:
    entries = [json.loads(line) for line in (RECORDED / name).read_text(encoding="utf-8").splitlines() if line.strip()]
    return read_events(
        LogLine(
            int(entry["__REALTIME_TIMESTAMP"]) / 1e6,
            int(entry["__MONOTONIC_TIMESTAMP"]) / 1e6,
            int(entry["_PID"]) if "_PID" in entry else None,
            entry["MESSAGE"],
        )
        for entry in entries
    )


def values(name: str, code: str) -> list[dict[str, Any]]:
    return [dict(event.values) for event in events(name) if event.code == code]


GC_RUNS = [
    ("kubelet-1.20-gc.journal.json", 4143677440, [1139417088]),
    ("kubelet-1.32-gc.journal.json", 2040373248, [657600512]),
    ("kubelet-1.36-gc.journal.json", 4143267840, [1138753536, 1138753536]),
    ("kubelet-1.36-not-enough-freed.journal.json", 4143267840, [421810176]),
    ("kubelet-1.36-eviction.journal.json", 4143267840, [600002560]),
]


@pytest.mark.parametrize(("name", "capacity", "available"), GC_RUNS)
def test_every_recorded_gc_is_predicted_byte_for_byte(name: str, capacity: int, available: list[int]) -> None:
    fired = values(name, "gc-fires")
    predicted = [image_gc.decide(capacity, free, 60, 40) for free in available]
    assert fired == [{"usage": one.usage, "amount": one.amount, "high": 60, "low": 40} for one in predicted]
    for one in fired:
        measure = texts.log_inversion(one["usage"], one["amount"], one["low"])
        assert measure is not None and measure.fits(capacity)


def test_the_gc_of_the_whole_capture_fits_the_image_disk_alone() -> None:
    (fired,) = values("node-after-restart-1.36/kubelet.journal.json", "gc-fires")
    measure = texts.log_inversion(fired["usage"], fired["amount"], fired["low"])
    assert measure is not None and measure.fits(4143677440) and not measure.fits(6249086976)


@pytest.mark.parametrize(
    ("name", "minor"),
    [("kubelet-1.20-gc.journal.json", 20), ("kubelet-1.32-gc.journal.json", 32), ("kubelet-1.36-gc.journal.json", 36)],
)
def test_our_texts_are_the_recorded_ones(name: str, minor: int) -> None:
    for event in events(name):
        if event.code == "gc-fires":
            one = event.values
            ours = texts.log_text(minor, one["usage"], one["high"], one["amount"], one["low"])
            assert event.line.message.endswith(f"] {ours}")


def test_the_recorded_failure_text() -> None:
    (failed,) = values("kubelet-1.36-not-enough-freed.journal.json", "gc-failed-again")
    assert failed["error"] == texts.free_failed_text(36, 2064150528, 346040912, 90, 4143267840)
    (freed,) = values("kubelet-1.36-not-enough-freed.journal.json", "free-failed")
    assert freed == {"usage": 90, "of": "3.9 GiB", "freed": 346040912}


def test_what_the_1_20_run_logged() -> None:
    codes = [event.code for event in events("kubelet-1.20-gc.journal.json")]
    assert codes == [
        "partitions",
        "gc-failed-once",
        "capacity-zero",
        "gc-fires",
        *["image-removed"] * 4,
        "gc-succeeded",
    ]
    assert {one["size"] for one in values("kubelet-1.20-gc.journal.json", "image-removed")} == {346040912}


def test_the_recorded_eviction_fires_at_its_byte() -> None:
    thresholds, _ = eviction.parse_thresholds({"imagefs.available": "15%"}, {}, {}, {}, 36)
    seen = [
        one
        for one in values("kubelet-1.36-eviction.journal.json", "observation")
        if one["log"] == "observations" and one["signal"] == "imagefs.available"
    ]
    assert {one["available"] for one in seen} >= {621494272, 621490176}
    for one in seen:
        met = eviction.met(thresholds[0], one["capacity"], one["available"])
        assert met is (one["available"] in (621490176, 599998464, 600002560)), one
    logged = values("kubelet-1.36-eviction.journal.json", "threshold")
    assert {one["quantity"] for one in logged} == {621490200}
    assert {one["signal"] for one in logged} == {"imagefs.available", "containerfs.available"}


def test_the_recorded_eviction_step_by_step() -> None:
    codes = [event.code for event in events("kubelet-1.36-eviction.journal.json")]
    start = codes.index("eviction-attempt")
    assert codes[start : start + 6] == [
        *("eviction-attempt", "reclaim-containers", "eviction-met", "reclaim-images", "image-removed", "image-removed")
    ]
    assert {"eviction-reclaimed", "must-evict", "cannot-evict-critical", "evict-none", "disk-pressure"} <= set(codes)


def test_unknown_devices_of_both_eras() -> None:
    old = values("kubelet-1.20-unknown-device.journal.json", "unknown-device")
    path = "/mnt/images/containerd/io.containerd.snapshotter.v1.overlayfs"
    assert old == [{"path": path, "major": 7, "minor": 1}] * 2
    new = values("kubelet-1.36-swapped-and-unknown-device.journal.json", "unknown-device")
    assert new[0] == {"path": path.replace("/mnt/images", "/run/img"), "major": 7, "minor": 4}
    assert values("kubelet-1.36-swapped-and-unknown-device.journal.json", "summary-failed")


def mounts(name: str) -> tuple[Mount, ...]:
    found = []
    for line in (RECORDED / name).read_text(encoding="utf-8").splitlines():
        left, _, right = line.partition(" - ")
        ident, parent, dev, root, mountpoint, options = left.split()[:6]
        major, minor = map(int, dev.split(":"))
        fstype, source = right.split()[:2]
        found.append(Mount(int(ident), int(parent), (major, minor), root, mountpoint, (options,), fstype, source))
    return tuple(found)


@pytest.mark.parametrize("name", ["node-after-restart-1.36", "node-stale-1.36", "node-unknown-device-1.20"])
def test_logged_tables_are_rows_of_the_mount_tables(name: str) -> None:
    """Mounts came and went between the start and the capture; what was there at both times is the same row."""
    minor = 20 if name.endswith("1.20") else 36
    logged = values(f"{name}/kubelet.journal.json", "partitions")[-1]["partitions"]
    later = {row.device: row for row in devices.partition_table(mounts(f"{name}/kubelet.mountinfo"), minor)}
    both = [row for row in logged if row.device in later]
    assert len(both) >= 10 and all(later[row.device] == row for row in both)
    assert ("/mnt/images" in {row.mountpoint for row in logged}) is (name == "node-after-restart-1.36")


def test_the_stale_view_is_looked_up_as_it_was() -> None:
    name = "node-stale-1.36"
    rows = values(f"{name}/kubelet.journal.json", "partitions")[-1]["partitions"]
    table = mounts(f"{name}/kubelet.mountinfo")
    at_start = tuple(mount for mount in table if mount.mountpoint != "/mnt/images")
    image = next(mount for mount in table if mount.mountpoint == "/mnt/images")
    found = devices.lookup(rows, at_start, "/mnt/images/containerd", image.dev, 36)
    assert (found.device, found.mountpoint, found.how) == ("/dev/loop2", "/", "ancestor")


def line_of(rows: list[Partition], end: str = "]") -> str:
    return PREFIX + " ".join(map(row_of, rows)) + end


def row_of(row: Partition) -> str:
    numbers = f"major:{row.dev[0]} minor:{row.dev[1]}"
    return f"{row.device}:{{mountpoint:{row.mountpoint} {numbers} fsType:{row.fstype} blockSize:0}}"


HOSTILE = ["/a b", "/a} b", "/x]", "/m:{mountpoint:/y", "/map[", "/n\nl", "/é\udcff", "/[red]", "/ major:1", "/}"]


def test_hostile_mountpoints_are_read_as_they_are() -> None:
    rows = [Partition(f"/dev/d{index}", path, (8, index), "ext4") for index, path in enumerate(HOSTILE)]
    assert read_partitions(line_of(rows)) == (tuple(rows), True)


def test_tables_that_cannot_be_trusted() -> None:
    rows = [Partition("/dev/a", "/", (8, 1), "ext4"), Partition("/dev/b", "/b", (8, 2), "xfs")]
    assert read_partitions(PREFIX + "]") == ((), True)
    for text in (
        line_of(rows, ""),
        line_of(rows)[:-20],
        line_of(rows[::-1]),
        line_of([rows[0]] * 2),
        line_of(rows) + " x",
    ):
        assert not read_partitions(text)[1], text
    assert read_partitions(line_of(rows)[:-20])[0] == (rows[0],)
    forged = Partition("/t major:8 minor:1 fsType:ext4 blockSize:0} /dev/a", "/x", (0, 9), "tmpfs")
    assert not read_partitions(line_of([forged]))[1]
    assert read_message(line_of(rows, ""))[0][0] == "partitions-incomplete"


def test_a_long_hostile_line_is_read_in_no_time() -> None:
    for piece in (":{mountpoint:", " major:1", " a=[", '"', "\\", "eviction manager: ", "Event("):
        read_message("I1124 22:11:08.559445    1708 fs.go:1] " + PREFIX + piece * 20000)
        read_message('"Eviction manager:"' + piece * 20000)
        read_message(piece * 20000)


DISABLED = "ImageGCHighThresholdPercent is set 100 and ImageMaximumGCAge is 0, Disable image GC"


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (
            "I1124 21:23:46.627018     260 image_gc_manager.go:304] " + texts.log_text(20, 73, 60, 5, 40),
            [("gc-fires", {"usage": 73, "high": 60, "amount": 5, "low": 40})],
        ),
        (texts.log_text(36, 73, 60, -5, 40), [("gc-fires", {"usage": 73, "high": 60, "amount": -5, "low": 40})]),
        (
            '{"ts":1,"v":0,"msg":"Removing image to free bytes","imageID":"sha256:a","size":7}',
            [("image-removed", {"id": "sha256:a", "size": 7})],
        ),
        (
            "Image garbage collection failed once. Stats initialization may not have completed yet: invalid capacity 0 "
            "on image filesystem",
            [("gc-failed-once", {"error": "invalid capacity 0 on image filesystem"}), ("capacity-zero", {})],
        ),
        (
            f"Image garbage collection failed multiple times in a row: {texts.free_failed_text(20, 9, 3, 0, 0)}",
            [
                ("gc-failed-again", {"error": texts.free_failed_text(20, 9, 3, 0, 0)}),
                ("free-failed", {"wanted": 9, "freed": 3}),
            ],
        ),
        (
            '"Image garbage collection failed multiple times in a row" err="'
            + texts.free_failed_text(30, 9, 3, 0, 0)
            + '"',
            [
                ("gc-failed-again", {"error": texts.free_failed_text(30, 9, 3, 0, 0)}),
                ("free-failed", {"wanted": 9, "freed": 3}),
            ],
        ),
        (
            f'"{DISABLED}"',
            [("gc-disabled", {"reason": DISABLED})],
        ),
        ("available 9 is larger than capacity 8", [("clamped", {"available": 9, "capacity": 8})]),
        (
            '"Availability is larger than capacity" available=9 capacity=8',
            [("clamped", {"available": 9, "capacity": 8})],
        ),
        (
            "eviction manager: attempting to reclaim ephemeral-storage",
            [("eviction-attempt", {"resource": "ephemeral-storage"})],
        ),
        (
            "eviction manager: thresholds - ignoring grace period: threshold [signal=imagefs.available, "
            "quantity=621490200] observed 606924Ki",
            [
                (
                    "threshold",
                    {
                        "log": "thresholds - ignoring grace period",
                        "signal": "imagefs.available",
                        "quantity": 621490200,
                        "available": 621490176,
                    },
                )
            ],
        ),
        (
            "eviction manager: observations: signal=nodefs.inodesFree, available: 12k, capacity: 1M, time: 2026-11-24",
            [
                (
                    "observation",
                    {"log": "observations", "signal": "nodefs.inodesFree", "available": 12000, "capacity": 1000000},
                )
            ],
        ),
        (
            '"Using lenient decoding as strict decoding failed" err="strict decoding error: unknown field \\"x\\""',
            [("lenient-decoding", {"error": 'strict decoding error: unknown field "x"'})],
        ),
        (
            '"Failed to get the info of the filesystem with mountpoint" err="failed to get device for dir \\"/m\\": '
            'with major: 8, minor: 2: could not find device in cached partitions map" mountpoint="/m"',
            [("unknown-device", {"path": "/m", "major": 8, "minor": 2})],
        ),
        ("I1124 21:15:18.1     155 server.go:416] Version: v1.20.2", [("version", {"version": "v1.20.2"})]),
        ("Recording NodeHasNoDiskPressure event message for node node1", [("disk-pressure", {"now": False})]),
        (
            '"Recording event message for node" node="node1" event="NodeHasDiskPressure"',
            [("disk-pressure", {"now": True})],
        ),
        ('"Killing container" message="Image garbage collection succeeded"', []),
        ("pod says: Image garbage collection succeeded", []),
        ('"Removing image to free bytes', []),
        ("", []),
    ],
)
def test_lines(message: str, said: list[tuple[str, dict[str, Any]]]) -> None:
    assert read_message(message) == said


PIECES = st.sampled_from(
    [
        *("I1124 22:11:08.559445    1708 fs.go:1] ", PREFIX, ":{mountpoint:", " major:1 minor:2 fsType:x blockSize:0}"),
        *('"Event occurred"', ' reason="', '"Eviction manager:"', ' available="', '"Removing image to free bytes"'),
        *(" size=", "eviction manager: ", "[signal=x, quantity=1] observed 1", "{", '"msg":"', "\\u12", "\\xff", "]"),
        *(
            '"FileSystem detection" DedicatedImageFs=',
            "Image garbage collection failed once. ",
            "9" * 30,
            "1e999999999",
        ),
    ]
)


@given(st.lists(PIECES | st.text(max_size=8), max_size=12).map("".join))
def test_no_line_breaks_the_reader(message: str) -> None:
    for code, found in read_message(message):
        assert code and all(isinstance(key, str) for key in found)
