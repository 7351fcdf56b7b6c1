"""The command line of the containerd daemon (urfave/cli over Go's flag package)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tui.model import Origin, Word

DEFAULT_FILE = "/etc/containerd/config.toml"
_ALIAS = {"c": "config", "l": "log-level", "a": "address", "h": "help", "v": "version"}
_WITH_VALUE = frozenset({"config", "log-level", "address", "root", "state"})
_SWITCHES = frozenset({"help", "version"})


@dataclass(frozen=True)
class Flag:
    """The last value given for a flag, and where."""

    value: str
    origin: Origin


@dataclass
class Flags:
    """Flags by their long name; ``error`` when the daemon would refuse the line; ``unknown``: words it may not know."""

    values: dict[str, Flag] = field(default_factory=dict)
    error: str = ""
    error_origin: Origin | None = None
    unknown: list[Word] = field(default_factory=list)


def read_flags(words: Sequence[Word]) -> Flags:
    """Read ``--f=v``, ``--f v`` and both with one dash; the first word is the program; a plain word ends the flags.

    An unknown flag is kept aside and not taken for an error: a later containerd may know it.
    """
    flags, forms = Flags(), dict[str, str]()
    pos = 0 if words and words[0].text.startswith("-") else 1
    while pos < len(words):
        word = words[pos]
        pos += 1
        if not word.text.startswith("-") or word.text in ("-", "--"):
            break
        given, equals, value = word.text.lstrip("-").partition("=")
        name = _ALIAS.get(given, given)
        if name in _SWITCHES:
            continue
        if name not in _WITH_VALUE:
            flags.unknown.append(word)
            continue
        if forms.setdefault(name, given) != given:
            return _refused(flags, word, f"--{name} is given in two forms, which containerd refuses")
        if not equals:
            if pos == len(words):
                return _refused(flags, word, f"--{name} lacks its value")
            value = words[pos].text
            pos += 1
        text = word.text if equals else f"{word.text} {value}"
        flags.values[name] = Flag(value, Origin("flag", word.origin.where, word.origin.line, text))
    return flags


def _refused(flags: Flags, word: Word, text: str) -> Flags:
    flags.error = text
    flags.error_origin = word.origin
    return flags
