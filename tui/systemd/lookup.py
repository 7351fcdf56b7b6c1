"""Which files make a unit: search path, aliases, masks, drop-ins (basic/unit-file.c, shared/dropin.c; facts 1)."""

from __future__ import annotations

import posixpath
import stat
from collections.abc import Sequence
from dataclasses import dataclass

from tui.model import FileStat, Reader
from tui.systemd import names

SEARCH_PATH = (
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/run/systemd/transient",
    "/run/systemd/generator.early",
    "/etc/systemd/system",
    "/etc/systemd/system.attached",
    "/run/systemd/system",
    "/run/systemd/system.attached",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    "/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/run/systemd/generator.late",
)
"""Of the system manager, first wins. /lib counts where it is a directory of its own (Debian before the /usr merge)."""

FOLLOW_MAX = 8


@dataclass(frozen=True)
class UnitFiles:
    """The files of one unit: ``name`` is its real one; ``fragment`` "" if none was found; drop-ins in order."""

    name: str
    aliases: tuple[str, ...]
    fragment: str
    dropins: tuple[str, ...]
    problem: str = ""


def find_unit(name: str, reader: Reader, search_path: Sequence[str] = SEARCH_PATH) -> UnitFiles:
    """Find the fragment by name, alias or template, and the drop-ins of all its names.

    A file name that occurs twice among the drop-ins counts once: the unit's own name beats its aliases' and those
    the type's (``service.d``); within a name the search path decides first, and only in one directory "own, template,
    dash prefix" (shared/dropin.c). Survivors stand in byte order of the file name, directories aside.
    """
    path = _one_directory_each(reader, search_path)
    ids = _name_map(names.suffix(name), reader, path)
    fragment, problem = _resolve(ids, name)
    if not fragment and not problem and names.kind(name) == "instance":
        fragment, problem = _resolve(ids, names.template(name))
    if not fragment:
        return UnitFiles(name, (), "", (), problem)
    real = _real_name(name, fragment)
    aliases = tuple(sorted(_aliases(ids, real) | ({name} - {real})))
    dirs = [f"{d}/{n}.d" for owner in (real, *aliases) for d in path for n in names.dropin_names(owner)]
    dirs += [f"{d}/{names.suffix(real)}.d" for d in path]
    return UnitFiles(real, aliases, fragment, tuple(_dropins(reader, dirs)))


def is_masked(path: str, reader: Reader) -> bool:
    """Whether a file says "there is no such unit": empty, a device, or a link to /dev/null (null_or_empty_path).

    Raises:
        OSError: the file cannot be looked at.
    """
    own = reader.stat(path, follow=False)
    if own.kind == "link" and own.target == "/dev/null":
        return True
    found = reader.stat(path) if own.kind == "link" else own
    if found.kind == "file":
        return found.size == 0
    return found.kind == "other" and not (stat.S_ISFIFO(found.mode) or stat.S_ISSOCK(found.mode))


def _one_directory_each(reader: Reader, search_path: Sequence[str]) -> list[str]:
    if "/lib/systemd/system" in search_path:
        try:
            merged = reader.realpath("/lib/systemd/system") == reader.realpath("/usr/lib/systemd/system")
        except OSError:
            merged = True
        if merged:
            return [path for path in search_path if path != "/lib/systemd/system"]
    return list(search_path)


def _names_in(reader: Reader, path: str) -> list[str]:
    try:
        return reader.list(path)
    except OSError:
        return []


def _lstat(reader: Reader, path: str) -> FileStat | None:
    try:
        return reader.stat(path, follow=False)
    except OSError:
        return None


def _name_map(suffix: str, reader: Reader, path: Sequence[str]) -> dict[str, str]:
    """Every unit name of a type to its path, or to the name that it is an alias of (unit_file_build_name_map)."""
    ids: dict[str, str] = {}
    for directory in path:
        for name in _names_in(reader, directory):
            if name in ids or not name.endswith(f".{suffix}") or not names.kind(name):
                continue
            found = _lstat(reader, f"{directory}/{name}")
            if found is None or found.kind not in ("file", "link"):
                continue
            target = f"{directory}/{name}"
            if found.kind == "link":
                target = _link_target(reader, directory, name, found.target, path)
            if target:
                ids[name] = target
    return ids


def _link_target(reader: Reader, directory: str, name: str, target: str, path: Sequence[str]) -> str:
    """An alias's main name, the link's own path if it leads outside, "" if it is to be ignored."""
    full = posixpath.join(directory, target)
    try:
        simplified = posixpath.join(reader.realpath(posixpath.dirname(full)), posixpath.basename(full))
    except OSError:
        simplified = posixpath.normpath(full)
    within = {*path, "/lib/systemd/system"}
    if not any(simplified.startswith(f"{root}/") for root in within):
        return f"{directory}/{name}"
    main = posixpath.basename(simplified)
    return main if main != name and _may_alias(name, main) else ""


def _may_alias(name: str, main: str) -> bool:
    """unit_validate_alias_symlink_or_warn."""
    mine, theirs = names.kind(name), names.kind(main)
    if names.suffix(name) not in names.ALIASED or not theirs or names.suffix(main) != names.suffix(name):
        return False
    if mine == "instance" and theirs == "instance":
        return names.instance(name) == names.instance(main)
    return mine == theirs or (mine == "instance" and theirs == "template")


def _resolve(ids: dict[str, str], name: str) -> tuple[str, str]:
    """The fragment of a name and "", or "" and what stands in the way (unit_ids_map_get)."""
    current = name
    for hop in range(FOLLOW_MAX):
        target = ids.get(current)
        if target is None and hop:
            if names.kind(current) not in ("instance", "template"):
                return "", ""
            target = ids.get(names.template(current))
        if target is None:
            return "", ""
        if target.startswith("/"):
            return target, ""
        current = target
    return "", f"too many alias links from {name}"


def _real_name(name: str, fragment: str) -> str:
    """A unit is called as its fragment; an instance of a template keeps its instance (unit_load_fragment)."""
    base = posixpath.basename(fragment)
    if names.kind(base) == "template" and names.instance(name):
        return names.with_instance(base, names.instance(name))
    return base


def _aliases(ids: dict[str, str], real: str) -> set[str]:
    """Other names that lead to the same unit (unit_file_find_fragment: add_names)."""
    found = set()
    for name in ids:
        candidates = [name]
        if names.instance(real) and names.kind(name) == "template":
            candidates = [names.with_instance(name, names.instance(real))]
        for candidate in candidates:
            fragment, _ = _resolve(ids, candidate if candidate in ids else name)
            if candidate != real and fragment and _real_name(candidate, fragment) == real:
                found.add(candidate)
    return found


def _dropins(reader: Reader, directories: Sequence[str]) -> list[str]:
    """The ``.conf`` files of directories in order of preference (basic/conf-files.c:conf_files_list_strv)."""
    chosen: dict[str, str] = {}
    for directory in directories:
        if _lstat(reader, directory) is None:
            continue
        try:
            real = reader.realpath(directory)
        except OSError:
            continue
        for name in _names_in(reader, real):
            if name.endswith(".conf") and not name.startswith("."):
                chosen.setdefault(name, f"{real}/{name}")
    return [chosen[name] for name in sorted(chosen, key=lambda text: text.encode("utf-8", "surrogateescape"))]
