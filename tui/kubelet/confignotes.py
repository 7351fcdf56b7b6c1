"""What a reader of a kubelet's configuration should know and the kubelet does not say loudly."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tui.kubelet import decode, defaults, dropins, layers, schema, typed, yamlgo
from tui.kubelet.flags import Given
from tui.kubelet.layers import Layer
from tui.kubelet.sources import Source
from tui.kubelet.tree import ConfigError
from tui.model import DEFAULT, ConfigNote, Origin

_INSIDE = re.compile(r"^[ \t>|\"'-]*\"?kind\"?[ \t]*:[ \t]*[\"']?KubeletConfiguration\b", re.MULTILINE)
_SETTINGS = re.compile(
    r"^[ \t-]*[\"']?(kubelet(?:Config|Configuration|ExtraConfig|ExtraArgs)?)[\"']?[ \t]*:", re.MULTILINE
)
_TEMPLATE = re.compile(r"\{\{|\{%|\$\{?[A-Z_]+\b")
_DEEPER = re.compile(r"^[^#\s-].*\n(.*\n)*---|^[ \t]+[^\n]*KubeletConfiguration\Z", re.MULTILINE)
_WRAPPERS = {
    "InitConfiguration": "kubeadm takes its KubeletConfiguration and writes it to /var/lib/kubelet/config.yaml",
    "JoinConfiguration": "kubeadm reads it; the kubelet's own file is /var/lib/kubelet/config.yaml",
    "ClusterConfiguration": "kubeadm takes its KubeletConfiguration and writes it to /var/lib/kubelet/config.yaml",
    "ConfigMap": "the configuration under data.kubelet is for kubeadm to write to /var/lib/kubelet/config.yaml",
    "NodeConfig": "nodeadm makes the kubelet's files of spec.kubelet at every boot (/etc/kubernetes/kubelet/)",
    "Cluster": "kind's, kops' or Cluster API's own file; a file under /var/lib/kubelet is made of it on the node",
    "KubeletConfig": "OpenShift's machine-config operator makes /etc/kubernetes/kubelet.conf of spec.kubeletConfig",
    "ClusterConfig": "k0s' or eksctl's own file; what it says for kubelets is made into a file of theirs on the node",
    "Config": "a kubeconfig (credentials), not the kubelet's configuration",
}
_OTHERS = (
    (r"^(pre-start |post-start )?script[ \t]*$|^start on ", "an upstart job; upstart is not read"),
    (r"^\[(Unit|Service|Install)\]", "a systemd unit, not a kubelet's configuration"),
    (r"^\[settings(\.kubernetes[^\]\n]*)?\]", "Bottlerocket's settings; the kubelet's own file is made of them"),
    (r"^\[program:", "a supervisor's job, not a kubelet's configuration"),
    (r"\A\s*<\?xml|\A\s*<!DOCTYPE", "XML, not a kubelet's configuration"),
    (r"\A(#.*\n|\s)*MIME-Version:|\A#cloud-config|\"ignition\"\s*:", "user data for a node's first boot"),
    (r"\A#!|^cat\b.*<<", "a script, not a kubelet's configuration"),
    (r"\A(#.*\n|\s)*--[a-z]", "a list of flags (a MicroK8s args file), not a kubelet's configuration"),
    (r"\A(#.*\n|\s)*(export )?[A-Z_]+=", "an environment file, not a kubelet's configuration"),
)


def without_file(given: Mapping[str, Given], minor: int) -> list[ConfigNote]:
    """A kubelet without ``--config`` has no default eviction thresholds from 1.25 on."""
    if minor < defaults.DEFAULTS_IN_LOADER or "eviction-hard" in given:
        return []
    text = "without --config the kubelet has no hard eviction threshold at all: the defaults come with a config file"
    if minor == defaults.DEFAULTS_IN_LOADER:
        text += " (certain from 1.26 on; for 1.25 this is not verified)"
    return [ConfigNote("no-eviction-defaults", text, DEFAULT)]


def of_file(source: Source, decoded: decode.Decoded, minor: int) -> list[ConfigNote]:
    """Notes on a main file: what strict decoding refused and lenient decoding passed over, zeros, later documents."""
    known = schema.configuration(minor).fields
    found = [_strict(source, one, known) for one in decoded.complaints if one.key.lower() not in ("kind", "apiversion")]
    for repeat in decoded.repeats:
        text = f"{repeat.key} stands twice in one map: this later one counts"
        found.append(ConfigNote("duplicate-key", text, source.origin(repeat.line)))
    for name in ("imageMinimumGCAge", "evictionPressureTransitionPeriod"):
        if decoded.values.get(name) == 0:
            instead = layers.shown(name, defaults.defaults(minor)[name])
            text = f"{name}: zero in a file means the default, {instead}"
            found.append(ConfigNote("zero-is-default", text, source.origin(decoded.places[name].line)))
    if decoded.format == "yaml" and b"\n---" in source.data and yamlgo.documents(source.data) > 1:
        text = "only the first YAML document of this file is read"
        found.append(ConfigNote("later-documents", text, source.origin(1)))
    return found


def _strict(source: Source, one: typed.Strict, known: Mapping[str, Any]) -> ConfigNote:
    origin = source.origin(one.line)
    if one.text.startswith("duplicate"):
        return ConfigNote("duplicate-key", f"{one.key} stands twice in one map: this later one counts", origin)
    name = next((name for name in known if name.lower() == one.key.lower()), None)
    if name is not None and name != one.key:
        return ConfigNote("wrong-case", f"{one.key} is ignored: the field is written {name}", origin)
    return ConfigNote(
        "unknown-field", f"{one.key} is no field of this version and is ignored{_nearest(one.key, known)}", origin
    )


def _nearest(key: str, known: Mapping[str, Any]) -> str:
    """``; did you mean ...?`` if a known name is near, whatever the case."""
    lowered = {name.lower(): name for name in known}
    near = difflib.get_close_matches(key.lower()[:100], list(lowered), n=1, cutoff=0.7)
    return f"; did you mean {lowered[near[0]]}?" if near else ""


def of_dropin(source: Source, dropin: dropins.DropIn) -> list[ConfigNote]:
    """Notes on a drop-in: unknown fields, and a setting that has no effect there."""
    found = []
    for one in dropin.complaints:
        if one.text.startswith("unknown"):
            known = {name: None for name in schema.configuration(36).fields}
            text = f"{one.key} is no field of this version and is ignored{_nearest(one.key, known)}"
            found.append(ConfigNote("unknown-field", text, source.origin(one.line)))
    if "mergeDefaultEvictionSettings" in dropin.values:
        text = "mergeDefaultEvictionSettings has no effect in a drop-in: it is looked at in the main file only"
        line = dropin.places["mergeDefaultEvictionSettings"].line
        found.append(ConfigNote("merge-setting-ignored", text, source.origin(line)))
    return found


def of_listing(listing: dropins.Listing, directory: str) -> list[ConfigNote]:
    """Notes on the files of a drop-in directory that do not count."""
    found = [ConfigNote("dropin-directory", listing.note, Origin("file", directory))] if listing.note else []
    for path in listing.skipped:
        text = "ignored: a drop-in's name must end in .conf"
        found.append(ConfigNote("ignored-file", text, Origin("file", path)))
    return found


def resets(source: Source) -> ConfigNote:
    """1.28: what a drop-in does not set, it sets to the default."""
    text = "a kubelet 1.28 decodes each drop-in with all defaults: what this file leaves out goes back to its default"
    return ConfigNote("dropin-resets", text, source.origin(None))


def beaten(top: Layer, below: Sequence[Layer]) -> list[ConfigNote]:
    """Values of files that a flag beats."""
    found = []
    for name, value in top.values.items():
        if name == "featureGates":
            continue
        for layer in reversed(below):
            origin = layer.origins.get(name)
            if origin is not None and layer.values.get(name) is not None and layer.values[name] != value:
                flag = top.origins[name].text or top.origins[name].where
                text = f"{name} here is beaten by the flag {flag}"
                found.append(ConfigNote("beaten-by-flag", text, origin))
    return found


def vanished(values: Mapping[str, Any], stack: Sequence[Layer], minor: int) -> list[ConfigNote]:
    """Default hard thresholds that are not in force because evictionHard was set."""
    hard = values.get("evictionHard") or {}
    gone = {key: text for key, text in defaults.eviction_hard(minor).items() if key not in hard}
    said = [layer for layer in stack if "evictionHard" in layer.origins or layer.values.get("evictionHard", 1) is None]
    if not gone or not said:
        return []
    origin = said[-1].origins.get("evictionHard", DEFAULT)
    how = "null" if said[-1].values.get("evictionHard", 1) is None else "set"
    listed = ", ".join(f"{key} {text}" for key, text in gone.items())
    verb = "is" if len(gone) == 1 else "are"
    text = f"evictionHard is {how} here, so the default {listed} {verb} not in force"
    return [ConfigNote("eviction-defaults-gone", text, origin)]


def not_a_configuration(source: Source) -> list[ConfigNote]:
    """What a refused file is, if it is recognised: a template, another program's file, one that holds settings."""
    kind, version, line, parsed = "", "", 1, False
    try:
        node = decode.parse(source.data).node
        parsed = True
        kind, version, line = decode.gvk(node)
    except ConfigError:
        pass
    found = list(_recognised(source, kind, version, line))
    if parsed and not kind and not found:
        said = f"this file names no kind: a kubelet wants kind: {decode.KIND} and apiVersion: {decode.GROUP_VERSION}"
        found.append(ConfigNote("not-a-configuration", said, source.origin(1)))
    return found


def _recognised(source: Source, kind: str, version: str, line: int) -> Iterator[ConfigNote]:
    text = "\n".join(source.lines)
    other = next((what for pattern, what in _OTHERS if not kind and re.search(pattern, text, re.MULTILINE)), "")
    if other:
        yield ConfigNote("not-a-configuration", f"this file is {other}", source.origin(1))
    template = None if other else _TEMPLATE.search(text)
    if template:
        said = "this looks like a template that was not filled in: look at the file that is made from it"
        yield ConfigNote("template", said, source.origin(text.count("\n", 0, template.start()) + 1))
    if (version, kind) == (decode.GROUP_VERSION, decode.KIND):
        return
    if kind.lower() == decode.KIND.lower():
        said = (
            f"written here: kind {kind}, apiVersion {version}; the kubelet wants {decode.KIND}, {decode.GROUP_VERSION}"
        )
        yield ConfigNote("wrong-kind", said, source.origin(line))
        return
    if kind in _WRAPPERS:
        said = f"this file is a {kind} ({version}), which the kubelet refuses: {_WRAPPERS[kind]}"
        yield ConfigNote("embedded", said, source.origin(line))
    yield from _inside(source, kind, text)


def _inside(source: Source, kind: str, text: str) -> Iterator[ConfigNote]:
    """A KubeletConfiguration, or settings for one, within another document."""
    reads = "the kubelet reads only a file whose first document is a KubeletConfiguration"
    inside = _INSIDE.search(text)
    before = text[: inside.end()] if inside else ""
    if inside and (kind or _DEEPER.search(before)):
        said = f"a KubeletConfiguration stands inside this file; {reads}"
        yield ConfigNote("embedded", said, source.origin(before.count("\n") + 1))
        return
    settings = _SETTINGS.search(text)
    if settings:
        said = f"settings for kubelets stand under {settings[1]} in this file; {reads}"
        yield ConfigNote("embedded", said, source.origin(text.count("\n", 0, settings.start(1)) + 1))
