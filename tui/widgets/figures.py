"""How a judgement's parts are written on the screen: severities, forecasts, origins, times. Pure."""

from __future__ import annotations

import time
from collections.abc import Mapping

from tui.model import Assessment, Fact, Forecast, Origin, Severity, Trigger
from tui.widgets.text import Span, literal
from tui.words import number, size, span

GLYPHS: Mapping[Severity, Span] = {
    Severity.CRITICAL: ("✖", "bad"),
    Severity.WARNING: ("⚠", "warn"),
    Severity.INFO: ("·", "dim"),
}


def glyph(assessment: Assessment, *keys: str) -> Span:
    """The mark of the worst finding about any of these keys; blank where there is none above information."""
    worst = max((f.severity for f in assessment.findings if f.subject in keys), default=Severity.INFO)
    return GLYPHS[worst] if worst > Severity.INFO else (" ", "")


def lead(mark: str, sign: Span) -> list[Span]:
    """The three cells before a row: the cursor's mark, the worst finding's, a space."""
    return [(mark, "accent"), sign, (" ", "")]


def clock(wall: float) -> str:
    """The time of day, ``09:12:03``."""
    return time.strftime("%H:%M:%S", time.localtime(wall))


def short_clock(wall: float, now: float) -> str:
    """``09:12`` today, else the date: ``Nov 24``."""
    then = time.localtime(wall)
    return time.strftime("%H:%M" if then[:3] == time.localtime(now)[:3] else "%b %d", then)


def moment(wall: float) -> str:
    """Date and time of day, ``Nov 24 09:12:03``."""
    return time.strftime("%b %d %H:%M:%S", time.localtime(wall))


def quantity(value: int | None, resource: str) -> str:
    """Bytes or inodes, short; ``—`` if not known."""
    if value is None:
        return "—"
    return size(value) if resource == "bytes" else number(value)


def when(forecast: Forecast) -> str:
    """A forecast in one cell: ``~ 5h 50m``, ``3h 10m – 7h 00m``, ``not growing``, ``never``."""
    if forecast.state == "in" and forecast.soonest is not None:
        soonest = span(forecast.soonest)
        latest = span(forecast.latest) if forecast.latest is not None else ""
        if latest == soonest:
            return f"~ {soonest}"
        return f"{_joined(soonest)} – {_joined(latest)}" if latest else f"> {soonest}"
    return {"now": "now", "not growing": "not growing", "never": "never", "unknown": "—", "in": "—"}[forecast.state]


def rate(forecast: Forecast) -> str:
    """Growth per hour: ``+1.2G/h``, ``-18M/h``, ``0``, ``—`` while it is measured; decimals only for a few G."""
    if forecast.rate is None:
        return "0" if forecast.state == "not growing" else "—"
    hourly = forecast.rate * 3600
    text = size(hourly, 1 if 1024**3 <= abs(hourly) < 100 * 1024**3 else 0)
    return "0" if abs(hourly) < 512 * 1024 else f"{'+' if hourly > 0 else ''}{text}/h"


def fires(trigger: Trigger) -> str:
    """At which available bytes or inodes it fires: at or below (≤) or strictly below (<)."""
    if trigger.fires_at is None:
        return trigger.unset.partition(":")[0] or "—"
    if trigger.kind == "disk full":
        return "0"
    return f"{'<' if trigger.strict else '≤'} {quantity(trigger.fires_at, trigger.resource)} free"


def source(origin: Origin | None, *, whole: bool = False) -> str:
    """Where a value was found; the last name of a file, or its ``whole`` path."""
    if origin is None:
        return ""
    text = str(origin)
    if origin.kind in ("file", "env") and not whole:
        text = text.rsplit("/", 1)[-1]
    return literal(text)


def told(fact: Fact[str]) -> str:
    """A known value literally, or ``—``."""
    return literal(fact.value) if fact.value else "—"


def _joined(text: str) -> str:
    return text.replace(" ", "")
