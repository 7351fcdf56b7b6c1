"""Dressing a node in the double: the program built from the Go files beside, in the place of the kubelet.

The double is no kubelet. It stands for what the kubelet that can be built here (1.20) does not show: the silent
fallback to the nearest known mount, structured logs, drop-ins, and collection without a wait of five minutes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.node import cache
from tests.node.lab import Lab
from tests.node.node import Node
from tests.node.seed import SeedNode

SETTINGS = "/etc/kubelet-double.conf"

ENV = """KUBE_LOG_LEVEL="--v={verbosity}"
KUBELET_HOSTNAME="--hostname-override=node1"
KUBELET_ARGS="--config=/etc/kubernetes/kubelet-config.yaml \\
 --container-runtime-endpoint=unix:///var/run/containerd/containerd.sock \\
 --register-node=false \\
 --node-labels='ncloud.com/nks-nodepool=example' "
KUBELET_CLOUDPROVIDER=""
"""


def settings(
    version: str = "v1.32.10", gc_period: str = "10s", eviction_period: str = "10s", *, stats_at_start: bool = False
) -> str:
    """The file that only the double reads: whom it stands for, and how often it looks (a kubelet: 5m and 10s).

    ``stats_at_start``: whether the first collection finds statistics, as 3 of 18 starts of a kubelet did, or fails with
    capacity 0 as 15 did.
    """
    return (
        f"version={version}\ngc-period={gc_period}\neviction-period={eviction_period}\n"
        f"stats-at-start={str(stats_at_start).lower()}\n"
    )


def prepare(node: Node, *, verbosity: int = 2, conf: str = "") -> None:
    """Put the double where the kubelet is, before the boot; unit and configuration stay those of ``files.kubelet``.

    ``conf``: other :func:`settings` than the default ones.
    """
    node.put("/usr/local/bin/kubelet", cache.double().read_bytes(), 0o755)
    node.put("/etc/kubernetes/kubelet.env", ENV.format(verbosity=verbosity))
    node.put(SETTINGS, conf or settings())


@contextmanager
def dressed(
    lab: Lab, name: str, *, extra: str, conf: str, locked: bool = False, size: int = 512 << 20
) -> Iterator[SeedNode]:
    """A running node in the double's dress; when it is closed no process of it is left."""
    node = SeedNode(lab, name, image_size=size).with_kubelet(extra=extra, locked=locked)
    prepare(node, verbosity=4, conf=conf)
    try:
        node.start()
        space = os.readlink(f"/proc/{node.pid}/ns/pid")
        yield node
    finally:
        node.close()
    assert [pid for pid in Path("/proc").glob("[0-9]*") if _space(pid) == space] == []


def _space(process: Path) -> str:
    try:
        return os.readlink(process / "ns/pid")
    except OSError:
        return ""
