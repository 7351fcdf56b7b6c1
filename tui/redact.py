r"""What is left out of everything that leaves the program: passwords, tokens, keys (screens, reports, exports).

Text is searched for forms that say of themselves that a secret follows: ``--bootstrap-token X``, ``password = "X"``,
``"auth": "X"``, ``REGISTRY_PASSWORD=X``, ``https://user:X@host``, ``Authorization: Bearer X``, private keys, and tokens
that are known by their beginning. Names, paths, references (``${NAME}``) and switches (``true``) stay as they are.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

REDACTED = "<redacted>"

_SECRET_WORD = (
    r"(?:pass(?:word|wd|phrase)|secret|token|api[_-]?key|access[_-]?key|secret[_-]?key|private[_-]?key|auth[_-]?key"
    r"|encryption[_-]?key|signing[_-]?key|key[_-]?data|credentials?)"
)
_NAME = rf"(?<![\w.-])(?:[\w.-]{{0,60}}{_SECRET_WORD}|(?-i:[A-Z0-9_]{{1,60}}_(?:PASS|PWD|KEY|AUTH|PAT))|auth)"
_PROSE = r"(?-i:[A-Z]+)|is|was|are|or|and|of|in|on|to|for|with|would|needs|must|names|says|gives|takes"
_Q = r"""\\*["']"""

_HINTS = (
    *("pass", "secret", "token", "auth", "bearer", "basic", "key", "cred", "username", "_pwd", "_pat", "://"),
    *("eyj", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "k10", "nvapi-", "glpat-"),
)
_PRIVATE_KEY = re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(?=-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL)
_URL = re.compile(r"""(?<=://)([^\s/:@"'<>?#]*):([^\s/"'<>?#]+)@""")
_URL_TOKEN = re.compile(r"""(?<=://)[^\s/:@"'<>?#]{20,}(?=@)""")
_QUERY = re.compile(r"""([?&](?:[\w.-]*(?:token|password|secret|signature|api_?key)|sig|key)=)[^\s&#"'<>]+""", re.I)
_HEADER = re.compile(
    rf"""(\b(?:proxy-)?authorization(?:{_Q})?[ \t]*[:=][ \t\[]*(?:{_Q})?)(?:(?:(bearer|basic|token|digest)[ \t]+)"""
    rf"""[^\s"',\\\]]+|(?=[^\s"',]*\d)[\w.~+/=-]{{8,}})""",
    re.I,
)
_BEARER = re.compile(r"(\b(?:bearer|basic)\s+)(?=[\w.~+/-]*[\d=+/])[\w.~+/-]{8,}=*", re.I)
_KNOWN = re.compile(
    r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}"
    r"|\bnvapi-[\w-]{20,}|\bK10[0-9a-f]{20,}::[^\s\"']+"
)
_IN_QUOTES = re.compile(rf"""(?P<open>["'])(?P<name>{_NAME}=)(?P<value>[^"']+)(?=(?P=open))""", re.I)
_QUOTED = re.compile(
    rf"""(?P<name>(?:{_NAME}|\busername)(?:{_Q})?(?:\s*[:=]\s*|\s+(?=["'])))(?P<open>{_Q})(?P<value>.*?)(?P=open)""",
    re.I,
)
_PLAIN = re.compile(rf"""(?P<name>{_NAME}=)(?P<value>[^\s"']+)""", re.I)
_SPACED = re.compile(
    rf"""(?P<name>(?:^|(?<=[\s"']))(?=--?\w){_NAME}[ \t]+)(?!(?:{_PROSE})\b)(?P<value>[^\s"'-][^\s"']*)""", re.I
)
_LINE = re.compile(
    rf"""(?P<name>(?:^|(?<=\n)|(?<=[{{,]))[ \t]*(?:-[ \t]+)?{_NAME}\s*(?::[ \t]+|[ \t]=[ \t]))"""
    r"""(?P<value>[^\s"',}]+)(?=[ \t]*(?:$|\n|[,}]))""",
    re.I,
)
_FLAG = re.compile(rf"(?=--?\w){_NAME}", re.I)
_KEY = re.compile(rf"(?:{_NAME}|(?:proxy-)?authorization|username)", re.I)

_PATH = re.compile(r"(?:file://)?/(?:etc|var|run|usr|opt|home|root|mnt|proc|tmp|srv|data|lib|host|snap|dev|sys)(?:/|$)")
_REFERENCE = re.compile(r"\$(?:\w+|\{\w+\})|%\w|<[\w -]+>|\*+")
_SWITCH = frozenset(("", "true", "false", "null", "none", "nil", "yes", "no", "on", "off", "unknown", "~"))
_OBJECT = re.compile(r"[a-z0-9.-]+(?:/[a-z0-9.-]+)?")  # klog names Kubernetes objects: secret="kube-system/registry"


def redact(text: str) -> str:
    """The text with every secret in it replaced by ``<redacted>``; done twice it is the same."""
    low = text.lower()
    return _redacted(text) if any(hint in low for hint in _HINTS) else text


@lru_cache(maxsize=4096)
def _redacted(text: str) -> str:
    text = _PRIVATE_KEY.sub(rf"\1{REDACTED}", text)
    text = _URL.sub(rf"\1:{REDACTED}@", text)
    text = _URL_TOKEN.sub(REDACTED, text)
    text = _QUERY.sub(rf"\1{REDACTED}", text)
    text = _HEADER.sub(lambda found: f"{found[1]}{f'{found[2]} ' if found[2] else ''}{REDACTED}", text)
    text = _BEARER.sub(rf"\1{REDACTED}", text)
    text = _KNOWN.sub(REDACTED, text)
    for form in (_IN_QUOTES, _QUOTED, _PLAIN, _SPACED, _LINE):
        text = form.sub(_hidden, text)
    return text


def redact_data(value: Any) -> Any:
    """The same tree of dicts and lists, each string redacted.

    What follows a flag as a word of its own (``["--token", "X"]``, also as ``text`` of an item) and what stands under
    a key that names a secret is redacted too.
    """
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: _under(key, each) for key, each in value.items()}
    if isinstance(value, list):
        return _words([redact_data(each) for each in value])
    return value


def _hidden(found: re.Match[str]) -> str:
    name, value = found["name"], found["value"]
    if is_open(value) or (_bare(name) == "secret" and _OBJECT.fullmatch(value)):
        return found[0]
    end = found.end() - found.start("value") - len(value)
    return found[0][: found.start("value") - found.start()] + REDACTED + (found[0][-end:] if end else "")


def is_open(value: str) -> bool:
    """Whether a value is none: a path, a reference to one, a switch, or redacted already."""
    return value.lower() in _SWITCH or bool(_PATH.match(value) or _REFERENCE.fullmatch(value))


def _bare(name: str) -> str:
    return re.sub(r"[^a-z]", "", name) if name.islower() else name.strip()


def _under(key: str, value: Any) -> Any:
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        return redact_data(value)
    if isinstance(value, str):
        return value if is_open(value) else REDACTED
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return [each if is_open(each) else REDACTED for each in value]
    return redact_data(value)


def _words(items: list[Any]) -> list[Any]:
    """Words of a command line: the one after a secret's flag is the secret."""
    texts = [_text(item) for item in items]
    for at in range(1, len(items)):
        value = texts[at]
        if _FLAG.fullmatch(texts[at - 1]) and value and not value.startswith("-") and not is_open(value):
            items[at] = _without(items[at], value)
    return items


def _text(item: Any) -> str:
    found = item.get("text") if isinstance(item, dict) else item
    return found if isinstance(found, str) else ""


def _without(item: Any, secret: str) -> Any:
    """An item with a secret taken out of every string in it."""
    if isinstance(item, str):
        return item.replace(secret, REDACTED)
    if isinstance(item, dict):
        return {key: _without(each, secret) for key, each in item.items()}
    return item
