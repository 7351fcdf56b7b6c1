"""ImageFsInfo asked of a real runtime's socket: the one CRI call that says where its images are (CRI v1).

A gRPC call is one HTTP/2 stream; what it takes is written out here, so that no gRPC library is needed and the answer
does not come through the program under test.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from pathlib import Path

METHOD = "/runtime.v1.ImageService/ImageFsInfo"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, GOAWAY = 0x0, 0x1, 0x3, 0x4, 0x7
END_STREAM, END_HEADERS, ACK = 0x1, 0x4, 0x1


class CriError(RuntimeError):
    """The runtime gave no answer to the call."""


def image_filesystems(path: Path, timeout: float = 10) -> list[str]:
    """The ``fs_id.mountpoint`` of each image filesystem that the runtime at this socket names, in its order."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        connection.connect(str(path))
        message = _call(connection)
    found = []
    for number, usage in _fields(message):
        if number == 1:
            found += [inner.decode() for field, id_ in _fields(usage) if field == 2 for _, inner in _fields(id_)]
    return found


def _call(connection: socket.socket) -> bytes:
    headers = {
        ":method": "POST",
        ":scheme": "http",
        ":path": METHOD,
        ":authority": "localhost",
        "content-type": "application/grpc",
        "te": "trailers",
    }
    block = b"".join(b"\0" + _text(name) + _text(value) for name, value in headers.items())
    empty = struct.pack(">BI", 0, 0)  # not compressed, no bytes: the request has no fields
    connection.sendall(
        PREFACE
        + _frame(SETTINGS, 0, 0, b"")
        + _frame(HEADERS, END_HEADERS, 1, block)
        + _frame(DATA, END_STREAM, 1, empty)
    )
    answer = b""
    with connection.makefile("rb") as stream:
        while True:
            head = stream.read(9)
            if len(head) < 9:
                break
            size, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
            body = stream.read(size)
            if kind == SETTINGS and not flags & ACK:
                connection.sendall(_frame(SETTINGS, ACK, 0, b""))
            elif kind in (RESET, GOAWAY):
                raise CriError(f"the runtime ended the call: {body!r}")
            elif kind == DATA:
                answer += body
            if kind in (DATA, HEADERS) and flags & END_STREAM:
                break
    if len(answer) < 5:
        raise CriError("the runtime refused the call: does it serve CRI v1?")
    return answer[5:]


def _frame(kind: int, flags: int, stream: int, body: bytes) -> bytes:
    return len(body).to_bytes(3, "big") + struct.pack(">BBI", kind, flags, stream) + body


def _text(text: str) -> bytes:
    assert len(text) < 127, text
    return bytes((len(text),)) + text.encode()


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """The length-delimited fields of a protobuf message; numbers are passed over."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        size, after = _varint(message, at)
        if key & 7 == 0:
            at = after
            continue
        if key & 7 != 2:
            raise CriError(f"a field of wire type {key & 7} in the answer")
        yield key >> 3, message[after : after + size]
        at = after + size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
