"""Asking over CRI: what is taken from an answer, and what is said when there is none."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.unit.fake_cri import answers, listener, runtime
from tui.demo.node import DemoHost
from tui.model import ContainerUse, ImageFs, RuntimeAnswer
from tui.node import cri_pb2 as pb
from tui.node.asking import Asker
from tui.node.cri import ask
from tui.node.host import NoAnswer
from tui.node.machine import Machine
from tui.node.survey import Surveyor

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = b"\0\0\0\x04\0\0\0\0\0"


@pytest.fixture
def path() -> Iterator[Path]:
    """A socket's path that is short enough for the kernel, whatever pytest's own directory is called."""
    with TemporaryDirectory(prefix="cri-") as directory:
        yield Path(directory) / "c.sock"


def image(number: int, *, pinned: bool = False, tags: tuple[bytes, ...] = ()) -> pb.Image:
    return pb.Image(id=b"sha256:%064d" % number, repo_tags=tags, size=1000 + number, pinned=pinned)


def container(
    number: int, state: int, *, image_id: bytes = b"", image_ref: bytes = b"", pod: bytes = b""
) -> pb.Container:
    return pb.Container(
        id=b"c%d" % number,
        pod_sandbox_id=pod,
        metadata=pb.ContainerMetadata(name=b"name%d" % number),
        image_id=image_id,
        image_ref=image_ref,
        state=pb.ContainerState.Name(state),
    )


def sandbox(name: bytes) -> pb.PodSandbox:
    return pb.PodSandbox(id=b"id-" + name, metadata=pb.PodSandboxMetadata(name=name, namespace=b"ns"))


def test_images_and_who_uses_them(path: Path) -> None:
    one, two, three = image(1, tags=(b"docker.io/a:1", b"docker.io/a:2")), image(2), image(3, pinned=True)
    one.repo_digests.append(b"docker.io/a@sha256:0")
    containers = [
        container(1, pb.CONTAINER_RUNNING, image_ref=one.id, pod=b"id-pod1"),
        container(2, pb.CONTAINER_EXITED, image_ref=one.id, pod=b"gone"),
        container(3, pb.CONTAINER_CREATED, image_id=two.id, image_ref=b"docker.io/b@sha256:1", pod=b"id-pod1"),
        container(4, pb.CONTAINER_UNKNOWN, image_ref=b"docker.io/c@sha256:1", pod=b"id-pod1"),
    ]
    with runtime(path, answers([one, two, three], containers, [sandbox(b"pod1")])):
        found = ask(f"unix://{path}", timeout=5, wall=12.5)
    assert (found.api, found.name, found.version, found.wall) == ("v1", "containerd", "1.6.20~ds1", 12.5)
    assert (found.containers, found.sandboxes) == (4, 1)
    assert found.imagefs == (ImageFs("/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs", 12345, 67),)
    assert found.containerfs == ()
    first, second, third = found.images
    assert first.names == ("docker.io/a:1", "docker.io/a:2", "docker.io/a@sha256:0")
    assert first.used_by == (ContainerUse("ns", "pod1", "name1", "running"), ContainerUse("", "", "name2", "exited"))
    assert second.used_by == (ContainerUse("ns", "pod1", "name3", "created"),)
    assert (third.used_by, third.pinned, third.size) == ((), True, 1003)
    assert [one.eligible for one in found.images] == [False, False, False]


def test_an_old_runtime_is_asked_by_the_old_name(path: Path) -> None:
    with runtime(path, answers([image(1)], [], []), "v1alpha2") as asked:
        found = ask(str(path), timeout=5, wall=0)
    assert found.api == "v1alpha2" and len(found.images) == 1 and found.images[0].eligible
    assert asked[:2] == ["/runtime.v1.RuntimeService/Version", "/runtime.v1alpha2.RuntimeService/Version"]


def test_two_thousand_images_with_many_names(path: Path) -> None:
    names = tuple(b"registry.example/" + b"x" * 200 + b":%d" % n for n in range(20))
    given = answers([image(n, tags=names) for n in range(2000)], [], [])
    assert len(given["ImageService/ListImages"].SerializeToString()) > 8 << 20  # type: ignore[union-attr]  # a message
    with runtime(path, given):
        began = time.monotonic()
        found = ask(str(path), timeout=5, wall=0)
    assert len(found.images) == 2000 and sum(one.size for one in found.images) == 2000 * 1000 + sum(range(2000))
    assert time.monotonic() - began < 3


def test_more_than_the_kubelet_takes(path: Path) -> None:
    given = answers([image(n, tags=(b"x" * 20000,)) for n in range(1000)], [], [])
    with runtime(path, given), pytest.raises(NoAnswer, match="larger than 16 MiB"):
        ask(str(path), timeout=5, wall=0)


def test_hostile_names(path: Path) -> None:
    names = (b"\xff\xfe[/red]\x1b]0;x\x07\n", b"", b"\xe2\x80\xae")
    with runtime(path, answers([image(1, tags=names)], [], [])):
        found = ask(str(path), timeout=5, wall=0)
    assert found.images[0].names == ("\udcff\udcfe[/red]\x1b]0;x\x07\n", "", "\u202e")


def test_no_cri_behind_the_socket(path: Path) -> None:
    with runtime(path, {}), pytest.raises(NoAnswer, match="speaks no CRI of v1 or v1alpha2"):
        ask(str(path), timeout=5, wall=0)


def test_an_answer_that_is_garbage(path: Path) -> None:
    given = {**answers([], [], []), "ImageService/ListImages": b"\x0a\xff\xff\xff\xff\x0f"}
    with runtime(path, given), pytest.raises(NoAnswer, match="ListImages cannot be read"):
        ask(str(path), timeout=5, wall=0)


def _silent(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def _settles_and_is_silent(connection: socket.socket) -> None:
    connection.sendall(SETTINGS)
    _silent(connection)


def _closes_mid_answer(connection: socket.socket) -> None:
    connection.sendall(SETTINGS)
    while b"Version" not in (data := connection.recv(65536)) and data:
        pass
    connection.sendall(b"\0\0\x10\0\0\0\0\0\x01half")  # the head of a frame of 16 bytes, and 4 of them


@pytest.mark.parametrize("serve", [_silent, _settles_and_is_silent])
def test_silence_is_bounded(path: Path, serve: object) -> None:
    began = time.monotonic()
    with listener(path, serve), pytest.raises(NoAnswer, match="silent"):  # type: ignore[arg-type]  # one of the two
        ask(str(path), timeout=0.7, wall=0)
    assert 0.5 < time.monotonic() - began < 2.5


def test_closing_in_the_middle(path: Path) -> None:
    began = time.monotonic()
    with listener(path, _closes_mid_answer), pytest.raises(NoAnswer, match="closed the connection"):
        ask(str(path), timeout=3, wall=0)
    with pytest.raises(NoAnswer):
        ask(str(path), timeout=3, wall=0)
    assert time.monotonic() - began < 3


def test_something_else_than_grpc(path: Path) -> None:
    with listener(path, lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")), pytest.raises(NoAnswer):
        ask(str(path), timeout=2, wall=0)


def test_what_the_kernel_refuses(path: Path) -> None:
    with pytest.raises(NoAnswer, match="No such file"):
        ask(str(path), timeout=1, wall=0)
    path.write_text("")
    with pytest.raises(NoAnswer, match="is not a unix socket"):
        ask(str(path), timeout=1, wall=0)
    path.unlink()
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path))
    with pytest.raises(NoAnswer, match="refused: nobody listens"):
        ask(str(path), timeout=1, wall=0)
    with pytest.raises(NoAnswer, match="not the path of a unix socket"):
        ask("tcp://127.0.0.1:1234", timeout=1, wall=0)
    with pytest.raises(NoAnswer, match="too long"):
        long = path.parent / ("x" * 100)
        long.mkdir()
        os.rename(path, long / "c.sock")
        ask(str(long / "c.sock"), timeout=1, wall=0)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_no_permission(path: Path) -> None:
    code = f"import os; from tui.node.cri import ask; os.setuid(65534); ask({str(path)!r}, timeout=1, wall=0)"
    with runtime(path, answers([], [], [])):
        path.chmod(0o600)
        path.parent.chmod(0o755)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "no permission" in done.stderr and "sudo" in done.stderr


def test_nothing_is_written_and_children_are_left_alone(path: Path) -> None:
    """A client in a process of its own, which starts programs between its questions and ends with one under way."""
    code = f"""
import subprocess, threading, time
from tui.node.cri import ask
for _ in range(3):
    assert len(ask({str(path)!r}, timeout=5, wall=0).images) == 1
    subprocess.run(["true"], check=True)
silent = dict(args=({str(path.parent / "silent.sock")!r},), kwargs=dict(timeout=30, wall=0))
threading.Thread(target=ask, daemon=True, **silent).start()
time.sleep(0.5)
print("done")
"""
    began = time.monotonic()
    with runtime(path, answers([image(1)], [], [])), listener(path.parent / "silent.sock", _silent):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=20)
    assert (done.stdout, done.stderr, done.returncode) == ("done\n", "", 0)
    assert time.monotonic() - began < 10


def test_grpc_is_not_loaded_for_a_socket_that_refuses(path: Path) -> None:
    code = f"""
import sys
from tui.node.cri import ask
try:
    ask({str(path)!r}, timeout=1, wall=0)
except Exception as error:
    print(type(error).__name__, "grpc" in sys.modules, "google.protobuf" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "NoAnswer False False\n"


def test_in_a_debug_pod_links_are_followed_in_the_nodes_root(path: Path) -> None:
    root = path.parent / "root"
    (root / "run").mkdir(parents=True)
    (root / "var").mkdir()
    (root / "var" / "run").symlink_to("/run")
    machine = Machine("/proc", str(root), "debug-pod", "/host")
    with runtime(root / "run" / "imagegc-test.sock", answers([image(1)], [], [])):
        assert len(machine.ask_runtime("/var/run/imagegc-test.sock", 5).images) == 1
    with pytest.raises(NoAnswer, match="No such file"):
        machine.ask_runtime("/run/other.sock", 5)


def test_a_survey_says_that_a_runtime_is_silent(path: Path) -> None:
    """Through the whole way: what a report shows when the socket takes a connection and then says nothing."""

    class Silent(DemoHost):
        instant = False

        def ask_runtime(self, endpoint: str, timeout: float) -> RuntimeAnswer:
            return ask(str(path), timeout=timeout, wall=0)

    host = Silent("story", clock=lambda: 0.0)
    began = time.monotonic()
    with listener(path, _silent):
        survey = Surveyor(host, asker=Asker(host, patience=1.5)).take()
    assert survey.runtimes[0].answer.reason == "silent: no answer to Version in time"
    assert time.monotonic() - began < 4
