"""What the terminal can show, decided before the app is loaded (facts/textual.md, "Terminals").

No screen, no colours here: plain questions to the environment, so that a refusal costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

SIXTEEN_COLOURS = ("linux", "vt", "ansi", "cons25")


def refusal(environ: Mapping[str, str], *, input_tty: bool, output_tty: bool) -> str:
    """Why the app cannot run on this terminal, as a sentence for stderr; "" if it can."""
    instead = "`imagegc report` prints the same as text."
    if not output_tty or not input_tty:
        return f"the screen needs a terminal, and this is a pipe or a file. {instead}"
    if environ.get("TERM") == "dumb":
        return f"TERM=dumb cannot place text, so there is no screen to draw. {instead}"
    return ""


def wants_ascii(environ: Mapping[str, str], encoding: str | None) -> bool:
    """Whether only ASCII is safe: the Linux console, a vt*, or an output stream that is not UTF-8."""
    term = environ.get("TERM", "")
    utf8 = (encoding or "").lower().replace("-", "").replace("_", "") == "utf8"
    return not utf8 or term == "linux" or term.startswith("vt")


def wants_plain(environ: Mapping[str, str]) -> bool:
    """Whether the terminal's own colours are used: NO_COLOR is set and not empty, or it has only sixteen."""
    if environ.get("NO_COLOR"):
        return True
    term = environ.get("TERM", "")
    return not environ.get("COLORTERM") and (not term or term.startswith(SIXTEEN_COLOURS))
