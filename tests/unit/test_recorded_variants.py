"""Recordings that lack or word something otherwise get the diagnosis of the one that they were made from."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.recorded_host import RecordedHost
from tui.assess.judge import assess
from tui.model import Assessment, Sure
from tui.node.survey import Surveyor
from tui.report.data import as_data
from tui.report.text import as_text

STALE = Path(__file__).parents[1] / "data" / "recorded" / "node-stale-1.36"


def change(path: Path, *pairs: tuple[str, str]) -> None:
    text = path.read_text("utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, "utf-8")


def as_bytes(folder: Path) -> None:
    """Messages as journald writes what it takes for binary."""
    path = folder / "kubelet.journal.json"
    entries = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    path.write_text("\n".join(json.dumps({**one, "MESSAGE": list(one["MESSAGE"].encode())}) for one in entries))


def odd_lines(folder: Path) -> None:
    path = folder / "kubelet.journal.json"
    odd = 'no json\n{"MESSAGE":null}\n{"MESSAGE":["a","b"],"__MONOTONIC_TIMESTAMP":"5"}\n{}\n[1]\n'
    path.write_text(odd + path.read_text("utf-8") + '{"MESSAGE":"cut')


def without(*names: str) -> Callable[[Path], None]:
    def remove(folder: Path) -> None:
        for name in names:
            (folder / name).unlink()

    return remove


def two_words(folder: Path) -> None:
    change(folder / "kubelet.cmdline", ("--config=", "--config\n"), ("--v=2", "--v\n2"))


def other_pid(folder: Path) -> None:
    change(folder / "kubelet.proc-stat", ("93 (kubelet)", "4711 (kubelet)"))
    change(folder / "kubelet.systemctl-show", ("MainPID=93\n", "MainPID=4711\n"))


def root_by_flag(folder: Path) -> None:
    (folder / "containerd.cmdline").write_text("/usr/bin/containerd\n--root\n/mnt/images/containerd\n")
    change(folder / "root/etc/containerd/config.toml", ("/mnt/images/containerd", "/var/lib/containerd"))


def name_with_a_space(folder: Path) -> None:
    for name in ("mountinfo", "kubelet.mountinfo", "containerd.mountinfo"):
        change(folder / name, (" /mnt/images ", " /mnt/my\\040images "))
    for name in ("statfs.json", "containerd.open-databases", "root/etc/containerd/config.toml"):
        change(folder / name, ("/mnt/images", "/mnt/my images"))
    unit = folder / "mnt-images.mount.systemctl-show"
    change(unit, ("Where=/mnt/images", "Where=/mnt/my images"), ("mnt-images.mount", r"mnt-my\x20images.mount"))


def diagnosed(folder: Path, tmp_path: Path, spoil: Callable[[Path], None], *, journal: bool = True) -> Assessment:
    """The judgement of a changed copy, whose report can be written both ways."""
    copy = tmp_path / folder.name
    shutil.copytree(folder, copy)
    for path in (copy, *copy.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    spoil(copy)
    found = assess(Surveyor(RecordedHost(copy, journal=journal, http=False)).take())
    assert str(as_text(found)) and json.dumps(as_data(found))
    return found


@pytest.mark.parametrize(
    ("spoil", "sure"),
    [
        (as_bytes, Sure.CERTAIN),
        (odd_lines, Sure.CERTAIN),
        (other_pid, Sure.CERTAIN),
        (two_words, Sure.CERTAIN),
        (root_by_flag, Sure.CERTAIN),
        (name_with_a_space, Sure.CERTAIN),
        (without("mnt-images.mount.systemctl-show", "mount-units"), Sure.CERTAIN),
        (without("containerd.open-databases"), Sure.CERTAIN),
        (without("file-times"), Sure.CERTAIN),
        (without("kubelet.journal.json", "kernel.journal.json"), Sure.LIKELY),
    ],
)
def test_still_stale(tmp_path: Path, spoil: Callable[[Path], None], sure: Sure) -> None:
    found = diagnosed(STALE, tmp_path, spoil)
    assert (found.measured.state, found.measured.sure) == ("stale", sure)
    assert (found.measured.mountpoint, found.measured.device) == ("/", "/dev/loop2")
    assert found.roles["imagefs"].value in ("/mnt/images", "/mnt/my images")
    assert found.exit_code == 2


@pytest.mark.parametrize(
    ("stamp", "state", "exit_code"),
    [("5900000000", "right", 1), ("6075000000", "unknown", 3), ("6140965752", "stale", 2)],
)
def test_the_mounts_stamp_decides_without_a_journal(tmp_path: Path, stamp: str, state: str, exit_code: int) -> None:
    unit = "mnt-images.mount.systemctl-show"
    found = diagnosed(STALE, tmp_path, lambda folder: change(folder / unit, ("6140965752", stamp)), journal=False)
    assert (found.measured.state, found.exit_code) == (state, exit_code)
