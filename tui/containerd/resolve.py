"""What the next start of containerd would use: flags, files, imports, versions (containerd-root.md 1)."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from tui.containerd.flags import DEFAULT_FILE, Flags, read_flags
from tui.containerd.load import Load, load
from tui.containerd.notes import config_notes
from tui.containerd.plugins import final_version
from tui.containerd.rules import NEWEST, Rules, Version
from tui.containerd.snapshotter import images_of
from tui.containerd.validate import refusal
from tui.model import DEFAULT, Claim, ContainerdConfig, Fact, Origin, Reader, Word

DEFAULTS = {"root": "/var/lib/containerd", "state": "/run/containerd"}


def resolve(words: Sequence[Word], reader: Reader, *, version: Version | None, cwd: str = "/") -> ContainerdConfig:
    """The configuration that a start with these words would make of the files on disk.

    Args:
        words: the command line, the program first; flags it does not know are noted and passed over.
        reader: the node's files.
        version: of the daemon; None takes the newest rules, and a note says so.
        cwd: the daemon's working directory, absolute (``/`` under systemd).

    Returns:
        Never raises for what stands in the files: ``error`` says, with file and line, why the daemon would not start,
        and a fact that could not be read is unknown with the reason. Paths are absolute; a root that was written
        relative keeps its words in the origin's text. Source: config.go LoadConfig, main.go applyFlags, server.New.
    """
    rules = Rules(version or NEWEST)
    flags = read_flags(words)
    named = flags.values.get("config")
    loaded = load(named.value if named else DEFAULT_FILE, named is not None, reader, rules, cwd)
    root, state = (_path(name, flags, loaded, rules, cwd) for name in ("root", "state"))
    images = images_of(loaded.files, root, rules, cwd)
    error, where = _error(flags, loaded, rules)
    if not error:
        error, where = images.error, images.error_origin
    if not error:
        error, where = _same(root, state)
    unread = loaded.error or loaded.unreadable
    snapshotter, directory, imagefs = images.snapshotter, images.root, images.imagefs
    if unread:
        snapshotter = directory = imagefs = Fact.unknown(unread)
    return ContainerdConfig(
        version=final_version(loaded.files, rules),
        root=root,
        state=state,
        snapshotter=snapshotter,
        snapshotter_root=directory,
        imagefs=imagefs,
        files=tuple(one.path for one in loaded.files),
        notes=tuple(config_notes(loaded, flags, root, images.tables, rules, reader, version is None)),
        error=error,
        error_origin=where,
    )


def _path(name: str, flags: Flags, loaded: Load, rules: Rules, cwd: str) -> Fact[str]:
    """Root or state: flag, else the last file that sets it, else the default; what they beat, strongest first."""
    claims: list[Claim[str]] = [Claim(DEFAULTS[name], DEFAULT)]
    for one in loaded.files:
        for key, value in one.fields(name):
            if value or not rules.imports:
                claims.append(Claim(posixpath.join(cwd, value) if value else "", one.origin(key)))
    flag = flags.values.get(name)
    if flag and flag.value:
        claims.append(Claim(posixpath.normpath(posixpath.join(cwd, flag.value)), flag.origin))
    elif loaded.error or loaded.unreadable:
        return Fact.unknown(loaded.error or loaded.unreadable)
    *beaten, winner = claims
    return Fact(winner.value, winner.origin, tuple(reversed(beaten)))


def _error(flags: Flags, loaded: Load, rules: Rules) -> tuple[str, Origin | None]:
    if flags.error:
        return flags.error, flags.error_origin
    if loaded.error:
        return loaded.error, loaded.error_origin
    return refusal(loaded.files, rules) or ("", None)


def _same(root: Fact[str], state: Fact[str]) -> tuple[str, Origin | None]:
    """server.New refuses an empty root and equal strings; ``x/`` beside ``x`` slips through."""
    for fact, name in ((root, "root"), (state, "state")):
        if fact.value == "":
            return f"{name} must be specified; set it or remove the line", fact.origin
    if root.value is not None and root.value == state.value:
        return f"root and state are both {root.value}; they must be different paths", root.origin
    return "", None
