"""The project's wheel and those it needs, so that a node without a network can install it."""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from pathlib import Path

from tests.node import cache
from tests.node.shell import run

CHECKOUT = Path(__file__).resolve().parents[2]


def wheelhouse() -> Path:
    """A folder of wheels: the checkout's own, built now, and its dependencies, cached by the project's requirements."""
    requirements = (CHECKOUT / "pyproject.toml").read_bytes()
    key = hashlib.sha256(requirements + sys.version.encode()).hexdigest()[:12]
    needed = cache.once(f"wheels-{key}", _download)
    made = Path(tempfile.mkdtemp(prefix="imagegc-wheels-"))
    shutil.copytree(needed, made, dirs_exist_ok=True)
    source = made / "source"
    shutil.copytree(CHECKOUT / "tui", source / "tui", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy2(CHECKOUT / name, source)
    run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", made, source], timeout=300)
    shutil.rmtree(source)
    return made


def _download(draft: Path) -> None:
    run([sys.executable, "-m", "pip", "wheel", "-q", "-w", draft, CHECKOUT], timeout=600)
    for own in draft.glob("imagegc-*.whl"):
        own.unlink()
