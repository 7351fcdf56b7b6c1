"""Another root directory: files inside, mounts below, nothing live; and which host is opened for what."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tui.node.machine import Machine
from tui.node.open import open_host
from tui.node.rootdir import RootDir
from tui.node.survey import Surveyor

ROOT = Path(__file__).parent.parent.parent
STORY = ROOT / "tests" / "data" / "story" / "root"


def test_it_is_seen_as_a_disk_and_not_as_a_machine(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "hostname").write_text("dead-node\n")
    (tmp_path / "etc" / "os-release").write_text('PRETTY_NAME="Some Linux"\n')
    host = RootDir(str(tmp_path))
    info = host.info()
    assert (info.name, info.kind, info.root, info.os) == ("dead-node", "root-dir", str(tmp_path), "Some Linux")
    assert info.cgroup_v1 is None and host.pids() == []
    with pytest.raises(ProcessLookupError):
        host.proc(1, "stat")
    assert not host.unit_show("x.mount", ["Id"]).known and not host.journal("kubelet.service", 0, 1).known


def test_nothing_inside_is_executed(tmp_path: Path) -> None:
    done = RootDir(str(tmp_path)).run(["touch", str(tmp_path / "executed")], 5)
    assert done.status is None and "nothing" in done.reason and not (tmp_path / "executed").exists()


def test_its_own_filesystem_is_its_root_mount(tmp_path: Path) -> None:
    host = RootDir(str(tmp_path))
    survey = Surveyor(host).take()
    root = survey.mounts[0]
    assert root.mount.mountpoint == "/" and not root.hidden
    known = os.statvfs(tmp_path)
    assert root.usage.value is not None and root.usage.value.blocks == known.f_blocks


def test_no_directory(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError):
        open_host(str(tmp_path / "none"))


def test_hosts() -> None:
    assert isinstance(open_host("/"), Machine)
    assert isinstance(open_host(str(STORY)), RootDir)


def test_the_story_s_files_alone_tell_the_configuration() -> None:
    survey = Surveyor(RootDir(str(STORY))).take()
    kubelet = survey.kubelet
    assert not kubelet.process.known and "root directory" in kubelet.process.reason
    assert kubelet.unit.value is not None and kubelet.unit.value.fragment == "/etc/systemd/system/kubelet.service"
    assert kubelet.config.value is not None and kubelet.config.value.error == ""
    high = kubelet.config.value.fields["imageGCHighThresholdPercent"]
    assert high.origin is not None
    assert (ROOT / f"tests/data/story/root{high.origin.where}").exists() or high.origin.kind == "default"
    assert any("1.36" in reason for what, reason in survey.gaps if what == "kubelet version")


def test_mounts_below_are_its_mounts(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    code = f"""
import os, subprocess, sys
base = {str(tmp_path)!r}
def mount(*words): subprocess.run(["mount", *words], check=True)
mount("--make-rprivate", "/")
mount("-t", "tmpfs", "-o", "size=1m", "a", base)
os.makedirs(base + "/mnt/im ages"); os.makedirs(base + "x")
mount("-t", "tmpfs", "-o", "size=2m", "b", base + "/mnt/im ages")
mount("-t", "tmpfs", "-o", "size=3m", "c", base + "x")
from tui.node.rootdir import RootDir
from tui.node.survey import Surveyor
survey = Surveyor(RootDir(base)).take(everything=True)
print([(state.mount.mountpoint, state.usage.value.capacity) for state in survey.mounts])
"""
    done = subprocess.run(
        ["unshare", "-m", sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    os.rmdir(f"{tmp_path}x")
    assert done.stdout.strip() == str([("/", 1 << 20), ("/mnt/im ages", 2 << 20)]), done.stderr


def test_links_of_a_dead_node_do_not_reach_the_living_one(tmp_path: Path) -> None:
    (tmp_path / "etc" / "containerd").mkdir(parents=True)
    (tmp_path / "etc" / "containerd" / "config.toml").symlink_to("/etc/hostname")
    (tmp_path / "etc" / "fstab").symlink_to("../../../../../../etc/fstab")
    host = RootDir(str(tmp_path))
    with pytest.raises(FileNotFoundError):
        host.read("/etc/containerd/config.toml")
    with pytest.raises(OSError, match="Too many|loop"):
        host.read("/etc/fstab")


_POD = """
import os, subprocess, sys
def mount(*words): subprocess.run(["mount", *words], check=True)
pod = sys.argv[1]
mount("--make-rprivate", "/")
mount("-t", "tmpfs", "pod", pod)
for name in ("host", "proc", "etc"): os.mkdir(pod + "/" + name)
mount("--rbind", "/", pod + "/host")
mount("-t", "proc", "proc", pod + "/proc")
open(pod + "/etc/hostname", "w").write("pod")
for name in set(os.listdir("/")) - set(os.listdir(pod)):  # the pod's image has a Python, this one
    if os.path.islink("/" + name): os.symlink(os.readlink("/" + name), pod + "/" + name)
    elif os.path.isdir("/" + name): os.mkdir(pod + "/" + name); mount("--bind", "/" + name, pod + "/" + name)
from tui.node.open import open_host
from tui.node.survey import Surveyor
import encodings.idna
os.chroot(pod); os.chdir("/")
host = open_host()
survey = Surveyor(host).take()
print(survey.host.kind, survey.host.root, survey.host.name)
print(host.read("/etc/hostname").decode().strip(), host.statfs("/mnt").capacity, 1 in host.pids())
print([state.mount.mountpoint for state in survey.mounts if state.mount.source == "node-disk"])
print(host.run(["cat", "/etc/hostname"], 5).stdout.decode().strip())
"""
_NODE = """
import os, subprocess, sys
def mount(*words): subprocess.run(["mount", *words], check=True)
mount("--make-rprivate", "/")
mount("-t", "proc", "proc", "/proc")
pod = subprocess.Popen(["unshare", "-m", sys.executable, "-c", sys.argv[1], sys.argv[2]], stdin=subprocess.PIPE)
mount("-t", "tmpfs", "-o", "size=5m", "node-disk", "/mnt")  # the pod's view of /host may or may not have it
sys.exit(pod.wait())
"""


def test_a_pod_sees_the_node_around_it_and_not_its_own_view_of_it(tmp_path: Path) -> None:
    """As ``kubectl debug node``: the node's PID namespace, a root and a mount namespace of its own, /host."""
    if os.geteuid() != 0:
        pytest.skip("chroot and namespaces need root")
    node = ["unshare", "--mount", "--pid", "--fork", sys.executable, "-c", _NODE, _POD, str(tmp_path)]
    done = subprocess.run(node, cwd=ROOT, capture_output=True, text=True, check=False)
    name = Path("/etc/hostname").read_text().strip()
    expected = [f"debug-pod /host {name}", f"{name} {5 << 20} True", "['/mnt']", name]
    assert done.stdout.splitlines() == expected, done.stderr


def test_the_root_of_a_process_is_no_directory_like_others() -> None:
    """The link reads "/", and yet may lead to another root: only a stat tells."""
    if os.geteuid() != 0:
        pytest.skip("chroot needs root")
    code = "import os, sys, time; os.chroot(sys.argv[1]); print('ready', flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", code, str(STORY)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        process.stdout.readline()
        host = open_host(f"/proc/{process.pid}/root")
        assert isinstance(host, RootDir)
        assert host.list("/") == sorted(os.listdir(STORY))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
