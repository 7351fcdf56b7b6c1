"""The seed's story with the real kubelet 1.20.2, open and locked, and the double, on nodes side by side."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.node.lab import Lab
from tests.node.story import Story
from tests.node.story_checks import CHECKS, tell_in

TOLD = ("open", "locked", "double")


@pytest.fixture(scope="session")
def stories(lab: Lab) -> dict[str, Story]:
    """All dresses tell the story at the same time; the kubelet's five minutes are waited for once."""
    with ThreadPoolExecutor(len(TOLD)) as pool:
        told = {dress: pool.submit(tell_in, lab, f"story-{dress}", dress) for dress in TOLD}
        return {dress: future.result() for dress, future in told.items()}


@pytest.mark.parametrize("check", CHECKS, ids=[check.__name__ for check in CHECKS])
@pytest.mark.parametrize("dress", TOLD)
def test_the_story(stories: dict[str, Story], dress: str, check: Callable[[Story], None]) -> None:
    check(stories[dress])
