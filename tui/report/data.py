"""An assessment as plain data for ``imagegc report --json``; every key is documented in ``schema.md`` beside it.

Sizes are bytes, times seconds, shares percent. What is unknown is ``null`` with a reason beside it.
"""

from __future__ import annotations

import json
from typing import Any

from tui import model
from tui.model import Assessment, Fact
from tui.redact import redact_data
from tui.report import answers, nodes
from tui.report.strings import Raw, harmless, is_harmless
from tui.report.values import Data, evidence, fact, origin, severity

SCHEMA = "imagegc.report/1"


def as_data(assessment: Assessment) -> Data:
    """The whole report, ready for ``json.dumps``; strings hold no lone surrogates (see ``raw`` in schema.md)."""
    from tui import __version__

    survey = assessment.survey
    report: Data = {
        "schema": SCHEMA,
        "imagegc": __version__,
        "exit_code": assessment.exit_code,
        "severity": severity(assessment.severity),
        "verdict": assessment.verdict,
        "undetermined": list(assessment.undetermined),
        "time": {"wall": survey.wall, "mono": survey.mono},
        "host": nodes.host(survey.host),
        "distribution": nodes.distro(survey.distro),
        "findings": [finding(each) for each in assessment.findings],
        "disks": [disk(each) for each in assessment.disks],
        "roles": {name: fact(each) for name, each in assessment.roles.items()},
        "measured": measured(assessment.measured),
        "triggers": [trigger(each) for each in assessment.triggers],
        "images": answers.images(assessment.images),
        "pressure": pressure(assessment.pressure),
        "settings": [setting(each) for each in assessment.settings],
        "kubelet": {**nodes.kubelet(survey.kubelet), **answers.kubelet(assessment)},
        "runtimes": [{**nodes.runtime(each), **answers.runtime(each)} for each in survey.runtimes],
        "mounts": [mount(each) for each in survey.mounts],
        "decoys": [nodes.note(each) for each in survey.decoys],
        "gaps": [{"what": what, "reason": reason} for what, reason in survey.gaps],
    }
    raw: Raw = {}
    report = redact_data(report)
    clean: Data = report if is_harmless(report) else harmless(report, raw)
    return {**clean, "raw": raw}


def as_json(data: Data) -> str:
    """The data as ASCII text: a top-level key a line, and of lists an item a line (so that ``grep`` is of use)."""
    return "{\n" + ",\n".join(f"{json.dumps(key)}: {_lines(value)}" for key, value in data.items()) + "\n}\n"


def _lines(value: object) -> str:
    if isinstance(value, list) and value:
        return "[\n  " + ",\n  ".join(map(json.dumps, value)) + "\n]"
    return json.dumps(value)


def finding(value: model.Finding) -> Data:
    """One finding."""
    return {
        "code": value.code,
        "severity": severity(value.severity),
        "title": value.title,
        "evidence": evidence(value.evidence),
        "remedy": value.remedy,
        "subject": value.subject,
        "sure": value.sure.value,
    }


def forecast(value: model.Forecast) -> Data:
    """When something is reached."""
    return {
        "state": value.state,
        "soonest_s": value.soonest,
        "latest_s": value.latest,
        "rate_per_s": value.rate,
        "window_s": value.window_s,
        "samples": value.samples,
        "reason": value.reason,
    }


def measured(value: model.Measured) -> Data:
    """The filesystem that the kubelet measures as imagefs."""
    return {
        "state": value.state,
        "mountpoint": value.mountpoint,
        "device": value.device,
        "sure": value.sure.value,
        "evidence": evidence(value.evidence),
        "reason": value.reason,
        "dated_after_s": value.dated_after_s,
    }


def usage(value: Fact[model.Usage]) -> Data | None:
    """One statfs with the figures that df and the kubelet make of it, or null."""
    found = value.value
    if found is None:
        return None
    return {
        "capacity": found.capacity,
        "used": found.used,
        "free": found.free,
        "available": found.available,
        "block_size": found.frsize,
        "inodes": found.files,
        "inodes_free": found.ffree,
        "df_percent": found.df_percent,
        "kubelet_percent": found.kubelet_percent,
    }


def mount(value: model.MountState) -> Data:
    """One mount with its usage and history."""
    point = value.mount
    return {
        "mountpoint": point.mountpoint,
        "source": point.source,
        "fstype": point.fstype,
        "device": list(point.dev),
        "root": point.root,
        "mount_id": point.mount_id,
        "parent_id": point.parent_id,
        "options": list(point.options),
        "super_options": list(point.super_options),
        "usage": usage(value.usage),
        "usage_reason": value.usage.reason,
        "hidden": value.hidden,
        "unreachable_since": value.unreachable_since,
        "appeared": fact(value.appeared),
        "persistent": fact(value.persistent),
    }


def disk(value: model.Disk) -> Data:
    """One row of the disks table; its figures stand in ``mounts`` under the same mountpoint too."""
    return {
        "mountpoint": value.mountpoint,
        "source": value.state.mount.source,
        "fstype": value.state.mount.fstype,
        "holds": list(value.holds),
        "roles": list(value.roles),
        "measured_as": list(value.measured_as),
        "usage": usage(value.state.usage),
        "usage_reason": value.state.usage.reason,
        "marks": [{"kind": each.kind, "percent": each.percent, "applied": each.applied} for each in value.marks],
        "growth": forecast(value.growth),
    }


def setting(value: model.Setting) -> Data:
    """One row of the thresholds."""
    return {
        "key": value.key,
        "label": value.label,
        "shown": value.value,
        "fact": fact(value.fact, _threshold(value.fact.value)),
        "note": value.note,
        "pending": value.pending,
    }


def _threshold(value: Any) -> Any:
    return value.text if isinstance(value, model.Threshold) else None


def trigger(value: model.Trigger) -> Data:
    """One thing that fires."""
    return {
        "key": value.key,
        "kind": value.kind,
        "label": value.label,
        "signal": value.signal,
        "resource": value.resource,
        "mountpoint": value.mountpoint,
        "threshold": value.threshold,
        "origin": origin(value.origin),
        "applied": value.applied,
        "fires_at": value.fires_at,
        "strictly_below": value.strict,
        "now": value.now,
        "left": value.left,
        "met": value.met,
        "when": forecast(value.when),
        "will": value.will,
        "amount": value.amount,
        "unset": value.unset,
        "first": value.first,
    }


def pressure(value: model.Pressure) -> Data:
    """DiskPressure as computed."""
    return {"now": value.now, "signals": list(value.signals), "lifts": value.lifts, "reason": value.reason}
