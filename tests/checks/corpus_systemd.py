"""Corpus folders unit, unit-dropin and env, against what a systemd 252 manager made of the files."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.tree import TreeReader
from tui.systemd.envfile import EnvFileError, is_env_name, parse_env_file
from tui.systemd.units import load_unit, read_unit

ORACLE = "oracle_systemd252.json"
BASE = b"[Service]\nExecStart=/usr/bin/kubelet\n"
HOSTNAME = "testnode"


@lru_cache
def _oracle(corpus: Path) -> dict[str, Any]:
    path = corpus / ORACLE
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def _wanted(corpus: Path, file: Path, group: str) -> dict[str, Any] | None:
    found = _oracle(corpus).get(group, {}).get(str(file.relative_to(corpus)))
    return None if found is None else dict(found)


def _check(reader: TreeReader, name: str, wanted: dict[str, Any] | None) -> list[str]:
    unit = load_unit(name, reader, hostname=HOSTNAME)
    if unit.state != "loaded" and not unit.error and unit.state != "masked":
        return [f"{unit.state} without a reason"]
    if wanted is None:
        return []
    loaded = read_unit(name, reader, hostname=HOSTNAME)
    draft = loaded.draft
    found = {
        "LoadState": loaded.state,
        "ExecStart": [
            {"path": one.path, "argv": [str(word) for word in one.argv], "ignore_failure": one.ignore_failure}
            for one in draft.commands.get("ExecStart", ())
        ],
        "Environment": [f"{one.name}={one.value}" for one in draft.environment.values()],
        "EnvironmentFiles": [[entry.path, entry.optional] for entry in draft.files],
    }
    return [
        f"{key}: {value!r}, expected {wanted.get(key, [])!r}"
        for key, value in found.items()
        if value != wanted.get(key, [])
    ]


def check_unit(corpus: Path, file: Path) -> list[str]:
    """A whole unit, installed as lab.service (a template as lab@x.service)."""
    template = "@" in file.name.rpartition("__")[2]
    path = f"/etc/systemd/system/lab{'@' if template else ''}.service"
    name = "lab@x.service" if template else "lab.service"
    return _check(TreeReader({path: file.read_bytes()}), name, _wanted(corpus, file, "units"))


def check_dropin(corpus: Path, file: Path) -> list[str]:
    """A drop-in over a unit that has nothing but an ExecStart=."""
    path = "/etc/systemd/system/lab.service"
    reader = TreeReader({path: BASE, f"{path}.d/10-x.conf": file.read_bytes()})
    return _check(reader, "lab.service", _wanted(corpus, file, "units"))


def check_env(corpus: Path, file: Path) -> list[str]:
    """An environment file: the variables that the manager keeps, the last value of each."""
    wanted = _wanted(corpus, file, "env")
    try:
        found: dict[str, str] | None = dict(parse_env_file(file.read_bytes(), where=file.name).pairs())
    except EnvFileError as error:
        found = None
        if not error.line:
            return [f"refused without a place: {error}"]
    if wanted is None:
        return []
    expected: dict[str, str] | None = None
    if "parsed" in wanted:
        expected = {entry[0]: entry[1] for entry in wanted["parsed"] if is_env_name(entry[0].encode())}
    return [] if found == expected else [f"variables: {found!r}, expected {expected!r}"]


CHECKS = {"unit": check_unit, "unit-dropin": check_dropin, "env": check_env}
