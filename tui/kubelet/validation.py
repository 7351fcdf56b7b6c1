"""ValidateKubeletConfiguration, in the kubelet's words and order (kubelet-gc.md 1.6).

Source: pkg/kubelet/apis/config/validation/validation.go. Not
checked: tracing, logging, taints, reserved memory, image credentials. Eviction maps are not checked by the kubelet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tui.kubelet import duration, gates, gotext, validation_policies
from tui.kubelet.duration import SECOND

_CGROUP_V1 = (
    "kubelet is configured to not run on a host using cgroup v1. "
    "cgroup v1 support is unsupported and will be removed in a future release"
)
Values = Mapping[str, Any]
NEW_WORDS, COMPRESSIBLE = validation_policies.NEW_WORDS, validation_policies.COMPRESSIBLE


def aggregate(errors: list[str]) -> str:
    """Several errors as utilerrors.NewAggregate prints them: equal ones once, more than one in brackets."""
    distinct = list(dict.fromkeys(errors))
    return distinct[0] if len(distinct) == 1 else f"[{', '.join(distinct)}]" if distinct else ""


def errors(values: Values, minor: int, *, cgroup_v1: bool = False) -> list[str]:
    """What is wrong with an effective configuration, in check order."""
    unknown = gates.unrecognized(values.get("featureGates") or {}, minor)
    if unknown:
        return [f"unrecognized feature gate: {unknown}"]
    found: list[str] = []
    for check in _CHECKS:
        found += [f"invalid configuration: {text}" for text in check(values, minor)]
    prefix = "invalid configuration: " if minor >= NEW_WORDS else ""
    found += [prefix + text for text in validation_policies.reserved_cpus(values)]
    if cgroup_v1 and values.get("failCgroupV1"):
        found.append(_CGROUP_V1)
    for check in _LATE_CHECKS:
        found += [f"invalid configuration: {text}" for text in check(values, minor)]
    return found


def _numbers(values: Values, minor: int) -> Iterator[str]:
    if _number(values, "nodeLeaseDurationSeconds", 40) <= 0:
        yield "nodeLeaseDurationSeconds must be greater than 0"
    if minor < COMPRESSIBLE and not values.get("cgroupsPerQOS", True) and values.get("enforceNodeAllocatable"):
        yield (
            "enforceNodeAllocatable (--enforce-node-allocatable) is not supported unless "
            "cgroupsPerQOS (--cgroups-per-qos) is set to true"
        )
    if values.get("systemCgroups") and not values.get("cgroupRoot"):
        yield "systemCgroups (--system-cgroups) was specified and cgroupRoot (--cgroup-root) was not specified"
    yield from _negative(values, "eventBurst", "--event-burst")
    yield from _negative(values, "eventRecordQPS", "--event-qps")
    port = _number(values, "healthzPort", 10248)
    if port and not 0 < port < 65536:
        yield f"healthzPort (--healthz-port) {port} must be between 1 and 65535, inclusive"
    yield from _quota_period(values, minor)


def _quota_period(values: Values, minor: int) -> Iterator[str]:
    period = _number(values, "cpuCFSQuotaPeriod", SECOND // 10)
    shown, new = validation_policies.field(period), minor >= NEW_WORDS
    flag = "cpuCFSQuotaPeriod (--cpu-cfs-quota-period)"
    if not gates.enabled("CustomCPUCFSQuotaPeriod", values, minor):
        if period != SECOND // 10:
            yield f"{flag if new else 'cpuCFSQuotaPeriod'} {shown} requires feature gate CustomCPUCFSQuotaPeriod"
    elif not (10**6 if new else 1000) <= period <= SECOND:
        yield f"{flag} {shown} must be between {'1ms' if new else '1usec'} and 1sec, inclusive"


def _image_gc(values: Values, minor: int) -> Iterator[str]:
    high, low = values["imageGCHighThresholdPercent"], values["imageGCLowThresholdPercent"]
    if not 0 <= high <= 100:
        yield f"imageGCHighThresholdPercent (--image-gc-high-threshold) {high} must be between 0 and 100, inclusive"
    if not 0 <= low <= 100:
        yield f"imageGCLowThresholdPercent (--image-gc-low-threshold) {low} must be between 0 and 100, inclusive"
    if low >= high:
        yield (
            f"imageGCLowThresholdPercent (--image-gc-low-threshold) {low} must be less than "
            f"imageGCHighThresholdPercent (--image-gc-high-threshold) {high}"
        )
    yield from _image_ages(values, minor)


def _image_ages(values: Values, minor: int) -> Iterator[str]:
    least, most = values["imageMinimumGCAge"], values.get("imageMaximumGCAge", 0) if minor >= 29 else 0
    if most and not gates.enabled("ImageMaximumGCAge", values, minor):
        name = "ImageMaximumGCAge" if minor == 29 else "imageMaximumGCAge"
        yield f"ImageMaximumGCAge feature gate is required for Kubelet configuration option {name}"
    if least < 0 and minor >= 36:
        yield f"imageMinimumGCAge {duration.text(least)} must not be negative"
    if most < 0:
        yield f"imageMaximumGCAge {duration.text(most)} must not be negative"
    if 0 < most <= least:
        yield f"imageMaximumGCAge {duration.text(most)} must be greater than imageMinimumGCAge {duration.text(least)}"


def _bounds(values: Values, minor: int) -> Iterator[str]:
    yield from _outside(values, "iptablesDropBit", "--iptables-drop-bit", 0, 31, 15)
    yield from _outside(values, "iptablesMasqueradeBit", "--iptables-masquerade-bit", 0, 31, 14)
    yield from _negative(values, "kubeAPIBurst", "--kube-api-burst")
    yield from _negative(values, "kubeAPIQPS", "--kube-api-qps")
    images = _number(values, "nodeStatusMaxImages", 50)
    if images < -1:
        shown = f"{images} " if minor >= NEW_WORDS else ""
        yield f"nodeStatusMaxImages (--node-status-max-images) {shown}must be -1 or greater"
    yield from _negative(values, "maxOpenFiles", "--max-open-files")
    yield from _negative(values, "maxPods", "--max-pods")
    yield from _outside(values, "oomScoreAdj", "--oom-score-adj", -1000, 1000, -999)
    yield from _negative(values, "podsPerCore", "--pods-per-core")
    yield from _outside(values, "port", "--port", 1, 65535, 10250)
    yield from _outside(values, "readOnlyPort", "--read-only-port", 0, 65535, 0)
    yield from _negative(values, "registryBurst", "--registry-burst")
    yield from _negative(values, "registryPullQPS", "--registry-qps")
    pulls = values.get("maxParallelImagePulls")
    if pulls is not None and pulls < 1:
        yield f"maxParallelImagePulls {pulls} must be a positive number"
    if pulls is not None and pulls > 1 and values.get("serializeImagePulls"):
        yield (
            "maxParallelImagePulls cannot be larger than 1 unless SerializeImagePulls (--serialize-image-pulls) "
            "is set to false"
        )
    if values.get("serverTLSBootstrap") and not gates.enabled("RotateKubeletServerCertificate", values, minor):
        yield "serverTLSBootstrap true requires feature gate RotateKubeletServerCertificate"
    if values.get("runOnce") and minor >= 35:
        yield "runOnce (--runOnce) true, Runonce mode has been deprecated and should not be set"


def _logs(values: Values, minor: int) -> Iterator[str]:
    factor = values.get("memoryThrottlingFactor")
    if factor is not None and not 0 < factor <= 1:
        yield f"memoryThrottlingFactor {factor:g} must be greater than 0 and less than or equal to 1.0"
    if minor >= 27 and values.get("containerRuntimeEndpoint") == "":
        yield "the containerRuntimeEndpoint was not specified or empty"
    if minor >= 30 and _number(values, "containerLogMaxWorkers", 1) < 1:
        yield "containerLogMaxWorkers must be greater than or equal to 1"
    if minor >= 30 and _number(values, "containerLogMonitorInterval", 10 * SECOND) < 3 * SECOND:
        yield "containerLogMonitorInterval must be a positive time duration greater than or equal to 3s"
    if minor >= 34 and values["containerLogMaxFiles"] <= 1:
        yield "containerLogMaxFiles must be greater than 1"
    logs = values.get("podLogsDir") or "/var/log/pods"
    if minor >= 30 and not logs.startswith("/"):
        yield f"pod logs path {gotext.quote(logs)} must be absolute path"


def _number(values: Values, name: str, default: int) -> int:
    value = values.get(name)
    return default if value is None else int(value)


def _negative(values: Values, name: str, flag: str) -> Iterator[str]:
    value = _number(values, name, 0)
    if value < 0:
        yield f"{name} ({flag}) {value} must not be a negative number"


def _outside(values: Values, name: str, flag: str, least: int, most: int, default: int) -> Iterator[str]:
    value = _number(values, name, default)
    if not least <= value <= most:
        yield f"{name} ({flag}) {value} must be between {least} and {most}, inclusive"


Check = Callable[[Values, int], Iterator[str]]
_CHECKS: tuple[Check, ...] = (_numbers, _image_gc, _bounds, *validation_policies.CHECKS)
_LATE_CHECKS: tuple[Check, ...] = (_logs,)
