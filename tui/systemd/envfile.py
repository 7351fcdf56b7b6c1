"""EnvironmentFile=: the state machine of basic/env-file.c:parse_env_file_internal (facts/systemd.md 4).

Neither a shell nor the grammar of units. Comments that end in a backslash swallow the next line up to systemd 253, and
do not since 254.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from tui.model import EnvVar, Word
from tui.systemd.extract import split_words
from tui.systemd.text import WHITESPACE, Builder, Source, Text, decode, is_utf8

_NAME = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*")
_NEWLINE = b"\n\r"
_COMMENTS = b"#;"
_SHELL_NEED_ESCAPE = b'"\\`$'


class EnvFileError(ValueError):
    """The file as a whole is refused; ``line`` is where the fault lies."""

    def __init__(self, line: int, text: str) -> None:
        """``text``: the reason, without a place."""
        super().__init__(f"line {line}: {text}")
        self.line, self.reason = line, text


@dataclass(frozen=True)
class Variable:
    """One variable of a file: ``value`` knows the source offset of each of its bytes, ``offset`` is its name's."""

    name: str
    value: Text
    offset: int


@dataclass(frozen=True)
class EnvFile:
    """What a file sets: ``variables`` in the order of first appearance, the last value of each.

    ``dropped``: (name, line) of assignments whose name is no shell identifier; the manager ignores those.
    """

    source: Source
    variables: tuple[Variable, ...]
    dropped: tuple[tuple[str, int], ...]

    def pairs(self) -> list[tuple[str, str]]:
        """(name, value) of each variable."""
        return [(variable.name, str(variable.value)) for variable in self.variables]

    def env_vars(self) -> tuple[EnvVar, ...]:
        """The variables with their origins: the line on which the name stands."""
        return tuple(
            EnvVar(found.name, str(found.value), self.source.origin(found.offset, found.name))
            for found in self.variables
        )

    def words(self, name: str) -> tuple[Word, ...]:
        """The words that ``$NAME`` would become on a command line, each with its own line of the file."""
        return tuple(
            Word(str(word), self.source.origin(word.start, str(word)))
            for found in self.variables
            if found.name == name
            for word in split_words(found.value, relax=True)
        )


def is_env_name(name: bytes) -> bool:
    """Whether it is a name that the manager accepts (basic/env-util.c:env_name_is_valid)."""
    return _NAME.fullmatch(name) is not None


def parse_env_file(data: bytes, *, since_254: bool = False, where: str = "") -> EnvFile:
    """Read a whole file as a manager of that era does; ``where`` is its path, for the origins.

    Raises:
        EnvFileError: a NUL byte, or a name or value that is no UTF-8: the manager then takes nothing from the file.
    """
    source = Source.of(where, data)
    nul = data.find(b"\0")
    if nul >= 0:
        raise EnvFileError(source.line(nul) or 0, "NUL byte")
    variables: dict[str, Variable] = {}
    dropped: list[tuple[str, int]] = []
    for key, value in _Machine(data, since_254).run():
        line = source.line(key.start) or 0
        if not is_utf8(key.data):
            raise EnvFileError(line, "the name is not valid UTF-8")
        if not is_utf8(value.data):
            raise EnvFileError(source.line(value.start) or 0, f"the value of {key} is not valid UTF-8")
        name = decode(key.data)
        if is_env_name(key.data):
            variables[name] = Variable(name, value, key.start)
        else:
            dropped.append((name, line))
    return EnvFile(source, tuple(variables.values()), tuple(dropped))


class _State(Enum):
    PRE_KEY = auto()
    KEY = auto()
    PRE_VALUE = auto()
    VALUE = auto()
    VALUE_ESCAPE = auto()
    SINGLE_QUOTE = auto()
    DOUBLE_QUOTE = auto()
    DOUBLE_QUOTE_ESCAPE = auto()
    COMMENT = auto()
    COMMENT_ESCAPE = auto()


class _Machine:
    """The states and transitions of parse_env_file_internal, byte for byte."""

    def __init__(self, data: bytes, since_254: bool) -> None:
        self.data, self.since_254 = data, since_254
        self.state = _State.PRE_KEY
        self.key, self.value = Builder(), Builder()
        self.blank_from: int | None = None  # where the trailing blanks of an unquoted value begin
        self.steps = {
            _State.PRE_KEY: self._pre_key,
            _State.KEY: self._in_key,
            _State.PRE_VALUE: self._pre_value,
            _State.VALUE: self._in_value,
            _State.VALUE_ESCAPE: self._value_escape,
            _State.SINGLE_QUOTE: self._single_quote,
            _State.DOUBLE_QUOTE: self._double_quote,
            _State.DOUBLE_QUOTE_ESCAPE: self._double_quote_escape,
            _State.COMMENT: self._comment,
            _State.COMMENT_ESCAPE: self._comment_escape,
        }

    def run(self) -> Iterator[tuple[Text, Text]]:
        for offset, char in enumerate(self.data):
            if self.steps[self.state](char, offset):
                yield self._push(self.state is _State.VALUE)
                self.state = _State.PRE_KEY
        if self.state not in {_State.PRE_KEY, _State.KEY, _State.COMMENT, _State.COMMENT_ESCAPE}:
            yield self._push(self.state is _State.VALUE)

    def _push(self, chomp: bool) -> tuple[Text, Text]:
        if chomp and self.blank_from is not None:
            self.value.chop(self.blank_from)
        self.key.chop(len(self.key.data.rstrip(WHITESPACE)))
        return self.key.done(), self.value.done()

    def _pre_key(self, char: int, offset: int) -> bool:
        if char in _COMMENTS:
            self.state = _State.COMMENT
        elif char not in WHITESPACE:
            self.state = _State.KEY
            self.key = Builder(offset)
            self.key.add(bytes([char]), offset)
        return False

    def _in_key(self, char: int, offset: int) -> bool:
        if char in _NEWLINE:
            self.state = _State.PRE_KEY
        elif char == ord("="):
            self.state = _State.PRE_VALUE
            self.value, self.blank_from = Builder(offset + 1), None
        else:
            self.key.add(bytes([char]), offset)
        return False

    def _pre_value(self, char: int, offset: int) -> bool:
        if char in _NEWLINE:
            return True
        if char == ord("'"):
            self.state = _State.SINGLE_QUOTE
        elif char == ord('"'):
            self.state = _State.DOUBLE_QUOTE
        elif char == ord("\\"):
            self.state = _State.VALUE_ESCAPE
        elif char not in WHITESPACE:
            self.state = _State.VALUE
            self.value.add(bytes([char]), offset)
        return False

    def _in_value(self, char: int, offset: int) -> bool:
        if char in _NEWLINE:
            return True
        if char == ord("\\"):
            self.state, self.blank_from = _State.VALUE_ESCAPE, None
            return False
        if char not in WHITESPACE:
            self.blank_from = None
        elif self.blank_from is None:
            self.blank_from = len(self.value.data)
        self.value.add(bytes([char]), offset)
        return False

    def _value_escape(self, char: int, offset: int) -> bool:
        self.state = _State.VALUE
        if char not in _NEWLINE:
            self.value.add(bytes([char]), offset)
        return False

    def _single_quote(self, char: int, offset: int) -> bool:
        if char == ord("'"):
            self.state = _State.PRE_VALUE
        else:
            self.value.add(bytes([char]), offset)
        return False

    def _double_quote(self, char: int, offset: int) -> bool:
        if char == ord('"'):
            self.state = _State.PRE_VALUE
        elif char == ord("\\"):
            self.state = _State.DOUBLE_QUOTE_ESCAPE
        else:
            self.value.add(bytes([char]), offset)
        return False

    def _double_quote_escape(self, char: int, offset: int) -> bool:
        self.state = _State.DOUBLE_QUOTE
        if char in _SHELL_NEED_ESCAPE:
            self.value.add(bytes([char]), offset)
        elif char != ord("\n"):
            self.value.add(b"\\" + bytes([char]), offset)
        return False

    def _comment(self, char: int, _offset: int) -> bool:
        if char == ord("\\") and not self.since_254:
            self.state = _State.COMMENT_ESCAPE
        elif char in _NEWLINE:
            self.state = _State.PRE_KEY
        return False

    def _comment_escape(self, _char: int, _offset: int) -> bool:
        self.state = _State.COMMENT
        return False
