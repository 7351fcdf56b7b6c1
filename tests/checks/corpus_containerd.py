"""The corpus of containerd configurations against ``containerd config dump`` of four releases."""

from __future__ import annotations

import errno
import json
import posixpath
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from tui.containerd import resolve
from tui.model import ContainerdConfig, FileStat, Origin, Word

VERSIONS = {"1.6.20": (1, 6, 20), "1.7.24": (1, 7, 24), "2.1.9": (2, 1, 9), "2.4.0-beta": (2, 4, 0)}


class Files:
    """A Reader over a mapping of absolute paths to contents; an ``OSError`` as content is raised."""

    def __init__(self, files: Mapping[str, bytes | OSError], links: Mapping[str, str] | None = None) -> None:
        self.files = dict(files)
        self.links = dict(links or {})

    def read(self, path: str) -> bytes:
        path = self.realpath(path)
        if path not in self.files:
            raise self._error(errno.EISDIR if self._names(path) else errno.ENOENT, path)
        content = self.files[path]
        if isinstance(content, OSError):
            raise content
        return content

    def list(self, path: str) -> list[str]:
        path = self.realpath(path)
        if path in self.files:
            raise self._error(errno.ENOTDIR, path)
        names = self._names(path)
        if not names:
            raise self._error(errno.ENOENT, path)
        return sorted(names, key=lambda name: name.encode("utf-8", "surrogateescape"))

    def stat(self, path: str, *, follow: bool = True) -> FileStat:
        real = self.realpath(path)
        if not follow and posixpath.normpath(path) in self.links:
            return FileStat("link", 0, 0o777, 0, 0, 0, 0, (0, 0), target=self.links[path])
        if real in self.files:
            content = self.files[real]
            return FileStat("file", len(content) if isinstance(content, bytes) else 0, 0o644, 0, 0, 0, 0, (0, 0))
        if self._names(real):
            return FileStat("dir", 0, 0o755, 0, 0, 0, 0, (0, 0))
        raise self._error(errno.ENOENT, path)

    def realpath(self, path: str) -> str:
        path = posixpath.normpath(path)
        for link, target in self.links.items():
            if path == link or path.startswith(link + "/"):
                return self.realpath(posixpath.join(posixpath.dirname(link), target) + path[len(link) :])
        return path

    def _names(self, path: str) -> set[str]:
        prefix = path.rstrip("/") + "/"
        return {name[len(prefix) :].split("/")[0] for name in (*self.files, *self.links) if name.startswith(prefix)}

    @staticmethod
    def _error(number: int, path: str) -> OSError:
        return OSError(number, "no such file or directory" if number == errno.ENOENT else "wrong kind", path)


def command(*texts: str) -> tuple[Word, ...]:
    """The words of a command line as if each came from the first line of one unit."""
    return tuple(Word(text, Origin("file", "/etc/systemd/system/containerd.service", 1, text)) for text in texts)


@lru_cache(maxsize=2)
def _index(folder: Path) -> dict[str, dict[str, Any]]:
    entries = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    return {entry["file"]: entry for entry in entries}


def containerd(corpus: Path, file: Path) -> list[str]:
    """What is wrong for one file, over all releases; a file that the index lacks must still give a clear result."""
    if file.name == "index.json":
        return []
    entry = _index(corpus / "containerd").get(file.name, {})
    reader = Files({f"/configs/{file.name}": file.read_bytes()})
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
