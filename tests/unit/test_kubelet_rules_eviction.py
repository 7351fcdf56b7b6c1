"""Eviction thresholds: grammar, float32, containerfs, reclaim, and quantities."""

import math
import struct
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.kubelet import containerfs, eviction, gotext, quantity, reclaim, versions
from tui.kubelet.eviction import Parsed, parse_thresholds
from tui.model import DEFAULT, Threshold


def one(text: str, minor: int = 36) -> Parsed:
    thresholds, error = parse_thresholds({"imagefs.available": text}, {}, {}, {}, minor)
    assert error == "" and len(thresholds) == 1
    return thresholds[0]


@pytest.mark.parametrize(
    ("capacity", "below"),
    [
        (31123308544, 4668496467),
        (20941697024, 3141254678),
        (52520497152, 7878074885),
        (4143267840, 621490200),
    ],
)
def test_fifteen_percent_is_a_float32(capacity: int, below: int) -> None:
    threshold = one("15%")
    assert eviction.threshold_value(threshold, capacity) == below
    assert eviction.fires_below(threshold, capacity) == below
    assert eviction.met(threshold, capacity, below - 1)
    assert not eviction.met(threshold, capacity, below)


def test_the_recorded_eviction_would_not_fire_with_exact_arithmetic() -> None:
    assert 4143267840 * 15 // 100 == 621490176
    assert eviction.met(one("15%"), 4143267840, 621490176)


def test_a_threshold_of_the_shared_model_counts_the_same() -> None:
    fraction = one("15%").fraction
    percent = Threshold("imagefs.available", "15%", fraction, None, None, "5%", DEFAULT)
    assert eviction.threshold_value(percent, 4143267840) == 621490200
    assert eviction.reclaim_value(percent, 100) == 5
    assert eviction.fires_below(percent, 100, min_reclaim=True) == 20
    size = Threshold("imagefs.available", "1Gi", None, 2**30, 30.0, "", DEFAULT)
    assert eviction.fires_below(size, 5) == 2**30
    assert eviction.reclaim_value(size, 5) == 0


def test_never_met_and_met_at_once() -> None:
    assert eviction.fires_below(one("0.0%"), 1000) is None
    assert eviction.met(one("100.0%"), 1000, 999)
    nan = one("NaN%")
    assert nan.fraction is not None and math.isnan(nan.fraction)
    assert eviction.fires_below(nan, 1000) is None


def test_soft_threshold_keeps_grace_and_reclaim() -> None:
    soft, error = parse_thresholds(
        {}, {"nodefs.available": "1.5Gi"}, {"nodefs.available": "1m30s"}, {"nodefs.available": "100Mi"}, 36
    )
    assert error == ""
    assert (soft[0].grace_s, soft[0].quantity, soft[0].text) == (90.0, 1610612736, "1.5Gi")
    assert eviction.reclaim_value(soft[0], 0) == 104857600


@pytest.mark.parametrize(
    ("maps", "error"),
    [
        (({"containerfs.available": "5%"}, {}, {}, {}), "unsupported eviction signal containerfs.available"),
        (({}, {}, {"x": "1s"}, {}), "unsupported eviction signal x"),
        (
            ({}, {}, {}, {"pid.available": "0%"}),
            "eviction percentage minimum reclaim pid.available must be positive: 0%",
        ),
        (({"nodefs.available": "-0001"}, {}, {}, {}), "eviction threshold nodefs.available must be positive: -0001"),
        (({"nodefs.available": "1e99%"}, {}, {}, {}), 'strconv.ParseFloat: parsing "1e99": value out of range'),
        (({"nodefs.available": '"%'}, {}, {}, {}), 'strconv.ParseFloat: parsing "\\"": invalid syntax'),
    ],
)
def test_errors(maps: tuple[dict[str, str], ...], error: str) -> None:
    hard, soft, grace, least = maps
    assert parse_thresholds(hard, soft, grace, least, 28) == ([], error)


def test_percent_bound_of_1_20() -> None:
    assert one("150%", 20).fraction == 1.5
    assert parse_thresholds({"imagefs.available": "150%"}, {}, {}, {}, 21)[1].endswith("must be <= 100%: 150%")


def test_containerfs_follows_nodefs_or_imagefs() -> None:
    hard = {"nodefs.available": "10%", "imagefs.available": "15%", "containerfs.available": "1%"}
    thresholds, _ = parse_thresholds(hard, {}, {}, {}, 36)
    for dedicated, separate, text in ((False, False, "10%"), (True, True, "10%"), (True, False, "15%")):
        made, line = containerfs.with_containerfs(
            thresholds, dedicated_imagefs=dedicated, separate_containerfs=separate
        )
        copied = [t for t in made if t.signal == "containerfs.available" and t.grace_ns is None]
        assert [t.text for t in copied] == [text] and not copied[0].never
        assert line == "found containerfs.available for hard eviction. ignoring"
        missing = [t for t in made if t.signal == "containerfs.inodesFree"]
        assert all(t.never and not eviction.met(t, 1000, 0) for t in missing)
    same, _ = containerfs.with_containerfs(thresholds, dedicated_imagefs=False, separate_containerfs=True)
    assert same == thresholds


@pytest.mark.parametrize(
    ("layout", "signal", "minor", "deleted"),
    [
        ("single", "nodefs.inodesFree", 20, ("containers", "images")),
        ("single", "containerfs.available", 31, ()),
        ("single", "containerfs.available", 32, ("containers", "images")),
        ("dedicated imagefs", "nodefs.available", 36, ()),
        ("split", "nodefs.available", 36, ("containers",)),
        ("split", "imagefs.available", 36, ("images",)),
        ("single", "memory.available", 36, ()),
    ],
)
def test_reclaim_before_pods(layout: reclaim.Layout, signal: str, minor: int, deleted: tuple[str, ...]) -> None:
    assert reclaim.before_pods(layout, signal, minor) == deleted


def test_layouts_and_grace() -> None:
    assert reclaim.layout_of(dedicated_imagefs=False, separate_containerfs=False) == "single"
    assert reclaim.layout_of(dedicated_imagefs=True, separate_containerfs=False) == "dedicated imagefs"
    assert reclaim.layout_of(dedicated_imagefs=True, separate_containerfs=True) == "split"
    assert [reclaim.hard_eviction_grace_s(minor) for minor in (30, 31)] == [0, 1]


@pytest.mark.parametrize(
    ("text", "printed", "ceil"),
    [
        ("1.5Gi", "1536Mi", 1610612736),
        ("1000E", "1", 10**21),
        ("1e3", "1e3", 1000),
        ("1000000000", "1G", 10**9),
        ("1500m", "1500m", 2),
        ("1.5", "1500m", 2),
        ("-1Mi", "-1Mi", -1048576),
        ("1024Ki", "1Mi", 1048576),
        ("16Ei", "9223372036854775807", 2**63 - 1),
        ("0.1n", "1n", 1),
        ("0.0000000001Ki", "103n", 1),
        ("1e-2000000000", "1e-9", 1),
        ("Gi", "0", 0),
        ("+", "0", 0),
        ("512Ki", "512Ki", 524288),
        ("1e4294967296", "1e4294967296", 1),
    ],
)
def test_quantities(text: str, printed: str, ceil: int) -> None:
    assert (str(quantity.parse(text)), quantity.parse(text).ceil) == (printed, ceil)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", quantity.FORMAT_WRONG),
        ("1_0", quantity.FORMAT_WRONG),
        ("1e", quantity.SUFFIX),
        ("1KiB", quantity.FORMAT_WRONG),
        ("1K", quantity.SUFFIX),
        ("1ee3", quantity.SUFFIX),
        ("1e99999999999999999999", quantity.SUFFIX),
        ("Pi", quantity.NUMERIC),
        ("Ei", quantity.NUMERIC),
        ("e-30", quantity.NUMERIC),
        ("1٣", quantity.FORMAT_WRONG),
    ],
)
def test_no_quantities(text: str, error: str) -> None:
    with pytest.raises(ValueError) as caught:
        quantity.parse(text)
    assert str(caught.value) == error


def test_logged_bytes() -> None:
    assert quantity.of_bytes(621490176) == "606924Ki"
    assert quantity.of_bytes(621490200) == "621490200"
    assert quantity.of_bytes(1138753536) == "1086Mi"


@given(st.text(max_size=12) | st.from_regex(r"[+-]?[0-9.]{0,25}[eEinumkKMGTP]{0,2}[-+]?[0-9]{0,25}", fullmatch=True))
def test_any_text_is_a_quantity_or_one_of_three_errors(text: str) -> None:
    try:
        found = quantity.parse(text)
    except ValueError as error:
        assert str(error) in (quantity.FORMAT_WRONG, quantity.NUMERIC, quantity.SUFFIX)
    else:
        assert str(found)


@given(st.integers(0, 2**63 - 1))
def test_printed_bytes_read_back(count: int) -> None:
    assert quantity.parse(quantity.of_bytes(count)).ceil == count


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_float32_of_a_float32_is_itself(value: float) -> None:
    assert gotext.float32(Fraction(value)) == value
    assert gotext.parse_float32(repr(value)) == value


@given(st.fractions(min_value=-(10**9), max_value=10**9))
def test_float32_is_the_nearest(exact: Fraction) -> None:
    got = gotext.float32(exact)
    bits = struct.unpack("<i", struct.pack("<f", got))[0]
    for neighbour in (bits - 1, bits + 1):
        near = struct.unpack("<f", struct.pack("<i", max(neighbour, 0) if bits >= 0 else neighbour))[0]
        if math.isfinite(near):
            assert abs(Fraction(got) - exact) <= abs(Fraction(near) - exact)


@given(st.text(alphabet="0123456789.eE+-_xXpPinfaINFAty", max_size=16))
def test_float_literals_never_crash(text: str) -> None:
    try:
        gotext.parse_float32(text)
    except ValueError as error:
        assert str(error).startswith("strconv.ParseFloat: parsing ")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0x1p3", 8.0),
        ("0x_1p3", 8.0),
        ("1_0", 10.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e-999999999", 0.0),
        ("-iNf", -math.inf),
    ],
)
def test_float_literals(text: str, value: float) -> None:
    assert gotext.parse_float32(text) == value


@pytest.mark.parametrize("text", ["_1", "1_", "1__0", "1_.5", "0x1", "+nan", "1e", "", "0x.p1", "1e5_", "e5"])
def test_no_float_literals(text: str) -> None:
    with pytest.raises(ValueError, match="invalid syntax"):
        gotext.parse_float32(text)


@pytest.mark.parametrize(
    ("text", "minor"),
    [("Kubernetes v1.32.10", 32), ("v1.20.2", 20), ("1.29.3-gke.1282000", 29), ("v1.36.2+k3s1", 36), ("v1.30", 30)],
)
def test_minor_of(text: str, minor: int) -> None:
    assert versions.minor_of(text) == minor


@pytest.mark.parametrize("text", ["", "v2.0.1", "containerd 21.5", "v1.x", "v11.20.1", "0.1.20"])
def test_no_minor(text: str) -> None:
    assert versions.minor_of(text) is None
