"""The corpus folders of the kubelet's configuration, one test a file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.checks.corpus_kubelet import CHECKS
from tests.corpus import default_corpus, files_of

CORPUS = default_corpus()
FILES = [(folder, file) for folder, file in files_of(CORPUS) if folder in CHECKS] if CORPUS.is_dir() else []


@pytest.mark.parametrize(("folder", "file"), FILES, ids=[f"{folder}/{file.name[:3]}" for folder, file in FILES])
def test_file(folder: str, file: Path) -> None:
    assert CHECKS[folder](CORPUS, file) == []


def test_the_corpus_is_there() -> None:
    if not FILES:
        reason = f"no corpus at {CORPUS}: set IMAGEGC_CORPUS"
        if os.environ.get("IMAGEGC_REQUIRE") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    assert {folder for folder, _ in FILES} >= {"kubelet-config", "kubeadm-multidoc", "embedded", "args"}
