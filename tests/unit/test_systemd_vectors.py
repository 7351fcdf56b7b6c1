"""All vectors of systemd.json, and the corpus of real units, drop-ins and environment files."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.checks.corpus_systemd import CHECKS as CORPUS_CHECKS
from tests.checks.systemd_rules import CHECKS
from tests.corpus import default_corpus, files_of

VECTORS = Path(__file__).resolve().parents[1] / "data/vectors/systemd.json"
GROUPS: dict[str, list[dict[str, Any]]] = {
    group: vectors for group, vectors in json.loads(VECTORS.read_text(encoding="utf-8")).items() if group in CHECKS
}


@pytest.mark.parametrize(
    ("group", "vector"),
    [pytest.param(group, one, id=one["id"]) for group, vectors in GROUPS.items() for one in vectors],
)
def test_vector(group: str, vector: dict[str, Any]) -> None:
    assert CHECKS[group](vector) == []


@pytest.mark.parametrize("group", sorted(CHECKS))
def test_the_checks_can_fail(group: str) -> None:
    vector = json.loads(json.dumps(GROUPS[group][0]))
    vector.update({"vars": [["A", "other"]]} if group == "env_file" else {"argv": [["other"]]})
    assert CHECKS[group](vector)


@pytest.mark.parametrize("folder", sorted(CORPUS_CHECKS))
def test_corpus(folder: str) -> None:
    corpus = default_corpus()
    if not corpus.is_dir():
        if os.environ.get("IMAGEGC_REQUIRE"):
            pytest.fail(f"no corpus at {corpus}")
        pytest.skip(f"no corpus at {corpus}")
    files = [file for name, file in files_of(corpus) if name == folder]
    assert files
    assert {str(file): found for file in files if (found := CORPUS_CHECKS[folder](corpus, file))} == {}
