"""Whatever bytes a node has: a result or the documented error, never anything else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tree import TreeReader
from tui.systemd.envfile import EnvFileError, parse_env_file
from tui.systemd.units import load_unit

ETC = "/etc/systemd/system"
PIECES = tuple(
    text.encode("utf-8", "surrogateescape")
    for text in (
        *("[Service]\n", "[Unit]\n", "[", "]", "ExecStart=", "/bin/k ", "Environment=", "EnvironmentFile=", "-/e\n"),
        *("/e*\n", "Type=oneshot\n", "A=", "$A", "${A", "}", "$", "%", "%%", "%n", "%I", "%f", "%b", "%o", "\\"),
        *("\\\n", "\\x", "\\u12", "\\;", " ; ", "'", '"', " ", "\t", "\n", "\r", "\r\n", "#", ";", "=", "@", "!"),
        *("\0", "\udcff", "\ufeff", "\udced\udca0\udc80", "\xe9", "\x1b[31m", "User=", "RequiresMountsFor="),
    )
)
BYTES = st.one_of(st.binary(max_size=200), st.lists(st.sampled_from(PIECES), max_size=25).map(b"".join))
NAMES = st.sampled_from(["k.service", "k-l.service", "k@a-b.service", "k@\\x2.service", "k.mount", "k"])


@settings(max_examples=300, deadline=None)
@given(BYTES, st.booleans())
def test_env_file(data: bytes, since_254: bool) -> None:
    try:
        file = parse_env_file(data, since_254=since_254, where="/e")
    except EnvFileError as error:
        assert 1 <= error.line <= data.count(b"\n") + data.count(b"\r") + 1
        return
    for one in file.variables:
        assert len(one.value.at) == len(one.value.data)
        assert all(data[offset : offset + 1] for offset in one.value.at)
        assert all(word.origin.line for word in file.words(one.name))


@settings(max_examples=300, deadline=None)
@given(NAMES, BYTES, BYTES, BYTES)
def test_load_unit(name: str, fragment: bytes, dropin: bytes, env: bytes) -> None:
    tree = {f"{ETC}/{name}": fragment, f"{ETC}/{name}.d/1.conf": dropin, "/e": env, "/etc/os-release": env}
    unit = load_unit(name, TreeReader(tree))
    assert unit.state in ("loaded", "not-found", "masked", "bad-setting", "error")
    assert unit.error or unit.state in ("loaded", "masked")
    words = [word for command in unit.commands for word in command if word.origin.kind == "file"]
    assert all(word.origin.line for word in words)
    for text in (*unit.warnings, unit.error, *(word.text for word in words)):
        text.encode("utf-8", "surrogateescape")


def test_links_in_circles() -> None:
    links = {
        f"{ETC}/k.service": "k.service",
        f"{ETC}/a.service": "/x/y",
        "/x": "/x",
        f"{ETC}/a.service.d": "a.service.d",
    }
    reader = TreeReader({f"{ETC}/b.service": b"[Service]\nExecStart=/bin/k\n"}, links)
    assert [load_unit(name, reader).state for name in ("k.service", "a.service", "b.service")] == [
        "not-found",
        "error",
        "loaded",
    ]


@pytest.mark.parametrize("count", [200_000])
def test_a_long_line_is_read_in_reasonable_time(count: int) -> None:
    text = b"[Service]\nExecStart=/bin/k " + b"a " * (count // 2) + b"\n"
    unit = load_unit("k.service", TreeReader({f"{ETC}/k.service": text}))
    assert len(unit.commands[0]) == count // 2 + 1
