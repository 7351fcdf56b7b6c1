"""The environment that a service starts with: core/execute.c:exec_context_load_environment, build_environment."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterable, Sequence

from tui.model import EnvVar, Reader
from tui.systemd.draft import Draft, EnvironmentFile
from tui.systemd.envfile import EnvFile, EnvFileError, parse_env_file
from tui.systemd.execline import Variable
from tui.systemd.text import Source, decode, encode, whole

_MANAGER = (
    ("LANG", "C.UTF-8"),
    ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
)
"""What the manager itself passes on (Debian's PATH; others end before /sbin where that is a link)."""

_GLOB = re.compile(r"[*?[\\]")


def build_environment(
    draft: Draft, reader: Reader, extra_env: Iterable[tuple[str, str]], *, since_254: bool
) -> tuple[dict[str, Variable], str]:
    """All variables in the order of the process's environment block, and why the start would fail ("" if not).

    Manager's own, ``extra_env`` (of ``systemctl set-environment``), what ``User=`` brings, Environment=,
    EnvironmentFile=, each beating the ones before, then UnsetEnvironment=. After a fault the later files are still
    read, to show what they hold.
    """
    variables = dict(_given(_MANAGER, Source("default", "default")))
    variables.update(_given(extra_env, Source("systemctl show-environment", "command")))
    variables.update(_login(draft, reader))
    _warn_of_passed(draft, variables)
    variables.update(draft.environment)
    fault = ""
    for entry in draft.files:
        found, problem = _load(entry, reader, since_254)
        if problem and entry.optional:
            draft.warnings.append(f"{entry.origin}: {problem} (ignored because of the prefix -)")
        elif problem and not fault:
            fault = f"{entry.origin}: {problem}"
        for file in found:
            draft.warnings += [
                f"{file.source.where}:{line}: '{name}' is no variable name, ignored" for name, line in file.dropped
            ]
            for one in file.variables:
                variables[one.name] = Variable(one.name, one.value, file.source, one.offset)
    return _without(variables, draft.unset), fault


def env_vars(variables: Iterable[Variable]) -> tuple[EnvVar, ...]:
    """Variables as facts."""
    return tuple(EnvVar(one.name, str(one.value), one.source.origin(one.offset, one.name)) for one in variables)


def _given(pairs: Iterable[tuple[str, str]], source: Source) -> Iterable[tuple[str, Variable]]:
    return ((name, Variable(name, whole(encode(value)), source, 0)) for name, value in pairs)


def _login(draft: Draft, reader: Reader) -> Iterable[tuple[str, Variable]]:
    """HOME, LOGNAME, USER and SHELL, which only a unit with ``User=`` gets (core/execute.c:get_fixed_user)."""
    user = draft.get("User")
    if not user:
        return ()
    try:
        entries = [line.split(":") for line in decode(reader.read("/etc/passwd")).splitlines()]
    except OSError:
        entries = []
    found = next((one for one in entries if len(one) == 7 and user in (one[0], one[2])), None)
    if found is None and user not in ("root", "0"):
        draft.warnings.append(f"User={user} is not in /etc/passwd: HOME, USER and SHELL are not known here")
        return ()
    name, home, shell = (found[0], found[5], found[6]) if found else ("root", "/root", "/bin/bash")
    pairs = [("HOME", "" if home == "/" else home), ("LOGNAME", name), ("USER", name)]
    pairs.append(("SHELL", "" if posixpath.basename(shell) in ("nologin", "false", "true") else shell))
    origin = Source("/etc/passwd" if found else "default", "file" if found else "default")
    return _given([(key, value) for key, value in pairs if value], origin)


def _warn_of_passed(draft: Draft, variables: dict[str, Variable]) -> None:
    passed = {name for text, _ in draft.values.get(("Service", "PassEnvironment"), ()) for name in text.split()}
    for name in sorted(passed - variables.keys()):
        draft.warnings.append(f"PassEnvironment={name}: the manager's own environment is not known here")


def _without(variables: dict[str, Variable], unset: Sequence[str]) -> dict[str, Variable]:
    """UnsetEnvironment=: by name, or only if it has exactly this value."""
    return {name: one for name, one in variables.items() if name not in unset and f"{name}={one.value}" not in unset}


def _load(entry: EnvironmentFile, reader: Reader, since_254: bool) -> tuple[list[EnvFile], str]:
    """The files that a path or glob names, in byte order, and the first thing that went wrong."""
    try:
        paths = _glob(entry.path, reader)
    except OSError as error:
        return [], f"{entry.path}: {error.strerror or error}"
    if not paths:
        return [], f"{entry.path}: No such file or directory"
    files, problem = [], ""
    for path in paths:
        try:
            files.append(parse_env_file(reader.read(path), since_254=since_254, where=path))
        except EnvFileError as error:
            problem = problem or f"{path}:{error.line}: {error.reason}"
        except OSError as error:
            problem = problem or f"{path}: {error.strerror or error}"
        if problem and not entry.optional:
            break
    return files, problem


def _glob(pattern: str, reader: Reader) -> list[str]:
    """glob(3) without flags: ``*``, ``?``, ``[…]`` within each part, hidden names only for a pattern with a dot."""
    paths = [""]
    for part in pattern.split("/")[1:]:
        if not _GLOB.search(part):
            paths = [f"{path}/{part}" for path in paths]
            continue
        paths = [f"{path}/{name}" for path in paths for name in _names(reader, path or "/") if _matches(name, part)]
    return sorted((path for path in paths if _exists(reader, path)), key=encode)


def _names(reader: Reader, path: str) -> list[str]:
    try:
        return reader.list(path)
    except OSError:
        return []


def _exists(reader: Reader, path: str) -> bool:
    try:
        reader.stat(path, follow=False)
    except FileNotFoundError:
        return False
    return True


def _matches(name: str, pattern: str) -> bool:
    if name.startswith(".") and not pattern.startswith((".", "\\.")):
        return False
    translated = pattern.replace("[^", "[!")
    translated = re.sub(r"\\(.)", lambda match: f"[{match[1]}]" if match[1] in "*?[" else match[1], translated)
    return fnmatch.fnmatchcase(name, translated)
