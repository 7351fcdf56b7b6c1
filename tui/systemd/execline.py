"""Command lines of units: core/load-fragment.c:config_parse_exec, basic/env-util.c:replace_env_argv (facts 3)."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tui.model import Word
from tui.systemd.extract import UnbalancedQuote, extract_word_and_warn, split_words
from tui.systemd.specifiers import SpecifierError
from tui.systemd.text import WHITESPACE, Builder, Source, Text, encode

PATH_MAX = 4096
NAME_MAX = 255


class ExecError(ValueError):
    """The command line is refused and with it the unit (-ENOEXEC); commands before a ``;`` may have been taken."""


@dataclass(frozen=True)
class Command:
    """One command as loaded: specifiers resolved, variables not. ``path`` is what is executed, argv[0] apart."""

    path: str
    argv: tuple[Text, ...]
    source: Source
    ignore_failure: bool = False
    expand: bool = True


@dataclass(frozen=True)
class Variable:
    """A variable of the environment; ``value`` was cut from ``source``, its name stands at ``offset`` there."""

    name: str
    value: Text
    source: Source
    offset: int


def parse_exec(
    value: Text, source: Source, resolve: Callable[[Text], Text], take: Callable[[Command], None], warnings: list[str]
) -> None:
    """Hand each command of one ``Exec…=`` value (not empty) to ``take``, in order.

    Raises:
        ExecError: the manager would refuse the unit. A fault in a command with the prefix ``-`` only drops that line.
    """
    pos, more = 0, True
    while more:
        more = False
        try:
            first, pos = extract_word_and_warn(value, pos, warnings)
        except UnbalancedQuote:
            warnings.append("unbalanced quote in the first word, the line is ignored")
            return
        if first is None:
            return
        if first.data == b";":
            more = True
            continue
        flags, program = _prefixes(first)
        try:
            command, pos, more = _command(value, pos, program, flags, source, resolve, warnings)
        except ExecError as error:
            if "-" not in flags:
                raise
            warnings.append(f"{error}; ignored because of the prefix -")
            return
        take(command)


def _prefixes(word: Text) -> tuple[set[str], Text]:
    """The prefixes ``- @ : + ! !!`` in any order, each once, and what follows them."""
    flags: set[str] = set()
    pos = 0
    privileges = {"+", "!", "!!"}
    while pos < len(word.data):
        char = chr(word.data[pos])
        if (char in "-@:" and char not in flags) or (char in "+!" and not flags & privileges):
            flags.add(char)
        elif char == "!" and "!" in flags:
            flags = (flags - {"!"}) | {"!!"}
        else:
            break
        pos += 1
    return flags, word.cut(pos)


def _command(
    value: Text,
    pos: int,
    program: Text,
    flags: set[str],
    source: Source,
    resolve: Callable[[Text], Text],
    warnings: list[str],
) -> tuple[Command, int, bool]:
    """The rest of one command from ``pos`` on: the command, where it ends, and whether a ``;`` ended it."""
    named = _resolved(resolve, program)
    path = _checked_path(named)
    argv = [] if "@" in flags else [named]
    data, more = value.data, False
    while pos < len(data):
        if data[pos] == ord(";") and data[pos + 1 : pos + 2] in (b"", *_BLANKS):
            pos, more = _skip_blanks(data, pos + 1), True
            break
        if data[pos : pos + 2] == b"\\;" and data[pos + 2 : pos + 3] in (b"", *_BLANKS):
            argv.append(value.cut(pos + 1, pos + 2))
            pos = _skip_blanks(data, pos + 2)
            continue
        try:
            word, pos = extract_word_and_warn(value, pos, warnings)
        except UnbalancedQuote as error:
            raise ExecError("unbalanced quote") from error
        if word is None:
            break
        argv.append(_resolved(resolve, word))
    if not argv:
        raise ExecError("empty executable name or zeroeth argument")
    return Command(path, tuple(argv), source, "-" in flags, ":" not in flags), pos, more


_BLANKS = tuple(bytes([char]) for char in WHITESPACE)


def _skip_blanks(data: bytes, pos: int) -> int:
    while pos < len(data) and data[pos] in WHITESPACE:
        pos += 1
    return pos


def _resolved(resolve: Callable[[Text], Text], word: Text) -> Text:
    try:
        return resolve(word)
    except SpecifierError as error:
        raise ExecError(f"{error} in '{word}'") from error


def _checked_path(program: Text) -> str:
    """The program's path as the manager keeps it; raises for what it does not accept."""
    data, text = program.data, str(program)
    if not data:
        raise ExecError("empty path in command line")
    if any(char < 0x20 or char in b"\"'\\\x7f" for char in data):
        raise ExecError(f"executable name contains special characters: {text}")
    if data.endswith(b"/"):
        raise ExecError(f"executable path specifies a directory: {text}")
    parts = data.split(b"/")
    absolute = data.startswith(b"/")
    valid = len(data) < PATH_MAX and all(len(part) <= NAME_MAX for part in parts)
    if not valid or not (absolute or (len(parts) == 1 and data not in (b".", b".."))):
        raise ExecError(f"neither a valid executable name nor an absolute path: {text}")
    return simplify_path(text)


def simplify_path(path: str) -> str:
    """Without double slashes, ``.`` parts and a slash at the end; ``..`` stays (basic/path-util.c:path_simplify)."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return posixpath.join("/", *parts) if path.startswith("/") else "/".join(parts)


def expand(command: Command, environment: Mapping[str, Variable]) -> tuple[Word, ...]:
    """The argv that the process gets, each word with its place.

    A word that ``$NAME`` was split into stands where it is written in the variable's file, any other word in the
    unit file; where ``${NAME}`` brought something into it, the origin's text says from where.
    """
    words: list[Word] = []
    for text in command.argv:
        if not command.expand:
            words.append(_literal(text, command.source))
        elif text.data.startswith(b"$") and text.data[1:2] not in (b"{", b"$"):
            found = environment.get(str(text.cut(1)))
            words += _split(found) if found else []
        else:
            words.append(_replaced(text, command.source, environment))
    return tuple(words)


def _literal(text: Text, source: Source) -> Word:
    return Word(str(text), source.origin(text.start, str(text)))


def _split(variable: Variable) -> list[Word]:
    return [_literal(word, variable.source) for word in split_words(variable.value, relax=True)]


def _replaced(text: Text, source: Source, environment: Mapping[str, Variable]) -> Word:
    """One word with each ``${NAME}`` replaced (basic/env-util.c:replace_env_n without flags)."""
    data, out, used = text.data, Builder(text.start), list[Variable]()
    pos = begin = 0  # begin: first byte that is not yet in out
    while (dollar := data.find(b"$", pos)) >= 0:
        following = data[dollar + 1 : dollar + 2]
        pos = dollar + 2
        if following == b"$":
            out.extend(text.cut(begin, dollar + 1))
            begin = pos
        elif following == b"{":
            end = _name_end(data, pos)
            out.extend(text.cut(begin, dollar))
            begin = dollar
            if end < len(data) and data[end] == ord("}"):
                found = environment.get(str(text.cut(pos, end)))
                if found:
                    out.add(found.value.data, text.at[dollar])
                    used.append(found)
                begin = end + 1
            pos = end + 1
    out.extend(text.cut(begin))
    return _word(text, out.done(), source, used)


def _word(text: Text, done: Text, source: Source, used: list[Variable]) -> Word:
    if len(used) == 1 and text.data == encode(f"${{{used[0].name}}}"):
        value = used[0].value.strip()
        return Word(str(done), used[0].source.origin(value.start, str(done)))
    origins = [f"{one.name} from {one.source.origin(one.value.start)}" for one in used]
    note = f" ({', '.join(origins)})" if origins else ""
    return Word(str(done), source.origin(text.start, f"{text}{note}"))


def _name_end(data: bytes, pos: int) -> int:
    """Where the name that begins at ``pos`` ends: the next ``}`` or ``:``, or the end of the word."""
    ends = [end for end in (data.find(b"}", pos), data.find(b":", pos)) if end >= 0]
    return min(ends, default=len(data))
