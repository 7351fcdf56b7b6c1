"""Why the daemon refuses files that parse: versions and plugin ids (config.go ValidateV2, ValidateVersion)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tui.containerd.load import Loaded
from tui.containerd.plugins import final_version
from tui.containerd.rules import Rules
from tui.model import Origin

Refusal = tuple[str, Origin]


def refusal(files: Sequence[Loaded], rules: Rules) -> Refusal | None:
    """The first reason, as (text with remedy, where), or None."""
    if not files:
        return None
    return _dropin_version(files, rules) or _version(files, rules) or _plugin_ids(files, rules)


def stating(files: Sequence[Loaded], version: int) -> Origin:
    """Where the last file that states ``version`` does so."""
    for loaded in reversed(files):
        for key, value in reversed(loaded.fields("version")):
            if value == version:
                return loaded.origin(key)
    return Origin("file", files[0].path)


def _dropin_version(files: Sequence[Loaded], rules: Rules) -> Refusal | None:
    if not rules.dropin_ceiling:
        return None
    first = 0
    for loaded in files:
        first = first or loaded.version
        if loaded.version > first:
            text = (
                f"drop-in config version {loaded.version} is higher than the main file's {first}, which containerd "
                f"{rules} refuses; give both the same version"
            )
            return text, stating([loaded], loaded.version)
    return None


def _version(files: Sequence[Loaded], rules: Rules) -> Refusal | None:
    version, newest = final_version(files, rules), rules.newest_config
    if newest is None or version <= newest:
        return None
    text = (
        f"version = {version} is newer than containerd {rules} reads (at most {newest}); write a file of that version"
    )
    return text, stating(files, version)


def _plugin_ids(files: Sequence[Loaded], rules: Rules) -> Refusal | None:
    if not rules.second and final_version(files, rules) < 2:
        return None
    for loaded, key, number, name in _named_plugins(files):
        if rules.second:
            wrong = loaded.version >= 2 and "." not in name
        else:
            wrong = name.count(".") < 3 or not name.startswith(rules.plugin_prefix)
        if wrong:
            text = (
                f'plugin id "{name}" is no full one, which a file of version 2 needs; write io.containerd.x.v1.{name}'
            )
            return text, loaded.origin(key, *number)
    return None


def _named_plugins(files: Sequence[Loaded]) -> Iterator[tuple[Loaded, str, tuple[str | int, ...], str]]:
    for loaded in files:
        for field in ("disabled_plugins", "required_plugins"):
            for key, names in loaded.fields(field):
                yield from ((loaded, key, (number,), name) for number, name in enumerate(names))
        if not loaded.rules.second:
            for key, tables in loaded.fields("plugins"):
                yield from ((loaded, key, (name,), name) for name in tables)
