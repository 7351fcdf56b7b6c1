"""Why of thresholds and triggers (kubelet-gc.md 1, 3, 4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tui.assess import why_answers
from tui.assess.case import named, usage
from tui.assess.triggers import SIGNALS, spots
from tui.assess.values import exactly, seconds, short, spaced, why_unset
from tui.assess.why_places import measured_words
from tui.assess.why_words import DEVICE, EVICTION, GC, Subject, chain, plain
from tui.kubelet import eviction, image_gc, versions
from tui.model import Explanation, Fact, MountState, Threshold, Trigger, Usage
from tui.words import exact, number, span, visible

HIGH, LOW = "imageGCHighThresholdPercent", "imageGCLowThresholdPercent"
MINIMUM, MAXIMUM, PERIOD = "imageMinimumGCAge", "imageMaximumGCAge", "evictionPressureTransitionPeriod"
KEYS = (HIGH, LOW, MINIMUM, MAXIMUM, PERIOD, *SIGNALS)


def setting(subject: Subject, key: str) -> Explanation:
    """Why an effective value is what it is, and what it does with the real numbers."""
    if key.partition(":")[0] in SIGNALS:
        return _signal(subject, key)
    fact = subject.case.field(key)
    title = f"{_LABELS[key]} = {_shown(key, fact)}"
    source = f"{_SOURCES[key]} · {DEVICE}" if key in (HIGH, LOW) else _SOURCES[key]
    return Explanation(title, chain(fact), tuple(_say(subject, key, fact)), source)


_LABELS = {
    HIGH: "image GC high",
    LOW: "image GC low",
    MINIMUM: "image minimum age",
    MAXIMUM: "image maximum age",
    PERIOD: "pressure transition period",
}
_SOURCES = {
    HIGH: f"{GC} GarbageCollect",
    LOW: f"{GC} GarbageCollect",
    MINIMUM: f"{GC} freeSpace",
    MAXIMUM: f"{GC} freeOldImages",
    PERIOD: f"{EVICTION} nodeConditionsObservedSince",
}


def _shown(key: str, fact: Fact[Any]) -> str:
    if not fact.known:
        return "unknown"
    return f"{visible(str(fact.value))} %" if key in (HIGH, LOW) else short(fact.value)


def _say(subject: Subject, key: str, fact: Fact[Any]) -> Iterator[str]:
    if not fact.known:
        yield f"Not known: {visible(fact.reason)}."
    elif key in (HIGH, LOW):
        yield from image_gc_words(subject)
    elif key == MINIMUM:
        yield f"An unused image younger than {short(fact.value)} stays, in image GC and in eviction."
        again = "starts anew when the kubelet restarts" if subject.case.minor >= 29 else "is forgotten at a restart"
        yield f"The age counts from when the kubelet first saw the image and {again}."
    elif key == MAXIMUM:
        yield _maximum(subject, fact)
    else:
        yield f"DiskPressure stays for {short(fact.value)} after the last threshold was met, even if all was freed."
        if seconds(fact.value) == 0:
            yield "With 0 the condition is never reported at all."


def _maximum(subject: Subject, fact: Fact[Any]) -> str:
    if subject.case.minor < versions.MAX_AGE:
        return "This version has no maximum age."
    if not seconds(fact.value):
        return "Off: unused images go only for lack of space."
    return f"An image unused for longer than {short(fact.value)} goes at the next run of image GC, whatever is free."


def image_gc_words(subject: Subject) -> Iterator[str]:
    """When image GC fires, on each filesystem that counts, with the arithmetic spelled out."""
    case, view = subject.case, subject.view
    high, low = case.percent(HIGH), case.percent(LOW)
    if high is None or low is None or view is None:
        yield "The thresholds are no percentages, so nothing can be computed."
        return
    if any(row.kind == "image GC" and row.unset.startswith("off") for row in subject.assessment.triggers):
        yield "With high at 100 this version does not start image GC at all; only eviction deletes images."
        return
    yield "Fires when 100 - available*100/capacity, the percentage rounded up, reaches high; it looks every 5 min."
    for spot in reversed(spots(case, view, "imagefs.")):
        disk = usage(spot.state)
        if disk is not None and disk.capacity > 0:
            yield _arithmetic(spot.state, disk, high, low, applied=spot.applied)
    yield measured_words(subject)


def _arithmetic(state: MountState, disk: Usage, high: int, low: int, *, applied: bool) -> str:
    at = image_gc.fires_at(disk.capacity, high)
    decision = image_gc.decide(disk.capacity, disk.available, high, low)
    text = (
        f"On {named(state)}: at {exact(at or 0)} free or less. Now 100 - {plain(disk.available)}*100/"
        f"{plain(disk.capacity)} = {decision.usage}"
    )
    if decision.amount is not None:
        wants = "wants" if applied else "would want"
        text += (
            f", so it fires and {wants} {plain(disk.capacity)}*{100 - low}/100 - {plain(disk.available)} = "
            f"{exact(decision.amount)}, down to {low} %"
        )
    else:
        text += f", below {high}; {exact(disk.available - (at or 0))} to go"
    return text + ("." if applied else "; but the kubelet does not measure this disk.")


def _signal(subject: Subject, key: str) -> Explanation:
    """One eviction signal, hard or soft."""
    signal, _, kind = key.partition(":")
    soft = kind == "soft"
    rows = subject.case.config.eviction if subject.case.config else ()
    found = next((one for one in rows if one.signal == signal and (one.grace_s is not None) == soft), None)
    source = f"{EVICTION} parseThresholdStatement, thresholdsMet · eviction/api GetThresholdQuantity"
    if found is None:
        return Explanation(
            f"{visible(signal)} is not set", _map_chain(subject, signal), tuple(_unset(subject, signal)), source
        )
    steps = chain(Fact(found.text, found.origin, found.beaten))
    head = f"{'soft ' if soft else ''}{signal} = {spaced(found.text)}"
    return Explanation(head, steps, tuple(_threshold(subject, found)), source)


def _map_chain(subject: Subject, signal: str) -> tuple[Any, ...]:
    config = subject.case.config
    written = config.signals.get("evictionHard", {}).get(signal) if config else None
    if written is not None:
        return chain(written)
    whole = subject.case.field("evictionHard")
    return chain(whole, lambda value: "evictionHard without it" if value else "no evictionHard")


def _unset(subject: Subject, signal: str) -> Iterator[str]:
    if not subject.case.field("evictionHard").known:
        yield f"Not known: {visible(subject.case.field('evictionHard').reason)}."
        return
    yield f"No threshold: {why_unset(subject.case, signal)}."
    yield "Any evictionHard map, even an empty one, replaces all defaults: a signal left out is off, not defaulted."


def _threshold(subject: Subject, found: Threshold) -> Iterator[str]:
    case, view = subject.case, subject.view
    assert view is not None
    for spot in spots(case, view, found.signal):
        disk = usage(spot.state)
        if disk is not None:
            yield _byte(found, spot.state, disk, applied=spot.applied)
    if found.grace_s is not None:
        yield f"It acts once the threshold has been met for {exactly(found.grace_s)}; DiskPressure shows at once."
    if found.min_reclaim:
        yield f"Once acting it goes on until {spaced(found.min_reclaim)} more are free (evictionMinimumReclaim)."
    for row in subject.assessment.triggers:
        same_kind = (row.kind == "soft eviction") == (found.grace_s is not None)
        if row.signal == found.signal and row.kind != "image GC" and same_kind and row.applied and row.will:
            yield f"When it fires the kubelet {row.will}."
    copied = "imagefs." if view.dedicated else "nodefs."
    if case.minor >= versions.CONTAINER_FS and view.dedicated is not None and found.signal.startswith(copied):
        copy = found.signal.replace(copied, "containerfs.")
        yield f"{copy} is a copy of it, on the same filesystem, at the same byte."
    if not found.signal.startswith("nodefs."):
        yield measured_words(subject)


def _byte(found: Threshold, state: MountState, disk: Usage, *, applied: bool) -> str:
    """The multiplication in float32, or the quantity, and where things stand now."""
    inodes = found.signal.endswith("inodesFree")
    capacity, now = (disk.files, disk.ffree) if inodes else (disk.capacity, disk.available)
    unit = "inodes" if inodes else "B"
    value = eviction.fires_below(found, capacity)
    where = f"On {named(state)}: "
    if value is None:
        return f"{where}it comes to 0 {unit}, so it is never met."
    if found.fraction is not None:
        sum_ = f"{plain(capacity)} * {found.fraction!r} (the float32 of {spaced(found.text)}) = {plain(value)} {unit}"
    else:
        sum_ = f"{visible(found.text)} is {plain(value)} {unit}"
    left = now - value
    stands = f"{plain(left)} {unit} to go" if left >= 0 else f"met, {plain(-left)} {unit} short"
    tail = "." if applied else "; but the kubelet does not measure this disk."
    return f"{where}{sum_}; met when strictly less is free. Now {plain(now)}: {stands}{tail}"


def trigger(subject: Subject, row: Trigger) -> Explanation:
    """One line of the trigger table."""
    place = visible(row.mountpoint)
    if row.kind == "disk full":
        left = (
            f"{exact(row.now)} are free"
            if row.now is not None
            else f"Free space is not known: {visible(row.when.reason)}"
        )
        return Explanation(f"disk full on {place}", (), (f"{left}; at 0 {row.will}.", _when(row)))
    key = HIGH if row.kind == "image GC" else f"{row.signal}:soft" if row.kind == "soft eviction" else row.signal
    source = key if key.partition(":")[0] in (*KEYS, *SIGNALS) else _copied_from(subject, key)
    base = setting(subject, source)
    blank = row.fires_at is None and not row.unset.startswith("not set")
    first = [f"{visible(row.unset or row.when.reason)}."] if blank else []
    if row.kind == "image GC":
        first += _run_words(subject, row)
    title = f"{row.label} {row.threshold} on {place}".replace("  ", " ")
    return Explanation(title, base.chain, (*first, *base.paragraphs, _when(row)), base.source)


def _run_words(subject: Subject, row: Trigger) -> list[str]:
    """What the run would find, where the runtime was asked."""
    view = subject.assessment.images.value
    if view is None or view.run is None or view.run.mountpoint != row.mountpoint:
        return []
    return [*why_answers.run(view.run), view.order_note, *view.caveats]


def _copied_from(subject: Subject, key: str) -> str:
    """The signal that a containerfs one is copied from (kubelet-gc.md 4.4)."""
    dedicated = subject.view is not None and subject.view.dedicated
    return key.replace("containerfs.", "imagefs." if dedicated else "nodefs.")


def _when(row: Trigger) -> str:
    """The forecast with what it rests on."""
    when = row.when
    unit = "inodes" if row.resource == "inodes" else "B"
    if when.state == "in" and when.soonest is not None:
        latest = "" if when.latest is None else f" to {span(when.latest)}"
        return f"In {span(when.soonest)}{latest}, at {number(when.rate or 0)} {unit}/s over {_base(row)}."
    said = {"now": "It would fire now", "not growing": "Not growing", "never": "Never", "unknown": "When is not known"}
    reason = f": {visible(when.reason)}" if when.reason else ""
    return f"{said.get(when.state, 'When is not known')}{reason}{f' ({_base(row)})' if when.samples else ''}."


def _base(row: Trigger) -> str:
    return f"{row.when.samples} samples in {span(row.when.window_s)}"
