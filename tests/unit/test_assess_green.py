"""No crying wolf: default healthy layouts are green with exit code 0; what is worth knowing is information."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests import answers as a
from tests import builders as b
from tui.assess.judge import assess
from tui.model import ConfigNote, Distro, EditFate, Origin, Pending, Severity, Sure, Survey

K3S = "/var/lib/rancher/k3s/agent/containerd"
K3S_HARD = {"imagefs.available": "5%", "nodefs.available": "5%"}
EKS_HARD = {"memory.available": "100Mi", "nodefs.available": "10%", "nodefs.inodesFree": "5%"}
KIND_HARD = {"nodefs.available": "0%", "nodefs.inodesFree": "0%", "imagefs.available": "0%"}


def kubeadm() -> Survey:
    config = b.kubelet_config(files=("/var/lib/kubelet/config.yaml",))
    fate = EditFate("/var/lib/kubelet/config.yaml", "until-event", "kubeadm upgrade rewrites it")
    return b.survey(kubelet_state=b.kubelet(config), distro=Distro("kubeadm", edits=(fate,)))


def k3s() -> Survey:
    """Flags only, files written after the process started, a containerd of its own, no kubelet unit."""
    drop_in = "/var/lib/rancher/k3s/agent/etc/kubelet.conf.d/00-k3s-defaults.conf"
    config = b.kubelet_config(hard=K3S_HARD, files=(drop_in,))
    late = Pending(drop_in, "changed (mtime)", b.WALL - b.MONO + b.KUBELET_STARTED + 5, False)
    state = b.kubelet(config, embedded="k3s", pending=(late,), proc=b.process("k3s"))
    return b.survey(kubelet_state=state, runtimes=(b.containerd(K3S, line=4),), distro=Distro("k3s"))


def eks() -> Survey:
    note = ConfigNote("eviction-defaults-gone", "evictionHard is set here", Origin("file", b.CONFIG_FILE, 30))
    config = b.kubelet_config(hard=EKS_HARD, notes=(note,), files=("/etc/kubernetes/kubelet/config.json",))
    disk = b.mount(source="/dev/nvme0n1p1", dev=(259, 1), fstype="xfs")
    return b.survey((disk,), kubelet_state=b.kubelet(config), distro=Distro("EKS AL2023"))


def kind() -> Survey:
    """A container: / is an overlay, /var a volume that no fstab names; GC and eviction are off by design."""
    config = b.kubelet_config(high=100, hard=KIND_HARD)
    root = b.mount("/", "overlay", (0, 60), fstype="overlay")
    hosts = b.mount("/etc/hosts", "/dev/sda1", (8, 1), root="/docker/hosts", hidden="a bound file", persistent=None)
    var = b.mount("/var", "/dev/sda1", (8, 1), root="/docker/volumes/x/_data", persistent=None)
    distro = Distro("kind", gc_off_is_normal=True)
    return b.survey((root, hosts, var), kubelet_state=b.kubelet(config), distro=distro)


def lvm() -> Survey:
    """/var/lib/containerd on a logical volume of its own, plain fstab line, defaults otherwise."""
    root = b.mount(source="/dev/mapper/vg-root", dev=(253, 0))
    line = "/dev/vg/containerd /var/lib/containerd xfs defaults 0 0"
    disk = b.mount("/var/lib/containerd", "/dev/mapper/vg-containerd", (253, 1), fstype="xfs", fstab_text=line)
    return b.survey((root, disk))


def local_ssd() -> Survey:
    """GKE: the node's own scripts bind a local SSD over several directories at every boot."""
    root = b.mount(persistent="boot")
    ssd = "/mnt/stateful_partition/kube-ephemeral-ssd"
    places = ("/var/lib/kubelet", "/var/lib/containerd", "/var/log/pods")
    binds = [
        b.mount(place, "/dev/nvme0n1", (259, 0), root=place.replace("/var", ""), persistent=None) for place in places
    ]
    return b.survey((root, b.mount(ssd, "/dev/nvme0n1", (259, 0), persistent=None), *binds), distro=Distro("GKE"))


def offline() -> Survey:
    """A mounted disk: files only."""
    return b.survey(kind="root-dir", kubelet_state=b.kubelet(running=False), runtimes=(b.containerd(running=False),))


LAYOUTS: list[Callable[[], Survey]] = [b.survey, b.two_disks, kubeadm, k3s, eks, kind, lvm, local_ssd, offline]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("minor", [24, 26, 28, 31, 32, 36])
def test_healthy_defaults_are_green(layout: Callable[[], Survey], minor: int) -> None:
    survey = layout()
    config = survey.kubelet.config.value
    assert config is not None
    told = replace(survey, kubelet=replace(survey.kubelet, minor=minor))
    found = assess(told)
    loud = [finding for finding in found.findings if finding.severity > Severity.INFO]
    assert not loud and not found.undetermined
    assert found.exit_code == 0


def answering(survey: Survey) -> Survey:
    """The same node with everything asked, and answering what is true: its files, its disks, a few images."""
    config, state = survey.kubelet.config.value, survey.kubelet
    assert config is not None
    images = (a.image("web:1", b.GIB, used_by=(a.APP,)), a.image("old:1", b.GIB), a.image("pause:3", 1, pinned=True))
    fs: dict[str, Any] = {}
    for name, path in (("node_fs", "/var/lib/kubelet"), ("image_fs", survey.runtimes[0].imagefs.value or "")):
        device = survey.realpaths[path].value
        assert device is not None
        numbers = next(one.usage.value for one in survey.mounts if one.mount.dev == device[1])
        assert numbers is not None
        fs[name] = a.stats(numbers)
    path = survey.runtimes[0].imagefs.value or ""
    runtimes = tuple(replace(one, answer=a.asked(images, path=path)) for one in survey.runtimes)
    answer = a.said(configz=a.configz(config), **fs)
    return replace(survey, runtimes=runtimes, kubelet=replace(state, answer=answer))


@pytest.mark.parametrize("layout", [b.survey, b.two_disks, kubeadm, k3s, eks, kind, lvm, local_ssd])
@pytest.mark.parametrize("minor", [20, 26, 28, 29, 32, 36])
def test_healthy_nodes_that_answer_are_as_green(layout: Callable[[], Survey], minor: int) -> None:
    survey = layout()
    told = replace(survey, kubelet=replace(survey.kubelet, minor=minor))
    silent, heard = assess(told), assess(answering(told))
    assert [(one.code, one.severity) for one in heard.findings] == [(one.code, one.severity) for one in silent.findings]
    assert heard.exit_code == silent.exit_code
    assert heard.undetermined == silent.undetermined and heard.contradictions == ()
    twins = layout is lvm  # two disks with the same figures: no answer tells them apart
    assert heard.measured.state == "right" and heard.measured.sure is (Sure.LIKELY if twins else Sure.CERTAIN)
    assert heard.settings == silent.settings
    view = heard.images.value
    assert view is not None and [one.names[0] for one in view.eligible if not one.pinned] == ["old:1"]
    assert [one.names[0] for one in view.eligible if one.pinned] == (["pause:3"] if minor < 23 else [])


@pytest.mark.parametrize("layout", [b.survey, b.two_disks, kubeadm, k3s, eks, lvm, local_ssd])
def test_healthy_layouts_are_measured_right(layout: Callable[[], Survey]) -> None:
    found = assess(layout())
    assert found.measured.state == "right"
    assert found.verdict.startswith("Next: image GC at ")


def test_kind_says_that_off_is_normal() -> None:
    found = assess(kind())
    assert {finding.code for finding in found.findings} == {"image-gc-off", "no-eviction", "root-not-persistent"}
    assert found.verdict == "Next: a full disk on /var, 70.0G away."


def test_containerd_that_mounts_optionally_is_told_apart() -> None:
    survey = lvm()
    disk = replace(survey.mounts[1])
    disk = b.mount("/var/lib/containerd", "/dev/x", (253, 1), fstab_text="/dev/x /var/lib/containerd xfs nofail 0 2")
    found = assess(replace(survey, mounts=(survey.mounts[0], disk)))
    assert [f.code for f in found.findings] == ["no-requires-mounts-for"] and found.exit_code == 1
