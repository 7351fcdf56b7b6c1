"""A FUSE filesystem whose server takes every request and never answers (as root; ``python -m tests.dead_fuse DIR``).

Spoken by hand over /dev/fuse: only FUSE_INIT is answered, so that the kernel sends what follows. It prints ``ready``
and goes on until its stdin ends; then the connection breaks and the mount answers ENOTCONN.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
import threading

_LIBC = ctypes.CDLL(None, use_errno=True)
_IN_HEADER = struct.Struct("<IIQQIIII")
_INIT = 26


def main(directory: str) -> None:
    """Mount, answer the handshake, swallow the rest."""
    fd = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={fd},rootmode=40000,user_id=0,group_id=0,allow_other".encode()
    if _LIBC.mount(b"dead-server", os.fsencode(directory), b"fuse.dead", 0, options) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), directory)
    threading.Thread(target=_serve, args=(fd,), daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()
    os._exit(0)


def _serve(fd: int) -> None:
    while True:
        request = os.read(fd, 1 << 20)
        _, opcode, unique, *_ = _IN_HEADER.unpack_from(request)
        if opcode == _INIT:
            body = struct.pack("<IIIIHHIIHHI28x", 7, 31, 65536, 0, 0, 0, 65536, 1, 0, 0, 0)
            os.write(fd, struct.pack("<IiQ", 16 + len(body), 0, unique) + body)


if __name__ == "__main__":
    main(sys.argv[1])
