"""All findings over one survey, worst first; what is merely worth knowing is INFO.

Codes are stable. C critical, W warning, I information; two letters where it depends.

=============================  ====  ====================================================================
stale-view                     C     the kubelet measures another disk than the one where images are
unknown-device                 C     it finds no device for the image path: no image GC, no imagefs eviction
no-statistics                  C     the same from 1.29 on: no eviction of any kind
measured-unknown               I     what it measures cannot be told (undetermined)
summary-fails                  C, W  /stats/summary is HTTP 500; C: for want of figures of the images' disk
answer-contradicts-files       C, W  the kubelet obeys other values than its files say; C: thresholds, unexplained
answer-contradicts-view        I     its statistics show another disk than its start lets expect
answer-contradicts-image-path  W     the runtime names another image path than its files
kubelet-unhealthy              W     /healthz answers and is not ok
overmounted                    I     right figures under an old device name
old-layout                     W     eviction still acts by the layout of its first look
disk-pressure                  C, W  an eviction threshold is met; W: soft ones only
image-gc-failing               W     over the high threshold, and image GC does not manage
gc-cannot-reach-low            W, I  image GC wants more than unused images count; I: not yet, or the disk gets enough
pull-in-flight                 I     an image is being pulled, or a pull was broken off
disk-nearly-full               C, W  from 90 % on, where nothing acts; W: where that is normal
unreachable                    C, W  a mount's server does not answer; C: images are on it
root-not-persistent            W, I  nothing mounts the images' disk at boot; I: the distribution does
no-requires-mounts-for         W, I  the runtime does not wait for that disk; W: and the boot does not either
kubelet-not-running            W     its unit is there, its process is not
runtime-not-running            W     the same of the kubelet's runtime
containerd-config-invalid      C, I  its next start would fail; I: of a containerd that the kubelet does not use
not-containerd                 I     the kubelet uses CRI-O or Docker
several-runtimes               I     more than one runtime
only-high-set                  C     image GC's high threshold is set at or below the default of low
kubelet-config-invalid         C     the kubelet's next start would fail
version-unknown                I     the assumed version refuses the flags (undetermined)
image-gc-off                   W, I  high is 100; I: as is normal for the distribution
eviction-before-image-gc       W     on the images' disk an eviction threshold fires first
imagefs-eviction-unset         W     images have a disk of their own that no eviction threshold watches
no-eviction                    W, I  no disk threshold at all; I: as is normal for the distribution
pressure-never-reported        I     a transition period of 0
containerfs-reclaims-nothing   I     1.29 to 1.31: pods may go before images
pending-kubelet                W, I  configuration newer than the process; I: its carrier writes it after the start
containerd-root-pending        W     the next start of the runtime moves its root
pending-containerd             I     its files are newer than the process, the root stays
decoy                          I     a configuration file that nobody reads
wrong-case, unknown-field,     W, I  the kubelet's notes on its files (tui.kubelet.confignotes); W: what it drops
duplicate-key, ...                   without a word and is about image GC or eviction
containerd-wrong-table, ...    W, I  the notes on containerd's files (tui.containerd.notes); W: where the root is lost
=============================  ====  ====================================================================
"""

from __future__ import annotations

from collections.abc import Sequence

from tui.assess import (
    finds_answers,
    finds_daemons,
    finds_disks,
    finds_files,
    finds_images,
    finds_thresholds,
    finds_view,
)
from tui.assess.case import Case
from tui.assess.measured import View
from tui.assess.scene import Scene
from tui.model import Fact, Finding, ImagesView, Pressure, Trigger


def findings(
    case: Case, view: View, triggers: Sequence[Trigger], pressure: Pressure, images: Fact[ImagesView]
) -> tuple[Finding, ...]:
    """Every finding once, worst first, those of equal weight in the order of the rooms below."""
    scene = Scene(case, view, triggers, pressure, images.value)
    rooms = (finds_view, finds_answers, finds_disks, finds_images, finds_daemons, finds_thresholds, finds_files)
    found = dict.fromkeys(finding for room in rooms for finding in room.find(scene))
    return tuple(sorted(found, key=lambda finding: -finding.severity))
