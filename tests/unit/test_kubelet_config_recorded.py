"""The configurations that a real kubelet 1.36.2 was started with, and what it made of them (recorded)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.tree import TreeReader
from tui.kubelet.effective import effective_config
from tui.model import KubeletConfig, Origin, Word

FILE = Path(__file__).parents[1] / "data" / "recorded" / "kubelet-1.36-config-cases.txt"
HEADER = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
_ERROR = re.compile(r'"command failed" err=(?:"(?P<one>.*)"$|<\n\t(?P<many>.*?)\n >$)', re.MULTILINE | re.DOTALL)
_EFFECTIVE = re.compile(r"^effective: high (\d+), low (\d+), evictionHard (.*)$", re.MULTILINE)
DROPIN = re.compile(r"^drop-in (\S+): (.*)$", re.MULTILINE)


def sections() -> dict[str, str]:
    parts = re.split(r"^## ", FILE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {part.partition("\n")[0]: part.partition("\n")[2] for part in parts}


SECTIONS = sections()
CASES = [name for name, text in SECTIONS.items() if text.startswith("main:")]


def lines_of(written: str) -> bytes:
    return (HEADER + "\n".join(line.strip() for line in written.split(" | ")) + "\n").encode()


def started(text: str) -> KubeletConfig:
    """The case's kubelet; the directory is the recorded one where the log names it."""
    main = re.search(r"^main: +(.*)$", text, re.MULTILINE)
    assert main
    found = re.search(r"(/root/e/d\d+)", text)
    folder = found.group(1) if found else "/root/e/d"
    # the recording shows "only the lines that matter"; its host ran without QoS cgroups, which one case's error proves
    files = {"/root/e/config.yaml": lines_of(f"{main.group(1)} | cgroupsPerQOS: false")}
    dropins = [(name, body) for name, body in DROPIN.findall(text)]
    files |= {f"{folder}/{name}": b"" if body == "ignored" else lines_of(body) for name, body in dropins}
    flags = re.search(r"^flags: +(.*)$", text, re.MULTILINE)
    words = ["/usr/bin/kubelet", "--config=/root/e/config.yaml"]
    words += [f"--config-dir={folder}"] if dropins else []
    words += flags.group(1).split() if flags else []
    line = [Word(word, Origin("proc", "/proc/700/cmdline")) for word in words]
    return effective_config(line, TreeReader(files), minor=36, cgroup_v1=False)


def logged_error(text: str) -> str:
    found = _ERROR.search(text)
    if not found:
        return ""
    said = found.group("one") or found.group("many").replace("\n\t", "\n")
    return said.partition(", path: &TypeMeta")[0].replace('\\"', '"')


def test_the_recording_has_its_cases() -> None:
    assert len(CASES) == 17


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    text = SECTIONS[name]
    config = started(text)
    assert config.error == logged_error(text)
    effective = _EFFECTIVE.search(text)
    if effective:
        wanted: dict[str, Any] | None = json.loads(effective.group(3))
        assert config.fields["imageGCHighThresholdPercent"].value == int(effective.group(1))
        assert config.fields["imageGCLowThresholdPercent"].value == int(effective.group(2))
        assert config.fields["evictionHard"].value == (wanted or {})
        assert {key: fact.value for key, fact in config.signals["evictionHard"].items()} == (wanted or {})
        assert {one.signal for one in config.eviction} == set(wanted or {})


def test_skipped_files_are_noted() -> None:
    notes = [note for note in started(SECTIONS["low40+dropin-both+skipped"]).notes if note.code == "ignored-file"]
    assert [str(note.origin) for note in notes] == ["/root/e/d4/20-note.yaml"]


def test_a_misspelt_key_is_noted_where_it_stands() -> None:
    note = next(note for note in started(SECTIONS["wrongcase-main"]).notes if note.code == "wrong-case")
    assert "imageGCHighThresholdPercent" in note.text
    assert str(note.origin) == "/root/e/config.yaml:4"


def test_a_host_with_cgroup_v1_is_refused() -> None:
    text = next(text for name, text in SECTIONS.items() if name.startswith("no failCgroupV1"))
    words = [Word(word, Origin("proc", "/proc/1/cmdline")) for word in ("kubelet", "--config=/c")]
    files = TreeReader({"/c": HEADER.encode()})
    assert effective_config(words, files, minor=36, cgroup_v1=True).error == logged_error(text)
    files = TreeReader({"/c": (HEADER + "failCgroupV1: false\n").encode()})
    assert effective_config(words, files, minor=36, cgroup_v1=True).error == ""


def test_1_20_prints_the_error_bare() -> None:
    text = next(text for name, text in SECTIONS.items() if name.startswith("kubelet v1.20.2"))
    logged = re.search(r"server\.go:\d+\] (.*)", text)
    assert logged
    words = [Word(word, Origin("proc", "/proc/1/cmdline")) for word in ("kubelet", "--config=/c")]
    files = TreeReader({"/c": (HEADER + "imageGCHighThresholdPercent: 70\n").encode()})
    assert effective_config(words, files, minor=20).error == logged.group(1)
