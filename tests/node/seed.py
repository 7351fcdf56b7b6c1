"""The seed's node, scaled: a 6 GiB root disk, a 4 GiB image disk, containerd, a kubelet, one real pod."""

from __future__ import annotations

import json
from typing import Any

from tests.node import files, images
from tests.node.lab import Lab
from tests.node.node import Node

GIB = 1 << 30
IMAGES = "/mnt/images"
ROOT_BEFORE = "/var/lib/containerd"
ROOT_AFTER = "/mnt/images/containerd"


class SeedNode(Node):
    """A node of the seed; :meth:`start` leaves it with containerd on its root disk, a kubelet and a running pod."""

    def __init__(self, lab: Lab, name: str, *, image_size: int = 4 * GIB, fstype: str = "ext4") -> None:
        super().__init__(lab, name, disks={"images": lab.disk(f"{name}-images", image_size, fstype)})
        self.put("/etc/containerd/config.toml", files.CONTAINERD_1.format(root=ROOT_BEFORE))
        self.put("/etc/kubernetes/manifests/pod1.yaml", files.POD.format(name="pod1"))

    def with_kubelet(self, *, locked: bool = False, verbosity: int = 2, extra: str = "") -> SeedNode:
        """Give it the real kubelet, in the open or the locked dress, with more configuration lines."""
        for path, text in files.kubelet(locked=locked, verbosity=verbosity, extra=extra).items():
            self.put(path, text)
        return self

    def start(self) -> float:
        """Boot, bring the pod's images, start the kubelet, wait for the pod; returns the boot's seconds."""
        took = self.boot()
        self.load(images.busybox_archive(self.folder / "busybox.tar"))
        self.run(["systemctl", "start", "kubelet"])
        self.wait_pod()
        return took

    def load(self, archive: Any) -> None:
        """Import an archive from the machine into the node's containerd."""
        with open(archive, "rb") as handle:
            self.run(["sh", "-c", "cat > /tmp/import.tar"], stdin=handle.read())
        self.run(["ctr", "-n", "k8s.io", "images", "import", "/tmp/import.tar"], timeout=300)
        self.run(["rm", "/tmp/import.tar"])

    def import_image(self, name: str, mib: int) -> None:
        """An unused image of ``mib`` MiB of random bytes."""
        archive = images.big_archive(self.folder / "image.tar", name, mib)
        self.load(archive)
        archive.unlink()

    def image_names(self) -> list[str]:
        """Names of the images that containerd lists for Kubernetes."""
        return self.run(["ctr", "-n", "k8s.io", "images", "ls", "-q"]).split()

    def wait_pod(self, timeout: float = 60) -> int:
        """Wait for pod1's process; its pid inside the node."""
        found = self.wait_for(["pgrep", "-f", "busybox sleep 1000000"], timeout)
        return int(found.split()[-1])

    def mount_images(self) -> None:
        """Mount the image disk by hand, as the seed's author did."""
        self.run(["mkdir", "-p", IMAGES])
        self.run(["mount", self.device("images"), IMAGES])

    def move_root(self, config: str = files.CONTAINERD_1) -> None:
        """Point containerd at the image disk and restart containerd only; the pod's images are brought again."""
        self.run(["mkdir", "-p", ROOT_AFTER])
        self.write("/etc/containerd/config.toml", config.format(root=ROOT_AFTER))
        self.run(["systemctl", "restart", "containerd"])
        self.load(images.busybox_archive(self.folder / "busybox.tar"))

    def statfs(self, path: str) -> dict[str, int]:
        """capacity, available, inodes and free inodes at a path, asked of the node's kernel."""
        code = (
            "import os,json,sys; s=os.statvfs(sys.argv[1]);"
            "print(json.dumps(dict(capacity=s.f_frsize*s.f_blocks,available=s.f_frsize*s.f_bavail,"
            "inodes=s.f_files,inodes_free=s.f_ffree,block=s.f_frsize)))"
        )
        result: dict[str, int] = json.loads(self.run(["python3", "-c", code, path]))
        return result

    def leave_available(self, path: str, available: int) -> None:
        """Fill the filesystem of ``path`` with one file until this many bytes are available, to the block."""
        self.run(["sync", "-f", path])
        now = self.statfs(path)
        excess = now["available"] - available
        if excess <= 0:
            raise RuntimeError(f"{path} has only {now['available']} bytes left, {available} wanted")
        self.run(["fallocate", "-o", "0", "-l", str(excess), f"{path}/filler"])
        for _ in range(20):
            self.run(["sync", "-f", path])
            rest = self.statfs(path)["available"] - available
            if rest == 0:
                return
            size = int(self.run(["stat", "-c", "%s", f"{path}/filler"]))
            if rest > 0:
                self.run(["fallocate", "-o", str(size), "-l", str(rest), f"{path}/filler"])
            else:
                self.run(["truncate", "-s", str(size + rest), f"{path}/filler"])
        raise RuntimeError(f"could not leave exactly {available} bytes on {path}")

    def report(self, *options: str) -> dict[str, Any]:
        """``imagegc report --json`` as the node's root sees it, whatever its exit code."""
        text = self.run(["imagegc", "report", "--json", *options], check=False, timeout=60)
        document: dict[str, Any] = json.loads(text)
        return document
