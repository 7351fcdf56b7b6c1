"""What a person should know about containerd's configuration and the daemon does not say loudly.

Codes: ``version-unknown``, ``unknown-flag``, ``wrong-table``, ``beaten-by-flag``, ``unknown-field``, ``wrong-case``,
``relative-glob``, ``conf-d-ignored``, ``template``, ``empty-root``, ``empty-state``, ``relative-root``,
``relative-state``, ``table-replaced``, ``snapshotter-dropped``, ``version-hidden``, ``cri-disabled``,
``opt-under-root``, ``generated-file``, ``unreadable``.
The last four, and ``version-unknown``, are information about healthy nodes too.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import Any

from tui.containerd.document import generated_line, template_line
from tui.containerd.flags import DEFAULT_FILE, Flags
from tui.containerd.load import Load, Loaded
from tui.containerd.plugins import CRI, IMAGES, OPT, Tree, file_tables, final_version, full_name, leaf
from tui.containerd.rules import Rules
from tui.containerd.schema import unknown_keys
from tui.containerd.validate import stating
from tui.model import ConfigNote, Fact, Origin, Reader

_TOP_ONLY = ("root", "state")


def config_notes(
    loaded: Load, flags: Flags, root: Fact[str], tables: Tree, rules: Rules, reader: Reader, assumed: bool
) -> Iterator[ConfigNote]:
    """All notes, in the order of the files."""
    if assumed:
        text = f"the containerd version is not known; the files are read as containerd {rules} reads them"
        yield ConfigNote("version-unknown", text, Origin("computed", "containerd version"))
    for word in flags.unknown:
        text = f"{word.text!r} is no flag of the daemon that this program knows"
        yield ConfigNote("unknown-flag", text, word.origin)
    if loaded.unreadable:
        yield ConfigNote("unreadable", loaded.unreadable, Origin("file", loaded.unreadable.partition(":")[0]))
    yield from loaded.notes
    for one in loaded.files:
        yield from _file_notes(one, rules)
    yield from _beaten(loaded.files, flags)
    yield from _replaced(loaded.files, rules)
    yield from _versions(loaded.files, rules)
    yield from _dropped(loaded.files, tables, rules)
    yield from _disabled(loaded.files)
    yield from _opt(tables, root, rules)
    yield from _folders(loaded, flags, reader)


def _file_notes(one: Loaded, rules: Rules) -> Iterator[ConfigNote]:
    yield from _wrong_tables(one, one.document.data, ())
    for path, meant in unknown_keys(one.document, rules):
        name = ".".join(path)
        if meant:
            text = f'"{name}" is ignored by containerd {rules}: write {meant} in small letters'
            yield ConfigNote("wrong-case", text, one.origin(*path))
        elif path[-1] not in _TOP_ONLY:
            how = "with a warning in its log" if rules.second else "without a word"
            yield ConfigNote("unknown-field", f'"{name}" is ignored by containerd, {how}', one.origin(*path))
    line = generated_line(one.document.source)
    if line:
        text = f"a program writes this file ({one.document.words(line)}); an edit by hand may be overwritten"
        yield ConfigNote("generated-file", text, Origin("file", one.path, line, one.document.words(line)))
    line = template_line("\n".join(one.document.source))
    if line:
        text = f"the file parses, but holds a placeholder of a template: {one.document.words(line)}"
        yield ConfigNote("template", text, Origin("file", one.path, line, one.document.words(line)))
    yield from _odd_paths(one)


def _wrong_tables(one: Loaded, table: Any, path: tuple[str, ...]) -> Iterator[ConfigNote]:
    """``root`` or ``state`` under a header belongs to that table and moves nothing."""
    if path and (path[-1].lower() in ("exports", "options") or path[0] in ("timeouts", "stream_processors")):
        return
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _wrong_tables(one, value, (*path, key))
        elif path and key in _TOP_ONLY and isinstance(value, str) and value.startswith("/"):
            text = (
                f'{key} = "{value}" stands below the header [{".".join(path)}], so containerd does not take it for its '
                f"{key}; move the line above the first header"
            )
            yield ConfigNote("wrong-table", text, one.origin(*path, key))


def _odd_paths(one: Loaded) -> Iterator[ConfigNote]:
    for name in _TOP_ONLY:
        for key, value in one.fields(name):
            if not value and one.rules.imports:
                text = f'{name} = "" sets nothing: what was set before it stays'
                yield ConfigNote(f"empty-{name}", text, one.origin(key))
            elif value and not value.startswith("/"):
                text = f"{name} is relative: it lies below the daemon's working directory; write an absolute path"
                yield ConfigNote(f"relative-{name}", text, one.origin(key))


def _beaten(files: Sequence[Loaded], flags: Flags) -> Iterator[ConfigNote]:
    for name in _TOP_ONLY:
        flag = flags.values.get(name)
        if not flag or not flag.value:
            continue
        for one in files:
            for key, value in one.fields(name):
                if value and value != flag.value:
                    text = f"{name} = {value!r} has no effect: --{name} on the command line wins ({flag.origin})"
                    yield ConfigNote("beaten-by-flag", text, one.origin(key))


def _replaced(files: Sequence[Loaded], rules: Rules) -> Iterator[ConfigNote]:
    """1.x replaces a plugin's whole table by an import's (mergeConfig)."""
    if rules.second:
        return
    owner: dict[str, Loaded] = {}
    for one in files:
        for plugin, node in file_tables(one).items():
            before = owner.get(plugin)
            owner[plugin] = one
            if not before:
                continue
            old, new = file_tables(before)[plugin], node
            lost = sorted(set(old) - set(new)) if isinstance(old, dict) and isinstance(new, dict) else []
            if lost:
                text = (
                    f'[plugins."{plugin}"] replaces that of {before.path} as a whole: {", ".join(lost)} set there '
                    f"is lost; repeat it here"
                )
                yield ConfigNote("table-replaced", text, one.origin("plugins", plugin))


def _versions(files: Sequence[Loaded], rules: Rules) -> Iterator[ConfigNote]:
    stated = {one.version for one in files if one.version}
    if len(stated) > 1 and not rules.per_file:
        final = final_version(files, rules)
        text = f"the files state versions {sorted(stated)}; containerd {rules} takes them all for version {final}"
        yield ConfigNote("version-hidden", text, stating(files, final))


def _dropped(files: Sequence[Loaded], tables: Tree, rules: Rules) -> Iterator[ConfigNote]:
    """A snapshotter that a migration of 2.x loses, or that stands where this version does not look."""
    used = leaf(tables, rules, IMAGES, "snapshotter")
    for one in files if rules.second else ():
        asked = leaf(file_tables(one), rules, CRI, "containerd", "snapshotter")
        if asked and asked.value != (used.value if used else "overlayfs"):
            text = (
                f"snapshotter = {asked.value!r} is lost when containerd {rules} migrates this file; "
                f'set it in [plugins."{IMAGES}"] of a version 3 file'
            )
            yield ConfigNote("snapshotter-dropped", text, asked.origin)


def _disabled(files: Sequence[Loaded]) -> Iterator[ConfigNote]:
    for one in files:
        for key, names in one.fields("disabled_plugins"):
            for number, name in enumerate(names):
                if full_name(name) == CRI:
                    text = "the CRI plugin is disabled here, as Docker's package does: a kubelet cannot use it"
                    yield ConfigNote("cri-disabled", text, one.origin(key, number))


def _opt(tables: Tree, root: Fact[str], rules: Rules) -> Iterator[ConfigNote]:
    for plugin in (OPT, "opt"):
        path = leaf(tables, rules, plugin, "path")
        if path and root.value and isinstance(path.value, str) and path.value.startswith(root.value.rstrip("/") + "/"):
            text = f"the opt plugin's path {path.value} lies under the root by an absolute name: it must move along"
            yield ConfigNote("opt-under-root", text, path.origin)


def _folders(loaded: Load, flags: Flags, reader: Reader) -> Iterator[ConfigNote]:
    """conf.d beside the main file is read only if a loaded file imports it (E5)."""
    named = flags.values.get("config")
    main = loaded.files[0].path if loaded.files else named.value if named else DEFAULT_FILE
    read = {one.path for one in loaded.files}
    for name in ("conf.d", "config.d"):
        folder = posixpath.join(posixpath.dirname(main), name)
        try:
            left = [file for file in reader.list(folder) if file.endswith(".toml")]
        except OSError:
            continue
        ignored = [file for file in left if posixpath.join(folder, file) not in read]
        if ignored and not loaded.error:
            text = f"{', '.join(ignored)} in {folder} is not read: no loaded file imports it"
            yield ConfigNote("conf-d-ignored", text, Origin("file", posixpath.join(folder, ignored[0])))
