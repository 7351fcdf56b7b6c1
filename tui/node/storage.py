"""Where CRI-O and Docker keep images: flag, file, default. Only what is needed to name their disk."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import tomlkit
from tomlkit.exceptions import TOMLKitError

from tui.model import Fact, Origin, Reader, Word
from tui.node.processes import why_not

_CRIO = ("/etc/crio/crio.conf", "/etc/crio/crio.conf.d")
_STORAGE = ("/etc/containers/storage.conf", "/usr/share/containers/storage.conf")
_DOCKER = "/etc/docker/daemon.json"


def root(kind: str, words: Sequence[Word], reader: Reader) -> Fact[str]:
    """CRI-O's or Docker's storage directory; an unreadable file leaves it unknown."""
    given = flag(words, ("--root", "-r") if kind == "cri-o" else ("--data-root", "-g", "--graph"))
    if given is not None and kind != "cri-dockerd":
        return Fact(given.text, given.origin)
    return _crio(reader) if kind == "cri-o" else _docker(reader)


def flag(words: Sequence[Word], names: tuple[str, ...]) -> Word | None:
    """The last value given to a flag, in one word or in two."""
    found = None
    for index, word in enumerate(words):
        name, equals, value = word.text.partition("=")
        if name in names:
            following = words[index + 1] if index + 1 < len(words) else None
            found = Word(value, word.origin) if equals else following or found
    return found


def _crio(reader: Reader) -> Fact[str]:
    """``crio.conf`` and its directory (the last wins), else storage.conf, else the default."""
    main, directory = _CRIO
    try:
        parts = [f"{directory}/{name}" for name in reader.list(directory)]
    except OSError:
        parts = []
    places = [(path, "crio", "root") for path in (*reversed(parts), main)]
    for path, table, key in (*places, *((path, "storage", "graphroot") for path in _STORAGE)):
        if found := _value(reader, path, _toml(table, key)):
            return found
    return Fact("/var/lib/containers/storage", Origin("default", "default"))


def _docker(reader: Reader) -> Fact[str]:
    found = _value(reader, _DOCKER, lambda text: json.loads(text)["data-root"])
    return found or Fact("/var/lib/docker", Origin("default", "default"))


def _toml(table: str, key: str) -> Callable[[str], object]:
    return lambda text: tomlkit.parse(text).unwrap()[table][key]


def _value(reader: Reader, path: str, parse: Callable[[str], object]) -> Fact[str] | None:
    """A string out of a file; None when the file or the key is not there."""
    try:
        value = parse(reader.read(path).decode("utf-8", "surrogateescape"))
    except (FileNotFoundError, NotADirectoryError, KeyError, TypeError):
        return None
    except OSError as error:
        return Fact.unknown(f"{path}: {why_not(error)}")
    except (TOMLKitError, ValueError) as error:
        return Fact.unknown(f"{path}: {error}")
    return Fact(value, Origin("file", path)) if isinstance(value, str) and value else None
