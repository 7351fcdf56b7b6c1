"""A fact and where it comes from, and how files are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, TypeVar

T_co = TypeVar("T_co", covariant=True)

OriginKind = Literal["file", "env", "flag", "default", "proc", "socket", "journal", "command", "computed"]


@dataclass(frozen=True)
class Origin:
    """Where a value was found: ``where`` is a path, flag, /proc file or command; ``text`` the words there."""

    kind: OriginKind
    where: str
    line: int | None = None
    text: str = ""

    def __str__(self) -> str:
        """``/etc/kubernetes/kubelet-config.yaml:49``, ``--root``, ``default``."""
        return f"{self.where}:{self.line}" if self.line is not None else self.where


DEFAULT = Origin("default", "default")


@dataclass(frozen=True)
class Claim(Generic[T_co]):
    """One source's word for a value; a fact keeps the claims that it beat."""

    value: T_co | None
    origin: Origin


@dataclass(frozen=True)
class Fact(Generic[T_co]):
    """A value with its origin and the claims it beat (strongest first), or unknown with the reason."""

    value: T_co | None
    origin: Origin | None = None
    beaten: tuple[Claim[T_co], ...] = ()
    reason: str = ""

    @property
    def known(self) -> bool:
        """Whether there is an answer; a known answer may still be ``None`` ("not set")."""
        return self.origin is not None

    @staticmethod
    def unknown(reason: str) -> Fact[Any]:
        """An honest blank: ``reason`` says why, and what would make it readable."""
        return Fact(None, None, (), reason)


@dataclass(frozen=True)
class FileStat:
    """What a stat of a path says; ``kind`` of the thing itself, ``target`` only for a link (lstat)."""

    kind: Literal["file", "dir", "link", "other"]
    size: int
    mode: int
    uid: int
    gid: int
    mtime_ns: int
    ctime_ns: int
    dev: tuple[int, int]
    inode: int = 0
    target: str = ""


class Reader(Protocol):
    """Read access to the files of one node; paths are the node's own, absolute; links resolve inside its root.

    Every method raises ``OSError`` (with ``errno``) as the node's kernel would.
    """

    def read(self, path: str) -> bytes:
        """The whole content; files above 4 MiB raise ``OSError`` (EFBIG)."""
        ...

    def list(self, path: str) -> list[str]:
        """Names in a directory, dot-files included, in byte order."""
        ...

    def stat(self, path: str, *, follow: bool = True) -> FileStat:
        """Stat, or lstat with ``follow=False``."""
        ...

    def realpath(self, path: str) -> str:
        """The canonical path on the node; parts that do not exist are kept as they are."""
        ...
