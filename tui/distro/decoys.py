"""Configuration files that look as if they counted and are read by no running daemon (node-layouts.md 2)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from tui.model import ConfigNote, Distro, Origin, Reader

_KIND = re.compile(r"""^[ \t]*["']?kind["']?[ \t]*:[ \t]*["']?KubeletConfiguration\b""", re.MULTILINE)
_KIND_INLINE = re.compile(r'[{,]\s*"kind"\s*:\s*"KubeletConfiguration"')
_FLAGS = re.compile(r"""^[ \t]*(?:export[ \t]+)?\w+[ \t]*=[ \t]*["']?[ \t]*[^\s"'#]""", re.MULTILINE)
_SETTING = re.compile(r"^[ \t]*[^#\s\[]", re.MULTILINE)

KUBELET_FILES = (
    "/var/lib/kubelet/config.yaml",
    "/var/lib/kubelet/instance-config.yaml",
    "/var/lib/kubelet/kubelet.conf",
    "/var/lib/kubelet/config/kubelet",
    "/etc/kubernetes/kubelet-config.yaml",
    "/etc/kubernetes/kubelet.conf",
    "/etc/kubernetes/kubelet.yaml",
    "/etc/kubernetes/kubelet/config",
    "/etc/kubernetes/kubelet/config.json",
    "/etc/kubernetes/kubelet/kubelet-config.json",
    "/etc/default/kubeletconfig.json",
    "/home/kubernetes/kubelet-config.yaml",
    "/run/k0s/kubelet/config.yaml",
    "/var/lib/k0s/kubelet-config.yaml",
)
KUBELET_FOLDERS = (
    "/etc/kubernetes/kubelet.conf.d",
    "/etc/kubernetes/kubelet/config.json.d",
    "/etc/openshift/kubelet.conf.d",
    "/var/lib/rancher/k3s/agent/etc/kubelet.conf.d",
    "/var/lib/rancher/rke2/agent/etc/kubelet.conf.d",
)
FLAG_FILES = (
    "/var/lib/kubelet/kubeadm-flags.env",
    "/etc/default/kubelet",
    "/etc/sysconfig/kubelet",
    "/etc/kubernetes/kubelet.env",
    "/etc/kubernetes/kubelet/env",
    "/etc/eks/kubelet/environment",
)
RUNTIME_FILES = (
    "/etc/containerd/config.toml",
    "/var/lib/rancher/k3s/agent/etc/containerd/config.toml",
    "/var/lib/rancher/rke2/agent/etc/containerd/config.toml",
    "/etc/k0s/containerd.toml",
    "/etc/cri/containerd.toml",
)
_PACKAGED = ("/usr/lib/systemd/system", "/lib/systemd/system")


def decoys(reader: Reader, used_files: Sequence[str], distro: Distro) -> tuple[ConfigNote, ...]:
    """Well-known configuration files that exist and are not among ``used_files``, each with why that misleads.

    A KubeletConfiguration is known by its ``kind``, never by its name: a kubeconfig of the same name is no decoy.
    Nothing is said when ``used_files`` is empty (no daemon was found) and about files that cannot be read. Codes:
    ``decoy-kubelet-config``, ``decoy-flags``, ``decoy-runtime-config``, ``hidden-drop-in``; all are information.
    """
    if not used_files:
        return ()
    used = {real for path in used_files for real in (path, _real(path, reader))}
    notes: list[ConfigNote] = []
    for code, path, what in _candidates(reader):
        real = _real(path, reader)
        if path not in used and real not in used:
            used.add(real)
            why = f"{what}, but no daemon of this node reads it: an edit there changes nothing"
            notes.append(ConfigNote(code, f"{why}{_reason(path, distro)}", Origin("file", path)))
    return (*notes, *_hidden(reader, used_files))


def _candidates(reader: Reader) -> Iterator[tuple[str, str, str]]:
    folders = [posixpath.join(folder, name) for folder in KUBELET_FOLDERS for name in _names(folder, reader)]
    for path in (*KUBELET_FILES, *folders):
        text = _text(path, reader)
        if _KIND.search(text) or _KIND_INLINE.search(text):
            yield "decoy-kubelet-config", path, "a KubeletConfiguration"
    for path in FLAG_FILES:
        if _FLAGS.search(_text(path, reader)):
            yield "decoy-flags", path, "it sets variables for a kubelet's command line"
    for path in RUNTIME_FILES:
        if _SETTING.search(_text(path, reader)):
            yield "decoy-runtime-config", path, "a containerd configuration"


def _reason(path: str, distro: Distro) -> str:
    if distro.name in ("kubespray", "NKS") and path.startswith("/var/lib/kubelet/"):
        return f" ({distro.name} joins with kubeadm, which leaves it behind)"
    if distro.name == "Flatcar" and path == "/etc/containerd/config.toml":
        return " (Flatcar reads /usr/share/containerd/config.toml until CONTAINERD_CONFIG names another)"
    if "/rancher/" in path:
        return " (left by an earlier --data-dir or installation)"
    return ""


def _hidden(reader: Reader, used_files: Sequence[str]) -> Iterator[ConfigNote]:
    """A drop-in in /etc hides the packaged one of the same name altogether."""
    for path in dict.fromkeys(used_files):
        folder, name = posixpath.split(path)
        unit = posixpath.basename(folder)
        if folder != f"/etc/systemd/system/{unit}" or not unit.endswith(".service.d"):
            continue
        for tree in _PACKAGED:
            packaged = posixpath.join(tree, unit, name)
            if _text(packaged, reader):
                text = f"{path} hides the packaged {packaged} of the same name, which is not read"
                yield ConfigNote("hidden-drop-in", text, Origin("file", packaged))
                break


def _text(path: str, reader: Reader) -> str:
    try:
        return reader.read(path).decode("utf-8", "surrogateescape")
    except OSError:
        return ""


def _names(folder: str, reader: Reader) -> list[str]:
    try:
        return reader.list(folder)
    except OSError:
        return []


def _real(path: str, reader: Reader) -> str:
    try:
        return reader.realpath(path)
    except OSError:
        return path
