"""Statfs for filesystems that a server answers, in a process of its own (run as a script, standard library only).

A call that a FUSE server has taken and never answers cannot be killed: a process with such a thread cannot be reaped by
its parent. Here that is this helper, which nobody waits for, and not the app.

Lines on stdin: the path in hex. Lines on stdout, in any order: the path in hex, then f_frsize f_blocks f_bfree f_bavail
f_files f_ffree, or ``!`` and the errno. It ends with its stdin.
"""

from __future__ import annotations

import os
import sys
import threading


def _answer(request: str, lock: threading.Lock) -> None:
    try:
        found = os.statvfs(bytes.fromhex(request))
        figures = (found.f_frsize, found.f_blocks, found.f_bfree, found.f_bavail, found.f_files, found.f_ffree)
        words = " ".join(map(str, figures))
    except OSError as error:
        words = f"! {error.errno}"
    with lock:
        os.write(1, f"{request} {words}\n".encode("ascii"))


def main() -> None:
    """Answer each line in a thread of its own until stdin ends; then leave at once, hanging threads or not."""
    lock = threading.Lock()
    for line in sys.stdin:
        threading.Thread(target=_answer, args=(line.strip(), lock), daemon=True).start()
    os._exit(0)


if __name__ == "__main__":
    main()
