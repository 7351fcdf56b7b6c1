"""The demo node's course of events: its disks, what fills them, its kubelet and its journal."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping

from tui.demo.kubelet import Kubelet, View
from tui.demo.scenarios import BOOT_WALL, Scenario
from tui.demo.storage import BLOCK, Disk, Store
from tui.demo.tables import IMAGES
from tui.demo.workload import Workload
from tui.model import LogLine, Partition

STEP_S = 10.0
KUBELET_PID, CONTAINERD_PID = 1207, 1893
JOURNAL_LINES = 5000
LOGS = 18 * 1024**2 / 3600
"""Bytes per second by which logs fill the root disk."""


def disks(scenario: Scenario) -> Mapping[str, Disk]:
    """A 50 GB root disk, 31 % used as the kubelet counts, and the added one of 100 GB (a stock ext4 of 100 GiB)."""
    root = Disk(12822647, 652800, 3276800, 13_300_000_000, 214_000)
    image = Disk(25671918, 1310720, 6553600, 0, 61_000)
    image.used = image.usage().capacity - image.reserved * BLOCK - scenario.available
    return {"/": root, IMAGES: image}


class Simulation:
    """One run of a scenario; :meth:`advance` plays it on in fixed steps, so that only time and seed matter."""

    def __init__(self, scenario: Scenario, seed: int, view: View) -> None:
        """``view``: what the kubelet sees, and the disks; they fill from here on."""
        self.now = scenario.simulated
        self.journal: deque[LogLine] = deque(maxlen=JOURNAL_LINES)
        self.disks = view.disks
        self.store = Store(view.disks[IMAGES])
        self._workload = Workload(self.store, seed, scenario)
        self._workload.fill()
        self._kubelet = Kubelet(scenario.kubelet, view, self.store, self._log)
        started = scenario.kubelet
        self._log(started + 0.05, "I", "server.go:487", '"Kubelet version" kubeletVersion="v1.32.10"')
        self._log(started + 0.06, "I", "fs.go:136", partitions_line(view.partitions))
        self._kubelet.start()
        if started < self.now:
            self._kubelet.skip_to(self.now)
        self.advance(scenario.opens)

    def advance(self, now: float) -> None:
        """Play on until ``now`` (seconds since boot)."""
        while self.now + STEP_S <= now:
            self.now += STEP_S
            self._workload.step(self.now, STEP_S)
            self._logs(STEP_S)
            self._failed_pulls()
            self._kubelet.tick(self.now)

    def _logs(self, seconds: float) -> None:
        root = self.disks["/"]
        root.write(min(int(LOGS * seconds), root.available))

    def _failed_pulls(self) -> None:
        for name, when in self._workload.failures:
            code = f'failed to pull and unpack image \\"{name}\\": failed to extract layer: no space left on device'
            text = f'"PullImage from image service failed" err="rpc error: code = Unknown desc = {code}" image="{name}"'
            self._log(when, "E", "log.go:32", text)
        self._workload.failures.clear()

    def _log(self, mono: float, severity: str, source: str, text: str) -> None:
        wall = round(BOOT_WALL + mono, 6)
        stamp = time.strftime("%m%d %H:%M:%S", time.gmtime(wall)) + f".{round(wall % 1 * 1e6):06d}"
        self.journal.append(LogLine(wall, mono, KUBELET_PID, f"{severity}{stamp} {KUBELET_PID:7} {source}] {text}"))


def partitions_line(partitions: tuple[Partition, ...]) -> str:
    """The table as cAdvisor logs it at start."""
    rows = sorted(partitions, key=lambda row: row.device.encode("utf-8", "surrogateescape"))
    return f"Filesystem partitions: map[{' '.join(_partition(row) for row in rows)}]"


def _partition(row: Partition) -> str:
    number = f"major:{row.dev[0]} minor:{row.dev[1]}"
    return f"{row.device}:{{mountpoint:{row.mountpoint} {number} fsType:{row.fstype} blockSize:0}}"
