"""The machine's part of the report's data: host, distribution, kubelet and runtimes."""

from __future__ import annotations

from typing import Any

from tui import model
from tui.report.values import Data, fact, origin, plain


def host(value: model.HostInfo) -> Data:
    """Which machine this is and how it was seen."""
    return {
        "name": value.name,
        "kind": value.kind,
        "root": value.root,
        "euid": value.euid,
        "os": value.os,
        "cgroup_v1": value.cgroup_v1,
        "systemd": fact(value.systemd),
    }


def distro(value: model.Distro) -> Data:
    """The Kubernetes distribution and what becomes of edits."""
    return {
        "name": value.name,
        "evidence": list(value.evidence),
        "gc_off_is_normal": value.gc_off_is_normal,
        "edits": [
            {"path": each.path, "fate": each.fate, "why": each.why, "instead": each.instead} for each in value.edits
        ],
    }


def process(value: model.Fact[model.Process]) -> Data:
    """A running process (its mounts are left out), or why there is none."""
    found = value.value
    head: Data = {"known": found is not None, "reason": value.reason}
    if found is None:
        return head
    return {
        **head,
        "pid": found.pid,
        "argv": list(found.argv),
        "started": found.started,
        "started_wall": found.started_wall,
        "exe": fact(found.exe),
        "cwd": fact(found.cwd),
        "unit": fact(found.unit),
        "same_mount_namespace": fact(found.same_mount_namespace),
        "open_databases": fact(found.open_databases),
    }


def unit(value: model.Fact[model.Unit]) -> Data:
    """A service unit as systemd would start it now; the environment is left out, it may hold secrets."""
    found = value.value
    head: Data = {"known": found is not None, "reason": value.reason}
    if found is None:
        return head
    return {
        **head,
        "name": found.name,
        "state": found.state,
        "fragment": found.fragment,
        "dropins": list(found.dropins),
        "environment_files": list(found.environment_files),
        "commands": [
            [{"text": word.text, "origin": origin(word.origin)} for word in words] for words in found.commands
        ],
        "result": found.result,
        "error": found.error,
        "warnings": list(found.warnings),
    }


def note(value: model.ConfigNote) -> Data:
    """Something in a configuration that the daemon does not say loudly."""
    return {"code": value.code, "text": value.text, "origin": origin(value.origin)}


def pending(values: tuple[model.Pending, ...]) -> list[Data]:
    """What is on disk and may not have been read."""
    return [
        {"path": each.path, "what": each.what, "changed_wall": each.changed_wall, "sure": each.sure} for each in values
    ]


def threshold(value: model.Threshold) -> Data:
    """An eviction threshold in force."""
    return {
        "signal": value.signal,
        "text": value.text,
        "fraction": value.fraction,
        "quantity": value.quantity,
        "grace_s": value.grace_s,
        "min_reclaim": value.min_reclaim,
        "origin": origin(value.origin),
    }


def _errors(error: str, where: model.Origin | None) -> Data:
    return {"error": error, "error_origin": origin(where)}


def kubelet_config(value: model.KubeletConfig | None) -> Data | None:
    """An effective configuration, or null."""
    if value is None:
        return None
    return {
        "minor": value.minor,
        "files": list(value.files),
        "fields": {name: fact(each) for name, each in value.fields.items()},
        "eviction": [threshold(each) for each in value.eviction],
        "notes": [note(each) for each in value.notes],
        **_errors(value.error, value.error_origin),
    }


def kubelet(value: model.KubeletState) -> Data:
    """All that was read about the kubelet."""
    return {
        "version": fact(value.version),
        "minor": value.minor,
        "embedded": value.embedded,
        "process": process(value.process),
        "unit": unit(value.unit),
        "config": kubelet_config(value.config.value),
        "config_reason": value.config.reason,
        "next_config": kubelet_config(value.next_config),
        "pending": pending(value.pending),
        "partitions": None if value.partitions.value is None else [_partition(each) for each in value.partitions.value],
        "partitions_reason": value.partitions.reason,
        "journal": fact(value.journal),
        "events": [_event(each) for each in value.events],
    }


def _partition(value: model.Partition) -> Data:
    return {
        "device": value.device,
        "mountpoint": value.mountpoint,
        "number": list(value.dev),
        "fstype": value.fstype,
    }


def _event(value: model.KubeletEvent) -> Data:
    values: dict[str, Any] = {key: plain(each) for key, each in value.values.items()}
    return {
        "code": value.code,
        "wall": value.line.wall,
        "mono": value.line.mono,
        "pid": value.line.pid,
        "message": value.line.message,
        "values": values,
    }


def containerd_config(value: model.ContainerdConfig | None) -> Data | None:
    """What the next start of containerd would use, or null."""
    if value is None:
        return None
    return {
        "version": value.version,
        "root": fact(value.root),
        "state": fact(value.state),
        "snapshotter": fact(value.snapshotter),
        "snapshotter_root": fact(value.snapshotter_root),
        "imagefs": fact(value.imagefs),
        "files": list(value.files),
        "notes": [note(each) for each in value.notes],
        **_errors(value.error, value.error_origin),
    }


def runtime(value: model.RuntimeState) -> Data:
    """One container runtime."""
    return {
        "kind": value.kind,
        "name": value.name,
        "serves_kubelet": value.serves_kubelet,
        "version": fact(value.version),
        "root": fact(value.root),
        "imagefs": fact(value.imagefs),
        "process": process(value.process),
        "unit": unit(value.unit),
        "config": containerd_config(value.config.value),
        "config_reason": value.config.reason,
        "pending": pending(value.pending),
    }
