"""Calls that may never return, asked without ever waiting longer than a limit."""

from __future__ import annotations

import errno
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

_SLOW_S = 0.02  # a call that takes longer gets a thread of its own: the rest goes on without it


class _Batch(Generic[T]):
    """The keys of one question: what is still to be asked, and what came back."""

    def __init__(self, keys: Sequence[str]) -> None:
        self.todo = deque(keys)
        self.open = len(keys)
        self.answers: dict[str, T | OSError] = {}


class Bounded(Generic[T]):
    """``call(key)`` in daemon threads; per key at most one call is ever under way, however often it is asked.

    A key whose call does not come back answers ``TimeoutError``, at once as long as that same call hangs. Daemon
    threads do not keep the interpreter from ending.
    """

    def __init__(self, call: Callable[[str], T], limit_s: float) -> None:
        """``limit_s``: seconds that one ``ask`` may take altogether."""
        self._call = call
        self._limit_s = limit_s
        self._done = threading.Condition()
        self._under_way: set[str] = set()

    def ask(self, keys: Sequence[str]) -> Mapping[str, T | OSError]:
        """The answer for each key; an exception that the call raised, or ``TimeoutError``, takes its place."""
        deadline = time.monotonic() + self._limit_s
        with self._done:
            fresh = [key for key in dict.fromkeys(keys) if key not in self._under_way]
            self._under_way.update(fresh)
            batch = _Batch[T](fresh)
            seen = batch.open
            while batch.open and (left := deadline - time.monotonic()) > 0:
                if batch.todo and batch.open == seen:  # no progress: whoever works on it is stuck, or nobody does yet
                    threading.Thread(target=self._work, args=(batch,), daemon=True, name="bounded").start()
                seen = batch.open
                self._done.wait(min(_SLOW_S, left))
            self._under_way.difference_update(batch.todo)
            batch.todo.clear()
            answers = dict(batch.answers)
        for key in keys:
            answers.setdefault(key, TimeoutError(f"no answer within {self._limit_s:g} s"))
        return answers

    def _work(self, batch: _Batch[T]) -> None:
        while True:
            try:
                key = batch.todo.popleft()
            except IndexError:
                return
            try:
                answer: T | OSError = self._call(key)
            except OSError as error:
                answer = error
            except Exception as error:  # a fault of ours: it must show, and must not leave the key hanging for good
                answer = OSError(errno.EIO, f"{type(error).__name__}: {error}", key)
            with self._done:
                batch.answers[key] = answer
                batch.open -= 1
                self._under_way.discard(key)
                if not batch.open:
                    self._done.notify_all()
