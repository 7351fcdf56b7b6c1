"""What the kubelet's own log proves about the filesystem that it measures (kubelet-gc.md 2.4, 2.7, 3.3)."""

from __future__ import annotations

from dataclasses import dataclass

from tui.assess.case import Case, named, usage
from tui.kubelet import devices, image_gc
from tui.kubelet.devices import Lookup
from tui.model import Evidence, KubeletEvent, MountState, Origin, Usage
from tui.words import exact


@dataclass(frozen=True)
class Witness:
    """``fate``: "right", "stale", "unknown-device" or "broken"; ``state``: the mount measured, if any.

    ``own``: the kubelet's own answer, which beats everything else.
    """

    fate: str
    state: MountState | None
    failure: str
    evidence: tuple[Evidence, ...]
    own: bool = False


def hear(case: Case) -> Witness | None:
    """The newest line since the kubelet's start that settles the question, or None.

    A line about the image disk stays true until a restart, for the device table is frozen. A line about another disk
    counts only if it is younger than the runtime's start and the image disk's mount: before, images were elsewhere.
    """
    for event in reversed(case.survey.kubelet.events):
        found = _unknown_device(case, event) or _figures(case, event)
        if found is not None:
            return found
    return None


def _unknown_device(case: Case, event: KubeletEvent) -> Witness | None:
    if event.code != "unknown-device" or case.imagefs.state is None:
        return None
    number = (event.values.get("major"), event.values.get("minor"))
    if number not in (case.imagefs.device, case.imagefs.state.mount.dev):
        return None
    failure = f"could not find device with major: {number[0]}, minor: {number[1]} in cached partitions map"
    broken = devices.effect(Lookup("", "", failure, failure=failure), case.minor) == "error"
    text = f"The kubelet's log: no device {number[0]}:{number[1]}, which is {named(case.imagefs.state)}, in its table."
    return Witness("broken" if broken else "unknown-device", None, failure, (_said(event, text),))


def _figures(case: Case, event: KubeletEvent) -> Witness | None:
    """A line with figures that fit one disk only."""
    images, other = case.imagefs.state, case.nodefs.state
    here, there = usage(images), usage(other)
    if images is None or other is None or here is None or there is None or images.mount.dev == other.mount.dev:
        return None
    fits_here, fits_there = _fits(event, here), _fits(event, there)
    if fits_here == fits_there:
        return None
    if fits_here:
        return Witness("right", images, "", (_said(event, _proof(event, images, here)),))
    return (
        Witness("stale", other, "", (_said(event, _proof(event, other, there)),))
        if after_the_move(case, event.line.mono)
        else None
    )


def _fits(event: KubeletEvent, disk: Usage) -> bool:
    """Whether a logged figure can come from this disk: its capacity, or the arithmetic of image GC to the block."""
    values = event.values
    if event.code == "observation" and values.get("signal") == "imagefs.available":
        return bool(values.get("capacity") == disk.capacity)
    if event.code != "gc-fires":
        return False
    high, low, amount = (values.get(name) for name in ("high", "low", "amount"))
    if not (type(high) is int and type(low) is int and type(amount) is int):
        return False
    available = disk.capacity * (100 - low) // 100 - amount
    if not 0 <= available <= disk.capacity or available % max(disk.frsize, 1):
        return False
    decision = image_gc.decide(disk.capacity, available, high, low)
    return bool(decision.usage == values.get("usage") and decision.amount == amount)


def after_the_move(case: Case, mono: float) -> bool:
    """Whether a moment lies after the runtime's start and the images' disk's mount; before, images were elsewhere."""
    runtime = case.runtime.process.value if case.runtime else None
    mounted = case.imagefs.state.appeared.value if case.imagefs.state else None
    return runtime is not None and mono > runtime.started and (mounted is None or mono > mounted)


def _proof(event: KubeletEvent, state: MountState, disk: Usage) -> str:
    if event.code == "observation":
        return f"The kubelet's log: imagefs has a capacity of {exact(disk.capacity)}, as {named(state)} has."
    amount, percent = event.values.get("amount", 0), event.values.get("usage")
    return f"The kubelet's log: usage {percent} %, {exact(amount)} to free; to the block, that is {named(state)}."


def _said(event: KubeletEvent, text: str) -> Evidence:
    return Evidence(text, Origin("journal", "kubelet log", text=event.line.message))
