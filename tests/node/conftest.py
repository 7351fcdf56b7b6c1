"""Whether a real node can run here, and one lab for all node tests of a run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.node.lab import Lab

TOOLS = ("debootstrap", "systemd-nspawn", "mkfs.xfs", "mkfs.ext4", "losetup", "nsenter", "unshare", "dpkg-source")


def why_not() -> str:
    """Why the node tests cannot run here; empty if they can."""
    if os.geteuid() != 0:
        return "not root"
    if not Path("/etc/debian_version").exists():
        return "not Debian"
    if not Path("/dev/loop-control").exists():
        return "no loop devices"
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    return f"missing: {', '.join(missing)}" if missing else ""


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The run's lab; everything in it is gone afterwards, and that is asserted."""
    reason = why_not()
    if reason and os.environ.get("IMAGEGC_REQUIRE_NODE") == "1":
        pytest.fail(f"node tests are required and cannot run: {reason}")
    if reason:
        pytest.skip(f"node tests cannot run here: {reason}")
    with Lab() as made:
        made.base()
        yield made
    assert made.left_behind() == []
