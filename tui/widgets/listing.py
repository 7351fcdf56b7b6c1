"""A panel that is one long list: filtered by some text, sorted by the next order. The rows are the subclass's."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import ClassVar

from tui.messages import Selected
from tui.widgets.lines import Lines
from tui.widgets.text import literal


class Listing(Lines):
    """Base of the images and of the kubelet's log."""

    ALWAYS_MARKED = True
    ORDERS: ClassVar[Sequence[str]] = ()
    """Names of the orders, the usual one first; empty: there is only one."""
    SOUGHT: ClassVar[str] = ""
    """What the filter looks at, for the empty line in which it is typed."""

    def __init__(self, *, id: str | None = None, ascii: bool = False) -> None:
        """Everything, in the usual order."""
        super().__init__(id=id, ascii=ascii)
        self.needle = ""
        self.order = self.ORDERS[0] if self.ORDERS else ""

    @property
    def total(self) -> int:
        """How many rows there are without the filter."""
        raise NotImplementedError

    def rebuild(self) -> None:
        """Also say where the cursor went when its row has gone, or at the first rows."""
        before = self.cursor
        super().rebuild()
        if self.cursor is not None and self.cursor != before:
            self.post_message(Selected(self, self.cursor))

    def at(self, keys: Collection[str]) -> str | None:
        """The row of these that has the cursor, or will have it as soon as they are shown."""
        return self.cursor if self.cursor in keys else next(iter(keys), None)

    def seek(self, needle: str) -> None:
        """Show only what holds this text; the cursor stays with its row."""
        self.needle = needle
        self.rebuild()

    def next_order(self) -> None:
        """Sort by the next order; the cursor stays with its row and in sight."""
        self.order = self.ORDERS[(self.ORDERS.index(self.order) + 1) % len(self.ORDERS)]
        self.rebuild()

    def chosen(self, shown: int, what: str) -> str:
        """How many of ``total``, and how they were chosen, for the frame; "" where there are none."""
        if not self.total:
            return ""
        parts = [f"{shown} of {self.total} {what}{'s' if self.total != 1 else ''}"]
        if self.needle:
            parts.append(f"filter: {literal(self.needle)}")
        if self.ORDERS and self.order != self.ORDERS[0]:
            parts.append(f"by {self.order}")
        return " · ".join(parts)
