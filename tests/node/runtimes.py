"""Configurations of containerd 1.6, 1.7 and 2.1, one node each, and what the daemon itself says about each of them."""

from __future__ import annotations

import io
import json
import re
import tarfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomlkit

from tests.node import cache, cri
from tests.node.lab import Lab
from tests.node.node import Node

SERIES = {"1.6": (1, 2), "1.7": (1, 2), "2.1": (1, 2, 3)}
"""Releases, and the configuration versions that each reads."""
MAIN = "/etc/containerd/config.toml"
UNIT = "/etc/systemd/system/containerd.service.d/10-test.conf"
SNAPSHOTTER = "io.containerd.snapshotter.v1"
CRI_TABLES = {
    1: ("cri", "containerd"),
    2: ("io.containerd.grpc.v1.cri", "containerd"),
    3: ("io.containerd.cri.v1.images",),
}
GONE = ("/etc/containerd", "/conf.d", "/opt/own", UNIT.rpartition("/")[0])


@dataclass(frozen=True)
class Case:
    """Files of one configuration, words after the program in a unit drop-in, and the root that they are about."""

    name: str
    root: str
    files: Mapping[str, str] = field(default_factory=dict)
    words: str = ""
    prepare: tuple[str, ...] = ()
    by_series: Mapping[str, str] = field(default_factory=dict)


def head(version: int, root: str, imports: Sequence[str] = ()) -> str:
    """The top of a file; version 1 is what a file without the key has."""
    lines = [f"version = {version}"] if version > 1 else []
    lines += [f'root = "{root}"'] if root else []
    lines += [f"imports = {json.dumps(list(imports))}"] if imports else []
    return "\n".join(lines) + "\n"


def table(*names: str) -> str:
    """A table's header."""
    return "[plugins." + ".".join(f'"{name}"' for name in names) + "]\n"


def cases(series: str) -> list[Case]:
    """All cases of one release."""
    return [case for version in SERIES[series] for case in _of_version(version)] + _without_version(series)


def _of_version(version: int) -> list[Case]:
    overlayfs = "overlayfs" if version == 1 else f"{SNAPSHOTTER}.overlayfs"
    runtimes = table(*CRI_TABLES[version], "runtimes", "runc") + 'runtime_type = "io.containerd.runc.v2"\n'
    native = head(version, "/data/native") + table(*CRI_TABLES[version]) + 'snapshotter = "native"\n'
    made = [
        Case("plain", "/data/plain", {MAIN: head(version, "/data/plain")}),
        Case(
            "relative glob",
            "/data/beside",
            {
                MAIN: head(version, "/data/main", ["conf.d/*.toml"]),
                "/etc/containerd/conf.d/10.toml": head(version, "/data/beside"),
                "/conf.d/10.toml": head(version, "/data/below-cwd"),
            },
            by_series={"1.6": "/data/below-cwd"},
        ),
        Case(
            "absolute glob",
            "/data/nine",
            {
                MAIN: head(version, "/data/main", ["/etc/containerd/conf.d/*.toml"]),
                "/etc/containerd/conf.d/9.toml": head(version, "/data/nine"),
                "/etc/containerd/conf.d/10.toml": head(version, "/data/ten"),
                "/etc/containerd/conf.d/.hidden.toml": head(version, "/data/hidden"),
            },
        ),
        Case(
            "chain",
            "/data/c",
            {
                MAIN: head(version, "/data/main", ["a.toml", "/etc/containerd/b.toml"]),
                "/etc/containerd/a.toml": head(version, "/data/a", ["deep/c.toml"]),
                "/etc/containerd/b.toml": head(version, "/data/b"),
                "/etc/containerd/deep/c.toml": head(version, "/data/c"),
            },
        ),
        Case("flag", "/data/flag", {MAIN: head(version, "/data/dead")}, words="--root /data/flag"),
        Case(
            "moved snapshots",
            "/data/moved",
            {MAIN: head(version, "/data/moved") + table(overlayfs) + 'root_path = "/data/snapshots"\n'},
        ),
        Case("native snapshotter", "/data/native", {MAIN: native}),
    ]
    if version == 2:
        made.append(Case("native snapshotter and runtimes", "/data/native", {MAIN: native + runtimes}))
    return [Case(f"version {version}, {c.name}", c.root, c.files, c.words, c.prepare, c.by_series) for c in made]


def _without_version(series: str) -> list[Case]:
    version = SERIES[series][-1]
    link = ("mkdir -p /data/real", "ln -sfn /data/real /data/link")
    below = f'version = {version}\n[grpc]\nroot = "/data/in-grpc"\n'
    return [
        Case("no file", "/var/lib/containerd"),
        Case("below a table", "/var/lib/containerd", {MAIN: below}),
        Case("through a link", "/data/real", {MAIN: head(version, "/data/link")}, prepare=link),
        Case("relative root", "/data/relative", {MAIN: head(version, "data/relative")}),
        Case(
            "capital key",
            "/var/lib/containerd",
            {MAIN: f'version = {version}\nRoot = "/data/capital"\n'},
            by_series={"2.1": "/data/capital"},
        ),
        Case(
            "another file",
            "/data/own",
            {
                MAIN: head(version, "/data/dead"),
                "/opt/own/c.toml": head(version, "", ["more/*.toml", "one.toml"]),
                "/opt/own/one.toml": head(version, "/data/own"),
            },
            words="-c /opt/own/c.toml",
        ),
    ]


@dataclass(frozen=True)
class Truth:
    """What the daemon says, paths made absolute: open database, plugins' exports, CRI's answer, its dump."""

    database: str
    exports: Mapping[str, str]
    image_filesystems: list[str]
    journal: str
    dump: Mapping[str, Any]

    @property
    def root(self) -> str:
        """The directory that holds the open meta.db; links resolved."""
        return self.database.removesuffix("/io.containerd.metadata.v1.bolt/meta.db")


class RuntimeNode(Node):
    """A node with one release of containerd; :meth:`prepare` lays a case down, :meth:`enter` restarts into it."""

    def __init__(self, lab: Lab, series: str) -> None:
        super().__init__(lab, f"containerd-{series}")
        self.series = series
        if series != "1.6":  # the base has that one
            for program in sorted((cache.containerd(series) / "usr/bin").iterdir()):
                self.put(f"/usr/bin/{program.name}", program.read_bytes(), mode=0o755)

    def prepare(self, case: Case) -> None:
        """Put the case's files in place of the last one's; nothing is restarted."""
        files = dict(case.files)
        if case.words:
            files[UNIT] = f"[Service]\nExecStart=\nExecStart=/usr/bin/containerd {case.words}\n"
        orders = [f"rm -rf {' '.join(GONE)}", "mkdir -p /etc/containerd /data", *case.prepare, "tar x -C /"]
        self.run(["sh", "-ec", "\n".join([*orders, "systemctl daemon-reload"])], stdin=_tar(files))

    def enter(self) -> None:
        """Restart containerd, and wait until it serves CRI."""
        self.run(["systemctl", "restart", "containerd"])

    def report(self) -> dict[str, Any]:
        """The one runtime in ``imagegc report --json``."""
        runtimes = json.loads(self.run(["imagegc", "report", "--json"], check=False))["runtimes"]
        assert len(runtimes) == 1, [each["name"] for each in runtimes]
        return dict(runtimes[0])

    def truth(self, case: Case) -> Truth:
        """Ask the running daemon everything."""
        pid = self.run(["systemctl", "show", "-P", "MainPID", "containerd"]).strip()
        files = self.run(["sh", "-c", f"ls -l /proc/{pid}/fd | sed -n 's/.* -> //p'"])
        databases = [line for line in files.splitlines() if line.endswith("/meta.db")]
        assert len(databases) == 1, files
        dump = self.run(["containerd", *_dump_words(case)])
        said = re.findall(r'Get image filesystem path \\"([^"]*)\\"', self.journal("containerd"))
        return Truth(
            databases[0],
            exports(self.run(["ctr", "plugins", "ls", "-d"])),
            [absolute(path) for path in self._image_filesystems()],
            absolute(said[-1]) if said else "",
            tomlkit.parse(dump).unwrap(),
        )

    def _image_filesystems(self) -> list[str]:
        socket = Path(f"/proc/{self.pid}/root/run/containerd/containerd.sock")
        deadline = time.monotonic() + 10
        while True:
            try:
                return cri.image_filesystems(socket)
            except (cri.CriError, OSError):  # it says that it is ready a moment before its plugins are
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)


def exports(text: str) -> dict[str, str]:
    """``ctr plugins ls -d`` as "ID path" and "ID root" to what is exported."""
    found: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith("ID:"):
            name = line.split()[1]
        export = re.match(r"\s+(path|root)\s+(\S+)\s*$", line)
        if export:
            found[f"{name} {export[1]}"] = absolute(export[2])
    return found


def absolute(path: str) -> str:
    """A path as the daemon uses it, whose working directory is "/"."""
    return "/" + path.lstrip("/")


def dumped_snapshotter(dump: Mapping[str, Any], series: str) -> tuple[str, str]:
    """The snapshotter and its root_path ("" if not moved) in what ``config dump`` prints."""
    plugins = dump["plugins"]
    where = CRI_TABLES[3] if series.startswith("2") else CRI_TABLES[2]
    held = plugins
    for key in where:
        held = held[key]
    name = held["snapshotter"]
    return name, plugins.get(f"{SNAPSHOTTER}.{name}", {}).get("root_path", "")


def _dump_words(case: Case) -> list[str]:
    """The dump with the daemon's own ``-c``; 1.x dumps nothing without a file: then it runs by the defaults."""
    named = re.findall(r"-c (\S+)", case.words)
    if not case.files:
        return ["config", "default"]
    return [*(["-c", *named] if named else []), "config", "dump"]


def _tar(files: Mapping[str, str]) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for path, text in files.items():
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size, entry.mtime, entry.mode = len(text), int(time.time()), 0o644
            tar.addfile(entry, io.BytesIO(text.encode()))
    return data.getvalue()
