"""``Filesystem partitions: map[...]``: the device table of a kubelet, as Go prints it (cAdvisor fs/fs.go NewFsInfo)."""

from __future__ import annotations

import re

from tui.model import Partition

PREFIX = "Filesystem partitions: map["

_HEAD = ":{mountpoint:"
_TAIL = re.compile(r" major:(\d{1,9}) minor:(\d{1,9}) fsType:([^ }]*) blockSize:\d+(?: \w+:[^ }]*)*\}([ \]]|$)")


def read_partitions(text: str) -> tuple[tuple[Partition, ...], bool]:
    """The rows of the line's text after the klog header, and whether they are the whole, credible table.

    Nothing in the line is quoted. Spaces, braces and brackets in a mountpoint are no trouble; a mountpoint that
    imitates the end of a row could forge one. Go prints the keys sorted and each once, and a tmpfs goes by its
    mountpoint: a table that breaks this, or that was cut, is not whole (False).
    """
    if not text.startswith(PREFIX):
        return (), False
    rows: list[Partition] = []
    position, end = len(PREFIX), ""
    if text[position:].strip() == "]":
        return (), True
    while end != "]":
        head = text.find(_HEAD, position)
        tail = _TAIL.search(text, head) if head >= 0 else None
        if not tail:
            break
        mountpoint = text[head + len(_HEAD) : tail.start()]
        major, minor, fstype, end = tail.groups()
        rows.append(Partition(text[position:head], mountpoint, (int(major), int(minor)), fstype))
        position = tail.end()
    whole = end == "]" and not text[position:].strip()
    return tuple(rows), whole and _credible(rows)


def _credible(rows: list[Partition]) -> bool:
    keys = [row.device.encode(errors="surrogateescape") for row in rows]
    ordered = all(first < second for first, second in zip(keys, keys[1:], strict=False))
    return ordered and all(row.device == row.mountpoint for row in rows if row.fstype == "tmpfs")
