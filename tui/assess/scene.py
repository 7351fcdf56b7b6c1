"""All that the findings judge, in one hand, and the commands that remedies are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tui.assess.case import Case
from tui.assess.measured import View
from tui.model import EditFate, ImagesView, MountState, Pressure, Trigger
from tui.words import visible


@dataclass(frozen=True)
class Scene:
    """A case with the judgements made so far; ``images`` None where the runtime was not asked."""

    case: Case
    view: View
    triggers: Sequence[Trigger]
    pressure: Pressure
    images: ImagesView | None

    def rows(self, state: MountState | None, *, applied: bool | None = None) -> Iterator[Trigger]:
        """The triggers on one mount, all or only the applied or the other ones."""
        for row in self.triggers:
            here = state is not None and row.mountpoint == state.mount.mountpoint
            if here and (applied is None or row.applied is applied):
                yield row

    def gc(self, state: MountState | None) -> Trigger | None:
        """The row of image GC on one mount."""
        return next((row for row in self.rows(state) if row.kind == "image GC"), None)


def unit_name(case: Case) -> str:
    """The unit to restart for the kubelet, without ``.service``; "" if it has none."""
    process, unit = case.process, case.survey.kubelet.unit.value
    name = (process.unit.value if process else None) or (unit.name if unit else "")
    return visible(name.removesuffix(".service"))


def restart(case: Case) -> str:
    """The command that restarts the kubelet."""
    name = unit_name(case)
    return f"systemctl restart {name}" if name else "restart the kubelet"


def config_file(case: Case) -> str:
    """The file in which the kubelet's thresholds are best set, or words for it."""
    files = case.config.files if case.config else ()
    return files[0] if files else ""


def edit(case: Case, path: str, what: str) -> str:
    """``what`` to write into a file, with what becomes of such an edit on this distribution (node-layouts.md 4)."""
    where = f"in {visible(path)}" if path else "in a file given with --config"
    said = f"set {what} {where}, then {restart(case)}"
    fate = fate_of(case, path)
    if fate is None or fate.fate in ("lasts", "unknown"):
        return said
    instead = visible(fate.instead)
    if fate.fate == "until-event":
        return f"{said} ({visible(fate.why)}{f'; for good: {instead}' if instead else ''})"
    ban = "must not be edited" if fate.fate == "forbidden" else "is no place for it"
    return f"set {what} by {instead or 'other means'}: {visible(path)} {ban} ({visible(fate.why)})"


def fate_of(case: Case, path: str) -> EditFate | None:
    """What the distribution does to a file."""
    return next((one for one in case.survey.distro.edits if one.path == path), None)
