"""The kubelet's command line as pflag parses it, each value with the word that it came from.

Source: spf13/pflag flag.go parseArgs; component-base/cli/flag (maps, ``_`` for ``-`` in names); server.go (what is
left over is an unknown command). Integers are read with base prefixes: ``0x3c``, ``074`` is octal.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tui.kubelet import duration, gotext, quantity, schema
from tui.kubelet.yamlgo import integer
from tui.model import Origin, Word

FIELDS = {
    "image-gc-high-threshold": "imageGCHighThresholdPercent",
    "image-gc-low-threshold": "imageGCLowThresholdPercent",
    "minimum-image-ttl-duration": "imageMinimumGCAge",
    "eviction-hard": "evictionHard",
    "eviction-soft": "evictionSoft",
    "eviction-soft-grace-period": "evictionSoftGracePeriod",
    "eviction-minimum-reclaim": "evictionMinimumReclaim",
    "eviction-pressure-transition-period": "evictionPressureTransitionPeriod",
    "eviction-max-pod-grace-period": "evictionMaxPodGracePeriod",
    "container-log-max-size": "containerLogMaxSize",
    "container-log-max-files": "containerLogMaxFiles",
    "local-storage-capacity-isolation": "localStorageCapacityIsolation",
    "container-runtime-endpoint": "containerRuntimeEndpoint",
    "image-service-endpoint": "imageServiceEndpoint",
    "read-only-port": "readOnlyPort",
    "healthz-port": "healthzPort",
    "feature-gates": "featureGates",
    "pod-manifest-path": "staticPodPath",
    "enforce-node-allocatable": "enforceNodeAllocatable",
    "cgroups-per-qos": "cgroupsPerQOS",
    "cgroup-root": "cgroupRoot",
    "system-cgroups": "systemCgroups",
    "system-reserved-cgroup": "systemReservedCgroup",
    "kube-reserved-cgroup": "kubeReservedCgroup",
    "reserved-cpus": "reservedSystemCPUs",
    "fail-cgroupv1": "failCgroupV1",
    "port": "port",
    "max-pods": "maxPods",
    "pods-per-core": "podsPerCore",
    "max-open-files": "maxOpenFiles",
    "oom-score-adj": "oomScoreAdj",
    "event-qps": "eventRecordQPS",
    "event-burst": "eventBurst",
    "kube-api-qps": "kubeAPIQPS",
    "kube-api-burst": "kubeAPIBurst",
    "registry-qps": "registryPullQPS",
    "registry-burst": "registryBurst",
    "node-status-max-images": "nodeStatusMaxImages",
    "hairpin-mode": "hairpinMode",
    "topology-manager-policy": "topologyManagerPolicy",
    "topology-manager-scope": "topologyManagerScope",
    "serialize-image-pulls": "serializeImagePulls",
    "cpu-cfs-quota-period": "cpuCFSQuotaPeriod",
    "runonce": "runOnce",
    "iptables-drop-bit": "iptablesDropBit",
    "iptables-masquerade-bit": "iptablesMasqueradeBit",
}
"""The flags whose fields are judged here, by the v1beta1 name of the field that they set."""

LANGLE = ("eviction-hard", "eviction-soft")
_SHORT = {"v": "v", "h": "help"}
_TRUE = ("1", "t", "T", "TRUE", "true", "True")
_FALSE = ("0", "f", "F", "FALSE", "false", "False")


class FlagError(Exception):
    """A command line that the kubelet refuses, in its words, and the word that is wrong."""

    def __init__(self, text: str, origin: Origin | None) -> None:
        """Keep the text and the origin."""
        super().__init__(text)
        self.text, self.origin = text, origin


@dataclass
class Given:
    """What the command line says for one flag. ``keys``: origins of a map's keys. ``earlier``: beaten by a repeat."""

    value: Any
    origin: Origin
    keys: dict[str, Origin] = field(default_factory=dict)
    earlier: list[tuple[Any, Origin]] = field(default_factory=list)


def arguments(words: Sequence[Word]) -> list[Word]:
    """The words after the program: what leads up to a word ``kubelet`` (a wrapper, a path) is left out."""
    end = next((index for index, word in enumerate(words) if word.text.startswith("-")), len(words))
    for index in range(end - 1, -1, -1):
        if words[index].text.rpartition("/")[2] == "kubelet":
            return list(words[index + 1 :])
    return list(words[1:] if end else words)


def parse(words: Sequence[Word], minor: int) -> dict[str, Given]:
    """The flags of a command line (the program's own word included) by their long names.

    Raises:
        FlagError: as the kubelet would end: ``failed to parse kubelet flag: unknown flag: --x``.
    """
    known = schema.flags(minor)
    found: dict[str, Given] = {}
    rest = iter(arguments(words))
    leftover: Word | None = None
    for word in rest:
        if word.text == "--":
            leftover = leftover or next(rest, None)
            break
        if len(word.text) < 2 or not word.text.startswith("-"):
            leftover = leftover or word
            continue
        for name, value, written in _flags_in(word, rest, known):
            _store(found, name, value, known[name], Origin("flag", word.origin.where, word.origin.line, written))
    if leftover is not None:
        raise FlagError(f"unknown command {leftover.text}", leftover.origin)
    return found


def bare(text: str) -> str:
    """A refusal as a kubelet before 1.23 dies with it."""
    return text.removeprefix("failed to parse kubelet flag: ").replace("unknown command ", "unknown command: ")


def _flags_in(word: Word, rest: Iterator[Word], known: Any) -> Iterator[tuple[str, str, str]]:
    """Name, value and the words of each flag of one word (``-vh`` may hold several)."""
    if not word.text.startswith("--"):
        yield from _short_flags(word, rest, known)
        return
    written, equals, value = word.text[2:].partition("=")
    if not written or written[0] in "-=":
        raise _refused(f"bad flag syntax: {word.text}", word)
    name = written.replace("_", "-")
    if name not in known:
        raise _refused(f"unknown flag: --{written}", word)
    if not equals and known[name] in ("bool", "bool or raw"):
        value = "true"
    elif not equals:
        value = _next(rest, f"flag needs an argument: --{written}", word)
        yield name, value, f"{word.text} {value}"
        return
    yield name, value, word.text


def _short_flags(word: Word, rest: Iterator[Word], known: Any) -> Iterator[tuple[str, str, str]]:
    letters = word.text[1:]
    while letters:
        letter, after = letters[0], letters[1:]
        name = _SHORT.get(letter, "")
        if name not in known:
            raise _refused(f"unknown shorthand flag: {gotext.quote(letter)[1:-1]!r} in -{letters}", word)
        if after.startswith("="):
            yield name, after[1:], word.text
            return
        if known[name] == "bool":
            yield name, "true", word.text
            letters = after
            continue
        value = after or _next(rest, f"flag needs an argument: {letter!r} in -{letters}", word)
        yield name, value, word.text if after else f"{word.text} {value}"
        return


def _next(rest: Iterator[Word], complaint: str, word: Word) -> str:
    following = next(rest, None)
    if following is None:
        raise _refused(complaint, word)
    return following.text


def _refused(text: str, word: Word) -> FlagError:
    return FlagError(f"failed to parse kubelet flag: {text}", word.origin)


def _store(found: dict[str, Given], name: str, text: str, kind: str, origin: Origin) -> None:
    """Set a flag: scalars are replaced, maps and lists accumulate after the first occurrence cleared them."""
    before = found.get(name)
    try:
        value = _value(name, text, kind)
    except ValueError as error:
        shown = gotext.quote(text)
        said = f'invalid argument {shown} for "{"-" if len(name) == 1 else "--"}{name}" flag: {error}'
        if name == "v":
            said = f'invalid argument {shown} for "-v, --v" flag: {error}'
        raise FlagError(f"failed to parse kubelet flag: {said}", origin) from None
    if isinstance(value, dict):
        keys = {**(before.keys if before else {}), **dict.fromkeys(value, origin)}
        found[name] = Given({**(before.value if before else {}), **value}, origin, keys)
    elif isinstance(value, list):
        found[name] = Given([*(before.value if before else []), *value], origin)
    else:
        earlier = [(before.value, before.origin), *before.earlier] if before else []
        found[name] = Given(value, origin, earlier=earlier)


def _value(name: str, text: str, kind: str) -> Any:
    """One value of a flag's type.

    Raises:
        ValueError: with the text that follows ``flag: ``.
    """
    if name in LANGLE:
        return pairs(text, "<")
    if kind == "mapStringString" and name not in FIELDS:
        # node labels and policy options have grammars of their own, which are not judged here
        return text
    reader = _READERS.get(kind)
    return reader(text) if reader else text


def pairs(text: str, separator: str) -> dict[str, str]:
    """A map flag's value (component-base/cli/flag map_string_string.go, langle_separated_map_string_string.go).

    Raises:
        ValueError: ``malformed pair, expect string<string``.
    """
    found = {}
    for piece in text.split(","):
        if not piece:
            continue
        key, sign, value = piece.partition(separator)
        if not sign:
            raise ValueError(f"malformed pair, expect string{separator}string")
        found[key.strip()] = value.strip()
    return found


def _gates(text: str) -> dict[str, bool]:
    """``--feature-gates`` (map_string_bool.go)."""
    found = {}
    for piece in text.split(","):
        if not piece:
            continue
        key, sign, value = piece.partition("=")
        if not sign:
            raise ValueError("malformed pair, expect string=bool")
        try:
            found[key.strip()] = boolean(value.strip())
        except ValueError as error:
            raise ValueError(f"invalid value of {key.strip()}: {value.strip()}, err: {error}") from None
    return found


def boolean(text: str) -> bool:
    """Go's strconv.ParseBool.

    Raises:
        ValueError: with Go's text.
    """
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    raise ValueError(f"strconv.ParseBool: parsing {gotext.quote(text)}: invalid syntax")


def number(text: str, bits: int) -> int:
    """Go's strconv.ParseInt with base 0.

    Raises:
        ValueError: with Go's text.
    """
    wrong = f"strconv.ParseInt: parsing {gotext.quote(text)}: "
    bare = text.lstrip("+-")
    spaced = re.fullmatch(r"0[xXoObB]?(_?[0-9a-fA-F])+|[0-9](_?[0-9])*", bare)
    if "_" in text and not spaced:
        raise ValueError(wrong + "invalid syntax")
    value = integer(text.replace("_", ""))
    if value is None:
        digits = re.fullmatch(r"[+-]?([0-9]+|0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+)", text.replace("_", ""))
        octal = re.fullmatch(r"[+-]?0[0-9]*[89][0-9]*", text.replace("_", ""))
        raise ValueError(wrong + ("value out of range" if digits and not octal else "invalid syntax"))
    if not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):
        raise ValueError(wrong + "value out of range")
    return value


def _strings(text: str) -> list[str]:
    return next(csv.reader([text]), []) if text else []


def _level(text: str) -> int:
    """Klog's Level: a decimal int32."""
    if not re.fullmatch(r"[+-]?[0-9]{1,20}", text):
        raise ValueError(f"strconv.ParseInt: parsing {gotext.quote(text)}: invalid syntax")
    return int(text)


_READERS: dict[str, Callable[[str], Any]] = {
    "bool": boolean,
    "duration": duration.parse,
    "int32": lambda text: number(text, 32),
    "int": lambda text: number(text, 64),
    "mapStringString": lambda text: pairs(text, "="),
    "mapStringBool": _gates,
    "strings": _strings,
    "quantity": lambda text: str(quantity.parse(text)),
    "Level": _level,
}
