"""Whether a real node can be made on this machine; the standard library is all that this needs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

TOOLS = (
    "debootstrap", "systemd-nspawn", "mkfs.xfs", "mkfs.ext4", "losetup", "nsenter", "unshare", "dpkg-source", "apt-get",
)  # fmt: skip


def why_not() -> str:
    """Why the node tests cannot run here; empty if they can."""
    if os.geteuid() != 0:
        return "not root"
    if not Path("/etc/debian_version").exists():
        return "not Debian"
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        return f"missing: {', '.join(missing)}"
    for words in (["losetup", "-f"], ["unshare", "-m", "true"]):
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return f"{' '.join(words)}: {done.stderr.strip() or 'failed'}"
    return ""
