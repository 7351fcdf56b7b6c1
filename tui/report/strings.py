"""A node's strings in the report: JSON must be valid whatever bytes a path is made of."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

from tui.words import visible

Raw = dict[str, str]
"""JSON pointer (RFC 6901) of a string to the base64 of its exact bytes."""


def is_harmless(value: Any) -> bool:
    """Whether :func:`harmless` would leave a tree as it is; quick, for it nearly always would."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:  # a UnicodeEncodeError is one too
        return False
    return True


def harmless(value: Any, raw: Raw, pointer: str = "") -> Any:
    r"""The same tree with each string valid Unicode.

    Where one holds bytes that are no UTF-8 (surrogateescape), each such byte is written ``\xNN`` and ``raw`` gets the
    string's exact bytes under its pointer; all other strings are left alone. Infinite and not-a-number floats, which
    JSON does not have, become their text.
    """
    if isinstance(value, str):
        return _string(value, raw, pointer)
    if isinstance(value, dict):
        return {
            _key(key): harmless(each, raw, f"{pointer}/{_key(key).replace('~', '~0').replace('/', '~1')}")
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [harmless(each, raw, f"{pointer}/{index}") for index, each in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _key(text: str) -> str:
    return text if _is_unicode(text) else _shown(text)


def _string(text: str, raw: Raw, pointer: str) -> str:
    if _is_unicode(text):
        return text
    raw[pointer] = base64.b64encode(
        text.encode("utf-8", "surrogatepass" if _foreign(text) else "surrogateescape")
    ).decode()
    return _shown(text)


def _is_unicode(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def _foreign(text: str) -> bool:
    r"""Whether there is a surrogate that stands for no byte (a ``\ud800`` written in a JSON or YAML file)."""
    return any("\ud800" <= char <= "\udfff" and not "\udc80" <= char <= "\udcff" for char in text)


def _shown(text: str) -> str:
    return "".join(visible(char) if "\ud800" <= char <= "\udfff" else char for char in text)
