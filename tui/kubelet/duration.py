"""Go durations: ``2m``, ``1h30m0s``, ``-1.5ms`` (time.ParseDuration, Duration.String). Values are nanoseconds."""

from __future__ import annotations

SECOND = 10**9
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
_LIMIT = 1 << 63
_UNITS = {
    "ns": 1,
    "us": 1000,
    "\u00b5s": 1000,
    "\u03bcs": 1000,
    "ms": 10**6,
    "s": SECOND,
    "m": MINUTE,
    "h": HOUR,
}
_DIGITS = "0123456789"


def parse(text: str) -> int:
    """Nanoseconds of a duration as Go reads it.

    Raises:
        ValueError: with Go's own text, e.g. ``time: unknown unit "d" in duration "1d"``.
    """
    rest = text[1:] if text[:1] in ("-", "+") else text
    sign = -1 if text.startswith("-") else 1
    if rest == "0":
        return 0
    total, wrong = 0, ValueError(f"time: invalid duration {quote(text)}")
    if not rest:
        raise wrong
    while rest:
        amount, rest = _term(rest, text, wrong)
        total += amount
        if total > _LIMIT:
            raise wrong
    if sign > 0 and total > _LIMIT - 1:
        raise wrong
    return sign * total


def _term(rest: str, text: str, wrong: ValueError) -> tuple[int, str]:
    """One number with its unit, in nanoseconds, and what follows it."""
    whole, rest = _split_digits(rest)
    part = ""
    if rest.startswith("."):
        part, rest = _split_digits(rest[1:])
    if not whole and not part:
        raise wrong
    number = int(whole[-20:] or "0") if len(whole.lstrip("0")) <= 19 else _LIMIT + 1
    if number > _LIMIT:
        raise wrong
    end = next((index for index, char in enumerate(rest) if char == "." or char in _DIGITS), len(rest))
    unit, rest = rest[:end], rest[end:]
    if not unit:
        raise ValueError(f"time: missing unit in duration {quote(text)}")
    if unit not in _UNITS:
        raise ValueError(f"time: unknown unit {quote(unit)} in duration {quote(text)}")
    scale = _UNITS[unit]
    if number > _LIMIT // scale:
        raise wrong
    fraction, power = _fraction(part)
    amount = number * scale + int(float(fraction) * (float(scale) / power))
    if amount > _LIMIT:
        raise wrong
    return amount, rest


def _split_digits(text: str) -> tuple[str, str]:
    end = next((index for index, char in enumerate(text) if char not in _DIGITS), len(text))
    return text[:end], text[end:]


def _fraction(digits: str) -> tuple[int, float]:
    """The digits after the point as far as Go keeps them (time.leadingFraction), and their power of ten."""
    value, power = 0, 1.0
    for digit in digits:
        if value > (_LIMIT - 1) // 10 or value * 10 + int(digit) > _LIMIT:
            break
        value, power = value * 10 + int(digit), power * 10
    return value, power


def quote(text: str) -> str:
    """Quote as the time package does: what is not printable ASCII is written byte by byte."""
    return '"' + "".join(_quoted(char) for char in text) + '"'


def _quoted(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if " " <= char < "\x80":
        return char
    return "".join(
        f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape" if _escaped(char) else "replace")
    )


def _escaped(char: str) -> bool:
    return "\udc80" <= char <= "\udcff"


def text(nanoseconds: int) -> str:
    """``2m0s``, ``1.5ms``, ``-1ns``, ``0s`` (Duration.String)."""
    if not nanoseconds:
        return "0s"
    sign, size = ("-" if nanoseconds < 0 else ""), abs(nanoseconds)
    for unit, scale in (("ns", 1), ("\u00b5s", 1000), ("ms", 10**6)):
        if size < scale * 1000:
            return f"{sign}{_decimal(size, scale)}{unit}"
    minutes, rest = divmod(size, MINUTE)
    seconds = f"{_decimal(rest, SECOND)}s"
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{sign}{hours}h{minutes}m{seconds}"
    return f"{sign}{minutes}m{seconds}" if minutes else f"{sign}{seconds}"


def _decimal(size: int, scale: int) -> str:
    whole, rest = divmod(size, scale)
    digits = str(rest).rjust(len(str(scale)) - 1, "0").rstrip("0") if rest else ""
    return f"{whole}.{digits}" if digits else str(whole)
