"""Images for the node's containerd: OCI archives of busybox, and of random bytes as large as wanted."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from pathlib import Path

from tests.node import cache

PAUSE = "registry.k8s.io/pause:3.6"
BUSYBOX = "localhost/busybox:1"
MIB = 1 << 20


def busybox_archive(path: Path, *names: str, command: tuple[str, ...] = ("sleep", "1000000")) -> Path:
    """An OCI archive with static busybox at /bin/busybox, under each of the names (default: pod and pause image)."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        entry = tarfile.TarInfo("bin/busybox")
        data = cache.busybox().read_bytes()
        entry.size, entry.mode = len(data), 0o755
        tar.addfile(entry, io.BytesIO(data))
    return _archive(path, layer.getvalue(), names or (BUSYBOX, PAUSE), ["/bin/busybox", *command])


def big_archive(path: Path, name: str, mib: int) -> Path:
    """An OCI archive with one layer of ``mib`` MiB of random bytes; unused, it takes about twice that on disk."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        entry = tarfile.TarInfo("data")
        entry.size = mib * MIB
        tar.addfile(entry, io.BytesIO(os.urandom(mib * MIB)))
    return _archive(path, layer.getvalue(), (name,), ["/data"])


def _archive(path: Path, layer: bytes, names: tuple[str, ...], command: list[str]) -> Path:
    digest = hashlib.sha256(layer).hexdigest()
    config = json.dumps(
        {
            "architecture": {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine),
            "os": "linux",
            "config": {"Entrypoint": command},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        }
    ).encode()
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": _descriptor("config", config),
            "layers": [_descriptor("layer", layer)],
        }
    ).encode()
    index = json.dumps(
        {
            "schemaVersion": 2,
            "manifests": [
                {**_descriptor("manifest", manifest), "annotations": {"io.containerd.image.name": name}}
                for name in names
            ],
        }
    ).encode()
    with tarfile.open(path, "w") as tar:
        _add(tar, "oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
        _add(tar, "index.json", index)
        for blob in (config, manifest, layer):
            _add(tar, f"blobs/sha256/{hashlib.sha256(blob).hexdigest()}", blob)
    return path


KINDS = {
    "config": "application/vnd.oci.image.config.v1+json",
    "layer": "application/vnd.oci.image.layer.v1.tar",
    "manifest": "application/vnd.oci.image.manifest.v1+json",
}


def _descriptor(kind: str, blob: bytes) -> dict[str, object]:
    return {"mediaType": KINDS[kind], "digest": f"sha256:{hashlib.sha256(blob).hexdigest()}", "size": len(blob)}


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    tar.addfile(entry, io.BytesIO(data))
