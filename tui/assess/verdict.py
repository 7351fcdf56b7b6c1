"""The verdict: one or two sentences that a tired engineer can act on."""

from __future__ import annotations

from collections.abc import Sequence

from tui.assess.case import Case, named
from tui.assess.measured import View
from tui.model import Finding, Forecast, ImagesView, Severity, Trigger
from tui.words import number, size, span, visible

_TAILS = {"stale-view": "Nothing will make room there."}


def undetermined(case: Case, view: View) -> tuple[str, ...]:
    """What could not be found out and matters; of a root directory only what is a matter of files."""
    survey = case.survey
    found = []
    if case.config is None:
        found.append(f"the kubelet's configuration: {visible(survey.kubelet.config.reason) or 'no kubelet found'}")
    elif case.wrong_rules:
        found.append(f"the kubelet's version, and so its configuration: {visible(survey.kubelet.version.reason)}")
    if case.runtime is None:
        found.append(f"the container runtime: {visible(case.imagefs.reason)}")
    elif not case.runtime.root.known and not case.cri_o:
        found.append(f"containerd's root: {visible(case.runtime.root.reason)}")
    if case.offline:
        return tuple(found)
    if case.process is None and (survey.kubelet.unit.value is None or survey.kubelet.unit.value.state != "loaded"):
        found.append(f"the kubelet: {visible(survey.kubelet.process.reason) or 'not found'}")
    if case.runtime is not None and case.imagefs.state is None:
        found.append(f"where images are: {visible(case.imagefs.reason)}")
    elif case.process is not None and view.measured.state == "unknown":
        found.append(f"which filesystem the kubelet measures: {visible(view.measured.reason)}")
    if case.imagefs.state is not None and not case.imagefs.state.usage.known:
        found.append(f"the figures of {named(case.imagefs.state)}: {visible(case.imagefs.state.usage.reason)}")
    return tuple(found)


def verdict(
    case: Case,
    view: View,
    findings: Sequence[Finding],
    triggers: Sequence[Trigger],
    missing: Sequence[str],
    images: ImagesView | None = None,
) -> str:
    """The worst finding; else what is missing; else what comes next."""
    worst = findings[0] if findings else None
    if worst is not None and worst.severity > Severity.INFO:
        tail = _TAILS.get(worst.code, "") if case.process else ""
        return f"{worst.title} {tail}".rstrip()
    if missing:
        return f"Not everything could be determined: {missing[0]}."
    if case.offline:
        return "Nothing wrong in the files; what runs and what it measures cannot be told from a root directory."
    first = next((row for row in triggers if row.first), None)
    return _next(first, images) if first else "No disk threshold is in force here, and nothing is wrong."


def _next(row: Trigger, images: ImagesView | None) -> str:
    """``Next: image GC at 60 % in ~ 3 d on /; about 61 G would come back.``, or by distance when nothing grows."""
    what = _what(row)
    if row.met:
        return f"{what[:1].upper()}{what[1:]} is due now: {row.will}."
    if row.when.state == "in" and row.when.soonest is not None:
        return f"Next: {what} in {_range(row.when)} on {visible(row.mountpoint)}{_then(row, images)}."
    left = "?" if row.left is None else f"{number(row.left)} inodes" if row.resource == "inodes" else size(row.left)
    grows = "Nothing grows. " if row.when.state == "not growing" else ""
    then = _then(row, images) if images else ""
    return f"{grows}Next: {what} on {visible(row.mountpoint)}, {left} away{then}."


def _then(row: Trigger, images: ImagesView | None) -> str:
    """What image GC would bring back with the images of now; else what it would want."""
    if row.kind != "image GC" or not row.amount:
        return ""
    run = images.run if images else None
    if run is None or run.mountpoint != row.mountpoint or run.gives_back.value is None:
        return f"; it would want {size(row.amount)}"
    back = run.gives_back.value
    return f"; about {size(back)} would come back" if back else "; no image is unused, so nothing would come back"


def _what(row: Trigger) -> str:
    if row.kind == "image GC":
        return f"image GC at {row.threshold.removeprefix('high ')}"
    if row.kind == "disk full":
        return "a full disk"
    return f"{row.kind} by {visible(row.signal)} below {row.threshold.partition(' ')[2]}"


def _range(when: Forecast) -> str:
    soonest = span(when.soonest or 0.0)
    latest = "" if when.latest is None else span(when.latest)
    return f"~ {soonest}" if latest in ("", soonest) else f"{soonest} to {latest}"
