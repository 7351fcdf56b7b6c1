"""Who a machine is, from its files: name, system, systemd's version, cgroup version."""

from __future__ import annotations

import os
import re
from typing import Protocol

from tui.model import Fact, HostInfo, Origin, Reader
from tui.node.mountinfo import table_of

_LIBRARY = re.compile(r"libsystemd-(?:shared|core)-(\d+)")
_PLACES = ("/usr/lib/systemd", "/lib/systemd", "/usr/lib64/systemd", "/lib64/systemd")


class _Live(Reader, Protocol):
    def mountinfo(self) -> bytes: ...


def host_info(host: _Live, kind: str, root: str) -> HostInfo:
    """All of HostInfo; what cannot be read is left at "", None or unknown."""
    return HostInfo(host_name(host), kind, root, os.geteuid(), os_name(host), cgroup_v1(host), systemd_version(host))


def host_name(reader: Reader) -> str:
    """/etc/hostname, else the kernel's name of it."""
    for path in ("/etc/hostname", "/proc/sys/kernel/hostname"):
        for line in _text(reader, path).splitlines():
            if line.strip() and not line.startswith("#"):
                return line.strip()
    return ""


def os_name(reader: Reader) -> str:
    """PRETTY_NAME of os-release, "" without one."""
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        for line in _text(reader, path).splitlines():
            if line.startswith("PRETTY_NAME="):
                return line.partition("=")[2].strip("\"'")
    return ""


def systemd_version(reader: Reader) -> Fact[int]:
    """The version in the name of systemd's own shared library: no program has to run for it."""
    for place in (*_PLACES, *_multiarch(reader)):
        for name in _names(reader, place):
            if found := _LIBRARY.match(name):
                return Fact(int(found[1]), Origin("file", f"{place}/{name}"))
    return Fact.unknown("no systemd library found")


def cgroup_v1(host: _Live) -> bool | None:
    """Whether /sys/fs/cgroup is the old hierarchy (hybrid counts as old: the kubelet uses v1 there); None unknown."""
    try:
        held = table_of(host.mountinfo()).holder("/sys/fs/cgroup")
    except OSError:
        return None
    if held is None or held.mountpoint != "/sys/fs/cgroup":
        return None
    return held.fstype != "cgroup2"


def _multiarch(reader: Reader) -> list[str]:
    return [f"/usr/lib/{name}/systemd" for name in _names(reader, "/usr/lib") if name.endswith("-linux-gnu")]


def _names(reader: Reader, path: str) -> list[str]:
    try:
        return reader.list(path)
    except OSError:
        return []


def _text(reader: Reader, path: str) -> str:
    try:
        return reader.read(path).decode("utf-8", "surrogateescape")
    except OSError:
        return ""
