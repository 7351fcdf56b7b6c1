"""Kubelets without a process or unit of their own name: k3s and MicroK8s run them inside, RKE2 and k0s start them.

Which words they get is tui.distro.embedded's rule; k3s's own log line, when it can be read, is better.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from tui.distro.embedded import Embedded, k0s_words, microk8s_words, rancher_words
from tui.kubelet.versions import NEWEST
from tui.model import LogLine, Origin, Reader, Word

CARRIERS = {
    "k3s.service": "k3s",
    "k3s-agent.service": "k3s",
    "rke2-server.service": "rke2",
    "rke2-agent.service": "rke2",
    "k0sworker.service": "k0s",
    "k0scontroller.service": "k0s",
    "snap.microk8s.daemon-kubelite.service": "kubelite",
}
"""The units that start a kubelet inside or below another program, and that program."""

NOTHING = Embedded(())
_BEFORE_DROP_INS = 31
_SPOKEN = re.compile(r'msg="Running kubelet (?P<words>(?:[^"\\]|\\.)*)"')


def words(carrier: str, command: Sequence[Word], reader: Reader, minor: int | None, env: Mapping[str, str]) -> Embedded:
    """The kubelet's words, its name first, from the carrier's command line and files.

    ``minor`` None, not known: the newest rules, or those from before drop-ins where their directory does not exist.
    """
    if carrier == "kubelite":
        return microk8s_words(reader)
    if carrier == "k0s":
        return k0s_words(command, reader)
    found = rancher_words(command, reader, minor=minor or NEWEST, name=carrier, env=env)
    if minor is None and not all(_is_there(reader, word.text) for word in found.words):
        return rancher_words(command, reader, minor=_BEFORE_DROP_INS, name=carrier, env=env)
    return found


def _is_there(reader: Reader, word: str) -> bool:
    flag, _, path = word.partition("=")
    try:
        return flag != "--config-dir" or reader.stat(path).kind == "dir"
    except OSError:
        return False


def spoken(lines: Iterable[LogLine]) -> tuple[Word, ...]:
    """The words of k3s's own ``Running kubelet --...`` line, the newest; () without one."""
    found: tuple[Word, ...] = ()
    for line in lines:
        if hit := _SPOKEN.search(line.message):
            texts = ("kubelet", *hit["words"].replace('\\"', '"').split(" "))
            found = tuple(Word(text, Origin("journal", "journalctl", None, line.message)) for text in texts if text)
    return found
