"""Whether a real node can run here, and one lab for all node tests of a run."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.node.able import why_not
from tests.node.lab import Lab

pytest.register_assert_rewrite("tests.node.story_checks")


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The run's lab; everything in it is gone afterwards, and that is asserted."""
    reason = why_not()
    if reason and os.environ.get("IMAGEGC_REQUIRE_NODE") == "1":
        pytest.fail(f"node tests are required and cannot run: {reason}")
    if reason:
        pytest.skip(f"node tests cannot run here: {reason}")
    with Lab() as made:
        made.base()
        yield made
    assert made.left_behind() == []
