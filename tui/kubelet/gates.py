"""Feature gates that validation asks for (pkg/features/kube_features.go)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

# the first minor at which a gate is on by default; None: never
_ON_SINCE: Mapping[str, int | None] = {
    "ImageMaximumGCAge": 30,
    "GracefulNodeShutdown": 21,
    "RotateKubeletServerCertificate": 12,
    "CustomCPUCFSQuotaPeriod": None,
    "LocalStorageCapacityIsolation": 10,
    "GracefulNodeShutdownBasedOnPodPriority": 24,
    "NodeSwap": 30,
    "TopologyManager": 18,
}


def enabled(name: str, values: Mapping[str, Any], minor: int) -> bool:
    """Whether a gate is on: as ``featureGates`` says, else its default of this version."""
    gates = values.get("featureGates") or {}
    if name in gates:
        return bool(gates[name])
    since = _ON_SINCE[name]
    return since is not None and minor >= since


def unrecognized(gates: Mapping[str, bool], minor: int) -> str:
    """A gate that this version refuses as unknown, or "".

    Only what 1.20 and older know is listed here; 1.36 does not refuse unknown gates of a file. Where it cannot be told,
    a gate counts as known.
    """
    if minor > 20:
        return ""
    return next((name for name in gates if name not in _known_to_1_20()), "")


@cache
def _known_to_1_20() -> frozenset[str]:
    """kube_features.go of 1.19 and of 1.21 without what 1.21 added, and the gates of the generic API server."""
    text = (resources.files("tui.kubelet") / "gates.json").read_text(encoding="utf-8")
    return frozenset(json.loads(text)["1.20"])
