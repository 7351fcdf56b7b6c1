"""The judgement over one survey: pure, quick enough for once a second."""

from __future__ import annotations

from collections.abc import Mapping

from tui.assess.case import Case, open_case
from tui.assess.disks import disks
from tui.assess.findings import findings
from tui.assess.images import images_view
from tui.assess.measured import View, view
from tui.assess.pressure import pressure
from tui.assess.settings import settings
from tui.assess.stock import stock
from tui.assess.triggers import table
from tui.assess.verdict import undetermined, verdict
from tui.model import Assessment, Fact, History, Severity, Survey


def assess(survey: Survey, history: History | None = None) -> Assessment:
    """Judge a survey.

    Of a root directory (``survey.host.kind`` "root-dir") there are only files: the thresholds, containerd's root and
    whatever is wrong in the files are judged as for any node; that no process runs there is neither a finding nor
    undetermined, so a healthy tree is green. ``measured.state`` is "unknown" then. What cannot be read although it
    is a matter of files (no kubelet configuration, no containerd root) is undetermined there too.

    Args:
        survey: what was read.
        history: samples by mountpoint, oldest first; without them no time can be told, only distances.
    """
    case = open_case(survey, history or {})
    seen = view(case)
    stored = stock(case)
    rows = table(case, seen, stored.value)
    pictures = images_view(case, stored, rows)
    under_pressure = pressure(case, seen, rows)
    where = roles(case, seen)
    found = findings(case, seen, rows, under_pressure, pictures)
    missing = undetermined(case, seen)
    severity = max((finding.severity for finding in found), default=Severity.INFO)
    return Assessment(
        survey=survey,
        disks=disks(case, seen, rows, where),
        roles=where,
        measured=seen.measured,
        settings=settings(case),
        triggers=rows,
        pressure=under_pressure,
        findings=found,
        verdict=verdict(case, seen, found, rows, missing, pictures.value),
        severity=severity,
        undetermined=missing,
        images=pictures,
        contradictions=case.contradictions,
    )


def roles(case: Case, seen: View) -> Mapping[str, Fact[str]]:
    """The filesystems as things are, whatever the kubelet sees: mountpoints by role, or why they are not known."""
    containers: Fact[str] = case.imagefs.fact
    if case.cri_o:
        containers = Fact.unknown("CRI-O can keep containers apart from images; where is not read")
    return {"nodefs": case.nodefs.fact, "imagefs": case.imagefs.fact, "containerfs": containers}
