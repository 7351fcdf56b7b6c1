"""Splitting a value into words: basic/extract-word.c:extract_first_word and basic/escape.c:cunescape_one."""

from __future__ import annotations

from collections.abc import Iterator

from tui.systemd.text import WHITESPACE, Builder, Text

_SIMPLE = {
    ord(letter): ord(value)
    for letter, value in zip("abfnrtv\\\"'s", "\a\b\f\n\r\t\v\\\"' ", strict=True)  # \s is an extension of XDG files
}
_DIGITS = {ord("x"): 2, ord("u"): 4, ord("U"): 8}


class UnbalancedQuote(ValueError):
    """A quote that is never closed, or a backslash with nothing behind it."""


class UnknownEscape(ValueError):
    """A backslash sequence that C does not know (or that would be a NUL byte)."""


def extract_word(text: Text, pos: int, *, escapes: bool = False, relax: bool = False) -> tuple[Text | None, int]:
    r"""The next word from ``pos`` on and the position behind it and its blanks; (None, end) when there is none.

    Quotes of both kinds vanish anywhere in a word. ``escapes``: decode C escapes, everywhere (EXTRACT_CUNESCAPE), an
    unknown one raises :class:`UnknownEscape`; without it a backslash just drops itself. ``relax``: take an
    open quote as closed at the end (EXTRACT_RELAX), else :class:`UnbalancedQuote`.
    """
    return _Extractor(text, escapes, relax, False).word(pos)


def extract_word_and_warn(text: Text, pos: int, warnings: list[str]) -> tuple[Text | None, int]:
    """As the manager reads command lines: unknown escapes are kept as they are, with a warning.

    Raises :class:`UnbalancedQuote` (basic/extract-word.c:extract_first_word_and_warn).
    """
    try:
        return _Extractor(text, True, False, False).word(pos)
    except ValueError:
        word, end = _Extractor(text, True, False, True).word(pos)
        warnings.append(f'unknown escape sequence kept as it is: "{word}"')
        return word, end


def split_words(text: Text, *, escapes: bool = False, relax: bool = False) -> Iterator[Text]:
    """All words of a value; raises as :func:`extract_word`, after the words before the fault."""
    word, pos = extract_word(text, 0, escapes=escapes, relax=relax)
    while word is not None:
        yield word
        word, pos = extract_word(text, pos, escapes=escapes, relax=relax)


class _Extractor:
    def __init__(self, text: Text, escapes: bool, relax: bool, keep_unknown: bool) -> None:
        self.text, self.data = text, text.data
        self.escapes, self.relax, self.keep_unknown = escapes, relax, keep_unknown

    def word(self, pos: int) -> tuple[Text | None, int]:
        pos = self._skip_blanks(pos)
        if pos >= len(self.data):
            return None, pos
        out, quote = Builder(self.text.at[pos]), 0
        while pos < len(self.data):
            char = self.data[pos]
            if char == ord("\\"):
                pos = self._escape(pos, bool(quote), out)
                continue
            if quote:
                quote = 0 if char == quote else quote
                if quote:
                    out.add(bytes([char]), self.text.at[pos])
            elif char in b"'\"":
                quote = char
            elif char in WHITESPACE:
                return out.done(), self._skip_blanks(pos)
            else:
                out.add(bytes([char]), self.text.at[pos])
            pos += 1
        if quote and not self.relax:
            raise UnbalancedQuote
        return out.done(), pos

    def _skip_blanks(self, pos: int) -> int:
        while pos < len(self.data) and self.data[pos] in WHITESPACE:
            pos += 1
        return pos

    def _escape(self, pos: int, quoted: bool, out: Builder) -> int:
        """Handle the backslash at ``pos``; the position behind the sequence."""
        at, begin = self.text.at[pos], pos + 1
        if begin >= len(self.data):
            if self.keep_unknown and (not quoted or self.relax):
                out.add(b"\\", at)
            elif not self.relax:
                raise UnbalancedQuote
            return begin
        if not self.escapes:
            out.add(self.data[begin : begin + 1], self.text.at[begin])
            return begin + 1
        try:
            value, length = unescape_one(self.data, begin)
        except UnknownEscape:
            if not self.keep_unknown:
                raise
            value, length = b"\\" + self.data[begin : begin + 1], 1
        out.add(value, at)
        return begin + length


def unescape_one(data: bytes, pos: int) -> tuple[bytes, int]:
    """The bytes that the escape whose letter stands at ``pos`` means, and its length; raises UnknownEscape."""
    letter = data[pos]
    if letter in _SIMPLE:
        return bytes([_SIMPLE[letter]]), 1
    if letter in _DIGITS:
        length = _DIGITS[letter]
        code = _number(data[pos + 1 : pos + 1 + length], length, 16)
        if letter == ord("x"):
            return bytes([code]), 3
        if letter == ord("U") and (code > 0x10FFFF or 0xD800 <= code <= 0xDFFF or not _is_character(code)):
            raise UnknownEscape
        return chr(code).encode("utf-8", "surrogatepass"), 1 + length
    if letter in b"01234567":
        code = _number(data[pos : pos + 3], 3, 8)
        if code > 0xFF:
            raise UnknownEscape
        return bytes([code]), 3
    raise UnknownEscape


def _is_character(code: int) -> bool:
    return not (0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE)


def _number(digits: bytes, length: int, base: int) -> int:
    allowed = b"01234567" if base == 8 else b"0123456789abcdefABCDEF"
    if len(digits) != length or any(digit not in allowed for digit in digits):
        raise UnknownEscape
    code = int(digits, base)
    if code == 0:
        raise UnknownEscape
    return code
