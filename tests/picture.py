"""A truthful picture of a screen: Textual's SVG with every glyph placed in its cell, and a PNG of it.

Textual's own SVG asks for a web font and stretches runs of text; drawn without that font, columns drift. Here each
character gets its own x, in DejaVu Sans Mono, so that the picture is what a terminal shows.
"""

from __future__ import annotations

import html
import re
from itertools import groupby

from rich.cells import get_character_cell_size

CELL = 12.2
"""Width of a cell in Textual's SVG."""
MONO, OTHER = "DejaVu Sans Mono, Menlo, Consolas, monospace", "DejaVu Sans, sans-serif"
_TEXT = re.compile(
    r'<text class="(?P<cls>[^"]*-r\d+)" x="(?P<x>[\d.]+)" y="(?P<y>[\d.]+)"[^>]*?'
    r'(?P<clip> clip-path="[^"]*")>(?P<text>.*?)</text>'
)


def truthful(svg: str) -> str:
    """The SVG with placed glyphs, without web fonts."""
    svg = re.sub(r"@font-face\s*{.*?}", "", svg, flags=re.DOTALL)
    svg = svg.replace("font-family: Fira Code, monospace;", f"font-family: {MONO};")
    return _TEXT.sub(_placed, svg.replace("font-family: arial;", f"font-family: {OTHER};"))


def png(svg: str, scale: float = 1.0) -> bytes:
    """A PNG of a truthful SVG; needs cairo and the DejaVu fonts (Debian: libcairo2 fonts-dejavu-core)."""
    import cairosvg

    data: bytes = cairosvg.svg2png(bytestring=svg.encode(), scale=scale)
    return data


def _placed(match: re.Match[str]) -> str:
    """One run of text as one or more, each glyph at the x of its cell; blanks need no glyph."""
    x = float(match["x"])
    parts = []
    for other, group in groupby(html.unescape(match["text"]), key=_elsewhere):
        glyphs = []
        for char in group:
            if char not in (" ", "\u00a0"):
                glyphs.append((char, f"{x:.1f}"))
            x += CELL * get_character_cell_size(char)
        if glyphs:
            style = f' style="font-family: {OTHER}; font-size: 16.6px"' if other else ""
            where = f'x="{" ".join(place for _, place in glyphs)}" y="{match["y"]}"'
            text = html.escape("".join(char for char, _ in glyphs))
            parts.append(f'<text class="{match["cls"]}" {where}{style}{match["clip"]}>{text}</text>')
    return "".join(parts)


def _elsewhere(char: str) -> bool:
    """Whether the monospaced font lacks the glyph and the proportional one has it."""
    return "\u2800" <= char <= "\u28ff" or char in "⟳⏎"
