"""Which Kubernetes distribution a node is: by its processes first, then by its files (node-layouts.md 0, 1)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from tui.distro.fates import fate_of
from tui.distro.signs import GC_OFF_IS_NORMAL, SIGNS, Sign
from tui.model import Distro, Reader, Unit

OS_RELEASE = ("/etc/os-release", "/usr/lib/os-release")


def recognise(
    kubelet_argv: Sequence[str],
    kubelet_unit: Unit | None,
    runtime_argvs: Iterable[Sequence[str]],
    reader: Reader,
    *,
    files: Sequence[str] = (),
) -> Distro:
    """Name the distribution and say what becomes of a hand edit of each file in use.

    Args:
        kubelet_argv: of the kubelet, or of the program that carries it (k3s, kubelite, kubenswrapper); empty if none
            runs, then the command of the unit stands in.
        kubelet_unit: the unit that starts it.
        runtime_argvs: command lines of the container runtimes.
        reader: the node's files; what cannot be read is no evidence.
        files: configuration, environment and unit files in use, for ``edits``, in the order wanted there.

    Returns:
        ``name`` is "" when nothing was recognised; ``evidence`` says by what, process first.
    """
    words = list(kubelet_argv) or _unit_words(kubelet_unit)
    runtimes = [word for argv in runtime_argvs for word in _joined(argv)]
    os_id = _os_id(reader)
    sign, evidence = _first(lambda one: _by_kubelet(one, words, kubelet_unit))
    if sign is None:
        sign, evidence = _first(lambda one: _by_runtime(one, runtimes))
    if sign is None:
        sign, evidence = _first(lambda one: _by_files(one, reader, os_id))
    else:
        sign, more = _refined(sign, reader, os_id)
        evidence += more
    name = sign.name if sign else ""
    edits = tuple(fate_of(name, path, reader) for path in dict.fromkeys(files))
    return Distro(name, tuple(dict.fromkeys(evidence)), name in GC_OFF_IS_NORMAL, edits)


def _first(marks_of: Callable[[Sign], Iterable[str]]) -> tuple[Sign | None, list[str]]:
    for sign in SIGNS:
        marks = list(marks_of(sign))
        if marks:
            return sign, marks
    return None, []


def _refined(sign: Sign, reader: Reader, os_id: str) -> tuple[Sign, list[str]]:
    for other in SIGNS:
        if other.refines == sign.name:
            marks = list(_by_files(other, reader, os_id))
            if marks:
                return other, marks
    return sign, list(_by_files(sign, reader, os_id))


def _unit_words(unit: Unit | None) -> list[str]:
    return [word.text for command in unit.commands[:1] for word in command] if unit else []


def _joined(argv: Sequence[str]) -> list[str]:
    """The words, and ``--flag=value`` for each ``--flag value``."""
    pairs = zip(argv, argv[1:], strict=False)
    two = [f"{flag}={value}" for flag, value in pairs if flag.startswith("--") and "=" not in flag and value[:1] != "-"]
    return [*argv, *two]


def _by_kubelet(sign: Sign, argv: Sequence[str], unit: Unit | None) -> Iterator[str]:
    yield from (f"process {word}" for word in argv[:2] if _any(sign.program, word))
    yield from (f"kubelet {word}" for word in _joined(argv) if _any(sign.words, word))
    if unit:
        name = posixpath.basename(unit.name)
        if any(fnmatchcase(name, pattern) for pattern in sign.units):
            yield f"unit {name}"
        for path in unit.dropins:
            if any(fnmatchcase(posixpath.basename(path), pattern) for pattern in sign.dropins):
                yield f"drop-in {path}"


def _by_runtime(sign: Sign, runtimes: Sequence[str]) -> Iterator[str]:
    yield from (f"runtime {word}" for word in runtimes if _any(sign.runtime, word))


def _by_files(sign: Sign, reader: Reader, os_id: str) -> Iterator[str]:
    yield from (f"os-release ID={os_id}" for name in sign.os if name == os_id)
    yield from (f"file {path}" for path in sign.files if _exists(path, reader))
    for path, pattern in sign.inside:
        match = re.search(pattern, text_of(path, reader), re.MULTILINE)
        if match:
            yield f"file {path}: {match[0]}"


def _any(patterns: Iterable[str], word: str) -> bool:
    return any(re.search(pattern, word) for pattern in patterns)


def _exists(path: str, reader: Reader) -> bool:
    try:
        reader.stat(path)
    except OSError:
        return False
    return True


def text_of(path: str, reader: Reader) -> str:
    """The text of a file, "" if it cannot be read."""
    try:
        return reader.read(path).decode("utf-8", "surrogateescape")
    except OSError:
        return ""


def _os_id(reader: Reader) -> str:
    for path in OS_RELEASE:
        match = re.search(r"^ID=[\"']?([^\"'\n]*)", text_of(path, reader), re.MULTILINE)
        if match:
            return match[1]
    return ""
