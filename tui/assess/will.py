"""What a trigger does when it fires, in one sentence (kubelet-gc.md 3.2, 4.3, 4.5)."""

from __future__ import annotations

from tui.assess.case import Case, named, same_disk
from tui.assess.images import run_words
from tui.assess.measured import View
from tui.assess.stock import Stock, back
from tui.assess.values import exactly, short
from tui.kubelet import reclaim
from tui.model import MountState, Threshold
from tui.words import size


def image_gc(
    case: Case, view: View, state: MountState, applied: bool, low: int, amount: int, stock: Stock | None
) -> str:
    """What image GC does at the byte where it fires; the amount is told apart, the images of now are counted."""
    here = same_disk(state, case.imagefs.state)
    known = f"; {run_words(stock, amount)}" if stock is not None and here else ""
    if not applied:
        return f"not done: {_not_measured(view)}{f'; else{known[1:]}' if known else ''}"
    if not here:
        return f"would delete unused images every 5 min and free nothing on {named(state)}"
    if known:
        return known[2:]
    return f"deletes unused images, longest unused first, down to {low} %"


def evict(case: Case, view: View, threshold: Threshold, state: MountState, applied: bool, stock: Stock | None) -> str:
    """What the eviction manager does once the threshold is met (and its grace is over)."""
    first = _before_pods(case, view, threshold, state, stock)
    grace = f"after {exactly(threshold.grace_s)}: " if threshold.grace_s else ""
    text = f"{grace}{first}evicts pods one by one while it is met; static pods stay"
    return text if applied else f"{_not_measured(view)}; else: {text}"


def _before_pods(case: Case, view: View, threshold: Threshold, state: MountState, stock: Stock | None) -> str:
    if view.dedicated is None:
        return ""
    layout = reclaim.layout_of(dedicated_imagefs=view.dedicated, separate_containerfs=False)
    steps = reclaim.before_pods(layout, threshold.signal, case.minor)
    said = ["deletes dead containers"] if "containers" in steps else []
    if "images" in steps:
        age = short(case.field("imageMinimumGCAge").value)
        here = same_disk(state, case.imagefs.state)
        said.append(f"{'' if said else 'deletes '}every unused image older than {age}")
        said[-1] += _how_many(stock) if here else f" (none is on {named(state)})"
    return f"{', then '.join(said)}, then " if said else "deletes nothing first, "


def _how_many(stock: Stock | None) -> str:
    if stock is None:
        return ""
    return f" ({len(stock.eligible)}, they count {size(stock.counts)}{back(stock.gives_back)})"


def _not_measured(view: View) -> str:
    if view.measured.state == "unknown":
        return "whether the kubelet measures this disk cannot be told"
    return "the kubelet does not measure this disk"
