"""On which line each key of a TOML text stands; tomlkit, which judges the text, keeps no positions.

The finder knows tables, arrays of tables, dotted and quoted keys, inline tables, the four kinds of strings and
comments. It judges nothing: at the first thing that it does not understand it stops with what it has.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)+")
_SPACE = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRINGS = (
    re.compile(r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}', re.DOTALL),
    re.compile(r"'''(?:[^']|'(?!''))*'{3,5}", re.DOTALL),
    re.compile(r'"((?:[^"\\\n]|\\.)*)"'),
    re.compile(r"'([^'\n]*)'"),
)
_SCALAR = re.compile(r"[^\s,\[\]{}\"'#=][^,\]}#\n]*")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|x([0-9A-Fa-f]{2})|(.))", re.DOTALL)
_NAMED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b"}
_DEEPEST = 60


class _LostError(Exception):
    """The text is not TOML here, or nested deeper than any configuration."""


@dataclass
class Lines:
    """Where things stand in a text.

    ``first``: path of a key or table to its 1-based line. ``again``: keys set twice, as (path, first line, second).
    ``tables``: offset and path of each header. ``complete``: whether the whole text was understood.
    """

    first: dict[Path, int] = field(default_factory=dict)
    again: list[tuple[Path, int, int]] = field(default_factory=list)
    tables: list[tuple[int, Path]] = field(default_factory=list)
    complete: bool = False


def find_lines(text: str) -> Lines:
    """The lines of all keys of ``text``; elements of an array of tables have their index in the path."""
    finder = _Finder(text)
    with contextlib.suppress(_LostError):  # the rest is unknown; whether the text is valid is tomlkit's to say
        finder.document()
        finder.lines.complete = True
    return finder.lines


def in_order(text: str, lines: Lines) -> str:
    """The same document with every table directly after its parent.

    tomlkit stumbles over some valid texts in which tables of one parent stand apart.
    """
    starts = [(0, ()), *lines.tables]
    ends = [start for start, _ in lines.tables] + [len(text)]
    rank: dict[Path, int] = {}
    parts: list[tuple[list[int], str]] = []
    for (start, path), end in zip(starts, ends, strict=True):
        above = [path[:length] for length in range(1, len(path) + 1)]
        parts.append(([rank.setdefault(prefix, len(rank)) for prefix in above], text[start:end]))
    return "\n".join(part for _, part in sorted(parts, key=lambda pair: pair[0]))


class _Finder:
    def __init__(self, text: str) -> None:
        self.text = text
        self.pos = 0
        self.lines = Lines()
        self.counts: dict[Path, int] = {}
        self.headers: set[Path] = set()
        self.seen_pos, self.seen_line = 0, 1

    def document(self) -> None:
        table: Path = ()
        while self._skip(_BLANK):
            if self.text.startswith("[", self.pos):
                table = self._header()
            else:
                self._assignment(table, 0)

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        """Skip what matches; whether text is left."""
        match = pattern.match(self.text, self.pos)
        self.pos = match.end() if match else self.pos
        return self.pos < len(self.text)

    def _line(self, offset: int) -> int:
        self.seen_line += self.text.count("\n", self.seen_pos, offset)
        self.seen_pos = offset
        return self.seen_line

    def _header(self) -> Path:
        start, many = self.pos, self.text.startswith("[[", self.pos)
        self.pos += 2 if many else 1
        path = self._inside(self._key())
        self._expect("]]" if many else "]")
        line = self._line(start)
        self._ancestors(path, line)
        if many:
            count = self.counts[path] = self.counts.get(path, -1) + 1
            self.lines.first.setdefault(path, line)
            path = (*path, count)
        elif path in self.headers:
            self.lines.again.append((path, self.lines.first[path], line))
        self.headers.add(path)
        self.lines.first.setdefault(path, line)
        self.lines.tables.append((start, path))
        return path

    def _inside(self, key: Path) -> Path:
        """The path of a header's table: below an array of tables it belongs to the newest element."""
        path: Path = ()
        for number, part in enumerate(key):
            path = (*path, part)
            if number < len(key) - 1 and path in self.counts:
                path = (*path, self.counts[path])
        return path

    def _ancestors(self, path: Path, line: int) -> None:
        for length in range(1, len(path)):
            self.lines.first.setdefault(path[:length], line)

    def _assignment(self, table: Path, depth: int) -> None:
        start = self.pos
        path = (*table, *self._key())
        self._expect("=")
        line = self._line(start)
        self._ancestors(path, line)
        if path in self.lines.first:
            self.lines.again.append((path, self.lines.first[path], line))
        self.lines.first.setdefault(path, line)
        self._skip(_SPACE)
        self._value(path, depth)

    def _key(self) -> Path:
        parts: list[str | int] = []
        while True:
            self._skip(_SPACE)
            parts.append(self._part())
            self._skip(_SPACE)
            if not self.text.startswith(".", self.pos):
                return tuple(parts)
            self.pos += 1

    def _part(self) -> str:
        match = _BARE.match(self.text, self.pos) or _STRINGS[2].match(self.text, self.pos)
        match = match or _STRINGS[3].match(self.text, self.pos)
        if not match:
            raise _LostError
        self.pos = match.end()
        if match.re is _BARE:
            return match[0]
        return _unescaped(match[1]) if match.re is _STRINGS[2] else match[1]

    def _expect(self, text: str) -> None:
        self._skip(_SPACE)
        if not self.text.startswith(text, self.pos):
            raise _LostError
        self.pos += len(text)

    def _value(self, path: Path, depth: int) -> None:
        if depth > _DEEPEST:
            raise _LostError
        char = self.text[self.pos : self.pos + 1]
        if char == "[":
            self._items(path, "]", depth)
        elif char == "{":
            self._items(path, "}", depth)
        else:
            self._scalar()

    def _items(self, path: Path, close: str, depth: int) -> None:
        self.pos += 1
        number = 0
        while self._skip(_BLANK):
            if self.text.startswith(close, self.pos):
                self.pos += 1
                return
            if close == "}":
                self._assignment(path, depth + 1)
            else:
                self._value((*path, number), depth + 1)
            number += 1
            self._skip(_BLANK)
            if self.text.startswith(",", self.pos):
                self.pos += 1
        raise _LostError

    def _scalar(self) -> None:
        for pattern in (*_STRINGS, _SCALAR):
            match = pattern.match(self.text, self.pos)
            if match:
                self.pos = match.end()
                return
        raise _LostError


def _unescaped(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        digits = match[1] or match[2] or match[3]
        if digits:
            code = int(digits, 16)
            return chr(code) if code < 0x110000 else "\ufffd"
        return _NAMED.get(match[4], match[4])

    return _ESCAPE.sub(one, text)


def line_of(lines: Mapping[Path, int], path: Path) -> int | None:
    """The line of ``path``, or of the nearest table above it that is written somewhere."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return None
