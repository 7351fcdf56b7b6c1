"""ValidateKubeletConfiguration beyond image GC: the words of several versions (kubelet-gc.md 1.6)."""

from __future__ import annotations

from typing import Any

import pytest

from tui.kubelet import defaults, validation
from tui.kubelet.duration import SECOND


def said(values: dict[str, Any], minor: int = 36) -> list[str]:
    found = validation.errors(defaults.defaults(minor) | values, minor)
    return [text.removeprefix("invalid configuration: ") for text in found]


ENFORCE = "enforceNodeAllocatable (--enforce-node-allocatable)"
KUBE = "kubeReservedCgroup (--kube-reserved-cgroup) must be specified when"


@pytest.mark.parametrize("minor", range(19, 37))
def test_defaults_are_valid(minor: int) -> None:
    assert said({}, minor) == []


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"healthzPort": 65536}, "healthzPort (--healthz-port) 65536 must be between 1 and 65535, inclusive"),
        ({"readOnlyPort": -1}, "readOnlyPort (--read-only-port) -1 must be between 0 and 65535, inclusive"),
        ({"port": 65536}, "port (--port) 65536 must be between 1 and 65535, inclusive"),
        ({"maxPods": -1}, "maxPods (--max-pods) -1 must not be a negative number"),
        ({"oomScoreAdj": 1001}, "oomScoreAdj (--oom-score-adj) 1001 must be between -1000 and 1000, inclusive"),
        ({"nodeStatusMaxImages": -2}, "nodeStatusMaxImages (--node-status-max-images) -2 must be -1 or greater"),
        (
            {"containerLogMonitorInterval": SECOND},
            "containerLogMonitorInterval must be a positive time duration greater",
        ),
        ({"podLogsDir": "x"}, 'pod logs path "x" must be absolute path'),
        ({"hairpinMode": "x"}, 'option "x" specified for hairpinMode (--hairpin-mode). Valid options are "none", '),
        (
            {"topologyManagerScope": "x"},
            'topologyManagerScope (--topology-manager-scope) "x" must be one of: "container", ',
        ),
        (
            {"shutdownGracePeriodCriticalPods": SECOND},
            "shutdownGracePeriodCriticalPods {1s} must be <= shutdownGracePeriod {0s}",
        ),
        ({"shutdownGracePeriod": 1}, "shutdownGracePeriod {1ns} must be either zero or otherwise >= 1 sec"),
        (
            {"memorySwap": {"swapBehavior": "x"}},
            'memorySwap.swapBehavior "x" must be one of: "", "LimitedSwap" or "NoSwap"',
        ),
        (
            {"enforceNodeAllocatable": ["pods", "none"]},
            f'{ENFORCE} may not contain additional enforcements when "none" is',
        ),
        ({"enforceNodeAllocatable": ["pods", "pods"]}, f'duplicated enforcements "pods" in {ENFORCE}'),
        ({"enforceNodeAllocatable": ["x"]}, f'option "x" specified for {ENFORCE}. Valid options are "pods", "system-'),
        ({"containerRuntimeEndpoint": ""}, "the containerRuntimeEndpoint was not specified or empty"),
        (
            {"memoryThrottlingFactor": 1.5},
            "memoryThrottlingFactor 1.5 must be greater than 0 and less than or equal to 1.0",
        ),
        (
            {"maxParallelImagePulls": 3, "serializeImagePulls": True},
            "maxParallelImagePulls cannot be larger than 1 unless",
        ),
        (
            {"cpuCFSQuotaPeriod": SECOND},
            "cpuCFSQuotaPeriod (--cpu-cfs-quota-period) {1s} requires feature gate CustomCPUCFS",
        ),
        (
            {"systemCgroups": "/x"},
            "systemCgroups (--system-cgroups) was specified and cgroupRoot (--cgroup-root) was not",
        ),
        (
            {"reservedSystemCPUs": "0", "kubeReservedCgroup": "/k"},
            "can't use reservedSystemCPUs (--reserved-cpus) with system",
        ),
    ],
)
def test_texts_of_1_36(values: dict[str, Any], text: str) -> None:
    assert [one[: len(text)] for one in said(values)] == [text]


@pytest.mark.parametrize(
    ("minor", "text"),
    [
        (
            23,
            f"{KUBE} 'kube-reserved' contained in {ENFORCE}",
        ),
        (
            31,
            f'{KUBE} "kube-reserved" contained in {ENFORCE}',
        ),
        (
            36,
            f'{KUBE} "kube-reserved" or "kube-reserved-compressible" included in {ENFORCE}',
        ),
    ],
)
def test_words_change_between_versions(minor: int, text: str) -> None:
    assert said({"enforceNodeAllocatable": ["pods", "kube-reserved"]}, minor) == [text]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"cpuCFSQuotaPeriod": SECOND}, "cpuCFSQuotaPeriod {1s} requires feature gate CustomCPUCFSQuotaPeriod"),
        (
            {"topologyManagerScope": "pod", "featureGates": {"TopologyManager": False}},
            "topologyManagerScope pod requires feature gate TopologyManager",
        ),
        (
            {"topologyManagerPolicy": "restricted", "featureGates": {"TopologyManager": False}},
            "topologyManagerPolicy restricted requires feature gate TopologyManager",
        ),
    ],
)
def test_texts_of_1_20(values: dict[str, Any], text: str) -> None:
    assert said(values, 20) == [text]


def test_reserved_cpus_had_no_prefix_before_1_26() -> None:
    values = defaults.defaults(20) | {"reservedSystemCPUs": "0", "kubeReservedCgroup": "/k"}
    assert validation.errors(values, 20)[0].startswith("can't use reservedSystemCPUs")
    assert validation.errors(values, 26)[0].startswith("invalid configuration: can't use")


def test_qos_cgroups_are_needed_for_enforcement() -> None:
    values = {"cgroupsPerQOS": False}
    assert said(values, 31) == [f"{ENFORCE} is not supported unless cgroupsPerQOS (--cgroups-per-qos) is set to true"]
    assert said(values, 36) == [
        f'cgroupsPerQOS (--cgroups-per-qos) must be set to true when "pods" contained in {ENFORCE}'
    ]
    assert said({**values, "enforceNodeAllocatable": ["none"]}, 36) == []


def test_gates() -> None:
    assert said({"memorySwap": {"swapBehavior": "LimitedSwap"}}, 28) == [
        "memorySwap.swapBehavior cannot be set when NodeSwap feature flag is disabled"
    ]
    assert said({"memorySwap": {"swapBehavior": "LimitedSwap"}, "featureGates": {"NodeSwap": True}}, 28) == []
    assert said({"featureGates": {"KubeletTracing": True}}, 20) == ["unrecognized feature gate: KubeletTracing"]
    assert said({"featureGates": {"KubeletTracing": True}}, 36) == []


def test_equal_errors_count_once() -> None:
    assert validation.aggregate(["a", "a"]) == "a"
    assert validation.aggregate(["a", "b", "a"]) == "[a, b]"
    assert validation.aggregate([]) == ""
