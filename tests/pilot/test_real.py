"""The app over real input: recorded nodes and the demo node, read and judged by the other rooms, on several sizes."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.pilot.app import app_over, landed, panel, shown
from tests.recorded_host import RecordedHost
from tui.demo.node import DemoHost
from tui.node.host import Host
from tui.node.survey import Surveyor
from tui.screens.why import WhyScreen
from tui.watch import NodeWatch

RECORDED = Path(__file__).resolve().parents[1] / "data" / "recorded"
NODES = sorted(path.name for path in RECORDED.glob("node-*"))
SCENARIOS = ("story", "healthy", "eviction-first")


def host_of(name: str) -> Host:
    """The demo node's scenario, or a recording."""
    return DemoHost(name) if name in SCENARIOS else RecordedHost(RECORDED / name)


@pytest.mark.parametrize("name", [*NODES, *SCENARIOS])
async def test_every_value_of_a_real_survey_is_shown_and_explained(name: str) -> None:
    app = app_over(NodeWatch(Surveyor(host_of(name)).take))
    async with app.run_test(size=(120, 40)) as pilot:
        await landed(pilot)
        assert app.look is not None
        found = app.look.assessment
        assert any(found.verdict[:40] in line for line in shown(app))
        keys = [key for ident in ("disks", "root", "thresholds", "fires") for key in panel(app, ident).keys]
        wanted = {trigger.key for trigger in found.triggers} | {setting.key for setting in found.settings}
        assert wanted <= set(keys)
        for key in (*keys, "pooled", *(finding.subject for finding in found.findings if finding.subject)):
            explanation = app.explain(key)
            assert explanation is not None
            assert explanation.paragraphs != ("Nothing more is known about this.",), key
        await pilot.press("e")
        assert isinstance(app.screen, WhyScreen)
        for size in ((80, 24), (160, 45)):
            await pilot.resize_terminal(*size)
            await pilot.press("escape", "v", "escape", "a", "a", "e")
            assert all(cell_len(line) == size[0] for line in shown(app))
            for key in ("i", "g"):
                await pilot.press(key, "down", "end")
                assert all(cell_len(line) == size[0] for line in shown(app))
            lines = {event.line for event in app.look.assessment.survey.kubelet.events}
            assert len(panel(app, "gclog").keys) == len(lines)


def test_there_are_recordings() -> None:
    assert NODES
