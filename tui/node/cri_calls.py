"""The calls of one round of CRI questions, and what becomes of their answers. Loads gRPC: see cri.py."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar
from urllib.parse import quote

import grpc
from google.protobuf.message import DecodeError, Message

from tui.model import ContainerUse, Image, ImageFs, RuntimeAnswer
from tui.node import cri_pb2
from tui.node.host import NoAnswer

M = TypeVar("M", bound=Message)

APIS = ("v1", "v1alpha2")
"""Newest first: containerd 1.6 and 1.7 have both, older ones only the second, 2.x only the first."""
LARGEST = 16 << 20
"""Bytes of one answer; the kubelet takes no more either (K/cri/remote/remote_runtime.go maxMsgSize)."""
STATES = {
    cri_pb2.CONTAINER_CREATED: "created",
    cri_pb2.CONTAINER_RUNNING: "running",
    cri_pb2.CONTAINER_EXITED: "exited",
}

_OPTIONS = (
    ("grpc.max_receive_message_length", LARGEST),
    ("grpc.default_authority", "localhost"),
    ("grpc.enable_http_proxy", 0),
    ("grpc.enable_retries", 0),
    ("grpc.use_local_subchannel_pool", 1),
)
_SAID_MAX = 300


class _Unimplemented(Exception):
    """The runtime does not know the service."""


class _Round:
    """The calls to one version of the API; all of them share one deadline."""

    def __init__(self, channel: grpc.Channel, api: str, deadline: float) -> None:
        self._channel = channel
        self.api = api
        self._deadline = deadline

    def call(self, method: str, request: Message, answer: type[M]) -> M:
        """``method``: "Service/Method". The bytes are decoded here: gRPC would log a broken answer to stderr."""
        call, name = self._channel.unary_unary(f"/runtime.{self.api}.{method}", None, None), method.rpartition("/")[2]
        try:
            data: bytes = call(request.SerializeToString(), timeout=max(self._deadline - time.monotonic(), 0.001))
            return answer.FromString(data)
        except DecodeError as error:
            raise NoAnswer(f"its answer to {name} cannot be read: {error}") from error
        except grpc.RpcError as error:
            raise _failed(error, name) from error


def everything(path: str, deadline: float, wall: float) -> RuntimeAnswer:
    """See cri.ask; ``deadline`` on the monotonic clock."""
    with grpc.insecure_channel(f"unix:{quote(os.fsencode(path))}", options=_OPTIONS) as channel:
        for api in APIS:
            try:
                return _answer(_Round(channel, api, deadline), wall)
            except _Unimplemented:
                continue
    raise NoAnswer(f"it answers on {path}, but speaks no CRI of {' or '.join(APIS)}: too old, or its CRI is disabled")


def _failed(error: grpc.RpcError, method: str) -> Exception:
    """What to raise for a call that failed."""
    if not isinstance(error, grpc.Call):
        return NoAnswer(f"{method} failed: {error}")
    code, said = error.code(), (error.details() or "")[:_SAID_MAX]
    if code is grpc.StatusCode.UNIMPLEMENTED:
        return _Unimplemented()
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return NoAnswer(f"silent: no answer to {method} in time")
    if code is grpc.StatusCode.UNAVAILABLE:
        return NoAnswer(f"it closed the connection before it had answered {method}: {said}")
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED and "larger than max" in said:
        return NoAnswer(f"its answer to {method} is larger than {LARGEST >> 20} MiB, the most that a kubelet takes")
    return NoAnswer(f"it answered {method} with {code.name}: {said}")


def _answer(asking: _Round, wall: float) -> RuntimeAnswer:
    everything = cri_pb2.Everything()
    version = asking.call("RuntimeService/Version", cri_pb2.VersionRequest(), cri_pb2.VersionResponse)
    disks = asking.call("ImageService/ImageFsInfo", everything, cri_pb2.ImageFsInfoResponse)
    images = asking.call("ImageService/ListImages", everything, cri_pb2.ListImagesResponse).images
    containers = asking.call("RuntimeService/ListContainers", everything, cri_pb2.ListContainersResponse).containers
    sandboxes = asking.call("RuntimeService/ListPodSandbox", everything, cri_pb2.ListPodSandboxResponse).items
    uses = _uses(containers, sandboxes)
    return RuntimeAnswer(
        api=asking.api,
        name=_text(version.runtime_name),
        version=_text(version.runtime_version),
        wall=wall,
        imagefs=_filesystems(disks.image_filesystems),
        containerfs=_filesystems(disks.container_filesystems),
        images=tuple(_image(image, uses) for image in images),
        containers=len(containers),
        sandboxes=len(sandboxes),
    )


def _uses(
    containers: Iterable[cri_pb2.Container], sandboxes: Iterable[cri_pb2.PodSandbox]
) -> Mapping[bytes, Sequence[ContainerUse]]:
    """Image id to its containers, running or dead (K/images detectImages; K/kuberuntime toKubeContainer).

    A container names its image by ``image_id``, or by ``image_ref`` where the runtime is older than that field.
    """
    pods = {sandbox.id: sandbox.metadata for sandbox in sandboxes}
    nowhere = cri_pb2.PodSandboxMetadata()
    found: dict[bytes, list[ContainerUse]] = {}
    for container in containers:
        pod = pods.get(container.pod_sandbox_id, nowhere)
        name, state = _text(container.metadata.name), STATES.get(container.state, "unknown")
        use = ContainerUse(_text(pod.namespace), _text(pod.name), name, state)
        found.setdefault(container.image_id or container.image_ref, []).append(use)
    return found


def _image(image: cri_pb2.Image, uses: Mapping[bytes, Sequence[ContainerUse]]) -> Image:
    names = (*image.repo_tags, *image.repo_digests)
    return Image(_text(image.id), tuple(map(_text, names)), image.size, image.pinned, tuple(uses.get(image.id, ())))


def _filesystems(found: Iterable[cri_pb2.FilesystemUsage]) -> tuple[ImageFs, ...]:
    return tuple(
        ImageFs(
            _text(one.fs_id.mountpoint),
            one.used_bytes.value,
            one.inodes_used.value if one.HasField("inodes_used") else None,
        )
        for one in found
    )


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
