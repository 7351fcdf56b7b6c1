"""Go's own ways of writing and reading: quoted strings, float literals, float32 and int64."""

from __future__ import annotations

import math
import re
from fractions import Fraction

INT64_MAX = 2**63 - 1
INT64_MIN = -(2**63)

_ESCAPES = {"\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v"}
_ESCAPES |= {"\\": "\\\\", '"': r"\""}
_UNESCAPES = {written[1]: char for char, written in _ESCAPES.items()} | {"'": "'"}
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))", re.DOTALL)

_DECIMAL = re.compile(r"([+-]?)(?=[0-9_.]*[0-9])([0-9_]*)(?:\.([0-9_]*))?(?:[eE]([+-]?[0-9][0-9_]*))?")
_HEX = re.compile(
    r"([+-]?)0[xX](?=[0-9a-fA-F_.]*[0-9a-fA-F])([0-9a-fA-F_]*)(?:\.([0-9a-fA-F_]*))?[pP]([+-]?[0-9][0-9_]*)"
)
_INFINITE = re.compile(r"([+-]?)inf(?:inity)?", re.IGNORECASE)
_EXPONENT_LIMIT = 10000
_FLOAT32_MAX = Fraction(2**24 - 1) * 2**104


def quote(text: str) -> str:
    r"""Go's ``strconv.Quote``; bytes that are no UTF-8 (surrogateescape) become ``\xNN``."""
    return '"' + "".join(_quoted(char) for char in text) + '"'


def _quoted(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if char.isprintable():
        return char
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def unquote(text: str) -> str:
    """What a text in Go's double quotes (given without them) says; an escape that Go does not write stays itself."""
    return _ESCAPE.sub(_unescaped, text)


def _unescaped(found: re.Match[str]) -> str:
    byte, short, long, octal, char = found.groups()
    if char is not None:
        return _UNESCAPES.get(char, found.group())
    code = int(octal, 8) if octal else int(byte or short or long, 16)
    if byte or octal:
        return chr(code) if code < 0x80 else chr(0xDC00 + code) if code < 0x100 else found.group()
    return chr(code) if code < 0x110000 else found.group()


def wrap64(number: int) -> int:
    """An integer as Go's int64 holds it: two's complement, wrapping."""
    return (number + 2**63) % 2**64 - 2**63


def to_int64(number: float) -> int:
    """Go's ``int64(float64)`` on amd64: truncation; NaN and what does not fit give the smallest int64."""
    return int(number) if math.isfinite(number) and INT64_MIN <= number < 2.0**63 else INT64_MIN


def float32(exact: Fraction) -> float:
    """The float32 nearest to a rational (ties to even), as a float; beyond its range ``inf`` or ``-inf``."""
    size = abs(exact)
    if not size:
        return 0.0
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    if size < Fraction(2) ** exponent:
        exponent -= 1
    quantum = Fraction(2) ** max(exponent - 23, -149)
    rounded = round(size / quantum) * quantum
    value = math.inf if rounded > _FLOAT32_MAX else float(rounded)
    return -value if exact < 0 else value


def parse_float32(text: str) -> float:
    """Go's ``strconv.ParseFloat(text, 32)``.

    Raises:
        ValueError: with Go's own text, for a bad shape or a number beyond float32.
    """
    if text.lower() == "nan":
        return math.nan
    infinite = _INFINITE.fullmatch(text)
    if infinite:
        return -math.inf if infinite.group(1) == "-" else math.inf
    found, base, power = _HEX.fullmatch(text), 16, 2
    if not found:
        found, base, power = _DECIMAL.fullmatch(text), 10, 10
    if not found or not _underscores_fit(text):
        raise ValueError(f"strconv.ParseFloat: parsing {quote(text)}: invalid syntax")
    value = float32(_exact(found, base, power))
    if math.isinf(value):
        raise ValueError(f"strconv.ParseFloat: parsing {quote(text)}: value out of range")
    return value


def _exact(found: re.Match[str], base: int, power: int) -> Fraction:
    """The literal's exact value; what is far beyond float32's range is cut to something still beyond it."""
    sign, whole, part, exponent = (group.replace("_", "") if group else "" for group in found.groups())
    digits = (whole + part).lstrip("0")
    places = len(part) * (4 if base == 16 else 1)
    shift = max(-_EXPONENT_LIMIT, min(_EXPONENT_LIMIT, _clamped(exponent))) - places
    mantissa = _integer(digits, base)
    magnitude = len(digits) * (4 if base == 16 else 1) + shift
    limit = 200 if power == 2 else 60
    if not mantissa or magnitude < -limit:
        return Fraction(0)
    value = Fraction(power) ** limit if magnitude > limit else Fraction(mantissa) * Fraction(power) ** shift
    return -value if sign == "-" else value


def _clamped(exponent: str) -> int:
    """A written exponent; Go stops counting at 10000."""
    digits = exponent.lstrip("+-").lstrip("0")
    value = _EXPONENT_LIMIT if len(digits) > 4 else int(digits or "0")
    return -value if exponent.startswith("-") else value


def _integer(digits: str, base: int) -> int:
    """Digits of any length as an integer; the first 4000 decide, which is more than float32 can tell apart."""
    kept = digits[:4000]
    number = int(kept, base) if kept else 0
    return number * int(base ** (len(digits) - len(kept)))


def _underscores_fit(text: str) -> bool:
    """Underscores stand between digits, or after ``0x`` (Go's underscoreOK)."""
    bare = text.lstrip("+-")
    hexadecimal = bare[:2].lower() == "0x"
    digit = "0-9a-fA-F" if hexadecimal else "0-9"
    body = ("0" + bare[2:]) if hexadecimal else bare
    return "_" not in body or not re.search(rf"(?<![{digit}])_|_(?![{digit}])", body)
