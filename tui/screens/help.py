"""The keys that there are, and what the marks mean."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from tui import commands
from tui.screens.base import LookScreen
from tui.widgets.head import Head
from tui.widgets.keys import Keys
from tui.widgets.prose import Prose
from tui.widgets.text import Line, Span, line, pad, wrap

MARKS: tuple[tuple[Span, str], ...] = (
    (("━", "fill"), "used, in the kubelet's percent: 100 - available*100/capacity, reserved blocks count as used"),
    (("┃", "strong"), "image GC low and high, on the disk that the kubelet measures"),
    (("▮", "bad"), "eviction, on the disk that the kubelet measures"),
    (("┊", "dim"), "where they would be if the kubelet measured this disk (▯ eviction)"),
    (("✖", "bad"), "critical: act now, or it fires now"),
    (("⚠", "warn"), "warning: will hurt later"),
    (("◀", "accent"), "what comes first"),
    (("⟳", "warn"), "waits for a restart"),
    (("≤ ", ""), "image GC fires at or below its byte; < eviction fires strictly below"),
    (("—", ""), "not known or not set; Why says which"),
)
MOVE: tuple[tuple[str, str], ...] = (
    ("tab", "next panel"),
    ("↑ ↓  j k", "next value; at the end of a panel, the next panel"),
    ("enter", "open a folded panel; explain a value; on the verdict, list the findings"),
)


class HelpText(Prose):
    """Made from the commands themselves."""

    TITLE = "Help"

    def build(self, width: int, height: int) -> list[Line]:
        """Keys, then marks."""
        lines = [line("")]
        for command in (*commands.DASHBOARD, *commands.EVERYWHERE):
            lines += _entry(command.SHOWN or "^p", "key", f"{command.NAME}: {command.help()}", width)
        lines.append(line(""))
        for shown, text in MOVE:
            lines += _entry(shown, "key", text, width)
        lines.append(line(""))
        for (mark, role), text in MARKS:
            lines += _entry(mark, role, text, width)
        text = "Reading aloud or a pipe: `imagegc report` prints the same as text. On a slow line: `ssh -C`."
        return [*lines, line(""), *(line("  ", (part, "dim")) for part in wrap(text, max(20, width - 4)))]


def _entry(shown: str, role: str, text: str, width: int) -> list[Line]:
    parts = wrap(text, max(20, width - 14))
    return [line("  ", (pad(shown if i == 0 else "", 10), role), part) for i, part in enumerate(parts)]


class HelpScreen(LookScreen):
    """Help over the whole screen."""

    DEFAULT_CSS: ClassVar[str] = "HelpScreen HelpText { height: 1fr; }"

    def compose(self) -> ComposeResult:
        """Head, help, keys."""
        yield Head()
        yield HelpText()
        yield Keys()
