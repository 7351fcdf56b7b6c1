"""Pictures of every screen at the sizes that people have, in every look. Review a change before `--snapshot-update`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.pilot import edges, images, samples
from tests.pilot.app import landed, still_app
from tui.model import Assessment

Compare = Callable[..., bool]

SAMPLES: dict[str, Callable[[], Assessment]] = {
    "story": samples.story,
    "healthy": samples.healthy,
    "eviction_first": samples.eviction_first,
    "unknown_device": samples.unknown_device,
    "unprivileged": edges.unprivileged,
    "hostile": edges.hostile,
    "many": edges.many,
    "images": images.story,
    "images_in_order": images.in_order,
    "images_hostile": images.hostile,
    "silent": partial(images.silent, "nothing listens on /run/containerd/containerd.sock"),
}
CASES: dict[str, tuple[str, tuple[int, int], tuple[str, ...], dict[str, Any]]] = {
    "story-80x24": ("story", (80, 24), (), {}),
    "story-120x40": ("story", (120, 40), (), {}),
    "story-160x45": ("story", (160, 45), (), {}),
    "story-200x60": ("story", (200, 60), (), {}),
    "story-100x30": ("story", (100, 30), (), {}),
    "too-small-59x17": ("story", (59, 17), (), {}),
    "light": ("story", (120, 40), ("down",), {"theme": "light"}),
    "dark-colour-blind": ("story", (120, 40), (), {"theme": "dark-colour-blind"}),
    "light-colour-blind": ("story", (120, 40), (), {"theme": "light-colour-blind"}),
    "plain": ("story", (120, 40), ("down",), {"theme": "plain"}),
    "ascii": ("story", (120, 40), ("down",), {"ascii": True}),
    "healthy": ("healthy", (120, 40), (), {"notice": "This is the demo node."}),
    "eviction-first": ("eviction_first", (120, 40), (), {}),
    "unknown-device": ("unknown_device", (80, 24), (), {}),
    "unprivileged": ("unprivileged", (80, 24), (), {}),
    "hostile": ("hostile", (120, 40), (), {}),
    "many-all": ("many", (120, 40), ("a", "s", "s"), {}),
    "why-120x40": ("story", (120, 40), ("e",), {}),
    "why-80x24": ("story", (80, 24), ("e",), {}),
    "findings": ("story", (100, 30), ("v",), {}),
    "help": ("story", (120, 40), ("question_mark",), {}),
    "images-120x40": ("images", (120, 40), ("i", "down"), {}),
    "images-80x24": ("images", (80, 24), ("i",), {}),
    "images-in-order": ("images_in_order", (160, 45), ("i", "s"), {"theme": "light"}),
    "images-hostile": ("images_hostile", (120, 40), ("i", "end"), {}),
    "images-unanswered": ("silent", (80, 24), ("i",), {}),
    "gc-log-120x40": ("images", (120, 40), ("g", "down", "down"), {}),
    "gc-log-80x24": ("images", (80, 24), ("g",), {"ascii": True}),
    "answered-120x40": ("images", (120, 40), (), {}),
    "opened-80x24": ("story", (80, 24), ("down", "end", "down", "down", "enter"), {}),
}


@pytest.mark.parametrize("name", CASES)
def test_screen(name: str, snap_compare: Compare) -> None:
    sample, size, keys, options = CASES[name]
    app = still_app(SAMPLES[sample](), **options)

    async def before(pilot: Any) -> None:
        await landed(pilot)
        assert app.look is not None and app.screen.query("#head, Head")
        await pilot.press(*keys)
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=before)


def test_no_color(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = still_app(samples.story())
    assert app.theme == "plain"
    assert snap_compare(app, terminal_size=(80, 24), run_before=landed)
