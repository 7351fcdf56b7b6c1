"""A power cut keeps what was synced and loses what was not, and a node boots from what is left."""

from __future__ import annotations

from pathlib import Path

from tests.node import views
from tests.node.lab import Lab
from tests.node.node import Node

WRITE = """
import os, sys
for name, sync in (("synced", True), ("unsynced", False)):
    fd = os.open(f"/root/cut/{name}", os.O_CREAT | os.O_WRONLY)
    os.write(fd, name.encode() * 1000)
    if sync:
        os.fsync(fd)
    os.close(fd)
"""


def test_only_what_was_synced_survives_and_the_rest_boots(lab: Lab, tmp_path: Path) -> None:
    node = Node(lab, "cut")
    try:
        node.boot()
        node.run(["sh", "-c", "mkdir /root/cut && sync"])
        node.run(["python3", "-c", WRITE])
        cut = node.cut("power")
        assert set(cut) == set(node.disks) == {"root"}
        assert node.read("/root/cut/unsynced") == "unsynced" * 1000, "the node itself runs on"
    finally:
        node.close()
    found = views.files_of(cut["root"], tmp_path / "mnt", "root/cut")
    assert found["synced"] == b"synced" * 1000
    assert found.get("unsynced", b"") == b""
    again = Node(lab, "cut-again", root=cut["root"])
    try:
        assert again.boot() < 15
        assert again.read("/root/cut/synced") == "synced" * 1000
        assert again.run(["systemctl", "is-active", "containerd"]) == "active\n"
    finally:
        again.close()
