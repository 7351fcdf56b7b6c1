"""A container runtime that answers CRI on a unix socket: gRPC's own server, or a socket that misbehaves."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.message import Message

from tui.node import cri_pb2 as pb

Answers = Mapping[str, Message | bytes]


def answers(images: list[pb.Image], containers: list[pb.Container], sandboxes: list[pb.PodSandbox]) -> Answers:
    """A whole round of answers by method."""
    disk = pb.FilesystemUsage(
        fs_id=pb.FilesystemIdentifier(mountpoint=b"/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs"),
        used_bytes=pb.UInt64Value(value=12345),
        inodes_used=pb.UInt64Value(value=67),
    )
    version = pb.VersionResponse(version=b"0.1.0", runtime_name=b"containerd", runtime_version=b"1.6.20~ds1")
    return {
        "RuntimeService/Version": version,
        "ImageService/ImageFsInfo": pb.ImageFsInfoResponse(image_filesystems=[disk]),
        "ImageService/ListImages": pb.ListImagesResponse(images=images),
        "RuntimeService/ListContainers": pb.ListContainersResponse(containers=containers),
        "RuntimeService/ListPodSandbox": pb.ListPodSandboxResponse(items=sandboxes),
    }


class _Handler(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # generic in its stubs alone
    def __init__(self, given: Answers, api: str, asked: list[str]) -> None:
        self._given, self._api, self._asked = given, api, asked

    def service(self, handler_call_details: Any) -> Any:
        package, _, method = handler_call_details.method.removeprefix("/runtime.").partition(".")
        self._asked.append(handler_call_details.method)
        answer = self._given.get(method)
        if package != self._api or answer is None:
            return None
        data = answer if isinstance(answer, bytes) else answer.SerializeToString()
        return grpc.unary_unary_rpc_method_handler(lambda request, context: data)


@contextmanager
def runtime(path: Path, given: Answers, api: str = "v1") -> Iterator[list[str]]:
    """The methods that are asked of it; any other than the given ones are unimplemented."""
    asked: list[str] = []
    pool = ThreadPoolExecutor(2)
    server = grpc.server(pool, options=[("grpc.max_send_message_length", -1)])
    server.add_generic_rpc_handlers((_Handler(given, api, asked),))
    server.add_insecure_port(f"unix:{path}")
    server.start()
    try:
        yield asked
    finally:
        server.stop(None).wait()
        pool.shutdown()


@contextmanager
def listener(path: Path, serve: Callable[[socket.socket], None]) -> Iterator[None]:
    """A socket whose connections are each handed to ``serve``, then closed."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        thread = threading.Thread(target=_accept, args=(listening, serve), daemon=True)
        thread.start()
        yield
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def _accept(listening: socket.socket, serve: Callable[[socket.socket], None]) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(connection, serve), daemon=True).start()


def _serve(connection: socket.socket, serve: Callable[[socket.socket], None]) -> None:
    with connection:
        try:
            serve(connection)
        except OSError:
            return
