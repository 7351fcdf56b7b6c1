"""JSON as Go's encoding/json scans it, with its error texts and with a line for every value (scanner.go)."""

from __future__ import annotations

import re

from tui.kubelet import gotext
from tui.kubelet.tree import MAX_DEPTH, ConfigError, Entry, Node

_SPACE = b" \t\r\n"
_DIGITS = b"0123456789"
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "/": "/"}
_ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_TRIMMED = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029"
_TRIMMED += "\u202f\u205f\u3000"


def looks_like_json(data: bytes) -> bool:
    """Whether the first character that is no space is ``{`` (util/yaml hasJSONPrefix); else the file is YAML."""
    return data.decode("utf-8", "surrogateescape").lstrip(_TRIMMED).startswith("{")


def load(data: bytes) -> Node:
    """The tree of a JSON text; keys stand in file order, all of those that repeat.

    Raises:
        ConfigError: with Go's text (``invalid character '}' looking for ...``) and the line.
    """
    scanner = _Scanner(data)
    node = scanner.value(0, "looking for beginning of value")
    scanner.space()
    if scanner.at < len(data):
        raise scanner.wrong("after top-level value")
    return node


class _Scanner:
    def __init__(self, data: bytes) -> None:
        self.data, self.at, self.line, self._counted = data, 0, 1, 0

    def space(self) -> None:
        """Skip blanks, and bring the line up to date."""
        while self.at < len(self.data) and self.data[self.at] in _SPACE:
            self.at += 1
        self.line += self.data.count(b"\n", self._counted, self.at)
        self._counted = self.at

    def wrong(self, where: str) -> ConfigError:
        """The error for the character at hand, or for the end."""
        line = 1 + self.data.count(b"\n", 0, self.at)
        if self.at >= len(self.data):
            return ConfigError("unexpected end of JSON input", line)
        return ConfigError(f"invalid character {_quoted(self.data[self.at])} {where}", line)

    def peek(self) -> bytes:
        """The next byte, or nothing at the end."""
        return self.data[self.at : self.at + 1]

    def value(self, depth: int, where: str) -> Node:
        """One value, blanks before it skipped; ``where`` words the error if none begins here."""
        self.space()
        first, line = self.peek(), self.line
        if depth > MAX_DEPTH:
            raise ConfigError(f"line {line}: nested more than {MAX_DEPTH} levels deep", line, ours=True)
        if first == b"{":
            return self.map(depth)
        if first == b"[":
            return self.list(depth)
        if first == b'"':
            return Node("string", line, self.string())
        if first and first in b"-" + _DIGITS:
            return Node("number", line, self.number())
        for word in ("true", "false", "null"):
            if first and first == word[:1].encode():
                self.word(word)
                return Node("null", line) if word == "null" else Node("bool", line, word)
        raise self.wrong(where)

    def word(self, word: str) -> None:
        """A literal name."""
        for char in word:
            if self.peek() != char.encode():
                raise self.wrong(f"in literal {word} (expecting {_quoted(ord(char))})")
            self.at += 1

    def number(self) -> str:
        """A number's literal (Go's state machine: no leading zeros, digits around the point)."""
        start = self.at
        if self.peek() == b"-":
            self.at += 1
        if self.peek() == b"0":
            self.at += 1
        else:
            self.digits("in numeric literal")
        if self.peek() == b".":
            self.at += 1
            self.digits("after decimal point in numeric literal")
        if self.peek() in (b"e", b"E"):
            self.at += 1
            if self.peek() in (b"+", b"-"):
                self.at += 1
            self.digits("in exponent of numeric literal")
        return self.data[start : self.at].decode("ascii")

    def digits(self, where: str) -> None:
        """At least one digit."""
        start = self.at
        while self.peek() and self.peek() in _DIGITS:
            self.at += 1
        if self.at == start:
            raise self.wrong(where)

    def string(self) -> str:
        """A string's content; what is no UTF-8 and lone surrogates become U+FFFD."""
        self.at += 1
        start = self.at
        while self.peek() != b'"':
            if not self.peek() or self.data[self.at] < 0x20:
                raise self.wrong("in string literal")
            self.at += 1
            if self.data[self.at - 1] == 0x5C:
                self.escape()
        raw = self.data[start : self.at].decode("utf-8", "replace")
        self.at += 1
        text = _ESCAPED.sub(_unescaped, raw)
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def escape(self) -> None:
        """The rest of an escape."""
        if self.peek() == b"u":
            for _ in range(4):
                self.at += 1
                if not self.peek() or self.peek() not in b"0123456789abcdefABCDEF":
                    raise self.wrong("in \\u hexadecimal character escape")
        elif not self.peek() or self.peek().decode("latin-1") not in _ESCAPES:
            raise self.wrong("in string escape code")
        self.at += 1

    def map(self, depth: int) -> Node:
        """An object."""
        line, entries = self.line, []
        self.at += 1
        self.space()
        if self.peek() == b"}":
            self.at += 1
            return Node("map", line)
        while True:
            self.space()
            if self.peek() != b'"':
                raise self.wrong("looking for beginning of object key string")
            key, key_line = self.string(), self.line
            self.space()
            if self.peek() != b":":
                raise self.wrong("after object key")
            self.at += 1
            entries.append(Entry(key, key_line, self.value(depth + 1, "looking for beginning of value")))
            self.space()
            if self.peek() == b"}":
                self.at += 1
                return Node("map", line, entries=tuple(entries))
            if self.peek() != b",":
                raise self.wrong("after object key:value pair")
            self.at += 1

    def list(self, depth: int) -> Node:
        """An array."""
        line, items = self.line, []
        self.at += 1
        self.space()
        if self.peek() == b"]":
            self.at += 1
            return Node("list", line)
        while True:
            items.append(self.value(depth + 1, "looking for beginning of value"))
            self.space()
            if self.peek() == b"]":
                self.at += 1
                return Node("list", line, items=tuple(items))
            if self.peek() != b",":
                raise self.wrong("after array element")
            self.at += 1


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found.group(1), 16)) if found.group(1) else _ESCAPES.get(found.group(2), found.group(2))


def _quoted(byte: int) -> str:
    """A byte in Go's single quotes (scanner.go quoteChar)."""
    if byte == ord("'"):
        return "'\\''"
    return "'\"'" if byte == ord('"') else f"'{gotext.quote(chr(byte))[1:-1]}'"
