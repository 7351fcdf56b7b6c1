"""A service as systemd would start it from the files on disk: ``load_unit`` (facts/systemd.md 1-4)."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tui.model import Origin, Reader, Unit
from tui.systemd import names
from tui.systemd.draft import Draft
from tui.systemd.environ import build_environment, env_vars
from tui.systemd.execline import ExecError, expand
from tui.systemd.lookup import SEARCH_PATH, UnitFiles, find_unit, is_masked
from tui.systemd.specifiers import Specifiers
from tui.systemd.text import Source
from tui.systemd.unitfile import UnitFileError, parse_unit_file


@dataclass(frozen=True)
class Loaded:
    """A unit after daemon-reload, before a start: ``state`` and ``error`` as in :class:`~tui.model.Unit`."""

    files: UnitFiles
    state: str
    draft: Draft
    error: str = ""


def load_unit(
    name: str,
    reader: Reader,
    *,
    since_254: bool = False,
    hostname: str = "",
    extra_env: Iterable[tuple[str, str]] = (),
    search_path: Sequence[str] = SEARCH_PATH,
) -> Unit:
    """What a daemon-reload and start would make of a unit now.

    ``since_254``: the manager is systemd 254 or later (comments in environment files). ``hostname``: for ``%H``, else
    /etc/hostname. ``extra_env``: what ``systemctl show-environment`` adds to the manager's own variables. Never raises:
    what cannot be read is a ``state`` or ``result`` with ``error``.
    """
    loaded = read_unit(name, reader, hostname=hostname, search_path=search_path)
    files, draft = loaded.files, loaded.draft
    if loaded.state != "loaded":
        return Unit(
            name=files.name,
            state=loaded.state,
            fragment=files.fragment,
            dropins=files.dropins,
            settings=_settings(draft),
            error=loaded.error,
            warnings=tuple(draft.warnings),
        )
    environment, fault = build_environment(draft, reader, extra_env, since_254=since_254)
    result, error = ("resources", fault) if fault else _program_fault(draft)
    return Unit(
        name=files.name,
        state="loaded",
        fragment=files.fragment,
        dropins=files.dropins,
        commands=tuple(expand(command, environment) for command in draft.commands.get("ExecStart", ())),
        environment=env_vars(environment.values()),
        environment_files=tuple(entry.path for entry in draft.files),
        settings=_settings(draft),
        result=result,
        error=error,
        warnings=tuple(draft.warnings),
    )


def read_unit(name: str, reader: Reader, *, hostname: str = "", search_path: Sequence[str] = SEARCH_PATH) -> Loaded:
    """Find and merge a unit's files, without touching its environment files; never raises."""
    warnings: list[str] = []
    files = find_unit(name, reader, search_path) if names.kind(name) else UnitFiles(name, (), "", ())
    specifiers = Specifiers(files.name, files.fragment, reader, hostname, warnings)
    draft = Draft(specifiers.resolve, warnings)
    if not files.fragment:
        bare = UnitFiles(name, (), "", ())
        return Loaded(bare, "not-found", draft, files.problem or f"{name} not found")
    try:
        if is_masked(files.fragment, reader):
            return Loaded(UnitFiles(files.name, files.aliases, files.fragment, ()), "masked", draft)
        _merge(files.fragment, reader, draft, names.suffix(files.name))
    except OSError as error:
        return _unreadable(files, draft, error)
    except (ExecError, UnitFileError) as error:
        state = "bad-setting" if isinstance(error, ExecError) else "error"
        return Loaded(UnitFiles(files.name, files.aliases, files.fragment, ()), state, draft, str(error))
    for dropin in files.dropins:
        _merge_dropin(dropin, reader, draft, names.suffix(files.name))
    fault = draft.fault() if names.suffix(files.name) == "service" else ""
    return Loaded(files, "bad-setting" if fault else "loaded", draft, fault)


def _merge(path: str, reader: Reader, draft: Draft, suffix: str) -> None:
    """Apply one file. Raises OSError, UnitFileError, ExecError, the latter two with the place in the text."""
    content = reader.read(path)
    source = Source.of(path, content)
    sections = frozenset({"Unit", "Install", names.SECTIONS[suffix]} - {""})
    line = 0
    try:
        for assignment in parse_unit_file(content, source, sections, draft.warnings):
            line = assignment.line
            draft.apply(assignment, source)
    except ExecError as error:
        raise ExecError(f"{path}:{line}: {error}") from error
    except UnitFileError as error:
        raise UnitFileError(error.line, f"{path}:{error.line}: {error}") from error


def _merge_dropin(path: str, reader: Reader, draft: Draft, suffix: str) -> None:
    """A fault in a drop-in ends that drop-in where it is; what came before stays (core/load-dropin.c)."""
    try:
        if not is_masked(path, reader):
            _merge(path, reader, draft, suffix)
    except OSError as error:
        draft.warnings.append(f"{path}: not read: {error.strerror or error}")
    except (ExecError, UnitFileError) as error:
        draft.warnings.append(f"{error}; the rest of this drop-in is ignored")


def _unreadable(files: UnitFiles, draft: Draft, error: OSError) -> Loaded:
    bare = UnitFiles(files.name, files.aliases, files.fragment, ())
    if error.errno == errno.ENOENT:
        return Loaded(UnitFiles(files.name, (), "", ()), "not-found", draft, f"{files.fragment} leads to no file")
    return Loaded(bare, "error", draft, f"{files.fragment}: {error.strerror or error}")


def _program_fault(draft: Draft) -> tuple[str, str]:
    """A program that is named by a variable is not found at the start: it is never expanded (facts 3.1)."""
    for command in draft.commands.get("ExecStart", ()):
        if "$" in command.path and not command.ignore_failure:
            place = command.source.origin(command.argv[0].start)
            return "exit-code", f"{place}: the program is never expanded, '{command.path}' is taken literally"
    return "", ""


def _settings(draft: Draft) -> dict[tuple[str, str], tuple[tuple[str, Origin], ...]]:
    return {slot: tuple(values) for slot, values in draft.values.items()}
