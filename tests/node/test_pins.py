"""What newer containerds pin, against ctr's labels; without a kubelet, on a root and a socket of their own."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.node import cache, images
from tests.node.able import why_not
from tui.node.cri import ask
from tui.node.host import NoAnswer

COMMON = """root = "{base}/root"
state = "{base}/state"
[grpc]
address = "{base}/c.sock"
"""
CONFIG = {
    "1.7": 'version = 2\ndisabled_plugins = ["io.containerd.internal.v1.opt"]\n'
    + COMMON
    + """[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "localhost/pause:1"
[plugins."io.containerd.grpc.v1.cri".cni]
conf_dir = "{base}/cni"
bin_dir = "{base}/cni-bin"
""",
    "2.1": 'version = 3\ndisabled_plugins = ["io.containerd.internal.v1.opt"]\n'
    + COMMON
    + """[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "localhost/pause:1"
[plugins."io.containerd.cri.v1.runtime".cni]
conf_dir = "{base}/cni"
bin_dirs = ["{base}/cni-bin"]
""",
}


@pytest.fixture(params=CONFIG)
def ctr(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[str]]:
    """The ctr of a running containerd, with its socket after ``--address``; two images are there."""
    reason = why_not()
    if reason and os.environ.get("IMAGEGC_REQUIRE_NODE") == "1":
        pytest.fail(f"node tests are required and cannot run: {reason}")
    if reason:
        pytest.skip(f"node tests cannot run here: {reason}")
    base = tmp_path
    programs = cache.containerd(request.param) / "usr" / "bin"
    (base / "config.toml").write_text(CONFIG[request.param].format(base=base))
    with open(base / "log", "wb") as log:
        words = [str(programs / "containerd"), "-c", str(base / "config.toml")]
        daemon = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    words = [str(programs / "ctr"), "--address", f"{base}/c.sock"]
    try:
        _wait(base / "c.sock")
        for name in ("pause", "other"):
            archive = images.big_archive(base / f"{name}.tar", f"localhost/{name}:1", 1)
            subprocess.run([*words, "-n", "k8s.io", "images", "import", str(archive)], check=True, capture_output=True)
        yield words
    finally:
        daemon.terminate()
        daemon.wait(20)


def _wait(socket: Path) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            ask(str(socket), timeout=2, wall=0)
            return
        except NoAnswer:
            assert time.monotonic() < deadline, (socket.parent / "log").read_text()[-2000:]
            time.sleep(0.2)


def test_pinned_images_are_those_that_ctr_labels(ctr: list[str]) -> None:
    pinned: set[str] = set()
    deadline = time.monotonic() + 10
    while not pinned and time.monotonic() < deadline:  # the CRI plugin labels them a moment after the import
        listed = subprocess.run([*ctr, "-n", "k8s.io", "images", "ls"], check=True, capture_output=True, text=True)
        pinned = {row.split()[0] for row in listed.stdout.splitlines() if "io.cri-containerd.pinned=pinned" in row}
        time.sleep(0.2)
    answer = ask(ctr[-1], timeout=5, wall=0)
    assert answer.api == "v1" and len(answer.images) == 2
    assert {name for one in answer.images if one.pinned for name in one.names} == {"localhost/pause:1"}
    assert {one.id for one in answer.images if one.pinned} | {"localhost/pause:1"} == pinned
    assert [one.eligible for one in answer.images if one.names == ("localhost/other:1",)] == [True]
