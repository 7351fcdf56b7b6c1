"""When mounts appeared and what brings them back (facts: kubelet-gc.md 2.4)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.node_double import NodeDouble
from tui.model import Fact, LogLine, Mount, Origin
from tui.node.dating import appeared, device_name, escape_path, fstab_lines, kernel_times, read_persistence, stamps
from tui.node.mountinfo import MountTable, parse


@pytest.mark.parametrize(
    ("path", "name"),
    [  # systemd-escape --path
        ("/", "-"),
        ("/mnt/images", "mnt-images"),
        ("//mnt///images/", "mnt-images"),
        ("/var/lib/my-disk", r"var-lib-my\x2ddisk"),
        ("/a b", r"a\x20b"),
        ("/.snap/.x", r"\x2esnap-.x"),
        ("/a\\b", r"a\x5cb"),
        ("/ü", r"\xc3\xbc"),
        ("/x\udcff\n", r"x\xff\x0a"),
        ("/A:_.9", "A:_.9"),
    ],
)
def test_escape(path: str, name: str) -> None:
    assert escape_path(path) == name


def _line(mono: float, message: str) -> LogLine:
    return LogLine(0.0, mono, None, message)


def test_kernel_lines() -> None:
    times = kernel_times(
        [
            _line(1, "EXT4-fs (xvda1): mounted filesystem with ordered data mode. Opts: (null)"),
            _line(2, "EXT4-fs (xvdb): mounted filesystem 1b2c r/w with ordered data mode. Quota mode: none."),
            _line(3, "EXT4-fs (xvdb): re-mounted. Opts: (null)"),
            _line(4, "EXT4-fs (xvdb): unmounting filesystem."),
            _line(5, "XFS (dm-0): Mounting V5 Filesystem 1-2"),
            _line(5.5, "XFS (dm-0): Ending clean mount"),
            _line(6, "BTRFS info (device nvme1n1p1): first mount of filesystem 12"),
            _line(7, "EXT4-fs (xvdb): mounted filesystem 1b2c r/w with ordered data mode."),
            _line(8, "XFS (sdz): Unmounting Filesystem"),
            _line(9, "BTRFS info (device sdq state M): using crc32c"),
            _line(10, "EXT4-fs error (device sda1): x"),
        ]
    )
    assert {name: line.mono for name, line in times.items()} == {
        "xvda1": 1,
        "xvdb": 7,
        "dm-0": 5,
        "nvme1n1p1": 6,
        "sdq": 9,
    }


def _table(*lines: str) -> MountTable:
    return MountTable(parse("".join(f"{line}\n" for line in lines).encode()))


_ROOT = "1 0 8:1 / / rw - ext4 /dev/sda1 rw"
_DISK = "2 1 8:16 / /mnt/images rw - ext4 /dev/sdb rw"


def test_the_kernel_is_believed_for_the_only_mount_of_a_device() -> None:
    stamp: Fact[float] = Fact(12.5, Origin("command", "systemctl show mnt-images.mount"))
    table = _table(_ROOT, _DISK)
    found = appeared(stamp, _line(11.0, "EXT4-fs (sdb): mounted"), table.mounts[1], table)
    assert found.value == 11.0 and found.origin and "journalctl -k" in found.origin.where
    assert [claim.value for claim in found.beaten] == [12.5]


@pytest.mark.parametrize(
    "other", ["3 1 8:16 / /again rw - ext4 /dev/sdb rw", "3 1 8:16 /sub /bind rw - ext4 /dev/sdb rw"]
)
def test_a_second_mount_of_the_device_leaves_no_line(other: str) -> None:
    stamp: Fact[float] = Fact(500.0, Origin("command", "systemctl show"))
    table = _table(_ROOT, _DISK, other)
    for mount in table.mounts[1:]:
        assert appeared(stamp, _line(11.0, "EXT4-fs (sdb): mounted"), mount, table) is stamp


def test_stamps_come_from_the_mount_s_unit(tmp_path: Path) -> None:
    host = NodeDouble(tmp_path)
    host.units = {
        "mnt-images.mount": {"ActiveEnterTimestampMonotonic": ("6140965752",)},
        "-.mount": {"ActiveEnterTimestampMonotonic": ("0",)},
    }
    table = _table(_ROOT, _DISK, "3 1 8:32 / /mnt/none rw - ext4 /dev/sdc rw")
    found = stamps(host, table, table.mounts)
    assert found[2].value == 6140.965752 and str(found[2].origin) == "systemctl show mnt-images.mount"
    assert not found[1].known and "-.mount" in found[1].reason
    assert found[3].reason == "no such unit"


def test_stacked_mounts_share_a_unit_and_so_have_no_stamp(tmp_path: Path) -> None:
    host = NodeDouble(tmp_path)
    host.units = {"mnt-images.mount": {"ActiveEnterTimestampMonotonic": ("5",)}}
    table = _table(_ROOT, _DISK, "3 2 8:32 / /mnt/images rw - ext4 /dev/sdc rw")
    assert "several mounts" in stamps(host, table, table.mounts[1:])[3].reason


def test_device_names_follow_mapper_links(tmp_path: Path) -> None:
    host = NodeDouble(tmp_path)
    host.write("/dev/dm-3", "")
    (tmp_path / "dev" / "mapper").mkdir()
    (tmp_path / "dev" / "mapper" / "vg-images").symlink_to("../dm-3")
    mount = Mount(1, 0, (253, 3), "/", "/mnt", (), "xfs", "/dev/mapper/vg-images")
    assert device_name(host, mount) == "dm-3"
    (tmp_path / "sys" / "dev" / "block").mkdir(parents=True)
    (tmp_path / "sys" / "dev" / "block" / "253:3").symlink_to("../../devices/virtual/block/dm-7")
    assert device_name(host, mount) == "dm-7"
    assert device_name(host, Mount(1, 0, (0, 50), "/", "/n", (), "nfs4", "server:/x")) == ""


def test_fstab() -> None:
    lines = fstab_lines(
        b"# /dev/sdz /commented ext4\n\n"
        b"UUID=1\t/\text4\tdefaults 0 1\n"
        b"/dev/sdb /mnt/images/ xfs defaults,nofail 0 2\n"
        rb"/dev/sdc /mnt/with\040blank ext4"
        b"\n"
        b"/dev/sdd /mnt/noauto ext4 noauto,user 0 0\n"
        b"/dev/sde /mnt/auto ext4 noauto,x-systemd.automount 0 0\n"
        b"broken\n"
    )
    assert {where: number for where, (number, _) in lines.items()} == {
        "/": 3,
        "/mnt/images": 4,
        "/mnt/with blank": 5,
        "/mnt/auto": 7,
    }


def _disk(where: str) -> Mount:
    return Mount(2, 1, (8, 16), "/", where, (), "ext4", "/dev/sdb")


def test_persistence(tmp_path: Path) -> None:
    host = NodeDouble(tmp_path)
    host.write("/etc/fstab", "/dev/sdb /mnt/images ext4 defaults 0 2\n")
    host.write("/etc/systemd/system/srv-data.mount", "[Mount]\n")
    host.write("/run/systemd/generator.late/gpt-x.mount", "[Mount]\n")
    host.write("/etc/systemd/system/net.automount", "[Automount]\n")
    known = read_persistence(host)
    assert known.of(_disk("/mnt/images")).value == "/etc/fstab:1"
    assert str(known.of(_disk("/mnt/images")).origin) == "/etc/fstab:1"
    assert known.of(_disk("/srv/data")).value == "/etc/systemd/system/srv-data.mount"
    assert known.of(_disk("/gpt/x")).value == "/run/systemd/generator.late/gpt-x.mount"
    assert known.of(_disk("/net")).value == "/etc/systemd/system/net.automount"
    nothing = known.of(_disk("/mnt/other"))
    assert nothing.known and nothing.value is None
    assert known.of(_disk("/")).value == "boot"


def test_an_unreadable_fstab_is_no_proof(tmp_path: Path) -> None:
    host = NodeDouble(tmp_path)
    (tmp_path / "etc" / "fstab").mkdir(parents=True)
    found = read_persistence(host).of(_disk("/mnt/other"))
    assert not found.known and "/etc/fstab" in found.reason
