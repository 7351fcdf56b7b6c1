"""Small readings of the kubelet's configuration that several judgements share."""

from __future__ import annotations

from tui.assess.case import Case
from tui.kubelet import duration
from tui.words import visible


def seconds(text: object) -> float | None:
    """Seconds of a Go duration's text (``2m0s``), None if it is none."""
    if not isinstance(text, str):
        return None
    try:
        return duration.parse(text) / duration.SECOND
    except ValueError:
        return None


def max_age_s(case: Case) -> float:
    """The value of imageMaximumGCAge in seconds, 0 when off or not known."""
    return seconds(case.field("imageMaximumGCAge").value) or 0.0


def short(text: object) -> str:
    """A Go duration without its empty tail: ``2m0s`` becomes ``2m``, ``1h0m0s`` ``1h``."""
    if not isinstance(text, str):
        return "unknown"
    for tail, unit in (("m0s", "m"), ("h0m", "h")):
        if text.endswith(tail):
            text = text[: -len(tail)] + unit
    return visible(text)


def exactly(seconds: float) -> str:
    """A configured period without rounding, as it would be written: ``1m30s``."""
    return short(duration.text(round(seconds * duration.SECOND)))


def spaced(text: str) -> str:
    """A threshold as people write it: ``10%`` becomes ``10 %``."""
    return visible(f"{text[:-1]} %" if text.endswith("%") and not text.endswith("%%") else text)


def why_unset(case: Case, signal: str) -> str:
    """Why no hard threshold watches a signal (kubelet-gc.md 1.5)."""
    assert case.config is not None
    hard = case.config.signals.get("evictionHard", {})
    fact = hard.get(signal)
    if fact is not None and fact.value in ("0%", "100%"):
        return f"{spaced(fact.value)} switches it off"
    if fact is not None and fact.value:
        return f"{spaced(fact.value)} is not acted on"
    files = case.survey.kubelet.config.value
    if not hard and files is not None and not files.files and case.minor >= 26:
        return "no --config file, so this version has no default thresholds"
    origin = case.field("evictionHard").origin
    if signal == "imagefs.inodesFree" and case.minor < 30 and (origin is None or origin.kind == "default"):
        return "no default before 1.30"
    return "evictionHard lacks it" if hard else "evictionHard is empty"
