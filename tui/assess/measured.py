"""Which filesystem the kubelet measures as imagefs, how sure that is and from what (kubelet-gc.md 2.4)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tui.assess import summary
from tui.assess.case import Case, named, same_disk
from tui.assess.sight import Sight, look
from tui.assess.witness import Witness, hear
from tui.model import Evidence, Measured, MountState, Origin, Sure
from tui.words import visible


@dataclass(frozen=True)
class View:
    """The kubelet's view of the node.

    ``images`` and ``nodefs``: the mounts whose figures it reads; None when it gets none or it is not known; with no
    kubelet running, what the next start would read. ``dedicated``: whether it takes images to have their own disk.
    ``fate``: what the look-up comes to even where ``measured.state`` is "unknown" because no kubelet runs.
    ``beaten``: what start and log let expect, where the kubelet's own statistics show something else.
    """

    measured: Measured
    images: MountState | None
    nodefs: MountState | None
    dedicated: bool | None
    fate: str
    sight: Sight
    beaten: Measured | None = None


def view(case: Case) -> View:
    """Judge what the kubelet measures."""
    sight, nodefs = _at_home(case, look(case, case.imagefs)), _at_home(case, look(case, case.nodefs))
    fate = _fate(case, sight)
    measured = _measured(case, sight, fate)
    beaten = None
    for heard in (hear(case), summary.ask(case)) if case.process is not None else ():
        if heard is not None:
            before, known = measured, fate != "unknown"
            measured, sight, fate, changed = _corrected(measured, sight, fate, heard)
            beaten = before if changed and heard.own and known else beaten
    images = sight.state if fate in ("right", "stale") else None
    node = nodefs.state or case.nodefs.state
    return View(measured, images, node, _dedicated(sight, nodefs, images, node), fate, sight, beaten)


def _at_home(case: Case, sight: Sight) -> Sight:
    """A mount that only the kubelet's namespace has stands for the same filesystem in the node's own table."""
    state = sight.state
    if state is None or any(state is one for one in case.survey.mounts):
        return sight
    twins = [one for one in case.survey.mounts if same_disk(one, state)]
    twins.sort(key=lambda one: (one.mount.mountpoint != state.mount.mountpoint, bool(one.hidden)))
    return replace(sight, state=twins[0]) if twins else sight


def _dedicated(sight: Sight, root: Sight, images: MountState | None, nodefs: MountState | None) -> bool | None:
    """By device name, as HasDedicatedImageFs does; by filesystem where a name is missing."""
    if images is None or nodefs is None:
        return None
    if sight.device and root.device:
        return sight.device != root.device
    return not same_disk(images, nodefs)


def _fate(case: Case, sight: Sight) -> str:
    if sight.failure:
        return "broken" if sight.effect == "error" else "unknown-device"
    if sight.state is None:
        return "unknown"
    return "right" if same_disk(sight.state, case.imagefs.state) else "stale"


def _measured(case: Case, sight: Sight, fate: str) -> Measured:
    """The public judgement, before the log was heard."""
    after = sight.dating.after_s if sight.dating else None
    if fate == "unknown" or case.process is None:
        reason = sight.reason if fate == "unknown" else _not_running(case, sight, fate)
        return replace(_told("unknown", sight), reason=reason, sure=Sure.UNKNOWN, dated_after_s=after)
    base = _told(fate, sight)
    return replace(base, evidence=_evidence(case, sight, fate), dated_after_s=after)


def _told(state: str, sight: Sight) -> Measured:
    mountpoint = sight.state.mount.mountpoint if sight.state else ""
    measured = Measured("unknown", mountpoint, sight.device, sight.sure)
    return replace(measured, state=state)  # type: ignore[arg-type]  # one of the literals, see _fate


def _not_running(case: Case, sight: Sight, fate: str) -> str:
    why = "only files were read" if case.offline else "no kubelet is running"
    if fate in ("right", "stale"):
        return f"{why}; its next start would measure {named(sight.state)}"
    return f"{why}; its next start would find no device: {visible(sight.failure)}"


def _evidence(case: Case, sight: Sight, fate: str) -> tuple[Evidence, ...]:
    found: list[Evidence] = []
    images = named(case.imagefs.state)
    if sight.basis == "table":
        found.append(_table_says(case, sight, images))
    if sight.absent:
        found.append(Evidence(f"{images} is not mounted in the kubelet's own mount namespace.", _own_mountinfo(case)))
    if sight.dating and sight.dating.evidence:
        found.append(sight.dating.evidence)
    if fate in ("stale", "unknown-device", "broken") or sight.how == "ancestor":
        found.append(Evidence(_rule(case, sight, fate)))
    if case.survey.kubelet.version.value is None:
        found.append(Evidence(f"The kubelet's version is not known; these are the rules of 1.{case.minor}."))
    if not case.imagefs.by_stat:
        found.append(Evidence(f"{visible(case.imagefs.path)} could not be followed; its mount is by the path alone."))
    return tuple(found)


def _own_mountinfo(case: Case) -> Origin | None:
    return case.process.mounts.origin if case.process else None


def _table_says(case: Case, sight: Sight, images: str) -> Evidence:
    source = visible(case.imagefs.state.mount.source) if case.imagefs.state else ""
    verb = "lists" if sight.how == "number" else "does not list"
    text = f"The device table that the kubelet read at its start {verb} {source} ({images})."
    return Evidence(text, case.survey.kubelet.partitions.origin)


def _rule(case: Case, sight: Sight, fate: str) -> str:
    """The rule of this version, in one sentence."""
    who = f"kubelet 1.{case.minor}"
    if case.cri_o:
        return f"{who} resolved CRI-O's image directory once, at its start: {visible(sight.device)}."
    if sight.absent and sight.how == "number":
        return f"In the kubelet's namespace the image path lies on {named(sight.state)}."
    if fate == "right":
        return f"{who} knows another disk by this mountpoint; it reads the figures of what is mounted there now."
    if fate == "stale":
        return f"{who} falls back to the nearest mount known at its start: {named(sight.state)}."
    why = visible(sight.failure)
    if fate == "broken":
        return f"{who} gets an error for this path and then has no statistics at all: {why}"
    return f"{who} finds no device for this path, so capacity 0: {why}"


def _corrected(measured: Measured, sight: Sight, fate: str, heard: Witness) -> tuple[Measured, Sight, str, bool]:
    """What the log proves beats what dates suggest, the kubelet's own answer beats all; agreement makes it certain."""
    elsewhere = heard.state is not None and not same_disk(heard.state, sight.state)
    differs = heard.fate != fate or (heard.own and elsewhere)
    if differs and sight.basis == "table" and not heard.own:
        return measured, sight, fate, False
    if differs:
        device = heard.state.mount.source if heard.state else ""
        sight = replace(sight, state=heard.state, device=device, failure=heard.failure, how="", sure=Sure.CERTAIN)
        told = replace(_told(heard.fate, sight), dated_after_s=measured.dated_after_s)
        measured = replace(told, evidence=_against(measured) if heard.own else ())
    evidence = (*heard.evidence, *measured.evidence)
    return replace(measured, evidence=evidence, sure=Sure.CERTAIN, reason=""), sight, heard.fate, differs


def _against(measured: Measured) -> tuple[Evidence, ...]:
    """What spoke for something else, and that it did."""
    if measured.state == "unknown":
        return measured.evidence
    place = f" {visible(measured.mountpoint)}" if measured.mountpoint else ""
    said = f"Against it, and beaten: without this answer it would be {measured.state}{place} ({measured.sure.value})."
    return (Evidence(said), *measured.evidence)
