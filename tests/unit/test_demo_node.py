"""The demo node: its stories come out as told, twice the same, and its kubelet keeps to the kubelet's rules."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tui.assess.judge import assess
from tui.cli import SCENARIOS as DESCRIBED
from tui.cli import is_node
from tui.demo.node import DemoHost
from tui.demo.scenarios import BOOT_WALL, SCENARIOS, SEED_AVAILABLE
from tui.kubelet.image_gc import decide
from tui.model import Severity, Survey, Usage
from tui.node.survey import Surveyor

ROOT = Path(__file__).resolve().parent.parent.parent
IMAGES = "/mnt/images"


class Clock:
    """The viewer's seconds, by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def played(name: str, seconds: int, seed: int = 1) -> tuple[DemoHost, list[Usage]]:
    """The node after so many of the viewer's seconds, and the image disk at each of them."""
    clock = Clock()
    host = DemoHost(name, seed=seed, clock=clock)
    seen = []
    for second in range(seconds):
        clock.now = float(second)
        seen.append(host.statfs(IMAGES))
    return host, seen


def log(host: DemoHost) -> list[str]:
    lines = host.journal("kubelet.service", 0.0, 10_000).value
    assert lines is not None
    return [line.message for line in lines]


def survey(name: str) -> Survey:
    return Surveyor(DemoHost(name, clock=lambda: 0.0)).take()


def test_the_command_line_offers_exactly_these_scenarios() -> None:
    assert list(DESCRIBED) == list(SCENARIOS)


def test_story_is_the_seeds_node() -> None:
    assessment = assess(survey("story"))
    host = DemoHost("story", clock=lambda: 0.0)
    disk, root = host.statfs(IMAGES), host.statfs("/")
    assert (disk.capacity, disk.available) == (105_152_176_128, SEED_AVAILABLE)
    assert (disk.kubelet_percent, root.kubelet_percent) == (93, 31)
    assert decide(disk.capacity, disk.available, 60, 40).amount == 55_522_593_996  # the seed's log line
    assert (assessment.measured.state, assessment.measured.mountpoint) == ("stale", "/")
    assert assessment.exit_code == 2
    assert "stale-view" in {finding.code for finding in assessment.findings}


def test_healthy_is_green_and_eviction_first_is_a_warning() -> None:
    healthy, eviction = assess(survey("healthy")), assess(survey("eviction-first"))
    assert (healthy.exit_code, healthy.severity) == (0, Severity.INFO)
    assert (healthy.measured.state, healthy.measured.mountpoint) == ("right", IMAGES)
    assert eviction.exit_code == 1
    first = next(trigger for trigger in eviction.triggers if trigger.first)
    assert (first.kind, first.signal) == ("eviction", "imagefs.available")


def test_everything_was_found_by_the_same_way_as_on_a_node() -> None:
    found = survey("story")
    assert found.kubelet.process.known and found.kubelet.config.known and found.kubelet.version.value == "1.32.10"
    assert [runtime.root.value for runtime in found.runtimes] == [IMAGES]
    assert found.distro.name == "NKS"
    assert (found.host.kind, found.host.cgroup_v1, found.host.systemd.value) == ("demo", False, 249)
    assert not found.kubelet.pending and not found.runtimes[0].pending
    assert is_node(DemoHost("healthy", clock=lambda: 0.0))


def test_story_never_collects_and_fills_up() -> None:
    host, seen = played("story", 420)
    assert not [line for line in log(host) if "over the high threshold" in line or "Removing image" in line]
    assert seen[-1].kubelet_percent == 100
    assert any("no space left on device" in line for line in log(host))


def test_healthy_collects_what_the_rules_say() -> None:
    host, seen = played("healthy", 400)
    fired = [line for line in log(host) if "over the high threshold" in line]
    assert fired
    for line in fired:
        usage, high, _, low = map(int, re.findall(r"=(\d+)", line))
        assert (high, low) == (60, 40) and usage >= 60
    assert max(usage.kubelet_percent or 0 for usage in seen) < 85
    drops = [before.available - after.available for before, after in zip(seen, seen[1:], strict=False)]
    assert min(drops) < -20 * 10**9  # a collection gives back at once
    assert not any("attempting to reclaim" in line for line in log(host))


def test_a_collection_counts_cri_sizes_and_gives_back_twice_that() -> None:
    clock = Clock()
    host = DemoHost("healthy", clock=clock)
    while not any("over the high threshold" in line for line in log(host)):
        before = host.statfs(IMAGES).free
        clock.now += 1 / 6  # one step of the simulation
        host.statfs(IMAGES)
        assert clock.now < 600
    sizes = [
        int(size) for line in log(host) for size in re.findall(r'"Removing image to free bytes".* size=(\d+)', line)
    ]
    wanted = int(re.findall(r"amountToFree=(\d+)", "\n".join(log(host)))[0])
    assert sum(sizes[:-1]) < wanted
    gained = host.statfs(IMAGES).free - before
    written = 10 * 200 * 1024**2  # at most, in the same step
    assert 2 * sum(sizes) - written <= gained <= 2 * sum(sizes) + 4096


def test_eviction_first_wipes_before_image_gc_ever_fires() -> None:
    host, _ = played("eviction-first", 300)
    lines = log(host)
    assert any("Attempting to delete unused images" in line for line in lines)
    assert not any("over the high threshold" in line for line in lines)
    evicting = next(at for at, line in enumerate(lines) if "attempting to reclaim" in line)
    assert any("Removing image" in line for line in lines[evicting:])


@pytest.mark.parametrize("name", list(SCENARIOS))
def test_same_seed_and_clock_give_the_same_node_whenever_it_is_asked(name: str) -> None:
    often, _ = played(name, 200)
    clock = Clock()
    once = DemoHost(name, clock=clock)
    clock.now = 199.0
    assert once.statfs(IMAGES) == often.statfs(IMAGES)
    assert log(once) == log(often)
    assert log(played(name, 200, seed=2)[0]) != log(often)


def test_time_runs_sixty_times_as_fast() -> None:
    clock = Clock()
    host = DemoHost(clock=clock)
    wall, mono = host.clock()
    clock.now = 5.0
    assert host.clock() == (wall + 300, mono + 300)
    assert wall == BOOT_WALL + mono


def test_an_edit_in_the_sandbox_shows_up_as_pending() -> None:
    clock = Clock()
    host = DemoHost("healthy", clock=clock)
    path = Path(host.directory, "etc/kubernetes/kubelet-config.yaml")
    path.write_text(path.read_text().replace("Percent: 60", "Percent: 70"))
    os.utime(path, (path.stat().st_atime, path.stat().st_mtime + 1))
    clock.now = 2.0
    found = Surveyor(host).take()
    assert [pending.path for pending in found.kubelet.pending] == ["/etc/kubernetes/kubelet-config.yaml"]


def test_the_sandbox_is_removed_at_exit() -> None:
    program = "from tui.demo.node import DemoHost; print(DemoHost().directory)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not Path(done.stdout.strip()).parent.exists()


def test_what_a_killed_demo_left_is_removed_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    program = "import os; from tui.demo.node import DemoHost; print(DemoHost().directory, flush=True); os._exit(1)"
    environ = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    left = Path(done.stdout.strip()).parent
    assert left.exists() and left.parent == tmp_path
    living = DemoHost()
    assert left.exists(), "a young one may still be in the making"
    for path in (left, Path(living.directory).parent):
        os.utime(path, (0, 0))
    other = DemoHost()
    assert not left.exists()
    assert Path(living.directory).exists() and Path(other.directory).exists()


def test_what_is_not_simulated_is_an_error_as_on_a_node() -> None:
    host = DemoHost(clock=lambda: 0.0)
    with pytest.raises(FileNotFoundError):
        host.read("/etc/passwd")
    with pytest.raises(FileNotFoundError):
        host.statfs("/nowhere")
    with pytest.raises(ProcessLookupError):
        host.proc(4242, "stat")
    assert host.run(["rm", "-rf", "/"], 1.0).status is None
