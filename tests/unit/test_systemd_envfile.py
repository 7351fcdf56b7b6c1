"""EnvironmentFile=: places of words in values that span lines, refused files, both eras."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.systemd.envfile import EnvFileError, parse_env_file

SEED = Path(__file__).resolve().parents[1] / "data/story/root/etc/kubernetes/kubelet.env"


def test_words_of_the_seeds_file_know_their_lines() -> None:
    file = parse_env_file(SEED.read_bytes(), where="/etc/kubernetes/kubelet.env")
    places = {word.text: str(word.origin) for word in file.words("KUBELET_ARGS")}
    assert places["--config=/etc/kubernetes/kubelet-config.yaml"] == "/etc/kubernetes/kubelet.env:2"
    assert places["--provider-id=navercloudplatform://2767456"] == "/etc/kubernetes/kubelet.env:4"
    assert places["--register-with-taints=nvidia.com/gpu=:NoSchedule"] == "/etc/kubernetes/kubelet.env:9"


def test_a_variable_stands_where_its_name_is() -> None:
    file = parse_env_file(b"# c\n\n A = x\nB='1\n2'\nC=3", where="f")
    assert [(one.name, one.value, str(one.origin)) for one in file.env_vars()] == [
        ("A", "x", "f:3"),
        ("B", "1\n2", "f:4"),
        ("C", "3", "f:6"),
    ]


def test_the_value_of_the_last_assignment_stands_at_the_place_of_the_first() -> None:
    file = parse_env_file(b"A=1\nB=2\nA=3\n", where="f")
    assert [(one.name, one.value, str(one.origin)) for one in file.env_vars()] == [("A", "3", "f:3"), ("B", "2", "f:2")]


@pytest.mark.parametrize(("end", "lines"), [(b"\n", [1, 2]), (b"\r\n", [1, 2]), (b"\r", [1, 2])])
def test_lines_are_counted_as_an_editor_does(end: bytes, lines: list[int]) -> None:
    file = parse_env_file(b"A=1" + end + b"B=2" + end, where="f")
    assert [one.origin.line for one in file.env_vars()] == lines


@pytest.mark.parametrize(
    ("data", "line", "word"),
    [
        (b"A=1\nB=\xff\n", 2, "UTF-8"),
        (b"A=1\n\xff=2\n", 2, "UTF-8"),
        (b"A=1\n\nB=\0", 3, "NUL"),
        (b"A=\xed\xa0\x80", 1, "UTF-8"),
    ],
)
def test_refused_as_a_whole(data: bytes, line: int, word: str) -> None:
    with pytest.raises(EnvFileError, match=word) as caught:
        parse_env_file(data)
    assert caught.value.line == line


def test_bad_bytes_in_a_comment_or_an_ignored_line_do_no_harm() -> None:
    assert parse_env_file(b"# \xff\n\xfe\nA=1\n").pairs() == [("A", "1")]


def test_dropped_names_are_told_with_their_lines() -> None:
    assert parse_env_file(b"export A=b\nFOO-BAR=1\n").dropped == (("export A", 1), ("FOO-BAR", 2))


def test_a_comment_with_a_backslash_at_its_end_per_era() -> None:
    data = b"# a \\\nB=1\n# \\\\\nC=2\n"
    assert parse_env_file(data).pairs() == [("C", "2")]
    assert parse_env_file(data, since_254=True).pairs() == [("B", "1"), ("C", "2")]
