"""A panel of lines on Textual's line API: rows that can be selected by key, and a repaint only of what changed.

One row changed costs its changed cells (about 0.6 KB over the line, where a stock table writes 8 to 30 KB): each
build is compared with the last one, and only the span that differs is refreshed.
"""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size, Spacing
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.messages import Asked, Look, Pulse, Selected
from tui.widgets.text import ROLES, Line, changed, fit


class Lines(ScrollView, can_focus=True):
    """Base of all panels. A subclass says in :meth:`build` what its lines are; this class shows them."""

    TITLE: ClassVar[str] = ""
    ALWAYS_MARKED: ClassVar[bool] = False
    """Whether the selected row is marked even while another panel has the focus."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"lines--{role}" for role in ROLES if role} | {"lines--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("pagedown", "move(10)", show=False),
        Binding("pageup", "move(-10)", show=False),
        Binding("home", "edge(0)", show=False),
        Binding("end", "edge(-1)", show=False),
        Binding("enter", "ask", show=False),
    ]
    DEFAULT_CSS = """
    Lines {
        overflow-x: hidden; overflow-y: auto; scrollbar-size: 0 0;
        color: $foreground; background: $background;
        border: round $rule; padding: 0 1 0 0; border-title-color: $dim; border-subtitle-color: $dim;
        border-title-style: none;
        &:focus { border: round $accent; border-title-color: $foreground; background-tint: $foreground 0%; }
        & > .lines--strong { text-style: bold; }
        & > .lines--dim { color: $dim; }
        & > .lines--good { color: $success; }
        & > .lines--warn { color: $warning; }
        & > .lines--bad { color: $error; text-style: bold; }
        & > .lines--accent { color: $accent; }
        & > .lines--rule { color: $rule; }
        & > .lines--fill { color: $primary; }
        & > .lines--past { color: $primary; }
        & > .lines--future { color: $accent; }
        & > .lines--limit { color: $warning; }
        & > .lines--badge { color: $background; background: $dim; }
        & > .lines--alert { color: $background; background: $warning; text-style: bold; }
        & > .lines--key { color: $accent; text-style: bold; }
        & > .lines--cursor { background: $cursor; }
        &:ansi > .lines--cursor { color: ansi_default; background: ansi_default; text-style: reverse; }
        &:ansi > .lines--alert { color: ansi_default; background: ansi_default; text-style: bold reverse; }
        &:ansi > .lines--badge { color: ansi_default; background: ansi_default; text-style: reverse; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None, ascii: bool = False) -> None:
        """``ascii``: draw bars and charts without braille and box characters."""
        super().__init__(id=id, classes=classes)
        self.ascii = ascii
        self.look: Look | None = None
        self.pulse: Pulse | None = None
        self.cursor: str | None = None
        self.sticky = 0
        self._lines: list[Line] = []
        self._built_for = (-1, -1)
        self._captions = ("", "")
        self._marked: str | None = None
        self._palette: dict[str, Style] = {}

    def build(self, width: int, height: int) -> list[Line]:
        """The lines for a content area of this size; a panel that grows with its lines gets height 0."""
        raise NotImplementedError

    def captions(self) -> tuple[str, str]:
        """Title and subtitle of the frame, literally."""
        return self.TITLE, ""

    def show(self, look: Look | None, pulse: Pulse | None) -> None:
        """Derive everything anew from this look."""
        self.look, self.pulse = look, pulse
        if self.is_attached and self.size.width:
            self.rebuild()

    def rebuild(self) -> None:
        """Build, compare, and refresh what changed."""
        size = self.size
        fresh = self.build(size.width, size.height)
        self._built_for = (size.width, size.height)
        self._keep_cursor(fresh)
        old, self._lines = self._lines, fresh
        self._caption()
        if len(old) != len(fresh):
            self.virtual_size = Size(1, len(fresh))
            self.refresh(layout=True)
            return
        marked, self._marked = self._marked, self.cursor if self._marks else None
        for y, (before, after) in enumerate(zip(old, fresh, strict=True)):
            moved = marked != self._marked and before.key is not None and before.key in (marked, self._marked)
            if before == after and not moved:
                continue
            span = (0, size.width) if moved else changed(before, after)
            if span:
                self._refresh_span(y, *span)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as there are; built for the width that the layout offers."""
        if self._built_for[0] != width or not self._lines:
            self._lines = self.build(width, 0)
            self._built_for = (width, -1)
            self._keep_cursor(self._lines)
            self.virtual_size = Size(1, len(self._lines))
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        """Paint one line of the visible part."""
        width = self.size.width
        index = y if y < self.sticky else y + self.scroll_offset.y
        if index >= len(self._lines):
            return Strip.blank(width, self._style(""))
        row = self._lines[index]
        selected = self.has_focus and row.key is not None and row.key == self.cursor
        over = self._style("cursor") if selected else Style()
        strip = Strip([Segment(text, self._style(role) + over) for text, role in fit(row.spans, width) if text])
        return strip.adjust_cell_length(width, self._style("") + over)

    @property
    def folded(self) -> bool:
        """Whether the screen is so small that this panel is one line (the class ``-folded``)."""
        return self.has_class("-folded")

    @property
    def _marks(self) -> bool:
        return self.has_focus or self.ALWAYS_MARKED

    @property
    def keys(self) -> list[str]:
        """The keys of the rows, top to bottom."""
        return list(dict.fromkeys(row.key for row in self._lines if row.key is not None))

    def mark(self, key: str | None) -> str:
        """The mark before a row: ``▸`` for the selected one; a cell of its own, so that colour is never alone."""
        return "▸" if key is not None and key == self.cursor and self._marks else " "

    def notify_style_update(self) -> None:
        """Forget painted styles when the look changes."""
        super().notify_style_update()
        self._palette.clear()

    def on_resize(self) -> None:
        """Lay out anew for the new width."""
        self.rebuild()
        self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Say how much is below."""
        super().watch_scroll_y(old_value, new_value)
        self._caption()

    def on_focus(self) -> None:
        """Show the selected row."""
        self.rebuild()

    def on_blur(self) -> None:
        """Hide it again."""
        self.rebuild()

    def action_move(self, step: int) -> None:
        """Select another row; beyond the first or last one, go to the neighbouring panel."""
        keys = self.keys
        here = keys.index(self.cursor) if self.cursor in keys else -1
        target = here + step
        if not keys or (abs(step) == 1 and not 0 <= target < len(keys)):
            self.screen.focus_next() if step > 0 else self.screen.focus_previous()
        else:
            self.select(keys[max(0, min(len(keys) - 1, target))])

    def action_edge(self, index: int) -> None:
        """Select the first or the last row."""
        if self.keys:
            self.select(self.keys[index])

    def action_ask(self) -> None:
        """Ask for more about the selected row."""
        self.post_message(Asked(self, self.cursor))

    def select(self, key: str) -> None:
        """Put the cursor on this row and bring it into sight."""
        if key == self.cursor:
            return
        self.cursor = key
        self.rebuild()
        places = [y for y, row in enumerate(self._lines) if row.key == key]
        if places:
            row = Region(0, places[0], 1, len(places))
            self.scroll_to_region(row, spacing=Spacing(top=self.sticky), animate=False, force=True)
        self.post_message(Selected(self, key))

    def on_click(self, event: events.Click) -> None:
        """Select a row; a second click on it asks for more."""
        offset = event.get_content_offset(self)
        index = -1 if offset is None or offset.y < self.sticky else offset.y + self.scroll_offset.y
        if not 0 <= index < len(self._lines):
            return
        key = self._lines[index].key
        if key is not None and key == self.cursor and event.chain == 2:
            self.action_ask()
        elif key is not None:
            self.select(key)

    def _keep_cursor(self, fresh: list[Line]) -> None:
        """The cursor stays with its key; where that is gone, the first row has it."""
        keys = [row.key for row in fresh if row.key is not None]
        if self.cursor not in keys:
            self.cursor = keys[0] if keys else None

    def _caption(self) -> None:
        title, subtitle = self.captions()
        below = len(self._lines) - self.scroll_offset.y - self.size.height
        more = f"{below} more ↓" if below > 0 and not self.folded and self.size.height > 1 else ""
        captions = title, " · ".join(filter(None, (subtitle, more)))
        if captions != self._captions:
            self._captions = captions
            self.border_title, self.border_subtitle = (Content(text) for text in captions)

    def _refresh_span(self, y: int, start: int, stop: int) -> None:
        top = y if y < self.sticky else y - self.scroll_offset.y
        if 0 <= top < self.size.height:
            self.refresh(Region(start, top, stop - start, 1))

    def _style(self, role: str) -> Style:
        if role not in self._palette:
            partial = self.get_component_rich_style(f"lines--{role}", partial=True) if role else Style()
            self._palette[role] = partial if role == "cursor" else self.rich_style + partial
        return self._palette[role]
