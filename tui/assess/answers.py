"""What the kubelet itself answers about its configuration, and where its files say something else.

The answer wins for what the kubelet does: the thresholds are those of /configz, what the files claim is beaten.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tui.kubelet import duration
from tui.kubelet.eviction import Parsed, parse_thresholds
from tui.model import (
    Claim,
    Contradiction,
    Fact,
    KubeletAnswer,
    KubeletConfig,
    Origin,
    Survey,
    Threshold,
)
from tui.words import span, visible

CONFIGZ = Origin("socket", "/configz")
NUMBERS = ("imageGCHighThresholdPercent", "imageGCLowThresholdPercent")
PERIODS = ("imageMinimumGCAge", "imageMaximumGCAge", "evictionPressureTransitionPeriod")
MAPS = ("evictionHard", "evictionSoft", "evictionSoftGracePeriod", "evictionMinimumReclaim")
TRUNCATED_S = 1.0
"""By how much a process may seem to have started later than it did (clock ticks, the boot time in whole seconds)."""

_Signals = Mapping[str, Fact[str]]


def current(survey: Survey) -> KubeletAnswer | None:
    """What the running kubelet answered; None if nothing, or if the answer is that of a process before it."""
    answer, process = survey.kubelet.answer.value, survey.kubelet.process.value
    if answer is None or process is None or answer.wall + TRUNCATED_S < process.started_wall:
        return None
    return answer


def obeyed(survey: Survey) -> tuple[KubeletConfig | None, tuple[Contradiction, ...]]:
    """The configuration that the kubelet obeys, and where its answer differs from what its words and files make.

    Without an answer that of the survey itself, the same object. With one: its values, each keeping the files' origin
    where both agree; ``error`` is "" then, for this process did start.
    """
    files, answer = survey.kubelet.config.value, current(survey)
    told = answer.configz.value if answer is not None else None
    if not isinstance(told, Mapping) or not told:
        return files, ()
    base = files or KubeletConfig(minor=survey.kubelet.minor, fields={})
    fields = {**base.fields, **_plain(base, told)}
    signals: dict[str, _Signals] = dict(base.signals)
    for name in MAPS:
        fields[name], signals[name] = _map(base, name, told)
    differing = tuple(_differences(survey, base, fields, signals)) if files is not None else ()
    if files is not None and not files.error and not differing:
        return files, ()
    config = replace(base, fields=fields, signals=signals, eviction=_thresholds(base, signals), error="")
    return replace(config, error_origin=None), differing


def _plain(base: KubeletConfig, told: Mapping[str, Any]) -> dict[str, Fact[Any]]:
    """Numbers and periods; what the answer leaves out, or gives in another type, stays as the files have it."""
    found: dict[str, Fact[Any]] = {}
    for name in (*NUMBERS, *PERIODS):
        value = told.get(name)
        fits = type(value) is int if name in NUMBERS else _nanoseconds(value) is not None
        if fits:
            ours = base.fields.get(name, Fact.unknown("not in the files"))
            same = ours.value == value if name in NUMBERS else _nanoseconds(ours.value) == _nanoseconds(value)
            found[name] = ours if ours.known and same else _over(value, ours)
    return found


def _nanoseconds(text: object) -> int | None:
    try:
        return duration.parse(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _over(value: Any, ours: Fact[Any]) -> Fact[Any]:
    """The answer's value over what the files claim."""
    beaten = (Claim(ours.value, ours.origin), *ours.beaten) if ours.origin is not None else ()
    return Fact(value, CONFIGZ, beaten)


def _map(base: KubeletConfig, name: str, told: Mapping[str, Any]) -> tuple[Fact[Any], _Signals]:
    """One of the eviction maps, as a whole and signal by signal; /configz leaves an empty one out."""
    value = told.get(name)
    given = value if isinstance(value, Mapping) else {}
    entries = {str(signal): text for signal, text in given.items() if isinstance(text, str)}
    ours = base.fields.get(name, Fact.unknown("not in the files"))
    known = base.signals.get(name, {})
    signals = {signal: _signal(text, known.get(signal)) for signal, text in entries.items()}
    same = ours.known and (ours.value or {}) == entries
    return (ours, known if known else signals) if same else (_over(entries, ours), signals)


def _signal(text: str, ours: Fact[str] | None) -> Fact[str]:
    if ours is None:
        return Fact(text, CONFIGZ)
    return ours if ours.known and ours.value == text else _over(text, ours)


def _thresholds(base: KubeletConfig, signals: Mapping[str, _Signals]) -> tuple[Threshold, ...]:
    """The thresholds that these maps make; those of the files if the answer holds what no kubelet would take."""
    hard, soft, grace, reclaim = (
        {signal: fact.value or "" for signal, fact in signals.get(name, {}).items()} for name in MAPS
    )
    parsed, error = parse_thresholds(hard, soft, grace, reclaim, base.minor)
    return base.eviction if error else tuple(_threshold(one, signals) for one in parsed)


def _threshold(one: Parsed, signals: Mapping[str, _Signals]) -> Threshold:
    fact = signals["evictionHard" if one.grace_ns is None else "evictionSoft"][one.signal]
    reclaim = one.min_reclaim.text if one.min_reclaim else ""
    origin = fact.origin or CONFIGZ
    return Threshold(one.signal, one.text, one.fraction, one.quantity, one.grace_s, reclaim, origin, fact.beaten)


def _differences(
    survey: Survey, base: KubeletConfig, fields: Mapping[str, Fact[Any]], signals: Mapping[str, _Signals]
) -> Iterator[Contradiction]:
    """Every value that the files claim otherwise; none for what they do not say at all."""
    explained = explanation(survey)
    for name in (*NUMBERS, *PERIODS):
        ours, now = base.fields.get(name), fields.get(name)
        if ours is not None and ours.known and now is not None and now is not ours:
            yield Contradiction(name, _text(now.value), _text(ours.value), ours.origin, explained)
    for name in MAPS:
        whole = base.fields.get(name)
        if whole is None or not whole.known:
            continue
        ours_, now_ = _claimed(base, name, whole), signals[name]
        for signal in dict.fromkeys((*now_, *ours_)):
            said, told = ours_.get(signal), now_.get(signal)
            theirs, mine = told.value if told else None, said.value if said else None
            if theirs != mine:
                origin = said.origin if said else whole.origin
                yield Contradiction(_key(name, signal), _text(theirs), _text(mine), origin, explained)


def _claimed(base: KubeletConfig, name: str, whole: Fact[Any]) -> _Signals:
    """The files' own entries of a map, each with its origin where there is one."""
    single = base.signals.get(name, {})
    value = whole.value if isinstance(whole.value, Mapping) else {}
    return {str(signal): single.get(str(signal)) or Fact(text, whole.origin) for signal, text in value.items()}


def _key(name: str, signal: str) -> str:
    tails = {"evictionSoftGracePeriod": ":grace", "evictionMinimumReclaim": ":minimum reclaim", "evictionSoft": ":soft"}
    return f"{signal}{tails.get(name, '')}"


def _text(value: Any) -> str:
    return "not set" if value is None else str(value)


def explanation(survey: Survey) -> str:
    """Why the kubelet may obey something else than its files: one of them is newer than the process."""
    process = survey.kubelet.process.value
    if process is None:
        return ""
    late = [one for one in survey.kubelet.pending if one.changed_wall > process.started_wall]
    if not late:
        return ""
    newest = max(late, key=lambda one: one.changed_wall)
    return (
        f"{visible(newest.path)} changed {span(newest.changed_wall - process.started_wall)} after the kubelet started"
    )
