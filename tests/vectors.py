"""``python -m tests.vectors FILE...``: run files in the format of the vectors and print ``N passed, N failed``.

A file is told apart by its top-level keys: ``vectors`` (each with a category), ``files`` (generated kubelet
configurations), or the groups of the systemd vectors. A category without a check counts as failed.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.checks import kubelet_config, kubelet_rules, systemd_rules

Vector = dict[str, Any]
Check = Callable[[Vector], list[str]]

CHECKS: dict[str, Check] = {**kubelet_rules.CHECKS, **kubelet_config.CHECKS, **systemd_rules.CHECKS}
SYSTEMD_GROUPS = ("env_file", "exec", "merge")


def vectors_of(document: dict[str, Any]) -> Iterator[tuple[str, Vector]]:
    """Each vector of a file with the name of the check that it wants."""
    for vector in document.get("vectors", ()):
        yield str(vector.get("category")), vector
    for vector in document.get("files", ()):
        yield "files", vector
    for group in SYSTEMD_GROUPS:
        for vector in document.get(group, ()):
            yield group, vector


def run_vector(category: str, vector: Vector) -> list[str]:
    """What is wrong with one vector; an unknown category and a crash are wrong too."""
    check = CHECKS.get(category)
    if check is None:
        return [f"no check for category {category!r}"]
    try:
        return check(vector)
    except Exception:
        return [traceback.format_exc(limit=-3)]


def main(paths: list[str]) -> int:
    """Run all files; 0 when every vector passed and there was at least one."""
    if not paths:
        print("usage: python -m tests.vectors FILE...", file=sys.stderr)
        return 64
    passed = failed = 0
    for path in paths:
        for category, vector in vectors_of(json.loads(Path(path).read_text(encoding="utf-8"))):
            problems = run_vector(category, vector)
            passed, failed = passed + (not problems), failed + bool(problems)
            for problem in problems:
                print(f"{Path(path).name} {vector.get('id', '?')} ({category}): {problem}")
    print(*kubelet_config.text_report(), sep="\n", end="")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
