"""The images of the kubelet's runtime: which may go, in which order, what goes with them (kubelet-gc.md 3.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tui.assess.case import Case
from tui.kubelet import freeing, versions
from tui.model import ContainerUse, Fact, Image, Origin, RuntimeAnswer
from tui.words import size, visible

ON_DISK = Origin("computed", "content and snapshots")
SANDBOX_FLAG = "--pod-infra-container-image"
_NEVER = float("-inf")


@dataclass(frozen=True)
class Stock:
    """What the runtime answered, sorted into what may go and what stays; fields as in :class:`tui.model.ImagesView`.

    ``since``: wall time of the kubelet's start, -inf if none runs. ``timed``: whether all times that decide are known.
    """

    answer: RuntimeAnswer
    origin: Origin
    eligible: tuple[Image, ...]
    kept: tuple[Image, ...]
    why_kept: Mapping[str, str]
    counts: int
    gives_back: Fact[int]
    since: float
    timed: bool


def stock(case: Case) -> Fact[Stock]:
    """The images as the runtime listed them, or why they are not known. One image that is listed twice counts once."""
    runtime = case.runtime
    if runtime is None:
        return Fact.unknown(case.imagefs.reason or "the kubelet's container runtime is not known")
    answer, origin = runtime.answer.value, runtime.answer.origin or Origin("socket", "CRI")
    if answer is None:
        return Fact.unknown(runtime.answer.reason)
    every = tuple({image.id: image for image in reversed(answer.images)}.values())[::-1]
    why = {image.id: reason for image in every if (reason := _kept_for(case, image))}
    free = [image for image in every if image.id not in why]
    kept = sorted((image for image in every if image.id in why), key=lambda image: (-image.size, image.id))
    since = case.process.started_wall if case.process else _NEVER
    timed = all(image.last_used.known and image.arrived.known for image in free)
    eligible = tuple(sorted(free, key=lambda image: (*_times(image, since, timed), -image.size, label(image))))
    found = Stock(
        answer,
        origin,
        eligible,
        tuple(kept),
        why,
        sum(image.size for image in eligible),
        given_back(eligible, kept),
        since,
        timed,
    )
    return Fact(found, origin)


def _kept_for(case: Case, image: Image) -> str:
    """Why image GC spares an image, "" if it does not."""
    if image.used_by:
        return users(image.used_by)
    if image.pinned and case.minor >= versions.PINNED_IMAGES:
        return "pinned by the runtime"
    sandbox = case.config.fields.get(SANDBOX_FLAG) if case.config else None
    if case.minor < versions.CONTAINER_FS and sandbox is not None and sandbox.value in image.names:
        return "the sandbox image, spared by its name"
    return ""


def users(used_by: Sequence[ContainerUse]) -> str:
    """Who holds an image, in a few words: ``default/web/app running, and 3 more``."""
    first = min(used_by, key=lambda use: use.state != "running")
    more = f", and {len(used_by) - 1} more" if len(used_by) > 1 else ""
    return f"{user(first)}{more}"


def user(use: ContainerUse) -> str:
    """One container: ``default/web/app running``."""
    path = "/".join(visible(part) for part in (use.namespace, use.pod, use.name) if part)
    return f"{path or 'a container without a name'} {visible(use.state)}".rstrip()


def label(image: Image) -> str:
    """What an image is called on the screen: its first name, else the beginning of its id."""
    return (
        visible(image.names[0]) if image.names else visible(image.id.removeprefix("sha256:")[:12]) or "without a name"
    )


def _times(image: Image, since: float, timed: bool) -> tuple[float, float]:
    """``lastUsed`` and ``firstDetected`` as far as they can be told; what was there at the start has one stamp.

    What was not seen in use while this program watched was used before whatever was, or never. Which of these goes
    first is known only if it is known of all.
    """
    used, arrived = image.last_used.value, image.arrived.value
    last = _NEVER if used is None or used < since else used
    unsure = not timed and last == _NEVER
    return last, _NEVER if unsure or arrived is None or arrived <= since else arrived


def given_back(gone: Sequence[Image], kept: Iterable[Image]) -> Fact[int]:
    """Bytes that the disk gets back when ``gone`` go and ``kept`` stay; shared things count once, or not if they stay.

    By the parts where every image's are known; else the sum of what each alone would give back, the least that it can
    be, for what two of them share is in neither.
    """
    if not gone:
        return Fact(0, ON_DISK)
    rest = list(kept)
    if all(image.parts or image.gives_back.value == 0 for image in gone) and all(_listed(image) for image in rest):
        parts = {name: bytes_ for image in gone for name, bytes_ in image.parts.items()}
        held = {name for image in rest for name in image.parts}
        return Fact(sum(bytes_ for name, bytes_ in parts.items() if name not in held), ON_DISK)
    alone = [image.gives_back.value for image in gone]
    missing = next((image.gives_back.reason for image in gone if image.gives_back.value is None), "")
    if any(each is None for each in alone):
        return Fact.unknown(missing or "not measured")
    return Fact(sum(each for each in alone if each is not None), ON_DISK)


def _listed(image: Image) -> bool:
    """Whether all is known of an image that could be shared: one without parts shares nothing, if it was measured."""
    return bool(image.parts) or image.gives_back.known


def order(found: Stock, *, largest_first: bool) -> list[Image]:
    """The eligible ones as the kubelet could go through them; ties and unknown times by size, for the extremes."""
    by_id = {image.id: image for image in found.eligible}
    rows = [_row(image, found) for image in found.eligible]
    rows.sort(key=lambda row: -row.size if largest_first else row.size)
    return [by_id[row.id] for row in freeing.in_order(rows, versions.OLDEST)]


def first_out(found: Stock, wanted: int, *, largest_first: bool) -> list[Image]:
    """What a run that wants so many bytes deletes when chance orders it so (freeing.free_space, ages apart)."""
    by_id = {image.id: image for image in found.eligible}
    rows = [_row(image, found) for image in order(found, largest_first=largest_first)]
    freed = freeing.free_space(rows, wanted, float("inf"), 0.0, versions.OLDEST)
    return [by_id[row.id] for row in freed.images]


def no_chance(found: Stock, one: Sequence[Image], other: Sequence[Image]) -> bool:
    """Whether two ways to break ties delete the same images, and no tie lies where the run stops."""
    gone = {image.id for image in one}
    if gone != {image.id for image in other}:
        return False
    rest = [_key(image, found) for image in found.eligible if image.id not in gone]
    return not rest or max(_key(image, found) for image in one) < min(rest)


def _key(image: Image, found: Stock) -> tuple[float, float]:
    return _times(image, found.since, found.timed)


def _row(image: Image, found: Stock) -> freeing.Image:
    """The image as the kubelet remembers it, as far as that can be told."""
    last, first = _key(image, found)
    return freeing.Image(image.id, image.size, first, last)


def two_figures(found: Stock) -> str:
    """``unused images count 38.2G, give back ~ 77G``: what the kubelet counts and what the disk gets."""
    if not found.eligible:
        return "no image is unused"
    return f"unused images count {size(found.counts)}{back(found.gives_back)}"


def back(amount: Fact[int]) -> str:
    """``, give back ~ 77G``, or nothing where it is not known."""
    return "" if amount.value is None else f", give back ~ {size(amount.value)}"
