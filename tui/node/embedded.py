"""Kubelets without a process of their own: k3s and MicroK8s run them inside (node-layouts.md 1, 3).

Their words: those that the carrier logged at its start (k3s), else those that its own configuration gives.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence

from tui.kubelet import yamlgo
from tui.kubelet.tree import ConfigError, Node
from tui.model import LogLine, Origin, Reader, Word

UNITS = ("k3s.service", "k3s-agent.service", "snap.microk8s.daemon-kubelite.service")

_K3S_DATA = "/var/lib/rancher/k3s"
_K3S_CONFIG = "/etc/rancher/k3s/config.yaml"
_K3S_GIVES = (
    "--container-runtime-endpoint=unix:///run/k3s/containerd/containerd.sock",
    "--eviction-hard=imagefs.available<5%,nodefs.available<5%",
    "--eviction-minimum-reclaim=imagefs.available=10%,nodefs.available=10%",
)
"""What k3s before 1.32 gives as flags; later versions write it to 00-k3s-defaults.conf (agent_linux.go)."""
_SNAP_ARGS = "/var/snap/microk8s/current/args/kubelet"
_SNAP = {
    "SNAP_DATA": "/var/snap/microk8s/current",
    "SNAP_COMMON": "/var/snap/microk8s/common",
    "SNAP": "/snap/microk8s/current",
}
_SPOKEN = re.compile(r'msg="Running kubelet (?P<words>(?:[^"\\]|\\.)*)"')


def carrier(unit: str) -> str:
    """The program that a unit runs a kubelet in, or ""."""
    return "k3s" if unit.startswith("k3s") else "kubelite" if unit.endswith("kubelite.service") else ""


def words(program: str, command: Sequence[Word], reader: Reader) -> tuple[Word, ...]:
    """The kubelet's words, its name first, from the carrier's command line and files; () when there are none."""
    if program == "k3s":
        return tuple(_k3s(command, reader))
    return tuple(_microk8s(reader))


def spoken(lines: Iterable[LogLine]) -> tuple[Word, ...]:
    """The words of k3s's own ``Running kubelet --...`` line, the newest; () without one."""
    found: tuple[Word, ...] = ()
    for line in lines:
        if hit := _SPOKEN.search(line.message):
            texts = ("kubelet", *hit["words"].replace('\\"', '"').split(" "))
            found = tuple(Word(text, Origin("journal", "journalctl", None, line.message)) for text in texts if text)
    return found


def _k3s(command: Sequence[Word], reader: Reader) -> Iterator[Word]:
    here = Origin("computed", "k3s", None, "k3s gives its kubelet this argument")
    yield Word("kubelet", command[0].origin if command else here)
    settings = _settings(reader)
    data = (_flags(command, ("--data-dir", "-d")) or settings.get("data-dir") or [Word(_K3S_DATA, here)])[-1].text
    directory = f"{data.rstrip('/')}/agent/etc/kubelet.conf.d"
    if _exists(reader, directory):
        yield Word(_K3S_GIVES[0], here)
        yield Word(f"--config-dir={directory}", here)
    else:
        yield from (Word(text, here) for text in _K3S_GIVES)
    for word in _flags(command, ("--kubelet-arg",)) or settings.get("kubelet-arg") or []:
        yield Word(f"--{word.text.lstrip('-')}", word.origin)


def _flags(command: Sequence[Word], names: tuple[str, ...]) -> list[Word]:
    """The values of a flag, written in one word or in two."""
    found = []
    for index, word in enumerate(command):
        name, equals, value = word.text.partition("=")
        if name in names and equals:
            found.append(Word(value, word.origin))
        elif name in names and index + 1 < len(command):
            found.append(command[index + 1])
    return found


def _settings(reader: Reader) -> dict[str, list[Word]]:
    """k3s's config.yaml and config.yaml.d/*.yaml, in order: a key replaces, ``key+`` appends."""
    found: dict[str, list[Word]] = {}
    parts = [
        f"{_K3S_CONFIG}.d/{name}" for name in _names(reader, f"{_K3S_CONFIG}.d") if name.endswith((".yaml", ".yml"))
    ]
    for path in (_K3S_CONFIG, *parts):
        for entry in _document(reader, path).entries:
            items = entry.node.items if entry.node.kind == "list" else (entry.node,)
            values = [Word(item.text, Origin("file", path, item.line, item.text)) for item in items]
            key = entry.key.removesuffix("+")
            found[key] = [*found.get(key, []), *values] if entry.key.endswith("+") else values
    return found


def _document(reader: Reader, path: str) -> Node:
    """A file's tree; an absent or broken one holds nothing (k3s itself would not start on a broken one)."""
    try:
        node, _ = yamlgo.load(reader.read(path))
    except (OSError, ConfigError):
        return Node("null", 1)
    return node


def _microk8s(reader: Reader) -> Iterator[Word]:
    """The lines of the args file; ``${SNAP_DATA}`` and its like are expanded as the snap's wrapper does."""
    try:
        text = reader.read(_SNAP_ARGS).decode("utf-8", "surrogateescape")
    except OSError:
        return
    yield Word("kubelet", Origin("file", _SNAP_ARGS))
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip()
        if line and not line.startswith("#"):
            value = re.sub(r"\$\{?(SNAP_DATA|SNAP_COMMON|SNAP)\b\}?", lambda name: _SNAP[name[1]], line)
            for part in value.split(None, 1):
                yield Word(part, Origin("file", _SNAP_ARGS, number, line))


def _names(reader: Reader, path: str) -> list[str]:
    try:
        return reader.list(path)
    except OSError:
        return []


def _exists(reader: Reader, path: str) -> bool:
    try:
        return reader.stat(posixpath.normpath(path)).kind == "dir"
    except OSError:
        return False
