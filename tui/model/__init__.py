"""The words that all rooms share: frozen facts about a node, and judgements over them.

Units: sizes in bytes, shares in percent (0-100) or as a fraction where the name says so, times in seconds. Times
named ``mono`` are seconds since boot on the machine's own clock. Paths and names from a node are data: ``str`` with
``surrogateescape`` for bytes that are no UTF-8, never markup. What is not known is a :class:`Fact` without a value
and with the reason, never a guess.
"""

from tui.model.daemons import (
    ConfigNote,
    ContainerdConfig,
    EnvVar,
    KubeletConfig,
    KubeletEvent,
    KubeletState,
    LogLine,
    Partition,
    Pending,
    Process,
    RuntimeState,
    Threshold,
    Unit,
    Word,
)
from tui.model.disks import History, Mount, MountState, Sample, Usage
from tui.model.facts import DEFAULT, Claim, Fact, FileStat, Origin, OriginKind, Reader
from tui.model.judgement import (
    Assessment,
    Disk,
    Evidence,
    Explanation,
    Finding,
    Forecast,
    Mark,
    Measured,
    Pressure,
    Setting,
    Severity,
    Step,
    Sure,
    Trigger,
)
from tui.model.survey import Distro, EditFate, HostInfo, Survey

__all__ = [
    "Assessment",
    "Claim",
    "ConfigNote",
    "ContainerdConfig",
    "DEFAULT",
    "Disk",
    "Distro",
    "EditFate",
    "EnvVar",
    "Evidence",
    "Explanation",
    "Fact",
    "FileStat",
    "Finding",
    "Forecast",
    "History",
    "HostInfo",
    "KubeletConfig",
    "KubeletEvent",
    "KubeletState",
    "LogLine",
    "Mark",
    "Measured",
    "Mount",
    "MountState",
    "Origin",
    "OriginKind",
    "Partition",
    "Pending",
    "Pressure",
    "Process",
    "Reader",
    "RuntimeState",
    "Sample",
    "Setting",
    "Severity",
    "Step",
    "Sure",
    "Survey",
    "Threshold",
    "Trigger",
    "Unit",
    "Usage",
    "Word",
]
