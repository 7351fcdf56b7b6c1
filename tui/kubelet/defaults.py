"""What the kubelet fills in by itself (kubelet-gc.md 1.2, 1.5).

Source: pkg/kubelet/apis/config/v1beta1/defaults.go SetDefaults_KubeletConfiguration, pkg/kubelet/eviction/
defaults_linux.go, cmd/kubelet/app/options applyLegacyDefaults, cmd/kubelet/app/server.go loadConfigFile.
Durations are nanoseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.kubelet.duration import MINUTE, SECOND

DEFAULTS_IN_LOADER = 25
"""The first minor whose default evictionHard belongs to ``--config`` alone (1.25 itself is not verified)."""
INODES_DEFAULT = 30
MERGE_DEFAULTS = 33
ROOT_DIR = "/var/lib/kubelet"
_LEGACY_READ_ONLY_PORT = 10255

# applied when the value is zero ("" or 0), even where a file says so
_WHEN_ZERO: Mapping[str, Any] = {
    "imageMinimumGCAge": 2 * MINUTE,
    "evictionPressureTransitionPeriod": 5 * MINUTE,
    "containerLogMaxSize": "10Mi",
    "port": 10250,
    "address": "0.0.0.0",
    "healthzBindAddress": "127.0.0.1",
    "registryBurst": 10,
    "eventBurst": 100,
    "kubeAPIBurst": 100,
    "nodeLeaseDurationSeconds": 40,
    "maxPods": 110,
    "maxOpenFiles": 1000000,
    "cgroupDriver": "cgroupfs",
    "cpuManagerPolicy": "none",
    "memoryManagerPolicy": "None",
    "topologyManagerPolicy": "none",
    "topologyManagerScope": "container",
    "hairpinMode": "promiscuous-bridge",
    "podLogsDir": "/var/log/pods",
    "memoryReservationPolicy": "None",
}
# applied when the field is absent or null; an explicit 0, "" or false stays
_WHEN_ABSENT: Mapping[str, Any] = {
    "imageGCHighThresholdPercent": 85,
    "imageGCLowThresholdPercent": 80,
    "containerLogMaxFiles": 5,
    "healthzPort": 10248,
    "registryPullQPS": 5,
    "oomScoreAdj": -999,
    "nodeStatusMaxImages": 50,
    "iptablesMasqueradeBit": 14,
    "iptablesDropBit": 15,
    "cgroupsPerQOS": True,
    "failSwapOn": True,
    "cpuCFSQuotaPeriod": SECOND // 10,
    "containerLogMaxWorkers": 1,
    "containerLogMonitorInterval": 10 * SECOND,
    "enforceNodeAllocatable": ["pods"],
    "enableSystemLogHandler": True,
    "localStorageCapacityIsolation": True,
    "mergeDefaultEvictionSettings": False,
}
# what a field holds that has no default
_EMPTY: Mapping[str, Any] = {
    "imageMaximumGCAge": 0,
    "evictionMaxPodGracePeriod": 0,
    "readOnlyPort": 0,
    "staticPodPath": "",
    "imageServiceEndpoint": "",
}
MAPS = ("evictionHard", "evictionSoft", "evictionSoftGracePeriod", "evictionMinimumReclaim", "featureGates")


def eviction_hard(minor: int) -> dict[str, str]:
    """The default hard thresholds on Linux."""
    found = {"memory.available": "100Mi", "nodefs.available": "10%", "nodefs.inodesFree": "5%"}
    found["imagefs.available"] = "15%"
    return found | {"imagefs.inodesFree": "5%"} if minor >= INODES_DEFAULT else found


def defaults(minor: int) -> dict[str, Any]:
    """All defaults that SetDefaults gives a configuration in which nothing is set."""
    return apply({}, minor)


def apply(values: Mapping[str, Any], minor: int) -> dict[str, Any]:
    """``values`` with what SetDefaults adds."""
    found = dict(values)
    for name, value in {**_WHEN_ZERO, **_endpoint(minor)}.items():
        found[name] = found.get(name) or value
    for name, value in {**_EMPTY, **_WHEN_ABSENT, **_by_version(minor)}.items():
        found.setdefault(name, value)
    if "serializeImagePulls" not in found:
        found["serializeImagePulls"] = found.get("maxParallelImagePulls", 1) < 2
    if minor < DEFAULTS_IN_LOADER and found.get("evictionHard") is None:
        found["evictionHard"] = eviction_hard(minor)
    return found


def _endpoint(minor: int) -> dict[str, str]:
    if minor >= 27:
        return {"containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock"}
    return {"containerRuntimeEndpoint": "" if minor >= 24 else "unix:///var/run/dockershim.sock"}


def _by_version(minor: int) -> dict[str, Any]:
    """Defaults that changed: API rates 5 before 1.27, cgroup v1 refused from 1.35."""
    return {
        "kubeAPIQPS": 50 if minor >= 27 else 5,
        "eventRecordQPS": 50 if minor >= 27 else 5,
        "failCgroupV1": minor >= 35,
    }


def without_file(minor: int) -> dict[str, Any]:
    """The configuration of a kubelet that was given no ``--config`` (options.NewKubeletConfiguration)."""
    return defaults(minor) | {"readOnlyPort": _LEGACY_READ_ONLY_PORT}


def with_file(values: Mapping[str, Any], minor: int) -> dict[str, Any]:
    """The configuration after ``--config``: defaults, and loadConfigFile's own rules for evictionHard."""
    found = apply(values, minor)
    if found.get("evictionHard") is None:
        found["evictionHard"] = eviction_hard(minor)
    elif minor >= MERGE_DEFAULTS and found["mergeDefaultEvictionSettings"]:
        found["evictionHard"] = eviction_hard(minor) | found["evictionHard"]
    return found
