"""The watch over a node: one look after the other, and the samples that forecasts rest on.

The app calls these from a thread of its own; nothing here knows a screen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from tui.model import Assessment, Explanation, History, Sample, Survey

FINE_S = 600.0
"""Every sample of the last ten minutes is kept ..."""
COARSE_S = 60.0
"""... older ones at most one a minute ..."""
KEEP_S = 6 * 3600.0
"""... and none beyond six hours: about 960 samples for each mount that is shown."""


class Watch(Protocol):
    """What the app asks; a real node, a root directory, the demo node and a test answer alike."""

    def survey(self, everything: bool = False) -> Survey:
        """One snapshot; may block for long, and may raise ``OSError``. ``everything``: hidden mounts are asked too."""
        ...

    def assess(self, survey: Survey, history: History) -> Assessment:
        """The judgement over it; ``history`` ends with this survey's own samples."""
        ...

    def explain(self, assessment: Assessment, key: str) -> Explanation:
        """Why a value is what it is."""
        ...


@dataclass(frozen=True)
class NodeWatch:
    """The watch over what ``take`` surveys, judged by the room ``assess``."""

    take: Callable[[bool], Survey]

    def survey(self, everything: bool = False) -> Survey:
        """One snapshot."""
        return self.take(everything)

    def assess(self, survey: Survey, history: History) -> Assessment:
        """The judgement over it."""
        from tui.assess.judge import assess

        return assess(survey, history)

    def explain(self, assessment: Assessment, key: str) -> Explanation:
        """Why a value is what it is."""
        from tui.assess.why import explain

        return explain(assessment, key)


@dataclass
class Record:
    """Samples by mountpoint, bounded in number; only mounts that the dashboard shows are followed."""

    samples: dict[str, list[Sample]] = field(default_factory=dict)

    def add(self, survey: Survey) -> None:
        """Append what this survey saw, forget mounts that are gone, thin out what is old."""
        seen: dict[str, list[Sample]] = {}
        for state in survey.mounts:
            usage = state.usage.value
            if state.hidden:
                continue
            path = state.mount.mountpoint
            seen[path] = self.samples.get(path, [])
            if usage is not None:
                seen[path].append(Sample(survey.mono, usage.available, usage.ffree))
                _thin(seen[path], survey.mono)
        self.samples = seen

    def history(self) -> History:
        """A frozen copy, safe to hand to another thread."""
        return {path: tuple(samples) for path, samples in self.samples.items()}


def _thin(samples: list[Sample], now: float) -> None:
    """Drop what is too old, and the one sample that has just left the fine window if its minute has one already."""
    while samples and samples[0].mono < now - KEEP_S:
        del samples[0]
    edge = next((i for i, sample in enumerate(samples) if sample.mono >= now - FINE_S), 0)
    while edge >= 2 and samples[edge - 1].mono - samples[edge - 2].mono < COARSE_S:
        del samples[edge - 1]
        edge -= 1
