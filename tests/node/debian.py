"""Debian's packages without touching the machine's own apt configuration: private sources, lists and cache."""

from __future__ import annotations

import re
from pathlib import Path

from tests.node.shell import run

SOURCES = (Path("/etc/apt/sources.list"), Path("/etc/apt/sources.list.d"))


class Apt:
    """apt-get over one suite, derived from the machine's own sources; everything lies under ``folder``."""

    def __init__(self, folder: Path, suite: str, *, source: bool = False) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "lists/partial").mkdir(parents=True, exist_ok=True)
        (folder / "cache/archives/partial").mkdir(parents=True, exist_ok=True)
        listing = folder / "private.sources"
        listing.write_text("\n".join(_stanzas(suite, "deb-src" if source else "deb")))
        self.options = [
            word
            for option in (
                f"Dir::Etc::sourcelist={listing}",
                "Dir::Etc::sourceparts=-",
                f"Dir::State::lists={folder / 'lists'}",
                f"Dir::Cache={folder / 'cache'}",
                "APT::Sandbox::User=root",
            )
            for word in ("-o", option)
        ]
        run(["apt-get", *self.options, "-qq", "update"], timeout=300)

    def get(self, *words: str, cwd: Path | None = None) -> str:
        """``apt-get WORDS``, e.g. ``download NAME`` or ``source NAME``, in ``cwd``."""
        return run(["apt-get", *self.options, *words], timeout=600, cwd=cwd or self.folder)

    def unpack(self, package: str, target: Path) -> None:
        """Download one binary package and unpack it into ``target``, installing nothing."""
        target.mkdir(parents=True, exist_ok=True)
        self.get("download", package, cwd=target.parent)
        for deb in target.parent.glob(f"{package}_*.deb"):
            run(["dpkg", "-x", deb, target])
            deb.unlink()


def mirror() -> str:
    """The first Debian archive that the machine's own apt uses (not the security one)."""
    return _entries()[0][0]


def _entries() -> list[tuple[str, str]]:
    """(URI, "Signed-By: ..." or "") of the machine's plain Debian archives."""
    files = [p for top in SOURCES for p in ([top] if top.is_file() else sorted(top.glob("*")) if top.is_dir() else [])]
    found: list[tuple[str, str]] = []
    for path in files:
        text = path.read_text(errors="replace")
        if path.suffix == ".sources":
            for stanza in re.split(r"\n\s*\n", text):
                uri = re.search(r"^URIs:\s*(\S+)", stanza, re.MULTILINE)
                signed = re.search(r"^Signed-By:.*$", stanza, re.MULTILINE)
                if uri and re.search(r"/debian/?$", uri.group(1)):
                    found.append((uri.group(1), signed.group(0) if signed else ""))
        elif path.suffix == ".list":
            found += [
                (uri, "")
                for uri in re.findall(r"^deb\s+(?:\[[^]]*\]\s+)?(\S+)\s", text, re.MULTILINE)
                if re.search(r"/debian/?$", uri)
            ]
    if not found:
        raise RuntimeError("no Debian archive in /etc/apt: the node tests run on Debian only")
    return found


def _stanzas(suite: str, kind: str) -> list[str]:
    uri, signed = _entries()[0]
    return [f"Types: {kind}\nURIs: {uri}\nSuites: {suite}\nComponents: main\n{signed or _keyring()}\n"]


def _keyring() -> str:
    path = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
    return f"Signed-By: {path}" if path.exists() else ""
