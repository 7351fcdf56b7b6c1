"""Images that arrive in bursts, jobs that run from them and end, pods that write a little all the time."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from tui.demo.scenarios import GB, Scenario
from tui.demo.storage import Image, NoSpace, Pod, Store

FETCH = 80 * 1024**2
"""Bytes per second that a pull downloads ..."""
UNPACK = 200 * 1024**2
"""... and then unpacks."""
RETRY_S = 300.0
REGISTRY = "registry.example"
NAMES = ("train", "infer", "vision", "speech", "etl", "notebook")


@dataclass
class _Pull:
    name: str
    size: int
    fetched: int = 0
    unpacked: int = 0


class Workload:
    """The cause of all trouble; ``step`` moves it on by a few seconds. Deterministic for one seed."""

    def __init__(self, store: Store, seed: int, scenario: Scenario) -> None:
        """Nothing has happened yet; :meth:`fill` brings what is there at the beginning."""
        self._store = store
        self._random = random.Random(seed)
        self._load = scenario.load
        self._serial = 0
        self._queue: list[_Pull] = []
        self._next = scenario.simulated + self._load.busy_s / 3
        self._rest = 0.0
        self.failures: list[tuple[str, float]] = []

    def fill(self) -> None:
        """The images and pods that are there at the beginning; their bytes are in the disk's already."""
        for size in self._load.unused:
            self._serial += 1
            name = NAMES[self._serial % len(NAMES)]
            self._store.images.append(self._image(f"ml/{name}:build-{400 + self._serial}", size))
        for name in ("node-proxy", "dns", "log-agent", "csi-driver"):
            image = self._image(f"system/{name}:1.4", 15 * GB // 100)
            self._store.images.append(image)
            self._store.pods.append(Pod(f"kube-system/{name}-x7k2p", image, None))

    def step(self, now: float, seconds: float) -> None:
        """What happens in ``seconds`` up to ``now``."""
        for pod in [pod for pod in self._store.pods if pod.ends is not None and pod.ends <= now]:
            self._store.remove_pod(pod)
        self._write(seconds)
        if now >= self._next:
            self._next = now - math.log(1.0 - self._random.random()) * self._load.busy_s
            self._queue += [self._pull() for _ in range(1 + int(self._random.random() * self._load.burst))]
        if self._queue:
            self._fetch(now, seconds)

    def _write(self, seconds: float) -> None:
        stay = [pod for pod in self._store.pods if pod.ends is None]
        if not stay:
            return
        self._rest += self._load.writing / 3600 * seconds
        count = min(int(self._rest), self._store.disk.available)
        self._rest -= int(self._rest)
        self._store.disk.write(count)
        stay[-1].written += count

    def _pull(self) -> _Pull:
        self._serial += 1
        name = NAMES[int(self._random.random() * len(NAMES))]
        return _Pull(f"ml/{name}:build-{400 + self._serial}", int(self._between(*self._load.sizes)))

    def _between(self, least: float, greatest: float) -> float:
        return least + (greatest - least) * self._random.random()

    def _fetch(self, now: float, seconds: float) -> None:
        pull = self._queue[0]
        fetched = min(int(FETCH * seconds), pull.size - pull.fetched)
        unpacked = min(int(UNPACK * seconds), pull.size - pull.unpacked) if pull.fetched == pull.size else 0
        try:
            self._store.disk.write(fetched + unpacked)
        except NoSpace:
            self._store.disk.delete(pull.fetched + pull.unpacked)
            self._queue.pop(0)
            self._next = max(self._next, now + RETRY_S)
            self.failures.append((f"{REGISTRY}/{pull.name}", now))
            return
        pull.fetched, pull.unpacked = pull.fetched + fetched, pull.unpacked + unpacked
        if pull.unpacked == pull.size:
            self._queue.pop(0)
            self._run(pull, now)

    def _run(self, pull: _Pull, now: float) -> None:
        image = self._image(pull.name, pull.size)
        self._store.images.append(image)
        job = pull.name.replace(":", "-")
        self._store.pods.append(Pod(job, image, now + self._between(*self._load.jobs_s)))

    def _image(self, name: str, size: int) -> Image:
        digits = "".join(f"{int(self._random.random() * 256):02x}" for _ in range(32))
        return Image(f"{REGISTRY}/{name}", f"sha256:{digits}", size)
