"""The pure parts below the panels: cutting and breaking text, comparing lines, bars, charts, figures."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.model import Forecast, Mark, Origin
from tui.themes import AsciiFilter, _ascii
from tui.widgets import figures
from tui.widgets.bar import bar
from tui.widgets.grid import Frame, Limit, limit_rows, plot
from tui.widgets.text import Span, changed, columns, cut, fit, flush, line, literal, middle, pad, wrap

WORDS = st.text(alphabet="ab/ .é图👩\u0301", max_size=40)
SPANS = st.lists(st.tuples(WORDS, st.sampled_from(["", "dim", "bad"])), max_size=5)


@given(WORDS, st.integers(0, 30))
def test_cut_and_pad_keep_to_their_cells(text: str, width: int) -> None:
    assert cell_len(cut(text, width)) <= width
    assert cell_len(middle(text, width)) <= width
    assert cell_len(pad(text, width)) == width and cell_len(pad(text, width, right=True)) == width


@given(SPANS, SPANS, st.integers(1, 60))
def test_fit_and_flush_keep_to_their_cells(left: list[Span], right: list[Span], width: int) -> None:
    assert sum(cell_len(text) for text, _ in fit(left, width)) <= width
    if sum(cell_len(text) for text, _ in right) <= width:
        assert sum(cell_len(text) for text, _ in flush(left, right, width)) == width


@settings(max_examples=300)
@given(SPANS, SPANS)
def test_changed_covers_every_column_that_differs(old: list[Span], new: list[Span]) -> None:
    before, after = line(*old), line(*new)
    span = changed(before, after)
    if span is None:
        assert columns(before) == columns(after)
        return
    start, stop = span
    assert columns(before)[:start] == columns(after)[:start] and columns(before)[stop:] == columns(after)[stop:]
    assert len(columns(before)) == cell_len(before.text) or "\u0301" in before.text[:1]


def test_a_path_is_cut_in_the_middle() -> None:
    assert middle("/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs", 24) == "/var/lib…er.v1.overlayfs"
    assert middle("/mnt/images", 24) == "/mnt/images"


@pytest.mark.parametrize(
    "figure",
    [
        "43 112 392 212 B",
        "93 %",
        "~ 5h 50m",
        "5h 50m",
        "12 min",
        "≤ 20.0G",
        "100 - 7 568 711 680*100/105 152 176 128 = 93",
    ],
)
def test_nothing_wraps_inside_a_figure(figure: str) -> None:
    for before in range(0, 60):
        text = "x" * before + (" " if before else "") + figure + " and more words after it"
        assert any(figure in part for part in wrap(text, 60)), wrap(text, 60)


def test_a_formula_longer_than_a_line_gives_way_at_its_operators() -> None:
    parts = wrap("105 152 176 128*60/100 - 7 568 711 680 = 55 522 593 996 B", 45)
    assert parts == ["105 152 176 128*60/100 - 7 568 711 680", "= 55 522 593 996 B"]


def test_wrap_puts_what_does_not_fit_into_the_last_line_cut() -> None:
    assert wrap("one two three four five", 9, 2) == ["one two", "three fo…"]
    assert wrap("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]
    assert wrap("", 10) == [""]


@given(st.text(max_size=30))
def test_literal_has_nothing_that_a_terminal_obeys(text: str) -> None:
    shown = literal(text)
    assert all(ord(char) >= 32 and not 0x7F <= ord(char) < 0xA0 for char in shown)
    assert "\ufe0f" not in shown and "\u202e" not in shown


@given(st.text(max_size=30).map(literal))
def test_ascii_keeps_every_column(text: str) -> None:
    assert _ascii(text).isascii()
    assert len(_ascii(text)) == cell_len(text)
    assert AsciiFilter().enabled


def test_bar_marks_have_their_place_and_their_glyph() -> None:
    marks = (Mark("low", 40, True), Mark("high", 60, True), Mark("eviction", 90, True))
    text = "".join(part for part, _ in bar(50, 31, marks, "fill"))
    assert len(text) == 50 and text[:16] == "━" * 16 and text[16] == "─"
    assert (text[20], text[30], text[45]) == ("┃", "┃", "▮")
    ghosts = tuple(Mark(mark.kind, mark.percent, False) for mark in marks)
    assert {"┊", "▯"} <= set("".join(part for part, _ in bar(50, 93, ghosts, "bad")))
    assert "".join(part for part, _ in bar(20, 50, marks, "fill", ascii=True)) == "========L=--H-----E-"
    assert "".join(part for part, _ in bar(20, 0, (), "fill")) == "─" * 20
    assert "".join(part for part, _ in bar(20, 0.1, (), "fill"))[0] == "━"


def test_chart_keeps_extremes_and_labels_its_limits() -> None:
    frame = Frame(20, 5, 0.0, 100.0, 0.0, 100.0)
    spike = [(float(x), 10.0) for x in range(50)] + [(25.1, 100.0), (25.2, 10.0)]
    grid = plot(frame, sorted(spike), [(50.0, 10.0), (100.0, 60.0)], [Limit(60, "high", True), Limit(59, "low", True)])
    assert any(role == "past" for _, role in grid[0])
    assert "".join(char for char, _ in grid[limit_row(frame)]).endswith("high")
    assert any(role == "future" for row in grid for _, role in row)
    plain = plot(frame, sorted(spike), [(50.0, 10.0), (100.0, 60.0)], [Limit(60, "high", True)], ascii=True)
    text = "".join(char for row in plain for char, _ in row)
    assert text.isascii() and {"*", ".", "-"} <= set(text)


def limit_row(frame: Frame) -> int:
    """Two limits on one row: the first has it."""
    rows = limit_rows(frame, [Limit(60, "high", True), Limit(59, "low", True)])
    assert [limit.label for limit in rows.values()] == ["high"]
    return next(iter(rows))


@pytest.mark.parametrize(
    ("forecast", "text"),
    [
        (Forecast("in", 21000, 21000), "~ 5h 50m"),
        (Forecast("in", 11400, 25200), "3h10m – 7h00m"),
        (Forecast("in", 120, None), "> 2 min"),
        (Forecast("not growing"), "not growing"),
        (Forecast("never"), "never"),
        (Forecast("now"), "now"),
        (Forecast("unknown", reason="too few samples"), "—"),
    ],
)
def test_forecast_in_one_cell(forecast: Forecast, text: str) -> None:
    assert figures.when(forecast) == text


def test_rates() -> None:
    assert figures.rate(Forecast("in", rate=1.2 * 2**30 / 3600)) == "+1.2G/h"
    assert figures.rate(Forecast("in", rate=18 * 2**20 / 3600)) == "+18M/h"
    assert figures.rate(Forecast("not growing", rate=-18 * 2**20 / 3600)) == "-18M/h"
    assert figures.rate(Forecast("not growing")) == "0" and figures.rate(Forecast("unknown")) == "—"


def test_source_names_the_file_or_its_path() -> None:
    origin = Origin("file", "/etc/x\n/kubelet-config.yaml", 49)
    assert figures.source(origin) == "kubelet-config.yaml:49"
    assert figures.source(origin, whole=True) == r"/etc/x\n/kubelet-config.yaml:49"
    assert figures.source(Origin("flag", "--root")) == "--root" and figures.source(None) == ""
