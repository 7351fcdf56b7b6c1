"""Backing files and loop devices."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from tests.node.shell import run


@dataclass(frozen=True)
class Disk:
    """A backing file on a loop device; ``minor`` is its number (the major is 7)."""

    path: Path
    device: str
    minor: int


def sparse(path: Path, size: int) -> Path:
    """A file of ``size`` bytes that takes no space yet."""
    with open(path, "wb") as handle:
        handle.truncate(size)
    return path


def clone(source: Path, target: Path) -> Path:
    """A reflink copy: only what had reached the block device at that instant is in it."""
    run(["cp", "--reflink=always", source, target])
    return target


def attach(path: Path) -> Disk:
    """The file on a free loop device."""
    device = run(["losetup", "-f", "--show", path]).strip()
    return Disk(path, device, os.minor(os.stat(device).st_rdev))


def detach(disk: Disk, patience: float = 20) -> None:
    """Let the loop device go; waits for the last user of it, and removes the backing file."""
    deadline = time.monotonic() + patience
    while str(disk.path) in run(["losetup", "-n", "-O", "BACK-FILE", disk.device], check=False):
        run(["losetup", "-d", disk.device], check=False)
        if time.monotonic() > deadline:
            break
        time.sleep(0.1)
    disk.path.unlink(missing_ok=True)


def unplug(disk: Disk) -> None:
    """Take the disk away under its users: the device is left with no sectors, every access fails with EIO."""
    os.truncate(disk.path, 0)
    run(["losetup", "-c", disk.device])
