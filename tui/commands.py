"""The commands: one class gives the key, the footer's word, the palette's entry, the tooltip and the help.

Whether a command can work now is asked in one place only, ``check_action`` of the screen or of the app.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, ClassVar

from textual.binding import Binding
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.dom import DOMNode


class Command:
    """One thing that a person can ask for; its docstring is the help."""

    KEYS: ClassVar[str] = ""
    """Textual key names, comma separated; empty: only in the palette."""
    SHOWN: ClassVar[str] = ""
    """How the keys are written for people."""
    NAME: ClassVar[str] = ""
    """Two words at most, for footer and palette."""
    ACTION: ClassVar[str] = ""
    FOOTER: ClassVar[bool] = True

    @classmethod
    def help(cls) -> str:
        """The sentence for tooltip, palette and help."""
        return " ".join((cls.__doc__ or "").split())

    @classmethod
    def binding(cls) -> Binding:
        """The binding for Textual."""
        return Binding(cls.KEYS, cls.ACTION, cls.NAME, show=cls.FOOTER, key_display=cls.SHOWN, tooltip=cls.help())


class Why(Command):
    """Explain the selected value: what wins, what it beat, the exact bytes, and the rule behind it."""

    KEYS, SHOWN, NAME, ACTION = "e", "e", "Why", "why"


class Findings(Command):
    """List every finding with its evidence and its remedy."""

    KEYS, SHOWN, NAME, ACTION = "v", "v", "Findings", "findings"


class Images(Command):
    """Show every image: its size, what the disk gets back, who uses it, and what image GC would do."""

    KEYS, SHOWN, NAME, ACTION = "i", "i", "Images", "images"


class GcLog(Command):
    """Show what the kubelet itself has logged about image GC, eviction and devices, newest first."""

    KEYS, SHOWN, NAME, ACTION = "g", "g", "GC log", "gc_log"


class AllMounts(Command):
    """Show all mounts, the hidden ones with the reason; again: only those that matter."""

    KEYS, SHOWN, NAME, ACTION = "a", "a", "All", "all_mounts"


class Filter(Command):
    """Show only the rows that hold some text: mounts, images, lines of the log."""

    KEYS, SHOWN, NAME, ACTION = "slash", "/", "Filter", "filter"


class Sort(Command):
    """Sort by the next order: mounts as judged, by use, free space, growth, name; images likewise."""

    KEYS, SHOWN, NAME, ACTION = "s", "s", "Sort", "sort"


class Pause(Command):
    """Hold the picture still, or let it go on."""

    KEYS, SHOWN, NAME, ACTION = "space", "spc", "Pause", "pause"


class Faster(Command):
    """Look more often."""

    KEYS, SHOWN, NAME, ACTION, FOOTER = "plus,equals_sign", "+", "Faster", "faster", False


class Slower(Command):
    """Look less often, for a slow line or a busy node."""

    KEYS, SHOWN, NAME, ACTION, FOOTER = "minus", "-", "Slower", "slower", False


class Appearance(Command):
    """Change the colours: dark, light, and both for colour-blind eyes."""

    NAME, ACTION, FOOTER = "Colours", "appearance", False


class Help(Command):
    """Show the keys and what the marks mean."""

    KEYS, SHOWN, NAME, ACTION = "question_mark", "?", "Help", "help"


class Palette(Command):
    """Find a command by its name."""

    KEYS, SHOWN, NAME, ACTION, FOOTER = "ctrl+p", "^p", "Palette", "command_palette", True


class Back(Command):
    """Go back; drop a filter first, on the dashboard the long list too."""

    KEYS, SHOWN, NAME, ACTION = "escape,backspace", "esc", "Back", "go_back"


class Quit(Command):
    """Leave. Nothing was changed."""

    KEYS, SHOWN, NAME, ACTION = "q,ctrl+c,ctrl+q", "q", "Quit", "quit"


DASHBOARD: tuple[type[Command], ...] = (Why, Findings, AllMounts, Filter, Sort)
EVERYWHERE: tuple[type[Command], ...] = (Images, GcLog, Back, Pause, Faster, Slower, Appearance, Help, Palette, Quit)


def bindings(commands: tuple[type[Command], ...]) -> list[Binding]:
    """The bindings of those commands that have a key."""
    return [command.binding() for command in commands if command.KEYS]


def owner(screen: DOMNode, command: type[Command]) -> DOMNode:
    """Who carries a command out: the screen if it can, else the app."""
    return screen if hasattr(screen, f"action_{command.ACTION}") else screen.app


def works(screen: DOMNode, command: type[Command]) -> bool:
    """Whether a command can work now on this screen."""
    who = owner(screen, command)
    return hasattr(who, f"action_{command.ACTION}") and who.check_action(command.ACTION, ()) is True


class CommandProvider(Provider):
    """The palette's entries: the commands that can work now."""

    async def discover(self) -> Hits:
        """All of them, before a letter is typed."""
        for command in (*DASHBOARD, *EVERYWHERE):
            if command is not Palette and works(self.screen, command):
                yield DiscoveryHit(self._title(command), self._run(command), help=command.help())

    async def search(self, query: str) -> Hits:
        """Those that match what was typed."""
        matcher = self.matcher(query)
        for command in (*DASHBOARD, *EVERYWHERE):
            score = matcher.match(self._title(command))
            if score > 0 and command is not Palette and works(self.screen, command):
                yield Hit(score, matcher.highlight(self._title(command)), self._run(command), help=command.help())

    def _title(self, command: type[Command]) -> str:
        return f"{command.NAME}  ({command.SHOWN})" if command.SHOWN else command.NAME

    def _run(self, command: type[Command]) -> Callable[[], Coroutine[Any, Any, bool]]:
        return partial(self.app.run_action, command.ACTION, owner(self.screen, command))
