"""Why of images, of one image, and of what the daemons themselves answered."""

from __future__ import annotations

from collections.abc import Iterator

from tui.assess.answers import CONFIGZ
from tui.assess.case import Case
from tui.assess.images import names
from tui.assess.stock import label, user
from tui.assess.why_words import GC, Subject, utc
from tui.model import Explanation, Fact, FsStats, Image, ImageRun, ImagesView, Step, Summary
from tui.words import exact, size, visible

ORDER = f"{GC} imagesInEvictionOrder, freeSpace"


def images(subject: Subject) -> Explanation:
    """The two figures, the order, the next run, and what cannot be known."""
    found = subject.assessment.images
    if found.value is None:
        said = f"The runtime was not heard: {visible(found.reason) or 'no reason known'}."
        rule = "Without its answer only the amount is known that image GC wants, not what it finds to delete."
        return Explanation("images: not known", (), (said, rule), ORDER)
    return Explanation(f"images: {found.value.sentence}", (), tuple(_images(found.value)), ORDER)


def _images(view: ImagesView) -> Iterator[str]:
    yield (
        "Two figures: image GC counts the sizes that the runtime names (containerd: about the compressed layers) and "
        "stops by them; the disk gets back content and unpacked snapshots, without what a remaining image shares."
    )
    yield f"Counted: {exact(view.counts)}. Given back: {_estimate(view.gives_back)}."
    if view.run is not None:
        yield from run(view.run)
    yield view.order_note
    yield from view.caveats
    if view.eligible:
        yield f"May go: {names(view.eligible, 10)}."
    if view.kept:
        yield f"Stay: {names(view.kept, 10)}."
    yield f"The runtime was asked {utc(view.wall)}."


def _estimate(fact: Fact[int]) -> str:
    return f"about {exact(fact.value)}" if fact.value is not None else f"not known ({visible(fact.reason)})"


def run(found: ImageRun) -> Iterator[str]:
    """The next run in sentences: what it wants, where it stops, which ones go."""
    place = visible(found.mountpoint)
    when = "fires now" if found.due else "when it fires, with the images of now"
    measured = "" if found.applied else " (which the kubelet does not measure)"
    yield f"Image GC on {place}{measured}, {when}: {found.sentence}."
    least, most = found.counts
    if found.short:
        yield f"{exact(least)} of {exact(found.wanted)} is all that it can count: {exact(found.short)} short."
    elif found.fewest == found.most:
        yield f"It stops after {found.most}, when sizes reach {exact(found.wanted)}; the disk is not measured again."
    else:
        yield (
            f"It stops when the sizes reach {exact(found.wanted)}: after {found.fewest} to {found.most} images, "
            f"{exact(least)} to {exact(most)}, as their order has it."
        )
    if found.going:
        yield f"These go: {names(found.going, 10)}; the disk gets back {_estimate(found.gives_back)}."


def image(subject: Subject, image_id: str) -> Explanation:
    """One image by its id.

    Raises:
        KeyError: no such image, or the runtime was not heard.
    """
    view = subject.assessment.images.value
    every = (*view.eligible, *view.kept) if view else ()
    found = next((one for one in every if one.id == image_id), None)
    if view is None or found is None:
        raise KeyError(f"image:{image_id}")
    return Explanation(f"{label(found)}: {size(found.size)}", (), tuple(_image(view, found)), ORDER)


def _image(view: ImagesView, found: Image) -> Iterator[str]:
    yield f"Id {visible(found.id)}; names: {', '.join(visible(name) for name in found.names) or 'none'}."
    yield f"The kubelet counts {exact(found.size)}; alone it would give back {_estimate(found.gives_back)}."
    reason = view.why_kept.get(found.id)
    if reason is None:
        place = view.eligible.index(found) + 1
        where = f"number {place} of {len(view.eligible)} in the order" if view.order == "known" else "its turn unknown"
        yield f"Nothing uses it and it is not pinned: image GC may delete it, {where}."
        if view.run is not None and view.run.going:
            yield f"The next run {'deletes' if found in view.run.going else 'spares'} it."
        yield view.order_note
    else:
        yield f"It stays: {reason}."
        for use in found.used_by[:20]:
            yield f"Held by {user(use)}."
        if found.used_by:
            yield "A dead container holds its image as a running one does, until it is deleted itself."


def answers(subject: Subject) -> Explanation:
    """What the kubelet and the runtime answered, value by value where it differs from the files."""
    case = subject.case
    steps: list[Step] = []
    for one in case.contradictions:
        steps.append(Step(f"{visible(one.key)} {visible(one.answer)}", CONFIGZ, True))
        if one.files_origin is not None:
            steps.append(Step(f"{visible(one.key)} {visible(one.files)}", one.files_origin, False))
    number = len(case.contradictions)
    title = f"the kubelet's own answer: {number or 'no'} {'difference' if number == 1 else 'differences'} to its files"
    if case.answer is None:
        title = "the kubelet's own answer: none"
    return Explanation(title, tuple(steps), tuple(_answers(case)), "kubelet: pkg/kubelet/server/server.go")


def _answers(case: Case) -> Iterator[str]:
    state = case.survey.kubelet.answer
    answer = case.answer
    if answer is None:
        if state.value is not None:
            yield f"It answered {utc(state.value.wall)}, before the running process; that is worth nothing now."
        else:
            yield f"Not asked or not reached: {visible(state.reason) or 'no reason known'}."
        yield _credential()
    else:
        yield f"Asked {utc(answer.wall)}. What the kubelet answers is what it obeys, whatever its files say."
        yield f"/healthz: {_heard(answer.healthz)}."
        yield f"/configz: {'heard' if answer.configz.value is not None else _heard(answer.configz)}."
        yield f"/stats/summary: {_statistics(answer.summary, answer.summary_status)}."
        if answer.configz.value is None or answer.summary.value is None:
            yield _credential()
    if case.contradictions and case.contradictions[0].explained:
        yield f"Why they differ: {case.contradictions[0].explained}."
    runtime = case.runtime
    if runtime is not None:
        heard = runtime.answer.value
        said = f"asked {utc(heard.wall)} ({visible(heard.api)})" if heard else visible(runtime.answer.reason)
        yield f"{visible(runtime.name)} over CRI: {said or 'not asked'}."


def _credential() -> str:
    return (
        "With a client certificate or a token for port 10250 the kubelet's /configz says which values it obeys, and "
        "/stats/summary which filesystem it measures; without one, both are computed from files, mounts and its log."
    )


def _heard(fact: Fact[str] | Fact[object]) -> str:
    text = str(fact.value) if fact.value is not None else fact.reason
    return visible(" ".join(text.split()))[:200] or "no answer"


def _statistics(fact: Fact[Summary], status: int | None) -> str:
    found = fact.value
    if found is None:
        return f"{f'HTTP {status}, ' if status else ''}{visible(fact.reason)[:200] or 'no answer'}"
    return f"node.fs {_figures(found.node_fs)}; imageFs {_figures(found.image_fs)}"


def _figures(stats: FsStats | None) -> str:
    if stats is None or stats.capacity is None:
        return "without figures"
    free = "" if stats.available is None else f", {exact(stats.available)} available"
    return f"{exact(stats.capacity)}{free}"
