"""The demo node's files as a Reader: real content, with the times and devices that they have on the node."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

from tui.demo import tables
from tui.demo.sandbox import lay_out
from tui.demo.scenarios import BOOT_WALL, Scenario
from tui.model import FileStat
from tui.node.mountinfo import table_of
from tui.node.tree import Tree

INSTALLED_WALL = BOOT_WALL - 90 * 86400.0


class DemoFiles:
    """A sandbox directory; what is edited in it meanwhile is seen as edited on the node."""

    def __init__(self, scenario: Scenario, speed: float) -> None:
        """Lays the files out."""
        self.directory = lay_out(scenario)
        self._tree = Tree(self.directory)
        self._edited = edited_wall(scenario)
        self._opens_wall, self._speed = BOOT_WALL + scenario.opens, speed
        self._laid_out_wall = time.time()
        self._table = table_of(tables.mountinfo(()))

    def read(self, path: str) -> bytes:
        """See Reader."""
        return self._tree.read(path)

    def list(self, path: str) -> list[str]:
        """See Reader."""
        return self._tree.list(path)

    def realpath(self, path: str) -> str:
        """See Reader."""
        return self._tree.realpath(path)

    def stat(self, path: str, *, follow: bool = True) -> FileStat:
        """See Reader."""
        found = self._tree.stat(path, follow=follow)
        real = self._tree.realpath(path) if follow else path
        later = found.mtime_ns / 1e9 - self._laid_out_wall
        wall = self._opens_wall + later * self._speed if later > 0 else self._edited.get(real, INSTALLED_WALL)
        stamp = int(wall * 1e9)
        return replace(found, uid=0, gid=0, mtime_ns=stamp, ctime_ns=stamp, dev=self.device(real))

    def device(self, path: str) -> tuple[int, int]:
        """The device number of the filesystem that holds a path."""
        held = self._table.holder(path)
        assert held is not None  # "/" is always there
        return held.dev


def edited_wall(scenario: Scenario) -> Mapping[str, float]:
    """When files were last changed, wall clock; all others when the node was installed.

    What was edited was edited shortly before the daemon that reads it started, as a careful person does.
    """
    containerd, kubelet = BOOT_WALL + scenario.containerd, BOOT_WALL + scenario.kubelet
    if scenario.mounted < scenario.kubelet:
        containerd = BOOT_WALL
    return {
        "/etc/containerd/config.toml": containerd - 40,
        "/etc/kubernetes/kubelet-config.yaml": kubelet - 25,
    }
