"""Each distribution's default node as a disk at rest, inspected as a whole (node-layouts.md 1, 2, 4)."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import layouts
from tests.corpus import default_corpus
from tui.__main__ import main
from tui.assess.judge import assess
from tui.model import Assessment, RuntimeState, Severity
from tui.node.open import open_host
from tui.node.survey import Surveyor

HIGH, ENDPOINT, ROOT = "imageGCHighThresholdPercent", "containerRuntimeEndpoint", "--root-dir"
UNIT = "/etc/systemd/system/kubelet.service"
K3S, RKE2 = "/var/lib/rancher/k3s/agent", "/var/lib/rancher/rke2/agent"
ARGS = "/var/snap/microk8s/current/args"
CONF_D = "/var/lib/kubelet/config.yaml"
TOML = "/etc/containerd/config.toml"
PACKAGED = ("/var/lib/containerd", "/run/containerd")


@dataclass(frozen=True)
class Row:
    """What is expected. ``files``: the kubelet's; ``high``: value and origin; ``fates``: path to fate and instead."""

    name: str
    files: tuple[str, ...]
    endpoint: str
    fates: dict[str, tuple[str, str]]
    high: tuple[int, str] = (85, "default")
    kubelet_root: str = "/var/lib/kubelet"
    places: tuple[str, str] = PACKAGED
    toml: str = TOML
    decoys: tuple[str, ...] = ()


LEFT_BY_KUBEADM = (CONF_D, "/var/lib/kubelet/kubeadm-flags.env")
GKE_FATE = ("lost", "node system configuration")
AKS_FATE = ("until-event", "custom node configuration")
AKS_SOCKET = "/etc/systemd/system/kubelet.service.d/10-containerd-base-flag.conf:2"
EKS23 = "/etc/kubernetes/kubelet/config.json"
EKS2 = "/etc/kubernetes/kubelet/kubelet-config.json"
LOST = ("lost", "")

ROWS: dict[Callable[[], layouts.Files], Row] = {
    layouts.kubeadm: Row(
        "kubeadm",
        (CONF_D,),
        f"{CONF_D}:5",
        {CONF_D: ("until-event", "ConfigMap"), "/etc/default/kubelet": ("lasts", "")},
    ),
    layouts.kubespray: Row(
        "kubespray",
        ("/etc/kubernetes/kubelet-config.yaml",),
        "/etc/kubernetes/kubelet-config.yaml:4",
        {
            "/etc/kubernetes/kubelet-config.yaml": ("until-event", "kubelet_image_gc_high_threshold"),
            UNIT: ("until-event", "drop-in"),
        },
        decoys=LEFT_BY_KUBEADM,
    ),
    layouts.nks: Row(
        "NKS",
        ("/etc/kubernetes/kubelet-config.yaml",),
        "/etc/kubernetes/kubelet-config.yaml:6",
        {"/etc/kubernetes/kubelet-config.yaml": ("until-event", "repeat the edit"), TOML: ("until-event", "")},
        decoys=LEFT_BY_KUBEADM,
    ),
    layouts.kops: Row(
        "kops",
        ("/var/lib/kubelet/kubelet.conf",),
        "/var/lib/kubelet/kubelet.conf:9",
        {"/var/lib/kubelet/kubelet.conf": ("lost", "cluster spec"), "/etc/sysconfig/kubelet": ("lost", "cluster spec")},
    ),
    layouts.gardener: Row(
        "Gardener",
        ("/var/lib/kubelet/config/kubelet",),
        "/var/lib/kubelet/config/kubelet:5",
        {"/var/lib/kubelet/config/kubelet": ("lost", "Shoot")},
        high=(50, "/var/lib/kubelet/config/kubelet:3"),
    ),
    layouts.eks_al2: Row(
        "EKS AL2",
        (EKS2,),
        f"{UNIT}:4",
        {
            EKS2: ("until-event", "--kubelet-extra-args"),
            TOML: ("until-event", "config.d"),
            UNIT: ("until-event", "drop-in"),
        },
    ),
    layouts.eks_al2023: Row(
        "EKS AL2023",
        (EKS23, f"{EKS23}.d/40-nodeadm.conf"),
        f"{EKS23}:4",
        {EKS23: ("lost", "NodeConfig"), "/etc/eks/kubelet/environment": ("lost", "NodeConfig"), TOML: LOST},
    ),
    layouts.gke: Row(
        "GKE",
        ("/home/kubernetes/kubelet-config.yaml",),
        "/etc/default/kubelet:1",
        {"/home/kubernetes/kubelet-config.yaml": GKE_FATE, TOML: GKE_FATE, UNIT: GKE_FATE},
    ),
    layouts.aks: Row("AKS", (), AKS_SOCKET, {"/etc/default/kubelet": AKS_FATE}, high=(85, "/etc/default/kubelet:1")),
    layouts.aks_file: Row(
        "AKS",
        ("/etc/default/kubeletconfig.json",),
        AKS_SOCKET,
        {"/etc/default/kubeletconfig.json": AKS_FATE},
        high=(85, "/etc/default/kubeletconfig.json:4"),
    ),
    layouts.k3s: Row(
        "k3s",
        (f"{K3S}/etc/kubelet.conf.d/00-k3s-defaults.conf",),
        f"{K3S}/etc/kubelet.conf.d/00-k3s-defaults.conf:3",
        {
            f"{K3S}/etc/kubelet.conf.d/00-k3s-defaults.conf": ("lost", "kubelet-arg"),
            f"{K3S}/etc/containerd/config.toml": ("lost", "tmpl"),
            "/etc/rancher/k3s/config.yaml": ("lasts", ""),
            "/etc/default/k3s": ("lasts", ""),
        },
        high=(75, "/etc/rancher/k3s/config.yaml:3"),
        places=(f"{K3S}/containerd", "/run/k3s/containerd"),
        toml=f"{K3S}/etc/containerd/config.toml",
    ),
    layouts.rke2: Row(
        "RKE2",
        (f"{RKE2}/etc/kubelet.conf.d/00-rke2-defaults.conf",),
        f"{RKE2}/etc/kubelet.conf.d/00-rke2-defaults.conf:3",
        {f"{RKE2}/etc/containerd/config.toml": ("lost", "tmpl"), "/etc/rancher/rke2/config.yaml": ("lasts", "")},
        high=(75, "/etc/rancher/rke2/config.yaml:3"),
        places=(f"{RKE2}/containerd", "/run/k3s/containerd"),
        toml=f"{RKE2}/etc/containerd/config.toml",
    ),
    layouts.k0s: Row(
        "k0s",
        ("/run/k0s/kubelet/config.yaml",),
        "k0s default",
        {
            "/run/k0s/kubelet/config.yaml": ("lost", "worker profile"),
            "/etc/k0s/containerd.toml": ("until-event", "containerd.d"),
        },
        kubelet_root="/var/lib/k0s/kubelet",
        places=("/var/lib/k0s/containerd", "/run/k0s/containerd"),
        toml="/etc/k0s/containerd.toml",
    ),
    layouts.microk8s: Row(
        "MicroK8s",
        (),
        f"{ARGS}/kubelet:4",
        {
            f"{ARGS}/kubelet": ("lasts", ""),
            f"{ARGS}/containerd.toml": ("lost", "the template"),
            "/etc/systemd/system/snap.microk8s.daemon-kubelite.service": ("forbidden", "args files"),
        },
        kubelet_root="/var/snap/microk8s/common/var/lib/kubelet",
        places=("/var/snap/microk8s/common/var/lib/containerd", "/var/snap/microk8s/common/run/containerd"),
        toml=f"{ARGS}/containerd.toml",
    ),
    layouts.kind: Row("kind", (CONF_D,), f"{CONF_D}:4", {CONF_D: ("lasts", "")}, high=(100, f"{CONF_D}:3")),
    layouts.minikube: Row(
        "minikube",
        (CONF_D,),
        f"{UNIT}.d/10-kubeadm.conf:3",
        {CONF_D: ("until-event", "minikube start"), f"{UNIT}.d/10-kubeadm.conf": ("until-event", "minikube start")},
        high=(100, f"{CONF_D}:3"),
    ),
    layouts.bottlerocket: Row(
        "Bottlerocket",
        ("/etc/kubernetes/kubelet/config",),
        "/etc/kubernetes/kubelet/config:3",
        {"/etc/kubernetes/kubelet/config": ("forbidden", "apiclient"), TOML: ("forbidden", "apiclient")},
    ),
    layouts.flatcar: Row(
        "Flatcar",
        ("/etc/kubernetes/own.yaml",),
        "/etc/kubernetes/own.yaml:3",
        {"/usr/share/containerd/config.toml": ("forbidden", "drop-in")},
        toml="/usr/share/containerd/config.toml",
        decoys=(TOML,),
    ),
}


def inspect(base: Path, files: layouts.Files) -> Assessment:
    return assess(Surveyor(open_host(str(layouts.build(base, files)))).take())


def green(found: Assessment) -> None:
    assert [one.title for one in found.findings if one.severity > Severity.INFO] == []
    assert found.undetermined == () and found.exit_code == 0
    assert found.verdict.startswith("Nothing wrong in the files")


def serving(found: Assessment) -> RuntimeState:
    (runtime,) = (one for one in found.survey.runtimes if one.serves_kubelet)
    return runtime


def fates_are(found: Assessment, expected: dict[str, tuple[str, str]]) -> None:
    edits = {one.path: one for one in found.survey.distro.edits}
    for path, (fate, instead) in expected.items():
        assert edits[path].fate == fate, path
        assert instead in edits[path].instead and edits[path].why, path


@pytest.mark.parametrize("layout", ROWS, ids=lambda layout: layout.__name__)
def test_default_nodes(layout: Callable[[], layouts.Files], tmp_path: Path) -> None:
    row, found = ROWS[layout], inspect(tmp_path, layout())
    green(found)
    survey = found.survey
    assert survey.distro.name == row.name and survey.distro.evidence
    config = survey.kubelet.config.value
    assert config is not None and config.error == "" and config.files == row.files
    high, endpoint = config.fields[HIGH], config.fields[ENDPOINT]
    assert (high.value, str(high.origin)) == row.high and str(endpoint.origin) == row.endpoint
    assert config.fields[ROOT].value == row.kubelet_root
    runtime = serving(found)
    assert runtime.kind == "containerd" and runtime.config.value is not None
    assert (runtime.root.value, runtime.config.value.state.value) == row.places
    assert runtime.config.value.files == (row.toml,) and runtime.config.value.error == ""
    overlay = f"{row.places[0]}/io.containerd.snapshotter.v1.overlayfs"
    assert runtime.imagefs.value == (None if row.name == "k0s" else overlay)
    fates_are(found, row.fates)
    assert tuple(note.origin.where for note in survey.decoys) == row.decoys
    told = [one for one in found.findings if one.code == "decoy"]
    assert len(told) == len(row.decoys) and all(one.severity is Severity.INFO for one in told)


def test_kubeadm_of_rpm_reads_sysconfig(tmp_path: Path) -> None:
    found = inspect(tmp_path, layouts.kubeadm("rpm"))
    green(found)
    assert found.survey.distro.name == "kubeadm"
    fates_are(found, {"/etc/sysconfig/kubelet": ("lasts", "")})
    assert "/etc/default/kubelet" not in {one.path for one in found.survey.distro.edits}


def test_openshift_has_no_containerd(tmp_path: Path) -> None:
    found = inspect(tmp_path, layouts.openshift())
    green(found)
    assert found.survey.distro.name == "OpenShift"
    runtime = serving(found)
    assert (runtime.kind, runtime.root.value, str(runtime.root.origin)) == (
        "cri-o",
        "/var/lib/containers/storage",
        "default",
    )
    config = found.survey.kubelet.config.value
    assert config is not None and config.files == ("/etc/kubernetes/kubelet.conf",)
    assert str(config.fields[ENDPOINT].origin) == f"{UNIT}:9"  # systemd's text keeps where a continued line ends
    fates_are(found, {"/etc/kubernetes/kubelet.conf": ("forbidden", "KubeletConfig"), UNIT: ("forbidden", "")})


def test_cri_dockerd_keeps_images_with_docker(tmp_path: Path) -> None:
    found = inspect(tmp_path, layouts.cri_dockerd())
    green(found)
    assert found.survey.distro.name == "cri-dockerd"
    runtime = serving(found)
    assert (runtime.kind, runtime.root.value) == ("cri-dockerd", "/srv/docker")
    assert str(runtime.root.origin) == "/etc/docker/daemon.json"
    assert {"not-containerd", "several-runtimes"} <= {one.code for one in found.findings}


def test_talos_is_named_and_the_rest_is_said_to_be_unknown(tmp_path: Path) -> None:
    found = inspect(tmp_path, layouts.talos())
    assert found.survey.distro.name == "Talos" and found.exit_code == 3
    assert [one.split(":")[0] for one in found.undetermined] == ["the kubelet's configuration", "the container runtime"]
    assert not [one for one in found.findings if one.severity > Severity.INFO]


@pytest.mark.parametrize("name", ["k3s", "rke2"])
def test_a_moved_data_directory_moves_the_private_containerd(name: str, tmp_path: Path) -> None:
    files = dict(
        layouts.rancher(
            name,
            f"/etc/systemd/system/{'k3s' if name == 'k3s' else 'rke2-agent'}.service",
            f"/usr/bin/{name} agent",
            "/data/k",
        )
    )
    config = f"/etc/rancher/{name}/config.yaml"
    files[config] = "data-dir: /data/k\n"
    stale = f"/var/lib/rancher/{name}/agent/etc/containerd/config.toml"
    files[stale] = 'root = "/old"\n'
    found = inspect(tmp_path, files)
    green(found)
    runtime = serving(found)
    assert (runtime.root.value, runtime.config.value and runtime.config.value.state.value) == (
        "/data/k/agent/containerd",
        "/run/k3s/containerd",
    )
    assert str(runtime.root.origin) == f"{config}:1"
    assert [note.origin.where for note in found.survey.decoys] == [stale]


def test_the_private_containerd_s_origin_is_the_distribution_s_own_rule(tmp_path: Path) -> None:
    root = serving(inspect(tmp_path, layouts.k3s())).root
    assert root.origin is not None and str(root.origin) == "k3s default"
    assert root.origin.text == f"--root={K3S}/containerd"


@pytest.mark.parametrize("line", ["docker: true\n", "container-runtime-endpoint: /run/containerd/containerd.sock\n"])
def test_k3s_with_another_runtime_has_no_containerd_of_its_own(line: str, tmp_path: Path) -> None:
    found = inspect(tmp_path, {**layouts.k3s(), "/etc/rancher/k3s/config.yaml": line})
    assert [one.root.value for one in found.survey.runtimes] == []


def test_k3s_beside_a_packaged_containerd(tmp_path: Path) -> None:
    found = inspect(tmp_path, {**layouts.k3s(), **layouts.containerd()})
    green(found)
    assert serving(found).root.value == f"{K3S}/containerd" and len(found.survey.runtimes) == 2


def test_k0s_s_files_of_run_are_not_on_a_disk_at_rest(tmp_path: Path) -> None:
    files = {path: text for path, text in layouts.k0s().items() if not path.startswith("/run/")}
    found = inspect(tmp_path, files)
    assert not [one for one in found.findings if one.severity > Severity.INFO]
    assert found.exit_code == 3 and "at every start" in found.undetermined[0]
    assert serving(found).root.value == "/var/lib/k0s/containerd"
    notes = [one for one in found.findings if one.code == "containerd-written-at-start"]
    assert len(notes) == 1 and "/run/k0s/containerd-cri.toml" in notes[0].title


def test_k0s_with_arguments(tmp_path: Path) -> None:
    command = "/usr/local/bin/k0s worker --data-dir=/data/k0s --kubelet-extra-args=--image-gc-high-threshold=70"
    unit = "/etc/systemd/system/k0sworker.service"
    files = {
        **layouts.k0s(),
        unit: layouts.unit(command),
        "/etc/k0s/containerd.toml": "version = 2\n",
        "/data/k0s/kubelet-config.yaml": layouts.KIND + "imageGCLowThresholdPercent: 60\n",
    }
    del files["/run/k0s/kubelet/config.yaml"]
    found = inspect(tmp_path, files)
    config = found.survey.kubelet.config.value
    assert config is not None and config.files == ("/data/k0s/kubelet-config.yaml",)
    assert (config.fields[HIGH].value, str(config.fields[HIGH].origin)) == (70, f"{unit}:4")
    assert serving(found).imagefs.value == "/data/k0s/containerd/io.containerd.snapshotter.v1.overlayfs"


@pytest.mark.parametrize("layout", [layouts.nks, layouts.k3s, layouts.eks_al2023], ids=lambda one: one.__name__)
def test_the_report_says_the_same(
    layout: Callable[[], layouts.Files], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layouts.build(tmp_path, layout())
    assert main(["report", "--root", str(tmp_path), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    row = ROWS[layout]
    assert data["distribution"]["name"] == row.name and data["severity"] == "info"
    assert [one["root"]["value"] for one in data["runtimes"]] == [row.places[0]]


REAL = {
    layouts.eks_al2: {UNIT: "unit/101__eks-al2__awslabs_amazon-eks-ami__kubelet-containerd.service"},
    layouts.eks_al2023: {UNIT: "unit/102__eks-al2023__awslabs_amazon-eks-ami__kubelet.service"},
    layouts.k3s: {"/etc/systemd/system/k3s.service": "unit/124__k3s__rancher_k3s__k3s.service"},
    layouts.flatcar: {
        "/usr/lib/systemd/system/containerd.service": "unit/113__flatcar__flatcar_scripts__containerd.service",
        "/usr/share/containerd/config.toml": "containerd/flatcar-sysext.toml",
    },
    layouts.kind: {
        f"{UNIT}.d/11-kind.conf": "unit-dropin/144__kind__kubernetes-sigs_kind__11-kind.conf",
        TOML: "containerd/kind-base.toml",
    },
    layouts.microk8s: {
        f"{ARGS}/kubelet": "args/002__microk8s__canonical_microk8s__kubelet",
        f"{ARGS}/containerd": "args/001__microk8s__canonical_microk8s__containerd",
        f"{ARGS}/containerd.toml": "containerd/microk8s-template.toml",
    },
}


@pytest.mark.parametrize("layout", REAL, ids=lambda one: one.__name__)
def test_the_vendor_s_own_files_give_the_same(layout: Callable[[], layouts.Files], tmp_path: Path) -> None:
    corpus = default_corpus()
    real = {path: corpus / name for path, name in REAL[layout].items()}
    missing = [str(path) for path in real.values() if not path.is_file()]
    if missing:
        if os.environ.get("IMAGEGC_REQUIRE") == "1":
            pytest.fail(f"the corpus lacks {missing[0]}")
        pytest.skip(f"the corpus lacks {missing[0]}")
    row = ROWS[layout]
    found = inspect(tmp_path, {**layout(), **{path: file.read_text() for path, file in real.items()}})
    green(found)
    assert found.survey.distro.name == row.name
    runtime = serving(found)
    assert (runtime.root.value, runtime.config.value and runtime.config.value.state.value) == row.places
    config = found.survey.kubelet.config.value
    assert config is not None and config.files == row.files and config.fields[ROOT].value == row.kubelet_root
