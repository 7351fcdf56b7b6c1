"""The configuration that a kubelet makes of its command line and files (kubelet-gc.md 1).

Source: cmd/kubelet/app/server.go NewKubeletCommand RunE: defaults, then ``--config`` in their place, then the drop-ins
of ``--config-dir``, then the command line once more, then validation; what run() refuses afterwards is reported too.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tui.kubelet import confignotes, decode, defaults, dropins, flags, layers, sources, startup
from tui.kubelet.eviction import Parsed
from tui.kubelet.flags import Given
from tui.kubelet.layers import Layer
from tui.kubelet.sources import Refused, Source
from tui.kubelet.tree import ConfigError
from tui.model import DEFAULT, Claim, ConfigNote, Fact, KubeletConfig, Origin, Reader, Threshold, Word

FIELDS = (
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
    "containerLogMaxSize",
    "containerLogMaxFiles",
    "localStorageCapacityIsolation",
    "containerRuntimeEndpoint",
    "imageServiceEndpoint",
    "address",
    "port",
    "readOnlyPort",
    "healthzBindAddress",
    "healthzPort",
    "featureGates",
    "staticPodPath",
)
"""The fields that a KubeletConfig carries, beside the flag-only settings."""
FLAG_ONLY = {"--root-dir": defaults.ROOT_DIR, "--config": "", "--config-dir": ""}


@dataclass
class _Work:
    """What has been found so far; ``stack`` weakest layer first, ``values`` the configuration after them."""

    minor: int
    reader: Reader
    cwd: str
    values: dict[str, Any] = field(default_factory=dict)
    stack: list[Layer] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    notes: list[ConfigNote] = field(default_factory=list)


def effective_config(
    words: Sequence[Word],
    reader: Reader,
    *,
    minor: int,
    env: Mapping[str, str] | None = None,
    cwd: str = "/",
    cgroup_v1: bool | None = None,
) -> KubeletConfig:
    """The configuration of a kubelet of version 1.``minor`` with this command line, environment and directory.

    ``words``: the command line, its program (and a wrapper before it) included. ``cgroup_v1``: whether the host is one;
    None leaves that check out. Never raises for what is in the words or files: ``error`` holds the kubelet's own text,
    or says that something could not be read, and then the fields it would have decided are unknown.
    """
    work = _Work(minor, reader, cwd)
    try:
        given = flags.parse(words, minor)
    except flags.FlagError as error:
        said = error.text if minor >= sources.RUN_E else flags.bare(error.text)
        return _failed(work, None, Refused(said, error.origin))
    try:
        _main_file(work, given)
        _directory(work, given, env or {})
    except Refused as refusal:
        return _failed(work, given, refusal)
    _command_line(work, given)
    return _judged(work, given, cgroup_v1=bool(cgroup_v1))


def _main_file(work: _Work, given: Mapping[str, Given]) -> None:
    """Steps 1 and 2: defaults, or the file with its defaults."""
    name = given["config"].value if "config" in given else ""
    if not name:
        work.values = defaults.without_file(work.minor)
        work.stack = [Layer(dict(work.values), {})]
        work.notes += confignotes.without_file(given, work.minor)
        return
    source = _opened(work, name)
    try:
        decoded = decode.decode(source.data, work.minor)
    except ConfigError as error:
        work.notes += confignotes.not_a_configuration(source)
        said = sources.load_error(name, f"failed to decode: {error.text}", work.minor)
        raise sources.refused(error, source, said) from None
    values = {key: value for key, value in decoded.values.items() if key not in ("kind", "apiVersion")}
    pods = values.get("staticPodPath", "")
    if pods and not pods.startswith("/"):
        values["staticPodPath"] = posixpath.normpath(posixpath.join(posixpath.dirname(source.path), pods))
    work.values = defaults.with_file(values, work.minor)
    fallback = defaults.with_file({}, work.minor)
    work.stack = [Layer(fallback, {}), sources.layer(source, values, decoded.places, decoded.node)]
    work.notes += confignotes.of_file(source, decoded, work.minor)


def _opened(work: _Work, name: str) -> Source:
    path = sources.absolute(name, work.cwd)
    work.files.append(path)
    try:
        source = sources.read(path, work.reader)
    except OSError as error:
        unread = sources.unread(error, path)
        said = f'failed to read kubelet config file "{path}", error: {sources.go_error(error, path, "open")}'
        raise unread or Refused(sources.load_error(name, said, work.minor), Origin("file", path)) from None
    if not source.data:
        said = sources.load_error(name, f'kubelet config file "{path}" was empty', work.minor)
        raise Refused(said, Origin("file", path))
    return source


def _directory(work: _Work, given: Mapping[str, Given], env: Mapping[str, str]) -> None:
    """Step 3: the drop-ins."""
    name = given["config-dir"].value if "config-dir" in given else ""
    if not name:
        return
    if work.minor < dropins.NO_ENV and dropins.ENV not in env:
        said = f"flag config-dir specified but environment variable {dropins.ENV} not set, cannot start kubelet"
        raise Refused(said, given["config-dir"].origin)
    directory = posixpath.join(work.cwd or "/", name)
    try:
        listing = dropins.find(directory, work.reader)
    except OSError as error:
        path = str(error.filename or directory)
        unread = sources.unread(error, path)
        walk = f'failed to walk through kubelet dropin directory "{name}": {sources.go_error(error, path, "lstat")}'
        raise unread or Refused(f"failed to merge kubelet configs: {walk}", Origin("file", path)) from None
    work.notes += confignotes.of_listing(listing, directory)
    opened = [_dropin(work, name, path) for path in listing.applied]
    if work.minor < dropins.JSON_MERGE:
        _overlay(work, name, opened)
    elif opened or work.minor >= dropins.V1BETA1_MERGE:
        _merge(work, opened)


def _dropin(work: _Work, directory: str, path: str) -> Source:
    work.files.append(path)
    try:
        source = sources.read(path, work.reader)
    except OSError as error:
        unread = sources.unread(error, path)
        said = f'failed to read kubelet config file "{path}", error: {sources.go_error(error, path, "open")}'
        raise unread or Refused(sources.dropin_error(directory, path, said), Origin("file", path)) from None
    if not source.data:
        said = sources.dropin_error(directory, path, f'kubelet config file "{path}" was empty')
        raise Refused(said, Origin("file", path))
    return source


def _merge(work: _Work, opened: list[Source]) -> None:
    """1.29 and later: JSON merge patches."""
    loaded = []
    for source in opened:
        try:
            loaded.append(dropins.load(source.path, source.data, work.minor))
        except ConfigError as error:
            work.notes += confignotes.not_a_configuration(source)
            directory = posixpath.dirname(source.path)
            raise sources.refused(error, source, sources.dropin_error(directory, source.path, error.text)) from None
    try:
        work.values = dropins.merge(work.values, loaded, work.minor)
    except ConfigError as error:
        said = (
            f"failed to merge kubelet configs: failed to unmarshal merged JSON into kubelet configuration: {error.text}"
        )
        faulty = [(one, source) for one, source in zip(loaded, opened, strict=True) if one.fault is not None]
        fault, source = (faulty[-1][0].fault, faulty[-1][1]) if faulty else (error, opened[-1])
        raise sources.refused(fault or error, source, said) from None
    for one, source in zip(loaded, opened, strict=True):
        work.stack.append(sources.layer(source, dict(one.values), dict(one.places), one.node))
        work.notes += confignotes.of_dropin(source, one)


def _overlay(work: _Work, directory: str, opened: list[Source]) -> None:
    """1.28: each drop-in is decoded with defaults and laid over."""
    for source in opened:
        try:
            decoded = decode.decode(source.data, work.minor)
        except ConfigError as error:
            said = sources.load_error(source.path, f"failed to decode: {error.text}", work.minor)
            raise sources.refused(error, source, sources.dropin_error(directory, source.path, said)) from None
        values = {key: value for key, value in decoded.values.items() if key not in ("kind", "apiVersion")}
        filled = defaults.with_file(values, work.minor)
        work.values = dropins.overlay(work.values, filled)
        work.stack += [Layer(filled, {}), sources.layer(source, values, decoded.places, decoded.node)]
        work.notes += confignotes.of_file(source, decoded, work.minor)
        work.notes.append(confignotes.resets(source))


def _command_line(work: _Work, given: Mapping[str, Given]) -> None:
    """Step 4: flags win; feature gates are merged gate by gate."""
    values, origins, keys, earlier = {}, {}, {}, {}
    for name, one in given.items():
        target = flags.FIELDS.get(name)
        if target is None:
            continue
        values[target], origins[target] = one.value, one.origin
        keys[target], earlier[target] = one.keys, one.earlier
        kept = work.values.get("featureGates") or {} if target == "featureGates" else {}
        work.values[target] = {**kept, **one.value} if isinstance(one.value, dict) else one.value
    top = Layer(values, origins, keys, earlier)
    work.notes += confignotes.beaten(top, work.stack)
    work.stack.append(top)


def _judged(work: _Work, given: Mapping[str, Given], *, cgroup_v1: bool) -> KubeletConfig:
    """Steps 5 and 6: validation, then what run() refuses."""
    if work.minor < 25:
        gates = work.values.get("featureGates") or {}
        work.values["localStorageCapacityIsolation"] = gates.get("LocalStorageCapacityIsolation", True)
    work.notes += confignotes.vanished(work.values, work.stack, work.minor)
    facts = {name: layers.fact(name, work.values.get(name), work.stack) for name in FIELDS}
    signals = {
        name: layers.signals(name, work.values.get(name), work.stack)
        for name in ("evictionHard", "evictionSoft", "evictionSoftGracePeriod", "evictionMinimumReclaim")
    }
    error, parsed = startup.check(work.values, work.minor, cgroup_v1=cgroup_v1)
    return KubeletConfig(
        minor=work.minor,
        fields={**facts, **_flag_only(given)},
        eviction=tuple(_threshold(one, signals) for one in parsed),
        signals=signals,
        files=tuple(work.files),
        notes=tuple(work.notes),
        error=error,
        error_origin=startup.blame(error, work.values, work.minor, work.stack),
    )


def _threshold(parsed: Parsed, signals: Mapping[str, Mapping[str, Fact[str]]]) -> Threshold:
    found = signals["evictionHard" if parsed.grace_ns is None else "evictionSoft"][parsed.signal]
    reclaim = parsed.min_reclaim.text if parsed.min_reclaim else ""
    return Threshold(
        parsed.signal,
        parsed.text,
        parsed.fraction,
        parsed.quantity,
        parsed.grace_s,
        reclaim,
        found.origin or DEFAULT,
        found.beaten,
    )


def _flag_only(given: Mapping[str, Given]) -> dict[str, Fact[Any]]:
    found: dict[str, Fact[Any]] = {}
    for name, default in FLAG_ONLY.items():
        one = given.get(name[2:])
        words = [Claim(value, origin) for value, origin in one.earlier] if one else []
        beaten = (*words, Claim(default, DEFAULT))
        found[name] = Fact(one.value, one.origin, beaten) if one else Fact(default, DEFAULT)
    return found


def _failed(work: _Work, given: Mapping[str, Given] | None, refusal: Refused) -> KubeletConfig:
    """A configuration that ends early: what flags say is certain (None: they say nothing), the rest is unknown."""
    facts: dict[str, Fact[Any]] = dict.fromkeys((*FIELDS, *FLAG_ONLY), Fact.unknown(refusal.text))
    for name, one in (given or {}).items():
        target = flags.FIELDS.get(name)
        if target in FIELDS and target != "featureGates":
            facts[target] = Fact(layers.shown(target, one.value), one.origin)
    return KubeletConfig(
        minor=work.minor,
        fields={**facts, **(_flag_only(given) if given is not None else {})},
        files=tuple(work.files),
        notes=tuple(work.notes),
        error=refusal.text,
        error_origin=refusal.origin,
    )
