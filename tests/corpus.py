"""``python -m tests.corpus [DIR]``: check a corpus of real files and print ``N passed, N failed``.

A corpus has one folder per kind of file; which check is meant follows from the folder's name. Without DIR it is
``$IMAGEGC_CORPUS``, else ``../shared/corpus`` beside the checkout.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

Check = Callable[[Path, Path], list[str]]

MODULES = ("corpus_systemd", "corpus_kubelet", "corpus_containerd")


def _checks() -> dict[str, Check]:
    found: dict[str, Check] = {}
    for name in MODULES:
        if importlib.util.find_spec(f"tests.checks.{name}"):
            found.update(importlib.import_module(f"tests.checks.{name}").CHECKS)
    return found


CHECKS = _checks()


def default_corpus() -> Path:
    """Where the corpus is expected; it is no part of the checkout."""
    beside = Path(__file__).resolve().parents[1].parent / "shared" / "corpus"
    return Path(os.environ.get("IMAGEGC_CORPUS") or beside)


def files_of(corpus: Path) -> Iterator[tuple[str, Path]]:
    """Each file with the name of its folder; what lies at the top (oracles, README) and index files are no cases."""
    for folder in sorted(path for path in corpus.iterdir() if path.is_dir()):
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            if file.name != "index.json":
                yield folder.name, file


def run_file(corpus: Path, folder: str, file: Path) -> list[str]:
    """What is wrong with one file; a folder without a check and a crash are wrong too."""
    check = CHECKS.get(folder)
    if check is None:
        return [f"no check for folder {folder!r}"]
    try:
        return check(corpus, file)
    except Exception:
        return [traceback.format_exc(limit=-3)]


def main(arguments: list[str]) -> int:
    """Run all files; 0 when every one passed and there was at least one, 64 for a wrong call."""
    if len(arguments) > 1 or any(argument.startswith("-") for argument in arguments):
        print("usage: python -m tests.corpus [DIR]", file=sys.stderr)
        return 64
    corpus = Path(arguments[0]) if arguments else default_corpus()
    if not corpus.is_dir():
        print(f"no corpus at {corpus}", file=sys.stderr)
        return 1
    passed = failed = 0
    for folder, file in files_of(corpus):
        problems = run_file(corpus, folder, file)
        passed, failed = passed + (not problems), failed + bool(problems)
        for problem in problems:
            print(f"{file.relative_to(corpus)}: {problem}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
