"""All findings, worst first, each with its evidence and its remedy."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from tui.model import Evidence, Finding, Sure
from tui.screens.base import LookScreen
from tui.widgets.figures import GLYPHS, source
from tui.widgets.head import Head
from tui.widgets.keys import Keys
from tui.widgets.prose import Prose
from tui.widgets.text import Line, line, literal, wrap


class FindingList(Prose):
    """Read top to bottom."""

    TITLE = "Findings"

    def build(self, width: int, height: int) -> list[Line]:
        """One block a finding."""
        if self.look is None:
            return []
        assessment = self.look.assessment
        lines = [each for finding in assessment.findings for each in _block(finding, max(20, width - 6))]
        lines += [each for gap in assessment.undetermined for each in _gap(gap, max(20, width - 6))]
        return lines or [line(("  none", "good"))]


def _block(finding: Finding, width: int) -> list[Line]:
    mark = GLYPHS[finding.severity]
    sure = "" if finding.sure is Sure.CERTAIN else f" ({finding.sure.value})"
    title = wrap(literal(finding.title) + sure, width)
    lines = [line(" ", mark if i == 0 else " ", " ", (text, "strong")) for i, text in enumerate(title)]
    for evidence in finding.evidence:
        lines += [line("     ", (text, "dim")) for text in wrap(_seen(evidence), width)]
    for index, text in enumerate(wrap(literal(finding.remedy), width - 2) if finding.remedy else []):
        lines.append(line("   ", ("→ " if index == 0 else "  ", "accent"), text))
    return [*lines, line("")]


def _seen(evidence: Evidence) -> str:
    where = f"  [{source(evidence.origin, whole=True)}]" if evidence.origin else ""
    return literal(evidence.text) + where


def _gap(text: str, width: int) -> list[Line]:
    return [line(" ", ("?" if i == 0 else " ", "warn"), " ", part) for i, part in enumerate(wrap(literal(text), width))]


class FindingsScreen(LookScreen):
    """Findings over the whole screen."""

    DEFAULT_CSS: ClassVar[str] = "FindingsScreen FindingList { height: 1fr; }"

    def compose(self) -> ComposeResult:
        """Head, list, keys."""
        yield Head()
        yield FindingList()
        yield Keys()
