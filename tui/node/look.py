"""What one look at a machine starts from, and what it could not see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from tui.model import FileStat, HostInfo, Pending, Reader, Word
from tui.model.facts import Origin
from tui.node.processes import Daemon, why_not

T = TypeVar("T")

_TICK_S = 0.1  # a process's start counts in hundredths, and no daemon reads its files at once


@dataclass(frozen=True)
class Gaps:
    """(what, reason) of everything that could not be read; each ``what`` once."""

    found: dict[str, str] = field(default_factory=dict)

    def add(self, what: str, reason: str) -> None:
        """Note a gap; the first reason stays."""
        self.found.setdefault(what, reason)

    def guard(self, what: str, read: Callable[[], T], otherwise: T) -> T:
        """``read()``; if it fails, the gap is noted and the survey goes on with ``otherwise``.

        A fault of our own code is noted too, with its text: one broken reader must not blind the others.
        """
        try:
            return read()
        except OSError as error:
            self.add(what, why_not(error))
        except Exception as error:
            self.add(what, f"internal error, please report it: {type(error).__name__}: {error}")
        return otherwise


@dataclass(frozen=True)
class Look:
    """The clocks, the node's mount table as text, the daemons that run, and who asks."""

    wall: float
    mono: float
    mountinfo: bytes
    host: HostInfo
    daemons: tuple[Daemon, ...]
    gaps: Gaps

    @property
    def since_254(self) -> bool:
        """Whether the node's systemd reads environment files by the newer rule (facts/systemd.md 4)."""
        return (self.host.systemd.value or 0) >= 254


def argv_words(daemon: Daemon, written: tuple[Word, ...]) -> tuple[Word, ...]:
    """The running command line; each word that the unit's files contain too gets their line as its origin."""
    left = list(written)
    words = []
    for text in daemon.words:
        known = next((word for word in left if word.text == text), None)
        if known is not None:
            left.remove(known)
        words.append(known or Word(text, Origin("proc", f"/proc/{daemon.pid}/cmdline", None, text)))
    return tuple(words)


def texts(words: tuple[Word, ...]) -> tuple[str, ...]:
    """The words alone."""
    return tuple(word.text for word in words)


def changed_since(reader: Reader, paths: tuple[str, ...], started_wall: float, who: str) -> tuple[Pending, ...]:
    """Files and directories whose times say that they changed after the process started; never more than possible."""
    found = []
    for path in dict.fromkeys(paths):
        try:
            stat = reader.stat(path)
        except OSError:
            continue  # a file that is gone shows in the configuration itself
        if pending := _changed(path, stat, started_wall, who):
            found.append(pending)
    return tuple(found)


def last_change(reader: Reader, paths: Sequence[str]) -> float:
    """The newest change of any of these files, wall clock; 0 when none can be seen."""
    newest = 0.0
    for path in paths:
        try:
            stat = reader.stat(path)
        except OSError:
            continue
        newest = max(newest, stat.mtime_ns / 1e9, stat.ctime_ns / 1e9)
    return newest


def _changed(path: str, stat: FileStat, started_wall: float, who: str) -> Pending | None:
    written, touched = stat.mtime_ns / 1e9, stat.ctime_ns / 1e9
    if max(written, touched) <= started_wall + _TICK_S:
        return None
    how = "was written" if written > started_wall + _TICK_S else "was replaced, renamed or given another mode"
    what = f"{path} {how} after {who} started; what runs may not have read it as it is now"
    return Pending(path, what, max(written, touched), False)
