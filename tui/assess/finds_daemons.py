"""Findings on the daemons: what runs, what does not, what would not start, who serves the kubelet."""

from __future__ import annotations

from collections.abc import Iterator

from tui.assess.case import Case
from tui.assess.scene import Scene, unit_name
from tui.model import Evidence, Finding, RuntimeState, Severity
from tui.words import visible


def find(scene: Scene) -> Iterator[Finding]:
    """Findings on the kubelet, then on the runtimes."""
    case = scene.case
    if not case.offline:
        yield from _kubelet_down(case)
        yield from _runtime_down(case)
    for runtime in case.survey.runtimes:
        yield from _would_not_start(runtime, case)
    yield from _others(case)


def _kubelet_down(case: Case) -> Iterator[Finding]:
    """Only where a unit says that there should be one; without any, nothing can be told."""
    unit = case.survey.kubelet.unit.value
    if case.process is not None or unit is None or unit.state != "loaded":
        return
    name = unit_name(case)
    title = f"{name}.service is not running: no image GC, no eviction, and the node is not ready."
    why = f" {visible(unit.error)}" if unit.error else ""
    evidence = (Evidence(f"{visible(case.survey.kubelet.process.reason)}.{why}", case.survey.kubelet.unit.origin),)
    remedy = f"systemctl status {name}; journalctl -u {name} -n 50"
    yield Finding("kubelet-not-running", Severity.WARNING, title, evidence, remedy, "measured")


def _runtime_down(case: Case) -> Iterator[Finding]:
    runtime = case.runtime
    unit = runtime.unit.value if runtime else None
    if runtime is None or runtime.process.value is not None or not runtime.serves_kubelet:
        return
    if unit is None or unit.state != "loaded":
        return
    name = visible(unit.name.removesuffix(".service"))
    title = f"{visible(runtime.name)}, which the kubelet uses, is not running: no container can start."
    evidence = (Evidence(f"{visible(runtime.process.reason)}.", runtime.unit.origin),)
    yield Finding("runtime-not-running", Severity.WARNING, title, evidence, f"systemctl status {name}", "root")


def _would_not_start(runtime: RuntimeState, case: Case) -> Iterator[Finding]:
    config = runtime.config.value
    if config is None or not config.error:
        return
    serves = runtime is case.runtime
    start = "will not survive its next restart" if runtime.process.value else "cannot start"
    where = f" ({visible(str(config.error_origin))})" if config.error_origin else ""
    title = f"{visible(runtime.name)} {start}: its configuration is refused{where}."
    evidence = (Evidence(visible(config.error), config.error_origin),)
    severity = Severity.CRITICAL if serves else Severity.INFO
    yield Finding("containerd-config-invalid", severity, title, evidence, "correct the file before any restart", "root")


def _others(case: Case) -> Iterator[Finding]:
    runtimes, mine = case.survey.runtimes, case.runtime
    if mine is not None and mine.kind != "containerd":
        name = "Docker (through cri-dockerd)" if mine.kind == "cri-dockerd" else visible(mine.name)
        title = f"The kubelet uses {name}: its images are not under containerd's root."
        yield Finding("not-containerd", Severity.INFO, title, (), "", "root")
    if len(runtimes) > 1:
        names = ", ".join(f"{visible(one.name)} (root {visible(one.root.value or 'unknown')})" for one in runtimes)
        which = f"; the kubelet uses {visible(mine.name)}" if mine else ""
        title = f"{len(runtimes)} container runtimes: {names}{which}."
        yield Finding("several-runtimes", Severity.INFO, title, (), "", "root")
