"""Findings on images: a GC that cannot reach its low mark, and what holds the space instead (3.2, 3.3)."""

from __future__ import annotations

from collections.abc import Iterator

from tui.assess.case import Case, named, same_disk, usage
from tui.assess.images import names
from tui.assess.scene import Scene
from tui.model import Evidence, Finding, ImageRun, ImagesView, Origin, Severity, Sure, UnderRoot
from tui.words import size, visible

CRI = Origin("socket", "CRI")
SCAN = Origin("computed", "scan of the runtime's root")
INGEST_BYTES = 1 << 20
"""What has to lie in ingest to be called a pull; less are its directories."""
SOON_S = 86_400


def find(scene: Scene) -> Iterator[Finding]:
    """Findings on what image GC can and cannot free."""
    yield from _cannot_reach(scene)
    yield from _pulling(scene.case)


def _cannot_reach(scene: Scene) -> Iterator[Finding]:
    """It fires (or will within a day) and the unused images count less than it wants."""
    images = scene.images
    run = images.run if images else None
    gc = scene.gc(scene.case.imagefs.state)
    if images is None or run is None or gc is None or not run.short:
        return
    if not run.due and not (gc.when.state == "in" and (gc.when.soonest or 0.0) < SOON_S):
        return
    back = run.gives_back.value
    enough = back is not None and back >= run.wanted
    title = f"{_when(scene.case, run)} {size(run.wanted)}, but {_have(images)}: {_then(images, run, enough=enough)}."
    evidence = (Evidence(images.sentence, CRI), *_holders(scene.case, images))
    severity = Severity.WARNING if run.due and not enough else Severity.INFO
    place = visible(run.mountpoint)
    remedy = "" if enough else f"make room by other means; look for other data: du -xh --max-depth=2 {place}"
    sure = Sure.CERTAIN if run.due else Sure.LIKELY
    yield Finding("gc-cannot-reach-low", severity, title, evidence, remedy, gc.key, sure)


def _when(case: Case, run: ImageRun) -> str:
    if run.due and run.applied:
        return f"Image GC on {visible(run.mountpoint)} wants"
    moment = "when it fires" if run.applied else "once the kubelet measures it" if run.due else "if it ever fires there"
    return f"Image GC on {visible(run.mountpoint)} would want, {moment},"


def _have(images: ImagesView) -> str:
    if not images.eligible:
        return "no image is unused"
    number = len(images.eligible)
    return f"the {f'{number} unused images count' if number > 1 else 'one unused image counts'} {size(images.counts)}"


def _then(images: ImagesView, run: ImageRun, *, enough: bool) -> str:
    """What comes of it: counted is one thing, what the disk gets back another."""
    back = run.gives_back.value
    if enough and back is not None:
        return f"it will report a failure, yet about {size(back)} come back, enough for the low mark"
    if not images.eligible or not back:
        return "it cannot reach its low mark"
    return f"it cannot reach its low mark; about {size(back)} come back"


def _holders(case: Case, images: ImagesView) -> Iterator[Evidence]:
    """What takes the space instead: images in use, the parts of the root, everything else on the disk."""
    if images.kept:
        total = sum(image.size for image in images.kept)
        word = "image that stays counts" if len(images.kept) == 1 else "images that stay count"
        yield Evidence(f"{len(images.kept)} {word} {size(total)}: {names(images.kept)}.", CRI)
    root = case.runtime.under_root.value if case.runtime else None
    if root is None:
        return
    parts = sorted(root.parts.items(), key=lambda part: -part[1][0])
    shown = ", ".join(f"{visible(name)} {size(allocated)}" for name, (allocated, _) in parts if allocated)
    whole = "" if root.whole else " (the scan is not complete)"
    if shown:
        yield Evidence(f"Under {visible(root.path)}: {shown}{whole}.", SCAN)
    yield from _others(case, root)


def _others(case: Case, root: UnderRoot) -> Iterator[Evidence]:
    """What lies on the images' disk outside the root; only of a whole scan of a root on that disk."""
    state, disk = case.imagefs.state, usage(case.imagefs.state)
    real = case.survey.realpaths.get(root.path)
    holds = real is not None and real.value is not None and state is not None and real.value[1] == state.mount.dev
    if not root.whole or disk is None or not holds or not same_disk(state, case.imagefs.state):
        return
    rest = disk.used - sum(allocated for allocated, _ in root.parts.values())
    if rest > 0:
        yield Evidence(f"Other data on {named(state)}, outside that root: {size(rest)}.", SCAN)


def _pulling(case: Case) -> Iterator[Finding]:
    root = case.runtime.under_root.value if case.runtime else None
    if root is None:
        return
    allocated = root.parts.get("ingest", (0, 0))[0]
    if allocated < INGEST_BYTES:
        return
    title = f"An image is being pulled, or a pull was broken off: {size(allocated)} lie in ingest, which no GC counts."
    evidence = (Evidence(f"Under {visible(root.path)}: ingest {size(allocated)}.", SCAN),)
    yield Finding("pull-in-flight", Severity.INFO, title, evidence, "", "root", Sure.LIKELY)
