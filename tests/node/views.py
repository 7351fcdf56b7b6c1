"""Other ways to look at a node than as its root: a debug pod, another user, the root directory from outside."""

from __future__ import annotations

import io
import json
import os
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.node.node import Node
from tests.node.shell import run

CHECKOUT = Path(__file__).resolve().parents[2]
IMAGEGC = "/opt/imagegc/bin/imagegc"

POD = """set -e
mkdir -p /run/pod
mount -t tmpfs tmpfs /run/pod
cd /run/pod
mkdir -p usr opt etc proc dev tmp host old
for link in bin sbin lib lib64; do ln -s usr/$link $link; done
mount --bind /usr usr
mount --bind /opt opt
mount --bind /dev dev
mount -t proc proc proc
mount --rbind / host
pivot_root . old
umount -l old
exec sleep 100000
"""
"""A pod's own root; hostPID: a /proc of the node's process namespace; the node's root at /host, propagation private."""


class DebugPod:
    """What ``kubectl debug node/...`` makes, without a chroot; it sees the mounts of the moment it was made."""

    def __init__(self, node: Node) -> None:
        self.node = node
        orders = 'setsid unshare -m --propagation private sh -c "$1" >/dev/null 2>/tmp/pod.log </dev/null & echo $!'
        self.pid = int(node.run(["sh", "-c", orders, "sh", POD]))
        node.wait_for(["cat", f"/proc/{self.pid}/comm"], pattern="sleep")

    def run(self, words: Sequence[str], *, check: bool = True) -> str:
        """Run a command in the pod."""
        return self.node.run(["nsenter", "-t", str(self.pid), "-m", "-r", "-w", *words], check=check)

    def mountpoints(self) -> list[str]:
        """The pod's own mount table."""
        return [row.split()[4] for row in self.run(["cat", "/proc/self/mountinfo"]).splitlines()]

    def report(self) -> dict[str, Any]:
        """``imagegc report --json`` in the pod."""
        return dict(json.loads(self.run([IMAGEGC, "report", "--json"], check=False)))


def report_as_user(node: Node, uid: int = 1000) -> dict[str, Any]:
    """``imagegc report --json`` inside the node as a user without any rights."""
    who = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
    return dict(json.loads(node.run([*who, IMAGEGC, "report", "--json"], check=False)))


def report_from_outside(node: Node) -> dict[str, Any]:
    """The checkout's report on the running node's root directory, in the namespace in which its disk is mounted."""
    script = 'cd "$1" && exec "$2" -m tui report --json --root "$3"'
    enter = ["nsenter", "-t", str(node.outer_pid), "-m", "sh", "-c", script, "sh"]
    return dict(json.loads(run([*enter, CHECKOUT, sys.executable, node.mount], check=False)))


def report_on_copy(image: Path, mountpoint: Path) -> dict[str, Any]:
    """The checkout's report on a root disk that no node runs on, mounted read-only in a namespace of its own."""
    mountpoint.mkdir(exist_ok=True)
    script = 'mount -o loop,ro,noload "$1" "$2" && cd "$3" && exec "$4" -m tui report --json --root "$2"'
    words = ["unshare", "-m", "sh", "-c", script, "sh"]
    return dict(json.loads(run([*words, image, mountpoint, CHECKOUT, sys.executable], check=False)))


def files_of(image: Path, mountpoint: Path, directory: str) -> dict[str, bytes]:
    """The files in a directory of a disk as it is found after a power cut: mounted, so that its journal is replayed."""
    mountpoint.mkdir(exist_ok=True)
    script = 'mount -o loop "$1" "$2" && tar c -C "$2/$3" .'
    data = run(["unshare", "-m", "sh", "-c", script, "sh", image, mountpoint, directory])
    with tarfile.open(fileobj=io.BytesIO(os.fsencode(data))) as tar:
        return {entry.name[2:]: tar.extractfile(entry).read() for entry in tar if entry.isfile()}  # type: ignore[union-attr]
