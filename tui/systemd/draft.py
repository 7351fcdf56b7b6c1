"""A unit while its files are merged: what each assignment does, and whether the result can be started.

core/load-fragment.c (config_parse_exec, config_parse_environ, config_parse_unit_env_file, ...), core/service.c
(service_add_extras, service_verify).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tui.model import Origin
from tui.systemd import settings
from tui.systemd.envfile import is_env_name
from tui.systemd.execline import PATH_MAX, Command, ExecError, Variable, parse_exec, simplify_path
from tui.systemd.extract import split_words
from tui.systemd.specifiers import SpecifierError
from tui.systemd.text import Source, Text, encode, is_utf8
from tui.systemd.unitfile import Assignment

_PATHS = frozenset({"WorkingDirectory", "RootDirectory", "RootImage", "RootVerity"})
_USER = re.compile(r"[^\x00-\x1f\x7f:/]+")
_NO_UIDS = frozenset({0xFFFF, 0xFFFFFFFF})


def _is_user(text: str) -> bool:
    """basic/user-util.c:valid_user_group_name, relaxed as for unit files; numbers must fit."""
    if text.isascii() and text.isdigit():
        return int(text) <= 0xFFFFFFFF and int(text) not in _NO_UIDS
    return _USER.fullmatch(text) is not None and text not in (".", "..")


@dataclass(frozen=True)
class EnvironmentFile:
    """One ``EnvironmentFile=``: an absolute path, maybe with globs; ``optional`` for the prefix ``-``."""

    path: str
    optional: bool
    origin: Origin


class Draft:
    """Collects the assignments of fragment and drop-ins in order."""

    def __init__(self, resolve: Callable[[Text], Text], warnings: list[str]) -> None:
        """``resolve`` replaces specifiers."""
        self.resolve, self.warnings = resolve, warnings
        self.commands: dict[str, list[Command]] = {}
        self.environment: dict[str, Variable] = {}
        self.unset: list[str] = []
        self.files: list[EnvironmentFile] = []
        self.values: dict[tuple[str, str], list[tuple[str, Origin]]] = {}

    def apply(self, found: Assignment, source: Source) -> None:
        """Take one assignment. Raises :class:`ExecError` for a setting that makes the unit's file refused."""
        self._record(found, source)
        if found.section != "Service":
            return
        if found.key in settings.COMMANDS:
            self._exec(found, source)
        elif found.key == "Environment":
            self._environment(found, source)
        elif found.key == "EnvironmentFile":
            self._environment_file(found, source)
        elif found.key == "UnsetEnvironment":
            self._unset_environment(found, source)
        else:
            self._check(found)

    def get(self, key: str, section: str = "Service") -> str:
        """The last value of a scalar, "" if there is none."""
        values = self.values.get((section, key))
        return values[-1][0] if values else ""

    def boolean(self, key: str) -> bool:
        """The value of a boolean (of those that :meth:`_is_valid` keeps valid); false without one."""
        values = [settings.boolean(text) for text, _ in self.values.get(("Service", key), ())]
        return bool(values and values[-1])

    def service_type(self) -> str:
        """``Type=``, or what the manager makes of a unit without (service_add_extras)."""
        if self.get("Type"):
            return self.get("Type")
        return "dbus" if self.get("BusName") else "simple" if self.commands.get("ExecStart") else "oneshot"

    def fault(self) -> str:
        """Why the service cannot be started, "" if it can (service_verify)."""
        start, stop = self.commands.get("ExecStart", []), self.commands.get("ExecStop", [])
        action = self.get("SuccessAction", "Unit") not in ("", "none")
        kind = self.service_type()
        if not start and not stop and not action:
            return "service has no ExecStart=, ExecStop=, or SuccessAction="
        if not start and kind != "oneshot":
            return "service has no ExecStart=, which is only allowed for Type=oneshot services"
        if not start and not action and not self.boolean("RemainAfterExit"):
            return "service has no ExecStart= and no SuccessAction= and does not have RemainAfterExit=yes"
        if len(start) > 1 and kind != "oneshot":
            return "service has more than one ExecStart=, which is only allowed for Type=oneshot services"
        if kind == "oneshot" and self.get("Restart") in ("always", "on-success"):
            return f"service has Restart={self.get('Restart')}, which is not allowed for Type=oneshot services"
        if kind == "oneshot" and self.get("ExitType") == "cgroup":
            return "service has ExitType=cgroup, which is not allowed for Type=oneshot services"
        if kind == "dbus" and not self.get("BusName"):
            return "service is of type D-Bus but has no BusName="
        if self.get("PAMName") and self.get("KillMode") in ("process", "none"):
            return "service has PAM enabled, KillMode= must be control-group or mixed"
        return ""

    def _warn(self, source: Source, found: Assignment, text: str) -> None:
        self.warnings.append(f"{source.where}:{found.line}: {text}")

    def _record(self, found: Assignment, source: Source) -> None:
        """Keep the assignment for :attr:`values`, as the kind of its key demands."""
        slot, value = (found.section, found.key), str(found.value)
        origin = source.origin(found.value.start, value)
        if found.key in settings.DEPENDENCIES:
            self.values.setdefault(slot, []).extend(self._words(found, source))
        elif not value:
            self._reset(found)
        elif settings.is_list(found.key):
            self.values.setdefault(slot, []).append((value, origin))
        elif self._is_valid(found):
            self.values[slot] = [(value, origin)]
        else:
            self._warn(source, found, f"{found.key}={value} is not valid and is ignored")

    def _reset(self, found: Assignment) -> None:
        if settings.is_condition(found.key):
            group = "Assert" if found.key.startswith("Assert") else "Condition"
            for slot in [slot for slot in self.values if slot[0] == found.section and slot[1].startswith(group)]:
                del self.values[slot]
        elif self._is_valid(found):
            self.values.pop((found.section, found.key), None)

    @staticmethod
    def _is_valid(found: Assignment) -> bool:
        """Whether a scalar that is judged here has a value that the manager takes; what it ignores changes nothing."""
        value = str(found.value)
        known = {
            ("Service", "Type"): settings.TYPES,
            ("Service", "Restart"): settings.RESTARTS,
            ("Unit", "SuccessAction"): settings.ACTIONS | {"none"},
        }.get((found.section, found.key))
        if (found.section, found.key) == ("Service", "RemainAfterExit"):
            return settings.boolean(value) is not None
        return known is None or value in known

    def _words(self, found: Assignment, source: Source) -> list[tuple[str, Origin]]:
        words: list[tuple[str, Origin]] = []
        try:
            for word in split_words(found.value):
                text = str(self.resolve(word))
                words.append((text, source.origin(word.start, text)))
        except ValueError as error:
            self._warn(source, found, f"{found.key}= is cut short: {error or 'unbalanced quote'}")
        return words

    def _exec(self, found: Assignment, source: Source) -> None:
        commands = self.commands.setdefault(found.key, [])
        if not found.value.data:
            commands.clear()
            return
        notes: list[str] = []
        try:
            parse_exec(found.value, source, self.resolve, commands.append, notes)
        finally:
            for note in notes:
                self._warn(source, found, f"{found.key}=: {note}")

    def _environment(self, found: Assignment, source: Source) -> None:
        if not found.value.data:
            self.environment.clear()
            return
        try:
            for word in split_words(found.value, escapes=True):
                self._assign(word, found, source)
        except ValueError:
            self._warn(source, found, "invalid quoting or escape, the rest of Environment= is ignored")

    def _assign(self, word: Text, found: Assignment, source: Source) -> None:
        try:
            text = self.resolve(word)
        except SpecifierError as error:
            self._warn(source, found, f"{error}, the assignment is ignored")
            return
        name, equals, value = text.data.partition(b"=")
        if not equals or not is_env_name(name) or not is_utf8(value):
            self._warn(source, found, f"invalid environment assignment is ignored: {text}")
            return
        key = str(text.cut(0, len(name)))
        self.environment[key] = Variable(key, text.cut(len(name) + 1), source, text.start)

    def _environment_file(self, found: Assignment, source: Source) -> None:
        if not found.value.data:
            self.files.clear()
            return
        try:
            text = str(self.resolve(found.value))
        except SpecifierError as error:
            self._warn(source, found, f"{error}, the assignment is ignored")
            return
        optional, path = text.startswith("-"), text.removeprefix("-")
        if not path.startswith("/") or len(encode(path)) >= PATH_MAX:
            self._warn(source, found, f"EnvironmentFile= path is not absolute, ignored: {path}")
            return
        self.files.append(EnvironmentFile(simplify_path(path), optional, source.origin(found.value.start, text)))

    def _unset_environment(self, found: Assignment, source: Source) -> None:
        if not found.value.data:
            self.unset.clear()
            return
        try:
            for word in split_words(found.value, escapes=True):
                self.unset.append(str(self.resolve(word)))
        except ValueError:
            self._warn(source, found, "UnsetEnvironment= is cut short")

    def _check(self, found: Assignment) -> None:
        """Other settings whose bad values the manager does not merely ignore."""
        value = str(found.value)
        if found.key in ("User", "Group"):
            if value and not _is_user(self._resolved(found)):
                raise ExecError(f"invalid user or group name: {found.key}={value}")
        elif (
            found.key in _PATHS
            and value
            and not (found.key == "WorkingDirectory" and (value == "~" or value[0] == "-"))
        ):
            self._must_be_absolute(found)

    def _must_be_absolute(self, found: Assignment) -> None:
        if not self._resolved(found).startswith("/"):
            raise ExecError(f"{found.key}= path is not absolute: {found.value}")

    def _resolved(self, found: Assignment) -> str:
        try:
            return str(self.resolve(found.value))
        except SpecifierError as error:
            raise ExecError(f"{error} in {found.key}=") from error
