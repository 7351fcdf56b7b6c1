"""Asking the kubelet over HTTP: /healthz, /configz and /stats/summary, at the ports that its configuration names.

Being refused is a normal state: each answer is a fact of its own, unknown with its reason and what would help.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tui.model import Credential, Fact, FsStats, KubeletConfig, Origin, Summary
from tui.node.host import HttpAnswer, NoAnswer

Get = Callable[[str], HttpAnswer]
"""A GET of a URL; raises NoAnswer."""

NEEDS = "needs a credential: --kubelet-cert FILE --kubelet-key FILE, or --kubelet-token FILE"
_SAID_MAX = 300


@dataclass(frozen=True)
class Ports:
    """Base URLs; "" for a port that is switched off."""

    healthz: str
    read_only: str
    secure: str


@dataclass(frozen=True)
class SummaryAnswer:
    """What /stats/summary said, and with which HTTP status; None when nobody answered."""

    summary: Fact[Summary]
    status: int | None = None


def ports(config: KubeletConfig | None) -> Ports:
    """Where a kubelet of this configuration listens; the usual ports where a setting is not known."""
    address = _host(_field(config, "address", "0.0.0.0"))
    healthz = _host(_field(config, "healthzBindAddress", "127.0.0.1"))
    return Ports(
        _base("http", healthz, _field(config, "healthzPort", 10248)),
        _base("http", address, _field(config, "readOnlyPort", 0)),
        _base("https", address, _field(config, "port", 10250)),
    )


def healthz(get: Get, at: Ports) -> Fact[str]:
    """``ok``, or whatever else it says there; an answer with another status than 200 begins with it."""
    if not at.healthz:
        return Fact.unknown("healthzPort is 0: it serves no /healthz")
    url = f"{at.healthz}/healthz"
    try:
        answer = get(url)
    except NoAnswer as error:
        return Fact.unknown(str(error))
    text = _said(answer)
    return Fact(text if answer.status == 200 else f"HTTP {answer.status}: {text}", _origin(url))


def configz(get: Get, at: Ports, credential: Credential | None) -> Fact[Mapping[str, Any]]:
    """The configuration that the kubelet itself says it has (``kubeletconfig``, v1beta1 names)."""
    if not at.secure:
        return Fact.unknown("port is 0: it serves no /configz")
    url = f"{at.secure}/configz"
    try:
        found = _json(_good(get(url), credential)).get("kubeletconfig")
    except NoAnswer as error:
        return Fact.unknown(str(error))
    return Fact(found, _origin(url)) if isinstance(found, dict) else Fact.unknown("its /configz has no kubeletconfig")


def summary(get: Get, at: Ports, credential: Credential | None) -> SummaryAnswer:
    """What the kubelet measures: from the read-only port where there is one, else from the port for the API server."""
    nobody = SummaryAnswer(Fact.unknown("it has neither a read-only port nor a port for the API server"))
    for base in filter(None, (at.read_only, at.secure)):
        url = f"{base}/stats/summary"
        try:
            answer = get(url)
        except NoAnswer as error:
            nobody = SummaryAnswer(Fact.unknown(str(error)))
            continue
        try:
            return SummaryAnswer(Fact(_summary(_json(_good(answer, credential))), _origin(url)), answer.status)
        except NoAnswer as error:
            return SummaryAnswer(Fact.unknown(str(error)), answer.status)
    return nobody


def _good(answer: HttpAnswer, credential: Credential | None) -> HttpAnswer:
    """The answer if it is one; raises NoAnswer with what the status means here."""
    if answer.status == 200:
        return answer
    said = _said(answer)
    if answer.status in (401, 403) and credential is None:
        raise NoAnswer(f"{NEEDS} (HTTP {answer.status})")
    if answer.status == 401:
        raise NoAnswer(f"the {credential.kind if credential else ''} is not accepted (HTTP 401)")
    if answer.status == 403:
        raise NoAnswer(
            f"the {credential.kind if credential else ''} may not read it, nodes/proxy may (HTTP 403): {said}"
        )
    if answer.status in (404, 405):
        raise NoAnswer(f"not served, enableDebuggingHandlers is probably off (HTTP {answer.status})")
    raise NoAnswer(f"HTTP {answer.status}: {said}")


def _json(answer: HttpAnswer) -> Mapping[str, Any]:
    try:
        found = json.loads(answer.body.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError) as error:
        raise NoAnswer("its answer is not JSON") from error
    if not isinstance(found, dict):
        raise NoAnswer("its answer is not an object")
    return found


def _summary(found: Mapping[str, Any]) -> Summary:
    node = _part(found, "node")
    runtime = _part(node, "runtime")
    return Summary(_stats(node, "fs"), _stats(runtime, "imageFs"), _stats(runtime, "containerFs"))


def _part(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = found.get(name)
    return part if isinstance(part, dict) else {}


def _stats(found: Mapping[str, Any], name: str) -> FsStats | None:
    stats = _part(found, name)
    names = ("capacityBytes", "availableBytes", "usedBytes", "inodes", "inodesFree")
    return FsStats(*(_count(stats.get(one)) for one in names)) if stats else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _field(config: KubeletConfig | None, name: str, usual: Any) -> Any:
    fact = config.fields.get(name) if config else None
    return usual if fact is None or fact.value is None else fact.value


def _host(address: object) -> str:
    """Where to reach a server that is bound to ``address``: every address is bound on loopback too."""
    import ipaddress

    try:
        found = ipaddress.ip_address(str(address))
    except ValueError:
        return "127.0.0.1"  # it would not start with such an address
    if found.version == 6:
        return f"[{'::1' if found.is_unspecified else found}]"
    return "127.0.0.1" if found.is_unspecified else str(found)


def _base(scheme: str, host: str, port: object) -> str:
    return f"{scheme}://{host}:{port}" if isinstance(port, int) and 0 < port < 65536 else ""


def _origin(url: str) -> Origin:
    return Origin("socket", url)


def _said(answer: HttpAnswer) -> str:
    return answer.body[:_SAID_MAX].decode("utf-8", "surrogateescape").strip()
