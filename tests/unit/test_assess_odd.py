"""Odd surveys: whatever is unknown, zero or absurd, the judgement never raises and stays consistent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from tests import answers as a
from tests import builders as b
from tui.assess.judge import assess
from tui.assess.why import explain
from tui.model import (
    ContainerUse,
    Fact,
    FsStats,
    Image,
    KubeletAnswer,
    KubeletConfig,
    KubeletState,
    MountState,
    Origin,
    Pressure,
    RuntimeAnswer,
    RuntimeState,
    Sample,
    Severity,
    Survey,
    Threshold,
    UnderRoot,
    Usage,
)

UNKNOWN: Fact[Any] = Fact.unknown("not readable")
PROC = Origin("proc", "/proc")
PATHS = ("/", "/mnt", "/mnt/images", "/var", "/var/lib", "/var/lib/containerd", "/x\n[/]\x1b", "/\udcff")
SIGNALS = ("nodefs.available", "nodefs.inodesFree", "imagefs.available", "imagefs.inodesFree", "memory.available")

counts = st.one_of(st.sampled_from([0, 1, 4096, 2**31, 2**62]), st.integers(0, 2**40))
usages = st.builds(Usage, st.sampled_from([0, 1, 512, 4096]), counts, counts, counts, counts, counts)
moments = st.one_of(st.none(), st.sampled_from([0.0, 999.0, 1000.0, 1000.5, 1030.0, 2000.0, 1e9]))


T = TypeVar("T", KubeletState, RuntimeState)


def blank(state: T, name: str) -> T:
    """One field made unknown."""
    change: dict[str, Any] = {name: UNKNOWN}
    return replace(state, **change)


@st.composite
def mounts(draw: st.DrawFn) -> MountState:
    path = draw(st.sampled_from(PATHS))
    state = b.mount(
        path,
        draw(st.sampled_from(["/dev/sda1", "/dev/sdb1", "tmpfs", "overlay", ""])),
        draw(st.sampled_from([(8, 1), (8, 17), (0, 40), (0, 0)])),
        fstype=draw(st.sampled_from(["ext4", "xfs", "btrfs", "tmpfs", "overlay", "f2fs", "nfs4", ""])),
        numbers=draw(usages),
        appeared=draw(moments),
        persistent=draw(st.sampled_from([None, "/etc/fstab:1"])),
        hidden=draw(st.sampled_from(["", "", "overmounted", "pseudo filesystem"])),
        unreachable=draw(st.booleans()),
    )
    return state if draw(st.booleans()) else replace(state, appeared=UNKNOWN, persistent=UNKNOWN)


@st.composite
def thresholds(draw: st.DrawFn) -> Threshold:
    fraction = draw(st.sampled_from([None, 0.0, 0.1, 1.0, float("nan")]))
    return Threshold(
        draw(st.sampled_from(SIGNALS)),
        "10%",
        fraction,
        draw(counts) if fraction is None else None,
        draw(st.sampled_from([None, 0.0, 90.0])),
        draw(st.sampled_from(["", "5%", "1Gi"])),
        Origin("file", "/x", 1),
    )


@st.composite
def configs(draw: st.DrawFn) -> KubeletConfig:
    config = b.kubelet_config(draw(st.integers(19, 37)))
    odd = st.sampled_from(
        [UNKNOWN, Fact(None, PROC), Fact("x", PROC), Fact(0, PROC), Fact(100, PROC), Fact("0s", PROC)]
    )
    chosen = draw(st.dictionaries(st.sampled_from(sorted(config.fields)), odd, max_size=4))
    fields = {**config.fields, **chosen}
    dropped = draw(st.sets(st.sampled_from(sorted(fields)), max_size=3))
    return replace(
        config,
        fields={name: fact for name, fact in fields.items() if name not in dropped},
        eviction=tuple(draw(st.lists(thresholds(), max_size=4))),
        signals=draw(st.sampled_from([config.signals, {}, {"evictionHard": {"imagefs.available": UNKNOWN}}])),
        error=draw(st.sampled_from(["", "", "bad \x1b"])),
    )


numbers = st.one_of(st.none(), counts, st.sampled_from([-1, 2**63, 100 * b.GIB]))
statistics = st.one_of(st.none(), st.builds(FsStats, numbers, numbers, numbers, numbers, numbers))
odd_values = st.one_of(
    st.none(),
    st.integers(-5, 200),
    st.sampled_from(["", "5m0s", "x\x1b", 2.5, [], {"nodefs.available": "20%", "a": 1}]),
)
FIELDS = ("imageGCHighThresholdPercent", "imageMinimumGCAge", "evictionHard", "evictionSoft", "evictionMinimumReclaim")


@st.composite
def kubelet_answers(draw: st.DrawFn) -> Fact[KubeletAnswer]:
    if draw(st.booleans()):
        return UNKNOWN
    return a.said(
        configz=draw(st.one_of(st.none(), st.dictionaries(st.sampled_from(FIELDS), odd_values))),
        node_fs=draw(statistics),
        image_fs=draw(statistics),
        status=draw(st.sampled_from([None, 200, 500])),
        reason=draw(st.sampled_from(["", "could not find device \x1b"])),
        healthz=draw(st.sampled_from(["ok", "", "bad \x1b\n"])),
        wall=draw(st.sampled_from([b.WALL, 0.0, b.WALL - 99_500])),
    )


@st.composite
def images(draw: st.DrawFn) -> Image:
    made = a.image(
        draw(st.sampled_from(["x:1", "y:1", "[/x]\x1b\n\udcff", ""])),
        draw(counts),
        used_by=draw(st.sampled_from([(), (), (a.APP,), (ContainerUse("", "", "", ""),)])),
        pinned=draw(st.booleans()),
        parts=draw(st.dictionaries(st.sampled_from(["p", "q"]), counts, max_size=2)),
    )
    times: dict[str, Any] = {
        name: Fact(draw(st.floats(0, 2e9)), PROC) for name in draw(st.sets(st.sampled_from(["arrived", "last_used"])))
    }
    return replace(made, **times) if draw(st.booleans()) else replace(made, gives_back=UNKNOWN, names=())


@st.composite
def runtime_answers(draw: st.DrawFn) -> Fact[RuntimeAnswer]:
    if draw(st.booleans()):
        return UNKNOWN
    path = draw(st.sampled_from(["", "relative", "/mnt/images", "/x\n"]))
    return a.asked(draw(st.lists(images(), max_size=4)), path=path, wall=draw(st.sampled_from([0.0, b.WALL])))


@st.composite
def roots(draw: st.DrawFn) -> Fact[UnderRoot]:
    parts = draw(st.dictionaries(st.sampled_from(["ingest", "content", "\x1b"]), st.tuples(counts, counts), max_size=3))
    root = UnderRoot(draw(st.sampled_from(PATHS)), parts, (), draw(st.booleans()), 1, b.WALL)
    return draw(st.sampled_from([UNKNOWN, Fact(root, PROC)]))


@st.composite
def surveys(draw: st.DrawFn) -> Survey:
    table = tuple(draw(st.lists(mounts(), max_size=5)))
    state = b.kubelet(draw(configs()), running=draw(st.booleans()))
    if draw(st.booleans()):
        state = replace(state, partitions=b.partitions(*table[:2]))
    for name in draw(st.sets(st.sampled_from(["unit", "version", "config", "partitions", "journal"]))):
        state = blank(state, name)
    runtime = b.containerd(draw(st.sampled_from(["/mnt/images", "/var/lib/containerd", "relative"])))
    state = replace(state, answer=draw(kubelet_answers()))
    runtime = replace(runtime, answer=draw(runtime_answers()), under_root=draw(roots()))
    for name in draw(st.sets(st.sampled_from(["process", "unit", "version", "config", "root", "imagefs"]))):
        runtime = blank(runtime, name)
    survey = b.survey(
        (b.mount(),),
        kubelet_state=state,
        runtimes=tuple(draw(st.lists(st.just(runtime), max_size=2))),
        kind=draw(st.sampled_from(["node", "root-dir", "debug-pod"])),
    )
    keep = draw(st.booleans())
    return replace(survey, mounts=table, realpaths=survey.realpaths if keep else {})


@settings(max_examples=300, deadline=None)
@given(surveys(), st.lists(st.integers(0, 2**40), max_size=6))
def test_assess_never_raises_and_stays_consistent(survey: Survey, samples: list[int]) -> None:
    history = {path: [Sample(float(at), value, value) for at, value in enumerate(samples)] for path in ("/", "/mnt")}
    found = assess(survey, history)
    assert found.verdict
    assert found.severity == max((one.severity for one in found.findings), default=Severity.INFO)
    assert found.exit_code in (0, 1, 2, 3)
    assert sum(row.first for row in found.triggers) <= 1
    for row in found.triggers:
        assert (row.fires_at is None) == bool(row.unset), row
        assert not row.met or row.fires_at is not None
    keys = [setting.key for setting in found.settings] + [row.key for row in found.triggers]
    keys += [finding.code for finding in found.findings]
    keys += [finding.subject for finding in found.findings if finding.subject]
    if found.images.value is not None:
        keys += [f"image:{one.id}" for one in (*found.images.value.eligible, *found.images.value.kept)]
    for key in [
        *keys,
        "root",
        "measured",
        "pooled",
        "images",
        "answers",
        "verdict",
        *(f"disk:{one.mountpoint}" for one in found.disks),
    ]:
        assert explain(found, key).title


def test_nothing_at_all() -> None:
    survey = b.survey(runtimes=(), kubelet_state=replace(b.kubelet(running=False), config=UNKNOWN, unit=UNKNOWN))
    found = assess(replace(survey, mounts=(), realpaths={}))
    assert found.exit_code == 3 and found.triggers == () and found.disks == ()
    assert isinstance(found.pressure, Pressure) and found.pressure.now is None
