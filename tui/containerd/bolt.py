"""A bbolt database as bytes: read only, bounded, and in doubt not read at all.

The format is that of go.etcd.io/bbolt (page.go, db.go, bucket.go), version 2: two meta pages with magic and checksum,
the one with the higher transaction in force; B+tree pages below them. Pages in force are never overwritten, so a copy
is whole when no transaction was committed while it was taken: compare :func:`transaction` before and after.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

MAGIC, VERSION = 0xED0CDAED, 2
META_BYTES = 64

_BRANCH, _LEAF = 1, 2
_BUCKET = 1  # flag of a leaf element
_DEPTH = 40  # pages between a root and a leaf; a tree of 2**64 bytes has fewer
_PAGE_SIZES = tuple(1024 << shift for shift in range(7))  # bbolt looks for the second meta page at the same places
_HEADER = struct.Struct("<QHHI")
_META = struct.Struct("<IIIIQQQQQQ")
_LEAF_ELEMENT = struct.Struct("<IIII")
_BRANCH_ELEMENT = struct.Struct("<IIQ")
_BUCKET_HEADER = struct.Struct("<QQ")


class Doubt(Exception):
    """The bytes are no sound database: damaged, cut off, or changed while they were copied."""


@dataclass(frozen=True)
class _Meta:
    page_size: int
    root: int
    high_water: int
    transaction: int


class Bucket:
    """One bucket: its keys in order, each with a value or with a bucket of its own."""

    def __init__(self, file: _File, root: int, inline: bytes = b"") -> None:
        """``root``: its page; 0 for a bucket whose only page stands ``inline``."""
        self._file, self._root, self._inline = file, root, inline

    def __iter__(self) -> Iterator[tuple[bytes, bytes | Bucket]]:
        """All pairs. Raises :class:`Doubt`."""
        if self._root == 0:
            yield from _leaf(self._file, self._inline)
        else:
            yield from self._file.pairs(self._root, _DEPTH)

    def value(self, key: bytes) -> bytes:
        """A value, empty if there is none. Raises :class:`Doubt`."""
        return next((found for name, found in self if name == key and isinstance(found, bytes)), b"")

    def bucket(self, *path: bytes) -> Bucket | None:
        """The bucket below, below ...; None if there is none. Raises :class:`Doubt`."""
        found: Bucket | None = self
        for key in path:
            if found is None:
                return None
            found = next((each for name, each in found if name == key and isinstance(each, Bucket)), None)
        return found

    def buckets(self) -> Iterator[tuple[bytes, Bucket]]:
        """The buckets in it."""
        return ((name, found) for name, found in self if isinstance(found, Bucket))


def open_database(data: bytes) -> Bucket:
    """The root bucket of a database file's content. Raises :class:`Doubt`, later reads of it too."""
    meta = _newest(data)
    return Bucket(_File(data, meta), meta.root)


def transaction(head: bytes) -> int:
    """The number of the last committed transaction, from the first 128 KiB of a file. Raises :class:`Doubt`."""
    return _newest(head).transaction


class _File:
    def __init__(self, data: bytes, meta: _Meta) -> None:
        self._data, self._meta = data, meta
        self._left = 4 * len(data) // META_BYTES + 1024  # page visits: a circle of pages ends here

    def pairs(self, number: int, depth: int) -> Iterator[tuple[bytes, bytes | Bucket]]:
        page = self._page(number)
        kind, count = _HEADER.unpack_from(page)[1:3]
        if kind == _LEAF:
            yield from _leaf(self, page)
            return
        if kind != _BRANCH or not depth:
            raise Doubt(f"page {number} is neither branch nor leaf")
        for index in range(count):
            at = _HEADER.size + index * _BRANCH_ELEMENT.size
            if at + _BRANCH_ELEMENT.size > len(page):
                raise Doubt(f"page {number} is cut off")
            yield from self.pairs(_BRANCH_ELEMENT.unpack_from(page, at)[2], depth - 1)

    def _page(self, number: int) -> bytes:
        """A page with its overflow pages."""
        size, self._left = self._meta.page_size, self._left - 1
        if self._left < 0 or not 2 <= number < self._meta.high_water:
            raise Doubt(f"no page {number}")
        start = number * size
        if start + _HEADER.size > len(self._data):
            raise Doubt(f"page {number} is beyond the end")
        said, _, _, overflow = _HEADER.unpack_from(self._data, start)
        end = start + (overflow + 1) * size
        if said != number or number + overflow >= self._meta.high_water or end > len(self._data):
            raise Doubt(f"page {number} is another one")
        return self._data[start:end]


def _leaf(file: _File, page: bytes) -> Iterator[tuple[bytes, bytes | Bucket]]:
    """The pairs of a leaf page, which may be the inline page of a bucket."""
    if len(page) < _HEADER.size:
        raise Doubt("a page is cut off")
    kind, count = _HEADER.unpack_from(page)[1:3]
    if kind != _LEAF or _HEADER.size + count * _LEAF_ELEMENT.size > len(page):
        raise Doubt("a page is no leaf")
    for index in range(count):
        at = _HEADER.size + index * _LEAF_ELEMENT.size
        flags, position, key_size, value_size = _LEAF_ELEMENT.unpack_from(page, at)
        start = at + position
        middle, end = start + key_size, start + key_size + value_size
        if end > len(page):
            raise Doubt("a value is cut off")
        value = page[middle:end]
        yield page[start:middle], _bucket(file, value) if flags & _BUCKET else value


def _bucket(file: _File, value: bytes) -> Bucket:
    if len(value) < _BUCKET_HEADER.size:
        raise Doubt("a bucket is cut off")
    return Bucket(file, _BUCKET_HEADER.unpack_from(value)[0], value[_BUCKET_HEADER.size :])


def _newest(data: bytes) -> _Meta:
    """The sound meta page with the higher transaction (db.go: meta)."""
    first = _meta(data, 0)
    sizes = (first.page_size,) if first else _PAGE_SIZES
    second = next((found for size in sizes if (found := _meta(data, size))), None)
    sound = [meta for meta in (first, second) if meta]
    if not sound:
        raise Doubt("no bbolt database")
    return max(sound, key=lambda meta: meta.transaction)


def _meta(data: bytes, at: int) -> _Meta | None:
    raw = data[at + _HEADER.size : at + _HEADER.size + META_BYTES]
    if len(raw) < META_BYTES:
        return None
    magic, version, page_size, _, root, _, _, high_water, number, checksum = _META.unpack(raw)
    if magic != MAGIC or version != VERSION or page_size not in _PAGE_SIZES or _fnv(raw[:56]) != checksum:
        return None
    return _Meta(page_size, root, high_water, number)


def _fnv(data: bytes) -> int:
    """FNV-1a with 64 bits (meta.go: sum64)."""
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value
