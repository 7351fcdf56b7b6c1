"""What is run, in which order, and the summary."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.runner import debian, venvs
from tests.runner.steps import ROOT, Result, Step, run_step

PARALLEL = 2
NODE = "tests/node"
SOURCE = ("tui", "tests", "tests/run", "screenshots")


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tests/run",
        description="Makes a virtual environment (.venv-test), installs what is needed, with apt-get too where it runs "
        "as root on Debian, and runs lint, types, import contracts, spelling and all tests.",
    )
    parser.add_argument("--quick", action="store_true", help="no long tests, no tests on a node, no other Pythons")
    parser.add_argument(
        "--require-node",
        action="store_true",
        help="fail where no node can be made, instead of leaving its tests out",
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run everything; 0 when nothing failed."""
    options = _options(argv)
    if options.require_node:
        os.environ["IMAGEGC_REQUIRE_NODE"] = "1"
    began = time.monotonic()
    try:
        debian.install(node=not options.quick)
        python = venvs.development(ROOT)
    except venvs.SetupError as error:
        print(f"tests/run: {error}", file=sys.stderr)
        print("0 passed, 1 failed")
        return 1
    results = []
    for group in (checks(python), data(python), [tests(python, quick=options.quick)]):
        results += _together(group)
    if not options.quick:
        results += _other_pythons()
    if not options.quick:
        results += _on_a_node(python, required=options.require_node)
    return _summary(results, time.monotonic() - began)


def checks(python: Path) -> list[Step]:
    """What looks at the source only."""
    tool = python.parent
    source = [name for name in SOURCE if (ROOT / name).exists()]
    return [
        Step("types", [tool / "mypy"]),
        Step("lint", [tool / "ruff", "check", *source]),
        Step("format", [tool / "ruff", "format", "--check", *source]),
        Step("import contracts", [tool / "lint-imports"]),
        Step("spelling", [tool / "codespell"]),
    ]


def data(python: Path) -> list[Step]:
    """The vectors and the corpus; each prints its own counts."""
    corpus = Path(os.environ.get("IMAGEGC_CORPUS") or ROOT.parent / "shared/corpus")
    vectors = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests/data/vectors").glob("*.json"))
    return [
        Step("vectors", [python, "-m", "tests.vectors", *vectors], counts="line"),
        Step("corpus", [python, "-m", "tests.corpus"], counts="line", needs=corpus),
    ]


def tests(python: Path, *, quick: bool) -> Step:
    """All tests but those on a node, with the Python of the development environment."""
    chosen = ["-m", "not long"] if quick else []
    return Step("tests", [python, "-m", "pytest", "-n", str(PARALLEL), f"--ignore={NODE}", *chosen], counts="junit")


def _on_a_node(python: Path, *, required: bool) -> list[Result]:
    """The tests on real nodes, two at a time so that the waits for the kubelet's tick pass together."""
    from tests.node.able import why_not

    reason = why_not()
    if reason and not required:
        print(f"tests on a node: left out: {reason}", flush=True)
        return []
    words = ["-m", "pytest", "-n", str(PARALLEL), "--dist", "loadfile", NODE]
    return _together([Step("tests on a node", [python, *words], counts="junit", limit_s=3600.0)])


def _other_pythons() -> list[Result]:
    """The unit tests under each other Python, one environment after the other, then two at a time."""
    steps, broken = [], []
    for version, interpreter in venvs.other_pythons():
        name = f"unit tests, Python {version}"
        try:
            python = venvs.runtime(ROOT, version, interpreter)
        except venvs.SetupError as error:
            broken.append(Result(name, 0, 1, 0, 0.0, str(error)))
            continue
        steps.append(Step(name, [python, "-m", "pytest", "-p", "no:cacheprovider", "tests/unit"], counts="junit"))
    return broken + _together(steps)


def _together(steps: Sequence[Step]) -> list[Result]:
    with ThreadPoolExecutor(PARALLEL) as pool:
        results = []
        for result in pool.map(run_step, steps):
            _tell(result)
            results.append(result)
        return results


def _tell(result: Result) -> None:
    if result.failed:
        print(f"--- {result.name}\n{result.output.rstrip()}\n--- {result.name}: FAILED", flush=True)
    else:
        print(f"{result.name}: {result.words} ({result.seconds:.0f} s)", flush=True)


def _summary(results: Sequence[Result], seconds: float) -> int:
    print(f"\nsummary, {seconds:.0f} s")
    for result in results:
        print(f"  {'ok' if not result.failed else 'FAILED':6}  {result.name}: {result.words}")
    passed, failed = (sum(getattr(result, what) for result in results) for what in ("passed", "failed"))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0
