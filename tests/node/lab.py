"""A lab: the scratch space of one test run, with reflinks, and everything in it torn down at the end.

Disks' backing files lie on an xfs (reflink=1) of the lab's own, so that copying one, at an instant while a node runs on
it, costs milliseconds. That file system's mount is shared and every node runs in a slave mount namespace: a node that
starts while another's lab is mounted lets go of it when that lab ends (facts/node-lab.md 4).
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from pathlib import Path
from types import TracebackType

from tests.node import cache, leftovers, wheel
from tests.node.disks import Disk, attach, clone, detach, sparse
from tests.node.interrupts import Interrupts
from tests.node.shell import run

STORE_SIZE = 100 << 30


class Lab:
    """``with Lab() as lab``: nodes are made by :class:`tests.node.node.Node` and register themselves here.

    SIGINT and SIGTERM close it too (:mod:`tests.node.interrupts`); ``python -m tests.node.cleanup`` takes away what
    SIGKILL leaves.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=leftovers.PREFIX, dir=leftovers.parent()))
        leftovers.own(self.folder)
        self.name = self.folder.name.removeprefix(leftovers.PREFIX)
        self.store = self.folder / "store"
        self.closed = False
        self._interrupts = Interrupts(self.end)
        self._lock = threading.Lock()
        self._disks: list[Disk] = []
        self._closers: list[object] = []
        self._base: Path | None = None

    def __enter__(self) -> Lab:
        try:
            self._interrupts.__enter__()
            self.store.mkdir()
            self._loop = attach(sparse(self.folder / "store.xfs", STORE_SIZE))
            run(["mkfs.xfs", "-q", "-K", "-m", "reflink=1", self._loop.device])
            run(["mount", self._loop.device, self.store])
            run(["mount", "--make-shared", self.store])
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def register(self, closer: object) -> None:
        """Something with ``close()`` that must end before the disks do."""
        self._closers.append(closer)

    def disk(self, label: str, size: int, fstype: str = "") -> Disk:
        """A new sparse disk on a loop device, with a file system if ``fstype`` ("ext4", "xfs", "btrfs") is given."""
        made = self._attach(sparse(self._image(label), size))
        if fstype:
            force = ["-F"] if fstype == "ext4" else ["-f"]
            run([f"mkfs.{fstype}", "-q", *force, made.device])
        return made

    def copy(self, source: Path, label: str) -> Disk:
        """A disk that begins as a reflink copy of a backing file of this lab."""
        return self._attach(clone(source, self._image(label)))

    def discard(self, prefix: str) -> None:
        """Take away the disks whose labels begin so; their node has been closed."""
        for disk in [each for each in self._disks if each.path.name.startswith(prefix)]:
            detach(disk)
            self._disks.remove(disk)

    def _image(self, label: str) -> Path:
        if self.closed:
            raise RuntimeError("this lab has ended")
        return self.store / f"{label}.img"

    def _attach(self, image: Path) -> Disk:
        made = attach(image)
        self._disks.append(made)
        return made

    def base(self) -> Path:
        """The root file system that every node's disk begins as: base tree, kubelet and imagegc's wheel installed."""
        with self._lock:
            if self._base is None:
                image = self.store / "base.img"
                run(["cp", "--sparse=always", cache.base_image(), image])
                _install(image, self.folder / "stage", self.folder / "mnt-base")
                self._base = image
        return self._base

    def adopt(self, image: Path) -> None:
        """Take another lab's base image instead of making one."""
        run(["cp", "--sparse=always", image, self.store / "base.img"])
        self._base = self.store / "base.img"

    def end(self) -> None:
        """Close at once, whatever the other threads are doing: their commands on it are killed."""
        self.closed = True
        leftovers.kill_children(self.folder)
        self.close()

    def close(self) -> None:
        """End nodes, unmount, detach and delete, whatever happened; safe to call twice."""
        self.closed = True
        for closer in reversed(self._closers):
            closer.close()  # type: ignore[attr-defined]  # by register()'s contract
        self._closers.clear()
        for disk in self._disks:
            detach(disk)
        self._disks.clear()
        if os.path.ismount(self.store):
            run(["umount", self.store], check=False)
        if os.path.ismount(self.store):
            run(["umount", "-l", self.store])
        if hasattr(self, "_loop"):
            detach(self._loop)
        shutil.rmtree(self.folder, ignore_errors=True)
        self._interrupts.__exit__(None, None, None)

    def left_behind(self) -> list[str]:
        """Loop devices, mounts and processes that still name this lab; empty after :meth:`close`."""
        return leftovers.of(self.folder)


def _install(image: Path, stage: Path, mountpoint: Path) -> None:
    """Put the kubelet and the wheel into the base image, in a mount namespace that ends with it."""
    stage.mkdir()
    mountpoint.mkdir()
    shutil.copy2(cache.kubelet(), stage / "kubelet")
    shutil.copytree(wheel.wheelhouse(), stage / "wheels")
    script = """set -e
    mount -o loop "$1" "$2"
    install -D -m 755 "$3/kubelet" "$2/usr/local/bin/kubelet"
    cp -a "$3/wheels" "$2/opt/wheels"
    mount -t proc proc "$2/proc"
    chroot "$2" python3 -m venv /opt/imagegc
    chroot "$2" /opt/imagegc/bin/pip install -q --no-index --find-links /opt/wheels imagegc
    rm -rf "$2/opt/wheels"
    ln -s /opt/imagegc/bin/imagegc "$2/usr/local/bin/imagegc"
    umount "$2/proc" "$2"
    """
    run(["unshare", "-m", "sh", "-c", script, "sh", image, mountpoint, stage], timeout=300)
    shutil.rmtree(stage)
