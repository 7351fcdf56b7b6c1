"""A real containerd on a disk of its own: our root, snapshotter and image path against what it says itself.

Debian's package is installed when root is on Debian; elsewhere the tests are skipped (IMAGEGC_REQUIRE: they fail).
Everything is private: loop disk, root, state, socket, CNI directories. The oracles are ``containerd config dump``, the
daemon's open files and ``ctr plugins ls -d`` (containerd-root.md 1.3, 1.4).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from tests.node import images
from tui.model import RuntimeState, Survey
from tui.node.asking import Asker
from tui.node.machine import Machine
from tui.node.survey import Surveyor

START_S = 30.0
SNAPSHOTS = "io.containerd.snapshotter.v1"


def _absent() -> str:
    """Why there is no containerd to test with, "" when there is; installs Debian's package."""
    if os.geteuid() != 0:
        return "a real containerd on a loop disk needs root"
    if not os.path.exists("/dev/loop-control"):
        return "this machine has no loop devices"
    if shutil.which("containerd") is None:
        if not os.path.exists("/etc/debian_version"):
            return "containerd is not installed, and this is not Debian"
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        command = ["apt-get", "install", "-y", "--no-install-recommends", "containerd"]
        done = subprocess.run(command, env=quiet, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return f"apt-get install containerd failed: {done.stderr.strip()[-200:]}"
    return "" if shutil.which("ctr") else "ctr is not installed"


@dataclass
class Disk:
    """An ext4 loop disk. ``device``: its number as a stat sees it."""

    mountpoint: Path
    device: tuple[int, int]


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    """256 MiB, mounted below a temporary directory, gone afterwards whatever happens."""
    reason = _absent()
    if reason and os.environ.get("IMAGEGC_REQUIRE"):
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    base = tmp_path_factory.mktemp("containerd")
    image, where = base / "disk.img", base / "disk"
    where.mkdir()
    with open(image, "wb") as file:
        file.truncate(256 << 20)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    loop = subprocess.run(["losetup", "--find", "--show", str(image)], check=True, capture_output=True, text=True)
    device = loop.stdout.strip()
    try:
        subprocess.run(["mount", device, str(where)], check=True)
        try:
            number = os.stat(where).st_dev
            yield Disk(where, (os.major(number), os.minor(number)))
        finally:
            busy = subprocess.run(["umount", str(where)], check=False).returncode
            if busy:  # a test that failed may have left something open; the device goes with its last user
                subprocess.run(["umount", "--lazy", str(where)], check=True)
    finally:
        subprocess.run(["losetup", "--detach", device], check=True)


@dataclass
class Case:
    """``files``: name to content, the main file is ``config.toml``; ``{disk}`` and ``{base}`` are filled in.

    ``root``: the root that is to be found, as written; ``real``: with links followed, if another.
    """

    files: dict[str, str]
    root: str
    flags: tuple[str, ...] = ()
    real: str = ""
    snapshotter: str = "overlayfs"
    links: dict[str, str] = field(default_factory=dict)


_COMMON_V2 = """
disabled_plugins = ["io.containerd.internal.v1.opt"]
[grpc]
address = "{base}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri".cni]
conf_dir = "{base}/cni"
bin_dir = "{base}/cni-bin"
"""
_COMMON_V1 = """
disabled_plugins = ["opt"]
[grpc]
address = "{base}/containerd.sock"
[plugins.cri.cni]
conf_dir = "{base}/cni"
bin_dir = "{base}/cni-bin"
"""
_STATE = 'state = "{base}/state"\n'
_V2 = "version = 2\n" + _STATE

CASES = {
    "no version": Case({"config.toml": 'root = "{disk}/none"\n' + _STATE + _COMMON_V1}, "{disk}/none"),
    "version 1": Case({"config.toml": 'version = 1\nroot = "{disk}/one"\n' + _STATE + _COMMON_V1}, "{disk}/one"),
    "version 2": Case({"config.toml": _V2 + 'root = "{disk}/two"\n' + _COMMON_V2}, "{disk}/two"),
    "a chain of imports, the last of all wins": Case(
        {
            "config.toml": _V2 + 'root = "{disk}/main"\nimports = ["one.toml", "{base}/conf.d/*.toml"]\n' + _COMMON_V2,
            "one.toml": 'version = 2\nroot = "{disk}/one"\nimports = ["{base}/late.toml"]\n',
            "conf.d/10.toml": 'version = 2\nroot = "{disk}/ten"\n',
            "conf.d/9.toml": 'version = 2\nroot = "{disk}/nine"\n',
            "conf.d/.hidden.toml": 'version = 2\nroot = "{disk}/hidden"\n',
            "late.toml": 'version = 2\nroot = "{disk}/late"\n',
        },
        "{disk}/late",
    ),
    "names in a directory sort by bytes": Case(
        {
            "config.toml": _V2 + 'root = "{disk}/main"\nimports = ["{base}/conf.d/*.toml"]\n' + _COMMON_V2,
            "conf.d/10.toml": 'version = 2\nroot = "{disk}/ten"\n',
            "conf.d/9.toml": 'version = 2\nroot = "{disk}/nine"\n',
            "conf.d/A.toml": 'version = 2\nroot = ""\n',
        },
        "{disk}/nine",
    ),
    "a flag beats the file": Case(
        {"config.toml": _V2 + 'root = "{disk}/file"\n' + _COMMON_V2}, "{disk}/flag", ("--root", "{disk}/flag")
    ),
    "a relative flag is meant from the daemon's directory": Case(
        {"config.toml": _V2 + 'root = "{disk}/file"\n' + _COMMON_V2}, "{base}/rel/x", ("--root=./rel/x",)
    ),
    "a root that is a link": Case(
        {"config.toml": _V2 + 'root = "{base}/link"\n' + _COMMON_V2},
        "{base}/link",
        real="{disk}/linked",
        links={"link": "{disk}/linked"},
    ),
    "another snapshotter": Case(
        {
            "config.toml": _V2
            + 'root = "{disk}/native"\n'
            + _COMMON_V2
            + '[plugins."io.containerd.grpc.v1.cri".containerd]\nsnapshotter = "native"\n'
        },
        "{disk}/native",
        snapshotter="native",
    ),
}


@dataclass
class Running:
    """A containerd that runs, and what it is asked with."""

    pid: int
    base: Path
    words: list[str]

    def dump(self) -> str:
        command = ["containerd", "-c", str(self.base / "config.toml"), "config", "dump"]
        return subprocess.run(command, cwd=self.base, capture_output=True, text=True, check=True).stdout

    def exports(self) -> dict[str, str]:
        """Snapshotter to its root, as ``ctr plugins ls -d`` has it."""
        command = ["ctr", "--address", str(self.base / "containerd.sock"), "plugins", "ls", "-d"]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        blocks = text.split("Type:")
        pattern = re.compile(r"io\.containerd\.snapshotter\.v1\s+ID:\s+(\S+)\s.*?root\s+(\S+)", re.DOTALL)
        return {found[1]: found[2] for block in blocks if (found := pattern.search(block))}

    def databases(self) -> list[str]:
        return [file.path for file in psutil.Process(self.pid).open_files() if file.path.endswith("/meta.db")]


@contextmanager
def _running(case: Case, base: Path, disk: Disk) -> Iterator[Running]:
    def filled(text: str) -> str:
        return text.replace("{disk}", str(disk.mountpoint)).replace("{base}", str(base))

    for name, content in case.files.items():
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_text(filled(content))
    for name, target in case.links.items():
        Path(filled(target)).mkdir()
        (base / name).symlink_to(filled(target))
    words = ["/usr/bin/containerd", "-c", str(base / "config.toml"), *map(filled, case.flags)]
    with open(base / "log", "wb") as log:
        daemon = subprocess.Popen(words, cwd=base, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    running = Running(daemon.pid, base, words)
    try:
        deadline = time.monotonic() + START_S
        while not ((base / "containerd.sock").exists() and running.databases()):
            said = (base / "log").read_text()[-600:]
            assert daemon.poll() is None, f"containerd ended: {said}"
            assert time.monotonic() < deadline, f"containerd did not come up: {said}"
            time.sleep(0.05)
        yield running
    finally:
        daemon.terminate()
        try:
            daemon.wait(10)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()


def _state(survey: Survey, pid: int) -> RuntimeState:
    return next(one for one in survey.runtimes if one.process.value is not None and one.process.value.pid == pid)


def _dumped(text: str, key: str) -> str:
    found = re.search(rf'^{key} = "(.*)"$', text, re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("name", CASES)
def test_root_and_image_path(name: str, disk: Disk, tmp_path: Path) -> None:
    case = CASES[name]
    expected, real = (
        text.replace("{disk}", str(disk.mountpoint)).replace("{base}", str(tmp_path))
        for text in (case.root, case.real or case.root)
    )
    with _running(case, tmp_path, disk) as running:
        survey = Surveyor(Machine()).take()
        dump, exports, databases = running.dump(), running.exports(), running.databases()
    found = _state(survey, running.pid)
    config = found.config.value
    assert config is not None and config.error == "" and found.pending == ()
    assert databases == [f"{real}/io.containerd.metadata.v1.bolt/meta.db"]
    assert found.root.value == expected == config.root.value
    if case.flags:  # the dump ignores flags: it shows what they beat
        assert _dumped(dump, "root") in [claim.value for claim in found.root.beaten]
        assert found.root.origin is not None and found.root.origin.where in (f"/proc/{running.pid}/cmdline", "--root")
    else:
        assert _dumped(dump, "root") == expected
        assert found.root.origin is not None and found.root.origin.where.startswith(str(tmp_path))
    assert config.state.value == _dumped(dump, "state") == f"{tmp_path}/state"
    assert config.snapshotter.value == case.snapshotter
    assert found.imagefs.value == config.snapshotter_root.value == f"{expected}/{SNAPSHOTS}.{case.snapshotter}"
    if case.snapshotter in exports:  # "native" of 1.6 exports nothing; a relative root is exported as it is written
        assert str(tmp_path / exports[case.snapshotter]) == found.imagefs.value
    else:
        assert case.snapshotter == "native"
    located = survey.realpaths[found.imagefs.value]
    assert located.value is not None
    assert located.value[0] == f"{real}/{SNAPSHOTS}.{case.snapshotter}"
    assert located.origin is not None and located.origin.kind == "file"  # it exists
    on_disk = real.startswith(str(disk.mountpoint))
    assert (located.value[1] == disk.device) is on_disk
    shown = [state.mount.mountpoint for state in survey.mounts if not state.hidden]
    assert (str(disk.mountpoint) in shown) is on_disk or str(disk.mountpoint) in shown
    said = subprocess.run(["containerd", "--version"], capture_output=True, text=True, check=True).stdout
    assert found.version.value is not None and found.version.value in said


def test_root_edited_while_it_runs(disk: Disk, tmp_path: Path) -> None:
    with _running(CASES["version 2"], tmp_path, disk) as running:
        surveyor = Surveyor(Machine())
        assert _state(surveyor.take(), running.pid).pending == ()
        time.sleep(0.2)  # file times and the process's start are compared to a tenth of a second
        main = tmp_path / "config.toml"
        main.write_text(main.read_text().replace(f"{disk.mountpoint}/two", f"{disk.mountpoint}/new"))
        found = _state(surveyor.take(), running.pid)
        dump, databases = running.dump(), running.databases()
    assert _dumped(dump, "root") == f"{disk.mountpoint}/new"
    assert found.root.value == f"{disk.mountpoint}/two"
    assert databases == [f"{found.root.value}/io.containerd.metadata.v1.bolt/meta.db"]
    assert found.imagefs.value == f"{disk.mountpoint}/two/{SNAPSHOTS}.overlayfs"
    assert found.config.value is not None and found.config.value.root.value == f"{disk.mountpoint}/new"
    assert {(one.path, one.sure) for one in found.pending} == {(str(main), False), (str(main), True)}


def test_its_own_answer(disk: Disk, tmp_path: Path) -> None:
    """CRI against ctr: images, names, sizes; no kubelet is needed, and no container uses anything here."""
    names = ("localhost/one:1", "localhost/two:2")
    archives = {name: images.big_archive(tmp_path / f"{name[-1]}.tar", name, 2) for name in names}
    with _running(CASES["version 2"], tmp_path, disk) as running:
        ctr = ["ctr", "--address", str(tmp_path / "containerd.sock"), "-n", "k8s.io", "images"]
        for archive in archives.values():
            subprocess.run([*ctr, "import", str(archive)], check=True, capture_output=True)
        listed = subprocess.run([*ctr, "ls", "-q"], check=True, capture_output=True, text=True).stdout.split()
        host = Machine()
        survey = Surveyor(host, asker=Asker(host, patience=10.0)).take()
    state = _state(survey, running.pid)
    answer = state.answer.value
    assert answer is not None, state.answer.reason
    assert state.answer.origin is not None and state.answer.origin.where == str(tmp_path / "containerd.sock")
    assert (answer.api, answer.name, answer.version) == ("v1", "containerd", state.version.value)
    assert {one.id for one in answer.images} | {name for one in answer.images for name in one.names} == set(listed)
    for name, archive in archives.items():
        found = next(one for one in answer.images if name in one.names)
        with tarfile.open(archive) as tar:
            assert found.size == sum(entry.size for entry in tar.getmembers() if entry.name.startswith("blobs/"))
        assert found.eligible and not found.pinned
    assert (answer.containers, answer.sandboxes) == (0, 0)
    assert [one.path for one in answer.imagefs] == [state.imagefs.value]
