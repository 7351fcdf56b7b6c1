"""node-layouts.md 2: files that look as if they counted."""

from __future__ import annotations

from tests.tree import TreeReader
from tui.distro import decoys
from tui.model import Distro

KIND = b"apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
KUBESPRAY = {
    "/etc/kubernetes/kubelet-config.yaml": KIND,
    "/etc/kubernetes/kubelet.conf": b"kind: Config\n",
    "/var/lib/kubelet/config.yaml": KIND,
    "/var/lib/kubelet/kubeadm-flags.env": b'KUBELET_KUBEADM_ARGS="--x=y"\n',
}


def found(files: dict[str, bytes], used: list[str], name: str = "", **links: str) -> list[tuple[str, str]]:
    targets = {f"/{key.replace('__', '/')}": target for key, target in links.items()}
    return [(note.code, note.origin.where) for note in decoys(TreeReader(files, targets), used, Distro(name))]


def test_what_kubespray_leaves_behind() -> None:
    used = ["/etc/kubernetes/kubelet-config.yaml"]
    assert found(KUBESPRAY, used, "kubespray") == [
        ("decoy-kubelet-config", "/var/lib/kubelet/config.yaml"),
        ("decoy-flags", "/var/lib/kubelet/kubeadm-flags.env"),
    ]
    notes = decoys(TreeReader(KUBESPRAY), used, Distro("kubespray"))
    assert "kubespray joins with kubeadm" in notes[0].text and "no daemon of this node reads it" in notes[0].text


def test_the_kind_decides_and_not_the_name() -> None:
    files = {"/etc/kubernetes/kubelet.conf": KIND, "/var/lib/kubelet/config.yaml": b"# kind: KubeletConfiguration\n"}
    assert found(files, ["/x"]) == [("decoy-kubelet-config", "/etc/kubernetes/kubelet.conf")]
    inline = {"/etc/kubernetes/kubelet.conf": b'{"kind":"KubeletConfiguration"}'}
    assert len(found(inline, ["/x"])) == 1
    assert not found({"/etc/kubernetes/kubelet.conf": b'{"kind":"Config"}'}, ["/x"])


def test_nothing_is_said_without_daemons_or_for_a_link_to_a_used_file() -> None:
    assert not found(KUBESPRAY, [])
    files = {"/data/config.yaml": KIND}
    links = {"var__lib__kubelet__config.yaml": "/data/config.yaml"}
    assert not found(files, ["/data/config.yaml"], **links)
    assert not found(files, ["/var/lib/kubelet/config.yaml"], **links)


def test_flags_that_set_nothing_are_no_decoy() -> None:
    empty = {"/etc/default/kubelet": b'# KUBELET_EXTRA_ARGS="--x"\nKUBELET_EXTRA_ARGS=""\nOTHER=\n'}
    assert not found(empty, ["/x"])
    assert found({"/etc/default/kubelet": b"KUBELET_EXTRA_ARGS=--v=2\n"}, ["/x"]) == [
        ("decoy-flags", "/etc/default/kubelet")
    ]


def test_a_containerd_file_that_another_configuration_replaces() -> None:
    files = {"/etc/containerd/config.toml": b'# c\nroot = "/x"\n', "/srv/c.toml": b""}
    assert found(files, ["/srv/c.toml"]) == [("decoy-runtime-config", "/etc/containerd/config.toml")]
    assert not found({"/etc/containerd/config.toml": b"# only comments\n\n[plugins]\n"}, ["/srv/c.toml"])


def test_a_stale_k3s_tree() -> None:
    path = "/var/lib/rancher/k3s/agent/etc/kubelet.conf.d/00-k3s-defaults.conf"
    used = ["/data/k3s/agent/etc/kubelet.conf.d/00-k3s-defaults.conf"]
    assert found({path: KIND}, used, "k3s") == [("decoy-kubelet-config", path)]
    assert "earlier --data-dir" in decoys(TreeReader({path: KIND}), used, Distro("k3s"))[0].text


def test_an_old_drop_in_hides_the_packaged_one() -> None:
    packaged = "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf"
    own = "/etc/systemd/system/kubelet.service.d/10-kubeadm.conf"
    assert found({packaged: b"[Service]\n", own: b"[Service]\n"}, [own]) == [("hidden-drop-in", packaged)]
    assert not found({own: b"[Service]\n"}, [own])
    assert not found({packaged: b"[Service]\n"}, [packaged])
