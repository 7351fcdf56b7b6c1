"""The text report on images: the two figures, the next run of image GC, what may go and what stays."""

from __future__ import annotations

from tui.model import Assessment, Fact, Image, ImagesView
from tui.report import columns
from tui.report.columns import wrap
from tui.report.lines import amount, fact
from tui.words import exact, visible

SHOWN = 10


def images(assessment: Assessment, width: int) -> list[str]:
    """The images of the kubelet's runtime, or why they are not known."""
    found = assessment.images
    view = found.value
    if view is None:
        return wrap(f"not known: {found.reason or 'not asked'}", width, first="  ")
    lines = wrap(view.sentence, width, first="  ")
    lines += wrap(f"counts {exact(view.counts)}, gives back {_back(view.gives_back, precise=True)}", width, first="  ")
    if view.run is not None:
        when = "image GC fires now" if view.run.due else "when image GC fires"
        measured = "" if view.run.applied else ", which the kubelet does not measure"
        text = f"on {visible(view.run.mountpoint)}{measured}, {when}: {view.run.sentence}"
        lines += wrap(text, width, first="  ")
    for text in (view.order_note, *view.caveats):
        lines += wrap(text, width, first="    - ")
    return lines + _may_go(view) + _stay(view)


def _may_go(view: ImagesView) -> list[str]:
    order = {"known": ", in this order", "irrelevant": ""}.get(view.order, ", in an order that is not known here")
    return _part(f"may go{order}", view.eligible, view)


def _stay(view: ImagesView) -> list[str]:
    return _part("stay", view.kept, view)


def _part(heading: str, found: tuple[Image, ...], view: ImagesView) -> list[str]:
    if not found:
        return []
    rows = [("IMAGE", "COUNTS", "BACK", "HELD BY"), *(_row(image, view) for image in found[:SHOWN])]
    more = [f"    and {len(found) - SHOWN} more (--json lists them)"] if len(found) > SHOWN else []
    return [f"  {heading}", *columns.table(rows, indent=4, right=(1, 2)), *more]


def _row(image: Image, view: ImagesView) -> tuple[str, ...]:
    name = image.names[0] if image.names else image.id
    return (visible(name), amount(image.size), _back(image.gives_back), visible(view.why_kept.get(image.id, "")))


def _back(found: Fact[int], *, precise: bool = False) -> str:
    if found.value is None:
        return fact(found) if precise else "?"
    return f"about {exact(found.value)}" if precise else f"~ {amount(found.value)}"
