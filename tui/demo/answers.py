"""What the demo node's daemons answer when they are asked: from the same simulation as everything else."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from tui.demo.kubelet import ROOT_DIR, View
from tui.demo.storage import Disk, Pod, Store
from tui.model import ContainerUse, Fact, Image, ImageFs, Origin, RuntimeAnswer

PAUSE = Image(
    "sha256:" + "6270bb605e12e581514ada5fd5b3216f727db55dc87d5889c790e4c760683fee",
    ("registry.k8s.io/pause:3.6",),
    301_773,
    True,
)
"""The sandbox image, pinned as newer runtimes do."""


def runtime(store: Store, images: str, wall: float) -> RuntimeAnswer:
    """Containerd's answer over CRI; ``images``: the path at which it keeps them."""
    held: dict[str, list[ContainerUse]] = {}
    for pod in store.pods:
        held.setdefault(pod.image.image_id, []).append(_use(pod))
    found = tuple(
        Image(
            one.image_id,
            (one.name,),
            one.size,
            False,
            tuple(held.get(one.image_id, ())),
            gives_back=Fact(one.on_disk, Origin("computed", "the simulated disk")),
        )
        for one in store.images
    )
    return RuntimeAnswer(
        api="v1",
        name="containerd",
        version="1.6.20~ds1",
        wall=wall,
        imagefs=(ImageFs(images, _snapshots(store)),),
        containerfs=(),
        images=(*found, PAUSE),
        containers=len(store.pods),
        sandboxes=len(store.pods),
    )


def _snapshots(store: Store) -> int:
    """Bytes in unpacked layers and writable ones: what CRI calls used."""
    return sum(one.size for one in store.images) + sum(pod.written for pod in store.pods)


def kubelet(url: str, view: View, store: Store) -> bytes | None:
    """The kubelet's answer at ``url``, as to somebody with a credential; None where it serves nothing."""
    secure = "https://127.0.0.1:10250"
    answers: Mapping[str, Callable[[], bytes]] = {
        "http://127.0.0.1:10248/healthz": lambda: b"ok",
        f"{secure}/configz": lambda: json.dumps({"kubeletconfig": _fields(view)}).encode(),
        f"{secure}/stats/summary": lambda: json.dumps(_summary(view, store)).encode(),
    }
    answer = answers.get(url)
    return answer() if answer else None


def _use(pod: Pod) -> ContainerUse:
    namespace, slash, name = pod.name.rpartition("/")
    return ContainerUse(namespace if slash else "default", name, "main", "running")


def _fields(view: View) -> Mapping[str, Any]:
    return {name: fact.value for name, fact in view.config.fields.items() if not name.startswith("--") and fact.known}


def _summary(view: View, store: Store) -> Mapping[str, Any]:
    """The disks that it measures, as cAdvisor has them; ``usedBytes`` of imageFs is the runtime's own."""
    images = {**_fs(view.disk(view.images)), "usedBytes": _snapshots(store)}
    return {"node": {"nodeName": "node1", "fs": _fs(view.disk(ROOT_DIR)), "runtime": {"imageFs": images}}}


def _fs(disk: Disk | None) -> Mapping[str, int]:
    if disk is None:
        return {}
    usage = disk.usage()
    return {
        "capacityBytes": usage.capacity,
        "availableBytes": usage.available,
        "usedBytes": usage.used,
        "inodes": usage.files,
        "inodesFree": usage.ffree,
    }
