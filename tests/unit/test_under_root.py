"""The scan of what lies under containerd's root: sizes, links, other devices, cancelling; and what images give back."""

from __future__ import annotations

import gzip
import os
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.test_containerd_holdings import SHARED_LAYER, database
from tui.containerd.holdings import read_meta, read_snapshots
from tui.model import Fact, Image, Origin, RuntimeAnswer, RuntimeState
from tui.node import root_scan, under_root
from tui.node.machine import Machine
from tui.node.root_parts import META_DB
from tui.node.root_scan import Tally, Walk
from tui.node.tree import Tree
from tui.node.under_root import Scan, UnderRoots

OVERLAY = "io.containerd.snapshotter.v1.overlayfs"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root like the recorded databases': a directory for each snapshot, a file for each blob."""
    made = tmp_path / "containerd"
    blobs = made / "io.containerd.content.v1.content" / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    (made / "io.containerd.content.v1.content" / "ingest" / "x").mkdir(parents=True)
    (made / "io.containerd.content.v1.content" / "ingest" / "x" / "data").write_bytes(b"x" * 30_000)
    (made / META_DB[0]).mkdir()
    (made / META_DB[0] / META_DB[1]).write_bytes(database("meta.db"))
    for at, thing in enumerate(sorted(read_meta(database("meta.db")).edges)):
        if thing[:2] == ("content", "k8s.io"):
            path = blobs / thing[2].partition(":")[2]
            path.write_bytes(b"b" * (at + 1) * 5000)
            os.utime(path, (1_700_000_000 + at, 1_700_000_000 + at))
    for row in read_snapshots(database("metadata.db")).values():
        layer = made / OVERLAY / "snapshots" / str(row.id) / "fs"
        layer.mkdir(parents=True)
        (layer / "file").write_bytes(b"s" * row.id * 10_000)
    (made / OVERLAY / "metadata.db").write_bytes(database("metadata.db"))
    (made / "tmpmounts").mkdir()
    return made


def scan(path: Path, host: Machine | None = None) -> Scan:
    made = Scan(Tree("/"), str(path), host or Machine(), 5.0)
    made.start()
    assert made.ended.wait(20)
    return made


def du(path: Path) -> int:
    said = subprocess.run(["du", "-s", "-x", "-B1", path], capture_output=True, check=True, text=True)
    return int(said.stdout.split()[0])


def runtime(path: Path, images: tuple[Image, ...] = (), kind: str = "containerd") -> RuntimeState:
    blank: Fact[object] = Fact.unknown("not here")
    answer = RuntimeAnswer("v1", "containerd", "1.6.20", 0.0, (), (), images, 0, 0)
    return RuntimeState(
        kind=kind,  # type: ignore[arg-type]  # the tests pass kinds
        name=kind,
        process=blank,  # type: ignore[arg-type]  # unknown is unknown of anything
        unit=blank,  # type: ignore[arg-type]
        version=blank,  # type: ignore[arg-type]
        config=blank,  # type: ignore[arg-type]
        root=Fact(str(path), Origin("default", "default")),
        imagefs=blank,  # type: ignore[arg-type]
        serves_kubelet=True,
        answer=Fact(answer, Origin("socket", "CRI")),
    )


def joined(under: UnderRoots, state: RuntimeState) -> RuntimeState:
    under.start((state,))
    return under.joined((state,))[0]


def test_the_parts_add_up_to_what_du_says(root: Path) -> None:
    said = scan(root).latest
    assert said is not None and said.said.whole
    parts = said.said.parts
    assert sum(size for size, _ in parts.values()) == du(root)
    assert parts["ingest"][0] >= 30_000 and parts["ingest"][1] == 3
    assert parts["writable layers"][1] == 3, "one active snapshot: its directory, fs, file"
    assert parts["snapshots overlayfs"][1] == 5 * 3 + 2
    assert parts["databases"][1] == 3
    assert "orphans" not in parts and said.said.notes == ()
    times = [when for when, _ in said.said.arrivals]
    assert len(times) == 10 and times == sorted(times) and times[0] >= 1_700_000_000


def test_what_the_databases_do_not_know_is_orphaned(root: Path) -> None:
    lost = root / OVERLAY / "snapshots" / "99"
    lost.mkdir()
    (lost / "data").write_bytes(b"x" * 100_000)
    blob = root / "io.containerd.content.v1.content" / "blobs" / "sha256" / ("0" * 64)
    blob.write_bytes(b"x" * 50_000)
    said = scan(root).latest
    assert said is not None
    assert said.said.parts["orphans"] == (du(lost) + du(blob), 3)


def test_without_a_readable_database_nothing_is_guessed(root: Path) -> None:
    (root / OVERLAY / "metadata.db").write_bytes(b"not bolt" * 9000)
    said = scan(root).latest
    assert said is not None
    assert "writable layers" not in said.said.parts and "orphans" not in said.said.parts
    assert any("overlayfs cannot be told" in note for note in said.said.notes)
    state = joined(UnderRoots(Machine(), 5.0), runtime(root, (Image("a", ("localhost/a:1",), 1, False),)))
    assert state.answer.value is not None
    assert not state.answer.value.images[0].gives_back.known


def test_hard_links_count_once_and_links_are_not_followed(root: Path, tmp_path: Path) -> None:
    layer = root / OVERLAY / "snapshots" / "1" / "fs"
    layer.mkdir(parents=True, exist_ok=True)
    (layer / "big").write_bytes(b"x" * 500_000)
    os.link(layer / "big", layer / "twin")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "huge").write_bytes(b"x" * 900_000)
    (layer / "way-out").symlink_to(outside)
    (root / "tmpmounts" / "away").symlink_to(outside)
    said = scan(root).latest
    assert said is not None
    assert sum(size for size, _ in said.said.parts.values()) == du(root)


def test_directories_that_lie_too_deep_are_said(root: Path) -> None:
    deep = root / "tmpmounts" / "/".join("d" for _ in range(root_scan.DEEPEST + 3))
    deep.mkdir(parents=True)
    said = scan(root).latest
    assert said is not None
    assert any("deeper than" in note for note in said.said.notes)


def test_cancelling_keeps_what_was_found(root: Path) -> None:
    wide = root / "tmpmounts"
    for number in range(500):
        (wide / str(number)).touch()
    made = Scan(Tree("/"), str(root), Machine(), 0.0)
    made.cancel()
    made.start()
    assert made.ended.wait(20)
    assert made.latest is not None and not made.latest.said.whole


def test_pauses_take_most_of_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(300):
        (tmp_path / str(number)).touch()
    waited: list[float] = []
    stop = threading.Event()
    monkeypatch.setattr(stop, "wait", waited.append)
    monkeypatch.setattr(root_scan, "_SLICE_S", 0.0)
    walk = Walk(stop, lambda: None)
    fd = os.open(tmp_path, os.O_RDONLY)
    began = time.monotonic()
    walk.below(fd, Tally())
    os.close(fd)
    busy = time.monotonic() - began
    assert busy < sum(waited) < 3.5 * busy  # three times what the slices took; the machine may take time between them


def test_images_get_what_the_disk_would_get_back(root: Path) -> None:
    images = tuple(Image(name, (f"localhost/{name}:1",), 1, False) for name in "abc")
    state = joined(UnderRoots(Machine(), 5.0), runtime(root, images))
    assert state.under_root.value is not None and state.under_root.value.whole
    assert state.answer.value is not None
    a, b, c = state.answer.value.images
    assert a.gives_back.value == sum(size for name, size in a.parts.items() if name != SHARED_LAYER)
    assert a.parts[SHARED_LAYER] == b.parts[SHARED_LAYER] > 0
    assert list(c.parts) == ["overlayfs/sha256:42ddbc3b2426f0982ec5133fa6e58fa7f64acd9eee6aed486f730cd1b126ceb6"]
    assert a.arrived.value == pytest.approx(1795566772.88, abs=0.01)


def test_an_image_that_came_later_is_not_guessed(root: Path) -> None:
    state = joined(UnderRoots(Machine(), 5.0), runtime(root, (Image("d", ("localhost/d:1",), 1, False),)))
    assert state.answer.value is not None
    assert "not in containerd's database" in state.answer.value.images[0].gives_back.reason


def test_a_second_look_scans_no_second_time_but_on_demand(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []
    monkeypatch.setattr(under_root, "Scan", _counting(begun))
    under = UnderRoots(Machine(), 5.0)
    first = joined(under, runtime(root))
    (root / "tmpmounts" / "new").write_bytes(b"x" * 40_000)
    assert joined(under, runtime(root)).under_root == first.under_root and len(begun) == 1
    under.again()
    later = joined(under, runtime(root)).under_root.value
    assert later is not None and later.parts["temporary mounts"][0] >= 40_000 and len(begun) == 2


def _counting(begun: list[str]) -> Callable[..., Scan]:
    def made(directories: Tree, path: str, host: Machine, hurry_s: float) -> Scan:
        begun.append(path)
        return Scan(directories, path, host, hurry_s)

    return made


def test_reasons_where_there_is_nothing_to_scan(root: Path) -> None:
    under = UnderRoots(Machine(), 5.0)
    assert "only containerd" in joined(under, runtime(root, kind="cri-o")).under_root.reason
    missing = joined(under, runtime(root / "nowhere")).under_root
    assert "No such file" in missing.reason
    unknown = replace(runtime(root), root=Fact[str].unknown("its files cannot be read"))
    assert joined(under, unknown).under_root.reason == "its files cannot be read"


def test_a_database_that_is_written_all_the_time_is_doubted(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tui.node import root_parts

    numbers = iter(range(1000))
    monkeypatch.setattr(root_parts, "transaction", lambda head: next(numbers))
    monkeypatch.setattr("tui.node.root_parts.time.sleep", lambda seconds: None)
    fd = os.open(root, os.O_RDONLY)
    found = root_parts.database(fd, META_DB, read_meta)
    os.close(fd)
    assert not found.known and "written all the time" in found.reason


def test_the_database_is_not_read_through_a_link(root: Path, tmp_path: Path) -> None:
    from tui.node import root_parts

    (root / META_DB[0] / META_DB[1]).unlink()
    (tmp_path / "real.db").write_bytes(gzip.decompress(gzip.compress(database("meta.db"))))
    (root / META_DB[0] / META_DB[1]).symlink_to(tmp_path / "real.db")
    fd = os.open(root, os.O_RDONLY)
    found = root_parts.database(fd, META_DB, read_meta)
    os.close(fd)
    assert not found.known
