"""A real app on a real terminal, for test_terminal.py: ``python -m tests.pilot.play SAMPLE [option=value ...]``.

``hang``: the survey never comes. ``one``: at each look one disk has another figure, for ever. ``moves=N``: N looks at
a node that changes at random (a fixed seed), then rest. F5 repaints everything.
"""

from __future__ import annotations

import random
import sys
import time
from dataclasses import dataclass, replace

from textual.binding import Binding

from tests.pilot import edges, samples
from tui.app import ImagegcApp
from tui.model import Assessment, Disk, Fact, Forecast, History, Survey, Usage

MAKERS = {"story": samples.story, "hostile": edges.hostile, "many": edges.many}


@dataclass
class PlayWatch(samples.SampleWatch):
    """A node that changes for ``moves`` looks."""

    moves: int = 0
    hang: bool = False
    one: bool = False
    dice: random.Random = random.Random(7)

    def survey(self, everything: bool = False) -> Survey:
        """Hang, or go on."""
        while self.hang:
            time.sleep(3600)
        return super().survey()

    def assess(self, survey: Survey, history: History) -> Assessment:
        """Another figure in some rows, now and then another order, verdict or number of rows."""
        if self.one:
            last = _moved(self.found.disks[-1], self.dice, often=1.0)
            self.found = replace(self.found, disks=(*self.found.disks[:-1], last))
        if self.moves > 0:
            self.moves -= 1
            disks = [_moved(each, self.dice) for each in self.found.disks]
            if self.dice.random() < 0.3:
                self.dice.shuffle(disks)
            triggers = [
                replace(each, left=self.dice.randrange(10**11), when=Forecast("in", 60.0, self.dice.random() * 1e6))
                for each in self.found.triggers
            ]
            verdict = "word " * self.dice.randrange(3, 40)
            self.found = replace(self.found, disks=tuple(disks), triggers=tuple(triggers), verdict=verdict)
        return self.found


def _moved(disk: Disk, dice: random.Random, often: float = 0.4) -> Disk:
    usage = disk.state.usage.value
    if usage is None or dice.random() >= often:
        return disk
    moved = Usage(usage.frsize, usage.blocks, usage.bfree, dice.randrange(usage.blocks), usage.files, usage.ffree)
    return replace(disk, state=replace(disk.state, usage=Fact(moved, disk.state.usage.origin)))


class PlayApp(ImagegcApp):
    """With a key that repaints everything."""

    BINDINGS = [Binding("f5", "repaint", show=False)]

    def action_repaint(self) -> None:
        """Every widget anew."""
        self.refresh(layout=True)
        for widget in self.screen.query("*"):
            widget.refresh(layout=True)


def main() -> None:
    """Play until q."""
    options = dict(word.partition("=")[::2] for word in sys.argv[2:])
    watch = PlayWatch(
        MAKERS[sys.argv[1]](), moves=int(options.get("moves", 0)), hang="hang" in options, one="one" in options
    )
    app = PlayApp(
        watch,
        interval=float(options.get("interval", 60)),
        ascii="ascii" in options,
        theme=options.get("theme", ""),
        clock=lambda: samples.WALL,
    )
    app.run()


if __name__ == "__main__":
    main()
