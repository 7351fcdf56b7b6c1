"""The demo node's mount table and its files under /proc, as a kernel would write them."""

from __future__ import annotations

from collections.abc import Sequence

TICKS = 100
"""Clock ticks per second in /proc/PID/stat."""

ROOT_DEV = (202, 1)
IMAGE_DEV = (202, 16)
IMAGES = "/mnt/images"

_PSEUDO = (
    ("0:22", "/sys", "sysfs", "sysfs"),
    ("0:23", "/proc", "proc", "proc"),
    ("0:5", "/dev", "devtmpfs", "udev"),
    ("0:24", "/dev/pts", "devpts", "devpts"),
    ("0:25", "/run", "tmpfs", "tmpfs"),
    ("0:7", "/sys/kernel/security", "securityfs", "securityfs"),
    ("0:26", "/dev/shm", "tmpfs", "tmpfs"),
    ("0:27", "/run/lock", "tmpfs", "tmpfs"),
    ("0:28", "/sys/fs/cgroup", "cgroup2", "cgroup2"),
    ("0:29", "/sys/fs/pstore", "pstore", "pstore"),
    ("0:30", "/sys/fs/bpf", "bpf", "bpf"),
    ("0:31", "/proc/sys/fs/binfmt_misc", "autofs", "systemd-1"),
    ("0:20", "/dev/mqueue", "mqueue", "mqueue"),
    ("0:32", "/dev/hugepages", "hugetlbfs", "hugetlbfs"),
    ("0:8", "/sys/kernel/debug", "debugfs", "debugfs"),
    ("0:13", "/sys/kernel/tracing", "tracefs", "tracefs"),
)


def mountinfo(pods: Sequence[str], *, image_disk: bool = True) -> bytes:
    """The table; ``pods``: the ids of containers that run, each with mounts of its own."""
    lines = [_line(28, 1, "202:1", "/", "ext4", "/dev/xvda1")]
    numbers = {path: 29 + at for at, (_, path, _, _) in enumerate(_PSEUDO)}
    for dev, path, kind, source in _PSEUDO:
        parents = [number for above, number in numbers.items() if path.startswith(f"{above}/")]
        lines.append(_line(numbers[path], max(parents, default=28), dev, path, kind, source))
    if image_disk:
        lines.append(_line(118, 28, "202:16", IMAGES, "ext4", "/dev/xvdb"))
    for at, pod in enumerate(pods):
        lines += _pod(200 + 3 * at, pod)
    return "".join(lines).encode("utf-8", "surrogateescape")


def _line(number: int, parent: int, dev: str, path: str, kind: str, source: str, more: str = "") -> str:
    return f"{number} {parent} {dev} / {path} rw,relatime shared:{number} - {kind} {source} rw{more}\n"


def _pod(number: int, pod: str) -> list[str]:
    home = f"/var/lib/kubelet/pods/{pod[:8]}-{pod[8:12]}-4000-8000-{pod[12:24]}"
    token = f"{home}/volumes/kubernetes.io~projected/kube-api-access"
    run = "/run/containerd/io.containerd"
    layers = f"{IMAGES}/io.containerd.snapshotter.v1.overlayfs/snapshots/{number}"
    overlay = f",lowerdir={layers}0/fs,upperdir={layers}/fs,workdir={layers}/work"
    return [
        _line(number, 28, f"0:{number}", token, "tmpfs", "tmpfs", ",size=1048576k"),
        _line(
            number + 1, 33, f"0:{number + 1}", f"{run}.grpc.v1.cri/sandboxes/{pod}/shm", "tmpfs", "shm", ",size=65536k"
        ),
        _line(
            number + 2,
            33,
            f"0:{number + 2}",
            f"{run}.runtime.v2.task/k8s.io/{pod}/rootfs",
            "overlay",
            "overlay",
            overlay,
        ),
    ]


def stat(pid: int, name: str, started: float) -> bytes:
    """/proc/PID/stat; field 22 is the start in clock ticks since boot."""
    middle = f"S 1 {pid} {pid} 0 -1 4194560 7661 2659 0 9 133 98 2 0 20 0 10 0"
    ticks = round(started * TICKS)
    return f"{pid} ({name[:15]}) {middle} {ticks} 1375801344 21914 18446744073709551615{' 0' * 27}\n".encode()


def status(pid: int, name: str) -> bytes:
    """The head of /proc/PID/status."""
    ids = f"Tgid:\t{pid}\nNgid:\t0\nPid:\t{pid}\nPPid:\t1\nTracerPid:\t0\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n"
    return f"Name:\t{name[:15]}\nUmask:\t0022\nState:\tS (sleeping)\n{ids}".encode()
