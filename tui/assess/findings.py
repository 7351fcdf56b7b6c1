"""All findings over one survey, worst first; what is merely worth knowing is INFO."""

from __future__ import annotations

from collections.abc import Sequence

from tui.assess import finds_daemons, finds_disks, finds_files, finds_thresholds, finds_view
from tui.assess.case import Case
from tui.assess.measured import View
from tui.assess.scene import Scene
from tui.model import Finding, Pressure, Trigger


def findings(case: Case, view: View, triggers: Sequence[Trigger], pressure: Pressure) -> tuple[Finding, ...]:
    """Every finding once, worst first, those of equal weight in the order of the rooms below."""
    scene = Scene(case, view, triggers, pressure)
    rooms = (finds_view, finds_disks, finds_daemons, finds_thresholds, finds_files)
    found = dict.fromkeys(finding for room in rooms for finding in room.find(scene))
    return tuple(sorted(found, key=lambda finding: -finding.severity))
