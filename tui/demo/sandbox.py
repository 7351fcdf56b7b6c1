"""The demo node's files: laid out from the package into a directory of their own, removed when the process ends."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

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


def lay_out(scenario: Scenario) -> str:
    """A new directory with the scenario's files; it is removed at exit."""
    directory = tempfile.mkdtemp(prefix="imagegc-demo-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
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
    return directory
