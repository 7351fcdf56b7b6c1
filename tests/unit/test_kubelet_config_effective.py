"""What a command line and files make together, and whose word each value is (kubelet-gc.md 1.1, 1.4, 1.5)."""

from __future__ import annotations

import pytest

from tests.tree import TreeReader
from tui.kubelet import flags
from tui.kubelet.effective import effective_config
from tui.model import KubeletConfig, Origin, Word

HEADER = "kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\n"
ENV = {"KUBELET_CONFIG_DROPIN_DIR_ALPHA": ""}
LOW = "imageGCLowThresholdPercent: 40\n"


def words(*texts: str) -> list[Word]:
    return [Word(text, Origin("env", "/etc/default/kubelet", line)) for line, text in enumerate(("kubelet", *texts), 1)]


def kubelet(main: str | None, *texts: str, dropins: dict[str, str] | None = None, minor: int = 36) -> KubeletConfig:
    files = {} if main is None else {"/c": (HEADER + main).encode()}
    files |= {f"/d/{name}": (HEADER + body).encode() for name, body in (dropins or {}).items()}
    line = [*([] if main is None else ["--config=/c"]), *(["--config-dir=/d"] if dropins else []), *texts]
    return effective_config(words(*line), TreeReader(files), minor=minor, env=ENV)


def told(config: KubeletConfig, name: str) -> list[tuple[object, str]]:
    """The value and its origin, then what it beat."""
    fact = config.fields[name]
    return [(fact.value, str(fact.origin)), *((claim.value, str(claim.origin)) for claim in fact.beaten)]


def codes(config: KubeletConfig) -> list[tuple[str, str]]:
    return [(note.code, str(note.origin)) for note in config.notes]


def test_every_source_is_remembered_strongest_first() -> None:
    config = kubelet(
        "imageGCHighThresholdPercent: 60\n" + LOW,
        "--image-gc-high-threshold=90",
        "--image-gc-high-threshold",
        "95",
        dropins={"10.conf": "imageGCHighThresholdPercent: 70\n", "20.conf": "imageGCHighThresholdPercent: 75\n"},
    )
    assert told(config, "imageGCHighThresholdPercent") == [
        (95, "/etc/default/kubelet:5"),
        (90, "/etc/default/kubelet:4"),
        (75, "/d/20.conf:3"),
        (70, "/d/10.conf:3"),
        (60, "/c:3"),
        (85, "default"),
    ]
    assert config.fields["imageGCHighThresholdPercent"].origin == Origin(
        "flag", "/etc/default/kubelet", 5, "--image-gc-high-threshold 95"
    )
    assert [origin for code, origin in codes(config) if code == "beaten-by-flag"] == [
        "/d/20.conf:3",
        "/d/10.conf:3",
        "/c:3",
    ]
    assert config.files == ("/c", "/d/10.conf", "/d/20.conf")


def test_signals_carry_the_line_of_their_own_key() -> None:
    config = kubelet(
        "evictionHard:\n  memory.available: 1Gi\n  nodefs.available: 9%\n",
        dropins={"a.conf": "evictionHard: {nodefs.available: 8%}\n"},
    )
    signals = {key: (fact.value, str(fact.origin)) for key, fact in config.signals["evictionHard"].items()}
    assert signals == {"memory.available": ("1Gi", "/c:4"), "nodefs.available": ("8%", "/d/a.conf:3")}
    nodefs = next(one for one in config.eviction if one.signal == "nodefs.available")
    assert [(claim.value, str(claim.origin)) for claim in nodefs.beaten] == [("9%", "/c:5"), ("10%", "default")]


def test_a_flag_replaces_the_whole_map() -> None:
    config = kubelet("evictionHard: {memory.available: 1Gi}\n", "--eviction-hard=imagefs.available<7%")
    assert {key: fact.value for key, fact in config.signals["evictionHard"].items()} == {"imagefs.available": "7%"}
    assert told(config, "evictionHard")[1] == ({"memory.available": "1Gi"}, "/c:3")


def test_setting_one_signal_loses_the_defaults_and_says_which() -> None:
    config = kubelet("evictionHard:\n  memory.available: 500Mi\n  nodefs.available: 10%\n  nodefs.inodesFree: 5%\n")
    note = next(note for note in config.notes if note.code == "eviction-defaults-gone")
    assert "imagefs.available 15%, imagefs.inodesFree 5% are not in force" in note.text
    assert str(note.origin) == "/c:3"
    assert all(code != "eviction-defaults-gone" for code, _ in codes(kubelet(LOW)))


def test_merge_default_eviction_settings_works_in_the_main_file_only() -> None:
    merged = kubelet("mergeDefaultEvictionSettings: true\nevictionHard: {pid.available: 5%}\n")
    assert len(merged.signals["evictionHard"]) == 6
    assert str(merged.signals["evictionHard"]["nodefs.available"].origin) == "default"
    config = kubelet("evictionHard: {pid.available: 5%}\n", dropins={"a.conf": "mergeDefaultEvictionSettings: true\n"})
    assert list(config.signals["evictionHard"]) == ["pid.available"]
    assert ("merge-setting-ignored", "/d/a.conf:3") in codes(config)


@pytest.mark.parametrize(("minor", "count"), [(20, 4), (24, 4), (26, 0), (36, 0)])
def test_without_a_file(minor: int, count: int) -> None:
    config = kubelet(None, minor=minor)
    assert len(config.signals["evictionHard"]) == len(config.eviction) == count
    assert [code for code, _ in codes(config)] == ["no-eviction-defaults"] * (count == 0)
    assert config.fields["readOnlyPort"].value == 10255
    assert kubelet("", minor=minor).fields["readOnlyPort"].value == 0


def test_zero_durations_in_a_file_are_the_default_but_not_in_a_flag() -> None:
    config = kubelet("imageMinimumGCAge: 0s\n")
    assert told(config, "imageMinimumGCAge") == [("2m0s", "default"), ("0s", "/c:3")]
    assert ("zero-is-default", "/c:3") in codes(config)
    config = kubelet("", "--minimum-image-ttl-duration=0")
    assert told(config, "imageMinimumGCAge")[0] == ("0s", "/etc/default/kubelet:3")


@pytest.mark.parametrize(
    ("minor", "high", "age"), [(28, 85, "2m0s"), (29, 70, "0s"), (31, 70, "0s"), (32, 85, "2m0s"), (36, 85, "2m0s")]
)
def test_dropins_by_version(minor: int, high: int, age: str) -> None:
    config = kubelet(
        "imageGCHighThresholdPercent: 70\n" + LOW,
        dropins={
            "a.conf": "imageGCHighThresholdPercent:\nimageMinimumGCAge: 0s\nevictionHard: {imagefs.available: 5%}\n"
        },
        minor=minor,
    )
    assert config.error == ""
    assert config.fields["imageGCHighThresholdPercent"].value == high
    assert config.fields["imageMinimumGCAge"].value == age
    assert config.signals["evictionHard"]["imagefs.available"].value == "5%"
    assert config.signals["evictionHard"]["memory.available"].value == "100Mi"


def test_1_28_sets_back_what_a_dropin_leaves_out() -> None:
    config = kubelet(LOW, dropins={"a.conf": "maxPods: 50\n"}, minor=28)
    assert told(config, "imageGCLowThresholdPercent") == [(80, "default"), (40, "/c:3"), (80, "default")]
    assert ("dropin-resets", "/d/a.conf") in codes(config)


def test_1_28_and_1_29_want_the_environment_variable() -> None:
    files = TreeReader({"/d/a.conf": HEADER.encode()})
    for minor, refused in ((28, True), (29, True), (30, False)):
        error = effective_config(words("--config-dir=/d"), files, minor=minor).error
        assert ("KUBELET_CONFIG_DROPIN_DIR_ALPHA not set" in error) is refused
    assert effective_config(words("--config-dir=/d"), files, minor=27).error == (
        "failed to parse kubelet flag: unknown flag: --config-dir"
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            "maxPods: 1\nmaxPods: 2\n",
            'path: /d/a.conf, error: strict decoding error: yaml: unmarshal errors:\n  line 4: key "maxPods"',
        ),
        (
            "maxPods: x\n",
            "failed to unmarshal merged JSON into kubelet configuration: json: cannot unmarshal string into Go",
        ),
        ("a: [\n", "/d/a.conf, error: yaml: line 4, column 1"),
    ],
)
def test_a_bad_dropin_stops_the_kubelet(body: str, said: str) -> None:
    config = kubelet(LOW, dropins={"a.conf": body, "b.conf": ""})
    assert said in config.error
    assert config.error_origin is not None
    assert config.error_origin.where == "/d/a.conf"
    assert config.error_origin.line


def test_dropins_need_kind_and_from_1_32_the_exact_version() -> None:
    for minor, body, said in (
        (31, "maxPods: 1\n", "Object 'Kind' is missing"),
        (31, "kind: X\n", ""),
        (32, "kind: X\napiVersion: a/b\n", "error: unknown apiVersion/kind: a/b, Kind=X"),
    ):
        files = TreeReader({"/d/a.conf": body.encode()})
        error = effective_config(words("--config-dir=/d"), files, minor=minor).error
        assert (said in error) if said else error == ""


def test_names_of_dropins_match_in_any_case_but_those_of_the_main_file_do_not() -> None:
    config = kubelet("imagegclowthresholdpercent: 40\n")
    assert told(config, "imageGCLowThresholdPercent") == [(80, "default")]
    assert ("wrong-case", "/c:3") in codes(config)
    config = kubelet("", dropins={"a.conf": "imagegclowthresholdpercent: 40\n"})
    assert told(config, "imageGCLowThresholdPercent") == [(40, "/d/a.conf:3"), (80, "default")]
    config = kubelet("", dropins={"a.conf": "IMAGEGCLOWTHRESHOLDPERCENT: 40\n"})
    assert told(config, "imageGCLowThresholdPercent")[0] == (80, "default")


def test_a_directory_that_is_a_link_is_not_followed() -> None:
    reader = TreeReader({"/real/a.conf": (HEADER + LOW).encode()}, {"/d": "/real"})
    config = effective_config(words("--config-dir=/d"), reader, minor=36)
    assert config.fields["imageGCLowThresholdPercent"].value == 80
    assert ("dropin-directory", "/d") in codes(config)
    config = effective_config(words("--config-dir=/d/"), reader, minor=36)
    assert config.fields["imageGCLowThresholdPercent"].value == 40


def test_a_missing_directory_or_file_is_fatal() -> None:
    error = effective_config(words("--config-dir=/d"), TreeReader({}), minor=36).error
    assert error.endswith('dropin directory "/d": lstat /d: no such file or directory')
    error = effective_config(words("--config=c"), TreeReader({}), minor=36, cwd="/srv").error
    assert error.endswith(
        'error failed to read kubelet config file "/srv/c", error: open /srv/c: no such file or directory'
    )


def test_order_is_bytewise_and_directories_are_entered_in_place() -> None:
    bodies = {name: f"maxPods: {index}\n" for index, name in enumerate(("10-a.conf", "9.conf", "10/z.conf", ".h.conf"))}
    assert kubelet(LOW, dropins=bodies).files == ("/c", "/d/.h.conf", "/d/10/z.conf", "/d/10-a.conf", "/d/9.conf")


def test_relative_paths_of_the_main_file_start_at_its_directory() -> None:
    reader = TreeReader({"/etc/k/c": (HEADER + "staticPodPath: ../m\n").encode()})
    config = effective_config(words("--config=k/c"), reader, minor=36, cwd="/etc")
    assert told(config, "staticPodPath")[0] == ("/etc/m", "/etc/k/c:3")


def test_feature_gates_are_merged_gate_by_gate() -> None:
    config = kubelet("featureGates: {A: true, B: true}\n", "--feature-gates=B=false")
    assert config.fields["featureGates"].value == {"A": True, "B": False}


def test_unknown_fields_come_with_a_suggestion() -> None:
    config = kubelet("imageGCHighThreshold: 60\nzzz: 1\n")
    texts = [note.text for note in config.notes if note.code == "unknown-field"]
    assert texts[0].endswith("did you mean imageGCHighThresholdPercent?")
    assert "did you mean" not in texts[1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "kind: ClusterConfiguration\napiVersion: kubeadm.k8s.io/v1beta3\n---\nkind: KubeletConfiguration\n",
            "kubeadm",
        ),
        ("kind: ConfigMap\napiVersion: v1\ndata:\n  kubelet: |\n    kind: KubeletConfiguration\n", "data.kubelet"),
        ("kind: NodeConfig\napiVersion: node.eks.aws/v1alpha1\n", "nodeadm"),
        ("a: 1\n---\nkind: KubeletConfiguration\n", "first document"),
    ],
)
def test_a_configuration_inside_another_document_is_recognised(text: str, said: str) -> None:
    config = effective_config(words("--config=/c"), TreeReader({"/c": text.encode()}), minor=36)
    assert config.error
    assert any(said in note.text for note in config.notes if note.code == "embedded")


@pytest.mark.parametrize(
    ("text", "code", "said", "line"),
    [
        ("kind: KubeletConfig\napiVersion: machineconfiguration.openshift.io/v1\n", "embedded", "operator", 1),
        ("machine:\n  kubelet:\n    extraConfig: {}\n", "embedded", "stand under kubelet in", 2),
        ("[program:kubelet]\ncommand=kubelet\n", "not-a-configuration", "supervisor", 1),
        ("#cloud-config\nwrite_files: []\n", "not-a-configuration", "user data", 1),
        ("cat <<EOF > /c\nkind: KubeletConfiguration\nEOF\n", "not-a-configuration", "script", 1),
        ("imageGCHighThresholdPercent: 60\n", "not-a-configuration", "no kind", 1),
        (HEADER + "clusterDNS:\n{{ range .DNS }}\n", "template", "not filled in", 4),
        (HEADER + "maxPods: ${MAX_PODS}\n", "template", "not filled in", 3),
    ],
)
def test_a_refused_file_is_called_what_it_is(text: str, code: str, said: str, line: int) -> None:
    config = effective_config(words("--config=/c"), TreeReader({"/c": text.encode()}), minor=36)
    assert config.error
    found = [note for note in config.notes if note.code == code and said in note.text]
    assert [note.origin.line for note in found] == [line]


def test_a_broken_file_is_not_called_another_document() -> None:
    assert codes(kubelet("a: *b\n")) == []
    assert not kubelet("a: *b\n").fields["evictionHard"].known


@pytest.mark.parametrize(
    ("body", "error", "line"),
    [
        ("evictionHard:\n  imagefs.available: 20 %\n", 'failed to run Kubelet: strconv.ParseFloat: parsing "20 "', 4),
        ("evictionSoft:\n  imagefs.available: 20%\n", "grace period must be specified for the soft eviction", 4),
        ("containerLogMaxSize: 1GB\n", "failed to parse container log max size", 3),
        ("imageGCHighThresholdPercent: 70\n", "must be less than imageGCHighThresholdPercent", 3),
    ],
)
def test_an_error_names_its_line(body: str, error: str, line: int) -> None:
    config = kubelet(body)
    assert error in config.error
    assert config.error_origin is not None
    assert str(config.error_origin) == f"/c:{line}"


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (("--fail-swap-on", "false"), "unknown command false"),
        (("--nope",), "unknown flag: --nope"),
        (("--image-gc-high-threshold",), "flag needs an argument: --image-gc-high-threshold"),
        (("--image-gc-high-threshold=08",), 'strconv.ParseInt: parsing "08": invalid syntax'),
        (("--image-gc-high-threshold=9999999999",), 'strconv.ParseInt: parsing "9999999999": value out of range'),
        (
            ("--eviction-hard=a",),
            'invalid argument "a" for "--eviction-hard" flag: malformed pair, expect string<string',
        ),
        (("-config=/c",), "unknown shorthand flag: 'c' in -config=/c"),
    ],
)
def test_command_lines_that_are_refused(texts: tuple[str, ...], said: str) -> None:
    config = effective_config(words(*texts), TreeReader({}), minor=36)
    assert said in config.error
    assert not any(fact.known for fact in config.fields.values())
    assert config.fields["--root-dir"].reason == config.error


def test_words_as_pflag_reads_them() -> None:
    line = words("--image_gc_high_threshold", "0x5a", "-v4", "--image-gc-low-threshold=074", "--fail-swap-on")
    found = {name: one.value for name, one in flags.parse(line, 36).items()}
    assert found == {
        "image-gc-high-threshold": 90,
        "v": 4,
        "image-gc-low-threshold": 60,
        "fail-swap-on": True,
    }
    line = words("--register-with-taints", "a=b:NoSchedule", "--node-labels", "role", "--tls-cipher-suites", "A,B")
    assert flags.parse(line, 36)["register-with-taints"].value == "a=b:NoSchedule"


def test_a_wrapper_before_the_kubelet_is_left_out() -> None:
    line = [Word(text, Origin("proc", "/proc/1/cmdline")) for text in ("kubenswrapper", "/usr/bin/kubelet", "--v=2")]
    assert [word.text for word in flags.arguments(line)] == ["--v=2"]
    assert [word.text for word in flags.arguments(line[:2])] == []
