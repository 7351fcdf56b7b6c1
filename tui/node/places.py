"""The mounts with their usage, age and persistence, and where the paths that matter really lie."""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from typing import Any

from tui.model import Fact, Mount, MountState, Origin, Process, Reader, Usage
from tui.node import dating
from tui.node.gone import Presence
from tui.node.host import Batch, Host
from tui.node.look import Look
from tui.node.memo import Memo
from tui.node.mountinfo import MountTable, hidden_reasons, served
from tui.node.processes import why_not

Located = Fact[tuple[str, tuple[int, int]]]

DATED = 64
"""So many mounts are dated at most: those that matter first."""
RETRY_S = 10.0
_SILENT = frozenset((errno.ENOTCONN, errno.ESTALE, errno.EIO, errno.EHOSTDOWN, errno.EHOSTUNREACH))
_NOT_ASKED: Fact[Usage] = Fact.unknown("hidden mounts are not asked")
_COVERED: Fact[Usage] = Fact.unknown("another mount covers it")
_AUTOMOUNT: Fact[Usage] = Fact.unknown("not asked: asking would mount it")
_UNKNOWN: Fact[Any] = Fact.unknown("not asked")


def locate(reader: Reader, path: str) -> Located:
    """The canonical path and its device number as a stat sees it.

    A path that does not exist gets the device of its nearest existing directory, and the origin says so.
    """
    try:
        real = reader.realpath(path)
    except OSError as error:
        return Fact.unknown(f"{path}: {why_not(error)}")
    at = real
    while True:
        try:
            found = reader.stat(at)
        except (FileNotFoundError, NotADirectoryError):
            if at == "/":
                return Fact.unknown(f"{path} does not exist")
            at = at.rpartition("/")[0] or "/"
            continue
        except OSError as error:
            return Fact.unknown(f"{path}: {why_not(error)}")
        if at == real:
            return Fact((real, found.dev), Origin("file", path))
        return Fact((real, found.dev), Origin("computed", at, None, f"{path} does not exist, {at} does"))


class MountsReader:
    """Makes mount states of a mount table, again and again; dates and fstab only for what is new."""

    def __init__(self, host: Host, memo: Memo) -> None:
        """Nothing is read yet."""
        self._host = host
        self._memo = memo
        self._reasons: tuple[MountTable | None, Mapping[int, str]] = (None, {})
        self._left_out: tuple[MountTable | None, Mapping[int, MountState]] = (None, {})
        self._files: dict[tuple[int, str], bool] = {}
        self._presence = Presence(host)
        self._since: dict[int, float] = {}
        self._stamps: dict[tuple[int, tuple[int, int], str], tuple[float, Fact[float]]] = {}

    def states(
        self,
        look: Look,
        table: MountTable,
        located: Sequence[Located],
        kubelet: Process | None,
        everything: bool = False,
    ) -> tuple[MountState, ...]:
        """All mounts in the table's order.

        ``located``: paths whose mounts are shown whatever kind they are. ``everything``: hidden mounts are asked for
        their usage too.
        """
        reasons = self._why_hidden(table)
        holders = {
            held.mount_id
            for one in located
            if one.value is not None and (held := table.holder(one.value[0])) is not None
        }
        shown = [mount for mount in table.mounts if not reasons[mount.mount_id] or mount.mount_id in holders]
        wanted = table.mounts if everything else shown
        answers = self._answers(table, wanted, look.mono)
        since = self._unreachable(table, answers, look.wall)
        chosen = sorted(shown, key=lambda mount: mount.mount_id not in holders)[:DATED]
        appeared = self._appeared(look, table, chosen, kubelet)
        persistence = self._memo.get("persistence", None, dating.read_persistence)
        states = dict(self._unasked(table, reasons))
        for mount in wanted:
            number = mount.mount_id
            visible = not reasons[number] or number in holders
            states[number] = MountState(
                mount,
                _usage(mount, answers[number]) if number in answers else _silent_reason(mount),
                "" if visible else reasons[number],
                since.get(number),
                appeared.get(number, _UNKNOWN),
                persistence.of(mount) if visible else _UNKNOWN,
            )
        return tuple(states[mount.mount_id] for mount in table.mounts)

    def _unasked(self, table: MountTable, reasons: Mapping[int, str]) -> Mapping[int, MountState]:
        """The states of mounts of which nothing more is asked: there may be thousands, and they stay the same."""
        if self._left_out[0] is not table:
            plain = {mount.mount_id: MountState(mount, _NOT_ASKED, reasons[mount.mount_id]) for mount in table.mounts}
            self._left_out = (table, plain)
        return self._left_out[1]

    def _why_hidden(self, table: MountTable) -> Mapping[int, str]:
        if self._reasons[0] is not table:
            whole = {mount.dev for mount in table.mounts if mount.root == "/"}
            candidates = (mount for mount in table.mounts if mount.root != "/" and mount.dev not in whole)
            files = frozenset(mount.mountpoint for mount in candidates if self._is_file(mount))
            self._reasons = (table, hidden_reasons(table, files))
            there = {(mount.mount_id, mount.mountpoint) for mount in table.mounts}
            self._files = {key: known for key, known in self._files.items() if key in there}
        return self._reasons[1]

    def _is_file(self, mount: Mount) -> bool:
        """Whether a single file is bound, as containers do with /etc/hosts."""
        key = (mount.mount_id, mount.mountpoint)
        if key not in self._files:
            try:
                self._files[key] = not served(mount.fstype) and self._host.stat(mount.mountpoint).kind != "dir"
            except OSError:
                self._files[key] = False
        return self._files[key]

    def _answers(self, table: MountTable, wanted: Sequence[Mount], mono: float) -> Mapping[int, Usage | OSError]:
        asked = [mount for mount in wanted if table.on_top(mount)]
        asked = [mount for mount in asked if mount.fstype != "autofs"]  # asking would mount it
        paths = [mount.mountpoint for mount in asked]
        answers = self._host.statfs_all(paths) if isinstance(self._host, Batch) else one_by_one(self._host, paths)
        return {mount.mount_id: self._presence.gone(mount, mono) or answers[mount.mountpoint] for mount in asked}

    def _unreachable(
        self, table: MountTable, answers: Mapping[int, Usage | OSError], wall: float
    ) -> Mapping[int, float]:
        """Mount id to the wall clock of the first look at which it did not answer, as long as it does not."""
        silent = [number for number, answer in answers.items() if _is_silent(answer)]
        self._since = {number: self._since.get(number, wall) for number in silent}
        return self._since

    def _appeared(
        self, look: Look, table: MountTable, mounts: Sequence[Mount], kubelet: Process | None
    ) -> Mapping[int, Fact[float]]:
        keys = {(mount.mount_id, mount.dev, mount.mountpoint): mount for mount in mounts}
        self._stamps = {key: kept for key, kept in self._stamps.items() if key in keys}
        new = [
            mount
            for key, mount in keys.items()
            if key not in self._stamps
            or (not self._stamps[key][1].known and look.mono - self._stamps[key][0] > RETRY_S)
        ]
        if new:
            found = self._dated(table, new, kubelet)
            self._stamps.update(
                ((mount.mount_id, mount.dev, mount.mountpoint), (look.mono, found[mount.mount_id])) for mount in new
            )
        return {key[0]: kept[1] for key, kept in self._stamps.items()}

    def _dated(self, table: MountTable, mounts: Sequence[Mount], kubelet: Process | None) -> Mapping[int, Fact[float]]:
        """By systemd's stamps; the kernel's journal is asked only where they leave open whether the kubelet saw it."""
        stamps = dating.stamps(self._host, table, mounts)
        if kubelet is None:
            return stamps
        open_ones = [
            mount
            for mount in mounts
            if mount.mountpoint != "/" and ((stamp := stamps[mount.mount_id].value) is None or stamp > kubelet.started)
        ]
        names = {mount.mount_id: dating.device_name(self._host, mount) for mount in open_ones}
        if not any(names.values()):
            return stamps
        lines = self._host.journal("_kernel", 0.0, dating.KERNEL_LINES)
        times = dating.kernel_times(lines.value or ())
        exact = {
            mount.mount_id: dating.appeared(stamps[mount.mount_id], times.get(names[mount.mount_id]), mount, table)
            for mount in open_ones
        }
        return {**stamps, **exact}


def one_by_one(host: Host, paths: Sequence[str]) -> Mapping[str, Usage | OSError]:
    """Statfs of a host that takes one path at a time."""
    answers: dict[str, Usage | OSError] = {}
    for path in paths:
        try:
            answers[path] = host.statfs(path)
        except OSError as error:
            answers[path] = error
    return answers


def _is_silent(answer: Usage | OSError) -> bool:
    return isinstance(answer, TimeoutError) or (isinstance(answer, OSError) and answer.errno in _SILENT)


def _silent_reason(mount: Mount) -> Fact[Usage]:
    """Why a wanted mount was not asked, see :meth:`MountsReader._answers`."""
    return _AUTOMOUNT if mount.fstype == "autofs" else _COVERED


def _usage(mount: Mount, answer: Usage | OSError) -> Fact[Usage]:
    if isinstance(answer, Usage):
        return Fact(answer, Origin("proc", f"statfs {mount.mountpoint}"))
    if isinstance(answer, TimeoutError):
        return Fact.unknown("no answer within its time limit")
    return Fact.unknown(why_not(answer))
