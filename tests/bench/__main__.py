"""``python -m tests.bench report`` and ``python -m tests.bench app``; --runs N changes the number of runs."""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable, Mapping

from tests.bench import app, report

Race = Mapping[str, Callable[[], float]]


def medians(race: Race, runs: int) -> None:
    """Run all in turn, ``runs`` times, after one round that does not count; print a table in milliseconds."""
    taken: dict[str, list[float]] = {name: [] for name in race}
    for turn in range(runs + 1):
        for name, once in race.items():
            seconds = once()
            if turn:
                taken[name].append(seconds * 1000)
    width = max(map(len, race))
    print(f"{'':{width}}  median     min     max  ms, {runs} runs in turn")
    for name, values in taken.items():
        print(f"{name:{width}}  {statistics.median(values):6.0f}  {min(values):6.0f}  {max(values):6.0f}")


def main() -> int:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("what", choices=["report", "app"])
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--mounts", type=int, default=3000, help="bind mounts for the second half of `report`")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.what == "app":
        medians(app.race(), options.runs)
    elif options.inside:
        with report.bind_mounts(options.mounts) as count:
            print(f"\nwith {count} mounts")
            medians(report.race(), options.runs)
    else:
        print(f"as it is, with {report.count_mounts()} mounts")
        medians(report.race(), options.runs)
        return report.again_in_a_namespace(options.runs, options.mounts)
    return 0


sys.exit(main())
