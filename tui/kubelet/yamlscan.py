"""YAML events as go-yaml v2 sees them: ruamel's scanner and parser, bent where the two differ.

Source of the rules: go.yaml.in/yaml/v2 scannerc.go, parserc.go. They read YAML 1.1; tabs may separate tokens within a
line, a plain scalar in ``{}`` may contain ``:``, an unknown ``%`` directive is an error, and so is ``%YAML 1.2``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.parser import Parser
from ruamel.yaml.reader import Reader
from ruamel.yaml.scanner import Scanner, ScannerError
from ruamel.yaml.tokens import BlockEndToken, KeyToken, ScalarToken, ValueToken

from tui.kubelet.tree import ConfigError

_BREAKS = "\r\n\x85\u2028\u2029"
_BLANK_OR_END = " \t\0" + _BREAKS
_TAB_REMEDY = "indent with spaces, not tabs"
_ANCHOR = re.compile("[0-9A-Za-z_-]+")
_ESCAPE = "found invalid Unicode character escape code"
_REMEDIES = {
    _ESCAPE: "correct the escape",
    "cannot start any token": "quote the value if it begins with a character that YAML reserves",
    "could not find expected ':'": "give every key a colon and a space, and indent its value",
    "mapping values are not allowed": "quote a value that contains ': ', and check the indentation",
    "expected <block end>": "line this up with the keys of the same level",
    "expected ',' or": "separate the entries with commas and close the brackets",
    "end of stream": "close the quote or bracket that this value opens",
    "alphabetic or numeric": "quote a value that begins with & or *",
    "control character": "remove it",
    "bytes that are no": "save the file as UTF-8",
}


class _Reader(Reader):
    """Counts lines at every line break of YAML 1.1, as libyaml does."""

    def forward(self, length: int = 1) -> None:
        self.forward_1_1(length)


class _Scanner(Scanner):
    """The token rules of go-yaml where ruamel's differ."""

    ESCAPE_REPLACEMENTS = {
        **{char: written for char, written in Scanner.ESCAPE_REPLACEMENTS.items() if char != "/"},
        "'": "'",
    }

    def check_value(self) -> bool:
        return self.flow_level > 0 or self.reader.peek(1) in _BLANK_OR_END

    def scan_to_next_token(self) -> None:
        peek, forward = self.reader.peek, self.reader.forward
        while True:
            if self.reader.index == 0 and peek() == "\ufeff":
                forward()
            while peek() == " " or (peek() == "\t" and (self.flow_level > 0 or not self.allow_simple_key)):
                forward()
            if peek() == "#":
                while peek() not in "\0" + _BREAKS:
                    forward()
            if not self.scan_line_break():
                return
            if not self.flow_level:
                self.allow_simple_key = True

    def scan_directive(self) -> Any:
        token = super().scan_directive()
        if token.name not in ("YAML", "TAG"):
            raise ScannerError("while scanning a directive", token.start_mark, "found unknown directive name")
        if token.name == "YAML" and tuple(token.value) != (1, 1):
            raise ScannerError(None, None, "found incompatible YAML document: only 1.1 is read", token.start_mark)
        return token

    def scan_anchor(self, TokenClass: Any) -> Any:
        token = super().scan_anchor(TokenClass)
        if not _ANCHOR.fullmatch(token.value):
            expected = "did not find expected alphabetic or numeric character"
            raise ScannerError("while scanning an anchor", token.start_mark, expected, token.start_mark)
        return token

    def scan_block_scalar_indentation(self) -> tuple[list[str], int, Any]:
        chunks, deepest, end = [], 0, self.reader.get_mark()
        while self.reader.peek() in " " + _BREAKS:
            if self.reader.peek() == " ":
                self.reader.forward()
                deepest = max(deepest, self.reader.column)
            else:
                chunks.append(self.scan_line_break())
                end = self.reader.get_mark()
        return chunks, deepest, end

    def scan_plain(self) -> Any:
        """A plain scalar (yaml_parser_scan_plain_scalar)."""
        start = end = self.reader.get_mark()
        indent, text, spaces, broke = self.indent + 1, "", "", False
        while not self._document_indicator() and self.reader.peek() != "#":
            run = self._plain_run()
            if run:
                text, broke = text + spaces + run, False
                end = self.reader.get_mark()
            spaces, line_break = self._plain_spaces(indent, start) if run else ("", False)
            if not run or not spaces:
                break
            broke = line_break
            if not self.flow_level and self.reader.column < indent:
                break
        if broke:
            self.allow_simple_key = True
        return ScalarToken(text, True, start, end)

    def _document_indicator(self) -> bool:
        return self.reader.column == 0 and bool(self.check_document_start() or self.check_document_end())

    def _plain_run(self) -> str:
        """Characters up to the next blank or indicator, consumed."""
        peek, length = self.reader.peek, 0
        while peek(length) not in _BLANK_OR_END:
            char = peek(length)
            if char == ":" and peek(length + 1) in _BLANK_OR_END:
                break
            if self.flow_level and char in ",?[]{}":
                break
            length += 1
        run = str(self.reader.prefix(length))
        self.reader.forward(length)
        return run

    def _plain_spaces(self, indent: int, start: Any) -> tuple[str, bool]:
        """What joins two runs of a plain scalar (blanks, or folded line breaks), and whether a line was broken."""
        blanks, first, breaks = "", "", ""
        while self.reader.peek() in " \t" + _BREAKS:
            char = self.reader.peek()
            if char in " \t":
                if first and self.reader.column < indent and char == "\t":
                    raise ScannerError(
                        "while scanning a plain scalar",
                        start,
                        "found a tab character that violates indentation",
                        self.reader.get_mark(),
                    )
                blanks += char
                self.reader.forward()
            elif first:
                breaks += self.scan_line_break()
            else:
                first = self.scan_line_break()
        if not first:
            return blanks, False
        return (breaks or " ") if first == "\n" else first + breaks, True


class _Parser(Parser):
    """Places an empty value where its colon stands (parserc.go); ruamel puts it where the next token begins."""

    def parse_block_mapping_value(self) -> Any:
        token, self.state = self.scanner.peek_token(), self.parse_block_mapping_key
        if not self.scanner.check_token(ValueToken):
            return self.process_empty_scalar(token.start_mark)
        self.scanner.get_token()
        if self.scanner.check_token(KeyToken, ValueToken, BlockEndToken):
            return self.process_empty_scalar(token.end_mark)
        self.states.append(self.parse_block_mapping_key)
        return self.parse_block_node_or_indentless_sequence()


class _Resolver:
    """The one thing that ruamel's parser asks of a resolver: it reads YAML 1.1."""

    processing_version = (1, 1)


class _Loader:
    """Holds the parts together as ruamel expects it."""

    comment_handling = None
    processing_version = (1, 1)
    top_level_block_style_scalar_no_indent_error_1_1 = True

    def __init__(self, text: str) -> None:
        self.doc_infos = [SimpleNamespace(doc_version=None, tags=[])]
        self._resolver = _Resolver()
        self._reader = _Reader(text, self)
        self._scanner = _Scanner(self)
        self._parser = _Parser(self)


def events(data: bytes) -> Iterator[Any]:
    """The parser's events.

    Raises:
        ConfigError: where go-yaml refuses the text, with the place and a remedy in this program's words.
    """
    text = _decoded(data)
    loader = _Loader(text)
    parser, reader = loader._parser, loader._reader
    try:
        while parser.check_event():
            event = parser.get_event()
            if "\ud800" <= max(getattr(event, "value", "") or "", default="") <= "\udfff":
                raise ScannerError(None, None, _ESCAPE, event.start_mark)
            yield event
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _located(error.problem or "not YAML", mark.line + 1, mark.column + 1, text) from None
    except (ValueError, OverflowError):
        # chr() of an escape beyond Unicode
        raise _located(_ESCAPE, reader.line + 1, reader.column + 1, text) from None


def _decoded(data: bytes) -> str:
    """The text of a file: UTF-8, or UTF-16 with a byte order mark (readerc.go)."""
    encoding = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(data[:2], "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding, "replace")
        raise _located(f"bytes that are no {encoding.upper()}", *_place(before), before) from None
    found = Reader.NON_PRINTABLE.search(text)
    if found:
        problem = f"control character U+{ord(found.group()):04X} is not allowed"
        raise _located(problem, *_place(text[: found.start()]), text)
    return text


def _place(before: str) -> tuple[int, int]:
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _located(problem: str, line: int, column: int, text: str) -> ConfigError:
    lines = text.split("\n")
    here = lines[line - 1] if line <= len(lines) else ""
    remedy = next((advice for words, advice in _REMEDIES.items() if words in problem), "correct the syntax here")
    if "\t" in here[: len(here) - len(here.lstrip())] or "tab" in problem or "'\\t'" in problem:
        remedy = _TAB_REMEDY
    return ConfigError(f"yaml: line {line}, column {column}: {problem}; {remedy}", line, column, ours=True)
