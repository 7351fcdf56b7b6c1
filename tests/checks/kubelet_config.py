"""Checks of the kubelet's configuration against vectors (tests/data/vectors/README.md): one function per category."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.checks.eras import ends, minors_of
from tests.tree import TreeReader
from tui.kubelet import decode, defaults, dropins, duration, flags, layers, schema, validation, versions
from tui.kubelet.effective import effective_config
from tui.kubelet.tree import ConfigError
from tui.model import KubeletConfig, Origin, Word

Vector = dict[str, Any]

HEADER = "kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\n"
FILE, DIRECTORY = "/etc/kubelet.yaml", "/etc/kubelet.conf.d"
TRACKED = (
    "imageGCHighThresholdPercent",
    "imageGCLowThresholdPercent",
    "imageMinimumGCAge",
    "imageMaximumGCAge",
    "evictionHard",
    "evictionSoft",
    "evictionSoftGracePeriod",
    "evictionMinimumReclaim",
    "evictionPressureTransitionPeriod",
    "evictionMaxPodGracePeriod",
    "mergeDefaultEvictionSettings",
)
DECODE, VALIDATE = "failed to decode: ", "failed to validate kubelet configuration, error: "
_differing: list[str] = []


def _differences(got: Mapping[str, Any], expect: Mapping[str, Any], where: str = "") -> list[str]:
    return [
        f"{where}{key}: got {got.get(key, 'nothing')!r}, expected {wanted!r}"
        for key, wanted in expect.items()
        if key not in got or got[key] != wanted
    ]


def _config_validation(vector: Vector) -> list[str]:
    given, expect, found = vector["in"], dict(vector["expect"]), []
    if expect.get("errors") is not None:
        expect["errors"] = sorted(expect["errors"])
    for minor in minors_of(vector):
        errors = validation.errors(defaults.defaults(minor) | _given_values(given), minor)
        got = {"ok": not errors, "errors": sorted(errors), "aggregate": validation.aggregate(errors) or None}
        found += _differences(got, expect, f"1.{minor} ")
    return found


def _given_values(given: dict[str, Any]) -> dict[str, Any]:
    """The fields that a vector sets; what it leaves out or null is the default."""
    gate = given.get("ImageMaximumGCAge_gate")
    values = {name.removesuffix("_ns"): value for name, value in given.items() if value is not None}
    for other in ("kubelet_minor", "ImageMaximumGCAge_gate"):
        values.pop(other, None)
    return values if gate is None else {**values, "featureGates": {"ImageMaximumGCAge": gate}}


def _config_decode(vector: Vector) -> list[str]:
    expect, data, found = vector["expect"], vector["in"]["file"].encode("utf-8", "surrogateescape"), []
    for minor in minors_of(vector):
        where = f"1.{minor} "
        try:
            decoded = decode.decode(data, minor)
        except ConfigError as error:
            found += _fatal(error, expect.get("fatal"), where)
            continue
        if expect.get("fatal"):
            found.append(f"{where}accepted, expected {expect['fatal']!r}")
            continue
        values = {
            name: layers.shown(name, value)
            for name, value in decoded.values.items()
            if (name in TRACKED or name in (expect.get("values_before_defaults") or {})) and value not in ({}, None)
        }
        got = {
            "fatal": None,
            "strict_errors": sorted(decoded.strict),
            "read_as": decoded.format,
            "values_before_defaults": values,
            "eviction_hard_absent": decoded.values.get("evictionHard") is None,
        }
        wanted = dict(expect)
        if "strict_errors" in expect:
            wanted["strict_errors"] = sorted(expect["strict_errors"] or ())
        if "values_before_defaults" in expect:
            told = expect["values_before_defaults"] or {}
            wanted["values_before_defaults"] = {name: value for name, value in told.items() if value not in ({}, None)}
        found += _differences(got, wanted, where)
    return found


def _fatal(error: ConfigError, wanted: str | None, where: str) -> list[str]:
    if wanted is None:
        return [f"{where}refused: {error.text}"]
    if "yaml: " in wanted:
        return [] if error.line else [f"{where}refused without a place: {error.text}"]
    return [] if wanted in DECODE + error.text else [f"{where}got {error.text!r}, expected {wanted!r}"]


def _kubelet(files: dict[str, bytes], words: list[str], minor: int) -> KubeletConfig:
    line = [Word(text, Origin("proc", "/proc/1/cmdline")) for text in ("kubelet", *words)]
    return effective_config(line, TreeReader(files), minor=minor, env={dropins.ENV: ""})


def _eviction_hard_effective(vector: Vector) -> list[str]:
    given, found = vector["in"], []
    for minor in minors_of(vector):
        files, words = {}, []
        if given.get("config_file_given"):
            merge = given.get("merge_default_eviction_settings")
            text = HEADER + ("" if merge is None else f"mergeDefaultEvictionSettings: {str(merge).lower()}\n")
            if given.get("file_eviction_hard") is not None:
                entries = ", ".join(f"'{key}': '{text}'" for key, text in given["file_eviction_hard"].items())
                text += f"evictionHard: {{{entries}}}\n"
            files[FILE] = text.encode()
            words.append(f"--config={FILE}")
        words += [f"--eviction-hard={value}" for value in given.get("flag_occurrences") or ()]
        config = _kubelet(files, words, minor)
        got = {"error": config.error or None, "eviction_hard": config.fields["evictionHard"].value}
        if config.error.startswith("failed to run Kubelet"):
            got["error"] = None
        found += _differences(got, vector["expect"], f"1.{minor} ")
        signals = {key: fact.value for key, fact in config.signals.get("evictionHard", {}).items()}
        if not config.error and signals != (vector["expect"].get("eviction_hard", signals) or {}):
            found.append(f"1.{minor} signals: {signals}")
    return found


def _flag_map_parse(vector: Vector) -> list[str]:
    try:
        got: dict[str, Any] = {"error": None, "map": flags.pairs(vector["in"]["value"], vector["in"]["separator"])}
    except ValueError as error:
        got = {"error": str(error), "map": None}
    return _differences(got, vector["expect"])


def _dropin_merge(vector: Vector) -> list[str]:
    found = []
    for era, expect in vector["expect"].items():
        for minor in ends(era):
            found += _merged(vector["in"], expect, minor)
    return found


def _merged(given: dict[str, Any], expect: dict[str, Any], minor: int) -> list[str]:
    """The merge by itself, on an internal object of which only some fields are given."""
    where = f"1.{minor} "
    base = dict(defaults.defaults(minor))
    names = {name.lower(): name for name in schema.configuration(minor).fields}
    for name, value in (given.get("after_main_file") or {}).items():
        key = names[name.lower()]
        base[key] = duration.parse(value) if key in layers.DURATIONS and isinstance(value, str) else value
    try:
        loaded = [
            dropins.load(f"/d/{index}.conf", (body if body.lstrip().startswith("{") else HEADER + body).encode(), minor)
            for index, body in enumerate(given["dropins_in_order"])
        ]
        values = dropins.merge(base, loaded, minor)
    except ConfigError as error:
        return [] if expect.get("fatal") else [f"{where}refused: {error.text}"]
    if expect.get("fatal"):
        return [f"{where}accepted, expected fatal ({expect.get('cause')})"]
    expect = {name: value for name, value in expect.items() if name not in ("fatal", "cause")}
    got = {name: layers.shown(name, values.get(name)) for name in expect}
    return _differences(got, expect, where)


def _dropin_order(vector: Vector) -> list[str]:
    files = {f"{DIRECTORY}/{name}": b"" for name in vector["in"]["files"]}
    listing = dropins.find(DIRECTORY, TreeReader(files or {f"{DIRECTORY}/x": b""}))
    got = {"applied": [path.removeprefix(f"{DIRECTORY}/") for path in listing.applied]}
    return _differences(got, vector["expect"])


def outcome(config: KubeletConfig) -> dict[str, Any]:
    """A configuration in the form of the oracle: fatal, or values and what validation says."""
    if DECODE in config.error:
        return {"fatal": DECODE + config.error.partition(DECODE)[2]}
    if config.error.startswith("failed to load") or config.error.startswith("cannot read"):
        return {"fatal": config.error}
    values = {name: fact.value for name, fact in config.fields.items()}
    if config.error and not config.error.startswith("failed to run Kubelet"):
        return {"values": values, "validation": config.error.removeprefix(VALIDATE)}
    return {"values": values}


def compare(got: dict[str, Any], expect: dict[str, Any], where: str) -> list[str]:
    """Verdict, validation text and values; nulls and empty maps are equal."""
    if ("fatal" in got) != ("fatal" in expect):
        return [f"{where}{got.get('fatal', 'loads')!r}, expected {expect.get('fatal', 'that it loads')!r}"]
    found = []
    if got.get("validation") != expect.get("validation"):
        found.append(f"{where}validation {got.get('validation')!r}, expected {expect.get('validation')!r}")
    for name, wanted in expect.get("values", {}).items():
        if (got["values"].get(name) or None) != (wanted or None):
            found.append(f"{where}{name}: got {got['values'].get(name)!r}, expected {wanted!r}")
    return found


def text_differs(got: dict[str, Any], expect: dict[str, Any], version: str) -> bool:
    """Whether a fatal text of 1.36.2 that is compared is another than the kubelet's."""
    wanted = str(expect.get("fatal", ""))
    compared = wanted.removeprefix(DECODE).startswith(("json: ", "time: ", "no kind"))
    return version.startswith("1.36") and compared and got.get("fatal") != wanted


def load(data: bytes, version: str) -> KubeletConfig:
    """What a kubelet of this version makes of a main file, on a host with cgroup v2."""
    minor = versions.minor_of(version)
    assert minor is not None
    return _kubelet({FILE: data}, [f"--config={FILE}"], minor)


def _files(vector: Vector) -> list[str]:
    found = []
    data = vector["file"].encode("utf-8", "surrogateescape")
    for version, expect in vector["expect"].items():
        got = outcome(load(data, version))
        found += compare(got, expect, f"{version} ")
        if text_differs(got, expect, version):
            _differing.append(f"{vector['id']}: got {got.get('fatal')!r}, expected {expect['fatal']!r}")
    return found


def text_report() -> list[str]:
    """The fatal texts that differed so far, and how many: nothing if none did."""
    return [*_differing, f"{len(_differing)} texts differ\n"] if _differing else []


CHECKS: dict[str, Callable[[Vector], list[str]]] = {
    "config_validation": _config_validation,
    "config_decode": _config_decode,
    "eviction_hard_effective": _eviction_hard_effective,
    "flag_map_parse": _flag_map_parse,
    "dropin_merge": _dropin_merge,
    "dropin_order": _dropin_order,
    "files": _files,
}
