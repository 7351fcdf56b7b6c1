"""One way to run a command in the node tests: no shell, output kept, a failure names what was said."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


class CommandFailed(RuntimeError):
    """A command ended badly; the text holds the command, its status and the end of its output."""


def run(
    argv: Sequence[str | Path],
    *,
    timeout: float = 120,
    check: bool = True,
    stdin: bytes | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """Run a command to its end and return stdout; raises :class:`CommandFailed` on a status other than 0."""
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(
            words,
            input=stdin if stdin is not None else b"",
            capture_output=True,
            timeout=timeout,
            cwd=cwd,
            env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})},
        )
    except subprocess.TimeoutExpired as late:
        said = (late.stderr or b"")[-2000:].decode(errors="replace")
        raise CommandFailed(f"{words}: not done after {timeout} s\n{said}") from late
    out = done.stdout.decode(errors="surrogateescape")
    if check and done.returncode != 0:
        raise CommandFailed(
            f"{words}: status {done.returncode}\n{out[-2000:]}\n{done.stderr[-4000:].decode(errors='replace')}"
        )
    return out
