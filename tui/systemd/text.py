"""Bytes that remember where in a file they stood, so that a word can be traced to its line."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from tui.model import Origin, OriginKind

WHITESPACE = b" \t\n\r"
_LINE_END = re.compile(rb"\r\n|\n|\r")


def decode(data: bytes) -> str:
    """Bytes as the rest of the program carries them: UTF-8, other bytes as lone surrogates."""
    return data.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """The inverse of :func:`decode`; what is no byte at all (other surrogates) keeps its three-byte form."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def is_utf8(data: bytes) -> bool:
    """Whether systemd accepts it as UTF-8: no surrogates and no noncharacters (basic/utf8.c:unichar_is_valid)."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return text.isascii() or not any(0xFDD0 <= ord(c) <= 0xFDEF or ord(c) & 0xFFFE == 0xFFFE for c in text)


@dataclass(frozen=True)
class Text:
    """Bytes with the source offset of each; ``start`` is where they begin, which an empty text needs as well."""

    data: bytes
    at: tuple[int, ...]
    start: int

    def __str__(self) -> str:
        """The text itself, decoded."""
        return decode(self.data)

    def cut(self, begin: int, end: int | None = None) -> Text:
        """A slice; an empty one at the end starts behind the last byte."""
        at = self.at[begin:end]
        return Text(self.data[begin:end], at, at[0] if at else self.at[-1] + 1 if self.at else self.start)

    def strip(self) -> Text:
        """Without systemd's blanks at both ends (basic/string-util.c:strstrip)."""
        begin = len(self.data) - len(self.data.lstrip(WHITESPACE))
        return self.cut(begin, max(begin, len(self.data.rstrip(WHITESPACE))))


class Builder:
    """Collects the bytes of a :class:`Text`."""

    def __init__(self, start: int = 0) -> None:
        """``start``: source offset of the text, also if nothing is ever added."""
        self.data = bytearray()
        self.at: list[int] = []
        self.start = start

    def add(self, data: bytes, offset: int) -> None:
        """Append bytes that all stem from one place."""
        self.data += data
        self.at.extend([offset] * len(data))

    def extend(self, text: Text) -> None:
        """Append a text with its own places."""
        self.data += text.data
        self.at.extend(text.at)

    def chop(self, length: int) -> None:
        """Keep only the first ``length`` bytes."""
        del self.data[length:]
        del self.at[length:]

    def done(self) -> Text:
        """The finished text."""
        return Text(bytes(self.data), tuple(self.at), self.start)


@dataclass(frozen=True)
class Source:
    """A file (or what stands for one) that texts were cut from; makes origins of offsets.

    ``starts``: offset of each line after the first; a line ends at LF, CRLF or CR, as an editor counts. Without a
    file (``starts`` None) origins have no line.
    """

    where: str
    kind: OriginKind = "file"
    starts: tuple[int, ...] | None = field(default=None, repr=False)

    @staticmethod
    def of(where: str, content: bytes) -> Source:
        """The source that ``content``, read from the path ``where``, is."""
        return Source(where, "file", tuple(match.end() for match in _LINE_END.finditer(content)))

    def line(self, offset: int) -> int | None:
        """The line (from 1) in which an offset lies."""
        return None if self.starts is None else bisect_right(self.starts, offset) + 1

    def origin(self, offset: int, text: str = "") -> Origin:
        """The place of an offset, with the words that stand there."""
        return Origin(self.kind, self.where, self.line(offset), text)


def whole(data: bytes) -> Text:
    """All of a file."""
    return Text(data, tuple(range(len(data))), 0)
