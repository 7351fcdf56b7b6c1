"""At which kubelet minors a vector is run: the one that it names, else both ends of a range of 1.N."""

from __future__ import annotations

from typing import Any

from tui.kubelet import versions

ALL = f"1.20-1.{versions.NEWEST}"


def minors_of(vector: dict[str, Any]) -> list[int]:
    """The minor that the vector names, else both ends of its ``versions``; all versions if it has none."""
    named = vector["in"].get("kubelet_minor")
    return [named] if named is not None else ends(vector.get("versions") or ALL)


def ends(text: str) -> list[int]:
    """Minors of ``1.29-1.31``, ``1.36``, ``1.32+`` (up to the newest known) and ``<=1.31`` (its end alone).

    Raises:
        ValueError: if no minor can be read.
    """
    found = {minor for minor in map(versions.minor_of, text.removesuffix("+").split("-")) if minor is not None}
    if not found:
        raise ValueError(f"no kubelet version in {text!r}")
    return sorted(found | {versions.NEWEST} if text.endswith("+") else found)
