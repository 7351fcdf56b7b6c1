"""The report beside a Python that does nothing and beside duf, on this machine and with thousands of mounts."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ENVIRON = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""As installed: compiled once, not at every start."""
MS_BIND = 4096
MNT_DETACH = 2


def race() -> Mapping[str, Callable[[], float]]:
    """What runs against what; duf only where it is installed (Debian: duf)."""
    imagegc = Path(sys.executable).with_name("imagegc")
    own = [str(imagegc)] if imagegc.exists() else [sys.executable, "-m", "tui"]
    race: dict[str, Callable[[], float]] = {
        "python -c pass": lambda: _wall([sys.executable, "-c", "pass"], (0,)),
        "imagegc report --json": lambda: _wall([*own, "report", "--json"], (0, 1, 2, 3)),
    }
    if duf := shutil.which("duf"):
        race["duf --json"] = lambda: _wall([duf, "--json"], (0,))
    else:
        print("duf is not installed, so it is left out", file=sys.stderr)
    return race


def _wall(argv: Sequence[str], expected: Sequence[int]) -> float:
    began = time.perf_counter()
    done = subprocess.run(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
    )
    took = time.perf_counter() - began
    if done.returncode not in expected or b"Traceback" in done.stderr:
        raise SystemExit(f"{' '.join(argv)} failed ({done.returncode}): {done.stderr.decode('utf-8', 'replace')}")
    return took


def count_mounts() -> int:
    """Lines of the mount table."""
    with open("/proc/self/mountinfo", "rb") as table:
        return sum(1 for _ in table)


def again_in_a_namespace(runs: int, mounts: int) -> int:
    """The same race in a mount namespace of its own; the exit code."""
    argv = ["unshare", "-m" if os.geteuid() == 0 else "-rm", sys.executable, "-m", "tests.bench", "report", "--inside"]
    sys.stdout.flush()
    return subprocess.run([*argv, f"--runs={runs}", f"--mounts={mounts}"], check=False).returncode


@contextmanager
def bind_mounts(count: int) -> Iterator[int]:
    """``count`` bind mounts of small directories, in the namespace that this process is in."""
    libc = ctypes.CDLL(None, use_errno=True)
    with tempfile.TemporaryDirectory(prefix="imagegc-bench-") as base:
        try:
            for number in range(count):
                source, target = f"{base}/s{number}", f"{base}/t{number}"
                os.mkdir(source)
                os.mkdir(target)
                if libc.mount(source.encode(), target.encode(), None, MS_BIND, None) != 0:
                    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), target)
            yield count_mounts()
        finally:
            for number in range(count):
                libc.umount2(f"{base}/t{number}".encode(), MNT_DETACH)
