"""The demo node's files: laid out from the package into a directory of their own, removed when the process ends."""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import tempfile
import time
from contextlib import suppress

from tui.demo.scenarios import Scenario

DIRECTORIES = (
    "mnt/images/io.containerd.metadata.v1.bolt",
    "mnt/images/io.containerd.content.v1.content",
    "mnt/images/io.containerd.snapshotter.v1.overlayfs",
    "run/containerd",
    "var/lib/containerd",
    "var/lib/kubelet/pods",
    "var/log/pods",
    "etc/kubernetes/manifests",
)
EMPTY = (
    "mnt/images/io.containerd.metadata.v1.bolt/meta.db",
    "mnt/images/io.containerd.snapshotter.v1.overlayfs/metadata.db",
    "usr/lib/systemd/libsystemd-shared-249.so",
)
LINKS = {"lib": "usr/lib"}


PREFIX = "imagegc-demo-"
YOUNG_S = 60.0
"""A directory that is younger may still be in the making."""


def lay_out(scenario: Scenario) -> str:
    """The root of a new node with the scenario's files; it is removed at exit, or by the next demo after a kill."""
    _sweep()
    own = tempfile.mkdtemp(prefix=PREFIX)
    atexit.register(shutil.rmtree, own, ignore_errors=True)
    lock = os.open(os.path.join(own, "lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC)  # open, and so held, to the end
    fcntl.flock(lock, fcntl.LOCK_EX)
    directory = os.path.join(own, "root")
    os.mkdir(directory, 0o755)
    _fill(directory, scenario)
    return directory


def _sweep() -> None:
    """Remove what demo nodes left behind that were killed: our own directories whose lock nobody holds any more."""
    for entry in os.scandir(tempfile.gettempdir()):
        if not entry.name.startswith(PREFIX):
            continue
        with suppress(OSError):  # gone meanwhile, held, or another's: not ours to remove
            found = entry.stat(follow_symlinks=False)
            if found.st_uid != os.geteuid() or time.time() - found.st_mtime < YOUNG_S:
                continue
            lock = os.open(os.path.join(entry.path, "lock"), os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(entry.path, ignore_errors=True)
            finally:
                os.close(lock)


def _fill(directory: str, scenario: Scenario) -> None:
    for name in ("base", scenario.name):
        source = os.path.join(os.path.dirname(__file__), "node", name)
        shutil.copytree(source, directory, copy_function=shutil.copyfile, dirs_exist_ok=True)
    for path in DIRECTORIES:
        os.makedirs(os.path.join(directory, path), exist_ok=True)
    for path in EMPTY:
        with open(os.path.join(directory, path), "wb"):
            pass
    for path, target in LINKS.items():
        os.symlink(target, os.path.join(directory, path))
