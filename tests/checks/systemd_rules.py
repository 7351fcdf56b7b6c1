"""systemd.json: EnvironmentFile=, ExecStart= and the merge of unit directories, against tui.systemd."""

from __future__ import annotations

import base64
from typing import Any

from tests.tree import TreeReader
from tui.model import Unit
from tui.systemd.envfile import EnvFileError, parse_env_file
from tui.systemd.units import load_unit

HOSTNAME = "testnode"
UNIT_PATH = "/etc/systemd/system/kubelet.service"
Vector = dict[str, Any]


def _bytes(content: Any) -> bytes:
    return base64.b64decode(content["b64"]) if isinstance(content, dict) else str(content).encode()


def reader_of(files: dict[str, Any]) -> TreeReader:
    """The directory tree that a vector describes: text, {"b64": ...} or {"link": ...} by path."""
    links = {path: found["link"] for path, found in files.items() if isinstance(found, dict) and "link" in found}
    return TreeReader({path: _bytes(content) for path, content in files.items() if path not in links}, links)


def _differ(name: str, found: Any, wanted: Any) -> list[str]:
    return [] if found == wanted else [f"{name}: {found!r}, expected {wanted!r}"]


def check_env_file(vector: Vector) -> list[str]:
    """Variables in order of both eras, or that the file is refused."""
    problems = []
    content = vector["text"] if "text" in vector else vector["content"]
    for since_254 in (False, True):
        wanted: Any = "refused" if vector.get("error") else vector.get("vars", [])
        if since_254 and "expect_since_254" in vector:
            wanted = vector["expect_since_254"]
        found: Any = None
        try:
            found = sorted(map(list, parse_env_file(_bytes(content), since_254=since_254).pairs()), key=_path_first)
        except EnvFileError:
            found = "refused"
        problems += _differ(f"variables (since 254: {since_254})", found, wanted)
    return problems


def _path_first(pair: list[str]) -> bool:
    """PATH is set by the manager already, so it keeps that place in the environment block."""
    return pair[0] != "PATH"


def _environment(unit: Unit) -> list[list[str]]:
    return [[one.name, one.value] for one in unit.environment if one.origin.kind != "default"]


def _check_start(unit: Unit, vector: Vector) -> list[str]:
    problems = []
    if "argv" in vector:
        argv = [[word.text for word in command] for command in unit.commands]
        problems += _differ("state", (unit.state, unit.result), ("loaded", ""))
        problems += _differ("argv", argv, vector["argv"])
        words = [word for command in unit.commands for word in command if word.origin.kind == "file"]
        problems += [f"no line for {word.text!r}" for word in words if word.origin.line is None]
    if "env" in vector:
        problems += _differ("env", _environment(unit), vector["env"])
    return problems


def check_exec(vector: Vector) -> list[str]:
    """One unit text with its files: argv and environment, or how loading or starting fails."""
    files = {UNIT_PATH: vector["unit"], **(vector.get("files") or {})}
    problems = []
    for since_254 in (False, True):
        unit = load_unit("kubelet.service", reader_of(files), since_254=since_254, hostname=HOSTNAME)
        problems += _check_start(unit, vector)
        told = {key: vector[key] for key in ("LoadState", "Result") if key in vector}
        for key, wanted in {**told, **(vector.get("error") or {})}.items():
            found = {"LoadState": unit.state, "Result": unit.result or "success"}
            problems += _differ(key, found[key], wanted) if key in found else []
    return problems


def check_merge(vector: Vector) -> list[str]:
    """Files over several directories: which are used, in which order, and what they make."""
    name = vector.get("unit_name") or "kubelet.service"
    unit = load_unit(name, reader_of(vector["files"]), hostname=HOSTNAME)
    problems = _check_start(unit, vector) if vector.get("LoadState", "loaded") == "loaded" else []
    problems += _differ("state", unit.state, vector.get("LoadState", unit.state))
    problems += _differ("fragment", _merged(unit.fragment), _merged(vector.get("FragmentPath", unit.fragment)))
    dropins = vector.get("DropInPaths", unit.dropins)
    problems += _differ("drop-ins", [*map(_merged, unit.dropins)], [*map(_merged, dropins)])
    return problems


def _merged(path: str) -> str:
    return path.removeprefix("/usr")


CHECKS = {"env_file": check_env_file, "exec": check_exec, "merge": check_merge}
