"""Surveys of the recorded nodes: what was there at that instant, read from the files alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.recorded_host import RecordedHost
from tui.model import Survey
from tui.node.survey import Surveyor

RECORDED = Path(__file__).parent.parent / "data" / "recorded"
FOLDERS = sorted(RECORDED.glob("node-*"))


def _survey(name: str, *, journal: bool = True) -> Survey:
    return Surveyor(RecordedHost(RECORDED / name, journal=journal)).take()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.name))
@pytest.mark.parametrize("journal", [True, False])
def test_every_recording(folder: Path, journal: bool) -> None:
    """By rule, whatever the node: the figures are those of the folder's own files."""
    survey = Surveyor(RecordedHost(folder, journal=journal)).take()
    kubelet, process = survey.kubelet, survey.kubelet.process.value
    fields = (folder / "kubelet.proc-stat").read_text().rpartition(")")[2].split()
    assert process is not None and process.started == int(fields[19]) / 100
    assert process.argv == tuple(
        (folder / "kubelet.cmdline").read_text().rstrip("\n\0").replace("\0", "\n").split("\n")
    )
    assert process.same_mount_namespace.value is True and process.unit.value == "kubelet.service"
    assert kubelet.config.value is not None and kubelet.config.value.error == ""
    assert kubelet.next_config is None and kubelet.pending == () and kubelet.embedded == ""
    (runtime,) = survey.runtimes
    opened = (folder / "containerd.open-databases").read_text()
    assert f"{runtime.root.value}/io.containerd.metadata.v1.bolt/meta.db" in opened.splitlines()
    assert f"{runtime.imagefs.value}/metadata.db" in opened.splitlines()
    assert runtime.kind == runtime.name == "containerd" and runtime.serves_kubelet and runtime.pending == ()
    asked = json.loads((folder / "statfs.json").read_text())
    for state in survey.mounts:
        if not state.hidden and state.mount.mountpoint in asked:
            usage, known = state.usage.value, asked[state.mount.mountpoint]
            assert usage is not None and usage.capacity == known["f_frsize"] * known["f_blocks"]
            assert state.mount.dev == tuple(known["dev"])
    assert [state.mount.mountpoint for state in survey.mounts if not state.hidden] == ["/", "/mnt/images"]
    assert kubelet.journal.known is journal and kubelet.partitions.known is journal
    assert ("kubelet journal" in dict(survey.gaps)) is not journal
    assert not [reason for _, reason in survey.gaps if "internal error" in reason]


@pytest.mark.parametrize(
    ("name", "version", "minor", "started"),
    [
        ("node-stale-1.36", "1.36.2", 36, 6070.49),
        ("node-after-restart-1.36", "1.36.2", 36, 6199.5),
        ("node-unknown-device-1.20", "1.20", 20, 6223.1),
    ],
)
def test_kubelets(name: str, version: str, minor: int, started: float) -> None:
    kubelet = _survey(name).kubelet
    assert (kubelet.version.value, kubelet.minor) == (version, minor)
    assert kubelet.process.value is not None and kubelet.process.value.started == started


def test_times_are_on_one_clock() -> None:
    survey = _survey("node-stale-1.36")
    assert (survey.mono, survey.wall) == (6198.12, 1795560528.943603616)
    process = survey.kubelet.process.value
    assert process is not None and process.started_wall == pytest.approx(1795560401.31, abs=0.01)


@pytest.mark.parametrize("name", ["node-stale-1.36", "node-after-restart-1.36"])
def test_the_image_disk_s_stamp(name: str) -> None:
    images = next(state for state in _survey(name).mounts if state.mount.mountpoint == "/mnt/images")
    assert images.appeared.value == 6140.965752
    assert str(images.appeared.origin) == "systemctl show mnt-images.mount"
    assert images.persistent.known and images.persistent.value is None


def test_the_kernel_s_line_is_better_than_the_stamp_when_there_is_one() -> None:
    mounts = _survey("node-unknown-device-1.20").mounts
    images = next(state for state in mounts if state.mount.mountpoint == "/mnt/images")
    assert images.appeared.value == 6273.650777 and images.appeared.beaten[0].value == 6273.65333
    mounts = _survey("node-unknown-device-1.20", journal=False).mounts
    images = next(state for state in mounts if state.mount.mountpoint == "/mnt/images")
    assert images.appeared.value == 6273.65333


def test_thresholds_with_their_lines() -> None:
    config = _survey("node-stale-1.36").kubelet.config.value
    assert config is not None and config.files == ("/etc/kubernetes/kubelet-config.yaml",)
    high = config.fields["imageGCHighThresholdPercent"]
    assert (high.value, str(high.origin)) == (60, "/etc/kubernetes/kubelet-config.yaml:17")
    named = config.fields["--config"]
    assert named.origin is not None and named.origin.where == "/etc/kubernetes/kubelet.env"


def test_the_root_s_chain() -> None:
    (runtime,) = _survey("node-stale-1.36").runtimes
    assert (runtime.root.value, str(runtime.root.origin)) == ("/mnt/images/containerd", "/etc/containerd/config.toml:2")
    assert [claim.value for claim in runtime.root.beaten] == ["/var/lib/containerd"]


def test_devices_of_the_paths_that_matter() -> None:
    places = _survey("node-stale-1.36").realpaths
    images = "/mnt/images/containerd/io.containerd.snapshotter.v1.overlayfs"
    assert places[images].value == (images, (7, 3))
    assert places["/var/lib/kubelet"].value == ("/var/lib/kubelet", (7, 2))
    assert places["/run/containerd"].value == ("/run/containerd", (0, 78))


def test_only_the_lines_of_this_kubelet_count() -> None:
    """The journal of the node after its restart holds the kubelet before too."""
    kubelet = _survey("node-after-restart-1.36").kubelet
    assert {event.line.pid for event in kubelet.events} == {423}
    assert kubelet.partitions.value is not None
    assert ("/dev/loop3", "/mnt/images") in {(one.device, one.mountpoint) for one in kubelet.partitions.value}
    stale = _survey("node-stale-1.36").kubelet.partitions.value
    assert stale is not None and "/dev/loop3" not in {one.device for one in stale}
