"""Go's filepath.Glob over a node's files: only ``*`` crosses no slash, dot-files match, names come in byte order."""

from __future__ import annotations

import posixpath
import re

from tui.model import Reader

_META = re.compile(r"[*?\[\\]")
_CLASS_ITEM = re.compile(r"(\\?)(.)(?:-(\\?)([^\]]))?", re.DOTALL)


class BadPatternError(ValueError):
    """Go's ErrBadPattern: the daemon stops with "syntax error in pattern"."""


def glob(pattern: str, reader: Reader) -> list[str]:
    r"""The paths that match an absolute pattern; directories that cannot be listed match nothing (path/filepath Glob).

    Raises:
        BadPatternError: for an unclosed ``[`` or a lone ``\\`` at the end.
    """
    _compiled(pattern)
    if not _META.search(pattern):
        return [pattern] if _exists(pattern, reader) else []
    head, name = posixpath.split(pattern)
    if not _META.search(head):
        return _matches(head, name, reader)
    return [path for directory in glob(head, reader) for path in _matches(directory, name, reader)]


def _exists(path: str, reader: Reader) -> bool:
    try:
        reader.stat(path, follow=False)
    except OSError:
        return False
    return True


def _matches(directory: str, pattern: str, reader: Reader) -> list[str]:
    compiled = _compiled(pattern)
    try:
        names = reader.list(directory)
    except OSError:
        return []
    return [posixpath.normpath(posixpath.join(directory, name)) for name in names if compiled.fullmatch(name)]


def _compiled(pattern: str) -> re.Pattern[str]:
    out, pos = [], 0
    while pos < len(pattern):
        char = pattern[pos]
        pos += 1
        if char == "*":
            out.append("[^/]*")
        elif char == "?":
            out.append("[^/]")
        elif char == "[":
            text, pos = _class(pattern, pos)
            out.append(text)
        elif char == "\\":
            if pos == len(pattern):
                raise BadPatternError(pattern)
            out.append(re.escape(pattern[pos]))
            pos += 1
        else:
            out.append(re.escape(char))
    return re.compile("".join(out), re.DOTALL)


def _class(pattern: str, pos: int) -> tuple[str, int]:
    negated = pattern.startswith("^", pos)
    pos += negated
    items: list[str] = []
    while not (items and pattern.startswith("]", pos)):
        match = _CLASS_ITEM.match(pattern, pos)
        if not match or (not match[1] and match[2] in "-]\\"):
            raise BadPatternError(pattern)
        low, high = match[2], match[4] or match[2]
        if low <= high:
            items.append(f"{re.escape(low)}-{re.escape(high)}")
        else:
            items.append("")
        pos = match.end()
    body = "".join(items)
    if not body:
        return ("[^/]" if negated else "(?!)"), pos + 1
    return f"[{'^/' if negated else ''}{body}]", pos + 1
