"""Decoding one file: go-yaml's and Go's JSON rules, the kubelet's texts, lines (kubelet-gc.md 1.3)."""

from __future__ import annotations

from typing import Any

import pytest

from tui.kubelet import decode, duration, jsongo, yamlgo
from tui.kubelet.tree import ConfigError, Node

HEADER = "kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\n"
JSON = '{"kind":"KubeletConfiguration","apiVersion":"kubelet.config.k8s.io/v1beta1"'


def values(body: str, minor: int = 36) -> dict[str, Any]:
    found = decode.decode((HEADER + body).encode("utf-8", "surrogateescape"), minor).values
    return {name: value for name, value in found.items() if name not in ("kind", "apiVersion")}


def refusal(text: str, minor: int = 36) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        decode.decode(text.encode("utf-8", "surrogateescape"), minor)
    return caught.value


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("060", 48),
        ("0o60", 48),
        ("0O60", 48),
        ("0x3C", 60),
        ("0b111100", 60),
        ("1_0", 10),
        ("08", 8),
        ("+60", 60),
        ("60.0", 60),
        ("60.", 60),
        ("6e1", 60),
        (".6e2", 60),
        ("-0x10", -16),
        ("!!int '60'", 60),
        ("! '60'", 60),
        ("&a 60", 60),
    ],
)
def test_yaml_1_1_numbers(text: str, number: int) -> None:
    assert values(f"imageGCHighThresholdPercent: {text}\n") == {"imageGCHighThresholdPercent": number}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("60.5", "number 60.5"),
        ("'60'", "string"),
        ("0x", "string"),
        ("1 0", "string"),
        ("2020-01-01", "string"),
        ("1:30", "string"),
        ("yes", "bool"),
        ("[60]", "array"),
        ("{a: 60}", "object"),
        ("1e21", "number 1e+21"),
        ("1e-7", "number 1e-7"),
        ("2147483648", "number 2147483648"),
    ],
)
def test_what_is_no_int32(text: str, what: str) -> None:
    error = refusal(f"{HEADER}\nimageGCHighThresholdPercent: {text}\n")
    field = "KubeletConfiguration.imageGCHighThresholdPercent"
    assert error.text == f"json: cannot unmarshal {what} into Go struct field {field} of type int32"
    assert error.line == 4


@pytest.mark.parametrize("word", ["y", "Y", "yes", "On", "TRUE", "true"])
def test_yaml_1_1_booleans(word: str) -> None:
    assert values(f"failSwapOn: {word}\n") == {"failSwapOn": True}
    assert values(f"failSwapOn: !!bool {word}\n") == {"failSwapOn": True}


def test_tabs_may_stand_between_tokens_but_not_before_them() -> None:
    assert values("imageGCHighThresholdPercent:\t60\t# x\n") == {"imageGCHighThresholdPercent": 60}
    error = refusal(HEADER + "evictionHard:\n\tnodefs.available: 5%\n")
    assert (error.line, error.column) == (4, 1)
    assert error.ours
    assert error.text.endswith("indent with spaces, not tabs")


def test_flow_keys_may_hold_colons_and_values_percents() -> None:
    assert values("evictionHard: {imagefs.available:15%, 'nodefs.available':5%}\n")["evictionHard"] == {
        "imagefs.available:15%": "",
        "nodefs.available": "5%",
    }


def test_anchors_and_merge_keys() -> None:
    body = (
        "evictionSoft: &a {memory.available: 1Gi, nodefs.available: 9%}\nevictionHard:\n  <<: *a\n  pid.available: 5%\n"
    )
    decoded = decode.decode((HEADER + body).encode(), 36)
    assert decoded.values["evictionHard"] == {
        "memory.available": "1Gi",
        "nodefs.available": "9%",
        "pid.available": "5%",
    }
    assert decoded.places["evictionHard"].keys == {"memory.available": 3, "nodefs.available": 3, "pid.available": 6}


def test_a_merge_key_overrides_what_stands_before_it() -> None:
    body = "x: &a {nodefs.available: 9%}\nevictionHard: {nodefs.available: 1%, <<: *a}\n"
    assert values(body)["evictionHard"] == {"nodefs.available": "9%"}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("a: *b\n", "yaml: unknown anchor 'b' referenced"),
        ("a: &a {b: *a}\n", "yaml: anchor 'a' value contains itself"),
        ("? {a: b}\n: c\n", "yaml: line 3: invalid map key: a map or a list"),
        ("<<: 5\n", "yaml: map merge requires map or sequence of maps as the value"),
        ("a: .nan\n", "json: unsupported value: NaN"),
        ("a: !!int x\n", "yaml: cannot decode !!str `x` as a !!int"),
    ],
)
def test_yaml_that_cannot_be_decoded(body: str, text: str) -> None:
    error = refusal(HEADER + body)
    assert (error.text, error.line) == (text, 3)


def test_documents_that_explode_through_aliases_are_refused() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]" for before, name in zip("abcdefg", "bcdefgh", strict=True)
    ]
    assert refusal(HEADER + "\n".join(lines)).text == "yaml: document contains excessive aliasing"


def test_keys_of_other_types_become_strings() -> None:
    node, _ = yamlgo.load(b"1: a\n1.5: b\nyes: c\n0x10: d\n")
    assert [entry.key for entry in node.entries] == ["1", "1.5", "16", "true"]


@pytest.mark.parametrize(
    ("key", "said"),
    [("1e3", "1000"), ("1e6", "1e+06"), ("1234567.0", "1.234567e+06"), ("0.00001", "1e-05"), ("-1.50", "-1.5")],
)
def test_float_keys_are_written_as_go_does(key: str, said: str) -> None:
    assert values(f"evictionHard: {{{key}: 10%}}\n")["evictionHard"] == {said: "10%"}


def test_an_empty_value_stands_where_its_key_does() -> None:
    decoded = decode.decode((HEADER + "clusterDNS:\nclusterDNS:\n\nfailSwapOn: false\n").encode(), 36)
    assert decoded.strict == ('yaml: unmarshal errors:\n  line 4: key "clusterDNS" already set in map',)


@pytest.mark.parametrize("first", [".nan", "-.inf", "{~: 1}"])
def test_what_a_later_key_replaces_is_not_refused(first: str) -> None:
    field = "evictionHard" if first.startswith("{") else "imageGCLowThresholdPercent"
    last = "{pid.available: 5%}" if first.startswith("{") else "60"
    assert refusal(f"{HEADER}{field}: {first}\n").line == 3
    assert values(f"{field}: {first}\n{field}: {last}\n")[field] in ({"pid.available": "5%"}, 60)


def test_a_byte_order_mark_makes_json_yaml() -> None:
    text = f'\ufeff{JSON}, "imageGCHighThresholdPercent": 60.0}}'
    assert decode.decode(text.encode(), 36).format == "yaml"
    assert "number 60.0 into" in refusal(text[1:]).text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 060}', "invalid character '6' after object key:value pair"),
        ('{"a": 0x3C}', "invalid character 'x' after object key:value pair"),
        ('{"a": 1,}', "invalid character '}' looking for beginning of object key string"),
        ('{"a": tru}', "invalid character '}' in literal true (expecting 'e')"),
        ('{"a": "\n"}', "invalid character '\\n' in string literal"),
        ("{'a': 1}", "invalid character '\\'' looking for beginning of object key string"),
        ('{"a": 1', "unexpected end of JSON input"),
        ('{"a": 1}}', "invalid character '}' after top-level value"),
        ('{"a": "\\x"}', "invalid character 'x' in string escape code"),
        ('{"a": 1.}', "invalid character '}' after decimal point in numeric literal"),
    ],
)
def test_json_errors_are_gos(text: str, said: str) -> None:
    assert refusal(text).text == f"couldn't get version/kind; json parse error: {said}"


def test_json_strings() -> None:
    node = jsongo.load(b'{"\\u00e9": "\\ud83d\\ude00\\ud800\xff\\/"}')
    assert (node.entries[0].key, node.entries[0].node.text) == ("\u00e9", "\U0001f600\ufffd\ufffd/")


def test_json_repeats_merge_maps_and_yaml_repeats_replace_them() -> None:
    text = JSON + ',"evictionHard":{"a":"1"},\n"evictionHard":{"b":"2"}}'
    decoded = decode.decode(text.encode(), 36)
    assert decoded.values["evictionHard"] == {"a": "1", "b": "2"}
    assert decoded.strict == ('duplicate field "evictionHard"',)
    decoded = decode.decode((HEADER + "evictionHard: {a: '1'}\nevictionHard: {b: '2'}\n").encode(), 36)
    assert decoded.values["evictionHard"] == {"b": "2"}
    assert decoded.strict == ('yaml: unmarshal errors:\n  line 4: key "evictionHard" already set in map',)


def test_what_a_type_of_its_own_refuses_comes_before_wrong_types() -> None:
    assert refusal(HEADER + "evictionHard: x\nimageMinimumGCAge: 1d\n").text.startswith("time: ")
    assert refusal(HEADER + "evictionHard: x\nfailSwapOn: x\n").text.endswith("evictionHard of type map[string]string")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("imageMinimumGCAge:\n", 'time: invalid duration ""'),
        ("imageMinimumGCAge: 120\n", "KubeletConfiguration.imageMinimumGCAge of type string"),
        (
            "authentication: {anonymous: {enabled: x}}\n",
            "KubeletAnonymousAuthentication.authentication.anonymous.enabled",
        ),
        ("authentication: []\n", "array into Go struct field KubeletConfiguration.authentication of type v1beta1."),
        ("clusterDNS: [{a: b}]\n", "object into Go struct field KubeletConfiguration.clusterDNS of type string"),
        ("registerWithTaints: [{key: 5}]\n", "number into Go struct field Taint.registerWithTaints.key of type string"),
        ("reservedMemory: [{numaNode: 0, limits: {memory: 1GB}}]\n", "quantities must match"),
        ("logging: {verbosity: -1}\n", "number -1 into Go struct field LoggingConfiguration.logging.verbosity"),
        ("logging: {flushFrequency: x}\n", 'time: invalid duration "x"'),
    ],
)
def test_a_wrong_type_anywhere_is_fatal(body: str, said: str) -> None:
    assert said in refusal(HEADER + body).text


@pytest.mark.parametrize("body", ["cpuCFSQuotaPeriod:\n", "clusterDNS:\naddress:\nevictionHard:\nmaxPods:\nlogging:\n"])
def test_nulls_are_absent(body: str) -> None:
    assert values(body) == {}


def test_a_field_of_a_later_version_is_unknown() -> None:
    body = "imageMaximumGCAge: nonsense\n"
    assert decode.decode((HEADER + body).encode(), 28).strict == ('unknown field "imageMaximumGCAge"',)
    assert refusal(HEADER + body, 29).text == 'time: invalid duration "nonsense"'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("apiVersion: v1\n", "Object 'Kind' is missing in 'apiVersion: v1\n'"),
        ("kind: X\n", "Object 'apiVersion' is missing in 'kind: X\n'"),
        ("# nothing\n", "Object 'Kind' is missing in '# nothing\n'"),
        ("kind: X\napiVersion: a/b/c\n", "unexpected GroupVersion string: a/b/c"),
        ("kind: X\napiVersion: /v1\n", 'no kind "X" is registered for version "v1" in scheme "'),
        ("kind: [X]\n", "cannot unmarshal array into Go struct field .kind of type string"),
        ("- a\n", "cannot unmarshal array into Go value of type struct { APIVersion string"),
        (
            "kind: Pod\napiVersion: v1\n",
            'no kind "Pod" is registered for version "v1" in scheme "k8s.io/kubernetes/pkg/',
        ),
    ],
)
def test_kind_and_version_are_required(text: str, said: str) -> None:
    assert said in refusal(text).text


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [("1h30m", 5400 * 10**9), ("-1.5ms", -1500000), ("0", 0), ("1\u00b5s", 1000), (".5s", 5 * 10**8)],
)
def test_durations(text: str, nanoseconds: int) -> None:
    assert duration.parse(text) == nanoseconds


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1d", 'unknown unit "d" in duration "1d"'),
        ("1m30", 'missing unit in duration "1m30"'),
        ("", 'invalid duration ""'),
        (".s", 'invalid duration ".s"'),
        ("9223372036854775808ns", 'invalid duration "9223372036854775808ns"'),
        ('\u00e9"', 'invalid duration "\\xc3\\xa9\\""'),
    ],
)
def test_duration_errors(text: str, said: str) -> None:
    with pytest.raises(ValueError, match="^time: ") as caught:
        duration.parse(text)
    assert str(caught.value) == f"time: {said}"


def test_deep_nesting_is_a_located_refusal() -> None:
    for text in (HEADER + "a: " + "[" * 5000, "{" + '"a":{' * 5000):
        error = refusal(text)
        assert error.ours
        assert error.line


def test_get_takes_the_last() -> None:
    node = jsongo.load(b'{"a": 1, "a": 2}')
    assert node.get("a") == Node("number", 1, "2")
    assert node.get("b") is None
