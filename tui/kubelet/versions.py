"""Kubelet versions: the minor number, and the minors at which the rules of disk GC change (kubelet-gc.md 5)."""

from __future__ import annotations

import re

OLDEST = 19
"""The oldest minor whose rules are known here."""
NEWEST = 36
"""The newest minor whose rules are known here; a newer kubelet is taken for this one."""

STRUCTURED_LOGS = 21
PERCENT_BOUND_FIXED = 21
NFS_PARTITIONS = 21
RECLAIM_RECHECKED = 22
ANCESTOR_FALLBACK = 23
PINNED_IMAGES = 23
NEW_FAILURE_TEXT = 26
CONTAINER_FS = 29
HARD_STATS_ERRORS = 29
MAX_AGE = 29
MAX_AGE_GUARDED = 30
HARD_EVICTION_GRACE = 31
CONTAINER_FS_RECLAIM = 32
INSUFFICIENT_TEXT = 35
MORE_FILESYSTEMS = 36

_VERSION = re.compile(r"(?:^|[^0-9A-Za-z.])v?1\.(\d{1,3})(?=$|[^0-9])")


def minor_of(text: str) -> int | None:
    """The N of ``1.N`` in ``Kubernetes v1.32.10``, ``v1.20.2``, ``1.29.3-gke.1``, ``v1.30``; None if there is none."""
    found = _VERSION.search(text)
    return int(found.group(1)) if found else None
