"""Findings on configuration files: what is ignored, beaten, pending, or read by nobody.

kubelet-gc.md 1, containerd-root.md 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tui.assess.case import Case
from tui.assess.scene import Scene, restart
from tui.assess.settings import settings
from tui.model import ConfigNote, Evidence, Finding, Origin, Pending, RuntimeState, Severity, Sure
from tui.words import span, visible

HIGH = "imageGCHighThresholdPercent"
_OURS = re.compile(r"image_?-?(gc|min|max)|evict|nodefs|imagefs", re.IGNORECASE)
_LOST = {"unknown-field", "wrong-case", "duplicate-key"}
_GRAVE = {"dropin-resets", "merge-setting-ignored"}
_SAID_ELSEWHERE = {"no-eviction-defaults", "embedded"}
_ROOT_LOST = {"wrong-table", "wrong-case", "beaten-by-flag"}


def find(scene: Scene) -> Iterator[Finding]:
    """Findings on the kubelet's files, then on those of its runtime, then on files that nobody reads."""
    case = scene.case
    yield from _kubelet_notes(case)
    yield from _kubelet_pending(case)
    if case.runtime is not None:
        yield from _runtime_notes(case.runtime)
        yield from _runtime_pending(case.runtime)
    for note in case.survey.decoys:
        yield Finding("decoy", Severity.INFO, _sentence(note), _seen(note), "edit the file that is read, not this one")


def _seen(note: ConfigNote) -> tuple[Evidence, ...]:
    return (Evidence(visible(note.origin.text or str(note.origin)), note.origin),)


def _sentence(note: ConfigNote) -> str:
    return f"{visible(note.text)} ({visible(str(note.origin))})."


def _kubelet_notes(case: Case) -> Iterator[Finding]:
    """What the kubelet drops without saying so; a warning where it concerns what this program is about."""
    for note in case.config.notes if case.config else ():
        if note.code in _SAID_ELSEWHERE:
            continue
        ours = _OURS.search(f"{note.text} {note.origin.text}") is not None
        grave = note.code in _GRAVE or (note.code in _LOST and ours)
        severity = Severity.WARNING if grave else Severity.INFO
        remedy = f"correct the spelling or the place, then {restart(case)}" if note.code in _LOST else ""
        subject = next((row.key for row in settings(case) if row.key in note.text), HIGH if ours else "")
        yield Finding(note.code, severity, _sentence(note), _seen(note), remedy, subject)


def _kubelet_pending(case: Case) -> Iterator[Finding]:
    """A configuration on disk that is newer than the process (worded as possible unless it is sure)."""
    process, pending = case.process, case.survey.kubelet.pending
    if process is None or not pending:
        return
    changes = [f"{row.label} {row.pending}" for row in settings(case) if row.pending]
    evidence = tuple(_changed(one, process.started_wall) for one in pending)
    files = visible(pending[0].path)
    more = f" and {len(pending) - 1} more" if len(pending) > 1 else ""
    if changes:
        title = f"A restart of the kubelet would change {', '.join(changes)}: {files}{more} is newer than the process."
        yield Finding("pending-kubelet", Severity.WARNING, title, evidence, restart(case), HIGH, _sure(pending))
        return
    title = f"{files}{more} changed after the kubelet started: it may still obey older values than those shown."
    severity = Severity.INFO if case.survey.kubelet.embedded else Severity.WARNING
    if case.answer is not None and case.answer.configz.known:
        title = f"{files}{more} changed after the kubelet started; its own answer says that it obeys the values shown."
        severity = Severity.INFO
    yield Finding("pending-kubelet", severity, title, evidence, restart(case), HIGH, _sure(pending))


def _sure(pending: Iterable[Pending]) -> Sure:
    return Sure.CERTAIN if all(one.sure for one in pending) else Sure.LIKELY


def _changed(one: Pending, started_wall: float) -> Evidence:
    late = one.changed_wall - started_wall
    when = f"{span(late)} after the process started" if late >= 0 else "by its date before the process started"
    return Evidence(f"{visible(one.path)}: {visible(one.what)}, {when} (file times).", Origin("file", one.path))


def _runtime_notes(runtime: RuntimeState) -> Iterator[Finding]:
    config = runtime.config.value
    for note in config.notes if config else ():
        moves = note.code in _ROOT_LOST and re.search(r"\broot\b", note.text, re.IGNORECASE) is not None
        severity = Severity.WARNING if moves or note.code == "snapshotter-dropped" else Severity.INFO
        remedy = "take the line out, or change the root where it is decided" if moves else ""
        yield Finding(f"containerd-{note.code}", severity, _sentence(note), _seen(note), remedy, "root")


def _runtime_pending(runtime: RuntimeState) -> Iterator[Finding]:
    """A root on disk that the running daemon does not use yet."""
    config, process = runtime.config.value, runtime.process.value
    if config is None or process is None or not runtime.root.value or not config.root.value or config.error:
        return
    name = visible(runtime.name)
    evidence = tuple(_changed(one, process.started_wall) for one in runtime.pending)
    if config.root.value.rstrip("/") != runtime.root.value.rstrip("/"):
        title = (
            f"The next start of {name} moves its root from {visible(runtime.root.value)} to "
            f"{visible(config.root.value)}: all images would be pulled again."
        )
        both = (*evidence, Evidence("The root in the files.", config.root.origin))
        yield Finding("containerd-root-pending", Severity.WARNING, title, both, "check that this is meant", "root")
    elif runtime.pending:
        title = f"Configuration of {name} changed after it started; its root stays where it is."
        yield Finding("pending-containerd", Severity.INFO, title, evidence, "", "root", _sure(runtime.pending))
