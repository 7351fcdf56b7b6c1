"""What a terminal that is too small for the dashboard still shows: a sentence, and the verdict."""

from __future__ import annotations

from typing import ClassVar

from tui.widgets.figures import GLYPHS
from tui.widgets.lines import Lines
from tui.widgets.text import Line, line, literal, wrap

NEEDED = (60, 18)


class Small(Lines, can_focus=False):
    """Wrapped words only."""

    DEFAULT_CSS: ClassVar[str] = "Small { height: 1fr; border: none; display: none; }"

    def build(self, width: int, height: int) -> list[Line]:
        """The verdict first: it is what matters."""
        if width < 1:
            return []
        lines: list[Line] = []
        if self.look is not None:
            assessment = self.look.assessment
            mark, role = GLYPHS[assessment.severity] if assessment.severity else ("✔", "good")
            lines += [line((text, role)) for text in wrap(f"{mark} {literal(assessment.verdict)}", width)]
        size = self.app.size
        text = f"The dashboard needs {NEEDED[0]}x{NEEDED[1]}; this terminal has {size.width}x{size.height}."
        return [*lines, *(line((text, "dim")) for text in wrap(text, width))]
