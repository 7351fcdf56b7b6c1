"""Small phrases of the text report: origins, unknowns, forecasts."""

from __future__ import annotations

from typing import Any

from tui.model import Claim, Fact, Forecast, Origin, Threshold
from tui.words import number, size, span, visible


def where(origin: Origin | None) -> str:
    """``  [/etc/kubernetes/kubelet-config.yaml:49]``, or nothing."""
    return f"  [{visible(str(origin))}]" if origin else ""


def value(found: object) -> str:
    """A value as it is shown: ``not set`` for none, a threshold's own text."""
    if found is None:
        return "not set"
    return visible(found.text if isinstance(found, Threshold) else str(found))


def fact(found: Fact[Any]) -> str:
    """A fact with its origin, or unknown and why."""
    if not found.known:
        return f"unknown: {visible(found.reason)}" if found.reason else "unknown"
    return f"{value(found.value)}{where(found.origin)}"


def beaten(claims: tuple[Claim[Any], ...]) -> list[str]:
    """What a value beat, strongest first."""
    return [f"over {value(claim.value)}{where(claim.origin)}" for claim in claims]


def amount(count: int | float | None, resource: str = "bytes") -> str:
    """Bytes or inodes for people, ``—`` when there is no figure."""
    if count is None:
        return "—"
    return size(count) if resource == "bytes" else number(count)


def when(forecast: Forecast) -> str:
    """When something is reached, in words; a range where there is one."""
    if forecast.state == "unknown":
        return f"unknown: {visible(forecast.reason)}" if forecast.reason else "unknown"
    if forecast.state != "in" or forecast.soonest is None:
        return forecast.state
    soonest, latest = span(forecast.soonest), "" if forecast.latest is None else span(forecast.latest)
    basis = f" ({visible(forecast.reason)})" if forecast.reason else ""
    return f"in ~ {soonest}{basis}" if latest in ("", soonest) else f"in {soonest} to {latest}{basis}"


def rate(forecast: Forecast, resource: str = "bytes") -> str:
    """Growth per hour: ``+1.2G/h``, ``0``, or unknown."""
    if forecast.rate is None:
        return "?"
    hourly = forecast.rate * 3600
    if not round(hourly):
        return "0"
    return f"{'+' if hourly > 0 else ''}{amount(hourly, resource)}/h"
