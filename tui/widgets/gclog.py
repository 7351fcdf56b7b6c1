"""The kubelet's own log on image GC, eviction and devices: newest first, in words and as it was written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

from tui.kubelet import klog, versions
from tui.model import KubeletEvent, KubeletState, LogLine, Severity, Survey
from tui.widgets.eventwords import weight, words
from tui.widgets.figures import GLYPHS, clock, lead, short_clock
from tui.widgets.listing import Listing
from tui.widgets.text import Line, cut, line, literal, wrap

WHOLE_LINES = 12
"""At most so many lines for the selected entry as it was written: a mount table is long."""
QUIET = (
    "Nothing about image GC, eviction or devices since {since}, when it started. A kubelet at --v=2 whose image GC has "
    "not failed and has not fired writes nothing about it, on a stale view neither."
)
SILENT = (
    "The journal has no line of this kubelet since {since}, when it started: it was rotated away, or the kubelet "
    "writes elsewhere (--log-file, a container's log, rsyslog without a journal). `journalctl -b` says what is kept."
)


@dataclass(frozen=True)
class Entry:
    """One line of the journal and all that it says. ``key`` stays the same while newer lines come in."""

    key: str
    line: LogLine
    said: str
    weight: Severity


def entries(events: tuple[KubeletEvent, ...]) -> list[Entry]:
    """Events by line, newest first; one line may say two things."""
    found: dict[LogLine, list[KubeletEvent]] = {}
    for event in events:
        found.setdefault(event.line, []).append(event)
    times: Counter[float] = Counter()
    made = []
    for log_line, says in found.items():
        times[log_line.mono] += 1
        said = "; ".join(words(event, alone=len(says) == 1) for event in says)
        key = f"event {log_line.mono:.6f} {times[log_line.mono]}"
        made.append(Entry(key, log_line, said, max(weight(event) for event in says)))
    return made[::-1]


class GcLog(Listing):
    """Two lines an entry; the selected one is shown as a whole."""

    TITLE = "GC log"
    SOUGHT = "words, or the line as it was written"
    DEFAULT_CSS: ClassVar[str] = "GcLog { height: 1fr; }"

    @property
    def total(self) -> int:
        """Lines of the journal that say something."""
        return len({event.line for event in self.look.assessment.survey.kubelet.events}) if self.look else 0

    def captions(self) -> tuple[str, str]:
        """How many, and since when."""
        if self.look is None:
            return self.TITLE, ""
        survey = self.look.assessment.survey
        return f"{self.TITLE}  {_source(survey)}", self.chosen(len(self._rows), "line")

    def build(self, width: int, height: int) -> list[Line]:
        """The entries, or why there are none."""
        self._rows: list[Entry] = []
        if self.look is None:
            return [line(("  …", "dim"))]
        survey = self.look.assessment.survey
        found = entries(survey.kubelet.events)
        needle = self.needle.casefold()
        self._rows = [entry for entry in found if needle in f"{entry.said}\n{entry.line.message}".casefold()]
        trouble = [line("   ", (part, "warn")) for part in wrap(_trouble(survey), max(20, width - 6)) if part]
        if found and not self._rows:
            return [line(("   no line matches the filter", "dim"))]
        chosen = self.at([entry.key for entry in self._rows])
        lines = [each for entry in self._rows for each in self._entry(entry, survey, width, entry.key == chosen)]
        return [*trouble, *lines]

    def _entry(self, entry: Entry, survey: Survey, width: int, chosen: bool) -> list[Line]:
        sign = GLYPHS[entry.weight] if entry.weight > Severity.INFO else (" ", "")
        stamp = _stamp(entry.line.wall, survey.wall)
        before = 3 + len(stamp) + 2
        said = wrap(literal(entry.said), max(16, width - before))
        first = line(*lead("▸" if chosen else " ", sign), (stamp, "dim"), "  ", (said[0], sign[1]), key=entry.key)
        rest = [line(" " * before, (part, sign[1]), key=entry.key) for part in said[1:]]
        message = literal(entry.line.message)
        room = max(16, width - before)
        written = wrap(message, room, WHOLE_LINES) if chosen else [cut(message, room)]
        return [first, *rest, *(line(" " * before, (part, "dim"), key=entry.key) for part in written)]


def _stamp(wall: float, now: float) -> str:
    """``09:12:03`` today, else with its date."""
    day = short_clock(wall, now)
    return clock(wall) if ":" in day else f"{day} {clock(wall)}"


def _since(survey: Survey) -> str:
    process = survey.kubelet.process.value
    return _stamp(process.started_wall, survey.wall) if process else "its start"


def _source(survey: Survey) -> str:
    """Where the lines come from, in which of the kubelet's ways to write they are, since when."""
    kubelet = survey.kubelet
    if kubelet.journal.origin is None:
        return ""
    parts = [literal(kubelet.journal.origin.where), _era(kubelet), f"since {_since(survey)}"]
    return " · ".join(filter(None, parts))


def _era(kubelet: KubeletState) -> str:
    """How this kubelet writes, as its lines show; its version decides where they could be of both eras."""
    messages = [event.line.message for event in kubelet.events]
    if any(message.startswith("{") for message in messages):
        return "JSON lines"
    if any(klog.parse(message).structured for message in messages):
        return "1.21+ lines"
    return "lines before 1.21" if messages and kubelet.minor < versions.STRUCTURED_LOGS else ""


def _trouble(survey: Survey) -> str:
    """Why there is nothing, or nothing more, to read; "" if all is well."""
    kubelet = survey.kubelet
    if not kubelet.process.known and not kubelet.events:
        return f"No kubelet whose log could be read: {literal(kubelet.process.reason)}"
    if not kubelet.journal.known:
        kept = " What was read before is kept below." if kubelet.events else ""
        return f"The kubelet's journal cannot be read: {literal(kubelet.journal.reason)}.{kept}"
    if kubelet.events:
        return ""
    return (QUIET if kubelet.journal.value else SILENT).format(since=_since(survey))
