"""All images: what the kubelet counts, what the disk gets back, who uses them, what the next image GC does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from tui.model import Assessment, Image, ImagesView, RuntimeAnswer
from tui.widgets.figures import clock, lead, moment
from tui.widgets.imagerows import ORDERS, PREFIX, Row, rows, state_word, users
from tui.widgets.listing import Listing
from tui.widgets.prose import Prose
from tui.widgets.text import Line, Span, fit, line, literal, middle, pad, wrap
from tui.words import exact, size

SIZES = 9 + 12
WITHOUT = (
    "Names, sizes and users of images are the runtime's to tell; all that the dashboard shows is computed without it. "
    "It is asked again in the background, nothing waits for it."
)


class Images(Listing):
    """One line an image."""

    TITLE = "Images"
    ORDERS: ClassVar[Sequence[str]] = tuple(ORDERS)
    SOUGHT = "name, digest, pod, container, state"
    DEFAULT_CSS: ClassVar[str] = "Images { height: 1fr; min-height: 4; }"

    @property
    def total(self) -> int:
        """All images, as far as they are known."""
        view = _view(self.look.assessment) if self.look else None
        return len(view.eligible) + len(view.kept) if view else 0

    def captions(self) -> tuple[str, str]:
        """How many of how many, and how they were chosen."""
        view = _view(self.look.assessment) if self.look else None
        if view is None:
            return self.TITLE, ""
        return self.TITLE, self.chosen(len(self._rows), "image")

    def build(self, width: int, height: int) -> list[Line]:
        """Header and rows; the rows of the last time as long as nothing but the cursor has changed."""
        view = _view(self.look.assessment) if self.look else None
        self.sticky = 1 if view else 0
        if view is None:
            return []
        wanted = (width, self.needle, self.order, view)
        if getattr(self, "_drawn_for", None) != wanted:
            self._drawn_for = wanted
            self._rows: list[Row] = rows(view, self.needle, self.order)
            self._drawn = [_row(row, width, " ") for row in self._rows]
            self._places = {row.key: place for place, row in enumerate(self._rows)}
        if not self._rows:
            why = "no image matches the filter" if self.needle else "the runtime has no images"
            return [_header(width), line((f"   {why}", "dim"))]
        lines = list(self._drawn)
        here = self._places[self.at(self._places) or ""]
        lines[here] = _row(self._rows[here], width, "▸")
        return [_header(width), *lines]


class ImagesHead(Prose):
    """The two figures, kept apart; what the next run would do; what cannot be known."""

    TITLE = "Image GC and these images"
    DEFAULT_CSS: ClassVar[str] = "ImagesHead { height: auto; max-height: 40%; min-height: 3; }"

    def captions(self) -> tuple[str, str]:
        """Who answered, and when."""
        if self.look is None:
            return self.TITLE, ""
        answer = _answer(self.look.assessment)
        if answer is None:
            return self.TITLE, ""
        name = literal(f"{answer.name} {answer.version}".strip())
        return f"{self.TITLE}  {name} answered at {clock(answer.wall)} (CRI {literal(answer.api)})", ""

    def build(self, width: int, height: int) -> list[Line]:
        """Sentences."""
        if self.look is None:
            return [line(("  …", "dim"))]
        images = self.look.assessment.images
        room = max(20, width - 4)
        if images.value is None:
            text = f"The images are not known: {images.reason.rstrip('.')}."
            return [*_said(text, "warn", room), line(""), *_said(WITHOUT, "dim", room)]
        view = images.value
        lines = _said(view.sentence, "strong", room)
        lines += _said(_next_run(view), "warn" if view.run and (view.run.due or view.run.short) else "", room)
        for text in (view.order_note, *view.caveats):
            lines += _said(text, "dim", room)
        return lines


class ImageDetail(Prose):
    """Names, sizes and users of the selected image, beside the table; Why says the rest."""

    TITLE = "Image"
    DEFAULT_CSS: ClassVar[str] = "ImageDetail { height: 9; }"

    key: str | None = None

    def follow(self, key: str | None) -> None:
        """Show another image."""
        if key != self.key:
            self.key = key
            self.rebuild()

    def build(self, width: int, height: int) -> list[Line]:
        """Names, id, sizes, users."""
        view = _view(self.look.assessment) if self.look else None
        if view is None or self.key is None:
            return []
        ident = self.key.removeprefix(PREFIX)
        image = next((each for each in (*view.eligible, *view.kept) if each.id == ident), None)
        if image is None:
            return _said("This image has gone meanwhile.", "dim", width - 4)
        return _about(image, view.why_kept.get(image.id, ""), max(20, width - 4))


def _about(image: Image, kept: str, width: int) -> list[Line]:
    lines: list[Line] = []
    for name in image.names or ("no name",):
        lines += _said(name, "strong", width)
    back = image.gives_back
    gives = exact(back.value) if back.value is not None else f"— ({back.reason})"
    lines += _said(f"counts {exact(image.size)}, gives back {gives} if it alone goes", "", width)
    pinned = "pinned by the runtime, which this kubelet does not heed: " if image.pinned and not kept else ""
    why = f"image GC keeps it: {kept}" if kept else f"{pinned}nothing keeps it, image GC may delete it"
    lines += _said(why, "" if kept else "warn", width)
    for use in image.used_by:
        lines += _said(f"{state_word(use.state)}: {use.namespace}/{use.pod}, container {use.name}", "", width)
    lines += _said(_times(image), "dim", width)
    return [*lines, *_said(image.id, "dim", width)]


def _times(image: Image) -> str:
    """When it came, and when a container was last seen on it."""
    arrived, used = image.arrived, image.last_used
    came = f"came {moment(arrived.value)}" if arrived.value is not None else f"when it came: {arrived.reason}"
    if image.used_by:
        return came
    last = f"last seen in use {moment(used.value)}" if used.value is not None else f"last use: {used.reason}"
    return f"{came}; {'never used since the kubelet started' if used.known and used.value is None else last}"


def _view(assessment: Assessment) -> ImagesView | None:
    return assessment.images.value


def _next_run(view: ImagesView) -> str:
    """What the next run does, and on which disk."""
    run = view.run
    if run is None:
        return "No next run of image GC can be computed here: it is off, or what the disk holds is not known."
    if run.applied:
        fires = f"Image GC on {run.mountpoint} {'fires now; it' if run.due else 'when it fires'}"
    else:
        fires = f"If the kubelet measured {run.mountpoint}, image GC {'would fire now; it' if run.due else 'there'}"
    return f"{fires} {run.sentence}."


def _answer(assessment: Assessment) -> RuntimeAnswer | None:
    """The answer of the runtime that serves the kubelet."""
    found = [runtime for runtime in assessment.survey.runtimes if runtime.serves_kubelet]
    return found[0].answer.value if found else None


def _said(text: str, role: str, width: int) -> list[Line]:
    return [line("  ", (part, role)) for part in wrap(literal(text), width)]


def _columns(width: int) -> tuple[int, int, int]:
    """Cells for the name, the users and the fate; below 90 columns one column says both."""
    if width < 90:
        state = 18
        return width - 3 - SIZES - 2 - state, 0, state
    used = min(40, width * 24 // 100)
    return width - 3 - SIZES - 2 - used - 2 - 14, used, 14


def _header(width: int) -> Line:
    name, used, fate = _columns(width)
    text = f"   {pad('NAME', name)}{'COUNTS':>9}{'GIVES BACK':>12}  "
    text += f"{pad('USED BY', used)}  " if used else ""
    return line((text + pad("NEXT GC" if used else "USED BY / NEXT GC", fate), "dim"))


def _row(row: Row, width: int, mark: str) -> Line:
    name, used, fate = _columns(width)
    image = row.image
    tags = sum("@" not in each for each in image.names)
    more = f" +{tags - 1}" if tags > 1 else ""
    shown = middle(literal(row.name), name - len(more) - 1) + more
    back = size(image.gives_back.value) if image.gives_back.value is not None else "—"
    quiet = "dim" if row.kept else ""
    spans: list[Span] = [*lead(mark, (" ", "")), (pad(shown, name), quiet or "strong")]
    spans += [(f"{size(image.size):>9}{back:>12}  ", quiet)]
    who = literal(users(image.used_by) or row.kept)
    goes = "accent" if row.fate.startswith("goes") else quiet
    if used:
        spans += [(pad(who or "—", used) + "  ", quiet), (pad(row.fate, fate), goes)]
    else:
        spans.append((pad(who if row.kept else row.fate, fate), goes))
    return Line(fit(spans, width), row.key)
