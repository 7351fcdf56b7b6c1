"""What changes between looks: files newer than the process, next starts, what is read again and what is not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.node_double import BOOT_WALL, FakeProcess, NodeDouble
from tui.kubelet import flags
from tui.kubelet.versions import NEWEST, OLDEST
from tui.model import LogLine, Origin, Survey, Usage, Word
from tui.node.host import CommandResult
from tui.node.survey import Surveyor

UNIT = "[Service]\nEnvironmentFile=-/etc/default/kubelet\nExecStart=/usr/bin/kubelet --config=/etc/k.yaml $EXTRA\n"
KIND = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
SUCCEEDED = 'I1124 22:46:41.418340      10 kubelet.go:1] "Image garbage collection succeeded"'
DISKS = (
    b"1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
    b"2 1 8:16 / /mnt/images rw - ext4 /dev/sdb rw\n"
    b"3 1 0:20 / /run rw - tmpfs tmpfs rw\n"
)


@pytest.fixture
def host(tmp_path: Path) -> NodeDouble:
    """A node with a kubelet, a containerd and an image disk; everything was written before it all started."""
    node = NodeDouble(tmp_path)
    node.table = DISKS
    node.write("/etc/systemd/system/kubelet.service", UNIT)
    node.write("/etc/default/kubelet", "EXTRA=--v=2\n")
    node.write("/etc/k.yaml", KIND + "imageGCHighThresholdPercent: 90\n")
    node.write("/etc/systemd/system/containerd.service", "[Service]\nExecStart=/usr/bin/containerd\n")
    node.write("/etc/containerd/config.toml", 'version = 2\nroot = "/mnt/images/c"\n')
    node.write("/usr/bin/kubelet", "")
    node.write("/usr/bin/containerd", "")
    node.write("/mnt/images/c/x", "")
    node.commands["/usr/bin/kubelet", "--version"] = CommandResult(0, b"Kubernetes v1.32.10\n", b"")
    node.commands["/usr/bin/containerd", "--version"] = CommandResult(0, b"containerd x 1.7.24 y\n", b"")
    argv = ["/usr/bin/kubelet", "--config=/etc/k.yaml", "--v=2"]
    node.processes[10] = FakeProcess(argv, 100.0, "kubelet.service")
    opened = ["/mnt/images/c/io.containerd.metadata.v1.bolt/meta.db"]
    node.processes[11] = FakeProcess(["/usr/bin/containerd"], 50.0, "containerd.service", opened=opened)
    for directory, _, names in os.walk(tmp_path):
        for name in names:
            _touch(Path(directory) / name, 1.0)
    return node


def _touch(path: Path, mono: float) -> None:
    """Times cannot be set for ctime: the double's wall clock lies ahead of the real one, so ctime is always old."""
    os.utime(path, (BOOT_WALL + mono, BOOT_WALL + mono))


def _take(host: NodeDouble) -> Survey:
    return Surveyor(host).take()


def test_all_as_on_disk(host: NodeDouble) -> None:
    survey = _take(host)
    assert survey.kubelet.pending == () and survey.kubelet.next_config is None
    assert survey.kubelet.minor == 32 and survey.runtimes[0].version.value == "1.7.24"
    config = survey.kubelet.config.value
    assert config is not None and config.error == "" and config.fields["imageGCHighThresholdPercent"].value == 90
    assert survey.runtimes[0].root.value == "/mnt/images/c" and survey.runtimes[0].pending == ()
    assert survey.gaps == (("kubelet journal", "no journal"),)


def test_a_configuration_written_after_the_start_is_possible_at_most(host: NodeDouble) -> None:
    _touch(host.write("/etc/k.yaml", KIND + "imageGCHighThresholdPercent: 89\n"), 500.0)
    (pending,) = _take(host).kubelet.pending
    assert (pending.path, pending.sure) == ("/etc/k.yaml", False)
    assert pending.changed_wall == pytest.approx(BOOT_WALL + 500) and "may not have read" in pending.what


def test_another_command_line_at_the_next_start_is_sure(host: NodeDouble) -> None:
    _touch(host.write("/etc/default/kubelet", "EXTRA=--image-gc-high-threshold=87\n"), 300.0)
    kubelet = _take(host).kubelet
    assert kubelet.config.value is not None and kubelet.next_config is not None
    assert kubelet.config.value.fields["imageGCHighThresholdPercent"].value == 90
    following = kubelet.next_config.fields["imageGCHighThresholdPercent"]
    assert following.value == 87 and following.origin is not None
    assert (following.origin.where, following.origin.line) == ("/etc/default/kubelet", 1)
    (pending,) = kubelet.pending
    assert (pending.path, pending.sure) == ("/etc/default/kubelet", True)
    assert "--image-gc-high-threshold=87" in pending.what


def test_an_edited_unit_that_means_the_same_is_no_pending_change(host: NodeDouble) -> None:
    _touch(host.write("/etc/systemd/system/kubelet.service", UNIT + "Restart=always\n"), 300.0)
    assert _take(host).kubelet.pending == ()


def test_running_words_keep_the_origin_that_the_unit_gives_them(host: NodeDouble) -> None:
    host.processes[10].argv = ["/usr/bin/kubelet", "--config=/etc/k.yaml", "--image-gc-high-threshold=86"]
    config = _take(host).kubelet.config.value
    assert config is not None
    origins = {name: str(config.fields[name].origin) for name in ("--config", "imageGCHighThresholdPercent")}
    assert origins["--config"] == "/etc/systemd/system/kubelet.service:3"
    assert origins["imageGCHighThresholdPercent"] == "/proc/10/cmdline"


def test_root_moved_on_disk_but_not_in_the_process(host: NodeDouble) -> None:
    _touch(host.write("/etc/containerd/config.toml", 'version = 2\nroot = "/elsewhere"\n'), 400.0)
    runtime = _take(host).runtimes[0]
    assert runtime.root.value == "/mnt/images/c" and str(runtime.root.origin) == "/proc/11/fd"
    assert [claim.value for claim in runtime.root.beaten] == ["/elsewhere", "/var/lib/containerd"]
    assert runtime.imagefs.value == "/mnt/images/c/io.containerd.snapshotter.v1.overlayfs"
    assert runtime.config.value is not None and runtime.config.value.root.value == "/elsewhere"
    assert [(one.sure, one.path) for one in runtime.pending] == [
        (False, "/etc/containerd/config.toml"),
        (True, "/etc/containerd/config.toml"),
    ]


def test_a_root_that_is_a_link_is_no_disagreement(host: NodeDouble) -> None:
    (host.directory / "link").symlink_to("/mnt/images/c")
    _touch(host.write("/etc/containerd/config.toml", 'version = 2\nroot = "/link"\n'), 1.0)
    survey = _take(host)
    assert survey.runtimes[0].root.value == "/link" and survey.runtimes[0].pending == ()
    located = survey.realpaths["/link"].value
    assert located is not None and located[0] == "/mnt/images/c"


def test_no_process_only_units(host: NodeDouble) -> None:
    host.processes.clear()
    survey = _take(host)
    assert not survey.kubelet.process.known and not survey.runtimes[0].process.known
    config = survey.kubelet.config.value
    assert config is not None and config.fields["imageGCHighThresholdPercent"].value == 90
    assert survey.runtimes[0].root.value == "/mnt/images/c" and survey.runtimes[0].serves_kubelet


def test_nothing_at_all(tmp_path: Path) -> None:
    survey = _take(NodeDouble(tmp_path))
    assert not survey.kubelet.unit.known and not survey.kubelet.config.known and survey.runtimes == ()
    assert [state.mount.mountpoint for state in survey.mounts] == ["/"]


def test_a_second_look_reads_no_file_and_runs_nothing(host: NodeDouble) -> None:
    surveyor = Surveyor(host)
    first = surveyor.take()
    host.asked.clear()
    host.mono += 1
    second = surveyor.take()
    assert [line for line in host.asked if not line.startswith("statfs")] == []
    assert sorted(host.asked) == ["statfs /", "statfs /mnt/images"]
    assert second.mono == first.mono + 1 and second.kubelet.config == first.kubelet.config


def test_an_edit_shows_at_the_next_look(host: NodeDouble) -> None:
    surveyor = Surveyor(host)
    surveyor.take()
    _touch(host.write("/etc/k.yaml", KIND + "imageGCHighThresholdPercent: 88\n"), 999.0)
    host.write("/etc/systemd/system/kubelet.service.d/x.conf", "[Service]\nEnvironment=EXTRA=--v=9\n")
    (host.directory / "etc/default/kubelet").unlink()
    kubelet = surveyor.take().kubelet
    assert kubelet.config.value is not None and kubelet.config.value.fields["imageGCHighThresholdPercent"].value == 88
    assert kubelet.unit.value is not None
    assert [word.text for word in kubelet.unit.value.commands[0]][-1] == "--v=9"


def test_a_restart_is_another_process(host: NodeDouble) -> None:
    surveyor = Surveyor(host)
    surveyor.take()
    _touch(host.write("/etc/k.yaml", KIND + "imageGCHighThresholdPercent: 88\n"), 500.0)
    assert surveyor.take().kubelet.pending
    del host.processes[10]
    assert not surveyor.take().kubelet.process.known
    host.processes[12] = FakeProcess(["/usr/bin/kubelet", "--config=/etc/k.yaml", "--v=2"], 600.0, "kubelet.service")
    kubelet = surveyor.take().kubelet
    assert kubelet.process.value is not None and kubelet.process.value.pid == 12 and kubelet.pending == ()


def test_a_disk_that_appears_is_dated_then(host: NodeDouble) -> None:
    host.table = DISKS.splitlines(keepends=True)[0]
    surveyor = Surveyor(host)
    surveyor.take()
    host.table = DISKS
    host.units["mnt-images.mount"] = {"ActiveEnterTimestampMonotonic": ("990000000",)}
    host.lines["_kernel"] = [LogLine(0.0, 989.5, None, "EXT4-fs (sdb): mounted filesystem")]
    images = next(state for state in surveyor.take().mounts if state.mount.mountpoint == "/mnt/images")
    assert images.appeared.value == 989.5
    assert "journal _kernel" in host.asked


def test_a_disk_from_before_the_kubelet_needs_no_kernel_line(host: NodeDouble) -> None:
    host.units["mnt-images.mount"] = {"ActiveEnterTimestampMonotonic": ("5000000",)}
    images = next(state for state in _take(host).mounts if state.mount.mountpoint == "/mnt/images")
    assert images.appeared.value == 5.0 and "journal _kernel" not in host.asked


def test_silence_is_dated_from_the_first_look_and_ends(host: NodeDouble) -> None:
    surveyor = Surveyor(host)
    surveyor.take()
    host.disks["/mnt/images"] = TimeoutError("no answer")
    since = []
    for _ in range(3):
        host.mono += 10
        state = surveyor.take().mounts[1]
        since.append(state.unreachable_since)
        assert not state.usage.known
    assert since == [BOOT_WALL + 1010] * 3
    host.disks["/mnt/images"] = Usage(4096, 10, 5, 4, 3, 2)
    state = surveyor.take().mounts[1]
    assert state.unreachable_since is None and state.usage.known


@pytest.mark.parametrize("error", [107, 116, 5])
def test_a_broken_connection_is_silence_too_and_a_refusal_is_not(host: NodeDouble, error: int) -> None:
    host.disks["/mnt/images"] = OSError(error, os.strerror(error))
    assert _take(host).mounts[1].unreachable_since == BOOT_WALL + 1000
    host.disks["/mnt/images"] = PermissionError(13, "x")
    state = _take(host).mounts[1]
    assert state.unreachable_since is None and state.usage.reason == "needs root (sudo)"


def test_automounts_are_never_asked(host: NodeDouble) -> None:
    host.table += b"4 1 0:30 / /net rw - autofs systemd-1 rw\n"
    Surveyor(host).take(everything=True)
    assert "statfs /run" in host.asked and "statfs /net" not in host.asked


def test_a_hidden_filesystem_with_a_root_on_it_is_shown(host: NodeDouble) -> None:
    host.write("/etc/containerd/config.toml", 'version = 2\nroot = "/run/c"\n')
    host.processes[11].opened = ["/run/c/io.containerd.metadata.v1.bolt/meta.db"]
    states = {state.mount.mountpoint: state for state in _take(host).mounts}
    assert states["/run"].hidden == "" and states["/run"].usage.known


def test_a_fault_in_one_reader_leaves_the_others(host: NodeDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("tui.node.kubelet.effective_config", broken)
    survey = _take(host)
    assert "RuntimeError: boom" in dict(survey.gaps)["kubelet"]
    assert survey.runtimes[0].root.value == "/mnt/images/c" and len(survey.mounts) == 3


def test_an_ordinary_user_learns_what_needs_root(host: NodeDouble) -> None:
    refused = PermissionError(13, "x")
    for process in host.processes.values():
        process.links = {"exe": refused, "cwd": refused}
        process.opened = refused
    gaps = dict(_take(host).gaps)
    assert gaps["containerd: open databases"] == gaps["kubelet: program"] == "needs root (sudo)"


def test_a_version_that_is_not_known_is_bounded_by_the_running_flags(host: NodeDouble) -> None:
    host.commands.clear()
    host.processes[10].argv = ["/usr/bin/kubelet", "--config=/etc/k.yaml", "--network-plugin=cni"]
    survey = _take(host)
    minor = survey.kubelet.minor
    words = [Word(text, Origin("proc", "x")) for text in host.processes[10].argv]
    assert OLDEST < minor < NEWEST and flags.parse(words, minor)
    with pytest.raises(flags.FlagError):
        flags.parse(words, minor + 1)
    assert f"1.{minor}, the newest that accept its flags" in dict(survey.gaps)["kubelet version"]


def test_decoys(host: NodeDouble) -> None:
    host.write("/var/lib/kubelet/config.yaml", KIND)
    host.write("/etc/kubernetes/kubelet.conf", "apiVersion: v1\nkind: Config\n")
    assert [note.origin.where for note in _take(host).decoys] == ["/var/lib/kubelet/config.yaml"]


def test_events_are_read_on(host: NodeDouble) -> None:
    table = (
        "I1124 22:46:41.418340      10 fs.go:131] "
        "Filesystem partitions: map[/dev/sda1:{mountpoint:/ major:8 minor:1 fsType:ext4 blockSize:0}]"
    )
    old = LogLine(0.0, 50.0, 9, SUCCEEDED)
    host.lines["kubelet.service"] = [old, LogLine(0.0, 101.0, 10, table)]
    surveyor = Surveyor(host)
    first = surveyor.take().kubelet
    assert [event.code for event in first.events] == ["partitions"] and first.journal.value is True
    assert first.partitions.value is not None and first.partitions.value[0].device == "/dev/sda1"
    host.lines["kubelet.service"].append(LogLine(0.0, 1005.0, 10, SUCCEEDED))
    host.mono += 5
    assert len(surveyor.take().kubelet.events) == 1
    host.mono += 10
    assert [event.code for event in surveyor.take().kubelet.events] == ["partitions", "gc-succeeded"]


def test_a_process_in_no_unit_was_started_by_hand(host: NodeDouble) -> None:
    host.processes[10].unit = ""
    host.processes[10].argv = ["/usr/bin/kubelet", "--config=/etc/k.yaml", "--v=9"]
    kubelet = _take(host).kubelet
    assert not kubelet.unit.known and "no unit" in kubelet.unit.reason
    assert kubelet.pending == () and kubelet.next_config is None


def test_the_manager_s_own_environment_counts(host: NodeDouble) -> None:
    host.processes[10].argv = ["/usr/bin/kubelet", "--config=/etc/k.yaml", "--node-ip=10.0.0.1"]
    host.write("/etc/systemd/system/kubelet.service", UNIT.replace("$EXTRA", "--node-ip=${NODE_IP}"))
    assert [one.sure for one in _take(host).kubelet.pending] == [True]
    said = b"LANG=C\nNODE_IP=10.0.0.1\nODD=$'a\\nb'\n"
    host.commands["systemctl", "show-environment"] = CommandResult(0, said, b"")
    assert _take(host).kubelet.pending == ()


def test_an_instance_of_a_template(host: NodeDouble) -> None:
    host.write("/etc/systemd/system/kubelet@.service", UNIT)
    host.processes[10].unit = "kubelet@one.service"
    unit = _take(host).kubelet.unit.value
    assert unit is not None and unit.fragment == "/etc/systemd/system/kubelet@.service"


def test_units_that_start_something_else_name_no_runtime(host: NodeDouble) -> None:
    host.processes.clear()
    host.write("/etc/systemd/system/containerd.service", "[Service]\nExecStart=/opt/wrapper.sh\n")
    host.write("/etc/systemd/system/kubelet.service", "[Service]\nExecStart=/bin/sh -c 'exec kubelet'\n")
    survey = _take(host)
    assert survey.runtimes == () and "starts none" in survey.kubelet.config.reason
    assert not [reason for _, reason in survey.gaps if "internal error" in reason]
