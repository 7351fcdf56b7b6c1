"""Several runtimes, embedded kubelets, other mount namespaces."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.unit.node_double import FakeProcess, NodeDouble
from tui.model import Fact, KubeletState, LogLine, RuntimeState, Survey
from tui.node.host import CommandResult
from tui.node.machine import Machine
from tui.node.runtimes import plain_path, version_of
from tui.node.survey import Surveyor

ROOT = Path(__file__).parent.parent.parent
KIND = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
UNIX = b"Num RefCount Protocol Flags Type St Inode Path\n"


@pytest.fixture
def host(tmp_path: Path) -> NodeDouble:
    return NodeDouble(tmp_path)


def _take(host: NodeDouble) -> Survey:
    return Surveyor(host).take()


def _value(state: KubeletState, name: str) -> object:
    assert state.config.value is not None and state.config.value.error == ""
    return state.config.value.fields[name].value


def _kubelet(host: NodeDouble, endpoint: str) -> None:
    host.processes[10] = FakeProcess(["kubelet", f"--container-runtime-endpoint={endpoint}"], unit="kubelet.service")


def _named(survey: Survey, pid: int) -> RuntimeState:
    return next(one for one in survey.runtimes if one.process.value is not None and one.process.value.pid == pid)


def test_the_socket_decides_between_two_containerds(host: NodeDouble) -> None:
    _kubelet(host, "unix:///var/run/containerd/containerd.sock")
    for pid, inode, path in ((20, b"5", b"/run/other/containerd.sock"), (21, b"6", b"/run/containerd/containerd.sock")):
        row = b"f: 00000002 00000000 00010000 0001 01 " + inode + b" " + path + b"\n"
        host.processes[pid] = FakeProcess(
            ["containerd"], opened=[f"socket:[{inode.decode()}]"], files={"net/unix": UNIX + row}
        )
    survey = _take(host)
    assert [(one.process.value and one.process.value.pid, one.serves_kubelet) for one in survey.runtimes] == [
        (20, False),
        (21, True),
    ]


def test_without_sight_of_sockets_the_address_flag_decides(host: NodeDouble) -> None:
    _kubelet(host, "unix:///run/k0s/containerd.sock")
    host.processes[20] = FakeProcess(["containerd", "--root", "/a", "--address=/run/k0s/containerd.sock"])
    host.processes[21] = FakeProcess(["containerd", "-a", "/run/docker/containerd/containerd.sock"])
    survey = _take(host)
    assert _named(survey, 20).serves_kubelet and not _named(survey, 21).serves_kubelet
    assert _named(survey, 20).root.value == "/a"


def test_cri_o(host: NodeDouble) -> None:
    _kubelet(host, "unix:///var/run/crio/crio.sock")
    host.processes[20] = FakeProcess(["/usr/bin/crio"], unit="crio.service")
    host.processes[21] = FakeProcess(["containerd"])
    runtime = _named(_take(host), 20)
    assert (runtime.kind, runtime.name, runtime.serves_kubelet) == ("cri-o", "cri-o", True)
    assert runtime.root.value == runtime.imagefs.value == "/var/lib/containers/storage"
    assert not runtime.config.known


@pytest.mark.parametrize(
    ("path", "text", "argv", "root"),
    [
        ("/etc/crio/crio.conf", '[crio]\nroot = "/a"\n', ["crio"], "/a"),
        ("/etc/crio/crio.conf.d/10.conf", '[crio]\nroot = "/b"\n', ["crio"], "/b"),
        ("/etc/containers/storage.conf", '[storage]\ngraphroot = "/c"\n', ["crio"], "/c"),
        ("/etc/crio/crio.conf", '[crio]\nroot = "/a"\n', ["crio", "--root", "/d"], "/d"),
        ("/etc/docker/daemon.json", '{"data-root": "/e"}', ["dockerd"], "/e"),
        ("/etc/docker/daemon.json", "{}", ["dockerd"], "/var/lib/docker"),
        ("/etc/docker/daemon.json", '{"data-root": "/e"}', ["dockerd", "--data-root=/f"], "/f"),
        ("/etc/docker/daemon.json", '{"data-root": "/e"}', ["cri-dockerd", "--root=/g"], "/e"),
    ],
)
def test_storage(host: NodeDouble, path: str, text: str, argv: list[str], root: str) -> None:
    host.write(path, text)
    host.processes[20] = FakeProcess(argv)
    assert _named(_take(host), 20).root.value == root


@pytest.mark.parametrize(("path", "argv"), [("/etc/crio/crio.conf", "crio"), ("/etc/docker/daemon.json", "dockerd")])
def test_broken_storage_files_are_unknown(host: NodeDouble, path: str, argv: str) -> None:
    host.write(path, "{[broken")
    host.processes[20] = FakeProcess([argv])
    root = _named(_take(host), 20).root
    assert not root.known and path in root.reason


def test_cri_dockerd_serves_and_docker_does_not(host: NodeDouble) -> None:
    _kubelet(host, "unix:///run/cri-dockerd.sock")
    host.processes[20] = FakeProcess(["cri-dockerd", "--container-runtime-endpoint", "fd://"])
    host.processes[21] = FakeProcess(["dockerd"])
    survey = _take(host)
    assert _named(survey, 20).serves_kubelet and not _named(survey, 21).serves_kubelet


def _k3s(host: NodeDouble) -> None:
    host.write("/etc/systemd/system/k3s.service", "[Service]\nExecStart=/usr/local/bin/k3s \\\n    server \\\n\n")
    host.write(
        "/etc/rancher/k3s/config.yaml", 'kubelet-arg:\n- "image-gc-high-threshold=70"\n- image-gc-low-threshold=60\n'
    )
    host.write("/usr/local/bin/k3s", "")


def test_k3s_before_drop_ins(host: NodeDouble) -> None:
    _k3s(host)
    host.processes[9] = FakeProcess(
        ["/usr/local/bin/k3s server"], unit="k3s.service", links={"exe": "/usr/local/bin/k3s"}
    )

    said = b"k3s version v1.30.4+k3s1 (x)\n"
    host.commands["/usr/local/bin/k3s", "--version"] = CommandResult(0, said, b"")
    kubelet = _take(host).kubelet
    assert (kubelet.embedded, kubelet.version.value, kubelet.minor) == ("k3s", "1.30.4+k3s1", 30)
    assert _value(kubelet, "imageGCHighThresholdPercent") == 70
    assert _value(kubelet, "evictionHard") == {"imagefs.available": "5%", "nodefs.available": "5%"}
    assert kubelet.config.value is not None
    high = kubelet.config.value.fields["imageGCHighThresholdPercent"]
    assert str(high.origin) == "/etc/rancher/k3s/config.yaml:2"
    assert kubelet.next_config is None


def test_k3s_s_own_line_is_better_than_its_files(host: NodeDouble) -> None:
    _k3s(host)
    host.processes[9] = FakeProcess(["/usr/local/bin/k3s server"], unit="k3s.service")
    line = 'time="x" level=info msg="Running kubelet --image-gc-high-threshold=66 --image-gc-low-threshold=44 --v=2"'
    host.lines["k3s.service"] = [LogLine(0.0, 11.0, 9, line)]
    kubelet = _take(host).kubelet
    assert _value(kubelet, "imageGCHighThresholdPercent") == 66
    assert kubelet.config.value is not None
    origin = kubelet.config.value.fields["imageGCHighThresholdPercent"].origin
    assert origin is not None and "journal" in origin.where


def test_k3s_at_rest(host: NodeDouble) -> None:
    _k3s(host)
    host.kind = "root-dir"
    survey = _take(host)
    assert survey.kubelet.embedded == "k3s" and not survey.kubelet.process.known
    assert _value(survey.kubelet, "imageGCHighThresholdPercent") == 70
    assert "/etc/rancher/k3s/config.yaml" in [one.path for one in survey.distro.edits]


def test_k3s_s_files_changed_since(host: NodeDouble) -> None:
    _k3s(host)
    host.processes[9] = FakeProcess(["/usr/local/bin/k3s server"], unit="k3s.service")
    surveyor = Surveyor(host)
    assert surveyor.take().kubelet.pending == ()
    os.utime(host.directory / "etc/rancher/k3s/config.yaml", (1_900_000_000, 1_900_000_000))
    assert [one.path for one in surveyor.take().kubelet.pending] == ["/etc/rancher/k3s/config.yaml"]


def test_microk8s(host: NodeDouble) -> None:
    host.write(
        "/var/snap/microk8s/current/args/kubelet",
        "# x\n--root-dir=${SNAP_COMMON}/var/lib/kubelet\n--image-gc-high-threshold 91\n",
    )
    host.write("/snap/microk8s/current/meta/snap.yaml", "name: microk8s\nversion: v1.29.4\n")
    host.processes[9] = FakeProcess(["/snap/microk8s/1/kubelite"], unit="snap.microk8s.daemon-kubelite.service")
    survey = _take(host)
    kubelet = survey.kubelet
    assert (kubelet.embedded, kubelet.version.value, kubelet.minor) == ("kubelite", "1.29.4", 29)
    assert _value(kubelet, "imageGCHighThresholdPercent") == 91
    assert "/var/snap/microk8s/common/var/lib/kubelet" in survey.realpaths


def test_a_kubelet_below_another_program_has_its_own_words(host: NodeDouble) -> None:
    """RKE2: the unit starts rke2, which starts a kubelet; the unit's command line is not the kubelet's next one."""
    host.write("/etc/systemd/system/rke2-agent.service", "[Service]\nExecStart=/usr/local/bin/rke2 agent\n")
    host.write("/etc/k.yaml", KIND)
    host.processes[9] = FakeProcess(["kubelet", "--config=/etc/k.yaml"], unit="rke2-agent.service")
    kubelet = _take(host).kubelet
    assert kubelet.embedded == "" and kubelet.next_config is None
    assert [one for one in kubelet.pending if one.sure] == []


def test_small_rules() -> None:
    assert plain_path("unix:///var/run/containerd/containerd.sock") == "/run/containerd/containerd.sock"
    assert plain_path("/run//x/../y.sock") == "/run/y.sock"
    assert version_of("1.6.20~ds1") == (1, 6, 20) and version_of("v2.1.9") == (2, 1, 9) and version_of("dev") is None


_PRIVATE = """
import os, subprocess, sys
base, program = sys.argv[1:]
def mount(*words): subprocess.run(["mount", *words], check=True)
mount("--make-rprivate", "/")
mount("-t", "tmpfs", "private", base)
os.mkdir(base + "/root")
mount("-t", "tmpfs", "etc", "/etc")
os.mkdir("/etc/containerd")
open("/etc/containerd/config.toml", "w").write('version = 2\\nroot = "%s/root"\\n' % base)
os.execv(program, [program, "60"])
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="mount namespaces need root")
def test_a_runtime_in_a_mount_namespace_of_its_own(tmp_path: Path) -> None:
    base, program = tmp_path / "base", tmp_path / "containerd"
    base.mkdir()
    program.symlink_to("/bin/sleep")
    daemon = subprocess.Popen(["unshare", "-m", sys.executable, "-c", _PRIVATE, str(base), str(program)])
    try:
        deadline = time.monotonic() + 20
        found: Fact[str] | None = None
        while found is None and time.monotonic() < deadline:
            time.sleep(0.1)
            survey = Surveyor(Machine()).take()
            states = [one for one in survey.runtimes if one.process.value and one.process.value.pid == daemon.pid]
            found = states[0].root if states else None
        assert found is not None and found.value == f"{base}/root"
        process = states[0].process.value
        assert process is not None and process.same_mount_namespace.value is False and process.mounts.value is not None
        own = next(mount for mount in process.mounts.value if mount.mountpoint == str(base))
        assert survey.realpaths[found.value].value == (found.value, own.dev)
        assert str(base) not in [state.mount.mountpoint for state in survey.mounts]
    finally:
        daemon.kill()
        daemon.wait()


def test_a_kubelet_in_a_container_is_not_this_node_s(tmp_path: Path) -> None:
    """As kind on a workstation: a kubelet whose root directory is another."""
    if os.geteuid() != 0:
        pytest.skip("chroot needs root")
    code = """
import os, sys, time
os.chroot(sys.argv[1])
print("ready", flush=True)
time.sleep(60)
"""
    program = tmp_path / "kubelet"
    program.symlink_to(sys.executable)
    inside = tmp_path / "inside"
    inside.mkdir()
    daemon = subprocess.Popen([str(program), "-c", code, str(inside)], stdout=subprocess.PIPE)
    assert daemon.stdout is not None
    try:
        daemon.stdout.readline()
        survey = Surveyor(Machine()).take()
    finally:
        daemon.kill()
        daemon.wait()
        daemon.stdout.close()
    assert "another root directory" in dict(survey.gaps)[f"process {daemon.pid}"]
    assert survey.kubelet.process.value is None or survey.kubelet.process.value.pid != daemon.pid
