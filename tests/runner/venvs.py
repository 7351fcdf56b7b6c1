"""Virtual environments: one for development in the checkout, one per other Python in the user's cache."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

OLDEST = (3, 10)
TEST_TOOLS = ("pytest>=8,<9", "hypothesis>=6.100,<7")
_STAMP = "imagegc-stamp"


class SetupError(Exception):
    """An environment could not be made; the text says which command failed and how."""


def development(root: Path) -> Path:
    """The Python of ``.venv-test``, made or brought up to date when pyproject.toml or the Python has changed."""
    stamp = _digest((root / "pyproject.toml").read_text(encoding="utf-8"), sys.version, str(root))
    return _environment(root / ".venv-test", sys.executable, stamp, ["-e", f"{root}[dev]"])


def runtime(root: Path, version: str, interpreter: str) -> Path:
    """The Python of an environment with what the program itself needs, pytest and hypothesis."""
    wanted = [*dependencies((root / "pyproject.toml").read_text(encoding="utf-8")), *TEST_TOOLS]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "imagegc"
    return _environment(cache / f"venv-{version}", interpreter, _digest(interpreter, *wanted), wanted)


def dependencies(pyproject: str) -> list[str]:
    """The project's own requirements (read by hand: Python 3.10 has no tomllib)."""
    found = re.search(r"^dependencies = \[(.*?)^\]", pyproject, re.MULTILINE | re.DOTALL)
    assert found, "no dependencies in pyproject.toml"
    return re.findall(r'"([^"]+)"', found[1])


def other_pythons() -> list[tuple[str, str]]:
    """(``3.12``, path) for each other minor version from 3.10 on, from pyenv and from PATH."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    candidates = [str(path) for path in sorted(pyenv.glob("3.*/bin/python3"))]
    candidates += [path for minor in range(10, 20) if (path := shutil.which(f"python3.{minor}"))]
    found: dict[tuple[int, int], str] = {}
    for path in candidates:
        version = _version(path)
        if version and version >= OLDEST and version != sys.version_info[:2]:
            found.setdefault(version, path)
    return [(f"{major}.{minor}", path) for (major, minor), path in sorted(found.items())]


def _version(path: str) -> tuple[int, int] | None:
    """What a Python says of itself; None for one that does not run (a shim of a version that is switched off)."""
    try:
        done = subprocess.run(
            [path, "-c", "import sys, ensurepip; print(*sys.version_info[:2])"],
            capture_output=True,
            timeout=20,
            check=False,
        )
        major, minor = done.stdout.split()
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return int(major), int(minor)


def _environment(where: Path, interpreter: str, stamp: str, wanted: Sequence[str]) -> Path:
    python, mark = where / "bin/python", where / _STAMP
    if python.exists() and mark.exists() and mark.read_text() == stamp:
        return python
    print(f"making {where.name} ...", flush=True)
    shutil.rmtree(where, ignore_errors=True)
    where.parent.mkdir(parents=True, exist_ok=True)
    _run([interpreter, "-m", "venv", str(where)])
    _run([str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *wanted])
    mark.write_text(stamp)
    return python


def _run(argv: Sequence[str]) -> None:
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise SetupError(f"{' '.join(argv)} failed:\n{done.stdout.decode('utf-8', 'replace')}")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
