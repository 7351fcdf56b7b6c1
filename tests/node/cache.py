"""What is made once and kept outside the checkout: base tree, kubelet and its double, containerd binaries, busybox.

Everything lies under ``$IMAGEGC_CACHE`` (default ``~/.cache/imagegc``), in a folder named by what it was made from;
it is built in a temporary folder beside and renamed when whole, under a lock, so that two runs can share it.
``python -m tests.node.cache`` makes all of it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.node.debian import Apt, mirror
from tests.node.shell import run

BASE_PACKAGES = (
    "systemd,dbus,containerd,runc,iproute2,rsync,e2fsprogs,xfsprogs,procps,kmod,python3,python3-venv,tmux,"
    "psmisc,util-linux,attr,ncurses-term"
)
BASE_VERSION = "3"
ROOT_SIZE = 6 << 30
DOUBLE = Path(__file__).resolve().parent / "double"
CONTAINERD_SUITES = {"1.7": "trixie", "2.1": "sid"}


def folder() -> Path:
    """The cache's folder."""
    chosen = os.environ.get("IMAGEGC_CACHE")
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "imagegc"
    path = Path(chosen) if chosen else default
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextmanager
def _lock(name: str) -> Iterator[None]:
    with open(folder() / f".{name}.lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def once(name: str, build: Callable[[Path], None]) -> Path:
    """The folder ``name`` of the cache, made by ``build(empty folder)`` if it is not there yet."""
    path = folder() / name
    with _lock(name):
        if not path.exists():
            draft = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=folder()))
            try:
                build(draft)
                draft.chmod(0o755)
                draft.rename(path)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
    return path


def base_image() -> Path:
    """An ext4 file system image (sparse, ``ROOT_SIZE``) with a Debian 12 that boots, kubelet and pod tools included."""
    return once(f"base-{BASE_VERSION}", _build_base) / "root.img"


def _build_base(draft: Path) -> None:
    tree = draft / "tree"
    run(
        ["debootstrap", "--variant=minbase", f"--include={BASE_PACKAGES}", "bookworm", tree, mirror()],
        timeout=900,
    )
    for junk in ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale"):
        shutil.rmtree(tree / junk, ignore_errors=True)
    (tree / "etc/machine-id").write_text("")
    (tree / "etc/hostname").write_text("node1\n")
    (tree / "etc/hosts").write_text("127.0.0.1 localhost node1\n")
    (tree / "etc/resolv.conf").touch()
    image = draft / "root.img"
    with open(image, "wb") as handle:
        handle.truncate(ROOT_SIZE)
    run(["mkfs.ext4", "-q", "-F", "-L", "noderoot", "-d", tree, image], timeout=300)
    shutil.rmtree(tree)


def kubelet() -> Path:
    """An unmodified kubelet 1.20.2, built from Debian 12's source package; no repository is asked once it is there."""
    flags = "-s -w -X k8s.io/kubernetes/vendor/k8s.io/component-base/version.gitVersion=v1.20.2"
    return once("kubelet-1.20.2", lambda draft: _go_build(draft, "./cmd/kubelet", flags)) / "kubelet"


def double() -> Path:
    """The kubelet's double, built from ``double/*.go`` against the kubelet's own libraries; keyed by its sources."""
    digest = hashlib.sha256()
    for path in sorted(DOUBLE.glob("*.go")):
        digest.update(path.name.encode() + path.read_bytes())

    name = f"double-{digest.hexdigest()[:12]}"
    return once(name, lambda draft: _go_build(draft, "./cmd/double", "-s -w")) / "kubelet"


def _go_build(draft: Path, package: str, flags: str) -> None:
    """Unpack the kubernetes source, the double beside the kubelet, and build one of them as ``draft/kubelet``."""
    parent = draft / "gopath/src/k8s.io"
    parent.mkdir(parents=True)
    sources = Apt(draft / "apt", "bookworm", source=True)
    sources.get("--only-source", "--download-only", "source", "kubernetes", cwd=parent)
    description = next(parent.glob("kubernetes_*.dsc"))
    run(["dpkg-source", "--no-check", "-x", description, parent / "kubernetes"], timeout=300)
    shutil.copytree(DOUBLE, parent / "kubernetes/cmd/double", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    go = Path("/usr/lib/go-1.19/bin/go")
    run(
        [go, "build", "-p", "2", "-ldflags", flags, "-o", draft / "kubelet", package],
        timeout=1500,
        cwd=parent / "kubernetes",
        env={
            "GOPATH": str(draft / "gopath"),
            "GO111MODULE": "off",
            "CGO_ENABLED": "0",
            "GOCACHE": str(draft / "gocache"),
            "GOFLAGS": "",
        },
    )
    for junk in ("gopath", "gocache", "apt"):
        run(["chmod", "-R", "u+w", draft / junk])
        shutil.rmtree(draft / junk)


def containerd(series: str) -> Path:
    """The tree of Debian's containerd package of a later release, "1.7" or "2.1", unpacked and not installed."""

    def build(draft: Path) -> None:
        Apt(draft / "apt", CONTAINERD_SUITES[series]).unpack("containerd", draft / "tree")
        shutil.rmtree(draft / "apt")

    return once(f"containerd-{series}", build) / "tree"


def busybox() -> Path:
    """Debian's static busybox, for the images of real pods."""

    def build(draft: Path) -> None:
        Apt(draft / "apt", "bookworm").unpack("busybox-static", draft / "tree")
        shutil.rmtree(draft / "apt")

    return once("busybox", build) / "tree/bin/busybox"


if __name__ == "__main__":
    print(base_image(), kubelet(), double(), containerd("1.7"), containerd("2.1"), busybox(), sep="\n")
