"""The command line as a contract: exit codes, streams, refusals. Each command is run as a person runs it."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tui.cli import SCENARIOS, Options, parse
from tui.model import Credential

ROOT = Path(__file__).resolve().parent.parent.parent


def imagegc(*words: str, **more: object) -> subprocess.CompletedProcess[str]:
    """Run the command without a terminal."""
    return subprocess.run(  # type: ignore[call-overload, no-any-return]  # the overloads do not know **more
        [sys.executable, "-m", "tui", *words],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        **more,
    )


def test_plain_call_means_the_app() -> None:
    assert parse([]) == Options(command="app", root="", demo="", interval=1.0, ascii=False, theme="", json=False)


def test_options_may_stand_on_either_side_of_the_command(tmp_path: Path) -> None:
    assert parse(["--root", str(tmp_path), "report"]) == parse(["report", "--root", str(tmp_path)])
    assert parse(["--interval", "5", "demo"]) == parse(["demo", "--interval", "5"])
    assert parse(["report", "--root", str(tmp_path), "--json"]) == Options("report", root=str(tmp_path), json=True)


def test_demo_takes_each_scenario() -> None:
    assert parse(["demo"]).demo == "story"
    assert {parse(["demo", "--scenario", name]).demo for name in SCENARIOS} == set(SCENARIOS)
    assert parse(["report", "--demo"]).demo == "story"
    assert parse(["report", "--demo", "healthy"]).demo == "healthy"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--bogus"], "unrecognized arguments: --bogus"),
        (["frobnicate"], "invalid choice: 'frobnicate'"),
        (["--root", "/no/such/place"], "'/no/such/place' does not exist"),
        (["report", "--root", "/etc/passwd"], "'/etc/passwd' is not a directory"),
        (["--interval", "0"], "not a number of seconds"),
        (["--interval", "nan"], "not a number of seconds"),
        (["demo", "--scenario", "other"], "invalid choice: 'other'"),
        (["report", "--root", "/", "--demo"], "choose one"),
        (["--interval", "2", "report"], "a report has neither"),
        (["--theme", "dark", "report"], "a report has neither"),
    ],
)
def test_wrong_usage_leaves_with_64_and_one_clear_sentence(words: list[str], sentence: str) -> None:
    done = imagegc(*words)
    assert done.returncode == 64
    assert done.stdout == ""
    assert sentence in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_version_and_help_are_data_on_stdout() -> None:
    version, helped = imagegc("--version"), imagegc("report", "--help")
    assert (version.returncode, version.stderr) == (0, "")
    assert version.stdout.startswith("imagegc ")
    assert (helped.returncode, helped.stderr) == (0, "")
    for code in ("0 ", "1 ", "2 ", "3 ", "64 ", "74 "):
        assert f"\n  {code}" in helped.stdout


def test_app_without_a_terminal_names_the_report() -> None:
    for words in ([], ["demo"]):
        done = imagegc(*words)
        assert (done.returncode, done.stdout) == (64, "")
        assert "imagegc report" in done.stderr
        assert len(done.stderr.splitlines()) == 1


def on_terminal(
    *words: str, program: Sequence[str] = ("-m", "tui"), leave_at: str = "", **environ: str
) -> tuple[int, str]:
    """Run the command on a terminal of its own, press q when ``leave_at`` is seen; its exit code and what it drew."""
    try:
        pid, fd = pty.fork()
    except OSError as error:
        if os.environ.get("IMAGEGC_REQUIRE") == "1":
            raise
        pytest.skip(f"no pseudo-terminals here: {error}")
    if pid == 0:
        os.chdir(ROOT)
        os.execve(sys.executable, [sys.executable, *program, *words], {**os.environ, **environ})
    drawn = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if not select.select([fd], [], [], 1.0)[0]:
            continue
        try:
            data = os.read(fd, 65536)
        except OSError:  # its end of the terminal is closed
            break
        drawn += data
        if leave_at and leave_at.encode() in drawn:
            os.write(fd, b"q")
            leave_at = ""
    else:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    os.close(fd)
    return os.waitstatus_to_exitcode(status), drawn.decode("utf-8", "replace")


def test_demo_opens_the_app_and_q_leaves_with_0() -> None:
    code, drawn = on_terminal("demo", leave_at="times", TERM="xterm-256color", COLUMNS="120", LINES="40")
    assert code == 0
    assert "DEMO" in drawn and "Traceback" not in drawn


NO_NODE = (
    "import sys, tui.cli as cli; cli.is_node = lambda host: False; from tui.__main__ import main; sys.exit(main([]))"
)


def test_where_nothing_is_found_the_demo_node_opens_and_says_so() -> None:
    code, drawn = on_terminal(
        program=("-c", NO_NODE), leave_at="demo", TERM="xterm-256color", COLUMNS="120", LINES="40"
    )
    assert code == 0
    assert "No kubelet and no containerd found here" in drawn


def test_dumb_terminal_is_refused() -> None:
    code, drawn = on_terminal("demo", TERM="dumb")
    assert code == 64
    assert "TERM=dumb" in drawn and "imagegc report" in drawn


def test_unknown_theme_lists_the_right_ones() -> None:
    code, drawn = on_terminal("demo", "--theme", "nope", TERM="xterm-256color")
    assert code == 64
    assert "'nope'" in drawn and "dark" in drawn and "light" in drawn


def test_broken_pipe_is_quiet() -> None:
    command = f"{sys.executable} -m tui report --demo --json; echo code $? >&2"
    done = subprocess.run(
        ["bash", "-c", f"{{ {command}; }} | head -c 1 >/dev/null"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == "code 2\n"


def test_full_disk_is_not_a_success() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "tui", "report", "--demo"],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 74
    assert "could not be written" in done.stderr and "Traceback" not in done.stderr


def test_closed_standard_output_is_not_a_success() -> None:
    command = f"exec {sys.executable} -m tui report --demo >&-"
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 74
    assert "could not be written" in done.stderr and "Traceback" not in done.stderr


def test_nobody_on_standard_error_changes_no_exit_code(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    words = [sys.executable, "-m", "tui", "report", "--root", str(tmp_path)]
    done = subprocess.run(words, cwd=ROOT, stdout=writer, stderr=writer, check=False)
    os.close(writer)
    assert done.returncode == 3


def test_nothing_found_is_said_and_leaves_with_3(tmp_path: Path) -> None:
    done = imagegc("report", "--root", str(tmp_path))
    assert done.returncode == 3
    assert "neither a kubelet nor containerd was found" in done.stderr
    assert done.stdout


def test_output_that_is_no_utf8_gets_ascii() -> None:
    done = imagegc("report", "--demo", env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert done.returncode == 2
    assert done.stdout.isascii()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--kubelet-token", "{none}"], "cannot be read: No such file or directory"),
        (["--kubelet-cert", "{dir}"], "cannot be read: Is a directory"),
        (["--kubelet-key", "{file}"], "needs its certificate, --kubelet-cert"),
        (["--kubelet-ca", "{file}"], "needs --kubelet-cert or --kubelet-token"),
        (["--kubelet-cert", "{file}", "--kubelet-token", "{file}"], "choose one of them"),
        (["--kubelet-token", "{file}", "--no-ask"], "it needs no credential"),
        (["--kubelet-token", "{file}", "--demo"], "the demo node's kubelet asks for no credential"),
    ],
)
def test_credentials_are_refused_with_a_sentence(words: list[str], sentence: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("secret-of-the-file")
    places = {"none": tmp_path / "none", "dir": tmp_path, "file": file}
    done = imagegc("report", *(word.format(**places) for word in words))
    assert done.returncode == 64 and done.stdout == ""
    assert sentence in done.stderr and "secret-of-the-file" not in done.stderr


def test_credentials_that_are_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    assert parse(["report"]).credential is None and parse(["report"]).ask
    assert not parse(["report", "--no-ask"]).ask
    cert, key, ca = (["--kubelet-cert", str(file)], ["--kubelet-key", str(file)], ["--kubelet-ca", str(file)])
    assert parse([*cert, "report"]).credential == Credential("certificate", str(file))
    assert parse(["report", *cert, *key, *ca]).credential == Credential("certificate", *[str(file)] * 3)
    assert parse(["report", "--kubelet-token", str(file)]).credential == Credential("token", str(file))
