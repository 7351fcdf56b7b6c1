"""What a walk over containerd's root and its databases come to: parts with their sizes, and who holds what."""

from __future__ import annotations

import os
import stat as modes
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from tui.containerd.bolt import Doubt, transaction
from tui.containerd.holdings import CRI_NAMESPACE, Holdings, Snapshot, Thing, only_held_by
from tui.model import Fact, Image, Origin
from tui.node.root_scan import DEEPEST, Found, Tally

T = TypeVar("T")

META_DB = ("io.containerd.metadata.v1.bolt", "meta.db")
SNAPSHOTTER = "io.containerd.snapshotter.v1."
DATABASE_LIMIT = 256 * 1024 * 1024
"""Bytes; a larger database is not read."""

CONTENT, INGEST, WRITABLE, ORPHANS, DATABASES = "content", "ingest", "writable layers", "orphans", "databases"

_HEAD = 128 * 1024
_TRIES = 4
BLOBS = "io.containerd.content.v1.content/blobs"
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True)
class Databases:
    """What the databases say; ``meta`` and each snapshotter's rows are unknown with the reason where unreadable."""

    meta: Fact[Holdings]
    snapshots: Mapping[str, Fact[Mapping[str, Snapshot]]]


def database(directory: int, names: Sequence[str], parse: Callable[[bytes], T]) -> Fact[T]:
    """A bolt file, parsed as it was between two commits, or unknown. No link is followed.

    ``names``: directories and the file's name below the open ``directory``.
    """
    where = "/".join(names)
    try:
        return Fact(_read(directory, names, parse), Origin("file", where))
    except Doubt as doubt:
        return Fact.unknown(f"{where}: {doubt}")
    except OSError as error:
        return Fact.unknown(f"{where}: {error.strerror}")


def _read(directory: int, names: Sequence[str], parse: Callable[[bytes], T]) -> T:
    fd = os.dup(directory)
    try:
        for name in names:
            inner = os.open(name, _FILE, dir_fd=fd)
            os.close(fd)
            fd = inner
        return _held_still(fd, parse)
    finally:
        os.close(fd)


def _held_still(fd: int, parse: Callable[[bytes], T]) -> T:
    doubt = Doubt("it is being written all the time")
    for attempt in range(_TRIES):
        time.sleep(0.1 * attempt)
        status = os.fstat(fd)
        if not modes.S_ISREG(status.st_mode) or status.st_size > DATABASE_LIMIT:
            raise Doubt(f"no file of at most {DATABASE_LIMIT} bytes")
        try:
            before = transaction(os.pread(fd, _HEAD, 0))
            data = _content(fd, status.st_size)
            if transaction(os.pread(fd, _HEAD, 0)) == before:
                return parse(data)
        except Doubt as found:
            doubt = found
    raise doubt


def _content(fd: int, size: int) -> bytes:
    pieces: list[bytes] = []
    at = 0
    while at < size and (piece := os.pread(fd, min(1 << 20, size - at), at)):
        pieces.append(piece)
        at += len(piece)
    return b"".join(pieces)


def parts(found: Found, databases: Databases, gone: Callable[[str, str], bool]) -> dict[str, Tally]:
    """Every part by name. ``gone(directory, name)``: whether an entry below the root has been deleted meanwhile.

    Snapshot directories and blobs that the databases, read after the walk, do not know are orphans. Where a
    snapshotter's database is unreadable its snapshots are not told from writable layers (see :func:`notes`).
    """
    sums: dict[str, Tally] = {}
    for name, tally in found.parts.items():
        sums.setdefault(name, Tally()).add(tally)
    listed = databases.meta.value
    digests = {thing[2] for thing in listed.edges if thing[0] == "content"} if listed else None
    for digest, (_, size) in found.blobs.items():
        algorithm, _, name = digest.partition(":")
        orphan = digests is not None and digest not in digests and not gone(f"{BLOBS}/{algorithm}", name)
        sums.setdefault(ORPHANS if orphan else CONTENT, Tally()).add(Tally(size, 1))
    for snapshotter, directories in found.snapshots.items():
        rows = databases.snapshots.get(snapshotter, Fact[Mapping[str, Snapshot]](None)).value
        kinds = {str(row.id): row.kind for row in rows.values()} if rows is not None else None
        where = f"{SNAPSHOTTER}{snapshotter}/snapshots"
        for name, tally in directories.items():
            orphan = kinds is not None and name not in kinds and not gone(where, name)
            writable = kinds is not None and kinds.get(name) in ("active", "view")
            part = ORPHANS if orphan else WRITABLE if writable else f"snapshots {snapshotter}"
            sums.setdefault(part, Tally()).add(tally)
    return sums


def notes(found: Found, databases: Databases) -> tuple[str, ...]:
    """What cannot be told, and what was left out; sentences."""
    said = []
    if not databases.meta.known:
        said.append(f"orphaned blobs cannot be told: {databases.meta.reason}")
    for snapshotter, rows in databases.snapshots.items():
        if not rows.known:
            said.append(f"writable layers and orphans of {snapshotter} cannot be told: {rows.reason}")
    if found.elsewhere:
        said.append(f"{found.elsewhere} entries are other filesystems, mounted here: not counted")
    if found.refused:
        said.append(f"{found.refused} directories could not be read: not counted")
    if found.deep:
        said.append(f"{found.deep} directories lie deeper than {DEEPEST} levels: not counted")
    return tuple(said)


def given_back(images: Sequence[Image], found: Found, databases: Databases, whole: bool) -> tuple[Image, ...]:
    """The images with their parts, with what each alone gives back, and with the time of their arrival.

    Content to the block, as stat says. Snapshots too once the walk is ``whole``; before, as containerd recorded them
    when it unpacked. What a container, a lease or another namespace holds as well is in neither.
    """
    holdings = databases.meta.value
    if holdings is None:
        reason = databases.meta.reason or "not measured yet"
        return tuple(replace(image, gives_back=Fact[int].unknown(reason)) for image in images)
    held = only_held_by(holdings, {image.id: image.names for image in images})
    sizes = {thing: _size(thing, holdings, found, databases, whole) for thing in held}
    things: dict[str, list[Thing]] = {}
    for thing, ids in held.items():
        for image in ids:
            things.setdefault(image, []).append(thing)
    origin = Origin("computed", "/".join(META_DB), text="" if whole else "snapshots as recorded: not measured yet")
    return tuple(_measured(image, things.get(image.id, []), held, sizes, holdings, origin) for image in images)


def _measured(
    image: Image,
    things: Sequence[Thing],
    held: Mapping[Thing, frozenset[str]],
    sizes: Mapping[Thing, int | None],
    holdings: Holdings,
    origin: Origin,
) -> Image:
    records = [(CRI_NAMESPACE, name) for name in (image.id, *image.names)]
    known = [record for record in records if record in holdings.images]
    if not known:
        return replace(image, gives_back=Fact[int].unknown("not in containerd's database when that was read last"))
    stamps = [holdings.created[record] for record in known if record in holdings.created]
    arrived = Fact(min(stamps), origin) if stamps and not image.arrived.known else image.arrived
    parts = {thing[2]: size for thing in things if (size := sizes[thing]) is not None}
    alone = sum(sizes[thing] or 0 for thing in things if len(held[thing]) == 1)
    blank = next((f"the size of {thing[2]} is not known" for thing in things if sizes[thing] is None), "")
    if blank:
        return replace(image, arrived=arrived, gives_back=Fact[int].unknown(blank))
    return replace(image, arrived=arrived, parts=parts, gives_back=Fact(alone, origin))


def _size(thing: Thing, holdings: Holdings, found: Found, databases: Databases, whole: bool) -> int | None:
    kind, _, name = thing
    if kind == "content":
        return found.blobs[name][1] if name in found.blobs else None
    snapshotter = name.partition("/")[0]
    rows = databases.snapshots.get(snapshotter, Fact[Mapping[str, Snapshot]](None)).value
    row = rows.get(holdings.names.get(thing, "")) if rows else None
    if row is None:
        return None
    if not whole:
        return row.size if row.kind == "committed" and row.size else None
    tally = found.snapshots.get(snapshotter, {}).get(str(row.id))
    return tally.bytes if tally else None
