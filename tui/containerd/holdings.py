"""What containerd's databases say of who holds what (containerd metadata/gc.go, metadata/buckets.go).

Content and snapshots live as long as something reaches them: an image, a container, a lease, or a label ``gc.root``.
The rules here are those of containerd's own collector: what an image alone holds is what its removal gives back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from tui.containerd.bolt import Bucket, open_database

Thing = tuple[str, str, str]
"""Something that can be held: ("content", namespace, digest) or ("snapshot", namespace, "SNAPSHOTTER/KEY")."""

CRI_NAMESPACE = "k8s.io"

_REF_CONTENT = b"containerd.io/gc.ref.content"
_REF_SNAPSHOT = b"containerd.io/gc.ref.snapshot."
_ROOT = b"containerd.io/gc.root"
_BACK = b"containerd.io/gc.bref."
_KINDS: dict[int, Literal["view", "active", "committed"]] = {1: "view", 2: "active", 3: "committed"}


@dataclass(frozen=True)
class Holdings:
    """The content of meta.db.

    ``images``: (namespace, name) to what the record reaches directly, its target first. ``roots``: what is reached
    without an image. ``edges``: what each thing reaches in turn. ``names``: snapshots to their names in their
    snapshotter. ``created``: wall times of the image records.
    """

    images: Mapping[tuple[str, str], tuple[Thing, ...]]
    roots: frozenset[Thing]
    edges: Mapping[Thing, tuple[Thing, ...]]
    names: Mapping[Thing, str]
    created: Mapping[tuple[str, str], float]


@dataclass(frozen=True)
class Snapshot:
    """A snapshotter's row: the number of its directory, its kind, the bytes recorded when it was committed."""

    id: int
    kind: Literal["view", "active", "committed"] | None
    size: int


def read_meta(data: bytes) -> Holdings:
    """The content of ``io.containerd.metadata.v1.bolt/meta.db``. Raises :class:`tui.containerd.bolt.Doubt`."""
    images: dict[tuple[str, str], tuple[Thing, ...]] = {}
    edges: dict[Thing, tuple[Thing, ...]] = {}
    names: dict[Thing, str] = {}
    roots: set[Thing] = set()
    created: dict[tuple[str, str], float] = {}
    schema = open_database(data).bucket(b"v1")
    for raw, space in schema.buckets() if schema else ():
        namespace, parts = _text(raw), dict(space.buckets())
        for name, record in _rows(parts, b"images"):
            target = record.bucket(b"target")
            digest = _text(target.value(b"digest")) if target else ""
            images[namespace, _text(name)] = (("content", namespace, digest), *_references(namespace, record)[0])
            stamp = _time(record.value(b"createdat"))
            if stamp is not None:
                created[namespace, _text(name)] = stamp
        content = parts.get(b"content")
        blobs = content.bucket(b"blob") if content else None
        for digest_, record in blobs.buckets() if blobs else ():
            _add(("content", namespace, _text(digest_)), record, (), edges, roots)
        for snapshotter, keys in _rows(parts, b"snapshots"):
            for key, record in keys.buckets():
                thing = _snapshot(namespace, snapshotter, key)
                parent = record.value(b"parent")
                _add(thing, record, (_snapshot(namespace, snapshotter, parent),) if parent else (), edges, roots)
                names[thing] = _text(record.value(b"name"))
        for _, record in _rows(parts, b"containers"):
            roots.update(_references(namespace, record)[0])
            roots.add(_snapshot(namespace, record.value(b"snapshotter"), record.value(b"snapshotKey")))
        for _, record in _rows(parts, b"leases"):
            roots.update(_leased(namespace, record))
    return Holdings(images, frozenset(roots), edges, names, created)


def read_snapshots(data: bytes) -> Mapping[str, Snapshot]:
    """A snapshotter's ``metadata.db``: name to row (snapshots/storage/bolt.go). Raises :class:`Doubt`."""
    rows = open_database(data).bucket(b"v1", b"snapshots")
    found: dict[str, Snapshot] = {}
    for name, row in rows.buckets() if rows else ():
        values = {key: value for key, value in row if isinstance(value, bytes)}
        kind = values.get(b"kind", b"\0")[:1] or b"\0"
        found[_text(name)] = Snapshot(
            _uvarint(values.get(b"id", b"")), _KINDS.get(kind[0]), _varint(values.get(b"size", b""))
        )
    return found


def only_held_by(
    holdings: Holdings, images: Mapping[str, Collection[str]], namespace: str = CRI_NAMESPACE
) -> Mapping[Thing, frozenset[str]]:
    """What nothing but ``images`` (id to all names) holds, with the ids of all that hold it.

    A record of the namespace under another name for the same target belongs to the same image. A blob that another
    namespace reaches is not among it: the file is one for all of them. An id that holds nothing stands nowhere.
    """
    owner = _owners(holdings, images, namespace)
    others = [thing for record, reached in holdings.images.items() if record not in owner for thing in reached]
    kept = _reached(holdings.edges, [*holdings.roots, *others])
    blobs = {digest for kind, _, digest in kept if kind == "content"}
    held: dict[Thing, set[str]] = {}
    for record, image in owner.items():
        for thing in _reached(holdings.edges, holdings.images[record]):
            if thing not in kept and not (thing[0] == "content" and thing[2] in blobs):
                held.setdefault(thing, set()).add(image)
    return {thing: frozenset(ids) for thing, ids in held.items()}


def _owners(holdings: Holdings, images: Mapping[str, Collection[str]], namespace: str) -> dict[tuple[str, str], str]:
    by_name = {(namespace, name): image for image, names in images.items() for name in (image, *names)}
    found = {record: image for record, image in by_name.items() if record in holdings.images}
    by_target = {holdings.images[record][0]: image for record, image in found.items()}
    for record, reached in holdings.images.items():
        if record[0] == namespace and record not in found and reached[0] in by_target:
            found[record] = by_target[reached[0]]
    return found


def _reached(edges: Mapping[Thing, tuple[Thing, ...]], start: Iterable[Thing]) -> set[Thing]:
    """Everything that exists and is reached."""
    found: set[Thing] = set()
    todo = list(start)
    while todo:
        thing = todo.pop()
        if thing in edges and thing not in found:
            found.add(thing)
            todo += edges[thing]
    return found


def _add(
    thing: Thing, record: Bucket, first: tuple[Thing, ...], edges: dict[Thing, tuple[Thing, ...]], roots: set[Thing]
) -> None:
    reached, kept = _references(thing[1], record)
    edges[thing] = (*first, *reached)
    if kept:
        roots.add(thing)


def _references(namespace: str, record: Bucket) -> tuple[tuple[Thing, ...], bool]:
    """What a record's labels reach (gc.go: sendLabelRefs), and whether they make it a root.

    What a back reference names is not followed, so its holder counts as kept: the estimate is then too low.
    """
    labels = record.bucket(b"labels")
    found: list[Thing] = []
    kept = False
    for key, value in labels or ():
        if not isinstance(value, bytes):
            continue
        if key.startswith(_REF_CONTENT) and key[len(_REF_CONTENT) :][:1] in (b"", b".", b"/"):
            found.append(("content", namespace, _text(value)))
        elif key.startswith(_REF_SNAPSHOT):
            found.append(_snapshot(namespace, key[len(_REF_SNAPSHOT) :].partition(b"/")[0], value))
        kept = kept or key == _ROOT or key.startswith(_BACK)
    return tuple(found), kept


def _leased(namespace: str, lease: Bucket) -> Iterator[Thing]:
    """What a lease holds; expired ones count too, for containerd has not collected them yet."""
    content = lease.bucket(b"content")
    for digest, _ in content or ():
        yield ("content", namespace, _text(digest))
    snapshots = lease.bucket(b"snapshots")
    for snapshotter, keys in snapshots.buckets() if snapshots else ():
        for key, _ in keys:
            yield _snapshot(namespace, snapshotter, key)


def _rows(parts: Mapping[bytes, Bucket], name: bytes) -> Iterator[tuple[bytes, Bucket]]:
    return parts[name].buckets() if name in parts else iter(())


def _snapshot(namespace: str, snapshotter: bytes, key: bytes) -> Thing:
    return ("snapshot", namespace, f"{_text(snapshotter)}/{_text(key)}")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _uvarint(raw: bytes) -> int:
    """encoding/binary.Uvarint; 0 for none."""
    value = 0
    for index, byte in enumerate(raw[:10]):
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return value
    return 0


def _varint(raw: bytes) -> int:
    """encoding/binary.Varint."""
    value = _uvarint(raw)
    return ~(value >> 1) if value & 1 else value >> 1


def _time(raw: bytes) -> float | None:
    """Go's time.Time.MarshalBinary as seconds since the epoch; it counts from the year 1."""
    if len(raw) < 15 or raw[0] not in (1, 2):
        return None
    return int.from_bytes(raw[1:9], "big") - 62_135_596_800 + int.from_bytes(raw[9:13], "big") / 1e9
