"""The checks run vectors of other shapes: eras, keys left out of ``in``, keys left out of or null in ``expect``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.checks import kubelet_rules, systemd_rules
from tests.checks.eras import ends, minors_of
from tests.vectors import run_vector, vectors_of

FOLDER = Path(__file__).parents[1] / "data" / "vectors"
NAMES = ("kubelet.json", "kubelet_files.json", "systemd.json")
VECTORS = [pair for name in NAMES for pair in vectors_of(json.loads((FOLDER / name).read_text(encoding="utf-8")))]
OPTIONAL = {
    "kubelet_minor",
    "block_size",
    "image_maximum_gc_age_s",
    "min_age",
    "eviction_soft",
    "eviction_soft_grace_period",
    "eviction_minimum_reclaim",
    "min_reclaim",
    "flag_occurrences",
    "merge_default_eviction_settings",
    "imageMaximumGCAge_ns",
    "ImageMaximumGCAge_gate",
    "containerLogMaxFiles",
    "header",
}
HAVE_DEFAULTS = ("ImageMaximumGCAge_gate", "containerLogMaxFiles")


@pytest.mark.parametrize(
    ("text", "minors"),
    [("1.28", [28]), ("1.29-1.31", [29, 31]), ("1.32+", [32, 36]), ("<=1.31", [31]), ("1.36-1.36", [36])],
)
def test_eras(text: str, minors: list[int]) -> None:
    assert ends(text) == minors
    assert minors_of({"in": {"kubelet_minor": None}, "versions": text}) == minors
    assert minors_of({"in": {"kubelet_minor": 30}, "versions": text}) == [30]


def test_an_era_without_a_version_is_an_error() -> None:
    with pytest.raises(ValueError, match="no kubelet version"):
        ends("newer")


@pytest.mark.parametrize("key", sorted(OPTIONAL))
def test_an_optional_key_may_be_left_out(key: str) -> None:
    for category, vector in VECTORS:
        given = vector.get("in", {})
        if key not in given:
            continue
        less = {**vector, "in": {name: value for name, value in given.items() if name != key}}
        problems = run_vector(category, less)
        assert not any("Traceback" in problem for problem in problems)
        if given[key] in (None, 0, {}, []) and key not in HAVE_DEFAULTS:
            assert problems == []


def test_a_key_left_out_of_expect_is_not_compared() -> None:
    for category, vector in VECTORS:
        for key in vector.get("expect", ()):
            if key != "fatal":
                less: dict[str, Any] = {name: value for name, value in vector["expect"].items() if name != key}
                assert run_vector(category, {**vector, "expect": less}) == []
        for key in ("env", "argv", "LoadState", "FragmentPath", "DropInPaths"):
            if key in vector:
                assert run_vector(category, {name: value for name, value in vector.items() if name != key}) == []


def test_null_means_none() -> None:
    vector = {"in": {"signal": "nodefs.available", "value": "0"}, "versions": "1.36", "expect": {"kind": None}}
    assert kubelet_rules.CHECKS["threshold_parse"](vector) == []
    vector["in"] = {"signal": "nodefs.available", "value": "1Gi"}
    assert kubelet_rules.CHECKS["threshold_parse"](vector)


def test_states_beside_a_command_line_are_compared() -> None:
    vector = {"unit": "[Service]\nExecStart=/bin/x a\n", "argv": [["/bin/x", "a"]], "LoadState": "loaded"}
    assert systemd_rules.check_exec(vector) == []
    assert systemd_rules.check_exec({**vector, "LoadState": "bad-setting"})
