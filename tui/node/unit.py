"""Units as the survey needs them: the first of several that exists, its files, the command that starts a program."""

from __future__ import annotations

from collections.abc import Sequence

from tui.model import Fact, Origin, Reader, Unit, Word
from tui.systemd.lookup import SEARCH_PATH
from tui.systemd.units import load_unit

Variables = tuple[tuple[str, str], ...]


def find_unit(names: Sequence[str], reader: Reader, since_254: bool, manager: Variables = ()) -> Fact[Unit]:
    """The first unit of these names that exists, whatever its state; unknown when there is none.

    ``manager``: what was added to the manager's own environment (``systemctl set-environment``).
    """
    there = {name for place in SEARCH_PATH for name in _listed(reader, place)}
    for name in names:
        if (
            name not in there and _template(name) not in there
        ):  # a quick look; to load a unit means to look at every name for aliases
            continue
        unit = load_unit(name, reader, since_254=since_254, extra_env=manager)
        if unit.state != "not-found":
            return Fact(unit, Origin("file", unit.fragment or name))
    return Fact.unknown(f"no unit {names[0]}" if len(names) == 1 else "no unit for it was found")


def _template(name: str) -> str:
    stem, at, rest = name.partition("@")
    return f"{stem}@.{rest.rpartition('.')[2]}" if at else name


def manager_environment(output: bytes) -> Variables:
    """``systemctl show-environment``: plain lines only; values that it had to quote are left out."""
    pairs = (line.partition("=") for line in output.decode("utf-8", "surrogateescape").splitlines())
    return tuple((name, value) for name, equals, value in pairs if equals and not value.startswith("$'"))


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
