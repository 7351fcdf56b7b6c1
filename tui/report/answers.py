"""The part of the report's data that the daemons answered themselves: images, /configz, /stats/summary, the scan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui import model
from tui.assess.answers import MAPS, NUMBERS, PERIODS
from tui.model import Assessment, Fact
from tui.report.values import Data, fact, origin


def images(value: Fact[model.ImagesView]) -> Data:
    """The images as image GC sees them, or why they are not known."""
    found = value.value
    if found is None:
        return {"known": False, "reason": value.reason}
    return {
        "known": True,
        "reason": "",
        "wall": found.wall,
        "sentence": found.sentence,
        "eligible": [_image(each, found) for each in found.eligible],
        "kept": [_image(each, found) for each in found.kept],
        "order": found.order,
        "order_note": found.order_note,
        "counts": found.counts,
        "gives_back": fact(found.gives_back),
        "run": None if found.run is None else _run(found.run),
        "caveats": list(found.caveats),
    }


def _image(value: model.Image, view: model.ImagesView) -> Data:
    return {
        "id": value.id,
        "names": list(value.names),
        "size": value.size,
        "pinned": value.pinned,
        "used_by": [
            {"namespace": each.namespace, "pod": each.pod, "name": each.name, "state": each.state}
            for each in value.used_by
        ],
        "kept_for": view.why_kept.get(value.id, ""),
        "gives_back": fact(value.gives_back),
        "arrived": fact(value.arrived),
        "last_used": fact(value.last_used),
    }


def _run(value: model.ImageRun) -> Data:
    return {
        "mountpoint": value.mountpoint,
        "applied": value.applied,
        "due": value.due,
        "wanted": value.wanted,
        "all_go": value.all_go,
        "short": value.short,
        "fewest": value.fewest,
        "most": value.most,
        "going": [each.id for each in value.going],
        "counts": list(value.counts),
        "gives_back": fact(value.gives_back),
        "sentence": value.sentence,
    }


def kubelet(assessment: Assessment) -> Data:
    """The kubelet's own answer and where it differs from its files."""
    return {
        "answer": _kubelet_answer(assessment.survey.kubelet.answer),
        "contradictions": [
            {
                "key": each.key,
                "answer": each.answer,
                "files": each.files,
                "files_origin": origin(each.files_origin),
                "explained": each.explained,
            }
            for each in assessment.contradictions
        ],
    }


def _kubelet_answer(value: Fact[model.KubeletAnswer]) -> Data:
    found = value.value
    head: Data = {"known": found is not None, "reason": value.reason}
    if found is None:
        return head
    return {
        **head,
        "wall": found.wall,
        "healthz": fact(found.healthz),
        "configz": fact(found.configz, _ours(found.configz.value)),
        "summary": _summary(found.summary.value),
        "summary_reason": found.summary.reason,
        "summary_status": found.summary_status,
    }


def _ours(configz: Mapping[str, Any] | None) -> Data | None:
    """The values on image GC and eviction; the rest of a kubelet's configuration is nobody's business here."""
    if configz is None:
        return None
    return {name: configz[name] for name in (*NUMBERS, *PERIODS, *MAPS) if name in configz}


def _summary(value: model.Summary | None) -> Data | None:
    if value is None:
        return None
    parts = {"node_fs": value.node_fs, "image_fs": value.image_fs, "container_fs": value.container_fs}
    return {name: None if each is None else _stats(each) for name, each in parts.items()}


def _stats(value: model.FsStats) -> Data:
    return {
        "capacity": value.capacity,
        "available": value.available,
        "used": value.used,
        "inodes": value.inodes,
        "inodes_free": value.inodes_free,
    }


def runtime(value: model.RuntimeState) -> Data:
    """What one runtime answered over CRI (its images stand in ``images``), and what lies under its root."""
    answer, root = value.answer.value, value.under_root.value
    heard: Data = {"known": answer is not None, "reason": value.answer.reason}
    if answer is not None:
        heard |= {
            "api": answer.api,
            "name": answer.name,
            "version": answer.version,
            "wall": answer.wall,
            "imagefs": [_image_fs(each) for each in answer.imagefs],
            "containerfs": [_image_fs(each) for each in answer.containerfs],
            "containers": answer.containers,
            "sandboxes": answer.sandboxes,
        }
    scan: Data = {"known": root is not None, "reason": value.under_root.reason}
    if root is not None:
        scan |= {
            "path": root.path,
            "wall": root.wall,
            "whole": root.whole,
            "scanned": root.scanned,
            "parts": [{"part": name, "allocated": size, "inodes": count} for name, (size, count) in root.parts.items()],
        }
    return {"answer": heard, "under_root": scan}


def _image_fs(value: model.ImageFs) -> Data:
    return {"path": value.path, "used": value.used, "inodes": value.inodes}
