"""When each image was last seen in use, from one answer of the runtime to the next.

The kubelet keeps these times in its memory only (kubelet-gc.md 3.2). Watching is the one way to know them, from when
the watch began; a kubelet that starts during it has forgotten all before, and then they are known as it knows them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tui.model import Fact, Image, KubeletState, Origin, RuntimeState

GAP_S = 300
"""Seconds without an answer after which the watch begins anew: the kubelet looks that often (3.1)."""
_WATCHED = Origin("computed", "seen while watching")


class Uses:
    """What was seen of the runtime that serves the kubelet."""

    def __init__(self) -> None:
        """Nothing seen yet."""
        self._whose: tuple[str, int] | None = None
        self._since = self._latest = 0.0
        self._used: dict[str, float] = {}

    def noted(self, runtimes: Sequence[RuntimeState], kubelet: KubeletState) -> tuple[RuntimeState, ...]:
        """The runtimes, with what is known of the last use of each image."""
        started = kubelet.process.value.started_wall if kubelet.process.value else None
        return tuple(self._noted(one, started) if one.serves_kubelet else one for one in runtimes)

    def _noted(self, runtime: RuntimeState, started: float | None) -> RuntimeState:
        answer, process = runtime.answer.value, runtime.process.value
        if answer is None:
            return runtime
        whose = (runtime.name, process.pid if process else 0)
        if whose != self._whose or not 0 <= answer.wall - self._latest <= GAP_S:
            self._whose, self._since, self._used = whose, answer.wall, {}
        self._latest = answer.wall
        listed = {image.id for image in answer.images}
        self._used = {image: wall for image, wall in self._used.items() if image in listed}
        self._used |= {image.id: answer.wall for image in answer.images if image.used_by}
        images = tuple(replace(image, last_used=self._last_used(image, started)) for image in answer.images)
        return replace(runtime, answer=replace(runtime.answer, value=replace(answer, images=images)))

    def _last_used(self, image: Image, started: float | None) -> Fact[float | None]:
        seen = self._used.get(image.id)
        if seen is not None:
            return Fact(seen, _WATCHED)
        arrived = image.arrived.value
        if (started is not None and self._since <= started) or (arrived is not None and arrived >= self._since):
            return Fact(None, _WATCHED)
        return Fact.unknown("only the kubelet remembers it; not seen in use since this program watches")
