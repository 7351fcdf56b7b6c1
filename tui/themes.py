"""The looks: dark and light of our own, each also for colour-blind eyes, and plain for the terminal's own colours."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import get_character_cell_size
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter
from textual.theme import BUILTIN_THEMES, Theme

DEFAULTS = {"dim": "#7d8794", "rule": "#39424e", "cursor": "#1f2a36"}

_DARK = Theme(
    name="dark",
    primary="#6aa5d8",
    secondary="#8fa3b8",
    accent="#7cc0ee",
    foreground="#d3dae3",
    background="#11161c",
    surface="#161c24",
    panel="#1b222b",
    success="#84c283",
    warning="#e6b450",
    error="#ff7b72",
    variables={**DEFAULTS, "footer-background": "#161c24"},
)
_LIGHT = Theme(
    name="light",
    primary="#2f6ea5",
    secondary="#57677a",
    accent="#0b62a8",
    foreground="#1f2630",
    background="#fbfaf8",
    surface="#f1efeb",
    panel="#eae8e3",
    success="#1f7a3a",
    warning="#8f5b00",
    error="#c0261c",
    dark=False,
    variables={"dim": "#646d78", "rule": "#c4c7cc", "cursor": "#e2ecf6"},
)


def _variant(base: Theme, name: str, success: str, warning: str, error: str) -> Theme:
    """The same look with states told apart by blue, yellow and vermilion (Okabe and Ito's palette)."""
    return Theme(
        name=name,
        primary=base.primary,
        secondary=base.secondary,
        accent=base.accent,
        foreground=base.foreground,
        background=base.background,
        surface=base.surface,
        panel=base.panel,
        success=success,
        warning=warning,
        error=error,
        dark=base.dark,
        variables=dict(base.variables),
    )


_PLAIN = Theme(
    name="plain",
    ansi=True,
    primary="ansi_default",
    secondary="ansi_default",
    accent="ansi_cyan",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    success="ansi_green",
    warning="ansi_yellow",
    error="ansi_red",
    variables={
        **BUILTIN_THEMES["ansi-dark"].variables,
        "dim": "ansi_default",
        "rule": "ansi_default",
        "cursor": "ansi_default",
        "block-cursor-foreground": "ansi_black",
        "block-cursor-background": "ansi_white",
        "border": "ansi_default",
        "border-blurred": "ansi_default",
        "input-cursor-background": "ansi_white",
        "input-cursor-foreground": "ansi_black",
        "input-selection-background": "ansi_white",
        "input-selection-foreground": "ansi_black",
    },
)

THEMES: tuple[Theme, ...] = (
    _DARK,
    _LIGHT,
    _variant(_DARK, "dark-colour-blind", "#56b4e9", "#f0e442", "#ff8a4c"),
    _variant(_LIGHT, "light-colour-blind", "#0066a6", "#7a6400", "#b84300"),
    _PLAIN,
)
NAMES: tuple[str, ...] = tuple(theme.name for theme in THEMES)

_ASCII = {
    **dict.fromkeys("─━┄═▔▁╌", "-"),
    **dict.fromkeys("│┃┊║▏▕▎▍┆", "|"),
    **dict.fromkeys("╭╮╰╯┌┐└┘├┤┬┴┼╴╶╷╵", "+"),
    **dict.fromkeys("▸▶►❯", ">"),
    **dict.fromkeys("◂◀◄", "<"),
    **dict.fromkeys("█▌▐▀▄▮▇", "#"),
    "…": "~",
    "·": ".",
    "✖": "X",
    "⚠": "!",
    "✔": "v",
    "●": "*",
    "◌": "o",
    "‖": "=",
    "≤": "<",
    "≥": ">",
    "→": ">",
    "←": "<",
    "↑": "^",
    "↓": "v",
    "⟳": "@",
    "⏎": ">",
    "–": "-",
    "—": "-",
    "␣": "_",
    "×": "x",
    "\u00a0": " ",
}


class AsciiFilter(LineFilter):
    """Every cell in ASCII, cell for cell: the rest becomes ``?``, so that no column moves."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Translate the text of each segment."""
        return [Segment(_ascii(text), style, control) for text, style, control in segments]


def _ascii(text: str) -> str:
    if text.isascii():
        return text
    text = text.replace("≤ ", "<=").replace("≥ ", ">=")  # "<" alone says "strictly below"
    return "".join(c if c.isascii() else _ASCII.get(c, "?" * get_character_cell_size(c)) for c in text)


def next_name(name: str, names: Sequence[str] = NAMES) -> str:
    """The look after this one."""
    return names[(names.index(name) + 1) % len(names)] if name in names else names[0]
