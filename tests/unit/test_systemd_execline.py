"""Command lines: faults that the vectors do not show were tried on systemd 252.39; places of words."""

from __future__ import annotations

import pytest

from tests.tree import TreeReader
from tui.model import Unit
from tui.systemd.units import load_unit

PATH = "/etc/systemd/system/kubelet.service"


def load(text: str, files: dict[str, bytes] | None = None) -> Unit:
    return load_unit("kubelet.service", TreeReader({PATH: text.encode(), **(files or {})}), hostname="n1.example.org")


def argv(unit: Unit) -> list[list[str]]:
    return [[word.text for word in command] for command in unit.commands]


@pytest.mark.parametrize(
    "line",
    [
        "/bin/true %k",
        "/bin/ a",
        '"/bin/my\\"prog"',
        "foo/bar",
        ".. a",
        "+!/bin/true",
        "@/bin/true",
        '"" a',
        '/bin/true "a',
        "/bin/true ; /bin/a ; b/c",
    ],
)
def test_refused(line: str) -> None:
    unit = load(f"[Service]\nType=oneshot\nExecStart={line}\nRestart=no\n")
    assert unit.state == "bad-setting"
    assert f"{PATH}:3" in unit.error


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/bin/true a ; ; /bin/false b ;", [["/bin/true", "a"], ["/bin/false", "b"]]),
        ('/bin/true "\\;" \\;x \\; ;x', [["/bin/true", "\\;", "\\;x", ";", ";x"]]),
        ("//bin/./true a", [["//bin/./true", "a"]]),
        ("-/bin/true %k", []),
        ("/bin/true \\u0000 \\x00 \\400 \\U0001F600", [["/bin/true", "\\u0000", "\\x00", "\\400", "\U0001f600"]]),
        ("/bin/true a\\xff", [["/bin/true", "a\udcff"]]),
        ("/bin/true %p-%n %H %l %f", [["/bin/true", "kubelet-kubelet.service", "n1.example.org", "n1", "/kubelet"]]),
        ("/bin/true ${A:-${B}} $${B} ${", [["/bin/true", "${A:-1}", "${B}", "${"]]),
        ("@/bin/true $B x", [["1", "x"]]),
    ],
)
def test_taken(line: str, words: list[list[str]]) -> None:
    unit = load(f"[Service]\nType=oneshot\nExecStart={line}\nExecStop=/bin/x\nRemainAfterExit=yes\nEnvironment=B=1\n")
    assert (unit.state, argv(unit)) == ("loaded", words)


def test_every_word_stands_where_it_was_written() -> None:
    unit = load(
        "[Service]\nEnvironmentFile=/e\nEnvironment=C=c\nExecStart=/bin/true $A \\\n"
        "  --x \\\n# no\n  --v=${B} $C ${A} \\\n  ${C}\n",
        {"/e": b'\nA="--one \\\n --two"\nB=2\n'},
    )
    assert [(word.text, str(word.origin)) for word in unit.commands[0]] == [
        ("/bin/true", f"{PATH}:4"),
        ("--one", "/e:2"),
        ("--two", "/e:3"),
        ("--x", f"{PATH}:5"),
        ("--v=2", f"{PATH}:7"),
        ("c", f"{PATH}:3"),
        ("--one  --two", "/e:2"),
        ("c", f"{PATH}:3"),
    ]
    assert unit.commands[0][4].origin.text == "--v=${B} (B from /e:4)"


def test_a_value_that_spans_lines_splits_at_them_too() -> None:
    unit = load("[Service]\nEnvironmentFile=/e\nExecStart=/bin/true $A\n", {"/e": b"A='--a=1\n--b=2'\n"})
    assert [str(word.origin) for word in unit.commands[0]] == [f"{PATH}:3", "/e:1", "/e:2"]


def test_the_program_is_never_expanded() -> None:
    unit = load("[Service]\nEnvironment=P=/bin/true\nExecStart=$P a\n")
    assert (unit.state, unit.result) == ("loaded", "exit-code")
    assert f"{PATH}:3" in unit.error
