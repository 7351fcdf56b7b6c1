"""What a report must not load: the screen's libraries, and whatever costs time and is not needed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

PROGRAM = """
import json, sys
from tui.__main__ import main
try:
    main({words!r})
except SystemExit:
    pass
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def modules_after(*words: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(words=list(words))], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize("words", [["report", "--json"], ["report"], ["report", "--demo", "--json"], ["--version"]])
def test_neither_textual_nor_rich(words: list[str]) -> None:
    tops = {name.partition(".")[0] for name in modules_after(*words)}
    assert "tui" in tops
    assert not tops & {"textual", "rich"}


def test_a_report_does_not_load_the_demo_node_nor_what_only_metadata_needs() -> None:
    loaded = modules_after("report", "--json")
    assert not {name for name in loaded if name.startswith("tui.demo")}
    assert not loaded & {"psutil", "importlib.metadata", "asyncio"}
