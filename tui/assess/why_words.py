"""How explanations are written: chains of claims, figures to the byte, times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from tui.assess.case import Case
from tui.assess.measured import View
from tui.model import Assessment, Evidence, Fact, Step
from tui.words import visible

GC = "kubelet: pkg/kubelet/images/image_gc_manager.go"
EVICTION = "kubelet: pkg/kubelet/eviction/helpers.go"
DEVICE = "cadvisor: fs/fs.go GetDirFsDevice"


@dataclass(frozen=True)
class Subject:
    """The assessment that is asked about, with the case behind it; ``view`` None until it is needed."""

    assessment: Assessment
    case: Case
    view: View | None


def plain(number: int) -> str:
    """A number in groups of three, for arithmetic: ``43 112 392 212``."""
    return f"{number:,}".replace(",", " ")


def chain(fact: Fact[Any], text: Callable[[Any], str] = str) -> tuple[Step, ...]:
    """The winner and what it beat, strongest first; empty when nothing is known."""
    if fact.origin is None:
        return ()
    won = Step(_value(fact.value, text), fact.origin, True)
    return (won, *(Step(_value(claim.value, text), claim.origin, False) for claim in fact.beaten))


def _value(value: Any, text: Callable[[Any], str]) -> str:
    return "not set" if value is None else visible(text(value))


def proof(evidence: Evidence) -> str:
    """A sentence with its source."""
    return f"{evidence.text} [{visible(str(evidence.origin))}]" if evidence.origin else evidence.text


def utc(wall: float) -> str:
    """``2026-11-24 22:46:40 UTC``; what no calendar holds is given in seconds."""
    try:
        return datetime.fromtimestamp(wall, tz=timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, OSError, ValueError):
        return f"{wall:.0f} s since 1970"
