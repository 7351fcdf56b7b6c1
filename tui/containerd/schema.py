"""The top-level fields of containerd's configuration and their types (config.go type Config)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tui.containerd.document import Document, Problem
from tui.containerd.rules import Rules

TABLES: dict[str, dict[str, str]] = {
    "grpc": {
        **dict.fromkeys(("address", "tcp_address", "tcp_tls_ca", "tcp_tls_cert", "tcp_tls_key"), "string"),
        "tcp_tls_common_name": "string",
        **dict.fromkeys(("uid", "gid", "max_recv_message_size", "max_send_message_size"), "integer"),
    },
    "ttrpc": {"address": "string", "uid": "integer", "gid": "integer"},
    "debug": {
        **dict.fromkeys(("address", "level", "format"), "string"),
        **dict.fromkeys(("uid", "gid"), "integer"),
    },
    "metrics": {"address": "string", "grpc_histogram": "boolean"},
    "cgroup": {"path": "string"},
}
FIELDS: dict[str, str] = {
    **dict.fromkeys(("root", "state", "temp", "plugin_dir"), "string"),
    **dict.fromkeys(("version", "oom_score"), "integer"),
    **dict.fromkeys(("imports", "disabled_plugins", "required_plugins"), "list of strings"),
    **dict.fromkeys(("plugins", "proxy_plugins", "timeouts", "stream_processors", *TABLES), "table"),
}


def kind_of(value: Any) -> str:
    """TOML's word for a parsed value."""
    if isinstance(value, bool):
        return "boolean"
    for type_, word in ((str, "string"), (int, "integer"), (float, "float"), (dict, "table")):
        if isinstance(value, type_):
            return word
    if isinstance(value, list):
        return "list of strings" if all(isinstance(item, str) for item in value) else "list"
    return "date"


def type_problem(document: Document, rules: Rules) -> Problem | None:
    """The first field of a wrong type, at which the daemon stops: ``version = "2"``, ``root = 5``."""
    for path, value, wanted in _fields(document, rules):
        found = kind_of(value)
        if found != wanted:
            text = f'"{".".join(path)}" must be a {wanted}, not a {found}'
            remedy = "write it without quotes" if wanted == "integer" and found == "string" else "correct this line"
            return Problem(document.line(*path), text.replace("a integer", "an integer"), remedy)
    return None


def _fields(document: Document, rules: Rules) -> Iterator[tuple[tuple[str, ...], Any, str]]:
    data = dict(document.data)
    for name, wanted in FIELDS.items():
        if name == "plugin_dir" and rules.second:
            continue
        for key in rules.spellings(data, name):
            yield (key,), data[key], wanted
            if name in TABLES and isinstance(data[key], dict):
                for inner, kind in TABLES[name].items():
                    for spelt in rules.spellings(data[key], inner):
                        yield (key, spelt), data[key][spelt], kind
            if name == "plugins" and isinstance(data[key], dict) and not rules.second:
                yield from (((key, plugin), value, "table") for plugin, value in data[key].items())


def unknown_keys(document: Document, rules: Rules) -> Iterator[tuple[tuple[str, ...], str]]:
    """Keys outside the plugins that the daemon does not know, each with the known name it resembles, or ""."""
    data = dict(document.data)
    known = {spelt: name for name in FIELDS for spelt in (*rules.spellings(data, name), name)}
    for key, value in data.items():
        if key not in known:
            yield (key,), key.lower() if key.lower() in FIELDS else ""
        elif known[key] in TABLES and isinstance(value, dict):
            fields = TABLES[known[key]]
            inner = {spelt for name in fields for spelt in (*rules.spellings(value, name), name)}
            yield from (((key, name), "") for name in value if name not in inner)
