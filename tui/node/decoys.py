"""Configuration files that look as if they were in use and are not (node-layouts.md 2)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tui.model import ConfigNote, KubeletState, Origin, Reader, RuntimeState

KUBELET = (
    "/var/lib/kubelet/config.yaml",
    "/etc/kubernetes/kubelet-config.yaml",
    "/etc/kubernetes/kubelet-config.yml",
    "/etc/kubernetes/kubelet.yaml",
    "/etc/kubernetes/kubelet.conf",
    "/etc/kubernetes/kubelet/kubelet-config.json",
    "/etc/kubernetes/kubelet/config.json",
    "/etc/kubernetes/kubelet/config",
    "/var/lib/kubelet/kubelet.conf",
    "/var/lib/kubelet/kubelet-config.yaml",
    "/var/lib/kubelet/config/kubelet",
    "/etc/default/kubeletconfig.json",
    "/home/kubernetes/kubelet-config.yaml",
)
CONTAINERD = ("/etc/containerd/config.toml",)
_KIND = re.compile(rb"[\"']?kind[\"']?\s*:\s*[\"']?KubeletConfiguration\b")


def find(reader: Reader, kubelet: KubeletState, runtimes: Sequence[RuntimeState]) -> tuple[ConfigNote, ...]:
    """Files at customary places, of the right kind, that none of the daemons found reads.

    Without a kubelet, or a containerd, whose files are known nothing is called a decoy.
    """
    notes = []
    config = kubelet.config.value
    if config is not None and not config.error:
        used = {_real(reader, path) for path in config.files}
        for path in KUBELET:
            if _real(reader, path) not in used and _KIND.search(_content(reader, path)):
                notes.append(
                    ConfigNote(
                        "decoy",
                        f"{path} is a kubelet configuration that this kubelet does not read",
                        Origin("file", path),
                    )
                )
    read = [runtime.config.value for runtime in runtimes if runtime.kind == "containerd" and runtime.config.value]
    used = {_real(reader, path) for found in read for path in found.files}
    for path in CONTAINERD:
        if read and _real(reader, path) not in used and _content(reader, path).strip():
            notes.append(ConfigNote("decoy", f"{path} is read by no containerd that was found", Origin("file", path)))
    return tuple(notes)


def _real(reader: Reader, path: str) -> str:
    try:
        return reader.realpath(path)
    except OSError:
        return path


def _content(reader: Reader, path: str) -> bytes:
    try:
        return reader.read(path)
    except OSError:
        return b""
