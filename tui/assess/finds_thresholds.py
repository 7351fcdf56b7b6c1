"""Findings on the effective thresholds and on how they stand to each other (kubelet-gc.md 1.5, 1.6, 3.1, 4.5, 4.7)."""

from __future__ import annotations

from collections.abc import Iterator

from tui.assess.case import Case, named, same_disk, usage
from tui.assess.scene import Scene, config_file, edit
from tui.assess.triggers import SIGNALS
from tui.assess.values import max_age_s, seconds, why_unset
from tui.kubelet import image_gc
from tui.model import DEFAULT, Evidence, Finding, KubeletConfig, Severity, Sure, Trigger
from tui.words import exact, size, visible

HIGH, LOW = "imageGCHighThresholdPercent", "imageGCLowThresholdPercent"


def find(scene: Scene) -> Iterator[Finding]:
    """Findings on values; none if the configuration is not known or would be refused as a whole."""
    config = scene.case.config
    if config is None:
        return
    yield from _refused(scene)
    if config.error:
        return
    yield from _off(scene)
    yield from _eviction_first(scene)
    yield from _unwatched(scene)
    yield from _silent_pressure(scene)
    yield from _pods_before_images(scene)


def _refused(scene: Scene) -> Iterator[Finding]:
    """A configuration with which the next start fails, in the kubelet's own words."""
    case = scene.case
    config = case.next_config or case.config
    if config is None or not config.error:
        return
    if case.wrong_rules:
        yield _wrong_rules(case, config)
        return
    evidence = (Evidence(f"The kubelet's own text: {visible(config.error)}", config.error_origin),)
    high, low = (config.fields.get(key) for key in (HIGH, LOW))
    only_high = low is not None and low.origin == DEFAULT and high is not None and high.origin != DEFAULT
    start = "it will not survive its next restart" if case.process else "it cannot start"
    if only_high and "must be less than" in config.error and high is not None:
        both = f"high is set to {high.value} % and low stays at {low.value if low else 80} %"
        title = f"Only one image GC threshold is given, {both}: the kubelet refuses that, {start}."
        remedy = edit(case, config_file(case), f"{LOW} below {high.value}")
        yield Finding("only-high-set", Severity.CRITICAL, title, evidence, remedy, LOW)
        return
    where = f" ({visible(str(config.error_origin))})" if config.error_origin else ""
    title = f"The kubelet refuses its configuration{where}: {start}."
    yield Finding(
        "kubelet-config-invalid", Severity.CRITICAL, title, evidence, "correct the file before any restart", HIGH
    )


def _wrong_rules(case: Case, config: KubeletConfig) -> Finding:
    """Flags come and go with versions; one that runs with these words is not the assumed version at all."""
    what = "is not the assumed" if case.process else "may not be the assumed"
    title = f"The kubelet's version is not known, and it {what} 1.{case.minor}, which refuses its flags."
    evidence = (
        Evidence(f"{visible(case.survey.kubelet.version.reason)}."),
        Evidence(f"1.{case.minor} would say: {visible(config.error)}", config.error_origin),
    )
    remedy = "run kubelet --version; imagegc asks it itself when it may"
    return Finding("version-unknown", Severity.INFO, title, evidence, remedy, HIGH, Sure.UNKNOWN)


def _off(scene: Scene) -> Iterator[Finding]:
    case = scene.case
    high = case.percent(HIGH)
    if high is None or image_gc.loop_runs(case.minor, high, max_age_s(case)):
        return
    name = visible(case.survey.distro.name)
    if case.survey.distro.gc_off_is_normal:
        title = f"Image GC is off (high is 100), as is normal for {name}."
        yield Finding("image-gc-off", Severity.INFO, title, _origin(scene, HIGH), "", HIGH)
        return
    title = "Image GC is off: imageGCHighThresholdPercent is 100, so unused images stay until eviction."
    remedy = edit(case, config_file(case), f"{HIGH}: 85 and {LOW}: 80")
    yield Finding("image-gc-off", Severity.WARNING, title, _origin(scene, HIGH), remedy, HIGH)


def _origin(scene: Scene, key: str) -> tuple[Evidence, ...]:
    fact = scene.case.field(key)
    return (Evidence(f"{key} is {visible(str(fact.value))}.", fact.origin),) if fact.origin else ()


def _eviction_first(scene: Scene) -> Iterator[Finding]:
    """An eviction threshold on the images' disk whose byte comes before image GC's, by the effective values."""
    gc = scene.gc(scene.case.imagefs.state)
    if gc is None or gc.fires_at is None:
        return
    above = [row for row in _evictions(scene) if row.fires_at is not None and row.fires_at > gc.fires_at]
    if not above:
        return
    worst = max(above, key=lambda row: row.fires_at or 0)
    eviction = f"{visible(worst.signal)} {visible(worst.threshold.partition(' ')[2])}"
    title = (
        f"On {visible(worst.mountpoint)} {eviction} fires before image GC ({visible(gc.threshold)}): all unused images "
        "are wiped at once and pods are evicted."
    )
    evidence = (
        Evidence(f"Eviction fires below {exact(worst.fires_at or 0)} free.", worst.origin),
        Evidence(f"Image GC fires at {exact(gc.fires_at)} free or less.", gc.origin),
    )
    remedy = edit(scene.case, config_file(scene.case), _earlier(scene, worst.fires_at or 0))
    yield Finding("eviction-before-image-gc", Severity.WARNING, title, evidence, remedy, worst.key)


def _earlier(scene: Scene, byte: int) -> str:
    """The highest threshold with which image GC still comes before this byte."""
    disk = usage(scene.case.imagefs.state)
    fitting = [high for high in range(1, 101) if disk and (image_gc.fires_at(disk.capacity, high) or 0) >= byte]
    if not fitting:
        return f"a smaller eviction threshold than {size(byte)}"
    return f"{HIGH} to {fitting[-1]} or less ({LOW} below it)"


def _evictions(scene: Scene) -> Iterator[Trigger]:
    for row in scene.rows(scene.case.imagefs.state):
        derived = row.signal.startswith("containerfs.")
        if row.kind in ("eviction", "soft eviction") and row.resource == "bytes" and not derived:
            yield row


def _unwatched(scene: Scene) -> Iterator[Finding]:
    """Disks that no eviction threshold watches."""
    case = scene.case
    config = case.config
    assert config is not None
    watched = {one.signal for one in config.eviction if one.signal in SIGNALS}
    if not watched:
        yield _none_at_all(scene)
        return
    images, nodefs = case.imagefs.state, case.nodefs.state
    if images is None or nodefs is None or same_disk(images, nodefs) or "imagefs.available" in watched:
        return
    title = f"No eviction threshold watches {named(images)}, where images are: {why_unset(case, 'imagefs.available')}."
    evidence = (
        Evidence(
            "Any evictionHard map replaces all defaults, also imagefs.available 15 %.",
            case.field("evictionHard").origin,
        ),
    )
    remedy = edit(case, config_file(case), 'evictionHard imagefs.available: "15%" and imagefs.inodesFree: "5%"')
    yield Finding("imagefs-eviction-unset", Severity.WARNING, title, evidence, remedy, "imagefs.available")


def _none_at_all(scene: Scene) -> Finding:
    case = scene.case
    why = why_unset(case, "nodefs.available")
    title = f"No disk eviction threshold is in force ({why}): a full disk stops the node."
    origin = case.field("evictionHard").origin
    off = case.survey.distro.gc_off_is_normal
    if off:
        title = f"Disk eviction is off ({why}), as is normal for {visible(case.survey.distro.name)}."
    remedy = "" if off else edit(case, config_file(case), "evictionHard, or leave it out of the file for the defaults")
    evidence = (Evidence("The kubelet acts on no nodefs.* or imagefs.* threshold.", origin),)
    return Finding(
        "no-eviction", Severity.INFO if off else Severity.WARNING, title, evidence, remedy, "nodefs.available"
    )


def _silent_pressure(scene: Scene) -> Iterator[Finding]:
    key = "evictionPressureTransitionPeriod"
    if seconds(scene.case.field(key).value) == 0:
        title = "With a pressure transition period of 0 the node never reports DiskPressure."
        yield Finding("pressure-never-reported", Severity.INFO, title, _origin(scene, key), "", key)


def _pods_before_images(scene: Scene) -> Iterator[Finding]:
    """k/k#129616: from 1.29 to 1.31 a containerfs signal evicts pods without deleting images first."""
    row = next((row for row in scene.triggers if row.signal.startswith("containerfs.")), None)
    if row is None:
        return
    bug = "kubernetes#129616, fixed in 1.32"
    title = f"Kubelet 1.{scene.case.minor} can evict pods before it deletes unused images ({bug})."
    yield Finding("containerfs-reclaims-nothing", Severity.INFO, title, (), "upgrade to 1.32 or later", row.key)
