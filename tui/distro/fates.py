"""What becomes of a hand edit of a file, and the vendor's way instead (node-layouts.md 3, 4)."""

from __future__ import annotations

import posixpath
import re
from fnmatch import fnmatchcase
from typing import Literal

from tui.distro.fate_table import EVERYWHERE, FATES, Row
from tui.model import EditFate, Reader

_DO_NOT_EDIT = re.compile(r"^[#;].*do not edit", re.IGNORECASE | re.MULTILINE)
_UNIT_TREES = ("/etc/systemd/system/", "/run/systemd/system/")


def fate_of(distro: str, path: str, reader: Reader) -> EditFate:
    """The fate of an edit of ``path`` on ``distro`` ("" for an unknown one).

    Read-only and generated places come first, then the distribution's own rules, then what holds on every node.
    """
    whole = _whole(distro)
    if whole:
        return EditFate(path, "forbidden", whole[2], whole[3])
    return (
        _read_only(path)
        or _own_drop_in(distro, path)
        or _from(FATES.get(distro, ()), path)
        or _generated(path, reader)
        or _from(EVERYWHERE, path)
        or EditFate(path, "unknown", _unknown(distro))
    )


def _unknown(distro: str) -> str:
    return f"nothing is known about this file on {distro}" if distro else "the distribution is not recognised"


def _whole(distro: str) -> Row | None:
    """Systems on which no file may be edited at all."""
    rows = FATES.get(distro, ())
    return rows[0] if rows and rows[0][0] == "*" and rows[0][1] == "forbidden" else None


def _read_only(path: str) -> EditFate | None:
    if path.startswith("/snap/"):
        return EditFate(
            path, "forbidden", "a snap is mounted read-only", "change the snap's settings or its args files"
        )
    if not path.startswith(("/usr/", "/lib/")):
        return None
    if path.endswith((".service", ".conf")):
        instead = f"put a drop-in into {_drop_in_folder(path)}/20-own.conf"
    else:
        instead = "copy it below /etc and point the unit there by a drop-in"
    return EditFate(
        path, "forbidden", "the file belongs to a package, which overwrites it, or /usr is read-only", instead
    )


def _drop_in_folder(path: str) -> str:
    folder = posixpath.basename(posixpath.dirname(path))
    unit = folder if folder.endswith(".service.d") else f"{posixpath.basename(path)}.d"
    return f"/etc/systemd/system/{unit}"


def _own_drop_in(distro: str, path: str) -> EditFate | None:
    """A drop-in of one's own lasts, unless a row names it as the vendor's."""
    if not (path.startswith("/etc/systemd/system/") and ".service.d/" in path):
        return None
    row = _from(FATES.get(distro, ()), path)
    return row or EditFate(path, "lasts", "a unit drop-in in /etc is nobody else's")


def _generated(path: str, reader: Reader) -> EditFate | None:
    try:
        head = reader.read(path)[:2000].decode("utf-8", "replace")
    except OSError:
        return None
    if not _DO_NOT_EDIT.search(head):
        return None
    instead = f"put a drop-in into {_drop_in_folder(path)}/20-own.conf" if path.startswith(_UNIT_TREES) else ""
    return EditFate(path, "forbidden", 'a program writes this file: its heading says "DO NOT EDIT"', instead)


def _from(rows: tuple[Row, ...], path: str) -> EditFate | None:
    for pattern, fate, why, instead in rows:
        if fnmatchcase(path, pattern):
            known: Literal["lasts", "until-event", "lost", "forbidden"] = fate
            return EditFate(path, known, why, instead)
    return None
