"""The report: valid, documented data; readable text; nothing of a hostile node reaches the terminal."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from tests import answers as a
from tests.builders import WALL, containerd, kubelet, kubelet_config, story, survey
from tui.assess.judge import assess
from tui.demo.node import DemoHost
from tui.model import DEFAULT, Assessment, Fact, Survey, UnderRoot
from tui.node.survey import Surveyor
from tui.report.columns import cells, table, to_ascii, wrap
from tui.report.data import SCHEMA, as_data, as_json
from tui.report.strings import Raw, harmless
from tui.report.text import as_text

SCHEMA_TEXT = (Path(__file__).resolve().parent.parent.parent / "tui/report/schema.md").read_text(encoding="utf-8")
HOSTILE = "[/x]\n\x1b[31mred\x07\u202e漢字\udcff\udc80|" + "n" * 255
FIXED = {"kind", "state", "fate", "resource", "level"}
"""Fields whose values are words of this tool, not of the node."""


def assessments() -> dict[str, Assessment]:
    found = {name: assess(Surveyor(DemoHost(name, clock=lambda: 0.0)).take()) for name in ("story", "healthy")}
    return {**found, "built": assess(story()), "plain": assess(survey())}


def hostile(value: Any, name: str = "") -> Any:
    """The same thing with every string of the node made hostile."""
    if isinstance(value, str):
        return value if name in FIXED else f"{value}{HOSTILE}"
    if isinstance(value, Enum) or value is None:
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {each.name: hostile(getattr(value, each.name), each.name) for each in dataclasses.fields(value)}
        return dataclasses.replace(value, **fields)
    if isinstance(value, Mapping):
        return {key: hostile(each, name) for key, each in value.items()}
    if isinstance(value, tuple):
        return tuple(hostile(each, name) for each in value)
    return value


def keys(value: Any, inside: str = "") -> Iterator[str]:
    """All keys of the data, those that the node names left out."""
    if isinstance(value, dict):
        for key, each in value.items():
            if inside not in ("fields", "values", "raw", "value") and not inside.startswith("eviction"):
                yield key
            yield from keys(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from keys(each, inside)


@pytest.mark.parametrize("name", ["story", "healthy", "built", "plain"])
def test_data_is_json_and_every_key_is_documented(name: str) -> None:
    data = as_data(assessments()[name])
    assert json.loads(as_json(data)) == data
    assert data["schema"] == SCHEMA and f"`{SCHEMA}`" in SCHEMA_TEXT
    documented = set(re.findall(r"`(\w+)`", SCHEMA_TEXT))
    assert sorted(set(keys(data)) - documented) == []


def test_data_holds_the_figures_of_the_model() -> None:
    assessment = assessments()["story"]
    data = as_data(assessment)
    assert data["exit_code"] == assessment.exit_code == 2
    disk = next(disk for disk in data["disks"] if disk["mountpoint"] == "/mnt/images")
    assert disk["usage"]["available"] == 7_568_711_680 and disk["usage"]["kubelet_percent"] == 93
    assert data["measured"]["state"] == "stale" and data["measured"]["mountpoint"] == "/"
    high = next(setting for setting in data["settings"] if setting["key"] == "imageGCHighThresholdPercent")
    assert high["fact"]["value"] == 60 and high["fact"]["origin"]["line"] == 45
    assert high["fact"]["beaten"][0] == {
        "value": 85,
        "origin": {"kind": "default", "where": "default", "line": None, "text": ""},
    }


def test_environment_values_stay_out_of_the_data() -> None:
    printed = json.dumps(as_data(assessments()["story"]))
    assert "KUBELET_ARGS" not in printed and "LANG=" not in printed


def test_hostile_strings_in_data_are_ascii_valid_and_lossless() -> None:
    assessment = hostile(assessments()["story"])
    data = as_data(assessment)
    printed = as_json(data)
    assert printed.isascii() and printed.replace("\n", "").isprintable()
    assert json.loads(printed) == data
    assert not re.search(r"\\ud[89a-f]", printed.replace("\\\\", ""), re.IGNORECASE)
    mountpoint = assessment.survey.mounts[0].mount.mountpoint
    assert base64.b64decode(data["raw"]["/mounts/0/mountpoint"]) == mountpoint.encode("utf-8", "surrogateescape")
    assert data["mounts"][0]["mountpoint"] == mountpoint.replace("\udcff\udc80", "\\xff\\x80")


def test_valid_strings_are_given_as_they_are() -> None:
    raw: Raw = {}
    odd = ["a\\x2db", "한국어", "tab\there", "\x1b[0m", "😀"]
    assert harmless({"a": odd}, raw) == {"a": odd} and raw == {}


def test_pointers_and_odd_numbers() -> None:
    raw: Raw = {}
    clean = harmless({"a/b": {"c~d": ["x", "\udc80"]}, "n": float("nan"), "s": "\ud800"}, raw)
    assert clean == {"a/b": {"c~d": ["x", "\\x80"]}, "n": "nan", "s": "\\ud800"}
    assert raw == {"/a~1b/c~0d/1": base64.b64encode(b"\x80").decode(), "/s": base64.b64encode(b"\xed\xa0\x80").decode()}
    assert harmless("plain", raw) == "plain"


def test_text_says_what_the_dashboard_says() -> None:
    text = as_text(assessments()["story"])
    for words in (
        "CRITICAL: Image GC follows / (31 %)",
        "/mnt/images",
        "kubelet-config.yaml:45",
        "over 85  [default]",
        "wants to free 55 522 593 996 B",
        "the kubelet measures / (/dev/xvda1), and images are elsewhere",
        "systemctl restart kubelet",
        "DEMO",
        "an edit of /etc/kubernetes/kubelet-config.yaml",
    ):
        assert words in text
    assert as_text(assessments()["healthy"]).splitlines()[3].startswith("OK: ")


def test_hostile_strings_in_text_cannot_act() -> None:
    text = as_text(hostile(assessments()["story"]))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]", text)
    assert "[/x]\\n\\x1b[31mred" in text
    assert text.encode("utf-8")


def test_text_in_ascii() -> None:
    assert as_text(hostile(assessments()["story"]), ascii_only=True).isascii()
    assert to_ascii("a ≤ b — 漢…") == "a <= b - \\u6f22..."


@pytest.mark.parametrize("width", [80, 100, 160])
def test_prose_keeps_within_the_width(width: int) -> None:
    text = as_text(assessments()["story"], width)
    prose = [line for line in text.splitlines() if re.match(r" {10,}\S| {2}(warning|critical|info) ", line)]
    assert prose
    for line in prose:
        assert cells(line) <= width or len(line.split()) < 3, line


def test_columns_line_up_with_wide_characters() -> None:
    lines = table([("漢字", "x"), ("abcd", "y"), ("e\u0301", "z")], indent=0)
    assert [cells(line[:-1]) for line in lines] == [6, 6, 6]


def test_wrap_breaks_at_blanks_and_never_inside_a_word() -> None:
    assert wrap("aa bb cccccccccc d", 8, first="- ") == ["- aa bb", "  cccccccccc", "  d"]
    assert wrap("", 8, first="x ") == ["x"]


def asked() -> Survey:
    """A node whose daemons answer, with a hostile image name and a contradiction."""
    images = [
        a.image("old:1", 60 << 30),
        a.image(f"bad{HOSTILE}:1", 1 << 30, used_by=(a.APP,), gives_back=Fact.unknown("not measured\x1b")),
        *(a.image(f"many:{at}", at << 20) for at in range(20)),
    ]
    root = UnderRoot("/var/lib/containerd", {"content": (5, 1)}, (), True, 1, WALL)
    runtime = containerd(answer=a.asked(images, path="/var/lib/x"), under_root=Fact(root, DEFAULT))
    config = kubelet_config(high=60, low=40)
    answer = a.said(configz={**a.configz(config, imageGCHighThresholdPercent=85), "staticPodURLHeader": "secret"})
    return survey(runtimes=(runtime,), kubelet_state=kubelet(config, answer=answer))


def test_text_on_images_and_answers() -> None:
    text = as_text(assess(asked()))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]", text)
    part = text[text.index("\nImages\n") :]
    assert part.splitlines()[2].startswith("  21 of 22 images may go: unused images count 60.2G")
    assert "may go, in an order that is not known here" in part
    assert re.search(r"^ +old:1 +60\.0G +~ 120\.0G$", part, re.MULTILINE)
    assert re.search(r"1\.0G +\? +default/web-1/app running$", part, re.MULTILINE)
    assert "and 11 more (--json lists them)" in part
    assert "contradiction   imageGCHighThresholdPercent: it obeys 85, its files say 60" in text
    assert "secret" not in text
    assert "\nImages\n  not known: not asked\n" in as_text(assess(survey()))


def test_data_on_images_and_answers() -> None:
    data = as_data(assess(asked()))
    assert json.loads(as_json(data)) == data
    assert sorted(set(keys(data)) - set(re.findall(r"`(\w+)`", SCHEMA_TEXT))) == []
    images = data["images"]
    assert images["known"] and images["counts"] == (60 << 30) + sum(at << 20 for at in range(20))
    assert len(images["eligible"]) == 21 and images["order"] == "unknown"
    assert images["kept"][0]["used_by"] == [{"namespace": "default", "pod": "web-1", "name": "app", "state": "running"}]
    assert images["kept"][0]["gives_back"]["known"] is False and "/images/kept/0/names/0" in data["raw"]
    assert images["run"]["wanted"] > 0 and images["run"]["due"] is False
    assert data["kubelet"]["contradictions"][0]["answer"] == "85"
    assert data["kubelet"]["answer"]["configz"]["value"]["imageGCHighThresholdPercent"] == 85
    assert "secret" not in as_json(data) and "/var/lib/x" in as_json(data)
    assert data["runtimes"][0]["under_root"]["parts"] == [{"part": "content", "allocated": 5, "inodes": 1}]


def test_every_finding_code_is_documented() -> None:
    sources = Path(__file__).resolve().parent.parent.parent / "tui/assess"
    found: set[str] = set()
    for path in sources.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        found.update(re.findall(r'Finding\(\s*"([a-z-]+)"', text))
    assert len(found) > 20
    assert sorted(found - set(re.findall(r"`([a-z-]+)`", SCHEMA_TEXT))) == []
