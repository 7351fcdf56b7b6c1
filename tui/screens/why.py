"""Why a value is what it is: the claims in order, the arithmetic in words, and the rule's own function."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, cast

from rich.cells import cell_len
from textual.app import ComposeResult

from tui.model import Explanation
from tui.screens.base import LookScreen
from tui.widgets.figures import source
from tui.widgets.head import Head
from tui.widgets.keys import Keys
from tui.widgets.prose import Prose
from tui.widgets.text import Line, fit, line, literal, pad, wrap

if TYPE_CHECKING:
    from tui.app import ImagegcApp


class Reason(Prose):
    """The explanation of one value, live."""

    def __init__(self, key: str, explain: Callable[[str], Explanation | None]) -> None:
        """``key``: what Why is asked about; ``explain``: how the app answers."""
        super().__init__(id="reason")
        self.key = key
        self.explain = explain

    def captions(self) -> tuple[str, str]:
        """That this is Why."""
        return "Why", ""

    def build(self, width: int, height: int) -> list[Line]:
        """Title, chain, paragraphs, source."""
        if self.look is None:
            return []
        explanation = self.explain(self.key)
        if explanation is None:
            return []
        lines = self._lines_of(explanation, width)
        pooled = self.explain("pooled") if self.key == "measured" else None
        return [*lines, line(""), *self._lines_of(pooled, width)] if pooled else lines

    def _lines_of(self, explanation: Explanation, width: int) -> list[Line]:
        room = max(20, width - 2)
        lines = [line(""), *(line(" ", (text, "strong")) for text in wrap(literal(explanation.title), room))]
        lines += [line(""), *_chain(explanation, width)] if explanation.chain else []
        for paragraph in explanation.paragraphs:
            lines += [line(""), *(line(" ", text) for text in wrap(literal(paragraph), room))]
        if explanation.source:
            lines += [line(""), *(line(" ", (text, "dim")) for text in wrap(literal(explanation.source), room))]
        return lines


def _chain(explanation: Explanation, width: int) -> list[Line]:
    """One line a claim: the value, where it is written, the words there, which wins."""
    steps = explanation.chain
    values = min(width // 4, max(cell_len(literal(step.value)) for step in steps))
    places = min(width // 2, max(cell_len(source(step.origin, whole=True)) for step in steps))
    lines = []
    for step in steps:
        role = "strong" if step.wins else "dim"
        spans = [("   ", ""), (pad(literal(step.value), values), role), ("  ", "")]
        spans.append((pad(source(step.origin, whole=True), places), "" if step.wins else "dim"))
        spans.append((f"  {literal(step.origin.text)}" if step.origin.text else "", "dim"))
        lines.append(Line(fit(spans, width - 8 if step.wins else width)))
        if step.wins:
            lines[-1] = line(*lines[-1].spans, ("  ← wins", "good"))
    return lines


class WhyScreen(LookScreen):
    """Why, over the whole screen."""

    DEFAULT_CSS: ClassVar[str] = "WhyScreen #reason { height: 1fr; }"

    def __init__(self, key: str) -> None:
        """``key``: what Why is asked about."""
        super().__init__()
        self.key = key

    def compose(self) -> ComposeResult:
        """Head, explanation, keys."""
        yield Head()
        yield Reason(self.key, cast("ImagegcApp", self.app).explain)
        yield Keys()
