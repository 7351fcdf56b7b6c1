"""What lies under the real containerd's root, and what the disk really gets back when images go."""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.node.images import MIB, _add, _descriptor
from tests.node.lab import Lab
from tests.node.seed import IMAGES, ROOT_AFTER, SeedNode

CTR = ["ctr", "-n", "k8s.io"]
LOOK = """
import json, sys
sys.path.insert(0, "/opt/imagegc")
from tui.model import Image
from tui.node.machine import Machine
from tui.node.root_parts import given_back
from tui.node.under_root import Scan
host = Machine()
scan = Scan(host, sys.argv[1], host, 30.0)
scan.start()
scan.ended.wait(60)
found = scan.latest
images = tuple(Image(name, (name,), 0, False) for name in sys.argv[2:])
images = given_back(images, found.found, found.databases, found.said.whole)
print(json.dumps({"whole": found.said.whole, "parts": dict(found.said.parts), "blobs": len(found.said.arrivals),
    "notes": found.said.notes, "back": {image.id: image.gives_back.value for image in images},
    "shares": {image.id: dict(image.parts) for image in images}}))
"""


def layered_archive(path: Path, name: str, layers: list[bytes]) -> Path:
    """An OCI archive with these layers."""
    kinds = [_descriptor("layer", layer) for layer in layers]
    config = json.dumps(
        {
            "architecture": {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine),
            "os": "linux",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [kind["digest"] for kind in kinds]},
        }
    ).encode()
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": _descriptor("config", config),
            "layers": kinds,
        }
    ).encode()
    named = {**_descriptor("manifest", manifest), "annotations": {"io.containerd.image.name": name}}
    with tarfile.open(path, "w") as tar:
        _add(tar, "oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
        _add(tar, "index.json", json.dumps({"schemaVersion": 2, "manifests": [named]}).encode())
        for blob in (config, manifest, *layers):
            _add(tar, f"blobs/sha256/{str(_descriptor('layer', blob)['digest']).removeprefix('sha256:')}", blob)
    return path


def layer(name: str, mib: int) -> bytes:
    """A tar with files of random bytes below a directory of its own."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for number in range(4):
            entry = tarfile.TarInfo(f"{name}/{number}")
            entry.size = mib * MIB // 4
            tar.addfile(entry, io.BytesIO(os.urandom(entry.size)))
    return made.getvalue()


@pytest.fixture(scope="module")
def node(lab: Lab) -> Iterator[SeedNode]:
    made = SeedNode(lab, "under")
    try:
        made.boot()
        made.mount_images()
        made.move_root()
        base = layer("base", 60)
        for name, layers in (("a", [base, layer("a", 20)]), ("b", [base, layer("b", 30)]), ("c", [layer("c", 25)])):
            made.load(layered_archive(made.folder / "x.tar", f"localhost/{name}:1", layers))
        yield made
    finally:
        made.close()


def look(node: SeedNode) -> dict[str, Any]:
    names = [f"localhost/{name}:1" for name in "abc"]
    said: dict[str, Any] = json.loads(node.run(["/opt/imagegc/bin/python", "-c", LOOK, ROOT_AFTER, *names]))
    return said


def remove(node: SeedNode, name: str) -> int:
    """Remove an image under all its names, as CRI does, and say how many bytes the disk got back."""
    rows = [line.split() for line in node.run([*CTR, "images", "ls"]).splitlines()[1:]]
    digest = next(row[2] for row in rows if row[0] == name)
    names = [row[0] for row in rows if row[2] == digest]
    node.run(["sync", "-f", IMAGES])
    before = node.statfs(IMAGES)["available"]
    node.run([*CTR, "images", "rm", "--sync", *names])
    node.run(["sync", "-f", IMAGES])
    return node.statfs(IMAGES)["available"] - before


def test_parts_and_what_the_disk_gets_back(node: SeedNode) -> None:
    node.run(["sync", "-f", IMAGES])
    said = look(node)
    assert said["whole"] and said["notes"] == []
    whole = int(node.run(["du", "-s", "-x", "-B1", ROOT_AFTER]).split()[0])
    assert sum(size for size, _ in said["parts"].values()) == pytest.approx(whole, rel=0.001)
    assert "orphans" not in said["parts"]
    listed = node.run([*CTR, "content", "ls", "-q"]).split()
    assert said["blobs"] == len(listed)

    assert remove(node, "localhost/a:1") == pytest.approx(said["back"]["localhost/a:1"], rel=0.05)
    assert said["back"]["localhost/a:1"] < 60 * MIB, "the base layer stays with b"
    assert remove(node, "localhost/c:1") == pytest.approx(said["back"]["localhost/c:1"], rel=0.05)
    alone = look(node)["back"]["localhost/b:1"]
    assert alone > 2 * 90 * MIB, "now the base layer is b's alone"
    assert remove(node, "localhost/b:1") == pytest.approx(alone, rel=0.05)
