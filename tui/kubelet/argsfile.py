"""Where embedded kubelets get their flags: MicroK8s' args files and k3s' config.yaml (node-layouts.md 3)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tui.kubelet import decode
from tui.kubelet.sources import Source
from tui.kubelet.tree import ConfigError, Node
from tui.model import Word

SNAP = {
    "SNAP": "/snap/microk8s/current",
    "SNAP_DATA": "/var/snap/microk8s/current",
    "SNAP_COMMON": "/var/snap/microk8s/common",
}
_VARIABLE = re.compile(r"\$(?:\{([^}]*)\}|([A-Za-z_][A-Za-z0-9_]*|[0-9*#$@!?-]))")


def args_file(source: Source, env: Mapping[str, str] | None = None) -> list[Word]:
    """The words of a MicroK8s args file (kubelite ReadArgsFromFile), behind the word ``kubelet``.

    Lines with ``#`` first are skipped, all quotes are deleted, a line is split at single blanks, variables are
    expanded (``env``, by default those of the snap); an unknown one is empty.
    """
    known = SNAP if env is None else env
    words = [Word("kubelet", source.origin(1))]
    for number, line in enumerate(source.lines, 1):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        for part in bare.replace('"', "").replace("'", "").split(" "):
            text = _VARIABLE.sub(lambda found: known.get(found.group(1) or found.group(2) or "", ""), part)
            words.append(Word(text, source.origin(number)))
    return words


def k3s_config(source: Source) -> list[Word]:
    """The kubelet's words in a k3s or RKE2 config.yaml (``kubelet-arg``), behind the word ``kubelet``.

    Raises:
        ConfigError: the file is no YAML map, or ``kubelet-arg`` is neither a string nor a list of strings.
    """
    node = decode.parse(source.data).node
    if node.kind not in ("map", "null"):
        raise ConfigError("a k3s configuration is a map of flag names to values", node.line)
    words = [Word("kubelet", source.origin(1))]
    for entry in node.entries:
        if entry.key.rstrip("+") == "kubelet-arg":
            words += [
                Word(f"--{item.text.removeprefix('--')}", source.origin(item.line)) for item in _strings(entry.node)
            ]
    return words


def _strings(node: Node) -> tuple[Node, ...]:
    items = node.items if node.kind == "list" else (node,) if node.kind != "null" else ()
    for item in items:
        if item.kind in ("map", "list", "null"):
            raise ConfigError("kubelet-arg must be a list of strings", item.line)
    return items
