"""The questions to the daemons themselves: asked in the background, so that no look ever waits for an answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Generic, TypeVar

from tui.model import Credential, Fact, KubeletAnswer, KubeletState, Origin, Process, RuntimeAnswer, RuntimeState
from tui.node import kubelet_http as http
from tui.node.host import Answering, Host, HttpAnswer, NoAnswer
from tui.node.look import Look
from tui.node.runtimes import USUAL_ENDPOINT, endpoint_of, plain_path

T = TypeVar("T")

AGE_S = 10.0
"""Seconds on the node's clock after which a question is asked again; the kubelet itself looks as often."""
CONFIGZ_AGE_S = 30.0
RUNTIME_LIMIT_S = 5.0
HTTP_LIMIT_S = 2.0
HEAD_START_S = 0.5
"""Seconds that the first dashboard has for itself before anything is loaded for a question."""

NOT_YET = "asked, no answer yet"


class Asker:
    """Asks a host's kubelet and runtimes again and again, and adds their answers to what was read of them."""

    def __init__(
        self, host: Host, *, credential: Credential | None = None, patience: float = 0.0, off: bool = False
    ) -> None:
        """``patience``: seconds that the first look waits for its answers; ``off``: ask nothing at all."""
        self._host: Answering | None = host if isinstance(host, Answering) and not off else None
        self._silence = "switched off (--no-ask)" if off else "a root directory has no daemons that run"
        self._credential = credential
        self._patience = patience
        self._delay = 0.0 if patience else HEAD_START_S
        most = 0.9 * patience or RUNTIME_LIMIT_S  # within its patience a look hears why there is no answer
        self._limit, self._http_limit = min(RUNTIME_LIMIT_S, most), min(HTTP_LIMIT_S, most)
        self._healthz: _Question[Fact[str]] = _Question(Fact.unknown, AGE_S)
        self._configz: _Question[Fact[Mapping[str, Any]]] = _Question(Fact.unknown, CONFIGZ_AGE_S)
        self._summary = _Question(_no_summary, AGE_S)
        self._runtimes: dict[int, _Question[Fact[RuntimeAnswer]]] = {}
        self._unasked: dict[int, str] = {}

    def ask(
        self,
        look: Look,
        kubelet: KubeletState,
        runtimes: Sequence[RuntimeState],
        sockets: Callable[[Process], Sequence[str]],
    ) -> None:
        """Put whatever question is due. ``sockets``: those on which a process is seen to listen."""
        if self._host is None:
            return
        delay = None if self._host.instant else self._delay
        if kubelet.process.value:
            self._ask_kubelet(self._host, kubelet, kubelet.process.value, look, delay)
        asked: dict[int, _Question[Fact[RuntimeAnswer]]] = {}
        for runtime in runtimes:
            process = runtime.process.value
            if process is None:
                continue
            try:
                endpoint = _endpoint(runtime, kubelet, sockets(process))
            except NoAnswer as error:
                self._unasked[process.pid] = str(error)
                continue
            question = self._runtimes.get(process.pid) or _Question(Fact.unknown, AGE_S)
            asked[process.pid] = question
            call = _runtime_call(self._host, endpoint, self._limit, question)
            question.put((process.pid, process.started, endpoint), call, look, delay)
        self._runtimes = asked
        self._delay = 0.0

    def answered(
        self, kubelet: KubeletState, runtimes: Sequence[RuntimeState]
    ) -> tuple[KubeletState, tuple[RuntimeState, ...]]:
        """Both with the newest answers, or why there are none."""
        self._wait()
        return replace(kubelet, answer=self._kubelet(kubelet)), tuple(
            replace(runtime, answer=self._runtime(runtime)) for runtime in runtimes
        )

    def _wait(self) -> None:
        """At the first look only, and no longer than ``patience``."""
        until = time.monotonic() + self._patience
        if self._patience:
            questions: list[_Question[Any]] = [self._healthz, self._configz, self._summary, *self._runtimes.values()]
            for question in questions:
                question.wait(until - time.monotonic())
        self._patience = 0.0

    def _ask_kubelet(
        self, host: Answering, kubelet: KubeletState, process: Process, look: Look, delay: float | None
    ) -> None:
        at, credential = http.ports(kubelet.config.value), self._credential
        whom = (process.pid, process.started, at)

        def get(url: str) -> HttpAnswer:
            return host.get(url, credential, self._http_limit)

        self._healthz.put(whom, lambda: http.healthz(get, at), look, delay)
        self._configz.put(whom, lambda: http.configz(get, at, credential), look, delay)
        self._summary.put(whom, lambda: http.summary(get, at, credential), look, delay)

    def _kubelet(self, kubelet: KubeletState) -> Fact[KubeletAnswer]:
        if self._host is None:
            return Fact.unknown(f"not asked: {self._silence}")
        if kubelet.process.value is None:
            return Fact.unknown(f"not asked: {kubelet.process.reason}")
        said = self._summary.answer
        answer = KubeletAnswer(
            wall=max(self._healthz.wall, self._configz.wall, self._summary.wall),
            healthz=self._healthz.answer,
            configz=self._configz.answer,
            summary=said.summary,
            summary_status=said.status,
        )
        return Fact(answer, Origin("socket", "the kubelet's HTTP ports"))

    def _runtime(self, runtime: RuntimeState) -> Fact[RuntimeAnswer]:
        if self._host is None:
            return Fact.unknown(f"not asked: {self._silence}")
        process = runtime.process.value
        if process is None:
            return Fact.unknown(f"not asked: {runtime.process.reason}")
        question = self._runtimes.get(process.pid)
        if question is None:
            return Fact.unknown(f"not asked: {self._unasked.get(process.pid, 'it has only just been seen')}")
        return question.answer


class _Question(Generic[T]):
    """One question, under way at most once; its answer stands until the next one comes."""

    def __init__(self, unknown: Callable[[str], T], age: float) -> None:
        """``unknown``: makes of a reason what stands for an answer; ``wall``: when the answer was asked for."""
        self._unknown = unknown
        self._age = age
        self._asked = float("-inf")
        self._whom: object = None
        self._thread: threading.Thread | None = None
        self.answer = unknown(NOT_YET)
        self.wall = 0.0

    def put(self, whom: object, ask: Callable[[], T], look: Look, delay: float | None) -> None:
        """Ask if it is time. ``whom``: another one's answers are void. ``delay``: seconds; None asks here and now."""
        if whom != self._whom:
            self._whom, self._thread, self._asked = whom, None, float("-inf")
            self.answer, self.wall = self._unknown(NOT_YET), look.wall
        if look.mono - self._asked < self._age or (self._thread and self._thread.is_alive()):
            return
        self._asked = look.mono
        if delay is None:
            self.answer, self.wall = self._heard(ask), look.wall
            return

        def work() -> None:
            time.sleep(delay)
            answer = self._heard(ask)
            if whom == self._whom:
                self.answer, self.wall = answer, look.wall

        self._thread = threading.Thread(target=work, daemon=True, name="asking")
        self._thread.start()

    def _heard(self, ask: Callable[[], T]) -> T:
        """The answer; a fault of our own code takes its place, with its text."""
        try:
            return ask()
        except Exception as error:
            return self._unknown(f"internal error, please report it: {type(error).__name__}: {error}")

    def wait(self, seconds: float) -> None:
        """Wait for the answer that is under way, if any."""
        if self._thread:
            self._thread.join(max(seconds, 0.0))


def _no_summary(reason: str) -> http.SummaryAnswer:
    return http.SummaryAnswer(Fact.unknown(reason))


def _runtime_call(
    host: Answering, endpoint: str, limit: float, question: _Question[Fact[RuntimeAnswer]]
) -> Callable[[], Fact[RuntimeAnswer]]:
    """The call; when it fails, the old answer stays, with its own time and the reason why there is no newer one."""

    def call() -> Fact[RuntimeAnswer]:
        try:
            return Fact(host.ask_runtime(endpoint, limit), Origin("socket", endpoint))
        except NoAnswer as error:
            return replace(question.answer, reason=str(error))

    return call


def _endpoint(runtime: RuntimeState, kubelet: KubeletState, sockets: Sequence[str]) -> str:
    """The path of the socket to ask: the kubelet's, or the one on which a runtime of its own listens.

    Raises :class:`NoAnswer` where there is none, or where its images are not those that the kubelet sees.
    """
    if runtime.kind == "docker":
        raise NoAnswer("Docker itself speaks no CRI")
    if runtime.serves_kubelet:
        endpoint = endpoint_of(kubelet) or USUAL_ENDPOINT
        config = kubelet.config.value
        images = config.fields.get("imageServiceEndpoint") if config else None
        if images and images.value and plain_path(str(images.value)) != endpoint:
            raise NoAnswer(f"the kubelet takes its images from another service, {images.value}")
        return endpoint
    own = (path for path in sockets if path.endswith(".sock") and "debug" not in path.rpartition("/")[2])
    if path := next(own, ""):
        return path
    raise NoAnswer("its socket cannot be seen")
