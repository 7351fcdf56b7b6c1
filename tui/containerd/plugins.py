"""The plugin tables of all files, merged and migrated as one release does it (mergeConfig, MigrateConfig, E6, E9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Union

from tui.containerd.load import Loaded
from tui.containerd.rules import Rules
from tui.model import Origin

CRI = "io.containerd.grpc.v1.cri"
IMAGES = "io.containerd.cri.v1.images"
OPT = "io.containerd.internal.v1.opt"
SNAPSHOTTER = "io.containerd.snapshotter.v1"

_SHORT = {
    "cri": CRI,
    "opt": OPT,
    "cgroups": "io.containerd.monitor.v1.cgroups",
    "linux": "io.containerd.runtime.v1.linux",
    "scheduler": "io.containerd.gc.v1.scheduler",
    "bolt": "io.containerd.metadata.v1.bolt",
    "task": "io.containerd.runtime.v2.task",
    "restart": "io.containerd.internal.v1.restart",
    "tracing": "io.containerd.internal.v1.tracing",
    "otlp": "io.containerd.tracing.processor.v1.otlp",
    **{name: f"{SNAPSHOTTER}.{name}" for name in ("aufs", "btrfs", "devmapper", "native", "overlayfs", "zfs")},
    **{name: f"{SNAPSHOTTER}.{name}" for name in ("windows", "windows-lcow")},
}


@dataclass(frozen=True)
class Leaf:
    """A value of a plugin table and where it stands."""

    value: Any
    origin: Origin


Node = Union[Leaf, "dict[str, Node]"]
Tree = dict[str, Node]


def full_name(plugin: str) -> str:
    """The plugin id of version 2 for a short one of version 1 (config.go v1MigratePluginName)."""
    if "." in plugin:
        return plugin
    if plugin in _SHORT:
        return _SHORT[plugin]
    kind = "service" if plugin.endswith("-service") else "grpc"
    return f"io.containerd.{kind}.v1.{plugin}"


def final_version(files: Sequence[Loaded], rules: Rules) -> int:
    """The configuration version that the daemon takes the merged files for: the last one stated (E9), 1 if none.

    2.0-2.2 lift an import of version 1 to what came before it; 2.3 and later migrate each file, so it is 4 at least.
    """
    stated = [loaded.version for loaded in files if loaded.version]
    if rules.per_file:
        return max(stated[-1] if stated else 1, 4)
    if rules.second:
        stated = [version for version in stated if version > 1]
    return stated[-1] if stated else 1


def merged(files: Sequence[Loaded], rules: Rules) -> Tree:
    """All plugin tables after merge and migration, by plugin id."""
    whole: Tree = {}
    for loaded in files:
        tables = file_tables(loaded)
        if not rules.second:
            whole.update(tables)
            continue
        if rules.per_file and loaded.version < 4:
            _migrate_cri(tables)
        _merge(whole, tables)
    if rules.second and not rules.per_file and final_version(files, rules) == 2:
        _migrate_cri(whole)
    return whole


def file_tables(loaded: Loaded) -> Tree:
    """The plugin tables of one file; 2.x renames short ids of a file whose version is below 2."""
    tables: Tree = {}
    for spelt, plugins in loaded.fields("plugins"):
        for plugin, table in plugins.items():
            lifted = loaded.rules.second and loaded.version < 2
            node = _tree(loaded, (spelt, plugin), table)
            _merge(tables, {full_name(plugin) if lifted else plugin: node})
    return tables


def _tree(loaded: Loaded, path: tuple[str, ...], value: Any) -> Node:
    if isinstance(value, dict):
        return {key: _tree(loaded, (*path, key), inner) for key, inner in value.items()}
    return Leaf(value, loaded.origin(*path))


def _merge(into: Tree, tables: Mapping[str, Node]) -> None:
    for key, value in tables.items():
        old = into.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            _merge(old, value)
        else:
            into[key] = value


def _migrate_cri(tables: Tree) -> None:
    """Move the snapshotter to the images plugin, unless no runtimes table stands beside it (images migrateConfig)."""
    conf = _inner(tables.get(CRI), "containerd")
    if not isinstance(conf, dict) or "runtimes" not in conf or "snapshotter" not in conf:
        return
    images = tables.setdefault(IMAGES, {})
    if isinstance(images, dict):
        images["snapshotter"] = conf["snapshotter"]


def _inner(node: Node | None, key: str) -> Node | None:
    return node.get(key) if isinstance(node, dict) else None


def leaf(tables: Tree, rules: Rules, plugin: str, *path: str) -> Leaf | None:
    """The value at a path of plugin fields, spelt as the release allows; None if it is not set or no plain value."""
    node: Node | None = tables.get(plugin)
    for name in path:
        if not isinstance(node, dict):
            return None
        keys = rules.spellings(dict(node), name)
        node = node[keys[-1]] if keys else None
    return node if isinstance(node, Leaf) else None
