"""Whatever bytes a node has: a configuration, with an error or not, never an exception."""

from __future__ import annotations

import errno

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tree import TreeReader
from tui.kubelet import argsfile, decode, duration, flags
from tui.kubelet.effective import FIELDS, effective_config
from tui.kubelet.sources import Source
from tui.kubelet.tree import ConfigError
from tui.model import KubeletConfig, Origin, Word

HEADER = b"kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\n"
PIECES = tuple(
    text.encode("utf-8", "surrogateescape")
    for text in (
        *(
            "kind: KubeletConfiguration\n",
            "apiVersion: kubelet.config.k8s.io/v1beta1\n",
            "---\n",
            "...\n",
            "%YAML 1.1\n",
        ),
        *("evictionHard:", "imageGCHighThresholdPercent: ", "imageMinimumGCAge: ", "featureGates: ", "logging: "),
        *("registerWithTaints: ", "reservedMemory: ", "staticPodURLHeader: ", "enforceNodeAllocatable: ", "kind"),
        *(
            "{",
            "}",
            "[",
            "]",
            ": ",
            ":",
            ", ",
            "- ",
            "? ",
            "&a ",
            "*a",
            "<<: ",
            "!!int ",
            "!!binary ",
            "! ",
            "|\n",
            ">-\n",
        ),
        *(
            "\n",
            "\n  ",
            "\t",
            " ",
            "#",
            '"',
            "'",
            "\\",
            "\\u",
            "\\U00110000",
            "~",
            "null",
            "true",
            "1e400",
            ".nan",
            "0x",
        ),
        *("60", "-1", "10%", "2m", "1d", "\0", "\udcff", "\ufeff", "\x85", "\u2028", "\x1b[31m", "\r", "\u00e9"),
    )
)
BYTES = st.one_of(
    st.binary(max_size=200),
    st.lists(st.sampled_from(PIECES), max_size=25).map(b"".join),
    st.lists(st.sampled_from(PIECES), max_size=20).map(lambda parts: HEADER + b"".join(parts)),
)
WORDS = st.one_of(
    st.text(max_size=30),
    st.builds(
        lambda name, equals, value: f"--{name}{equals}{value}",
        st.sampled_from(
            [*flags.FIELDS, "config", "config-dir", "root-dir", "v", "x", "reserved-memory", "cluster-dns"]
        ),
        st.sampled_from(["=", ""]),
        st.one_of(st.text(max_size=12), st.sampled_from(["60", "a<1", "a=b", "A=true", "1m", "/c", "/d", '"', "0x_1"])),
    ),
)
MINORS = st.sampled_from([19, 20, 24, 25, 28, 29, 31, 32, 33, 36, 40])


def command(*words: str) -> list[Word]:
    return [Word(word, Origin("proc", "/proc/1/cmdline")) for word in ("kubelet", *words)]


def explained(config: KubeletConfig) -> None:
    assert set(FIELDS) | {"--root-dir", "--config", "--config-dir"} == set(config.fields)
    assert all(fact.known or fact.reason for fact in config.fields.values())
    assert all(note.code and note.text for note in config.notes)


@settings(max_examples=400, deadline=None)
@given(BYTES, MINORS)
def test_main_file(data: bytes, minor: int) -> None:
    explained(effective_config(command("--config=/c"), TreeReader({"/c": data}), minor=minor))


@settings(max_examples=300, deadline=None)
@given(BYTES, BYTES, MINORS)
def test_dropins(first: bytes, second: bytes, minor: int) -> None:
    files = TreeReader({"/c": HEADER, "/d/1.conf": first, "/d/x/2.conf": second, "/d/note": b""})
    env = {"KUBELET_CONFIG_DROPIN_DIR_ALPHA": "x"}
    explained(effective_config(command("--config=/c", "--config-dir=/d"), files, minor=minor, env=env))


@settings(max_examples=400, deadline=None)
@given(st.lists(WORDS, max_size=6), MINORS)
def test_words(words: list[str], minor: int) -> None:
    files = TreeReader({"/c": HEADER, "/d/1.conf": HEADER})
    explained(effective_config(command(*words), files, minor=minor))
    explained(effective_config(command(*words)[1:], files, minor=minor))


@settings(max_examples=300, deadline=None)
@given(BYTES)
def test_refusals_have_a_place(data: bytes) -> None:
    try:
        decode.decode(data, 36)
    except ConfigError as error:
        assert error.line is not None
        assert 1 <= error.line <= len(data) + 1


@settings(max_examples=200, deadline=None)
@given(BYTES)
def test_foreign_files(data: bytes) -> None:
    source = Source("/x", data, data.decode("utf-8", "surrogateescape").split("\n"))
    explained(effective_config(argsfile.args_file(source), TreeReader({}), minor=36))
    try:
        argsfile.k3s_config(source)
    except ConfigError as error:
        assert error.text


@settings(max_examples=300)
@given(st.integers(-(2**63), 2**63 - 1))
def test_durations_come_back(nanoseconds: int) -> None:
    assert duration.parse(duration.text(nanoseconds)) == nanoseconds


class Locked(TreeReader):
    """Files below /etc cannot be read without root."""

    def read(self, path: str) -> bytes:
        if path.startswith("/etc/"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return super().read(path)


@pytest.mark.parametrize("words", [("--config=/etc/k.yaml",), ("--config=/c", "--config-dir=/etc/d")])
def test_what_cannot_be_read_is_unknown_not_absent(words: tuple[str, ...]) -> None:
    reader = Locked({"/etc/k.yaml": HEADER, "/c": HEADER, "/etc/d/1.conf": HEADER})
    config = effective_config(command(*words, "--image-gc-high-threshold=90"), reader, minor=36)
    assert "permission denied" in config.error
    assert "sudo" in config.error
    assert not config.fields["imageGCLowThresholdPercent"].known
    assert config.fields["imageGCLowThresholdPercent"].reason == config.error
    assert config.fields["imageGCHighThresholdPercent"].value == 90
