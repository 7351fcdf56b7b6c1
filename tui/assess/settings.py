"""The rows of the thresholds panel: every effective value, where it comes from, what a restart would change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tui.assess.case import Case
from tui.assess.triggers import SIGNALS
from tui.assess.values import exactly, seconds, short, spaced, why_unset
from tui.kubelet import image_gc
from tui.model import Fact, KubeletConfig, Setting, Threshold
from tui.words import visible

Reading = Callable[[KubeletConfig], str]
NONE = "—"


def settings(case: Case) -> tuple[Setting, ...]:
    """All rows, in the panel's order; the keys are what Why is asked with."""
    return (*_image_gc(case), *_signals(case), *_soft(case), _transition(case))


def _image_gc(case: Case) -> Iterator[Setting]:
    high = case.percent("imageGCHighThresholdPercent")
    off = high is not None and not image_gc.loop_runs(case.minor, high, _age_s(case.config))
    yield _one(case, "imageGCHighThresholdPercent", "image GC high", _percent, "image GC is off" if off else "")
    yield _one(case, "imageGCLowThresholdPercent", "image GC low", _percent)
    fact = case.field("imageMinimumGCAge")
    yield _setting(case, "imageMinimumGCAge", "min / max age", fact, _ages)


def _age_s(config: KubeletConfig | None) -> float:
    fact = config.fields.get("imageMaximumGCAge") if config else None
    return seconds(fact.value) or 0.0 if fact else 0.0


def _one(case: Case, key: str, label: str, text: Callable[[Any], str], note: str = "") -> Setting:
    def read(config: KubeletConfig) -> str:
        fact = config.fields.get(key)
        return text(fact.value) if fact is not None and fact.known else "unknown"

    return _setting(case, key, label, case.field(key), read, note)


def _setting(case: Case, key: str, label: str, fact: Fact[Any], read: Reading, note: str = "") -> Setting:
    value = read(case.config) if case.config else "unknown"
    future = case.next_config
    after = read(future) if future else value
    return Setting(key, label, value, fact, note, after if after != value else "")


def _percent(value: object) -> str:
    return f"{value} %" if type(value) is int else visible(str(value))


def _ages(config: KubeletConfig) -> str:
    least = config.fields.get("imageMinimumGCAge")
    most = _age_s(config)
    oldest = config.fields.get("imageMaximumGCAge")
    return f"{short(least.value if least else None)} / {short(oldest.value) if most and oldest else 'off'}"


def _signals(case: Case) -> Iterator[Setting]:
    for signal in SIGNALS:
        yield _setting(case, signal, signal, _signal_fact(case, signal), _hard(signal), _note(case, signal))


def _hard(signal: str) -> Reading:
    def read(config: KubeletConfig) -> str:
        found = _threshold(config, signal)
        return spaced(found.text) if found else NONE

    return read


def _threshold(config: KubeletConfig | None, signal: str) -> Threshold | None:
    rows = config.eviction if config else ()
    return next((one for one in rows if one.signal == signal and one.grace_s is None), None)


def _signal_fact(case: Case, signal: str) -> Fact[Any]:
    """The threshold with what it beat; not set: known, with the map's own origin."""
    found = _threshold(case.config, signal)
    if found is not None:
        return Fact(found.text, found.origin, found.beaten)
    if case.config is None:
        return case.field("evictionHard")
    written = case.config.signals.get("evictionHard", {}).get(signal)
    if written is not None:
        return written
    whole = case.field("evictionHard")
    return Fact(None, whole.origin) if whole.known else whole


def _note(case: Case, signal: str) -> str:
    read = case.config is not None and case.field("evictionHard").known
    return why_unset(case, signal) if case.config and read and _threshold(case.config, signal) is None else ""


def _soft(case: Case) -> Iterator[Setting]:
    rows = case.config.eviction if case.config else ()
    for found in rows:
        if found.grace_s is None or not found.signal.startswith(("nodefs.", "imagefs.")):
            continue
        fact = Fact(found.text, found.origin, found.beaten)
        label = f"soft {found.signal}"
        yield Setting(f"{found.signal}:soft", label, f"{spaced(found.text)} for {exactly(found.grace_s)}", fact)


def _transition(case: Case) -> Setting:
    key = "evictionPressureTransitionPeriod"
    note = "DiskPressure is never reported" if seconds(case.field(key).value) == 0 else ""
    return _one(case, key, "pressure lasts", short, note)
