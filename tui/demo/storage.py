"""What fills the demo node's disks: images, the pods that use them, and what they write."""

from __future__ import annotations

from dataclasses import dataclass, field

from tui.model import Usage

BLOCK = 4096


class NoSpace(Exception):
    """The disk is full (ENOSPC)."""


@dataclass
class Disk:
    """A filesystem; ``used`` in bytes, ``reserved`` blocks are root's own (ext4), never available."""

    blocks: int
    reserved: int
    files: int
    used: int = 0
    files_used: int = 0

    def usage(self) -> Usage:
        """What statfs says."""
        free = self.blocks - -(-self.used // BLOCK)
        return Usage(BLOCK, self.blocks, free, max(free - self.reserved, 0), self.files, self.files - self.files_used)

    @property
    def available(self) -> int:
        """Bytes that can still be written."""
        return self.usage().available

    def write(self, count: int) -> None:
        """Take ``count`` bytes; :class:`NoSpace` when they are not there (nothing is written then)."""
        if count > self.available:
            raise NoSpace
        self.used += count

    def delete(self, count: int) -> None:
        """Give ``count`` bytes back."""
        self.used -= count


@dataclass
class Image:
    """An image; ``size`` is what CRI says (its content), on disk are content and unpacked snapshot: twice that."""

    name: str
    image_id: str
    size: int

    @property
    def on_disk(self) -> int:
        """Bytes that the disk gets back."""
        return 2 * self.size


@dataclass
class Pod:
    """A pod on the node; ``ends``: when it is done, None for one that stays. ``written``: its writable layer."""

    name: str
    image: Image
    ends: float | None
    written: int = 0


@dataclass
class Store:
    """What containerd holds on the image disk."""

    disk: Disk
    images: list[Image] = field(default_factory=list)
    pods: list[Pod] = field(default_factory=list)

    def used_images(self) -> set[str]:
        """Ids of images that a container uses."""
        return {pod.image.image_id for pod in self.pods}

    def remove_image(self, image_id: str) -> None:
        """Delete content and snapshot."""
        image = next(each for each in self.images if each.image_id == image_id)
        self.images.remove(image)
        self.disk.delete(image.on_disk)

    def remove_pod(self, pod: Pod) -> None:
        """Delete its containers and their writable layers."""
        self.pods.remove(pod)
        self.disk.delete(pod.written)
