"""node-layouts.md 1: each layout as a small tree, by its processes and by its files alone; 4: what edits become."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from tests.tree import TreeReader
from tui.distro import decoys, fate_of, recognise
from tui.model import Distro, Origin, Unit, Word

KIND = b"kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\n"
JSON_KIND = b'{"apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration"}'
KUBECONFIG = b"apiVersion: v1\nkind: Config\nclusters: []\n"
TOML = b"version = 2\n"


@dataclass
class Layout:
    """``argv`` of the kubelet or its carrier; ``used``: configuration files that daemons read."""

    name: str
    argv: str
    files: Mapping[str, bytes]
    used: tuple[str, ...]
    unit: str = "kubelet.service"
    dropins: tuple[str, ...] = ()
    runtime: str = "/usr/bin/containerd"
    by_files: bool = True

    @property
    def reader(self) -> TreeReader:
        return TreeReader(self.files)

    @property
    def service(self) -> Unit:
        return Unit(self.unit, "loaded", f"/etc/systemd/system/{self.unit}", self.dropins)


CONTAINERD = {"/etc/containerd/config.toml": TOML}
LAYOUTS = (
    Layout(
        "kubeadm",
        "/usr/bin/kubelet --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf "
        "--kubeconfig=/etc/kubernetes/kubelet.conf --config=/var/lib/kubelet/config.yaml",
        {
            **CONTAINERD,
            "/var/lib/kubelet/config.yaml": KIND,
            "/var/lib/kubelet/kubeadm-flags.env": b'KUBELET_KUBEADM_ARGS="--x=y"\n',
            "/etc/kubernetes/kubelet.conf": KUBECONFIG,
            "/etc/default/kubelet": b"KUBELET_EXTRA_ARGS=\n",
        },
        ("/var/lib/kubelet/config.yaml", "/var/lib/kubelet/kubeadm-flags.env", "/etc/containerd/config.toml"),
        dropins=("/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf",),
    ),
    Layout(
        "NKS",
        "/usr/local/bin/kubelet --v=2 --config=/etc/kubernetes/kubelet-config.yaml "
        "--node-labels=ncloud.com/nks-nodepool=example",
        {
            **CONTAINERD,
            "/etc/kubernetes/kubelet-config.yaml": KIND,
            "/etc/kubernetes/kubelet.env": b"KUBELET_ARGS=\"--provider-id='navercloudplatform://1'\"\n",
        },
        ("/etc/kubernetes/kubelet-config.yaml", "/etc/kubernetes/kubelet.env", "/etc/containerd/config.toml"),
    ),
    Layout(
        "kubespray",
        "/usr/local/bin/kubelet --config=/etc/kubernetes/kubelet-config.yaml",
        {
            **CONTAINERD,
            "/etc/kubernetes/kubelet-config.yaml": KIND,
            "/etc/kubernetes/kubelet.env": b'KUBELET_ARGS="--x=y"\n',
        },
        ("/etc/kubernetes/kubelet-config.yaml", "/etc/kubernetes/kubelet.env", "/etc/containerd/config.toml"),
    ),
    Layout(
        "kops",
        "/usr/local/bin/kubelet --config=/var/lib/kubelet/kubelet.conf",
        {**CONTAINERD, "/var/lib/kubelet/kubelet.conf": KIND, "/etc/sysconfig/kubelet": b'DAEMON_ARGS="--v=2"\n'},
        ("/var/lib/kubelet/kubelet.conf", "/etc/sysconfig/kubelet", "/etc/containerd/config.toml"),
    ),
    Layout(
        "Gardener",
        "/opt/bin/kubelet --config=/var/lib/kubelet/config/kubelet",
        {**CONTAINERD, "/var/lib/kubelet/config/kubelet": KIND},
        ("/var/lib/kubelet/config/kubelet", "/etc/containerd/config.toml"),
    ),
    Layout(
        "EKS AL2",
        "/usr/bin/kubelet --config /etc/kubernetes/kubelet/kubelet-config.json --kubeconfig /var/lib/kubelet/kc",
        {**CONTAINERD, "/etc/kubernetes/kubelet/kubelet-config.json": JSON_KIND, "/etc/eks/bootstrap.sh": b"#!"},
        ("/etc/kubernetes/kubelet/kubelet-config.json", "/etc/containerd/config.toml"),
        dropins=("/etc/systemd/system/kubelet.service.d/10-kubelet-args.conf",),
    ),
    Layout(
        "EKS AL2023",
        "/usr/bin/kubelet --config=/etc/kubernetes/kubelet/config.json "
        "--config-dir=/etc/kubernetes/kubelet/config.json.d",
        {
            **CONTAINERD,
            "/etc/kubernetes/kubelet/config.json": JSON_KIND,
            "/etc/kubernetes/kubelet/config.json.d/40-nodeadm.conf": JSON_KIND,
            "/etc/eks/kubelet/environment": b"NODEADM_KUBELET_ARGS=--a=b",
        },
        (
            "/etc/kubernetes/kubelet/config.json",
            "/etc/kubernetes/kubelet/config.json.d/40-nodeadm.conf",
            "/etc/eks/kubelet/environment",
            "/etc/containerd/config.toml",
        ),
    ),
    Layout(
        "EKS Ubuntu",
        "/snap/kubelet-eks/301/kubelet --config=/etc/kubernetes/kubelet/kubelet-config.json",
        {
            **CONTAINERD,
            "/etc/kubernetes/kubelet/kubelet-config.json": JSON_KIND,
            "/etc/systemd/system/snap.kubelet-eks.daemon.service": b"# Auto-generated, DO NOT EDIT\n",
        },
        ("/etc/kubernetes/kubelet/kubelet-config.json", "/etc/containerd/config.toml"),
        unit="snap.kubelet-eks.daemon.service",
    ),
    Layout(
        "GKE",
        "/home/kubernetes/bin/kubelet --v=2 --config /home/kubernetes/kubelet-config.yaml",
        {
            **CONTAINERD,
            "/home/kubernetes/kubelet-config.yaml": KIND,
            "/etc/default/kubelet": b'KUBELET_OPTS="--v=2"\n',
            "/etc/os-release": b"ID=cos\n",
        },
        ("/home/kubernetes/kubelet-config.yaml", "/etc/default/kubelet", "/etc/containerd/config.toml"),
    ),
    Layout(
        "AKS",
        "/usr/local/bin/kubelet --node-labels=kubernetes.azure.com/role=agent --image-gc-high-threshold=85",
        {**CONTAINERD, "/etc/default/kubelet": b"KUBELET_NODE_LABELS=kubernetes.azure.com/role=agent\n"},
        ("/etc/default/kubelet", "/etc/containerd/config.toml"),
        dropins=("/etc/systemd/system/kubelet.service.d/10-componentconfig.conf",),
    ),
    Layout("DOKS", "/usr/bin/kubelet --node-labels=doks.digitalocean.com/node-id=1", {}, (), by_files=False),
    Layout("LKE", "/usr/bin/kubelet --node-labels=lke.linode.com/pool-id=1", {}, (), by_files=False),
    Layout(
        "k3s",
        "/usr/local/bin/k3s server",
        {
            "/etc/rancher/k3s/config.yaml": b"kubelet-arg: []\n",
            "/var/lib/rancher/k3s/agent/etc/kubelet.conf.d/00-k3s-defaults.conf": KIND,
            "/var/lib/rancher/k3s/agent/etc/containerd/config.toml": TOML,
        },
        (
            "/etc/rancher/k3s/config.yaml",
            "/var/lib/rancher/k3s/agent/etc/kubelet.conf.d/00-k3s-defaults.conf",
            "/var/lib/rancher/k3s/agent/etc/containerd/config.toml",
        ),
        unit="k3s.service",
        runtime="containerd -c /var/lib/rancher/k3s/agent/etc/containerd/config.toml",
    ),
    Layout(
        "RKE2",
        "kubelet --config-dir=/var/lib/rancher/rke2/agent/etc/kubelet.conf.d",
        {
            "/etc/rancher/rke2/config.yaml": b"",
            "/var/lib/rancher/rke2/agent/etc/kubelet.conf.d/00-rke2-defaults.conf": KIND,
        },
        ("/var/lib/rancher/rke2/agent/etc/kubelet.conf.d/00-rke2-defaults.conf",),
        unit="rke2-agent.service",
    ),
    Layout(
        "k0s",
        "/var/lib/k0s/bin/kubelet --root-dir=/var/lib/k0s/kubelet --config=/run/k0s/kubelet/config.yaml",
        {"/run/k0s/kubelet/config.yaml": KIND, "/etc/k0s/containerd.toml": b"# k0s_managed=true\nversion = 2\n"},
        ("/run/k0s/kubelet/config.yaml", "/etc/k0s/containerd.toml"),
        unit="k0sworker.service",
        runtime="/var/lib/k0s/bin/containerd --root=/var/lib/k0s/containerd --config=/etc/k0s/containerd.toml",
    ),
    Layout(
        "MicroK8s",
        "/snap/microk8s/7000/kubelite --kubelet-args-file=/var/snap/microk8s/7000/args/kubelet",
        {"/var/snap/microk8s/current/args/kubelet": b"--x=y\n"},
        ("/var/snap/microk8s/current/args/kubelet",),
        unit="snap.microk8s.daemon-kubelite.service",
    ),
    Layout(
        "kind",
        "/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml --provider-id=kind://docker/kind/kind-control-plane",
        {**CONTAINERD, "/var/lib/kubelet/config.yaml": KIND, "/kind/version": b"v1.33.0"},
        ("/var/lib/kubelet/config.yaml", "/etc/containerd/config.toml"),
        dropins=("/etc/systemd/system/kubelet.service.d/11-kind.conf",),
    ),
    Layout(
        "minikube",
        "/var/lib/minikube/binaries/v1.33.0/kubelet --config=/var/lib/kubelet/config.yaml",
        {**CONTAINERD, "/var/lib/kubelet/config.yaml": KIND, "/var/lib/minikube/certs/ca.crt": b""},
        ("/var/lib/kubelet/config.yaml", "/etc/containerd/config.toml"),
    ),
    Layout(
        "Bottlerocket",
        "/usr/bin/kubelet --config /etc/kubernetes/kubelet/config",
        {**CONTAINERD, "/etc/kubernetes/kubelet/config": KIND, "/etc/os-release": b"ID=bottlerocket\n"},
        ("/etc/kubernetes/kubelet/config", "/etc/containerd/config.toml"),
        dropins=("/etc/systemd/system/kubelet.service.d/exec-start.conf",),
    ),
    Layout(
        "Talos",
        "/usr/local/bin/kubelet --config=/etc/kubernetes/kubelet.yaml",
        {"/etc/kubernetes/kubelet.yaml": KIND, "/etc/cri/containerd.toml": TOML, "/etc/os-release": b'ID="talos"\n'},
        ("/etc/kubernetes/kubelet.yaml", "/etc/cri/containerd.toml"),
        runtime="/bin/containerd --config /etc/cri/containerd.toml",
    ),
    Layout(
        "OpenShift",
        "/usr/local/bin/kubenswrapper /usr/bin/kubelet --config=/etc/kubernetes/kubelet.conf",
        {"/etc/kubernetes/kubelet.conf": KIND, "/etc/os-release": b'ID="rhcos"\n'},
        ("/etc/kubernetes/kubelet.conf",),
        dropins=("/etc/systemd/system/kubelet.service.d/10-mco-default-env.conf",),
        runtime="/usr/bin/crio",
    ),
)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_by_process(layout: Layout) -> None:
    found = recognise(layout.argv.split(), layout.service, [layout.runtime.split()], layout.reader, files=layout.used)
    assert found.name == layout.name and found.evidence
    assert found.gc_off_is_normal == (layout.name in ("kind", "minikube"))
    assert [edit.path for edit in found.edits] == list(layout.used)
    assert all(edit.fate != "unknown" and edit.why for edit in found.edits)


@pytest.mark.parametrize("layout", [one for one in LAYOUTS if one.by_files], ids=lambda layout: layout.name)
def test_by_files_alone(layout: Layout) -> None:
    found = recognise([], None, [], layout.reader)
    assert found.name == layout.name
    assert all(mark.startswith(("file ", "os-release ")) for mark in found.evidence)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_an_ordinary_layout_has_no_decoys(layout: Layout) -> None:
    assert decoys(layout.reader, layout.used, Distro(layout.name)) == ()


def test_nothing_known() -> None:
    found = recognise(["/opt/kubelet"], None, [], TreeReader({}), files=["/srv/k.yaml"])
    assert found.name == "" and not found.evidence and found.edits[0].fate == "unknown"


def test_the_process_beats_a_stale_tree_and_another_runtime() -> None:
    kubeadm = LAYOUTS[0]
    files = {**kubeadm.files, "/var/lib/rancher/k3s/agent/etc/kubelet.conf.d/00-k3s-defaults.conf": KIND}
    runtimes = [["/snap/microk8s/1/bin/containerd"], ["/usr/bin/containerd"]]
    assert recognise(kubeadm.argv.split(), None, runtimes, TreeReader(files)).name == "kubeadm"


def test_a_stopped_kubelet_is_known_by_its_unit() -> None:
    words = tuple(
        Word(text, Origin("file", "/u")) for text in ("/usr/bin/kubelet", "--config", "/var/lib/kubelet/kubelet.conf")
    )
    unit = Unit("kubelet.service", "loaded", commands=(words,))
    assert recognise([], unit, [], TreeReader({})).name == "kops"


def test_flatcar_and_cri_dockerd_come_last() -> None:
    flatcar = TreeReader({"/etc/os-release": b"ID=flatcar\n"})
    assert recognise([], None, [], flatcar).name == "Flatcar"
    assert recognise(LAYOUTS[0].argv.split(), None, [], flatcar).name == "kubeadm"
    argv = ["kubelet", "--container-runtime-endpoint", "unix:///run/cri-dockerd.sock"]
    assert recognise(argv, None, [], TreeReader({})).name == "cri-dockerd"


@pytest.mark.parametrize(
    ("distro", "path", "fate"),
    [
        ("kubeadm", "/var/lib/kubelet/config.yaml", "until-event"),
        ("kubeadm", "/var/lib/kubelet/kubeadm-flags.env", "until-event"),
        ("kubeadm", "/etc/default/kubelet", "lasts"),
        ("kubeadm", "/etc/systemd/system/kubelet.service.d/20-own.conf", "lasts"),
        ("kubeadm", "/usr/lib/systemd/system/kubelet.service", "forbidden"),
        ("kubeadm", "/lib/systemd/system/containerd.service", "forbidden"),
        ("kubeadm", "/etc/containerd/config.toml", "lasts"),
        ("NKS", "/etc/kubernetes/kubelet-config.yaml", "until-event"),
        ("kubespray", "/etc/kubernetes/kubelet-config.yaml", "until-event"),
        ("EKS AL2", "/etc/containerd/config.d/a.toml", "lasts"),
        ("EKS AL2", "/etc/kubernetes/kubelet/kubelet-config.json", "until-event"),
        ("EKS AL2023", "/etc/kubernetes/kubelet/config.json.d/40-nodeadm.conf", "lost"),
        ("EKS AL2023", "/etc/kubernetes/kubelet/config.json.d/50-own.conf", "lasts"),
        ("EKS AL2023", "/etc/eks/nodeadm.d/own.yaml", "lasts"),
        ("GKE", "/home/kubernetes/kubelet-config.yaml", "lost"),
        ("GKE", "/etc/systemd/system/kubelet.service.d/20-own.conf", "lost"),
        ("AKS", "/etc/default/kubelet", "until-event"),
        ("k3s", "/data/k3s/agent/etc/kubelet.conf.d/00-k3s-defaults.conf", "lost"),
        ("k3s", "/data/k3s/agent/etc/kubelet.conf.d/10-own.conf", "lasts"),
        ("RKE2", "/var/lib/rancher/rke2/agent/etc/containerd/config.toml", "lost"),
        ("RKE2", "/var/lib/rancher/rke2/agent/etc/containerd/config.toml.tmpl", "lasts"),
        ("k0s", "/run/k0s/kubelet/config.yaml", "lost"),
        ("k0s", "/etc/k0s/containerd.d/own.toml", "lasts"),
        ("MicroK8s", "/var/snap/microk8s/current/args/containerd.toml", "lost"),
        ("MicroK8s", "/var/snap/microk8s/current/args/kubelet", "lasts"),
        ("kops", "/var/lib/kubelet/kubelet.conf", "lost"),
        ("Gardener", "/var/lib/kubelet/config/kubelet", "lost"),
        ("minikube", "/var/lib/kubelet/config.yaml", "until-event"),
        ("kind", "/var/lib/kubelet/config.yaml", "lasts"),
        ("OpenShift", "/etc/kubernetes/kubelet.conf", "forbidden"),
        ("OpenShift", "/etc/systemd/system/kubelet.service.d/99-own.conf", "forbidden"),
        ("Talos", "/var/anything", "forbidden"),
        ("Bottlerocket", "/etc/containerd/config.toml", "forbidden"),
        ("Flatcar", "/usr/share/containerd/config.toml", "forbidden"),
        ("EKS Ubuntu", "/snap/kubelet-eks/1/x", "forbidden"),
        ("", "/srv/unknown", "unknown"),
    ],
)
def test_fates(distro: str, path: str, fate: str) -> None:
    found = fate_of(distro, path, TreeReader({}))
    assert found.fate == fate and found.why
    if fate == "forbidden":
        assert found.instead


def test_a_generated_unit_is_forbidden_anywhere() -> None:
    path = "/etc/systemd/system/snap.x.service"
    assert fate_of("", path, TreeReader({path: b"[Unit]\n# Auto-generated, DO NOT EDIT\n"})).fate == "forbidden"
