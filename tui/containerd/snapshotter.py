"""The CRI snapshotter, its directory, and the imagefs path that CRI names (containerd-root.md 1.2, 2.1)."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tui.containerd.load import Loaded
from tui.containerd.plugins import CRI, IMAGES, SNAPSHOTTER, Leaf, Tree, file_tables, final_version, leaf, merged
from tui.containerd.rules import Rules
from tui.model import DEFAULT, Claim, Fact, Origin

DEFAULT_NAME = "overlayfs"
_OWN_DIRECTORY = {
    "stargz": "/var/lib/containerd-stargz-grpc",
    "nydus": "/var/lib/containerd-nydus",
    "soci": "/var/lib/soci-snapshotter-grpc",
}


@dataclass(frozen=True)
class Images:
    """Facts about images, the merged plugin tables, and the reason for which the daemon would refuse one of them."""

    snapshotter: Fact[str]
    root: Fact[str]
    imagefs: Fact[str]
    tables: Tree
    error: str = ""
    error_origin: Origin | None = None


def images_of(files: Sequence[Loaded], root: Fact[str], rules: Rules, cwd: str) -> Images:
    """Where images are unpacked and what CRI says about it, for the files as this release reads them."""
    tables = merged(files, rules)
    short = not rules.second and final_version(files, rules) < 2
    found = _set_snapshotter(tables, rules, short)
    if found is not None and not isinstance(found.value, str):
        return _refused(found, "snapshotter", tables)
    origin = found.origin if found else DEFAULT
    name = found.value if found else DEFAULT_NAME
    beaten = _beaten(files, rules, origin)
    snapshotter: Fact[str] = Fact(name, origin, beaten)
    if name == "":
        reason = f"the snapshotter is set to nothing at {origin}; the CRI plugin finds none"
        return Images(snapshotter, Fact.unknown(reason), Fact.unknown(reason), tables)
    plugin = name if short else f"{SNAPSHOTTER}.{name}"
    moved = leaf(tables, rules, plugin, "root_path")
    if moved is not None and not isinstance(moved.value, str):
        return _refused(moved, "root_path", tables)
    below = _below(root, name)
    proxy = _proxy(files, rules, name)
    where = _directory(name, moved, proxy, below, rules, cwd)
    if not rules.exported_root:
        return Images(snapshotter, where, below, tables)
    return Images(snapshotter, where, where if where.known else below, tables)


def _refused(found: Leaf, name: str, tables: Tree) -> Images:
    text = f"{name} must be a string"
    unknown: Fact[Any] = Fact.unknown(f"{found.origin}: {text}")
    return Images(unknown, unknown, unknown, tables, f"{text}; write it in quotes", found.origin)


def _set_snapshotter(tables: Tree, rules: Rules, short: bool) -> Leaf | None:
    if rules.second:
        return leaf(tables, rules, IMAGES, "snapshotter")
    return leaf(tables, rules, "cri" if short else CRI, "containerd", "snapshotter")


def _beaten(files: Sequence[Loaded], rules: Rules, winner: Origin) -> tuple[Claim[str], ...]:
    """Every other snapshotter that a file asks for, the strongest (last loaded) first; the default at the end."""
    claims: list[Claim[str]] = []
    for loaded in files:
        tables = file_tables(loaded)
        asked = [leaf(tables, rules, plugin, "containerd", "snapshotter") for plugin in ("cri", CRI)]
        asked.append(leaf(tables, rules, IMAGES, "snapshotter") if rules.second else None)
        claims += [Claim(str(one.value), one.origin) for one in asked if one is not None and one.origin != winner]
    default: list[Claim[str]] = [] if winner == DEFAULT else [Claim(DEFAULT_NAME, DEFAULT)]
    return (*reversed(claims), *default)


def _below(root: Fact[str], name: str) -> Fact[str]:
    if root.value is None:
        return Fact.unknown(root.reason)
    path = posixpath.join(root.value, f"{SNAPSHOTTER}.{name}")
    return Fact(path, Origin("computed", "root and snapshotter", text=f"<root>/{SNAPSHOTTER}.{name}"))


def _proxy(files: Sequence[Loaded], rules: Rules, name: str) -> tuple[dict[str, Any], Origin] | None:
    """The last ``[proxy_plugins.NAME]`` that serves snapshots; an import replaces the whole entry."""
    for loaded in reversed(files):
        for spelt, proxies in reversed(loaded.fields("proxy_plugins")):
            entry = proxies.get(name)
            if isinstance(entry, dict) and any(entry[key] == "snapshot" for key in rules.spellings(entry, "type")):
                return entry, loaded.origin(spelt, name)
    return None


def _directory(
    name: str,
    moved: Leaf | None,
    proxy: tuple[dict[str, Any], Origin] | None,
    below: Fact[str],
    rules: Rules,
    cwd: str,
) -> Fact[str]:
    if proxy:
        exported = _exported(proxy[0], rules)
        if exported:
            origin = Origin("file", proxy[1].where, proxy[1].line, f'exports root = "{exported}"')
            return Fact(posixpath.join(cwd, exported), origin)
        known = next((path for word, path in _OWN_DIRECTORY.items() if word in name), "")
        hint = f", usually {known}" if known else ""
        return Fact.unknown(f"{name} is a proxy snapshotter with a directory of its own{hint}; containerd does not say")
    if moved is not None and moved.value:
        lost: tuple[Claim[str], ...] = (Claim(below.value, below.origin),) if below.origin else ()
        return Fact(posixpath.join(cwd, moved.value), moved.origin, lost)
    return below


def _exported(entry: dict[str, Any], rules: Rules) -> str:
    if not rules.proxy_exports:
        return ""
    for key in reversed(rules.spellings(entry, "exports")):
        value = entry[key].get("root", "") if isinstance(entry[key], dict) else ""
        return value if isinstance(value, str) else ""
    return ""
