"""The text report on disks: usage, what is measured, what fires."""

from __future__ import annotations

from tui.model import Assessment, Disk, Trigger, Usage
from tui.report import columns
from tui.report.columns import wrap
from tui.report.lines import amount, fact, rate, when, where
from tui.words import exact, visible

HEADINGS = ("MOUNT", "HOLDS", "SIZE", "USED", "FREE", "KUBELET", "DF", "INODES", "GROWTH", "DEVICE")


def table(assessment: Assessment, width: int) -> list[str]:
    """One line for each disk; KUBELET is the kubelet's percentage, DF what df shows."""
    rows = [HEADINGS, *(_row(disk) for disk in assessment.disks)]
    lines = columns.table(rows, right=range(2, 9)) if assessment.disks else []
    for disk in assessment.disks:
        if disk.state.usage.value is None:
            lines += wrap(f"{disk.mountpoint}: {fact(disk.state.usage)}", width, first="  ")
    hidden = sum(1 for state in assessment.survey.mounts if state.hidden)
    if hidden:
        lines.append(f"  and {hidden} mounts without a disk of their own (--json lists them)")
    return lines


def _row(disk: Disk) -> tuple[str, ...]:
    mount = disk.state.mount
    holds = visible(", ".join(disk.holds)) + (" ◂measured" if disk.measured_as else "")
    device = f"{visible(mount.source)} {visible(mount.fstype)}"
    return (visible(mount.mountpoint), holds, *_figures(disk.state.usage.value), rate(disk.growth), device)


def _figures(usage: Usage | None) -> tuple[str, ...]:
    if usage is None:
        return ("?",) * 6
    inodes = f"{100 - usage.ffree * 100 // usage.files} %" if usage.files else "—"
    return (
        amount(usage.capacity),
        amount(usage.used),
        amount(usage.available),
        _percent(usage.kubelet_percent),
        _percent(usage.df_percent),
        inodes,
    )


def _percent(figure: int | None) -> str:
    return "—" if figure is None else f"{figure} %"


def measured(assessment: Assessment, width: int) -> list[str]:
    """Which filesystem stands for which role, which one is measured, how sure that is and from what."""
    lines = columns.table([(name, fact(found)) for name, found in assessment.roles.items()])
    for disk in assessment.disks:
        if disk.measured_as:
            lines += wrap(f"measured as {', '.join(disk.measured_as)}: {disk.mountpoint}", width, first="  ")
    found = assessment.measured
    place = f"{visible(found.mountpoint)} ({visible(found.device)})" if found.mountpoint else "nothing known"
    words = {
        "right": f"the kubelet measures {place}, where images are",
        "stale": f"the kubelet measures {place}, and images are elsewhere",
        "unknown-device": "the kubelet does not know the device where images are: no image GC, no imagefs eviction",
        "broken": "the kubelet gets no filesystem statistics at all",
        "unknown": f"which filesystem the kubelet measures cannot be told: {found.reason or 'no evidence'}",
    }
    lines += wrap(f"{words[found.state]} ({found.sure.value})", width, first="  ")
    for reason in found.evidence:
        lines += wrap(f"{reason.text}{where(reason.origin)}", width, first="    - ")
    return lines


def triggers(assessment: Assessment, width: int) -> list[str]:
    """All triggers by mount, the measured ones first; and DiskPressure."""
    measured = {disk.mountpoint for disk in assessment.disks if disk.measured_as}
    mountpoints = dict.fromkeys(trigger.mountpoint for trigger in assessment.triggers)
    lines: list[str] = []
    for mountpoint in sorted(mountpoints, key=lambda path: path not in measured):
        said = "which the kubelet measures" if mountpoint in measured else "which the kubelet does not measure"
        known = mountpoint in measured or assessment.measured.state != "unknown"
        lines += wrap(f"on {mountpoint}{f', {said}' if known else ''}", width, first="  ")
        for trigger in assessment.triggers:
            if trigger.mountpoint == mountpoint:
                lines += _trigger(trigger, width)
    return lines + _pressure(assessment, width)


def _trigger(trigger: Trigger, width: int) -> list[str]:
    head = f"{trigger.label}{'' if trigger.threshold in trigger.label else f' {trigger.threshold}'}"
    if not trigger.applied:
        head += " (if measured)"
    if trigger.fires_at is None:
        return wrap(f"{head}: {trigger.unset or 'unknown'}{where(trigger.origin)}", width, first="    ", rest=" " * 6)
    sign = "<" if trigger.strict else "≤"
    at = f"{exact(trigger.fires_at)} free ({amount(trigger.fires_at)})"
    if trigger.resource == "inodes":
        at = f"{trigger.fires_at} inodes free"
    state = "met now" if trigger.met else f"left {amount(trigger.left, trigger.resource)}, {when(trigger.when)}"
    first = ", comes first" if trigger.first else ""
    lines = wrap(
        f"{head}: fires at {sign} {at}; {state}{first}{where(trigger.origin)}", width, first="    ", rest=" " * 6
    )
    if trigger.will:
        lines += wrap(trigger.will, width, first=" " * 6)
    if trigger.amount is not None:
        when_met = "wants" if trigger.met else "would want"
        lines += wrap(f"{when_met} to free {exact(trigger.amount)}", width, first=" " * 6)
    return lines


def _pressure(assessment: Assessment, width: int) -> list[str]:
    pressure = assessment.pressure
    said = {True: "yes", False: "no", None: "unknown"}[pressure.now]
    more = "; ".join(part for part in (", ".join(pressure.signals), pressure.lifts, pressure.reason) if part)
    return wrap(f"DiskPressure (computed): {said}{f'; {more}' if more else ''}", width, first="  ")
