"""Whether a mount was there when the kubelet read the mount table (kubelet-gc.md 2.4, "Dating it").

The table is read once, some seconds after the process starts. A mount unit's stamp is late, never early; a kernel
journal line is exact. Everything is on the monotonic clock, wall clocks may have been set.
"""

from __future__ import annotations

from dataclasses import dataclass

from tui.assess.case import named
from tui.model import Evidence, MountState, Process
from tui.words import span, visible

CLOSE_S = 30.0
"""A mount that appears later than this after the kubelet's start was not in the table it read."""


@dataclass(frozen=True)
class Dating:
    """``seen``: None when it cannot be told (``reason``). ``after_s``: the appearance minus the kubelet's start."""

    seen: bool | None
    after_s: float | None = None
    evidence: Evidence | None = None
    reason: str = ""


def seen(state: MountState, process: Process) -> bool | None:
    """Whether the kubelet can have seen this mount when it started; None when it cannot be told."""
    if state.mount.mountpoint == "/" and state.hidden != "overmounted":
        return True
    if state.appeared.value is None:
        return None
    after = state.appeared.value - process.started
    return True if after <= 0 else False if after > CLOSE_S else None


def dating(state: MountState, process: Process) -> Dating:
    """The same with its reasons and evidence."""
    if state.mount.mountpoint == "/" and state.hidden != "overmounted":
        return Dating(True, None, Evidence("/ was there before any process, and is always in the kubelet's table."))
    if state.appeared.value is None:
        return Dating(None, reason=f"when {named(state)} was mounted is not known: {state.appeared.reason}")
    after = state.appeared.value - process.started
    evidence = Evidence(_sentence(state, after), state.appeared.origin)
    known = seen(state, process)
    if known is not None:
        return Dating(known, after, evidence)
    reason = (
        f"{named(state)} was mounted {span(after)} after the kubelet's start, too close to tell whether the table that "
        "it read some seconds after its start has it"
    )
    return Dating(None, after, evidence, reason)


def distance(after: float) -> str:
    """``12 min after the kubelet started`` or ``... before ...``."""
    return f"{span(after)} {'after' if after > 0 else 'before'} the kubelet started"


def _sentence(state: MountState, after: float) -> str:
    origin = state.appeared.origin
    exact = origin is not None and origin.kind == "journal"
    where = visible(origin.where) if origin else "unknown"
    witness = f"{where}: exact" if exact else f"{where}: late, never early"
    stamp = state.appeared.value or 0.0
    return (
        f"{named(state)} was mounted {distance(after)}: {stamp:.2f} s against {stamp - after:.2f} s since boot "
        f"({witness})."
    )
