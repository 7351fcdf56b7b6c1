"""The corpus of containerd configurations against ``containerd config dump`` of four releases."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.tree import TreeReader
from tui.containerd import resolve
from tui.model import ContainerdConfig, Origin, Word

VERSIONS = {"1.6.20": (1, 6, 20), "1.7.24": (1, 7, 24), "2.1.9": (2, 1, 9), "2.4.0-beta": (2, 4, 0)}


def command(*texts: str) -> tuple[Word, ...]:
    """The words of a command line as if each came from the first line of one unit."""
    return tuple(Word(text, Origin("file", "/etc/systemd/system/containerd.service", 1, text)) for text in texts)


@lru_cache(maxsize=2)
def _index(folder: Path) -> dict[str, dict[str, Any]]:
    index = folder / "index.json"
    entries = json.loads(index.read_text(encoding="utf-8")) if index.exists() else ()
    return {entry["file"]: entry for entry in entries}


def containerd(corpus: Path, file: Path) -> list[str]:
    """What is wrong for one file, over all releases; a file that the index lacks must still give a clear result."""
    if file.name == "index.json":
        return []
    entry = _index(corpus / "containerd").get(file.name, {})
    reader = TreeReader({f"/configs/{file.name}": file.read_bytes()})
    problems: list[str] = []
    for name, version in VERSIONS.items():
        config = resolve(command("containerd", "-c", f"/configs/{file.name}"), reader, version=version)
        dump = entry.get("config_dump", {}).get(name)
        found = _compare(config, dump, entry) if dump else _clear(config)
        problems += [f"{name}: {problem}" for problem in found]
    return problems


def _compare(config: ContainerdConfig, dump: dict[str, Any], entry: dict[str, Any]) -> list[str]:
    if dump["rc"] != 0:
        return _refusal(config, entry)
    if config.error and "does not exist" in config.error and entry.get("imports"):
        return _clear(config)  # the dump of 2.x passes over a missing import, the daemon does not
    if config.error:
        return [f"refused, but the dump accepts it: {config.error}"]
    written = {"root": config.root, "state": config.state}
    problems = []
    for name, fact in written.items():
        expected = dump[name] if dump[name].startswith("/") else posixpath.join("/", dump[name])
        if fact.value != expected:
            problems.append(f"{name} is {fact.value!r}, the dump says {dump[name]!r}")
    if entry.get("template") and "{{" in str(dump["root"]) and "template" not in {note.code for note in config.notes}:
        problems.append("not recognised as a template")
    return problems


def _refusal(config: ContainerdConfig, entry: dict[str, Any]) -> list[str]:
    if not config.error:
        return ["accepted, but the dump refuses it"]
    template = entry.get("template") or str(entry.get("flavour", "")).startswith("bottlerocket")
    if template and "template" not in config.error:
        return [f"not recognised as a template: {config.error}"]
    return _clear(config)


def _clear(config: ContainerdConfig) -> list[str]:
    if config.error and (config.error_origin is None or config.error_origin.line is None):
        return [f"the error has no line: {config.error}"]
    return []


CHECKS: dict[str, Callable[[Path, Path], list[str]]] = {"containerd": containerd}
