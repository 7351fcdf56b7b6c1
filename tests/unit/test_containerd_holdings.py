"""The bolt reader and what it says of who holds what: databases that a real containerd 1.6.20 wrote.

``meta.db``, ``metadata.db``: images a (also tagged a:again) and b share their first layer, c stands alone; namespace
"other" has c too; a container "holder" runs from b. ``many.db``: the same with 250 more names of c in "other".
"""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest

from tui.containerd.bolt import Doubt, open_database, transaction
from tui.containerd.holdings import only_held_by, read_meta, read_snapshots

DATA = Path(__file__).parents[1] / "data" / "containerd-db"
A, B, C = ({"localhost/a:1"}, {"localhost/b:1"}, {"localhost/c:1"})
SHARED_LAYER = "sha256:74b87e740bcbc7d151ce67b89e22152c7a1cc3c6177bc2958391a03c7026fbb3"
A_LAYER = "sha256:3c094644c72c40488a2bdf7d23259a0ebadff58a5c331852398b80b1e679ca87"
A_SNAPSHOT = "sha256:b816f097b7b164fff68dc54d32eedab2587fb82b8df9b45979e476c214d0e8ea"
C_SNAPSHOT = "sha256:42ddbc3b2426f0982ec5133fa6e58fa7f64acd9eee6aed486f730cd1b126ceb6"


def database(name: str) -> bytes:
    return gzip.decompress((DATA / f"{name}.gz").read_bytes())


def test_images_and_snapshots_are_those_that_ctr_lists() -> None:
    holdings = read_meta(database("meta.db"))
    assert set(holdings.images) == {
        ("k8s.io", "localhost/a:1"),
        ("k8s.io", "localhost/a:again"),
        ("k8s.io", "localhost/b:1"),
        ("k8s.io", "localhost/c:1"),
        ("other", "localhost/c:1"),
    }
    blobs = {thing[2] for thing in holdings.edges if thing[:2] == ("content", "k8s.io")}
    assert len(blobs) == 10 and SHARED_LAYER in blobs
    assert holdings.roots == {("snapshot", "k8s.io", "overlayfs/holder")}
    assert all(1795566772 < stamp < 1795566774 for stamp in holdings.created.values())


def test_the_snapshotters_rows_have_directory_kind_and_size() -> None:
    rows = read_snapshots(database("metadata.db"))
    kinds = sorted((row.kind or "", row.id) for row in rows.values())
    assert [kind for kind, _ in kinds].count("active") == 1
    assert [kind for kind, _ in kinds].count("committed") == 5
    names = read_meta(database("meta.db")).names
    row = rows[names["snapshot", "k8s.io", f"overlayfs/{A_SNAPSHOT}"]]
    assert row.kind == "committed" and 2 << 20 <= row.size < (2 << 20) + 20_000


def test_what_a_container_or_another_namespace_holds_is_nobodys_to_give_back() -> None:
    holdings = read_meta(database("meta.db"))
    held = only_held_by(holdings, {"a": A, "b": B, "c": C})
    assert held["content", "k8s.io", SHARED_LAYER] == {"a", "b"}
    assert held["content", "k8s.io", A_LAYER] == {"a"}
    assert held["snapshot", "k8s.io", f"overlayfs/{A_SNAPSHOT}"] == {"a"}
    assert [thing for thing, ids in held.items() if "c" in ids] == [("snapshot", "k8s.io", f"overlayfs/{C_SNAPSHOT}")]
    assert not [thing for thing, ids in held.items() if "b" in ids and thing[0] == "snapshot"]


def test_an_image_that_is_not_asked_for_keeps_what_it_shares() -> None:
    holdings = read_meta(database("meta.db"))
    held = only_held_by(holdings, {"a": A})
    assert ("content", "k8s.io", SHARED_LAYER) not in held
    assert held["content", "k8s.io", A_LAYER] == {"a"}


def test_another_name_for_the_same_target_goes_with_it() -> None:
    holdings = read_meta(database("meta.db"))
    assert only_held_by(holdings, {"a": A}) == only_held_by(holdings, {"a": {"localhost/a:1", "localhost/a:again"}})


def test_buckets_of_many_pages() -> None:
    holdings = read_meta(database("many.db"))
    assert sum(1 for namespace, _ in holdings.images if namespace == "other") == 251


def test_the_newer_of_both_meta_pages_counts() -> None:
    data = bytearray(database("meta.db"))
    newest = transaction(bytes(data[: 128 * 1024]))
    page = next(at for at in (0, 4096) if int.from_bytes(data[at + 64 : at + 72], "little") == newest)
    data[page + 72] ^= 1  # its checksum no longer holds
    assert transaction(bytes(data)) == newest - 1


@pytest.mark.parametrize("data", [b"", b"\0" * 8192, b"SQLite format 3\0" * 600])
def test_what_is_no_database_is_doubted(data: bytes) -> None:
    with pytest.raises(Doubt):
        open_database(data)


def test_damage_is_doubted_or_harmless_and_never_endless() -> None:
    whole = database("many.db")
    chance = random.Random(1)
    doubts = 0
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 40)):
            data[chance.randrange(min(len(data), 1 << 17))] = chance.randrange(256)
        try:
            read_meta(bytes(data[: chance.choice((len(data), chance.randrange(len(data))))]))
        except Doubt:
            doubts += 1
    assert doubts > 30
