"""What lies under containerd's root (containerd-root.md 2.3)."""

from __future__ import annotations

UNDER_ROOT: dict[str, str] = {
    "io.containerd.content.v1.content": "compressed image layers and manifests",
    "io.containerd.metadata.v1.bolt": "database of images, containers and leases",
    "io.containerd.grpc.v1.cri": "pod sandbox files and image volume data",
    "io.containerd.runtime.v2.task": "task directories",
    "io.containerd.sandbox.controller.v1.shim": "sandbox directories",
    "io.containerd.grpc.v1.introspection": "identity of this containerd",
    "opt": "binaries installed by the opt plugin",
    "tmpmounts": "temporary mounts",
}
SNAPSHOTS = "unpacked image layers and container files"


def holds(name: str) -> str:
    """In words what an entry of the root holds; "" for one that containerd did not make."""
    if name.startswith("io.containerd.snapshotter.v1."):
        return f"{SNAPSHOTS} ({name.rpartition('.')[2]})"
    return UNDER_ROOT.get(name, "")
