"""The line finder beside tomlkit, and hostile bytes."""

from __future__ import annotations

import re
from typing import Any

import pytest
import tomlkit
import tomlkit.exceptions
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.checks.corpus_containerd import command
from tests.tree import TreeReader
from tui.containerd import resolve
from tui.containerd.document import Document, Problem, parse
from tui.containerd.toml_lines import Path, find_lines

MAIN = "/etc/containerd/config.toml"


def paths_of(value: Any, path: Path = ()) -> list[Path]:
    """The paths of all keys in tables, arrays of tables included; what is written inside plain arrays too."""
    if isinstance(value, dict):
        found = [(*path, key) for key in value]
        return found + [inner for key in value for inner in paths_of(value[key], (*path, key))]
    if isinstance(value, list):
        return [inner for number, item in enumerate(value) for inner in paths_of(item, (*path, number))]
    return []


EXAMPLES = {
    "a = 1\n# b = 2\n\n[t]\nc = \"\"\"\nd = 3\n[e]\n\"\"\"\nf = '''\ng = 1'''\nh = 1\n": {
        ("a",): 1,
        ("t",): 4,
        ("t", "c"): 5,
        ("t", "f"): 9,
        ("t", "h"): 11,
    },
    'x.y."z.w" = "]#\\"" # = [q]\n[ "p.q" . r ]\ns = [\n  1, # ]\n  {t = 1},\n]\nu = 2\n': {
        ("x",): 1,
        ("x", "y"): 1,
        ("x", "y", "z.w"): 1,
        ("p.q",): 2,
        ("p.q", "r"): 2,
        ("p.q", "r", "s"): 3,
        ("p.q", "r", "s", 1): 5,
        ("p.q", "r", "s", 1, "t"): 5,
        ("p.q", "r", "u"): 7,
    },
    "[[l]]\na = 1\n[l.m]\nb = 1\n[[l]]\na = 2\n[l.m]\nb = 2\n": {
        ("l",): 1,
        ("l", 0): 1,
        ("l", 0, "a"): 2,
        ("l", 0, "m"): 3,
        ("l", 0, "m", "b"): 4,
        ("l", 1): 5,
        ("l", 1, "a"): 6,
        ("l", 1, "m"): 7,
        ("l", 1, "m", "b"): 8,
    },
    'r = "a"\r\nd = 1979-05-27 07:32:00\r\ni = {a = "x,}", b = {c = 1}}\r\n': {
        ("r",): 1,
        ("d",): 2,
        ("i",): 3,
        ("i", "a"): 3,
        ("i", "b"): 3,
        ("i", "b", "c"): 3,
    },
}


@pytest.mark.parametrize("text", EXAMPLES)
def test_lines_of_written_examples(text: str) -> None:
    tomlkit.parse(text)
    assert find_lines(text).first == EXAMPLES[text]


KEYS = st.one_of(
    st.from_regex(r"[A-Za-z0-9_-]{1,6}", fullmatch=True), st.text(st.characters(codec="utf-8"), max_size=4)
)
SCALARS = st.one_of(
    st.integers(-(2**31), 2**31),
    st.booleans(),
    st.floats(allow_nan=False),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12),
    st.sampled_from(["multi\nline\n[x]\ny = 1", 'quo"te', "back\\slash", "# no comment", "]", "''' \"\"\""]),
    st.datetimes(),
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=5), st.booleans())
def test_the_finder_agrees_with_tomlkit_on_generated_documents(values: dict[str, Any], multiline: bool) -> None:
    text = tomlkit.dumps(values)
    if multiline:
        text = re.sub(r"^", "# c = [\n", text, count=1)
    try:
        parsed = tomlkit.parse(text).unwrap()
    except tomlkit.exceptions.TOMLKitError:  # its writer makes a few texts that its reader refuses
        assume(False)
    lines, source = find_lines(text).first, text.split("\n")
    for path in paths_of(parsed):
        assert path in lines, (path, text)
        name = str(path[-1])
        if re.fullmatch("[A-Za-z0-9_-]+", name):
            assert name in source[lines[path] - 1]


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(st.sampled_from("[]{}=.\"'\\#,\n\r\t abc019-+:TZ_\ufeff\x00"), max_size=80).map(str.encode),
    ),
    st.sampled_from([(1, 6, 20), (2, 1, 9), (2, 4, 0)]),
)
def test_hostile_bytes_become_a_located_error(data: bytes, version: tuple[int, int, int]) -> None:
    config = resolve(command("containerd"), TreeReader({MAIN: data}), version=version)
    if config.error:
        assert config.error_origin is not None
        if config.error_origin.where == MAIN:
            assert config.error_origin.line and config.error_origin.line <= data.count(b"\n") + 1
    else:
        assert config.root.value is not None


@pytest.mark.parametrize("data", [b"a=" + b"[" * 4000, b"a=" + b"{b=" * 3000, b"[" * 5000, b"a." * 3000 + b"a=1"])
def test_deep_nesting_is_a_problem_of_the_file(data: bytes) -> None:
    found = parse(data, True)
    assert isinstance(found, Problem | Document)
    assert resolve(command("containerd"), TreeReader({MAIN: data}), version=None).imagefs is not None


HEADERS = ("a", "a.b", "a.b.c", "a.b.c.d", "a.b.e", "a.f", "g", "h.i")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(HEADERS), unique=True, min_size=1))
def test_tables_may_stand_in_any_order(headers: list[str]) -> None:
    text = "top = 0\n" + "".join(f"[{name}]\n  key = {number}\n" for number, name in enumerate(headers))
    found = parse(text.encode(), True)
    assert isinstance(found, Document), found
    for number, name in enumerate(headers):
        table: Any = found.data
        for part in name.split("."):
            table = table[part]
        assert table["key"] == number and found.line(*name.split("."), "key") == 3 + 2 * number
