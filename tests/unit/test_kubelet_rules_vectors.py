"""Every vector of the kubelet's arithmetic, one test each; and the checks themselves notice a wrong answer."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tests.checks.kubelet_rules import CHECKS

FILE = Path(__file__).parents[1] / "data" / "vectors" / "kubelet.json"
VECTORS: list[dict[str, Any]] = [
    vector for vector in json.loads(FILE.read_text(encoding="utf-8"))["vectors"] if vector["category"] in CHECKS
]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["id"]))
def test_vector(vector: dict[str, Any]) -> None:
    assert CHECKS[vector["category"]](vector) == []


def spoilt(vector: dict[str, Any]) -> dict[str, Any]:
    wrong = copy.deepcopy(vector)
    wrong["expect"] = {key: [] if isinstance(value, list) else ["wrong"] for key, value in vector["expect"].items()}
    return wrong


@pytest.mark.parametrize("category", sorted(CHECKS))
def test_check_notices_a_wrong_expectation(category: str) -> None:
    assert any(CHECKS[category](spoilt(vector)) for vector in VECTORS if vector["category"] == category)
