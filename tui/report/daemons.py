"""The text report on the kubelet, container runtimes, the distribution and the log."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tui.model import Assessment, Fact, Pending, Process, RuntimeState, Unit
from tui.report.columns import cells, pad, wrap
from tui.report.lines import beaten, fact, where
from tui.words import visible

EVENTS_SHOWN = 20


def _entry(label: str, text: str, width: int, more: Sequence[str] = ()) -> list[str]:
    lines = wrap(text, width, first=f"  {pad(label, 16)}  ")
    for line in more:
        lines += wrap(line, width, first=" " * 22)
    return lines


def _stamp(wall: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(wall))


def _process(process: Fact[Process]) -> str:
    found = process.value
    if found is None:
        return fact(process)
    return f"pid {found.pid}, started {_stamp(found.started_wall)}, {fact(found.exe)}"


def _unit(unit: Fact[Unit]) -> str:
    found = unit.value
    if found is None:
        return fact(unit)
    files = ", ".join((found.fragment, *found.dropins)) if found.fragment else "no unit file"
    return f"{found.name} ({found.state}): {files}{f'; {found.error}' if found.error else ''}"


def _pending(pending: Sequence[Pending], width: int) -> list[str]:
    lines: list[str] = []
    for each in pending:
        text = f"{each.what} (changed {_stamp(each.changed_wall)}{'' if each.sure else '; only possibly'})"
        lines += _entry("pending restart", text, width)
    return lines


def runtimes(assessment: Assessment, width: int) -> list[str]:
    """Each runtime with its root, and what that value beat."""
    lines: list[str] = []
    for runtime in assessment.survey.runtimes:
        lines += _runtime(runtime, width)
    return lines or ["  none found"]


def _runtime(runtime: RuntimeState, width: int) -> list[str]:
    serves = "serves the kubelet" if runtime.serves_kubelet else "does not serve the kubelet"
    lines = _entry(visible(runtime.name), f"{runtime.kind} {fact(runtime.version)}, {serves}", width)
    lines += _entry("  process", _process(runtime.process), width)
    lines += _entry("  unit", _unit(runtime.unit), width)
    lines += _entry("  root", fact(runtime.root), width, beaten(runtime.root.beaten))
    lines += _entry("  imagefs", fact(runtime.imagefs), width)
    config = runtime.config.value
    if config is None:
        return lines + _entry("  configuration", fact(runtime.config), width)
    lines += _entry("  snapshotter", fact(config.snapshotter), width)
    lines += _entry("  at next start", f"root {fact(config.root)}", width, beaten(config.root.beaten))
    lines += _entry("  files", ", ".join(config.files) or "none", width)
    for note in config.notes:
        lines += _entry("  note", f"{note.text}{where(note.origin)}", width)
    if config.error:
        lines += _entry("  error", f"{config.error}{where(config.error_origin)}", width)
    return lines + _pending(runtime.pending, width)


def kubelet(assessment: Assessment, width: int) -> list[str]:
    """The kubelet's process, version, unit and configuration files."""
    state = assessment.survey.kubelet
    answered = answers(assessment, width)
    carried = f", carried by {state.embedded}" if state.embedded else ""
    lines = _entry("version", f"{fact(state.version)}{carried}; rules of 1.{state.minor}", width)
    lines += _entry("process", _process(state.process), width)
    lines += _entry("unit", _unit(state.unit), width)
    config = state.config.value
    if config is None:
        return lines + _entry("configuration", fact(state.config), width) + answered + _pending(state.pending, width)
    lines += _entry("files", ", ".join(config.files) or "none", width)
    for note in config.notes:
        lines += _entry("note", f"{note.text}{where(note.origin)}", width)
    for title, each in (("error", config), ("at next start", state.next_config)):
        if each is not None and each.error:
            lines += _entry(title, f"{each.error}{where(each.error_origin)}", width)
    return lines + answered + _pending(state.pending, width)


def answers(assessment: Assessment, width: int) -> list[str]:
    """What the kubelet itself answered, each endpoint, and where that differs from its files."""
    heard = assessment.survey.kubelet.answer
    if heard.value is None:
        return _entry("own answer", fact(heard), width)
    answer = heard.value
    lines = _entry("own answer", f"asked {_stamp(answer.wall)}; healthz {fact(answer.healthz)}", width)
    lines += _entry("  configz", "heard" if answer.configz.value is not None else fact(answer.configz), width)
    status = f" (HTTP {answer.summary_status})" if answer.summary_status else ""
    lines += _entry("  stats/summary", f"{'heard' if answer.summary.value else fact(answer.summary)}{status}", width)
    for one in assessment.contradictions:
        text = f"{one.key}: it obeys {one.answer}, its files say {one.files}{where(one.files_origin)}"
        lines += _entry("  contradiction", text, width)
    return lines


def settings(assessment: Assessment, width: int) -> list[str]:
    """Every threshold with its origin and what it beat."""
    lines: list[str] = []
    room = max((cells(visible(each.label)) for each in assessment.settings), default=0)
    for each in assessment.settings:
        note = f"  ({each.note})" if each.note else ""
        origin = where(each.fact.origin) if each.fact.known else f"  {fact(each.fact)}"
        pending = f"  at the next start: {each.pending}" if each.pending else ""
        lines += wrap(f"{each.value}{origin}{note}{pending}", width, first=f"  {pad(visible(each.label), room)}  ")
        for line in beaten(each.fact.beaten):
            lines += wrap(line, width, first=" " * (room + 6))
    return lines


def distribution(assessment: Assessment, width: int) -> list[str]:
    """What the distribution is, from what, and what becomes of edits."""
    distro = assessment.survey.distro
    lines = _entry("name", distro.name or "not recognised", width, distro.evidence)
    for edit in distro.edits:
        instead = f"; instead: {edit.instead}" if edit.instead else ""
        lines += wrap(f"an edit of {edit.path}: {edit.fate}. {edit.why}{instead}", width, first="  ", rest=" " * 6)
    for note in assessment.survey.decoys:
        lines += wrap(f"not read by anything: {note.text}{where(note.origin)}", width, first="  ", rest=" " * 6)
    return lines


def events(assessment: Assessment, width: int) -> list[str]:
    """The last lines of the kubelet's log that say something about image GC, eviction or devices."""
    found = list(dict.fromkeys(event.line for event in assessment.survey.kubelet.events))  # one line may say two things
    lines: list[str] = []
    for line in found[-EVENTS_SHOWN:]:
        lines += wrap(line.message, width, first=f"  {_stamp(line.wall)}  ")
    if len(found) > EVENTS_SHOWN:
        lines.insert(0, f"  the last {EVENTS_SHOWN} of {len(found)}")
    return lines
