"""Findings on what the daemons answer: contradictions to their files, statistics that fail, a kubelet that is ill.

That they do not answer at all is normal and no finding.
"""

from __future__ import annotations

from collections.abc import Iterator

from tui.assess.answers import CONFIGZ
from tui.assess.case import Case, named
from tui.assess.scene import Scene, restart
from tui.assess.summary import SETTLED_S, SUMMARY, asked_mono
from tui.assess.triggers import SIGNALS
from tui.model import Contradiction, Evidence, Finding, Origin, Severity
from tui.words import visible

HEALTHZ = Origin("socket", "/healthz")
FIRING = ("imageGCHighThresholdPercent", "imageGCLowThresholdPercent", *SIGNALS)
"""Values that decide at which byte something fires."""
_SHOWN = 3


def find(scene: Scene) -> Iterator[Finding]:
    """Findings on the kubelet's answers, then on the runtime's."""
    yield from _values(scene.case)
    yield from _failing(scene)
    yield from _other_view(scene)
    yield from _ill(scene.case)
    yield from _image_path(scene.case)


def _values(case: Case) -> Iterator[Finding]:
    """The kubelet obeys other values than its files make: both, loudly."""
    found = case.contradictions
    if not found:
        return
    said = "; ".join(both(one) for one in found[:_SHOWN])
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    why = found[0].explained
    title = f"The kubelet obeys other values than its files say: {said}{more}{f' ({why})' if why else ''}."
    evidence = tuple(_proof(one) for one in found)
    grave = not why and any(one.key in FIRING for one in found)
    remedy = f"{restart(case)}, and it obeys the files" if why else _search(case)
    severity = Severity.CRITICAL if grave else Severity.WARNING
    yield Finding("answer-contradicts-files", severity, title, evidence, remedy, "answers")


def both(one: Contradiction) -> str:
    """``imageGCHighThresholdPercent is 85, not 60``."""
    return f"{visible(one.key)} is {visible(one.answer)}, not {visible(one.files)}"


def _proof(one: Contradiction) -> Evidence:
    where = f", {visible(str(one.files_origin))}: {visible(one.files)}" if one.files_origin else ""
    return Evidence(f"{visible(one.key)}: {visible(one.answer)} by its own answer{where}.", CONFIGZ)


def _search(case: Case) -> str:
    pid = f"/proc/{case.process.pid}/cmdline" if case.process else "its command line"
    return f"look where the running kubelet got it: {pid}, its unit, its --config and --config-dir"


def _failing(scene: Scene) -> Iterator[Finding]:
    """HTTP 500: the eviction manager asks the same way, gets the same error, and evicts nothing (4.3)."""
    case = scene.case
    if case.answer is None or case.answer.summary_status != 500:
        return
    early = case.process is not None and asked_mono(case) - case.process.started < SETTLED_S
    title = "The kubelet cannot make its statistics (/stats/summary: HTTP 500): while that lasts it evicts nothing."
    text = visible(case.answer.summary.reason)[:300] or "without a text"
    severity = Severity.CRITICAL if scene.view.fate == "broken" else Severity.INFO if early else Severity.WARNING
    remedy = "" if early else f"look in the kubelet's log for 'failed to get summary stats'; then {restart(case)}"
    yield Finding("summary-fails", severity, title, (Evidence(f"It says: {text}", SUMMARY),), remedy, "measured")


def _other_view(scene: Scene) -> Iterator[Finding]:
    """Its statistics show another disk than its start and its log let expect; what they show counts."""
    beaten = scene.view.beaten
    if beaten is None:
        return
    expected = f"{visible(beaten.mountpoint)}" if beaten.mountpoint else f"nothing ({beaten.state})"
    shows = named(scene.view.images) if scene.view.images else f"nothing ({visible(scene.view.fate)})"
    title = f"The kubelet's own statistics show that it measures {shows}; by its start it would be {expected}."
    evidence = scene.view.measured.evidence
    yield Finding("answer-contradicts-view", Severity.INFO, title, evidence, "", "measured")


def _ill(case: Case) -> Iterator[Finding]:
    healthz = case.answer.healthz if case.answer else None
    if healthz is None or healthz.value is None or healthz.value.strip() == "ok":
        return
    text = visible(" ".join(healthz.value.split()))[:200] or "nothing"
    title = f"The kubelet says of itself that it is not healthy: {text}"
    remedy = "journalctl -u kubelet -n 100"
    evidence = (Evidence(f"/healthz answered: {text}", healthz.origin or HEALTHZ),)
    yield Finding("kubelet-unhealthy", Severity.WARNING, title, evidence, remedy, "answers")


def _image_path(case: Case) -> Iterator[Finding]:
    """The runtime names another directory than its process and files let expect; the kubelet follows the answer."""
    runtime, said = case.runtime, case.imagefs.path
    ours = runtime.imagefs if runtime else None
    if runtime is None or ours is None or not ours.value or not said or ours.value.rstrip("/") == said.rstrip("/"):
        return
    title = f"{visible(runtime.name)} itself says that images are in {visible(said)}, not in {visible(ours.value)}."
    evidence = (
        Evidence(f"ImageFsInfo: {visible(said)}.", runtime.answer.origin),
        Evidence(f"By its process and files: {visible(ours.value)}.", ours.origin),
    )
    remedy = "the kubelet follows the answer, and so do the figures here"
    yield Finding("answer-contradicts-image-path", Severity.WARNING, title, evidence, remedy, "root")
