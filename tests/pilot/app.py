"""The app over a sample, with a clock that stands still."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from textual.geometry import Size
from textual.pilot import Pilot

from tests.pilot import samples
from tui.app import ImagegcApp
from tui.model import Assessment, History
from tui.watch import Watch
from tui.widgets.lines import Lines


class StillWatch(samples.SampleWatch):
    """Always the same node, with an hour of samples behind it."""

    def history(self, _: History) -> History:
        """The sample's own."""
        return samples.history(self.found)


def still_app(found: Assessment, **options: Any) -> ImagegcApp:
    """The app over one assessment; looks once a minute, so that nothing moves."""
    return app_over(StillWatch(found), **options)


def app_over(watch: Watch, **options: Any) -> ImagegcApp:
    """The app over a watch."""
    options = {"interval": 60.0, "clock": lambda: samples.WALL, **options}
    app = ImagegcApp(watch, **options)
    if isinstance(watch, StillWatch):
        app.record.history = lambda: watch.history({})  # type: ignore[method-assign]  # an hour in no time
    return app


async def until(pilot: Pilot[Any], true: Callable[[], bool], limit: float = 10.0) -> None:
    """Wait until something is so; how long that takes is the machine's business, not the test's."""
    end = time.monotonic() + limit
    while not true():
        assert time.monotonic() < end, "it never came true"
        await pilot.pause(0.02)


async def landed(pilot: Pilot[Any]) -> None:
    """Wait until the first look is on the screen."""
    app = pilot.app
    assert isinstance(app, ImagegcApp)
    await until(pilot, lambda: app.look is not None)
    await pilot.pause()
    await pilot.pause()


def shown(app: ImagegcApp) -> list[str]:
    """What is on the screen, line by line."""
    strips = app.screen._compositor.render_strips(Size(*app.size))
    return ["".join(segment.text for segment in strip) for strip in strips]


def panel(app: ImagegcApp, ident: str) -> Lines:
    """One panel of the screen."""
    return app.screen.query_one(f"#{ident}", Lines)
