"""One command, and how many passed and failed in it."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent.parent
_LINE = re.compile(r"^(\d+) passed, (\d+) failed$", re.MULTILINE)


@dataclass(frozen=True)
class Step:
    """``counts``: "one" (the step itself), "line" (``N passed, N failed`` in its output) or "junit" (pytest's file).

    ``needs``: data that lies outside the checkout; without it the step is skipped, or fails where IMAGEGC_REQUIRE=1.
    """

    name: str
    argv: Sequence[str | Path]
    counts: Literal["one", "line", "junit"] = "one"
    needs: Path | None = None
    limit_s: float = 1800.0


@dataclass(frozen=True)
class Result:
    """How a step ended; ``output`` is what it printed."""

    name: str
    passed: int
    failed: int
    skipped: int
    seconds: float
    output: str

    @property
    def words(self) -> str:
        """``12 passed, 0 failed, 1 skipped``, or the step's own last line when it counted nothing."""
        if not self.passed and not self.failed:
            return self.output.strip().rpartition("\n")[2] or "nothing to do"
        return f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else "")


def run_step(step: Step) -> Result:
    """Run it in the checkout, whatever the current directory is."""
    if step.needs and not step.needs.exists():
        required = os.environ.get("IMAGEGC_REQUIRE") == "1"
        return Result(step.name, 0, int(required), 0, 0.0, f"skipped, {step.needs} is absent")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="imagegc-run-") as scratch:
        report = Path(scratch) / "junit.xml"
        extra = [f"--junitxml={report}"] if step.counts == "junit" else []
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "TEXTUAL_ANIMATIONS": "none"}
        try:
            done = subprocess.run(
                [*map(str, step.argv), *extra],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=step.limit_s,
                check=False,
            )
            status, output = done.returncode, done.stdout.decode("utf-8", "replace")
        except (OSError, subprocess.TimeoutExpired) as error:
            status, output = 1, str(error)
        passed, failed, skipped = _counts(step, status, output, report)
    if status != 0 and not failed:
        failed = 1
    return Result(step.name, passed, failed, skipped, time.monotonic() - began, output)


def _counts(step: Step, status: int, output: str, report: Path) -> tuple[int, int, int]:
    if step.counts == "one":
        return (1, 0, 0) if status == 0 else (0, 1, 0)
    if step.counts == "line":
        found = _LINE.findall(output)
        return (int(found[-1][0]), int(found[-1][1]), 0) if found else (0, 0, 0)
    if not report.exists():
        return 0, 1, 0
    suites = list(ElementTree.parse(report).getroot().iter("testsuite"))
    total, failures, errors, skipped = (
        sum(int(suite.get(what, "0")) for suite in suites) for what in ("tests", "failures", "errors", "skipped")
    )
    return total - failures - errors - skipped, failures + errors, skipped
