"""The rows of the images table: which, in which order, and what the next image GC means for each. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tui.model import ContainerUse, Image, ImagesView

PREFIX = "image:"
"""Before an image's id, the key of its row."""


@dataclass(frozen=True)
class Row:
    """One image. ``kept``: why it may not go, "" if it may. ``fate``: what the next run does with it, in few words."""

    image: Image
    name: str
    kept: str
    fate: str

    @property
    def key(self) -> str:
        """What the cursor holds on to."""
        return PREFIX + self.image.id

    @property
    def gives_back(self) -> int:
        """For sorting: the unknown ones last."""
        return self.image.gives_back.value if self.image.gives_back.value is not None else -1


ORDERS: Mapping[str, Callable[[Row], tuple[object, ...]] | None] = {
    "image GC's order": None,
    "size": lambda row: (-row.image.size, row.name),
    "gives back": lambda row: (-row.gives_back, row.name),
    "use": lambda row: (-len(row.image.used_by), row.name),
    "name": lambda row: (row.name,),
}


def rows(view: ImagesView, needle: str, order: str) -> list[Row]:
    """The rows to show, in order; ``order`` is one of :data:`ORDERS`."""
    places = {image.id: place for place, image in enumerate(view.run.going, 1)} if view.run else {}
    found = [Row(image, short_name(image), "", _fate(view, places.get(image.id))) for image in view.eligible]
    for image in view.kept:
        why = view.why_kept.get(image.id, "kept")
        found.append(Row(image, short_name(image), why, "stays"))
    sought = needle.casefold()
    chosen = [row for row in found if sought in _text(row)] if sought else found
    by = ORDERS[order]
    return sorted(chosen, key=by) if by else chosen


def short_name(image: Image) -> str:
    """The name that people know: tagged before digested, without Docker Hub's prefix; the id where there is none."""
    tagged = [name for name in image.names if "@" not in name]
    name = next(iter(tagged or image.names), "")
    if not name:
        return f"no name, {image.id.removeprefix('sha256:')[:12]}"
    name, _, digest = name.partition("@")
    for prefix in ("docker.io/library/", "docker.io/"):
        name = name.removeprefix(prefix)
    return f"{name}@{digest.removeprefix('sha256:')[:12]}" if digest else name


def users(used_by: tuple[ContainerUse, ...]) -> str:
    """Who uses it: the only container by name, else how many in which state; "" if nobody."""
    if len(used_by) == 1:
        one = used_by[0]
        state = "" if one.state == "running" else f"{state_word(one.state)}: "
        return f"{state}{one.pod or '—'}/{one.name}"
    counted = Counter(state_word(use.state) for use in used_by)
    return ", ".join(f"{count} {state}" for state, count in counted.most_common())


def state_word(state: str) -> str:
    """A container's state as people say it: one that has exited is dead, and holds its image all the same."""
    return "dead" if state == "exited" else state or "unknown"


def _fate(view: ImagesView, place: int | None) -> str:
    """For an image that may go."""
    run = view.run
    if run is None:
        return "may go"
    if run.all_go:
        return "goes"
    if place is not None:
        return f"goes, {ordinal(place)}"
    return "stays" if run.going else "may go"


def ordinal(place: int) -> str:
    """``1st``, ``2nd``, ``11th``."""
    last = "th" if place % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{last}"


def _text(row: Row) -> str:
    used = " ".join(f"{use.namespace} {use.pod} {use.name} {use.state}" for use in row.image.used_by)
    return " ".join((*row.image.names, row.image.id, row.kept, row.fate, used)).casefold()
