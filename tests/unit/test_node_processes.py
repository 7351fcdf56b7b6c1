"""Daemons found by what they are, and what is known of their processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.node_double import ROOT_MOUNT, FakeProcess, NodeDouble
from tui.model import Fact
from tui.node.host import CommandResult
from tui.node.kubelet import choose
from tui.node.machine import Machine
from tui.node.processes import Details, Scanner, listening, recognise, unit_of, words_of
from tui.node.programs import Versions


@pytest.fixture
def host(tmp_path: Path) -> NodeDouble:
    return NodeDouble(tmp_path)


@pytest.mark.parametrize(
    ("argv", "role", "program", "words"),
    [
        (["/usr/bin/kubelet", "--v=2"], "kubelet", "kubelet", ("/usr/bin/kubelet", "--v=2")),
        (["/usr/bin/kubenswrapper", "/usr/bin/kubelet", "--v=2"], "kubelet", "kubelet", ("/usr/bin/kubelet", "--v=2")),
        (["/hyperkube", "kubelet", "--v=2"], "kubelet", "kubelet", ("kubelet", "--v=2")),
        (["/snap/microk8s/1/kubelite", "--x"], "kubelet", "kubelite", ("/snap/microk8s/1/kubelite", "--x")),
        (["/usr/local/bin/k3s server"], "kubelet", "k3s", ("/usr/local/bin/k3s", "server")),
        (["k3s", "agent", "--x"], "kubelet", "k3s", ("k3s", "agent", "--x")),
        (["/usr/bin/containerd"], "containerd", "containerd", ("/usr/bin/containerd",)),
        (["/usr/bin/crio"], "cri-o", "crio", ("/usr/bin/crio",)),
        (["/usr/bin/cri-dockerd"], "cri-dockerd", "cri-dockerd", ("/usr/bin/cri-dockerd",)),
        (["dockerd", "-H", "fd://"], "docker", "dockerd", ("dockerd", "-H", "fd://")),
    ],
)
def test_daemons(host: NodeDouble, argv: list[str], role: str, program: str, words: tuple[str, ...]) -> None:
    host.processes[7] = FakeProcess(argv)
    found = recognise(host, 7)
    assert found is not None
    assert (found.role, found.program, found.words, found.uid) == (role, program, words, 0)


@pytest.mark.parametrize(
    "argv",
    [
        ["/usr/bin/containerd-shim-runc-v2", "-namespace", "k8s.io"],
        ["/usr/local/bin/k3s", "kubectl", "get"],
        ["/usr/bin/vim", "kubelet"],
        ["kubectl", "logs", "kubelet"],
        ["/usr/bin/containerd-stress"],
        ["kube-proxy"],
    ],
)
def test_what_is_none(host: NodeDouble, argv: list[str]) -> None:
    host.processes[7] = FakeProcess(argv)
    assert recognise(host, 7) is None


def test_the_start_is_field_22_whatever_the_name(host: NodeDouble) -> None:
    host.processes[7] = FakeProcess(["kubelet"])
    host.processes[7].files["stat"] = b"7 (kube) let (x) S) R " + b"1 " * 18 + b"607049 5 6\n"
    found = recognise(host, 7)
    assert found is not None and found.started == 6070.49


def test_zombies_and_processes_that_end_meanwhile(host: NodeDouble) -> None:
    host.processes[7] = FakeProcess(["kubelet"])
    host.processes[7].files["stat"] = b"7 (kubelet) Z " + b"1 " * 18 + b"5 6\n"
    assert recognise(host, 7) is None
    assert recognise(host, 8) is None


def test_words() -> None:
    assert words_of(b"a\0b c\0\0d\0") == ("a", "b c", "", "d")
    assert words_of(b"/usr/local/bin/k3s server\0\0\0\0") == ("/usr/local/bin/k3s", "server")
    assert words_of(b"") == ()
    assert words_of(b"x\xff\0") == ("x\udcff",)


def test_a_scan_sees_what_comes_and_goes(host: NodeDouble) -> None:
    host.processes[5] = FakeProcess(["/bin/sh"])
    scanner = Scanner(host)
    assert scanner.scan(100.0) == ()
    host.processes[6] = FakeProcess(["containerd"], started=90.0)
    assert [one.pid for one in scanner.scan(101.0)] == [6]
    host.processes[6] = FakeProcess(["kubelet"], started=101.5)  # the same pid, another process
    assert [one.role for one in scanner.scan(102.0)] == ["kubelet"]
    host.processes[5] = FakeProcess(["kubelet"], started=50.0)  # by exec: seen at the next full scan
    assert [one.pid for one in scanner.scan(110.0)] == [5, 6]
    del host.processes[6]
    assert [one.pid for one in scanner.scan(111.0)] == [5]


def test_root_s_kubelet_is_chosen_before_another_user_s(host: NodeDouble) -> None:
    host.processes[5] = FakeProcess(["kubelet"], started=1.0, files={"status": b"Uid:\t1000\t0\t0\t0\n"})
    host.processes[6] = FakeProcess(["kubelet"], started=2.0)
    host.processes[7] = FakeProcess(["k3s", "server"], started=0.5)
    chosen = choose(Scanner(host).scan(3.0))
    assert chosen is not None and chosen.pid == 6


@pytest.mark.parametrize(
    ("cgroup", "unit"),
    [
        (b"0::/system.slice/kubelet.service\n", "kubelet.service"),
        (b"9:name=systemd:/system.slice/a.service\n4:memory:/other/b.service\n0::/\n", "a.service"),
        (b"0::/system.slice/containerd.service/kubepods/x\n", "containerd.service"),
        (b"0::/../../../system.slice/k3s.service\n", "k3s.service"),
        (b"0::/user.slice/user-0.slice/session-1.scope\n", ""),
        (b"4:memory:/kubelet\n", ""),
    ],
)
def test_units(host: NodeDouble, cgroup: bytes, unit: str) -> None:
    host.processes[7] = FakeProcess(["kubelet"], files={"cgroup": cgroup})
    found = unit_of(host, 7)
    assert found.known and found.value == unit


def test_details(host: NodeDouble) -> None:
    databases = ["/r/io.containerd.metadata.v1.bolt/meta.db", "socket:[5]", "/dev/null", "/x/metadata.db (deleted)"]
    host.processes[7] = FakeProcess(["containerd"], started=60.0, unit="containerd.service", opened=databases)
    daemon = Scanner(host).scan(100.0)[0]
    process = Details(host).process(daemon, 5000.0, 100.0, ROOT_MOUNT)
    assert (process.started, process.started_wall) == (60.0, 4960.0)
    assert process.same_mount_namespace.value is True and process.unit.value == "containerd.service"
    assert process.open_databases.value == ("/r/io.containerd.metadata.v1.bolt/meta.db",)
    assert [mount.mountpoint for mount in process.mounts.value or ()] == ["/"]


def test_another_mount_namespace_is_known_by_its_table(host: NodeDouble) -> None:
    other = b"900 800 8:1 / / rw - ext4 /dev/sda1 rw\n901 900 8:2 / /mnt rw - ext4 /dev/sdb rw\n"
    host.processes[7] = FakeProcess(["kubelet"], files={"mountinfo": other})
    process = Details(host).process(Scanner(host).scan(1.0)[0], 1.0, 1.0, ROOT_MOUNT)
    assert process.same_mount_namespace.value is False
    assert [mount.mountpoint for mount in process.mounts.value or ()] == ["/", "/mnt"]


def test_what_needs_root_says_so(host: NodeDouble) -> None:
    refused = PermissionError(13, "Permission denied")
    host.processes[7] = FakeProcess(["containerd"], links={"exe": refused, "cwd": refused}, opened=refused)
    process = Details(host).process(Scanner(host).scan(1.0)[0], 1.0, 1.0, ROOT_MOUNT)
    for fact in (process.exe, process.cwd, process.open_databases):
        assert not fact.known and fact.reason == "needs root (sudo)"


def test_sockets_that_a_process_really_listens_on(host: NodeDouble) -> None:
    table = (
        b"Num       RefCount Protocol Flags    Type St Inode Path\n"
        b"ffff1: 00000002 00000000 00010000 0001 01 55 /run/containerd/containerd.sock\n"
        b"ffff2: 00000002 00000000 00010000 0001 01 56 /run/other.sock\n"
        b"ffff3: 00000002 00000000 00000000 0001 01 57\n"
        b"ffff4: 00000002 00000000 00010000 0001 01 58 @abstract\n"
    )
    host.processes[7] = FakeProcess(["containerd"], files={"net/unix": table})
    names = ["socket:[55]", "socket:[57]", "socket:[58]", "/x"]
    assert listening(host, 7, names) == ("/run/containerd/containerd.sock",)


def _version(host: NodeDouble, process: FakeProcess, said: CommandResult, exe: str = "/usr/bin/kubelet") -> Fact[str]:
    host.processes[7] = process
    host.commands[exe, "--version"] = said
    daemon = Scanner(host).scan(1.0)[0]
    return Versions(host).of(daemon, Details(host).process(daemon, 1.0, 1.0, ROOT_MOUNT).exe, 1.0)


@pytest.mark.parametrize(
    ("said", "version"),
    [
        (b"Kubernetes v1.32.10\n", "1.32.10"),
        (b"Kubernetes v1.29.3-gke.1\n", "1.29.3-gke.1"),
        (b"containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+b1\n", "1.6.20~ds1"),
        (b"containerd containerd.io 1.7.24 88bf19b\n", "1.7.24"),
        (b"containerd github.com/containerd/containerd/v2 v2.1.9 x\n", "2.1.9"),
        (b"k3s version v1.30.4+k3s1 (98262b5d)\ngo version go1.22.5\n", "1.30.4+k3s1"),
        (b"crio version 1.29.1\n", "1.29.1"),
        (b"Docker version 27.1.1, build 6312585\n", "27.1.1"),
    ],
)
def test_versions(host: NodeDouble, said: bytes, version: str) -> None:
    found = _version(host, FakeProcess(["/usr/bin/kubelet"]), CommandResult(0, said, b""))
    assert found.value == version and str(found.origin) == "/usr/bin/kubelet --version"


def test_another_user_s_program_is_never_run(host: NodeDouble) -> None:
    good = CommandResult(0, b"Kubernetes v1.32.10\n", b"")
    process = FakeProcess(["/tmp/kubelet"], files={"status": b"Uid:\t1000\t1000\t1000\t1000\n"})
    found = _version(host, process, good, "/tmp/kubelet")
    assert not found.known and "belongs to user 1000" in found.reason
    assert not [line for line in host.asked if line.startswith("run")]


def test_a_program_that_others_can_change_is_never_run(host: NodeDouble) -> None:
    host.write("/usr/bin/kubelet", "").chmod(0o777)
    found = _version(host, FakeProcess(["/usr/bin/kubelet"]), CommandResult(0, b"Kubernetes v1.32.10\n", b""))
    assert not found.known and "not run" in found.reason
    assert not [line for line in host.asked if line.startswith("run")]


def test_a_program_that_hangs_is_said(host: NodeDouble) -> None:
    found = _version(host, FakeProcess(["/usr/bin/kubelet"]), CommandResult(None, b"", b"", "no end within 5 s"))
    assert not found.known and found.reason == "no end within 5 s"


@pytest.fixture
def real_kubelet(tmp_path: Path) -> Iterator[int]:
    """A real process whose name is kubelet, with a file open and in a directory of its own."""
    program = tmp_path / "kubelet"
    program.symlink_to(sys.executable)
    (tmp_path / "meta.db").touch()
    code = "import sys; f = open('meta.db'); print('ready', flush=True); sys.stdin.read()"
    process = subprocess.Popen([str(program), "-c", code], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None and process.stdout is not None
    process.stdout.readline()
    yield process.pid
    process.stdin.close()
    process.wait()
    process.stdout.close()


def test_a_real_process(real_kubelet: int, tmp_path: Path) -> None:
    host = Machine()
    wall, mono = host.clock()
    daemon = next(one for one in Scanner(host).scan(mono) if one.pid == real_kubelet)
    process = Details(host).process(daemon, wall, mono, host.mountinfo())
    assert process.argv[0] == str(tmp_path / "kubelet")
    assert 0 <= mono - process.started < 60 and abs(process.started_wall - (wall - mono + process.started)) < 0.1
    assert process.cwd.value == str(tmp_path) and process.same_mount_namespace.value is True
    assert process.exe.value == os.path.realpath(sys.executable)
    assert process.open_databases.value == (str(tmp_path / "meta.db"),)
