"""Asking a container runtime over its CRI socket, as the kubelet does; gRPC is loaded only once a socket answers."""

from __future__ import annotations

import errno
import os
import socket
import stat
import time

from tui.model import RuntimeAnswer
from tui.node.host import NoAnswer
from tui.node.processes import why_not

_ENVIRONMENT = {"GRPC_VERBOSITY": "NONE", "GRPC_ENABLE_FORK_SUPPORT": "0"}
"""gRPC must neither write to the terminal nor meddle with the children that journalctl and systemctl are."""


def ask(endpoint: str, *, timeout: float, wall: float) -> RuntimeAnswer:
    """One round of questions: Version, ImageFsInfo, ListImages, ListContainers, ListPodSandbox; v1, else v1alpha2.

    ``endpoint``: ``unix:///run/containerd/containerd.sock`` or the path alone, as this process sees it. ``timeout``:
    seconds for all of it; ``wall``: when it is asked. Raises :class:`NoAnswer`: nothing there, no unix socket, refused,
    no permission, silent, closed in the middle of an answer, too old or no CRI at all, larger than the kubelet takes.
    """
    deadline = time.monotonic() + timeout
    path = endpoint.removeprefix("unix://")
    if not path.startswith("/"):
        raise NoAnswer(f"{endpoint} is not the path of a unix socket")
    _knock(path, timeout)
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    from tui.node import cri_calls

    return cri_calls.everything(path, deadline, wall)


def _knock(path: str, timeout: float) -> None:
    """Connect and hang up: whatever the kernel refuses, it refuses here, in its own words."""
    try:
        if not stat.S_ISSOCK(os.stat(path).st_mode):
            raise NoAnswer(f"{path} is not a unix socket")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knocking:
            knocking.settimeout(timeout)
            knocking.connect(path)
    except OSError as error:
        raise NoAnswer(_refusal(error, path)) from error


def _refusal(error: OSError, path: str) -> str:
    if isinstance(error, PermissionError):
        return f"no permission for {path}: {why_not(error)}"
    if isinstance(error, ConnectionRefusedError):
        return f"refused: nobody listens on {path}"
    if isinstance(error, TimeoutError) or error.errno == errno.EAGAIN:
        return f"silent: {path} takes no connection"
    return f"{path}: {why_not(error)}"
