"""How figures and a node's own strings are written for people; one way for screens, report and findings."""

from __future__ import annotations

import unicodedata

import humanize

from tui.redact import redact


def size(count: int | float, digits: int = 1) -> str:
    """Bytes in binary units as ``df -h`` writes them: ``97.9G``, ``512B``; negative too."""
    text: str = humanize.naturalsize(abs(count), gnu=True, format=f"%.{digits}f")
    return f"-{text}" if count < 0 else text


def exact(count: int) -> str:
    """Bytes to the byte: ``43 112 392 212 B``."""
    return f"{count:,} B".replace(",", " ")


def number(count: int | float) -> str:
    """A count (inodes): ``163k``, ``2.9M``, ``812``."""
    sign, rest = ("-" if count < 0 else ""), float(abs(count))
    for unit in ("", "k", "M", "G", "T"):
        if rest < 999.5 or unit == "T":
            break
        rest /= 1000
    return f"{sign}{rest:.1f}{unit}" if unit and rest < 9.95 else f"{sign}{rest:.0f}{unit}"


def span(seconds: float) -> str:
    """A duration in at most two units, rounded to the coarser: ``45 s``, ``5h 50m``, ``32 d``."""
    whole = round(abs(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes = whole // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours}h {minutes:02d}m"
    return f"{hours // 24} d"


def visible(text: str) -> str:
    r"""A string from the node with everything that a terminal could obey made visible, and secrets left out.

    Control characters (C0, DEL, C1), line and paragraph separators, bidirectional and other format characters, lone
    surrogates (bytes that are no UTF-8) become ``\n``, ``\t``, ``\xNN`` or ``\uNNNN``; a backslash stays itself.
    """
    text = redact(text)
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char == " " or _harmless(char) else _escaped(char) for char in text)


def _harmless(char: str) -> bool:
    return unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _escaped(char: str) -> str:
    named = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(char)
    if named:
        return named
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # surrogateescape: one byte that was no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
