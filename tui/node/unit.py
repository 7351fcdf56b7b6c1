"""Units as the survey needs them: the first of several that exists, its files, the command that starts a program."""

from __future__ import annotations

from collections.abc import Sequence

from tui.model import Fact, Origin, Reader, Unit, Word
from tui.systemd.lookup import SEARCH_PATH
from tui.systemd.units import load_unit


def find_unit(names: Sequence[str], reader: Reader, since_254: bool) -> Fact[Unit]:
    """The first unit of these names that exists, whatever its state; unknown when there is none."""
    there = {name for place in SEARCH_PATH for name in _listed(reader, place)}
    for name in names:
        if name not in there:  # a quick look; to load a unit means to look at every name for aliases
            continue
        unit = load_unit(name, reader, since_254=since_254)
        if unit.state != "not-found":
            return Fact(unit, Origin("file", unit.fragment or name))
    return Fact.unknown(f"no unit {names[0]}" if len(names) == 1 else "no unit for it was found")


def command_of(unit: Unit, program: str) -> tuple[Word, ...]:
    """The command that starts ``program``, from its name on (a wrapper before it left out); () when none does."""
    for command in unit.commands:
        for index, word in enumerate(command[:2]):
            if word.text.rpartition("/")[2] == program:
                return command[index:]
    return ()


def unit_files(unit: Unit) -> tuple[str, ...]:
    """Every file that makes the command line."""
    return tuple(path for path in (unit.fragment, *unit.dropins, *unit.environment_files) if path)


def _listed(reader: Reader, path: str) -> list[str]:
    try:
        return reader.list(path)
    except OSError:
        return []
