"""What the README says about files and commands is so."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from tui import cli

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_links_lead_somewhere() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert len(links) >= 3
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_commands_are_understood() -> None:
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", README, re.DOTALL))
    lines = re.findall(r"^(imagegc\b.*?)\s*(?:#.*)?$", blocks, re.MULTILINE)
    assert len(lines) >= 4
    for line in lines:
        plain = line.replace("[", "").replace("]", "").replace("/mnt/disk", "/")
        words = shlex.split(plain.replace("FILE", str(ROOT / "README.md")))
        assert isinstance(cli.parse(words[1:]), cli.Options)


def test_exit_codes_are_those_of_the_program() -> None:
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
    assert told == {int(code) for code in re.findall(r"^  (\d+) ", cli.EXIT_CODES, re.MULTILINE)}
    codes = {cli.OK, cli.WARNINGS, cli.CRITICAL, cli.UNDETERMINED, cli.USAGE, cli.CANNOT_WRITE}
    assert told == codes


def test_the_version_has_its_entry() -> None:
    from tui import __version__

    assert f"**{__version__}**" in README
