"""The grammar of unit files and drop-ins: shared/conf-parser.c (facts/systemd.md 2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tui.systemd.text import WHITESPACE, Builder, Source, Text, is_utf8

LONG_LINE_MAX = 1024 * 1024
_BOM = b"\xef\xbb\xbf"
_EOL = {ord("\n"): 1, ord("\r"): 2, 0: 4}
_NUL_EOL = 4


class UnitFileError(ValueError):
    """The file cannot be read on from ``line``; the manager gives up on a fragment, and on the rest of a drop-in."""

    def __init__(self, line: int, text: str) -> None:
        """``text``: the reason, without a place."""
        super().__init__(text)
        self.line = line


@dataclass(frozen=True)
class Assignment:
    """One ``key=value`` of a known section; ``value`` has its continuation lines joined and its ends stripped."""

    section: str
    key: str
    value: Text
    line: int


def parse_unit_file(data: bytes, source: Source, sections: frozenset[str], warnings: list[str]) -> Iterator[Assignment]:
    """Yield the assignments in order; what the manager ignores is named in ``warnings``.

    Raises:
        UnitFileError: a broken section header, text that is no UTF-8, or a line above 1 MiB.
    """
    section: str | None = None
    ignored = False
    for text in _logical_lines(data, source):
        stripped = text.strip()
        if not stripped.data:
            continue
        line = source.line(stripped.start) or 0
        if not is_utf8(stripped.data):
            raise UnitFileError(line, "the line is not valid UTF-8")
        if stripped.data.startswith(b"["):
            if not stripped.data.endswith(b"]"):
                raise UnitFileError(line, f"invalid section header '{stripped}'")
            name = str(stripped.cut(1, len(stripped.data) - 1))
            section, ignored = (name, False) if name in sections else (None, True)
            if ignored and not name.startswith("X-"):
                warnings.append(f"{source.where}:{line}: unknown section '{name}' is ignored")
            continue
        if section is None:
            if not ignored:
                warnings.append(f"{source.where}:{line}: assignment outside of a section is ignored")
            continue
        found = _assignment(section, stripped, line)
        if found is None:
            warnings.append(f"{source.where}:{line}: no key=value, the line is ignored")
        else:
            yield found


def _assignment(section: str, text: Text, line: int) -> Assignment | None:
    equals = text.data.find(b"=")
    if equals <= 0:
        return None
    return Assignment(section, str(text.cut(0, equals).strip()), text.cut(equals + 1).strip(), line)


def _physical_lines(data: bytes) -> Iterator[tuple[int, int]]:
    r"""Begin and end of each line: LF, CR, NUL end one, as do the pairs CRLF and LFCR (basic/fileio.c:read_line)."""
    begin = pos = 0
    while pos < len(data):
        if data[pos] not in _EOL:
            pos += 1
            continue
        end, seen = pos, 0
        while pos < len(data) and (kind := _EOL.get(data[pos], 0)) and not seen & (kind | _NUL_EOL):
            seen |= kind
            pos += 1
        yield begin, end
        begin = pos
    if begin < len(data):
        yield begin, len(data)


def _logical_lines(data: bytes, source: Source) -> Iterator[Text]:
    """Lines with their continuations joined by one blank; comment lines are left out, also in between."""
    pending: Builder | None = None
    escaped = bom_seen = False
    for begin, end in _physical_lines(data):
        line = data[begin:end]
        if line.lstrip(WHITESPACE)[:1] in (b"#", b";"):
            continue
        if not bom_seen and line.startswith(_BOM):
            bom_seen, begin, line = True, begin + len(_BOM), line[len(_BOM) :]
        if pending is None:
            pending, escaped = Builder(begin), False
        if len(pending.data) + len(line) > LONG_LINE_MAX:
            raise UnitFileError(source.line(begin) or 0, "line longer than 1 MiB")
        pending.extend(Text(line, tuple(range(begin, end)), begin))
        escaped = _ends_escaped(line)
        if escaped:
            pending.data[-1:] = b" "
            continue
        yield pending.done()
        pending = None
    if pending is not None:
        yield pending.done()


def _ends_escaped(line: bytes) -> bool:
    return (len(line) - len(line.rstrip(b"\\"))) % 2 == 1
