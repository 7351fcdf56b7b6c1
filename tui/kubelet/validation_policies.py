"""The part of ValidateKubeletConfiguration that checks names: policies, shutdown, swap, enforcement, hairpin mode.

Source: pkg/kubelet/apis/config/validation/validation.go of 1.23, 1.27 and 1.36. Where the words changed between two
of them, the version is taken to be ``NEW_WORDS`` or ``COMPRESSIBLE``; the verdicts do not depend on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tui.kubelet import duration, gates
from tui.kubelet.duration import SECOND
from tui.kubelet.gotext import quote

NEW_WORDS = 26
TOPOLOGY_GA = 27
COMPRESSIBLE = 32
_ENFORCE = "enforceNodeAllocatable (--enforce-node-allocatable)"
Values = Mapping[str, Any]


def field(period: int) -> str:
    """A metav1.Duration as ``%v`` prints it: ``{1m0s}``, a struct around the duration."""
    return f"{{{duration.text(period)}}}"


def _topology(values: Values, minor: int) -> Iterator[str]:
    policy = values.get("topologyManagerPolicy") or "none"
    scope = values.get("topologyManagerScope") or "container"
    gated = minor < TOPOLOGY_GA and not gates.enabled("TopologyManager", values, minor)
    if gated and policy != "none":
        yield f"topologyManagerPolicy {policy} requires feature gate TopologyManager"
    allowed = ["none", "best-effort", "restricted", "single-numa-node"]
    if policy not in allowed and minor >= NEW_WORDS:
        shown = " ".join(quote(name) for name in allowed)
        yield f"topologyManagerPolicy (--topology-manager-policy) {quote(policy)} must be one of: [{shown}]"
    elif policy not in allowed:
        yield f"topologyManagerPolicy non-allowable value: {policy}"
    if gated and scope != "container":
        yield f"topologyManagerScope {scope} requires feature gate TopologyManager"
    if scope not in ("container", "pod") and minor >= NEW_WORDS:
        yield f'topologyManagerScope (--topology-manager-scope) {quote(scope)} must be one of: "container", or "pod"'
    elif scope not in ("container", "pod"):
        yield f"topologyManagerScope non-allowable value: {scope}"


def _shutdown(values: Values, minor: int) -> Iterator[str]:
    total, critical = values.get("shutdownGracePeriod", 0), values.get("shutdownGracePeriodCriticalPods", 0)
    if gates.enabled("GracefulNodeShutdown", values, minor):
        yield from _periods(total, critical) if minor >= NEW_WORDS else _old_periods(total, critical)
    elif total > 0 or critical > 0:
        names = "shutdownGracePeriod or shutdownGracePeriodCriticalPods"
        said = f"specifying {names} requires feature gate GracefulNodeShutdown"
        old = said.replace("specifying", "Specifying").replace("shutdown", "Shutdown")
        yield said if minor >= NEW_WORDS else old
    if values.get("shutdownGracePeriodByPodPriority"):
        if not gates.enabled("GracefulNodeShutdownBasedOnPodPriority", values, minor):
            gate = "GracefulNodeShutdownBasedOnPodPriority"
            yield f"Specifying shutdownGracePeriodByPodPriority requires feature gate {gate}"
        elif total > 0 or critical > 0:
            yield "Cannot specify both shutdownGracePeriodByPodPriority and shutdownGracePeriod at the same time"


def _periods(total: int, critical: int) -> Iterator[str]:
    if critical > total:
        yield f"shutdownGracePeriodCriticalPods {field(critical)} must be <= shutdownGracePeriod {field(total)}"
    for name, period in (("shutdownGracePeriod", total), ("shutdownGracePeriodCriticalPods", critical)):
        if period < 0 or 0 < period < SECOND:
            yield f"{name} {field(period)} must be either zero or otherwise >= 1 sec"


def _old_periods(total: int, critical: int) -> Iterator[str]:
    whole, last = field(total), field(critical)
    if total < 0 or critical < 0 or critical > total:
        yield (
            f"ShutdownGracePeriod {whole} must be >= 0, ShutdownGracePeriodCriticalPods {last} must be >= 0, "
            f"and ShutdownGracePeriodCriticalPods {last} must be <= ShutdownGracePeriod {whole}"
        )
    for name, period in (("ShutdownGracePeriod", total), ("ShutdownGracePeriodCriticalPods", critical)):
        if 0 < period < SECOND:
            yield f"{name} {field(period)} must be either zero or otherwise >= 1 sec"


def _swap(values: Values, minor: int) -> Iterator[str]:
    behaviour = (values.get("memorySwap") or {}).get("swapBehavior", "")
    name = "memorySwap.swapBehavior" if minor >= NEW_WORDS else "MemorySwap.SwapBehavior"
    if behaviour and not gates.enabled("NodeSwap", values, minor):
        yield f"{name} cannot be set when NodeSwap feature flag is disabled"
    elif behaviour and behaviour not in ("LimitedSwap", "NoSwap" if minor >= 30 else "UnlimitedSwap"):
        if minor >= 30:
            yield f'{name} {quote(behaviour)} must be one of: "", "LimitedSwap" or "NoSwap"'
        elif minor >= NEW_WORDS:
            yield f'{name} {quote(behaviour)} must be one of: "", "LimitedSwap", or "UnlimitedSwap"'
        else:
            yield f"{name} {behaviour} must be one of: LimitedSwap, UnlimitedSwap"


def _enforcement(values: Values, minor: int) -> Iterator[str]:
    wanted = values.get("enforceNodeAllocatable") or []
    yield from _exclusive(wanted, minor)
    seen = set()
    for key in wanted:
        if key in seen and minor >= COMPRESSIBLE:
            yield f"duplicated enforcements {quote(key)} in {_ENFORCE}"
            continue
        seen.add(key)
        if key == "none":
            if len(wanted) > 1:
                none = '"none"' if minor >= NEW_WORDS else "'none'"
                yield f"{_ENFORCE} may not contain additional enforcements when {none} is specified"
            continue
        problem = _enforced(key, values, minor)
        if problem:
            yield problem
        if not problem.startswith("option") and minor >= COMPRESSIBLE and not values.get("cgroupsPerQOS", True):
            yield f"cgroupsPerQOS (--cgroups-per-qos) must be set to true when {quote(key)} contained in {_ENFORCE}"


def _exclusive(wanted: list[str], minor: int) -> Iterator[str]:
    for name in ("system-reserved", "kube-reserved"):
        both = (name, f"{name}-compressible")
        if minor >= COMPRESSIBLE and all(key in wanted for key in both):
            yield f"both {quote(both[0])} and {quote(both[1])} cannot be specified together in {_ENFORCE}"


def _enforced(key: str, values: Values, minor: int) -> str:
    """What is wrong with one name of enforceNodeAllocatable, or ""."""
    for name in ("system", "kube"):
        keys = [f"{name}-reserved"] + ([f"{name}-reserved-compressible"] if minor >= COMPRESSIBLE else [])
        if key in keys:
            cgroup = f"{name}ReservedCgroup"
            shown = " or ".join(quote(one) for one in keys) if minor >= NEW_WORDS else f"'{key}'"
            verb = "included" if minor >= COMPRESSIBLE else "contained"
            said = f"{cgroup} (--{name}-reserved-cgroup) must be specified when {shown} {verb} in {_ENFORCE}"
            return "" if values.get(cgroup) else said
    if key == "pods":
        return ""
    options = ["pods", "system-reserved", "kube-reserved"]
    if minor >= COMPRESSIBLE:
        options = ["pods", *(f"{name}-reserved{end}" for name in ("system", "kube") for end in ("", "-compressible"))]
    comma = "" if minor >= COMPRESSIBLE else ","
    listed = ", ".join(quote(one) for one in options)
    return f'option {quote(key)} specified for {_ENFORCE}. Valid options are {listed}{comma} or "none"'


def _hairpin(values: Values, minor: int) -> Iterator[str]:
    mode = values.get("hairpinMode") or "promiscuous-bridge"
    if mode not in ("none", "hairpin-veth", "promiscuous-bridge"):
        options = 'Valid options are "none", "hairpin-veth" or "promiscuous-bridge"'
        yield f"option {quote(mode)} specified for hairpinMode (--hairpin-mode). {options}"


def reserved_cpus(values: Values) -> Iterator[str]:
    """Reserved CPUs exclude reserved cgroups; before the new words this text had no prefix."""
    if values.get("reservedSystemCPUs") and (values.get("systemReservedCgroup") or values.get("kubeReservedCgroup")):
        yield (
            "can't use reservedSystemCPUs (--reserved-cpus) with systemReservedCgroup (--system-reserved-cgroup) "
            "or kubeReservedCgroup (--kube-reserved-cgroup)"
        )


CHECKS: tuple[Callable[[Values, int], Iterator[str]], ...] = (_topology, _shutdown, _swap, _enforcement, _hairpin)
