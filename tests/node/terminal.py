"""The app on a real terminal inside the node: tmux runs it, keys go in, the screen comes out."""

from __future__ import annotations

import re
import time

from tests.node.node import Node


class Terminal:
    """A tmux session with one program; use as a context manager."""

    def __init__(self, node: Node, command: str = "imagegc", columns: int = 120, rows: int = 40) -> None:
        self.node = node
        self._tmux("new-session", "-d", "-s", "app", "-x", str(columns), "-y", str(rows), command)
        self._tmux("set-option", "-t", "app", "remain-on-exit", "on")
        self._tmux("set-option", "-s", "escape-time", "50")

    def _tmux(self, *words: str) -> str:
        return self.node.run(["tmux", "-f", "/dev/null", "-L", "test", *words])

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self._tmux("kill-server")

    def keys(self, *names: str) -> None:
        """Press keys, by tmux's names."""
        self._tmux("send-keys", "-t", "app", *names)

    def screen(self) -> str:
        """What stands on the screen."""
        return self._tmux("capture-pane", "-p", "-t", "app")

    def wait(self, pattern: str, timeout: float = 20) -> str:
        """Wait until the screen matches; raises ``TimeoutError`` with the screen."""
        deadline = time.monotonic() + timeout
        while True:
            seen = self.screen()
            if re.search(pattern, seen):
                return seen
            if time.monotonic() > deadline:
                raise TimeoutError(f"the screen never showed {pattern!r}:\n{seen}")
            time.sleep(0.3)
