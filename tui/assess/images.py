"""What the next run of image GC does to the images of now (kubelet-gc.md 3, 3.2): how many, which, and two figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tui.assess.case import Case
from tui.assess.stock import ON_DISK, Stock, first_out, given_back, label, no_chance, two_figures
from tui.assess.values import max_age_s, seconds, short
from tui.kubelet import image_gc, versions
from tui.model import Fact, Image, ImageRun, ImagesView, Trigger
from tui.words import size, span, visible

OLD_ANSWER_S = 120
"""Seconds after which it is said how old the runtime's answer is."""


def images_view(case: Case, found: Fact[Stock], triggers: Sequence[Trigger]) -> Fact[ImagesView]:
    """The images as image GC sees them, or why they are not known."""
    here = found.value
    if here is None:
        return Fact.unknown(found.reason)
    done = run(here, _row(case, triggers))
    order = "irrelevant" if len(here.eligible) < 2 or (done and done.all_go) else "known" if here.timed else "unknown"
    seen = ImagesView(
        wall=here.answer.wall,
        eligible=here.eligible,
        kept=here.kept,
        why_kept=here.why_kept,
        order=order,  # type: ignore[arg-type]  # one of the literals
        order_note=_order_note(case, here, order),
        counts=here.counts,
        gives_back=here.gives_back,
        run=done,
        caveats=tuple(_caveats(case, here)),
        sentence=_sentence(here),
    )
    return Fact(seen, found.origin)


def _row(case: Case, triggers: Sequence[Trigger]) -> Trigger | None:
    """Image GC on the disk where images are, measured or not."""
    place = case.imagefs.state.mount.mountpoint if case.imagefs.state else None
    return next((row for row in triggers if row.kind == "image GC" and row.mountpoint == place), None)


def run(here: Stock, row: Trigger | None) -> ImageRun | None:
    """The next run on the images' disk; None if image GC is off there or its amount is not known."""
    if row is None or row.amount is None or row.fires_at is None:
        return None
    fewest = first_out(here, row.amount, largest_first=True)
    most = first_out(here, row.amount, largest_first=False)
    all_go = len(fewest) == len(here.eligible)
    certain = all_go or no_chance(here, fewest, most)
    gone = {image.id for image in fewest} if certain else set()
    going = tuple(image for image in here.eligible if image.id in gone)
    counts = _counted(here, row.amount, going, certain=certain)
    back = _back(here, row.amount, going, certain=certain)
    return ImageRun(
        mountpoint=row.mountpoint,
        applied=row.applied,
        due=row.met,
        wanted=row.amount,
        all_go=all_go,
        short=max(0, row.amount - here.counts),
        fewest=len(fewest),
        most=len(most),
        going=going,
        counts=counts,
        gives_back=back,
        sentence=f"{'wants' if row.met else 'would want'} {size(row.amount)}: {run_words(here, row.amount)}",
    )


def _counted(here: Stock, wanted: int, going: Sequence[Image], *, certain: bool) -> tuple[int, int]:
    if certain:
        total = sum(image.size for image in going)
        return total, total
    sizes = [image.size for image in here.eligible]
    return max(wanted, min(sizes)), min(here.counts, max(wanted - 1, 0) + max(sizes))


def _back(here: Stock, wanted: int, going: Sequence[Image], *, certain: bool) -> Fact[int]:
    """To the byte of the estimate where it is known which images go, else in proportion to what is counted."""
    if certain:
        gone = {image.id for image in going}
        stays = [image for image in (*here.eligible, *here.kept) if image.id not in gone]
        return given_back(going, stays)
    if here.gives_back.value is None or here.counts <= 0:
        return here.gives_back
    return Fact(here.gives_back.value * min(wanted, here.counts) // here.counts, ON_DISK)


def run_words(here: Stock, wanted: int) -> str:
    """``unused images count 38.2G, give back ~ 77G; all 8 go, 13.5G short``; what is wanted is told apart."""
    number = len(here.eligible)
    if not number:
        return "no image is unused, so nothing goes"
    fewest = len(first_out(here, wanted, largest_first=True))
    most = len(first_out(here, wanted, largest_first=False))
    if fewest == number:
        short = wanted - here.counts
        which = "the only one goes" if number == 1 else f"all {number} go"
        which += f", {size(short)} short" if short > 0 else ""
    else:
        which = f"stops after {fewest if fewest == most else f'{fewest} to {most}'} of {number}"
    return f"{two_figures(here)}; {which}"


def _sentence(here: Stock) -> str:
    number = len(here.eligible)
    total = number + len(here.kept)
    if not total:
        return "The runtime has no images."
    figures = two_figures(here) if number else "all are used or pinned"
    return f"{number} of {total} {'image' if total == 1 else 'images'} may go: {figures}."


def _order_note(case: Case, here: Stock, order: str) -> str:
    rule = "The kubelet deletes what was longest unused first, then what it first saw earliest, never by size"
    if len(here.eligible) < 2:
        return f"{rule}; here there is nothing to choose from."
    if order == "irrelevant":
        return f"{rule}; here all of them go, so the order does not matter."
    since = f" since its start {span(case.survey.wall - case.process.started_wall)} ago" if case.process else ""
    if order == "known":
        return f"{rule}. This order is what was seen{since}; equal times are broken at random."
    return (
        f"{rule}. It keeps these times in its memory only{since}: what was never used since then goes before all else, "
        "and equal times are broken at random. Which ones those are cannot be read from outside"
        f"{_watched(here)}."
    )


def _watched(here: Stock) -> str:
    seen = any(image.last_used.value is not None for image in here.eligible)
    return "; what was seen in use while this program watched goes last" if seen else ""


def _caveats(case: Case, here: Stock) -> Iterator[str]:
    yield from _ages(case)
    if case.minor < versions.CONTAINER_FS and any("pause" in name for image in here.eligible for name in image.names):
        yield f"Kubelet 1.{case.minor} spares the sandbox image by its name, which is not known here."
    age = case.survey.wall - here.answer.wall
    if age > OLD_ANSWER_S:
        yield f"The runtime was asked {span(age)} ago; images may have come and gone since."
    if here.gives_back.value is None and here.eligible:
        yield f"What the disk gets back is not known: {visible(here.gives_back.reason)}."


def _ages(case: Case) -> Iterator[str]:
    """The minimum age, which restarts with the kubelet from 1.29 on, and the maximum one, which goes before space."""
    fact = case.field("imageMinimumGCAge")
    least, process = seconds(fact.value), case.process
    if least:
        again = ", counted anew from each start of the kubelet" if case.minor >= versions.MAX_AGE else ""
        yield f"What the kubelet first saw less than {short(fact.value)} before the run stays{again}."
        up = case.survey.mono - process.started if process else least
        if case.minor >= versions.MAX_AGE and up < least:
            yield f"The kubelet started {span(up)} ago: for {span(least - up)} more nothing is old enough to go."
    if case.minor >= versions.MAX_AGE and max_age_s(case):
        most = short(case.field("imageMaximumGCAge").value)
        yield f"What is unused for longer than {most} goes before that, whatever is free."
    if case.process is not None and case.survey.mono - case.process.started < image_gc.PERIOD_S:
        yield "The first run after the kubelet's start often fails for want of statistics; the next comes 5 min later."


def names(found: Sequence[Image], limit: int = 3) -> str:
    """The first few of them with their sizes, in words."""
    shown = ", ".join(f"{label(image)} {size(image.size)}" for image in found[:limit])
    return shown + (f" and {len(found) - limit} more" if len(found) > limit else "")
