"""The app on a real terminal inside the node: tmux runs it, keys go in, the screen comes out."""

from __future__ import annotations

import re
import time

from tests.node.node import Node

STATUS = "/run/app.status"


class Terminal:
    """A tmux session with one program; use as a context manager."""

    def __init__(self, node: Node, command: str = "imagegc", columns: int = 120, rows: int = 40) -> None:
        self.node = node
        node.run(["rm", "-f", STATUS])
        whole = f"{command}; echo $? > {STATUS}"  # tmux 3.3a sometimes never reaps what it ran
        self._tmux("new-session", "-d", "-s", "app", "-x", str(columns), "-y", str(rows), whole)
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

    def quit(self, timeout: float = 20) -> float:
        """Press q; the seconds until the program has ended. Its status must be 0."""
        began = time.monotonic()
        self.keys("q")
        while True:
            status = self.node.run(["cat", STATUS], check=False).strip()
            if status:
                assert status == "0", f"the program ended with status {status}"
                return time.monotonic() - began
            if time.monotonic() - began > timeout:
                raise TimeoutError(f"the program did not end:\n{self.screen()}")
            time.sleep(0.02)
