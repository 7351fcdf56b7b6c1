"""Plain text in columns: widths as a terminal counts them, wrapping with a hanging indent, ASCII."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from tui.words import visible

ASCII = str.maketrans(
    {
        "≤": "<=",
        "≥": ">=",
        "—": "-",
        "–": "-",
        "·": "*",
        "…": "...",
        "→": "->",
        "←": "<-",
        "◀": "<",
        "◂": "<",
        "×": "x",
        "✖": "x",
        "⚠": "!",
        "✔": "+",
        "“": '"',
        "”": '"',
        "‘": "'",
        "’": "'",
        "\N{NO-BREAK SPACE}": " ",
        "\N{THIN SPACE}": " ",
        "\N{NARROW NO-BREAK SPACE}": " ",
    }
)


def to_ascii(text: str) -> str:
    r"""The same text in ASCII: this tool's own signs spelled out, all else as ``\xNN`` and ``\uNNNN``."""
    return text.translate(ASCII).encode("ascii", "backslashreplace").decode("ascii")


def cells(text: str) -> int:
    """Columns that a terminal needs for ``text`` (made visible before)."""
    if text.isascii():
        return len(text)
    return sum(_cells(char) for char in text)


def _cells(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def pad(text: str, width: int, *, right: bool = False) -> str:
    """``text`` filled with blanks to ``width`` cells; never cut."""
    blanks = " " * (width - cells(text))
    return blanks + text if right else text + blanks


def table(rows: Sequence[Sequence[str]], *, indent: int = 2, right: Sequence[int] = ()) -> list[str]:
    """Lines of aligned columns, two blanks apart; the columns in ``right`` are set flush right."""
    if not rows:
        return []
    widths = [max(cells(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        (" " * indent + "  ".join(pad(cell, widths[at], right=at in right) for at, cell in enumerate(row))).rstrip()
        for row in rows
    ]


def wrap(text: str, width: int, *, first: str = "", rest: str | None = None) -> list[str]:
    """``text`` (as it comes from the node: made visible here) broken at blanks; a word that is too long stands alone.

    ``first`` stands before the first line, ``rest`` (default: as many blanks) before the others. Line breaks that are
    this tool's own are given as separate texts, never inside one.
    """
    rest = " " * cells(first) if rest is None else rest
    lines: list[str] = []
    line = first
    empty = True
    for word in visible(text).split(" "):
        if not empty and cells(line) + 1 + cells(word) > width:
            lines.append(line.rstrip())
            line, empty = rest, True
        line += word if empty else f" {word}"
        empty = False
    return [*lines, line.rstrip()]
