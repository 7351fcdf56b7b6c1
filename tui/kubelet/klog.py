"""The kubelet's log lines taken apart: klog's header, its structured form, and JSON (component-base/logs)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tui.kubelet.gotext import unquote

_HEADER = re.compile(r"[IWEF]\d{4} \d{2}:\d{2}:\d{2}\.\d+ +\d+ [^\]\n]{1,200}?:\d+\] ")
_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_MESSAGE = re.compile(_QUOTED + r"(?= |$)", re.DOTALL)
_PAIR = re.compile(r" ([A-Za-z][\w./-]*)=(?:" + _QUOTED + r"|(\[[^\]]{0,4000}\]|[^ \n]*))", re.DOTALL)


@dataclass(frozen=True)
class Entry:
    """What a line says after its header. ``structured``: it has a quoted message with ``key=value`` pairs (1.21+)."""

    text: str
    structured: bool = False
    values: Mapping[str, str] = field(default_factory=dict)


def parse(line: str) -> Entry:
    """A log line in any of the kubelet's forms; one that is in none of them is its own text."""
    if line.startswith("{"):
        return _json(line) or Entry(line)
    header = _HEADER.match(line)
    text = line[header.end() :] if header else line
    message = _MESSAGE.match(text)
    if not message:
        return Entry(text)
    values: dict[str, str] = {}
    position = message.end()
    while pair := _PAIR.match(text, position):
        key, quoted, bare = pair.groups()
        values.setdefault(key, bare if quoted is None else unquote(quoted))
        position = pair.end()
    return Entry(unquote(message.group(1)), True, values)


def _json(line: str) -> Entry | None:
    """``--logging-format=json``: the message stands in "msg", its pairs beside it."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("msg"), str):
        return None
    values = {key: value if isinstance(value, str) else json.dumps(value) for key, value in found.items()}
    return Entry(found["msg"], True, values)
