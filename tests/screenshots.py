"""Make the pictures in screenshots/ from the demo node: ``python -m tests.screenshots [DIRECTORY]``.

Needs no network and no node. The demo's clock is turned by hand, so that the same pictures come out each time; each
is written as SVG and as PNG (Debian packages libcairo2 and fonts-dejavu-core).
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

os.environ |= {"TEXTUAL_ANIMATIONS": "none", "COLORTERM": "truecolor", "TERM": "xterm-256color", "TZ": "UTC"}
os.environ.pop("NO_COLOR", None)

from tests.picture import png, truthful  # noqa: E402 - the environment comes first
from tui.app import ImagegcApp  # noqa: E402
from tui.demo.node import DemoHost  # noqa: E402
from tui.node.survey import Surveyor  # noqa: E402
from tui.watch import NodeWatch  # noqa: E402

MINUTES = 45
"""How long the demo node has been watched when the picture is taken: its forecasts need samples."""


@dataclass(frozen=True)
class Shot:
    """One picture: what the file is called, which node, how large, in which look, after which keys."""

    name: str
    scenario: str
    size: tuple[int, int]
    theme: str = "dark"
    keys: tuple[str, ...] = ()


SIZES = ((80, 24), (120, 40), (160, 45))
SHOTS = (
    *(Shot(f"story-{w}x{h}-{theme}", "story", (w, h), theme) for w, h in SIZES for theme in ("dark", "light")),
    Shot("why-120x40-dark", "story", (120, 40), "dark", ("e",)),
    Shot("why-120x40-light", "story", (120, 40), "light", ("e",)),
    Shot("why-threshold-80x24-dark", "story", (80, 24), "dark", ("down", "end", "down", "down", "e")),
    Shot("findings-120x40-dark", "story", (120, 40), "dark", ("v",)),
    Shot("images-120x40-dark", "story", (120, 40), "dark", ("i",)),
    Shot("images-120x40-light", "story", (120, 40), "light", ("i",)),
    Shot("images-80x24-dark", "story", (80, 24), "dark", ("i", "down")),
    Shot("gc-log-120x40-dark", "eviction-first", (120, 40), "dark", ("g",)),
    Shot("healthy-120x40-dark", "healthy", (120, 40)),
    Shot("eviction-first-120x40-dark", "eviction-first", (120, 40)),
    Shot("story-120x40-light-colour-blind", "story", (120, 40), "light-colour-blind"),
)


async def take(shot: Shot) -> str:
    """The SVG of one screen."""
    now = [0.0]
    host = DemoHost(shot.scenario, clock=lambda: now[0])
    surveyor = Surveyor(host)
    app = ImagegcApp(NodeWatch(surveyor.take), interval=1.0, theme=shot.theme, clock=lambda: host.clock()[0])
    for _ in range(MINUTES * 2):
        app.record.add(surveyor.take())
        now[0] += 30.0 / host.speed
    async with app.run_test(size=shot.size) as pilot:
        while app.look is None:
            await pilot.pause(0.02)
        await pilot.pause()
        for key in shot.keys:
            await pilot.press(key)
        await pilot.pause()
        return truthful(app.export_screenshot(title="imagegc"))


def main(words: list[str]) -> None:
    """Write all of them."""
    time.tzset()
    folder = Path(words[0]) if words else Path(__file__).resolve().parents[1] / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    for shot in SHOTS:
        svg = asyncio.run(take(shot))
        (folder / f"{shot.name}.svg").write_text(svg, encoding="utf-8")
        (folder / f"{shot.name}.png").write_bytes(png(svg))
        print(shot.name)


if __name__ == "__main__":
    main(sys.argv[1:])
