"""Every vector of the kubelet's configuration, one test each; and the checks themselves notice a wrong answer."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tests.checks import kubelet_config
from tests.checks.kubelet_config import CHECKS

FOLDER = Path(__file__).parents[1] / "data" / "vectors"


def vectors() -> list[dict[str, Any]]:
    found = json.loads((FOLDER / "kubelet.json").read_text(encoding="utf-8"))["vectors"]
    files = json.loads((FOLDER / "kubelet_files.json").read_text(encoding="utf-8"))["files"]
    return [one for one in found if one["category"] in CHECKS] + [{**one, "category": "files"} for one in files]


VECTORS = vectors()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["id"]))
def test_vector(vector: dict[str, Any]) -> None:
    assert CHECKS[vector["category"]](vector) == []
    assert kubelet_config.text_report() == []


def spoilt(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: spoilt(item) for key, item in value.items()}
    return ["wrong"] if not isinstance(value, list) else [*value, "wrong"]


@pytest.mark.parametrize("category", sorted(CHECKS))
def test_check_notices_a_wrong_expectation(category: str) -> None:
    ours = [copy.deepcopy(vector) for vector in VECTORS if vector["category"] == category]
    assert any(CHECKS[category]({**vector, "expect": spoilt(vector["expect"])}) for vector in ours)


def test_a_text_that_differs_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubelet_config, "_differing", [])
    texts = ("failed to decode: json: ", "failed to decode: time: ", "failed to decode: no kind")
    vector = copy.deepcopy(
        next(one for one in VECTORS if one["expect"].get("1.36.2", {}).get("fatal", "").startswith(texts))
    )
    vector["expect"]["1.36.2"]["fatal"] += "!"
    assert CHECKS["files"](vector) == []
    assert kubelet_config.text_report()[-1] == "1 texts differ\n"
