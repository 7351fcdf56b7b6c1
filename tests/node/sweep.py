"""``tests/sweep NAME``: a long test many times over, several nodes side by side, figures added up.

Results go to a file of JSON lines outside the checkout, one for each run, named by the test and what was tested: a
sweep that was interrupted goes on where it was.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import statistics
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from tests.node import cache
from tests.node.able import why_not
from tests.node.lab import Lab
from tests.node.shell import run
from tests.node.story_checks import CHECKS, tell_in

CHECKOUT = Path(__file__).resolve().parents[2]
Record = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Sweep:
    """``once(lab, node name, number)`` runs it and returns figures and failures; ``figures``: those with medians."""

    what: str
    once: Callable[[Lab, str, int], Record]
    figures: tuple[str, ...]


def story(lab: Lab, name: str, number: int) -> Record:
    """The seed's story, its dresses in turn; every check of tests/node/test_story.py."""
    dress = ("open", "locked", "double")[number % 3]
    told = tell_in(lab, name, dress)
    failed = {}
    for check in CHECKS:
        try:
            check(told)
        except Exception:
            failed[check.__name__] = traceback.format_exc(limit=-1)[-1500:]
    figures = {"boot_s": told.boot_seconds, "usage": told.usage, "amount": told.amount}
    return {"kind": dress, "failed": failed, **figures, **({"told": dataclasses.asdict(told)} if failed else {})}


SWEEPS: Mapping[str, Sweep] = {
    "story": Sweep("the seed's story: real kubelet open and locked, and the double, in turn", story, ("boot_s",)),
}


class Results:
    """The runs of one test on one state of the checkout, in a file."""

    def __init__(self, name: str) -> None:
        folder = cache.folder() / "sweeps"
        folder.mkdir(exist_ok=True)
        self.path = folder / f"{name}-{state()}.jsonl"
        self._lock = threading.Lock()

    def read(self) -> list[Record]:
        """All runs so far; a line that was cut off by a crash is no run."""
        records = []
        for line in self.path.read_text().splitlines() if self.path.exists() else []:
            try:
                records.append(dict(json.loads(line)))
            except ValueError:
                continue
        return records

    def add(self, record: Record) -> None:
        """One more run, on a line of its own."""
        with self._lock, open(self.path, "a") as file:
            file.write(("\n" if _cut_off(self.path) else "") + json.dumps(record) + "\n")


def _cut_off(path: Path) -> bool:
    data = path.read_bytes()
    return bool(data) and not data.endswith(b"\n")


def state() -> str:
    """The commit, with a fingerprint of what is changed since."""
    commit = run(["git", "rev-parse", "--short=12", "HEAD"], cwd=CHECKOUT).strip()
    changes = run(["git", "diff", "HEAD", "--", "tui", "tests", "pyproject.toml"], cwd=CHECKOUT)
    mark = hashlib.sha256(changes.encode(errors="surrogateescape")).hexdigest()[:8]
    return f"{commit}-{mark}" if changes else commit


def go(sweep: Sweep, results: Results, count: int, nodes: int) -> None:
    """Run what is missing of ``count`` runs."""
    done = {record["number"] for record in results.read()}
    missing = [number for number in range(count) if number not in done]
    if not missing:
        return
    with Lab() as lab:
        lab.base()
        pool = ThreadPoolExecutor(nodes)
        futures = [pool.submit(_one, sweep, lab, number) for number in missing]
        try:
            for future in as_completed(futures):
                record = future.result()
                results.add(record)
                print(line(record), flush=True)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _one(sweep: Sweep, lab: Lab, number: int) -> Record:
    name, began = f"run{number}", time.monotonic()
    try:
        found = sweep.once(lab, name, number)
    except Exception:
        if lab.closed:
            raise
        found = {"failed": {"the run itself": traceback.format_exc()[-3000:]}}
    finally:
        if not lab.closed:
            lab.discard(f"{name}-")
    return {"number": number, "wall": time.time(), "seconds": round(time.monotonic() - began, 1), **found}


def line(record: Record) -> str:
    """One run in one line."""
    failed = ", ".join(record["failed"]) or "passed"
    return f"run {record['number']:3} {record.get('kind', ''):8} {record['seconds']:7.1f} s  {failed}"


def table(sweep: Sweep, records: Sequence[Record]) -> str:
    """Runs, passed, failed and medians, for each kind and altogether; then what failed how often."""
    columns = ("seconds", *sweep.figures)
    rows = [["kind", "runs", "passed", "failed", *(f"median {name}" for name in columns)]]
    kinds = sorted({str(record.get("kind", "?")) for record in records})
    for kind in [*kinds, "all"]:
        chosen = [record for record in records if kind in ("all", str(record.get("kind", "?")))]
        passed = sum(not record["failed"] for record in chosen)
        medians = [[record[name] for record in chosen if name in record] for name in columns]
        figures = [f"{statistics.median(values):.1f}" if values else "-" for values in medians]
        rows.append([kind, str(len(chosen)), str(passed), str(len(chosen) - passed), *figures])
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    names = [name for record in records for name in record["failed"]]
    return "\n".join([*lines, *(f"failed {names.count(name)} times: {name}" for name in sorted(set(names)))])


def main(argv: Sequence[str] | None = None) -> int:
    """0 when all runs passed, 1 when some failed, 2 when nodes cannot run here."""
    parser = argparse.ArgumentParser(prog="tests/sweep", description=__doc__, add_help=True)
    parser.add_argument("name", nargs="?", choices=SWEEPS, help="which test")
    parser.add_argument("--count", type=int, default=10, metavar="N", help="runs altogether (default 10)")
    parser.add_argument("--nodes", type=int, default=2, metavar="K", help="nodes side by side (default 2)")
    parser.add_argument("--list", action="store_true", help="say which tests there are, and leave")
    options = parser.parse_args(argv)
    if options.list:
        print("\n".join(f"{name:10} {sweep.what}" for name, sweep in SWEEPS.items()))
        return 0
    if options.name is None:
        parser.error("NAME is missing; --list lists them")
    reason = why_not()
    if reason:
        print(f"tests/sweep: nodes cannot run here: {reason}", file=sys.stderr)
        return 2
    sweep, results = SWEEPS[options.name], Results(options.name)
    print(f"results: {results.path}")
    go(sweep, results, options.count, options.nodes)
    records = [record for record in results.read() if record["number"] < options.count]
    print(table(sweep, records))
    return 1 if any(record["failed"] for record in records) else 0
