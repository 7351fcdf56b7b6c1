"""Corpus folders with configuration for the kubelet, against what kubelets 1.20.2 and 1.36.2 made of the files."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.checks.kubelet_config import compare, load, outcome, text_differs
from tests.tree import TreeReader
from tui.kubelet import argsfile, confignotes
from tui.kubelet.effective import effective_config
from tui.kubelet.sources import Source
from tui.kubelet.tree import ConfigError
from tui.model import KubeletConfig, Word

ORACLE = "oracle_kubelet.json"
VERSIONS = ("1.20.2", "1.36.2")


@lru_cache
def _oracle(corpus: Path) -> dict[str, Any]:
    path = corpus / ORACLE
    return dict(json.loads(path.read_text(encoding="utf-8"))["files"]) if path.exists() else {}


def _configuration(corpus: Path, file: Path) -> list[str]:
    """A file given as ``--config``; without an oracle it must load or be refused at a place."""
    expect = _oracle(corpus).get(str(file.relative_to(corpus)), {})
    found = []
    for version in expect or VERSIONS:
        config = load(file.read_bytes(), version)
        found += _located(config)
        if version in expect:
            got = outcome(config)
            found += compare(got, expect[version], f"{version} ")
            if text_differs(got, expect[version], version):
                found.append(f"{version} text {got.get('fatal')!r}, expected {expect[version]['fatal']!r}")
    return found


def _located(config: KubeletConfig) -> list[str]:
    if config.error and config.error_origin is None and "unrecognized feature gate" not in config.error:
        return [f"an error without a place: {config.error}"]
    facts = [*config.fields.items(), *(item for group in config.signals.values() for item in group.items())]
    return [f"{name} is neither known nor explained" for name, fact in facts if not fact.known and not fact.reason]


def _embedded(corpus: Path, file: Path) -> list[str]:
    """A KubeletConfiguration among other documents: recognised, and said so, whether the kubelet refuses it or not."""
    config = load(file.read_bytes(), "1.36.2")
    wanted = ("embedded", "not-a-configuration") if config.error else ("later-documents",)
    said = [note for note in config.notes if note.code in wanted]
    return _configuration(corpus, file) + ([] if said else ["not recognised as another document"])


def _source(file: Path) -> Source:
    data = file.read_bytes()
    return Source(str(file), data, data.decode("utf-8", "surrogateescape").split("\n"))


def _args(corpus: Path, file: Path) -> list[str]:
    """A MicroK8s args file: the kubelet's is read as its command line; another program's is recognised by its flags."""
    words = argsfile.args_file(_source(file))
    if file.name.endswith("__kubelet"):
        return _command_line(words)
    strays = [word.text for word in words[1:] if "$" in word.text or '"' in word.text]
    return [f"not expanded: {strays}"] if strays else []


def _k3s(corpus: Path, file: Path) -> list[str]:
    try:
        words = argsfile.k3s_config(_source(file))
    except ConfigError as error:
        return [] if error.line else [f"refused without a place: {error.text}"]
    return _command_line(words)


def _command_line(words: list[Word]) -> list[str]:
    config = effective_config(words, TreeReader({}), minor=36)
    return _located(config)


def _other(corpus: Path, file: Path) -> list[str]:
    """Anything else: refused at a place, with a sentence that says what it is."""
    config = load(file.read_bytes(), "1.36.2")
    said = confignotes.not_a_configuration(_source(file))
    return _located(config) + ([] if config.error and said else ["neither refused nor recognised"])


CHECKS: dict[str, Callable[[Path, Path], list[str]]] = {
    "kubelet-config": _configuration,
    "kubelet-dropin": _configuration,
    "kubeadm-multidoc": _embedded,
    "embedded": _embedded,
    "invalid": _configuration,
    "args": _args,
    "k3s-config": _k3s,
    "other-init": _other,
}
