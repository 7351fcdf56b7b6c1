"""Debian packages that the tests need, installed where that can be done: as root on Debian."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGES = (
    "python3-venv",  # the development environment
    "libcairo2",  # pictures of the screen
    "fonts-dejavu-core",
    "tmux",  # the app in a real terminal
    "containerd",  # a real one to agree with
    "e2fsprogs",  # its disk
    "xfsprogs",
    "mount",
    "util-linux",
    "procps",
)
NODE_PACKAGES = (
    "debootstrap",  # the node's root
    "systemd-container",  # boots it
    "dpkg-dev",  # the kubelet's source
    "golang-1.19-go",
)
POLICY = Path("/usr/sbin/policy-rc.d")


def install(*, node: bool) -> None:
    """Install what is missing, without starting any service; elsewhere say what is missing, and go on."""
    if not Path("/etc/debian_version").exists() or not shutil.which("dpkg-query"):
        return
    wanted = PACKAGES + NODE_PACKAGES if node else PACKAGES
    missing = [name for name in wanted if not _installed(name)]
    if not missing:
        return
    if os.geteuid() != 0:
        print(f"not root, so these Debian packages stay missing: {' '.join(missing)}", file=sys.stderr)
        return
    print(f"installing {' '.join(missing)} ...", flush=True)
    quiet = not POLICY.exists()
    if quiet:
        POLICY.write_text("#!/bin/sh\nexit 101\n")
        POLICY.chmod(0o755)
    try:
        if not (_apt("update") and _apt("install", "-y", "--no-install-recommends", *missing)):
            print("apt-get could not install them all; the tests that need them will say so", file=sys.stderr)
    finally:
        if quiet:
            POLICY.unlink()


def _installed(name: str) -> bool:
    asked = ["dpkg-query", "-W", "-f", "${Status}", name]
    return subprocess.run(asked, capture_output=True, check=False).stdout.endswith(b"ok installed")


def _apt(*words: str) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        ["apt-get", "-q", *words],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode != 0:
        print(done.stdout.decode("utf-8", "replace"), file=sys.stderr)
    return done.returncode == 0
