"""Which Host stands for what the person asked to look at."""

from __future__ import annotations

import os

from tui.node.host import Host
from tui.node.machine import Machine
from tui.node.rootdir import RootDir

POD_ROOT = "/host"
"""Where ``kubectl debug node/...`` puts the node's root."""


def open_host(root: str | None = None) -> Host:
    """The host for ``--root``; without it the machine, or in a debug pod the node around it.

    A directory is the node itself, not a dead copy, when it is the root directory of PID 1 of a process filesystem:
    then mounts come from that PID 1's table and files go through its root. A pod that may not enter that root sees
    the node's files only. Raises ``OSError`` when ``root`` is no directory.
    """
    if root is None:
        return _around(POD_ROOT) or (RootDir(POD_ROOT) if _in_a_pod() else Machine())
    if os.path.isdir(root) and os.path.samefile(root, "/"):
        return Machine()
    return _around(root) or RootDir(root)


def _in_a_pod() -> bool:
    """Whether a node's root lies at /host, and is not this machine's own."""
    system = os.path.join(POD_ROOT, "etc/os-release")
    return os.path.lexists(system) and not os.path.samefile(POD_ROOT, "/")


def _around(root: str) -> Machine | None:
    """The live node whose root directory ``root`` is: in a pod that shares its PID namespace, or its /proc below it."""
    for proc in (os.path.join(root, "proc"), "/proc"):
        try:
            same = os.path.samefile(f"{proc}/1/root/", root) and not os.path.samefile(root, "/")
        except OSError:
            continue
        if same:
            return Machine(proc, f"{proc}/1/root", "debug-pod", root)
    return None
