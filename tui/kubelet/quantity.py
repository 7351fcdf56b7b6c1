"""Kubernetes quantities: ``1Gi``, ``100M``, ``1e9``, ``1500m`` (apimachinery resource/quantity.go ParseQuantity).

A value is exact. What Go's parser does to it is done here too: more precise than 10^-9 is rounded away from zero,
binary suffixes are capped at 2^63-1. Beyond 10^400 a value is cut to that size, which no disk reaches.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from tui.kubelet.gotext import INT64_MAX

Format = Literal["BinarySI", "DecimalSI", "DecimalExponent"]

FORMAT_WRONG = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
NUMERIC = "unable to parse numeric part of quantity"
SUFFIX = "unable to parse quantity's suffix"

_DECIMAL_SUFFIXES = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY_SUFFIXES = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL_NAMES = {exponent: name for name, exponent in _DECIMAL_SUFFIXES.items()}
_BINARY_NAMES = {exponent: name for name, exponent in _BINARY_SUFFIXES.items()} | {0: ""}
_SHAPE = re.compile(r"([+-]?)0*([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)")
_NANO = -9
_LIMIT = 400


@dataclass(frozen=True)
class Quantity:
    """A number and how it prints; ``written`` is the text that Go keeps when it takes it for canonical, else ""."""

    value: Fraction
    format: Format = "BinarySI"
    written: str = ""

    @property
    def ceil(self) -> int:
        """The number rounded up to an integer (Quantity.Value for what fits an int64)."""
        return -(-self.value.numerator // self.value.denominator)

    def __str__(self) -> str:
        """Go's canonical text: the largest suffix of its format that leaves an integer (CanonicalizeBytes)."""
        if self.written:
            return self.written
        if not self.value:
            return "0"
        if self.format == "BinarySI" and abs(self.value) >= 1024 and self.value.denominator == 1:
            return _binary(self.value.numerator)
        return _decimal(self.value, self.format)


def parse(text: str) -> Quantity:
    """Read a quantity as Go does.

    Raises:
        ValueError: with apimachinery's own text (``FORMAT_WRONG``, ``NUMERIC`` or ``SUFFIX``).
    """
    found = _SHAPE.fullmatch(text) if text else None
    if not found:
        raise ValueError(FORMAT_WRONG)
    sign, whole, part, suffix = found.group(1), found.group(2), found.group(3) or "", found.group(4)
    exponent, kind = _interpret(suffix)
    # Go's zero is "0": it counts as one digit even where none was written
    number = whole or "0"
    if _fast(number, part, exponent, kind):
        value = Fraction(int(number + part)) * _power(exponent, kind) / 10 ** len(part)
        return Quantity(-value if sign == "-" else value, kind, _kept(text, number, part, exponent, kind))
    if not re.search("[0-9]", text[: found.start(4)]):
        raise ValueError(NUMERIC)
    value, kind = _rounded(number, part, exponent, kind)
    return Quantity(-value if sign == "-" else value, kind)


def of_bytes(count: int) -> str:
    """A byte count as the kubelet logs it: BinarySI, ``606924Ki`` or ``621490200``."""
    return str(Quantity(Fraction(count)))


def _interpret(suffix: str) -> tuple[int, Format]:
    """Exponent (of 10, or of 2 for BinarySI) and format of a suffix (suffix.go interpret)."""
    if suffix in _DECIMAL_SUFFIXES:
        return _DECIMAL_SUFFIXES[suffix], "DecimalSI"
    if suffix in _BINARY_SUFFIXES:
        return _BINARY_SUFFIXES[suffix], "BinarySI"
    exponent = suffix[1:]
    if (
        suffix[0] not in "eE"
        or not re.fullmatch(r"[+-]?[0-9]+", exponent)
        or len(exponent.lstrip("+-").lstrip("0")) > 19
    ):
        raise ValueError(SUFFIX)
    number = int(exponent)
    if not -(2**63) <= number < 2**63:
        raise ValueError(SUFFIX)
    return (number + 2**31) % 2**32 - 2**31, "DecimalExponent"


def _fast(number: str, part: str, exponent: int, kind: Format) -> bool:
    """Whether Go takes the way that needs no big numbers; only the other one rounds, caps and misses digits."""
    if kind == "BinarySI":
        return not part and 15 - len(number) - exponent * 3 // 10 - 1 >= 0
    return 18 - len(number) - len(part) >= 0 and exponent - len(part) >= _NANO


def _kept(text: str, number: str, part: str, exponent: int, kind: Format) -> str:
    """The text itself, where Go believes it to be canonical and prints it back unread."""
    digits = number + part
    if kind == "BinarySI":
        return text if int(digits) & 7 else ""
    canonical = (exponent - len(part)) % 3 == 0 and not digits.endswith("000") and digits[0] != "0"
    return text if canonical or text == "0" else ""


def _power(exponent: int, kind: Format) -> Fraction:
    return Fraction(2) ** exponent if kind == "BinarySI" else Fraction(10) ** max(-_LIMIT, min(_LIMIT, exponent))


def _rounded(number: str, part: str, exponent: int, kind: Format) -> tuple[Fraction, Format]:
    digits = (number + part).lstrip("0")
    if not digits:
        return Fraction(0), kind
    magnitude = len(digits) - len(part) + (0 if kind == "BinarySI" else exponent)
    if magnitude < _NANO:
        return Fraction(1, 10**9), "DecimalSI" if kind == "BinarySI" else kind
    if magnitude > _LIMIT:
        value = Fraction(10) ** _LIMIT
    else:
        kept = digits[: _LIMIT + 40]  # beyond that only rounding up is left to tell
        value = Fraction(int(kept) + (1 if digits[len(kept) :].strip("0") else 0))
        value *= Fraction(10) ** (len(digits) - len(kept) - len(part)) * _power(exponent, kind)
        value = Fraction(-(-value * 10**9 // 1), 10**9)
    if kind == "BinarySI":
        return (value, "DecimalSI") if value < 1 else (min(value, Fraction(INT64_MAX)), kind)
    return value, kind


def _binary(number: int) -> str:
    exponent = 0
    while number % 1024 == 0 and exponent < 60:
        number, exponent = number // 1024, exponent + 10
    return f"{number}{_BINARY_NAMES[exponent]}"


def _decimal(value: Fraction, kind: Format) -> str:
    exponent = 0
    while value.denominator != 1:
        value, exponent = value * 1000, exponent - 3
    number = value.numerator
    while number % 1000 == 0:
        number, exponent = number // 1000, exponent + 3
    if kind == "DecimalExponent":
        return f"{number}e{exponent}" if exponent else str(number)
    return f"{number}{_DECIMAL_NAMES.get(exponent, '')}"
