"""Questions in the background: no look waits, an old answer stands, a report waits a little, and all can be off."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tui import cli
from tui.demo.node import DemoHost
from tui.model import DEFAULT, Credential, Fact, KubeletAnswer, RuntimeAnswer, Survey
from tui.node import asking
from tui.node.asking import NOT_YET, Asker
from tui.node.host import HttpAnswer, NoAnswer
from tui.node.rootdir import RootDir
from tui.node.survey import Surveyor


class SlowHost(DemoHost):
    """A node whose daemons take their time; its clock is turned by hand."""

    instant = False

    def __init__(self, seconds: float = 0.0) -> None:
        self.turned = 0.0
        self.seconds = seconds
        self.fault: Exception | None = None
        self.asked: list[str] = []
        self.shown: list[Credential | None] = []
        super().__init__("story", clock=lambda: self.turned / self.speed)

    def ask_runtime(self, endpoint: str, timeout: float) -> RuntimeAnswer:
        self.asked.append(endpoint)
        time.sleep(self.seconds)
        if self.fault:
            raise self.fault
        return super().ask_runtime(endpoint, timeout)

    def get(self, url: str, credential: Credential | None, timeout: float) -> HttpAnswer:
        self.asked.append(url.rpartition("/")[2])
        self.shown.append(credential)
        time.sleep(self.seconds)
        return super().get(url, credential, timeout)


@pytest.fixture(autouse=True)
def no_head_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "HEAD_START_S", 0.0)


def runtime(survey: Survey) -> RuntimeAnswer:
    answer = survey.runtimes[0].answer.value
    assert answer is not None
    return answer


def kubelet(survey: Survey) -> KubeletAnswer:
    answer = survey.kubelet.answer.value
    assert answer is not None
    return answer


def settled(take: Callable[[], Survey], is_there: Callable[[Survey], bool]) -> Survey:
    """Looks until an answer is there."""
    deadline = time.monotonic() + 5
    while not is_there(survey := take()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return survey


def test_no_look_waits_for_an_answer() -> None:
    host = SlowHost(seconds=1.0)
    surveyor = Surveyor(host)
    surveyor.take()  # what is loaded once is loaded
    began = time.monotonic()
    survey = surveyor.take()
    assert time.monotonic() - began < 0.5
    assert survey.runtimes[0].answer.reason == NOT_YET and kubelet(survey).summary.reason == NOT_YET
    surveyor.take()
    assert sorted(host.asked) == ["/run/containerd/containerd.sock", "configz", "healthz", "summary"]  # each once
    found = settled(surveyor.take, lambda one: one.runtimes[0].answer.known and kubelet(one).summary.known)
    assert len(runtime(found).images) > 5 and kubelet(found).healthz.value == "ok"


def test_the_first_look_has_a_head_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "HEAD_START_S", 0.3)
    host = SlowHost()
    Surveyor(host).take()
    assert host.asked == []
    time.sleep(0.8)
    assert "healthz" in host.asked


def test_a_report_waits_for_its_first_answers_but_not_long() -> None:
    host = SlowHost(seconds=0.3)
    survey = Surveyor(host, asker=Asker(host, patience=3.0)).take()
    assert runtime(survey).images and kubelet(survey).summary_status == 200
    slow = SlowHost(seconds=30.0)
    began = time.monotonic()
    survey = Surveyor(slow, asker=Asker(slow, patience=0.5)).take()
    assert time.monotonic() - began < 2.0
    assert survey.runtimes[0].answer.reason == NOT_YET and kubelet(survey).configz.reason == NOT_YET


def test_questions_are_asked_again_when_their_time_has_come() -> None:
    host = SlowHost()
    surveyor = Surveyor(host)
    settled(surveyor.take, lambda one: one.runtimes[0].answer.known and kubelet(one).configz.known)
    time.sleep(0.1)
    host.asked.clear()
    host.turned += 11
    surveyor.take()
    time.sleep(0.2)
    assert sorted(host.asked) == ["/run/containerd/containerd.sock", "healthz", "summary"]
    host.turned += 30
    surveyor.take()
    time.sleep(0.2)
    assert host.asked.count("configz") == 1


def test_an_old_answer_stands_with_its_own_time() -> None:
    host = SlowHost()
    surveyor = Surveyor(host)
    first = settled(surveyor.take, lambda one: one.runtimes[0].answer.known)
    host.fault = NoAnswer("silent: no answer to Version in time")
    host.turned += 60
    late = settled(surveyor.take, lambda one: bool(one.runtimes[0].answer.reason))
    assert runtime(late) == runtime(first) and runtime(late).wall < late.wall - 50
    assert late.runtimes[0].answer.reason == "silent: no answer to Version in time"
    host.fault = None
    host.turned += 60
    again = settled(surveyor.take, lambda one: not one.runtimes[0].answer.reason)
    assert runtime(again).wall > runtime(first).wall


def test_a_fault_of_our_own_shows_and_stops_nothing() -> None:
    host = SlowHost()
    host.fault = RuntimeError("oops")
    survey = settled(Surveyor(host).take, lambda one: one.runtimes[0].answer.reason != NOT_YET)
    assert "internal error" in survey.runtimes[0].answer.reason and "oops" in survey.runtimes[0].answer.reason


def test_an_answer_for_another_process_is_void() -> None:
    host = SlowHost()
    surveyor = Surveyor(host)
    settled(surveyor.take, lambda one: one.runtimes[0].answer.known)
    host._scenario = type(host._scenario)(**{**vars(host._scenario), "containerd": 4000.0})  # it was restarted
    host.seconds = 1.0
    assert surveyor.take().runtimes[0].answer.reason == NOT_YET


def test_asking_can_be_switched_off() -> None:
    host = SlowHost()
    survey = Surveyor(host, asker=Asker(host, off=True)).take()
    assert survey.kubelet.answer.reason == survey.runtimes[0].answer.reason == "not asked: switched off (--no-ask)"
    assert host.asked == []


def test_a_root_directory_is_not_asked() -> None:
    host = DemoHost("story", clock=lambda: 0.0)
    survey = Surveyor(RootDir(host.directory)).take()
    assert [one.answer.reason for one in survey.runtimes] == ["not asked: a root directory has no daemons that run"]
    assert survey.kubelet.answer.reason == "not asked: a root directory has no daemons that run"


def test_the_demo_node_answers_from_its_simulation() -> None:
    survey = Surveyor(DemoHost("story", clock=lambda: 0.0)).take()
    answer, asked = runtime(survey), kubelet(survey)
    assert [one.path for one in answer.imagefs] == [survey.runtimes[0].imagefs.value]
    assert {one.eligible for one in answer.images} == {True, False}
    assert any(use.namespace == "kube-system" for one in answer.images for use in one.used_by)
    seen = asked.summary.value
    assert seen is not None and seen.node_fs is not None and seen.image_fs is not None
    assert (seen.image_fs.capacity, seen.image_fs.available) == (seen.node_fs.capacity, seen.node_fs.available)  # stale
    assert asked.configz.value is not None and asked.configz.value["imageGCHighThresholdPercent"] == 60
    healthy = kubelet(Surveyor(DemoHost("healthy", clock=lambda: 0.0)).take()).summary.value
    assert healthy is not None and healthy.node_fs is not None and healthy.image_fs is not None
    assert healthy.image_fs.capacity != healthy.node_fs.capacity


def test_the_credential_that_was_named_is_shown(tmp_path: Any) -> None:
    token = tmp_path / "token"
    token.write_text("abc")
    options = cli.parse(["report", "--kubelet-token", str(token)])
    assert options.credential == Credential("token", str(token))
    host = SlowHost()
    Surveyor(host, asker=Asker(host, credential=options.credential, patience=3.0)).take()
    assert set(host.shown) == {Credential("token", str(token))}


def test_threads_do_not_pile_up() -> None:
    host = SlowHost(seconds=2.0)
    surveyor, others = Surveyor(host), threading.active_count()
    for _ in range(5):
        host.turned += 31
        surveyor.take()
    assert threading.active_count() - others <= 4  # one for each question


def test_which_socket_is_asked() -> None:
    survey = Surveyor(DemoHost("story", clock=lambda: 0.0)).take()
    state, node = survey.runtimes[0], survey.kubelet
    assert asking._endpoint(state, node, ()) == "/run/containerd/containerd.sock"
    own = replace(state, serves_kubelet=False)
    seen = ("/run/x/containerd.sock.ttrpc", "/run/x/debug.sock", "/run/x/containerd.sock")
    assert asking._endpoint(own, node, seen) == "/run/x/containerd.sock"
    with pytest.raises(NoAnswer, match="cannot be seen"):
        asking._endpoint(own, node, ())
    with pytest.raises(NoAnswer, match="speaks no CRI"):
        asking._endpoint(replace(own, kind="docker"), node, seen)
    config = node.config.value
    assert config is not None
    fields = {**config.fields, "imageServiceEndpoint": Fact("unix:///run/images.sock", DEFAULT)}
    apart = replace(node, config=replace(node.config, value=replace(config, fields=fields)))
    with pytest.raises(NoAnswer, match="another service, unix:///run/images.sock"):
        asking._endpoint(state, apart, ())
