"""The node's own read-only programs: run within bounds; what journalctl and systemctl print (facts/systemd.md 5)."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from tui.model import LogLine
from tui.node.host import CommandResult

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
OUTPUT_LIMIT = 32 * 1024 * 1024
"""Bytes of output after which a command is ended."""

_ENVIRONMENT = {"PATH": PATH, "LC_ALL": "C", "SYSTEMD_PAGER": "", "SYSTEMD_COLORS": "0", "SYSTEMD_URLIFY": "0"}


def run_bounded(argv: Sequence[str], timeout: float) -> CommandResult:
    """Run a program without a shell, stdin closed, in a session of its own, killed with its children at the limit."""
    try:
        process = subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
            env=_ENVIRONMENT,
            start_new_session=True,
        )
    except OSError as error:
        return CommandResult(None, b"", b"", f"{argv[0]}: {error.strerror or error}")
    assert process.stdout is not None and process.stderr is not None
    with process.stdout, process.stderr:
        out, err, reason = _collect(process, time.monotonic() + timeout, f"{argv[0]}: no end within {timeout:g} s")
        if reason:
            _kill(process)
        return CommandResult(None if reason else process.returncode, out, err, reason)


def _collect(process: subprocess.Popen[bytes], deadline: float, late: str) -> tuple[bytes, bytes, str]:
    assert process.stdout is not None and process.stderr is not None
    parts: dict[int, list[bytes]] = {process.stdout.fileno(): [], process.stderr.fileno(): []}
    size, reason = 0, ""
    with selectors.DefaultSelector() as selector:
        for fd in parts:
            selector.register(fd, selectors.EVENT_READ)
        while selector.get_map() and not reason:
            left = deadline - time.monotonic()
            ready = selector.select(left) if left > 0 else []
            for key, _ in ready:
                data = os.read(key.fd, 1 << 16)
                size += len(data)
                parts[key.fd].append(data)
                if not data:
                    selector.unregister(key.fd)
            reason = late if not ready else f"more than {OUTPUT_LIMIT} bytes of output" if size > OUTPUT_LIMIT else ""
    out, err = (b"".join(chunks) for chunks in parts.values())
    if not reason:
        try:
            process.wait(max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            reason = late
    return out, err, reason


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):  # one that hangs in the kernel is left to its fate
        process.wait(1.0)


def journal_lines(output: bytes, kernel: bool) -> tuple[LogLine, ...]:
    """The entries of ``journalctl -o json``, as they come; broken lines are passed over.

    Kernel lines carry their own time (``_SOURCE_MONOTONIC_TIMESTAMP``): the journal's is that of its reading.
    """
    lines = (_journal_line(line, kernel) for line in output.split(b"\n") if line.startswith(b"{"))
    return tuple(line for line in lines if line is not None)


def _journal_line(text: bytes, kernel: bool) -> LogLine | None:
    try:
        entry = json.loads(text)
        mono = int(entry["__MONOTONIC_TIMESTAMP"])
        if kernel:
            mono = int(entry.get("_SOURCE_MONOTONIC_TIMESTAMP", mono))
        pid = entry.get("_PID")
        return LogLine(
            int(entry["__REALTIME_TIMESTAMP"]) / 1e6,
            mono / 1e6,
            int(pid) if isinstance(pid, str) and pid.isdigit() else None,
            _message(entry.get("MESSAGE")),
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _message(value: object) -> str:
    """A message is a string, or a list of byte values when it is no clean UTF-8, or null when it is very long."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(byte, int) and 0 <= byte < 256 for byte in value):
        return bytes(value).decode("utf-8", "surrogateescape")
    return ""


def unit_properties(output: bytes) -> tuple[Mapping[str, tuple[str, ...]], ...]:
    """The blocks of ``systemctl show`` for one or several units, in the order asked; repeated properties in order."""
    blocks = []
    for block in output.decode("utf-8", "surrogateescape").split("\n\n"):
        found: dict[str, tuple[str, ...]] = {}
        for line in block.split("\n"):
            name, equals, value = line.partition("=")
            if equals:
                found[name] = (*found.get(name, ()), value)
        blocks.append(found)
    return tuple(blocks)
