"""The % specifiers of unit files: shared/specifier.c, core/unit-printf.c (facts/systemd.md 3.4)."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from tui.model import Reader
from tui.systemd import names
from tui.systemd.envfile import EnvFileError, parse_env_file
from tui.systemd.text import Builder, Text, encode

_FIXED = {
    "C": "/var/cache",
    "E": "/etc",
    "L": "/var/log",
    "S": "/var/lib",
    "t": "/run",
    "h": "/root",
    "T": "/tmp",
    "V": "/var/tmp",
    "g": "root",
    "G": "0",
    "u": "root",
    "U": "0",
    "r": "/system.slice",
    "R": "",
}
_OS_RELEASE = {
    "A": "IMAGE_VERSION",
    "B": "BUILD_ID",
    "M": "IMAGE_ID",
    "o": "ID",
    "w": "VERSION_ID",
    "W": "VARIANT_ID",
}
_FILES = {"m": "/etc/machine-id", "v": "/proc/sys/kernel/osrelease"}
_NOT_HERE = {"a": "the machine's architecture"}


class SpecifierError(ValueError):
    """A letter or digit after ``%`` that is no specifier, or one that cannot be resolved (-EBADSLT and others)."""


class Specifiers:
    """Resolves ``%x`` for one unit. What only the running machine knows is left as written, with a warning."""

    def __init__(self, unit: str, fragment: str, reader: Reader, hostname: str, warnings: list[str]) -> None:
        """``unit``: its real name; ``hostname`` "" means that /etc/hostname is asked."""
        self.unit, self.fragment, self.reader, self.hostname = unit, fragment, reader, hostname
        self.warnings = warnings
        self.of_unit: dict[str, Callable[[], str | None]] = {
            "i": lambda: names.instance(unit),
            "I": lambda: names.unescape(names.instance(unit)),
            "j": self._last_component,
            "J": lambda: names.unescape(self._last_component()),
            "n": lambda: unit,
            "N": lambda: names.stem(unit),
            "p": lambda: names.prefix(unit),
            "P": lambda: names.unescape(names.prefix(unit)),
            "f": self._as_path,
            "y": lambda: self.reader.realpath(fragment),
            "Y": lambda: posixpath.dirname(self.reader.realpath(fragment)),
            "c": lambda: f"/system.slice/{unit}",
            "d": lambda: f"/run/credentials/{unit}",
            "H": self._hostname,
            "l": lambda: self._hostname().partition(".")[0],
            "b": lambda: self._first_line("/proc/sys/kernel/random/boot_id").replace("-", ""),
            "s": self._shell,
        }

    def resolve(self, text: Text) -> Text:
        """Replace all specifiers; what replaces one stands where its ``%`` stood. Raises :class:`SpecifierError`."""
        data = text.data
        if b"%" not in data:
            return text
        out, pos = Builder(text.start), 0
        while pos < len(data):
            if data[pos] != ord("%"):
                out.add(data[pos : pos + 1], text.at[pos])
                pos += 1
                continue
            letter = data[pos + 1 : pos + 2]
            out.add(self._one(letter), text.at[pos])
            pos += 1 + len(letter)
        return out.done()

    def _one(self, letter: bytes) -> bytes:
        if letter == b"%":
            return b"%"
        if not letter.isalnum():
            return b"%" + letter
        found = self._value(letter.decode("ascii"))
        if found is None:
            raise SpecifierError(f"specifier %{letter.decode('ascii')} cannot be resolved")
        return encode(found)

    def _value(self, letter: str) -> str | None:
        if letter in _FIXED:
            return _FIXED[letter]
        if letter in _NOT_HERE:
            return self._unknown(letter, _NOT_HERE[letter])
        try:
            if letter in self.of_unit:
                return self.of_unit[letter]()
            if letter in _FILES:
                return self._first_line(_FILES[letter])
            if letter in _OS_RELEASE:
                return self._os_release(_OS_RELEASE[letter])
        except OSError as error:
            return self._unknown(letter, error.strerror or "unreadable")
        return None

    def _unknown(self, letter: str, why: str) -> str:
        self.warnings.append(f"specifier %{letter} is not known here ({why})")
        return f"%{letter}"

    def _last_component(self) -> str:
        return names.prefix(self.unit).rpartition("-")[2]

    def _as_path(self) -> str | None:
        text = names.unescape(names.instance(self.unit) or names.prefix(self.unit))
        if text == "/":
            return text
        if not text or "" in (parts := text.split("/")) or "." in parts or ".." in parts:
            return None
        return f"/{text}"

    def _first_line(self, path: str) -> str:
        return self.reader.read(path).decode("utf-8", "surrogateescape").strip().partition("\n")[0]

    def _hostname(self) -> str:
        return self.hostname or self._first_line("/etc/hostname")

    def _shell(self) -> str:
        try:
            self.reader.stat("/bin/bash")
        except OSError:
            return "/bin/sh"
        return "/bin/bash"

    def _os_release(self, key: str) -> str:
        try:
            content = self.reader.read("/etc/os-release")
        except OSError:
            content = self.reader.read("/usr/lib/os-release")
        try:
            return dict(parse_env_file(content).pairs()).get(key, "")
        except EnvFileError as error:
            raise OSError(None, str(error)) from error
