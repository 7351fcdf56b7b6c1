"""Why of places: containerd's root, what is measured, a disk, and the figure that is not the kubelet's."""

from __future__ import annotations

from collections.abc import Iterator

from tui.assess.case import named, same_disk
from tui.assess.why_words import DEVICE, GC, Subject, chain, plain, proof, utc
from tui.model import Explanation, Measured, MountState, RuntimeState, Usage
from tui.words import exact, number, size, visible


def measured_words(subject: Subject) -> str:
    """What is measured as imagefs, how sure that is and from what, in one paragraph."""
    found = subject.assessment.measured
    evidence = " ".join(one.text for one in found.evidence)
    told = f"{_state(found)} Sure: {found.sure.value}."
    return f"{told} {evidence}".strip()


def _state(found: Measured) -> str:
    place = visible(found.mountpoint)
    device = f" ({visible(found.device)})" if found.device else ""
    if found.state == "right":
        return f"Measured is {place}{device}, where images are."
    if found.state == "stale":
        return f"Measured is {place}{device} instead of the disk where images are."
    if found.state == "unknown-device":
        return "No device is found for the image path, so nothing is measured: no image GC, no imagefs eviction."
    if found.state == "broken":
        return "Statistics fail as a whole: no image GC, and no eviction of any kind."
    return f"What is measured cannot be told: {found.reason or 'no evidence'}."


def measured(subject: Subject) -> Explanation:
    """Which filesystem the kubelet reads for images."""
    found = subject.assessment.measured
    case = subject.case
    paragraphs = [_state(found), f"Sure: {found.sure.value}."]
    paragraphs += [proof(one) for one in found.evidence]
    paragraphs += _times(subject)
    paragraphs.append(
        "The kubelet reads the mount table once, when it starts, and looks every path up in that copy; a restart reads "
        "it again."
    )
    unheard = case.answer is None or case.answer.summary.value is None
    if found.state != "right" and case.process is not None and unheard:
        paragraphs.append(_ask_it(subject))
    for role, place in (("Images", case.imagefs), ("The kubelet's own directory", case.nodefs)):
        where = named(place.state) if place.state else f"not known: {visible(place.reason)}"
        paragraphs.append(f"{role}: {visible(place.real or place.path)} on {where}.")
    return Explanation(f"measured as imagefs: {_short(found)}", (), tuple(paragraphs), f"{DEVICE}, processMounts")


def _ask_it(subject: Subject) -> str:
    """What would settle it, and why that was not done."""
    state = subject.assessment.survey.kubelet.answer
    reason = state.value.summary.reason if state.value else state.reason
    why = f": {visible(reason)[:200]}" if reason and reason != "not asked" else ""
    return f"Ask it: /stats/summary, node.runtime.imageFs against node.fs (needs a credential here{why})."


def _short(found: Measured) -> str:
    return visible(found.mountpoint) if found.state in ("right", "stale") else found.state


def _times(subject: Subject) -> Iterator[str]:
    """Wall times for people; the judgement itself rests on seconds since boot."""
    process, state, survey = subject.case.process, subject.case.imagefs.state, subject.assessment.survey
    if process is None:
        return
    text = f"Kubelet started {utc(process.started_wall)}"
    if state is not None and state.appeared.value is not None:
        text += f", {named(state)} mounted {utc(survey.wall - survey.mono + state.appeared.value)}"
    yield f"{text} (by today's clock; compared are seconds since boot)."


def root(subject: Subject) -> Explanation:
    """Where the runtime keeps its data, and what that value beat."""
    runtime = subject.case.runtime
    if runtime is None:
        return Explanation("containerd root is not known", (), (f"{visible(subject.case.imagefs.reason)}.",))
    title = f"{visible(runtime.name)} root = {visible(runtime.root.value or 'unknown')}"
    return Explanation(title, chain(runtime.root), tuple(_root_words(subject, runtime)), _ROOT_SOURCE)


_ROOT_SOURCE = "containerd: cmd/containerd/server/config LoadConfig · cmd/containerd/command/main.go applyFlags"


def _root_words(subject: Subject, runtime: RuntimeState) -> Iterator[str]:
    if not runtime.root.known:
        yield f"Not known: {visible(runtime.root.reason)}."
    if runtime.process.value is not None:
        process = runtime.process.value
        yield f"The running process {process.pid} says so, started {utc(process.started_wall)}."
    config = runtime.config.value
    if config is not None:
        files = ", ".join(visible(path) for path in config.files) or "none"
        yield f"Files that its next start reads, in order: {files}."
        if config.root.value != runtime.root.value:
            future = visible(config.root.value or "an unknown root")
            yield f"The next start would use {future} [{visible(str(config.root.origin))}]."
        if config.snapshotter.value:
            yield f"Snapshotter {visible(config.snapshotter.value)} [{visible(str(config.snapshotter.origin))}]."
        if config.error:
            yield f"The next start would fail: {visible(config.error)}"
    place = subject.case.imagefs
    if place.state is not None:
        yield f"The image path is {visible(place.path)}, on {named(place.state)} ({visible(place.state.mount.source)})."
    else:
        yield f"Where images are is not known: {visible(place.reason)}."


def disk(subject: Subject, mountpoint: str) -> Explanation:
    """One disk: its figures by the kubelet's reckoning and by df's, and what it is for.

    Raises:
        KeyError: no such mount.
    """
    rows = [row.state for row in subject.assessment.disks if row.mountpoint == mountpoint]
    rows += [state for state in reversed(subject.assessment.survey.mounts) if state.mount.mountpoint == mountpoint]
    if not rows:
        raise KeyError(f"disk:{mountpoint}")
    state = rows[0]
    figures = state.usage.value
    percent = figures.kubelet_percent if figures else None
    title = f"{visible(mountpoint)}: {'unknown' if percent is None else f'{percent} %'}"
    source = "cadvisor: fs/fs.go getVfsStats"
    return Explanation(title, (), tuple(_disk_words(subject, state, figures)), source)


def _disk_words(subject: Subject, state: MountState, figures: Usage | None) -> Iterator[str]:
    mount = state.mount
    options = visible(",".join(mount.options))
    yield f"{visible(mount.source)}, {visible(mount.fstype)}, {mount.dev[0]}:{mount.dev[1]}, {options}."
    if figures is None:
        yield f"No figures: {visible(state.usage.reason)}."
    elif figures.capacity > 0:
        yield from _figures(figures)
    row = next((one for one in subject.assessment.disks if one.mountpoint == mount.mountpoint), None)
    if row is not None:
        yield f"Holds: {', '.join(row.holds) or 'nothing of the kubelet or of containerd'}."
        measured_as = ", ".join(row.measured_as) or "nothing"
        roles = ", ".join(row.roles) or "none of nodefs, imagefs, containerfs"
        yield f"It is {roles}; the kubelet measures it as {measured_as}."
    if state.appeared.value is not None:
        yield f"Mounted {state.appeared.value:.2f} s after boot [{visible(str(state.appeared.origin))}]."
    else:
        yield f"Since when it is mounted is not known: {visible(state.appeared.reason)}."
    if state.persistent.known:
        keeper = visible(state.persistent.value or "nothing: it is in neither fstab nor a mount unit")
        yield f"Mounted at boot by {keeper}."


def _figures(figures: Usage) -> Iterator[str]:
    yield (
        f"The kubelet counts reserved blocks as used: 100 - {plain(figures.available)}*100/{plain(figures.capacity)} = "
        f"{figures.kubelet_percent} %. df says {figures.df_percent} %."
    )
    reserved = figures.free - figures.available
    parts = ((figures.capacity, "in all"), (figures.used, "used"), (figures.available, "available"))
    yield f"{', '.join(f'{exact(count)} {word}' for count, word in parts)}, {size(reserved)} reserved."
    if figures.files:
        yield f"Inodes: {number(figures.ffree)} of {number(figures.files)} free."
    else:
        yield "This filesystem has no fixed number of inodes."


def pooled(subject: Subject) -> Explanation:
    """The figure of the blog post that this program starts from: all disks added up, as the kubelet never does."""
    disks: list[tuple[MountState, Usage]] = []
    for state in (subject.case.nodefs.state, subject.case.imagefs.state):
        if state is not None and state.usage.value and not any(same_disk(state, one) for one, _ in disks):
            disks.append((state, state.usage.value))
    whole, used = sum(figures.capacity for _, figures in disks), sum(figures.used for _, figures in disks)
    warning = "This is NOT what the kubelet does: it never adds disks up, every path is measured on its one filesystem."
    source = f"{GC} GarbageCollect (one filesystem only)"
    if whole <= 0:
        return Explanation("pooled usage: unknown", (), (warning, "No figures to add up."), source)
    parts = [f"{named(state)} {size(figures.used)} of {size(figures.capacity)}" for state, figures in disks]
    single = " Here all is on one disk, so nothing can be pooled." if len(disks) == 1 else ""
    paragraphs = (
        warning,
        f"Added up: {' + '.join(parts)} = {size(used)} of {size(whole)}, {round(used * 100 / whole)} %.{single}",
        "What went around: 15 GB of 50 GB and 95 GB of 100 GB used, (15 + 95) / (50 + 100) = 73 %, below "
        "85 %, offered as the reason why no image was collected. That the mount table is read only once explains it.",
    )
    return Explanation(
        f"pooled usage: {round(used * 100 / whole)} %, not what the kubelet does", (), paragraphs, source
    )
