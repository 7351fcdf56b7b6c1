"""Why a value is what it is: chains, arithmetic with the real numbers, what is measured and how sure that is."""

from __future__ import annotations

from collections.abc import Callable

from tui.assess import why_answers, why_places, why_values
from tui.assess.case import open_case
from tui.assess.measured import view
from tui.assess.why_words import Subject, proof
from tui.model import Assessment, Explanation, Finding
from tui.words import visible

_PLACES: dict[str, Callable[[Subject], Explanation]] = {
    "root": why_places.root,
    "measured": why_places.measured,
    "pooled": why_places.pooled,
    "images": why_answers.images,
    "answers": why_answers.answers,
}


def explain(assessment: Assessment, key: str) -> Explanation:
    """Explain one thing on the screen.

    Args:
        assessment: what :func:`tui.assess.judge.assess` made.
        key: of a setting or a trigger, ``disk:`` and a mountpoint, ``root``, ``measured``, ``pooled``, ``images``,
            ``image:`` and an image's id, ``answers``, ``verdict``, or a finding's code. ``imageMaximumGCAge`` can be
            asked too, it shares a row with the minimum.

    Raises:
        KeyError: nothing has that key.
    """
    subject = Subject(assessment, open_case(assessment.survey, {}), None)
    if key in _PLACES:
        return _PLACES[key](_seeing(subject))
    if key == "verdict":
        return _verdict(assessment)
    if key.startswith("disk:"):
        return why_places.disk(_seeing(subject), key.removeprefix("disk:"))
    if key.startswith("image:"):
        return why_answers.image(subject, key.removeprefix("image:"))
    if key in why_values.KEYS or any(row.key == key for row in assessment.settings):
        return why_values.setting(_seeing(subject), key)
    trigger = next((row for row in assessment.triggers if row.key == key), None)
    if trigger is not None:
        return why_values.trigger(_seeing(subject), trigger)
    found = [finding for finding in assessment.findings if finding.code == key]
    if found:
        return _findings(found)
    raise KeyError(key)


def _seeing(subject: Subject) -> Subject:
    return Subject(subject.assessment, subject.case, view(subject.case))


def _findings(found: list[Finding]) -> Explanation:
    """All findings of one code: what was seen, how sure that is, what to do."""
    paragraphs: list[str] = []
    for finding in found:
        paragraphs += [finding.title] if len(found) > 1 else []
        paragraphs += [proof(evidence) for evidence in finding.evidence]
        paragraphs.append(f"Sure: {finding.sure.value}.")
        paragraphs += [f"What to do: {finding.remedy}."] if finding.remedy else []
    title = found[0].title if len(found) == 1 else f"{visible(found[0].code)}: {len(found)} times"
    return Explanation(title, (), tuple(paragraphs))


def _verdict(assessment: Assessment) -> Explanation:
    """Every finding in one line each, and what could not be determined."""
    lines = [f"{finding.severity.name.lower()}: {finding.title}" for finding in assessment.findings]
    lines += [f"not determined: {text}" for text in assessment.undetermined]
    codes = {0: "fine", 1: "warnings", 2: "critical", 3: "something that matters could not be determined"}
    lines.append(f"Exit code {assessment.exit_code}: {codes[assessment.exit_code]}.")
    return Explanation(assessment.verdict, (), tuple(lines))
