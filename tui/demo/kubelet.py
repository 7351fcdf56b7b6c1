"""A kubelet that obeys our own model of one: image GC and eviction over the mount table read at its start.

What decides is the code that judges real nodes (``tui.kubelet``); here are only its loops (kubelet-gc.md 3.1, 4.3).
Soft thresholds and imageMaximumGCAge, which no scenario sets, are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from tui.demo.storage import Disk, Store
from tui.kubelet import devices, eviction, image_gc, reclaim, texts
from tui.kubelet.duration import parse as parse_duration
from tui.kubelet.freeing import Image, free_space
from tui.model import KubeletConfig, Mount, Partition

Log = Callable[[float, str, str, str], None]
"""(seconds since boot, severity letter, source file:line, text)"""

ROOT_DIR = "/var/lib/kubelet"
_RECLAIMING = '"Eviction manager: {}" resourceName="ephemeral-storage"'


@dataclass(frozen=True)
class View:
    """What a kubelet saw when it started, and where it finds things now. ``device``: a path's device number now."""

    config: KubeletConfig
    mounts: tuple[Mount, ...]
    partitions: tuple[Partition, ...]
    images: str
    device: Callable[[str], tuple[int, int]]
    disks: Mapping[str, Disk]

    def lookup(self, path: str) -> devices.Lookup:
        """Which device it takes ``path`` to be on."""
        return devices.lookup(self.partitions, self.mounts, path, self.device(path), self.config.minor)

    def disk(self, path: str) -> Disk | None:
        """The disk that it measures for ``path``."""
        return self.disks.get(self.lookup(path).mountpoint)

    def field(self, name: str) -> str:
        """A setting as text."""
        return str(self.config.fields[name].value)


class Kubelet:
    """The two loops."""

    def __init__(self, started: float, view: View, store: Store, log: Log) -> None:
        """``started``: seconds since boot."""
        self._view = view
        self._store = store
        self._log = log
        self._records: dict[str, Image] = {}
        self._failures = 0
        self._min_age = parse_duration(view.field("imageMinimumGCAge")) / 1e9
        self._high = int(view.field("imageGCHighThresholdPercent"))
        self._low = int(view.field("imageGCLowThresholdPercent"))
        self.next_gc = started + 0.2
        self.next_eviction = started + reclaim.SYNC_S

    def start(self) -> None:
        """The first run of image GC, which comes before cAdvisor's first statistics (kubelet-gc.md 3.1)."""
        now = self.next_gc
        self._detect(now)
        self._ended(now, image_gc.CAPACITY_ZERO)
        self._log(now, "I", "eviction_manager.go:189", '"Eviction manager: starting control loop"')

    def skip_to(self, now: float) -> None:
        """Let the loops run until ``now`` in a time in which there was nothing to do; they stay in step."""
        self._ended(self.next_gc, "")
        while self.next_gc <= now:
            self.next_gc += image_gc.PERIOD_S
        while self.next_eviction <= now:
            self.next_eviction += reclaim.SYNC_S
        self._detect(now)

    def tick(self, now: float) -> None:
        """Run whatever loop is due."""
        if now >= self.next_gc:
            self._image_gc(now)
        if now >= self.next_eviction:
            self.next_eviction = now + reclaim.SYNC_S
            self._evict(now)

    def _detect(self, now: float) -> None:
        """Refresh the records of images, which are lost when a kubelet restarts (detectImages)."""
        used = self._store.used_images()
        records = {}
        for image in self._store.images:
            record = self._records.get(image.image_id) or Image(image.image_id, image.size, now, None)
            in_use = image.image_id in used
            records[image.image_id] = replace(record, in_use=in_use, last_used=now if in_use else record.last_used)
        self._records = records

    def _image_gc(self, now: float) -> None:
        self._detect(now)
        measured = self._view.disk(self._view.images)
        capacity, available = (measured.usage().capacity, measured.available) if measured else (0, 0)
        decision = image_gc.decide(capacity, available, self._high, self._low)
        if decision.usage is None or decision.amount is None:
            self._ended(now, decision.error)
            return
        minor = self._view.config.minor
        text = texts.log_text(minor, decision.usage, self._high, decision.amount, self._low)
        self._log(now, "I", "image_gc_manager.go:383", text)
        freed = self._free(now, decision.amount)
        failure = texts.free_failed_text(minor, decision.amount, freed, decision.usage, capacity)
        self._ended(now, "" if freed >= decision.amount else failure)

    def _free(self, now: float, amount: int) -> int:
        """Delete images as freeSpace does; the sum of their CRI sizes (the disk gets back about twice that)."""
        freed = free_space(self._records.values(), amount, now, self._min_age, self._view.config.minor)
        for image in freed.images:
            text = f'"Removing image to free bytes" imageID="{image.id}" size={image.size} runtimeHandler=""'
            self._log(now, "I", "image_gc_manager.go:487", text)
            self._store.remove_image(image.id)
            del self._records[image.id]
        return freed.size

    def _ended(self, now: float, failure: str) -> None:
        """Log how a run ended (success only after a failure, as at --v=2) and plan the next."""
        self.next_gc = now + image_gc.PERIOD_S
        if failure:
            how = (
                "multiple times in a row" if self._failures else "once. Stats initialization may not have completed yet"
            )
            self._log(now, "E", "kubelet.go:1428", f'"Image garbage collection failed {how}" err="{failure}"')
        elif self._failures:
            self._log(now, "I", "kubelet.go:1438", '"Image garbage collection succeeded"')
        self._failures = self._failures + 1 if failure else 0

    def _met(self, *, after_reclaim: bool = False) -> list[str]:
        """Signals whose hard threshold is met now."""
        found = {"nodefs": self._view.disk(ROOT_DIR), "imagefs": self._view.disk(self._view.images)}
        signals = []
        for threshold in self._view.config.eviction:
            where, _, what = threshold.signal.partition(".")
            disk = found.get(where)
            if disk is None or threshold.grace_s is not None:
                continue
            usage = disk.usage()
            whole, left = (usage.files, usage.ffree) if what == "inodesFree" else (usage.capacity, usage.available)
            if eviction.met(threshold, whole, left, min_reclaim=after_reclaim):
                signals.append(threshold.signal)
        return signals

    def _evict(self, now: float) -> None:
        met = self._met()
        if not met:
            return
        self._log(now, "I", "eviction_manager.go:376", _RECLAIMING.format("attempting to reclaim"))
        if self._reclaimed(now, met[0]):
            text = _RECLAIMING.format("able to reduce resource pressure without evicting pods.")
            self._log(now, "I", "eviction_manager.go:383", text)
            return
        self._log(now, "I", "eviction_manager.go:387", _RECLAIMING.format("must evict pod(s) to reclaim"))
        self._evict_pod(now)

    def _reclaimed(self, now: float, signal: str) -> bool:
        """Node-level reclaim for one signal; whether nothing is met any more."""
        image, node = self._view.lookup(self._view.images), self._view.lookup(ROOT_DIR)
        dedicated = bool(devices.dedicated_imagefs(image, node))
        layout = reclaim.layout_of(dedicated_imagefs=dedicated, separate_containerfs=False)
        steps: Sequence[str] = reclaim.before_pods(layout, signal, self._view.config.minor)
        if "containers" in steps:
            self._log(now, "I", "container_gc.go:88", '"Attempting to delete unused containers"')
        if "images" in steps:
            self._log(now, "I", "image_gc_manager.go:418", '"Attempting to delete unused images"')
            self._detect(now)
            self._free(now, image_gc.FREE_ALL)
        return bool(steps) and not self._met(after_reclaim=True)

    def _evict_pod(self, now: float) -> None:
        """One pod that is no system pod goes."""
        pods = [pod for pod in self._store.pods if pod.ends is not None]
        if not pods:
            self._log(now, "I", "eviction_manager.go:439", '"Eviction manager: unable to evict any pods from the node"')
            return
        names = ",".join(f'"{pod.name}"' for pod in pods)
        self._log(now, "I", "eviction_manager.go:405", f'"Eviction manager: pods ranked for eviction" pods=[{names}]')
        self._store.remove_pod(pods[0])
        text = f'"Eviction manager: pod is evicted successfully" pod="{pods[0].name}"'
        self._log(now, "I", "eviction_manager.go:617", text)
