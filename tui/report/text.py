"""An assessment as plain text, for tickets and for those who cannot use the app: the same content, no colour."""

from __future__ import annotations

import time
from collections.abc import Callable

from tui.model import Assessment, Finding
from tui.report import columns, daemons, disks, images
from tui.report.columns import to_ascii, wrap
from tui.report.lines import where
from tui.words import visible

Part = Callable[[Assessment, int], list[str]]


def as_text(assessment: Assessment, width: int = 100, *, ascii_only: bool = False) -> str:
    """The report, lines of at most ``width`` cells where words allow it, with a newline at the end.

    Strings from the node stand in it literally, with everything that a terminal could obey made visible.
    """
    parts: tuple[tuple[str, Part], ...] = (
        ("", _head),
        ("Findings", _findings),
        ("Disks", disks.table),
        ("What the kubelet measures", disks.measured),
        ("What fires", disks.triggers),
        ("Images", images.images),
        ("Container runtimes", daemons.runtimes),
        ("Kubelet", daemons.kubelet),
        ("Kubelet thresholds", daemons.settings),
        ("Distribution", daemons.distribution),
        ("Kubelet log", daemons.events),
        ("Could not be read", _gaps),
    )
    lines: list[str] = []
    for title, part in parts:
        body = part(assessment, width)
        if body:
            lines += ([title] if title else []) + body + [""]
    text = "\n".join(map(visible, lines[:-1])) + "\n"
    return to_ascii(text) if ascii_only else text


def _head(assessment: Assessment, width: int) -> list[str]:
    from tui import __version__

    survey = assessment.survey
    host = survey.host
    seen = {"node": "", "demo": " (DEMO: a simulated node)"}.get(host.kind, f" ({host.kind}, {visible(host.root)})")
    when = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(survey.wall))
    facts = [visible(part) for part in (host.os, survey.distro.name) if part]
    lines = [
        f"imagegc {__version__} · {visible(host.name)}{seen} · {when}",
        *([" · ".join(facts)] if facts else []),
        "",
    ]
    lines += wrap(assessment.verdict, width, first=f"{assessment.severity.name if assessment.exit_code else 'OK'}: ")
    for reason in assessment.undetermined:
        lines += wrap(reason, width, first="not determined: ")
    if host.euid != 0:
        lines += wrap("not run as root: what only root may read is unknown below", width)
    return lines


def _findings(assessment: Assessment, width: int) -> list[str]:
    lines: list[str] = []
    for finding in assessment.findings:
        lines += _finding(finding, width)
    return lines


def _finding(finding: Finding, width: int) -> list[str]:
    sure = "" if finding.sure.value == "certain" else f" ({finding.sure.value})"
    lines = wrap(f"{finding.title}{sure}", width, first=f"  {finding.severity.name.lower():8}  ")
    for reason in finding.evidence:
        lines += wrap(f"{reason.text}{where(reason.origin)}", width, first="            - ")
    for at, step in enumerate(finding.remedy.splitlines()):
        lines += wrap(step, width, first="            do: " if at == 0 else " " * 16)
    return [*lines, *wrap(f"[{finding.code}]", width, first=" " * 12)]


def _gaps(assessment: Assessment, width: int) -> list[str]:
    return columns.table([(visible(what), visible(reason)) for what, reason in assessment.survey.gaps])
