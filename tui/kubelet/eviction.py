"""Eviction thresholds: their grammar and the byte below which each is met (kubelet-gc.md 4.1, 4.2, 4.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from tui.kubelet import duration, quantity, versions
from tui.kubelet.gotext import float32, parse_float32, to_int64
from tui.kubelet.quantity import Quantity
from tui.model import Threshold

BYTE_SIGNALS = ("nodefs.available", "imagefs.available", "containerfs.available")
INODE_SIGNALS = ("nodefs.inodesFree", "imagefs.inodesFree", "containerfs.inodesFree")
_OTHER_SIGNALS = ("memory.available", "allocatableMemory.available", "pid.available")


@dataclass(frozen=True)
class Amount:
    """A threshold's or minimum reclaim's value: exactly one of a float32 ``fraction`` (as a float) and a quantity."""

    text: str
    fraction: float | None = None
    quantity: Quantity | None = None

    def of(self, capacity: int) -> Fraction:
        """Bytes (or inodes) on a filesystem of this capacity (evictionapi.GetThresholdQuantity).

        A fraction is widened to float64, multiplied and truncated: 10 % is 0.10000000149..., not a tenth.
        """
        if self.quantity is not None:
            return self.quantity.value
        return Fraction(to_int64(float(capacity) * (self.fraction or 0.0)))

    def __str__(self) -> str:
        """The quantity in canonical form, or the percentage as written."""
        return self.text if self.quantity is None else str(self.quantity)


@dataclass(frozen=True)
class Parsed:
    """One threshold that the kubelet acts on. ``grace_ns``: None for a hard one; 0 makes a soft one act like it.

    ``never``: copied from a threshold that does not exist (an empty operator), so it is never met.
    """

    signal: str
    amount: Amount
    grace_ns: int | None = None
    min_reclaim: Amount | None = None
    never: bool = False

    @property
    def text(self) -> str:
        """The value as written."""
        return self.amount.text

    @property
    def fraction(self) -> float | None:
        """The float32 fraction as a float, None for a quantity."""
        return self.amount.fraction

    @property
    def quantity(self) -> int | None:
        """Bytes or count, rounded up; None for a percentage."""
        return None if self.amount.quantity is None else self.amount.quantity.ceil

    @property
    def grace_s(self) -> float | None:
        """Grace in seconds, None for a hard threshold."""
        return None if self.grace_ns is None else self.grace_ns / 1e9


def known_signals(minor: int) -> tuple[str, ...]:
    """The signals that a kubelet of this version accepts (helpers.go signalToResource)."""
    disks = BYTE_SIGNALS + INODE_SIGNALS
    unknown_yet = () if minor >= versions.CONTAINER_FS else ("containerfs.available", "containerfs.inodesFree")
    return _OTHER_SIGNALS + tuple(signal for signal in disks if signal not in unknown_yet)


def parse_thresholds(
    hard: Mapping[str, str], soft: Mapping[str, str], grace: Mapping[str, str], reclaim: Mapping[str, str], minor: int
) -> tuple[list[Parsed], str]:
    """The thresholds that these four maps make, and "" or the kubelet's error (helpers.go ParseThresholdConfig).

    With an error there are no thresholds: the kubelet does not start. Of several bad entries of one map the kubelet
    reports a random one, here it is the first. Allocatable thresholds are not listed.
    """
    try:
        found = [*_statements(hard, minor), *_statements(soft, minor, soft=True)]
        periods = {signal: parse_grace(signal, text, minor) for signal, text in grace.items()}
        reclaims = {signal: parse_min_reclaim(signal, text, minor) for signal, text in reclaim.items()}
        return [_completed(threshold, periods, reclaims) for threshold in found], ""
    except ValueError as error:
        return [], str(error)


def _statements(statements: Mapping[str, str], minor: int, *, soft: bool = False) -> Iterable[Parsed]:
    for signal, text in statements.items():
        amount = parse_threshold(signal, text, minor)
        if amount is not None:
            yield Parsed(signal, amount, 0 if soft else None)


def _completed(threshold: Parsed, periods: Mapping[str, int], reclaims: Mapping[str, Amount]) -> Parsed:
    """The threshold with its grace and minimum reclaim; a soft one without grace is an error."""
    signal = threshold.signal
    if threshold.grace_ns is not None:
        if signal not in periods:
            raise ValueError(f"grace period must be specified for the soft eviction threshold {signal}")
        threshold = replace(threshold, grace_ns=periods[signal])
    return replace(threshold, min_reclaim=reclaims.get(signal))


def parse_threshold(signal: str, text: str, minor: int) -> Amount | None:
    """One statement; None for exactly ``0%`` and ``100%``, which switch it off (helpers.go parseThresholdStatement).

    Raises:
        ValueError: with the kubelet's text.
    """
    _require_known(signal, minor)
    if not text.endswith("%"):
        number = quantity.parse(text)
        if number.value <= 0:
            raise ValueError(f"eviction threshold {signal} must be positive: {number}")
        return Amount(text, quantity=number)
    if text in ("0%", "100%"):
        return None
    fraction = _percentage(text)
    if fraction < 0:
        raise ValueError(f"eviction percentage threshold {signal} must be >= 0%: {text}")
    if fraction > (1 if minor >= versions.PERCENT_BOUND_FIXED else 100):
        raise ValueError(f"eviction percentage threshold {signal} must be <= 100%: {text}")
    return Amount(text, fraction=fraction)


def parse_min_reclaim(signal: str, text: str, minor: int) -> Amount:
    """One entry of evictionMinimumReclaim (helpers.go parseMinimumReclaims).

    Raises:
        ValueError: with the kubelet's text.
    """
    _require_known(signal, minor)
    if text.endswith("%"):
        fraction = _percentage(text)
        if fraction <= 0:
            raise ValueError(f"eviction percentage minimum reclaim {signal} must be positive: {text}")
        return Amount(text, fraction=fraction)
    number = quantity.parse(text)
    if number.value < 0:
        raise ValueError(f"negative eviction minimum reclaim specified for {signal}")
    return Amount(text, quantity=number)


def parse_grace(signal: str, text: str, minor: int) -> int:
    """One entry of evictionSoftGracePeriod in nanoseconds (helpers.go parseGracePeriods).

    Raises:
        ValueError: with the kubelet's text.
    """
    _require_known(signal, minor)
    period = duration.parse(text)
    if period < 0:
        raise ValueError(f"invalid eviction grace period specified: {text}, must be a positive value")
    return period


def _require_known(signal: str, minor: int) -> None:
    if signal not in known_signals(minor):
        raise ValueError(f"unsupported eviction signal {signal}")


def _percentage(text: str) -> float:
    """The float32 fraction of ``15%``, every trailing % stripped (helpers.go parsePercentage)."""
    percent = parse_float32(text.rstrip("%"))
    return float32(Fraction(percent) / 100) if abs(percent) < float("inf") else percent


def threshold_value(threshold: Parsed | Threshold, capacity: int) -> int:
    """Bytes or inodes below which the threshold is met on this capacity: it fires at ``available < value``.

    A quantity is rounded up, which does not change when it fires.
    """
    return _ceil(_parsed(threshold).amount.of(capacity))


def reclaim_value(threshold: Parsed | Threshold, capacity: int) -> int:
    """Bytes or inodes that evictionMinimumReclaim adds once the threshold is acted on; 0 if it is not set."""
    amount = _parsed(threshold).min_reclaim
    return _ceil(amount.of(capacity)) if amount else 0


def fires_below(threshold: Parsed | Threshold, capacity: int, *, min_reclaim: bool = False) -> int | None:
    """The value that ``available`` must stay under for the threshold to be met, or None if it can never be.

    ``min_reclaim``: the re-check of a threshold that is already acted on (helpers.go thresholdsMet).
    """
    parsed = _parsed(threshold)
    if parsed.never:
        return None
    value = parsed.amount.of(capacity)
    if min_reclaim and parsed.min_reclaim:
        value += parsed.min_reclaim.of(capacity)
    return _ceil(value) if value > 0 else None


def met(threshold: Parsed | Threshold, capacity: int, available: int, *, min_reclaim: bool = False) -> bool:
    """Whether the threshold is met: strictly less available than its value (helpers.go thresholdsMet)."""
    below = fires_below(threshold, capacity, min_reclaim=min_reclaim)
    return below is not None and available < below


def _ceil(value: Fraction) -> int:
    return -(-value.numerator // value.denominator)


def _parsed(threshold: Parsed | Threshold) -> Parsed:
    if isinstance(threshold, Parsed):
        return threshold
    amount = Amount(threshold.text, fraction=threshold.fraction)
    if threshold.quantity is not None:
        amount = Amount(threshold.text, quantity=Quantity(Fraction(threshold.quantity)))
    grace = None if threshold.grace_s is None else round(threshold.grace_s * 1e9)
    reclaim = (
        parse_min_reclaim(threshold.signal, threshold.min_reclaim, versions.NEWEST) if threshold.min_reclaim else None
    )
    return Parsed(threshold.signal, amount, grace, reclaim)
