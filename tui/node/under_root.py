"""What lies under containerd's root, found out in the background: gently and cancellable (containerd-root.md 2.3)."""

from __future__ import annotations

import os
import stat as modes
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from tui.containerd.holdings import Holdings, Snapshot, read_meta, read_snapshots
from tui.model import Fact, Image, Origin, RuntimeState, UnderRoot
from tui.node import root_parts
from tui.node.host import Directories, Host, Namespaces
from tui.node.root_parts import CONTENT, DATABASES, INGEST, META_DB, SNAPSHOTTER, Databases
from tui.node.root_scan import Cancelled, Found, Tally, Walk, step_back

AGAIN_S = 600.0
"""Seconds from the end of one scan to the beginning of the next."""

OTHER = "other"
_CONTENT_DIR = "io.containerd.content.v1.content"
_NAMES = {
    META_DB[0]: DATABASES,
    "io.containerd.grpc.v1.cri": "cri volumes",
    "tmpmounts": "temporary mounts",
}
Images = tuple[Image, ...]

_UNREAD = Databases(Fact[Holdings].unknown("not read yet"), {})


@dataclass(frozen=True)
class Scanned:
    """What a scan has come to, now or at its end."""

    said: UnderRoot
    found: Found
    databases: Databases


class Scan(threading.Thread):
    """One scan of one root. ``latest`` is replaced as it goes on, ``trouble`` says why there is none."""

    def __init__(self, directories: Directories, root: str, host: Host, hurry_s: float) -> None:
        """``hurry_s``: seconds that somebody waits for it."""
        super().__init__(daemon=True, name="under-root")
        self.latest: Scanned | None = None
        self.trouble = ""
        self.ended = threading.Event()
        self.begun = time.monotonic()
        self.ended_at = 0.0
        self._stop_asked = threading.Event()
        self._directories, self._root, self._host = directories, root, host
        self._walk = Walk(self._stop_asked, self._publish, hurry_s)
        self._databases = _UNREAD

    def cancel(self) -> None:
        """Stop soon; what was found so far stays, as a part."""
        self._stop_asked.set()

    def run(self) -> None:
        """Walk, then read the databases, so that they know all that the walk saw."""
        step_back()
        try:
            fd = self._directories.open_directory(self._root)
            try:
                self._scan(fd)
            finally:
                os.close(fd)
        except Cancelled:
            self._publish()
        except PermissionError:
            self.trouble = f"{self._root} can only be read by root (sudo)"
        except OSError as error:
            self.trouble = f"{self._root}: {error.strerror or error}"
        except Exception as error:  # a fault of ours: it must show, and must not end in a thread's last words
            self.trouble = f"{self._root}: {type(error).__name__}: {error}"
        finally:
            self.ended_at = time.monotonic()
            self.ended.set()

    def _scan(self, fd: int) -> None:
        walk = self._walk
        walk.found.part(OTHER).add(walk.count(os.fstat(fd)))
        rows = sorted(walk.entries(fd), key=lambda row: (row[0].startswith(SNAPSHOTTER), row[0] != _CONTENT_DIR))
        snapshotters = tuple(name for name, _ in rows if name.startswith(SNAPSHOTTER))
        for name, status in rows:
            if name == _CONTENT_DIR:
                walk.found.part(CONTENT).add(walk.count(status))
                walk.enter(fd, name, self._content)
                self._databases = _read(fd, snapshotters)
            elif name in snapshotters:
                self._snapshotter(fd, name, status)
            else:
                walk.whole(fd, name, status, walk.found.part(_NAMES.get(name, OTHER)))
        self._databases = _read(fd, snapshotters)
        self._publish(lambda where, name: _gone(fd, where, name), whole=True)

    def _content(self, fd: int) -> None:
        walk = self._walk
        for name, status in walk.entries(fd):
            if name == "ingest":
                walk.whole(fd, name, status, walk.found.part(INGEST))
                continue
            walk.found.part(CONTENT).add(walk.count(status))
            if name == "blobs" and modes.S_ISDIR(status.st_mode):
                walk.enter(fd, name, self._blobs)

    def _blobs(self, fd: int) -> None:
        walk = self._walk
        for algorithm, status in walk.entries(fd):
            walk.found.part(CONTENT).add(walk.count(status))
            if modes.S_ISDIR(status.st_mode):
                walk.enter(fd, algorithm, partial(self._blobs_of, algorithm))

    def _blobs_of(self, algorithm: str, fd: int) -> None:
        walk = self._walk
        for name, status in walk.entries(fd):
            if modes.S_ISREG(status.st_mode):
                walk.found.blobs[f"{algorithm}:{name}"] = (status.st_mtime, walk.count(status).bytes)
            else:
                walk.whole(fd, name, status, walk.found.part(CONTENT))

    def _snapshotter(self, fd: int, name: str, status: os.stat_result) -> None:
        walk, short = self._walk, name.removeprefix(SNAPSHOTTER)
        part = walk.found.part(f"snapshots {short}")
        part.add(walk.count(status))

        def inside(inner: int) -> None:
            for each, found in walk.entries(inner):
                if each == "snapshots" and modes.S_ISDIR(found.st_mode):
                    part.add(walk.count(found))
                    walk.enter(inner, each, snapshots)
                else:
                    walk.whole(inner, each, found, walk.found.part(DATABASES) if each == "metadata.db" else part)

        def snapshots(inner: int) -> None:
            tallies = walk.found.snapshots.setdefault(short, {})
            for each, found in walk.entries(inner):
                walk.whole(inner, each, found, tallies.setdefault(each, Tally()))

        walk.enter(fd, name, inside)

    def _publish(self, gone: Callable[[str, str], bool] = lambda where, name: True, *, whole: bool = False) -> None:
        """Orphans are told at the end only: until then what is not known to the databases may be newer than they."""
        found = self._walk.found
        sums = root_parts.parts(found, self._databases, gone)
        arrivals = tuple(sorted(found.blobs.values()))
        said = UnderRoot(
            path=self._root,
            parts={name: (tally.bytes, tally.inodes) for name, tally in sums.items() if tally.inodes},
            arrivals=arrivals,
            whole=whole,
            scanned=found.scanned,
            wall=self._host.clock()[0],
            notes=root_parts.notes(found, self._databases),
        )
        self.latest = Scanned(said, replace(found, blobs=dict(found.blobs)), self._databases)


def _read(fd: int, snapshotters: Sequence[str]) -> Databases:
    rows: dict[str, Fact[Mapping[str, Snapshot]]] = {
        name.removeprefix(SNAPSHOTTER): root_parts.database(fd, (name, "metadata.db"), read_snapshots)
        for name in snapshotters
        if _has_database(fd, name)
    }
    return Databases(root_parts.database(fd, META_DB, read_meta), rows)


def _has_database(fd: int, name: str) -> bool:
    return not _gone(fd, name, "metadata.db")


def _gone(fd: int, where: str, name: str) -> bool:
    try:
        os.stat(f"{where}/{name}", dir_fd=fd, follow_symlinks=False)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


class UnderRoots:
    """The scans of all roots of one host; asked at each survey, and never waited for but once."""

    def __init__(self, host: Host, wait_s: float = 0.0) -> None:
        """``wait_s``: seconds that the first look at a root may wait for its scan (a report is a single look)."""
        self._host, self._wait_s = host, wait_s
        self._scans: dict[str, Scan] = {}
        self._whole: dict[str, Scanned] = {}
        self._joined: dict[str, tuple[Scanned, Images, Images]] = {}

    def start(self, runtimes: Sequence[RuntimeState]) -> None:
        """Begin what is due, so that it goes on while the rest of a survey is taken."""
        for runtime in runtimes:
            reader = self._reader(runtime)
            if not _why_not(runtime, reader, self._host) and isinstance(reader, Directories):
                self._scan(runtime.root.value or "/", reader)

    def joined(self, runtimes: Sequence[RuntimeState]) -> tuple[RuntimeState, ...]:
        """The runtimes with what lies under their roots, their images with what the disk would get back."""
        return tuple(self._with(runtime) for runtime in runtimes)

    def again(self) -> None:
        """Scan anew at the next look, on demand; a scan that still runs goes on."""
        for root in [root for root, scan in self._scans.items() if scan.ended.is_set()]:
            del self._scans[root]

    def cancel(self) -> None:
        """Stop all scans; they begin again when their time has come."""
        for scan in self._scans.values():
            scan.cancel()

    def _with(self, runtime: RuntimeState) -> RuntimeState:
        root = runtime.root.value or ""
        scan = self._scans.get(root)
        why_not = _why_not(runtime, self._reader(runtime), self._host)
        if why_not or scan is None:
            return replace(runtime, under_root=Fact[UnderRoot].unknown(why_not or "not scanned yet"))
        scan.ended.wait(max(0.0, scan.begun + self._wait_s - time.monotonic()))
        if scan.ended.is_set() and scan.latest is not None and scan.latest.said.whole:
            self._whole[root] = scan.latest
        latest = self._whole.get(root) or scan.latest
        if latest is None:
            return replace(runtime, under_root=Fact[UnderRoot].unknown(scan.trouble or "being scanned"))
        return self._with_images(root, runtime, latest)

    def _reader(self, runtime: RuntimeState) -> object:
        process = runtime.process.value
        if process and process.same_mount_namespace.value is False and isinstance(self._host, Namespaces):
            return self._host.seen_by(process.pid)
        return self._host

    def _scan(self, root: str, directories: Directories) -> None:
        scan = self._scans.get(root)
        if scan is None or (scan.ended.is_set() and time.monotonic() - scan.ended_at >= AGAIN_S):
            self._scans[root] = Scan(directories, root, self._host, self._wait_s)
            self._scans[root].start()

    def _with_images(self, root: str, runtime: RuntimeState, latest: Scanned) -> RuntimeState:
        under_root = Fact(latest.said, Origin("computed", root, text="scanned"))
        answer = runtime.answer.value
        if answer is None:
            return replace(runtime, under_root=under_root)
        kept = self._joined.get(root)
        if kept is None or kept[0] is not latest or kept[1] is not answer.images:
            found = root_parts.given_back(answer.images, latest.found, latest.databases, latest.said.whole)
            kept = self._joined[root] = (latest, answer.images, found)
        said = replace(runtime.answer, value=replace(answer, images=kept[2]))
        return replace(runtime, under_root=under_root, answer=said)


def _why_not(runtime: RuntimeState, reader: object, host: Host) -> str:
    """Why this runtime's root is not scanned, "" if it is."""
    if runtime.kind != "containerd":
        return "only containerd's root is looked into"
    if not (runtime.root.value or "").startswith("/"):
        return runtime.root.reason or "its root is not known"
    if not isinstance(reader, Directories):
        return f"not scanned: this is a {host.info().kind} node, its root has no files"
    return ""
