"""Feature gates that validation asks for (pkg/features/kube_features.go)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# the first minor at which a gate is on by default; None: never
_ON_SINCE: Mapping[str, int | None] = {
    "ImageMaximumGCAge": 30,
    "GracefulNodeShutdown": 21,
    "RotateKubeletServerCertificate": 12,
    "CustomCPUCFSQuotaPeriod": None,
    "LocalStorageCapacityIsolation": 10,
}


def enabled(name: str, values: Mapping[str, Any], minor: int) -> bool:
    """Whether a gate is on: as ``featureGates`` says, else its default of this version."""
    gates = values.get("featureGates") or {}
    if name in gates:
        return bool(gates[name])
    since = _ON_SINCE[name]
    return since is not None and minor >= since


def unrecognized(gates: Mapping[str, bool], minor: int) -> str:
    """A gate that this version refuses as unknown, or "" (only 1.20's list is known here)."""
    return ""
