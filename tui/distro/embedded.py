"""The command lines that no unit shows: what k3s, RKE2, k0s and MicroK8s hand to their kubelet and containerd.

Sources: k3s pkg/daemons/agent/agent_linux.go, pkg/agent/containerd getContainerdArgs and pkg/configfilearg/parser.go,
k0s pkg/component/worker, MicroK8s' ReadArgsFromFile and run-containerd-with-args; node-layouts.md 1, 3.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tui.model import ConfigNote, Origin, Reader, Word

MICROK8S_ARGS = "/var/snap/microk8s/current/args/kubelet"
MICROK8S_RUNTIME_ARGS = "/var/snap/microk8s/current/args/containerd"
MICROK8S_ENV = {
    "SNAP": "/snap/microk8s/current",
    "SNAP_DATA": "/var/snap/microk8s/current",
    "SNAP_COMMON": "/var/snap/microk8s/common",
}
_VARIABLE = re.compile(r"\$(?:\{([^}]*)\}|(\w+))")
_OLD_DEFAULTS = (
    "--eviction-hard=imagefs.available<5%,nodefs.available<5%",
    "--eviction-minimum-reclaim=imagefs.available=10%,nodefs.available=10%",
    "--container-runtime-endpoint=unix:///run/k3s/containerd/containerd.sock",
)
_DROP_INS_SINCE = 32
_K0S_CONFIGS = ("/run/k0s/kubelet/config.yaml", "kubelet-config.yaml")
_SHORT = {"c": "config", "d": "data-dir"}


@dataclass(frozen=True)
class Embedded:
    """What an embedded kubelet is started with: ``words`` (the program first), files read, and what went wrong.

    ``runtime``: the words of the containerd that is started beside it; () when it is another's, or not known.
    ``missing``: why there are no words of the kubelet.
    """

    words: tuple[Word, ...]
    files: tuple[str, ...] = ()
    notes: tuple[ConfigNote, ...] = ()
    runtime: tuple[Word, ...] = ()
    missing: str = ""


def rancher_words(
    argv: Sequence[Word], reader: Reader, *, minor: int, name: str = "k3s", env: Mapping[str, str] | None = None
) -> Embedded:
    """The kubelet's words in a k3s or RKE2 process (``name``) of Kubernetes 1.``minor``.

    The configuration file's values come before the command line's; ``kubelet-arg`` accumulates, and the last word of
    a flag wins. From 1.32 the program's own defaults stand in a drop-in below ``--config-dir``; before, they are flags.
    """
    settings = _Settings(reader)
    given = list(_options(argv))
    default = f"/etc/rancher/{name}/config.yaml"
    named = (env or {}).get(f"{name.upper()}_CONFIG_FILE") or _last(given, "config")
    settings.load(named or default, required=bool(named))
    options = [*settings.options(), *given]
    data = _last(options, "data-dir") or (env or {}).get(f"{name.upper()}_DATA_DIR") or f"/var/lib/rancher/{name}"
    extra = [(value, origin) for key, value, origin in options if key == "kubelet-arg"]
    words = [Word("kubelet", Origin("computed", name))]
    if minor >= _DROP_INS_SINCE:
        folder = posixpath.join(data, "agent/etc/kubelet.conf.d")
        words.append(Word(f"--config-dir={folder}", Origin("default", f"{name} default")))
        extra = [(value, origin) for value, origin in extra if value.partition("=")[0] != "config-dir"]
    else:
        set_by_hand = {value.partition("=")[0] for value, _ in extra}
        kept = (text for text in _OLD_DEFAULTS if text[2:].partition("=")[0] not in set_by_hand)
        words += [Word(text, Origin("default", f"{name} default")) for text in kept]
    words += [Word(f"--{value}", origin) for value, origin in extra]
    others = any(key in ("container-runtime-endpoint", "docker") and value != "false" for key, value, _ in options)
    runtime = () if others else _rancher_runtime(data, name, options)
    return Embedded(tuple(words), tuple(settings.files), tuple(settings.notes), runtime)


def _rancher_runtime(data: str, name: str, options: Sequence[tuple[str, str, Origin]]) -> tuple[Word, ...]:
    """The private containerd: its flags beat its file, and the state does not move with the data directory."""
    given = next((origin for key, _, origin in reversed(options) if key == "data-dir"), None)
    ours = Origin("default", f"{name} default")
    moved = given or ours
    return (
        Word("containerd", Origin("computed", name)),
        Word(f"--config={posixpath.join(data, 'agent/etc/containerd/config.toml')}", moved),
        Word("--address=/run/k3s/containerd/containerd.sock", ours),
        Word("--state=/run/k3s/containerd", ours),
        Word(f"--root={posixpath.join(data, 'agent/containerd')}", moved),
    )


def k0s_words(argv: Sequence[Word], reader: Reader) -> Embedded:
    """The words of k0s's kubelet and containerd, from the command of its unit.

    The kubelet's configuration is written at every start, since 1.32 to /run: of a disk at rest it may be missing,
    and then the kubelet's words are not known.
    """
    options = list(_options(argv))
    data = _last(options, "data-dir") or "/var/lib/k0s"
    moved = next(
        (origin for key, _, origin in reversed(options) if key == "data-dir"), Origin("default", "k0s default")
    )
    ours = Origin("default", "k0s default")
    private = (
        Word("containerd", Origin("computed", "k0s")),
        Word(f"--root={posixpath.join(data, 'containerd')}", moved),
        Word("--state=/run/k0s/containerd", ours),
        Word("--address=/run/k0s/containerd.sock", ours),
        Word("--config=/etc/k0s/containerd.toml", ours),
    )
    runtime = () if _last(options, "cri-socket") else private
    configs = [posixpath.join(data, path) for path in _K0S_CONFIGS]
    config = next((path for path in configs if _is_there(path, reader)), "")
    if not config:
        return Embedded(
            (), runtime=runtime, missing=f"k0s writes {' or '.join(configs)} at every start: neither is here"
        )
    endpoint = _last(options, "cri-socket").partition(":")[2] or "unix:///run/k0s/containerd.sock"
    words = [
        Word("kubelet", Origin("computed", "k0s")),
        Word(f"--root-dir={_last(options, 'kubelet-root-dir') or posixpath.join(data, 'kubelet')}", moved),
        Word(f"--config={config}", moved),
        Word(f"--container-runtime-endpoint={endpoint}", ours),
    ]
    for key, value, origin in options:
        if key == "kubelet-extra-args":
            words += [Word(word, origin) for word in value.split()]
    return Embedded(tuple(words), runtime=runtime)


def _is_there(path: str, reader: Reader) -> bool:
    try:
        reader.stat(path)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # then reading it says why not
    return True


def microk8s_words(reader: Reader, *, path: str = MICROK8S_ARGS, env: Mapping[str, str] | None = None) -> Embedded:
    """The words of MicroK8s' args files: split on blanks, every quote dropped, ``#`` lines skipped, $VAR expanded."""
    values = {**MICROK8S_ENV, **(env or {})}
    kubelet = Word("kubelet", Origin("computed", "kubelite"))
    try:
        words = (kubelet, *_args_file(reader, path, values))
    except OSError as error:
        note = ConfigNote("unreadable", f"{path}: {error.strerror or 'cannot be read'}", Origin("file", path))
        return Embedded((kubelet,), (), (note,))
    try:
        runtime = (
            Word("containerd", Origin("computed", "microk8s")),
            *_args_file(reader, MICROK8S_RUNTIME_ARGS, values),
        )
    except OSError:
        return Embedded(words, (path,))
    return Embedded(words, (path, MICROK8S_RUNTIME_ARGS), (), runtime)


def _args_file(reader: Reader, path: str, values: Mapping[str, str]) -> Iterator[Word]:
    text = reader.read(path).decode("utf-8", "surrogateescape")
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip().startswith("#"):
            continue
        plain = line.replace("'", "").replace('"', "").rstrip("\r")
        expanded = _VARIABLE.sub(lambda match: values.get(match[1] or match[2] or "", ""), plain)
        origin = Origin("file", path, number, line.strip())
        yield from (Word(word, origin) for word in expanded.split(" ") if word)


def _options(argv: Sequence[Word]) -> Iterator[tuple[str, str, Origin]]:
    """(flag, value, origin) of a command line: ``--f=v``, ``--f v``, a switch has the value ""."""
    for number, word in enumerate(argv):
        if not word.text.startswith("-") or word.text == "--":
            continue
        key, equals, value = word.text.lstrip("-").partition("=")
        following = argv[number + 1].text if number + 1 < len(argv) else ""
        if not equals and not following.startswith("-"):
            value = following
        yield _SHORT.get(key, key), value, Origin("flag", word.origin.where, word.origin.line, word.text)


def _last(options: Sequence[tuple[str, str, Origin]], name: str) -> str:
    return next((value for key, value, _ in reversed(options) if key == name), "")


class _Settings:
    """config.yaml and config.yaml.d/*.yaml: a later file replaces a key, ``key+`` appends to it."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.values: dict[str, list[tuple[str, Origin]]] = {}
        self.files: list[str] = []
        self.notes: list[ConfigNote] = []

    def load(self, path: str, *, required: bool) -> None:
        self._file(path, required)
        folder = f"{path}.d"
        try:
            names = self.reader.list(folder)
        except OSError:
            return
        for name in names:
            if name.endswith((".yaml", ".yml")):
                self._file(posixpath.join(folder, name), True)

    def options(self) -> list[tuple[str, str, Origin]]:
        return [(key, value, origin) for key, values in self.values.items() for value, origin in values]

    def _file(self, path: str, required: bool) -> None:
        try:
            data = self.reader.read(path)
        except FileNotFoundError:
            if required:
                self.notes.append(ConfigNote("missing", f"{path} does not exist", Origin("file", path)))
            return
        except OSError as error:
            text = f"{path}: {error.strerror or 'cannot be read'}"
            self.notes.append(ConfigNote("unreadable", text, Origin("file", path)))
            return
        self.files.append(path)
        for key, values in self._read(path, data).items():
            name = key.rstrip("+")
            before = self.values.get(name, []) if key.endswith("+") else []
            self.values[name] = [*before, *values]

    def _read(self, path: str, data: bytes) -> dict[str, list[tuple[str, Origin]]]:
        from ruamel.yaml import YAML

        yaml = YAML(typ="rt")
        yaml.allow_duplicate_keys = True
        text = data.decode("utf-8", "replace")
        try:
            loaded = yaml.load(text)
            return {str(key): _values(loaded, key, path, text.split("\n")) for key in loaded or {}}
        except Exception as error:  # hostile text brings more out of the parser than its own YAMLError
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else None
            problem = getattr(error, "problem", None) or type(error).__name__
            self.notes.append(ConfigNote("invalid", f"{path} is no valid YAML: {problem}", Origin("file", path, line)))
            return {}


def _values(loaded: Any, key: Any, path: str, source: list[str]) -> list[tuple[str, Origin]]:
    value: Any = loaded[key]
    line = loaded.lc.key(key)[0]
    if isinstance(value, list):
        marks: Any = value  # ruamel's own list, which knows its lines
        lines = [marks.lc.item(number)[0] for number in range(len(value))]
        return [(_plain(item), _origin(path, at, source)) for item, at in zip(value, lines, strict=True)]
    return [(_plain(value), _origin(path, line, source))]


def _origin(path: str, line: int, source: list[str]) -> Origin:
    return Origin("file", path, line + 1, source[line].strip() if line < len(source) else "")


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
