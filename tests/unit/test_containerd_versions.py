"""containerd-root.md 1.1 (merge), 1.2 and 2.1. Values for 1.x and 2.1 were measured with ``config dump``."""

from __future__ import annotations

import pytest

from tests.unit.test_containerd_resolve import MAIN, MID, NEW, NEWEST, OLD, codes, run

CRI = '[plugins."io.containerd.grpc.v1.cri".containerd]\nsnapshotter = "native"\n'
RUNTIMES = '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]\nruntime_type = "x"\n'
V1 = '[plugins.cri.containerd]\nsnapshotter = "native"\n[plugins.cri.containerd.runtimes.runc]\nruntime_type = "x"\n'
V3 = '[plugins."io.containerd.cri.v1.images"]\nsnapshotter = "native"\n'
PART = "/etc/containerd/p.toml"
IMPORT = 'imports = ["p.toml"]\n'
N, O = "native", "overlayfs"  # noqa: E741 - the two answers, short enough for a table


@pytest.mark.parametrize(
    ("main", "part", "old", "mid", "new", "newest"),
    [
        ("version = 2\n" + CRI, None, N, N, O, O),
        ("version = 2\n" + CRI + RUNTIMES, None, N, N, N, N),
        ("version = 2\n" + IMPORT + CRI, "version = 2\n" + RUNTIMES, O, O, N, O),
        (V1, None, N, N, O, N),
        ("version = 1\n" + V1, None, N, N, O, N),
        (CRI + RUNTIMES, None, O, O, O, N),
        ("version = 3\n" + CRI + RUNTIMES, None, N, "refused", O, N),
        ("version = 3\n" + V3, None, O, "refused", N, N),
        ("version = 2\n" + V3, None, O, O, N, N),
        ("version = 2\n" + IMPORT + CRI + RUNTIMES, "version = 3\n", N, "refused", O, N),
        ("version = 3\n" + IMPORT + V3, "version = 2\n", O, O, N, N),
        ("version = 3\n" + IMPORT, "version = 2\n" + CRI + RUNTIMES, N, N, N, N),
        ("version = 3\n" + IMPORT, V1, "refused", "refused", O, N),
        ("version = 2\n" + IMPORT, V1, "refused", "refused", N, N),
        ("version = 2\n" + IMPORT + CRI + RUNTIMES, "version = 1\n", O, O, N, N),
        (IMPORT + V1, "version = 2\n", "refused", "refused", N, N),
    ],
)
def test_the_snapshotter_of_each_release(
    main: str, part: str | None, old: str, mid: str, new: str, newest: str
) -> None:
    files: dict[str, str | bytes] = {MAIN: main, **({PART: part} if part is not None else {})}
    for version, expected in ((OLD, old), (MID, mid), (NEW, new), (NEWEST, newest)):
        config = run(files, version=version)
        assert ("refused" if config.error else config.snapshotter.value) == expected, (version, config.error)


def test_a_lost_snapshotter_is_a_beaten_claim_and_noted() -> None:
    config = run({MAIN: "version = 2\n" + CRI}, version=NEW)
    assert codes(config) == ["snapshotter-dropped"] and config.notes[0].origin.line == 3
    assert [(claim.value, str(claim.origin)) for claim in config.snapshotter.beaten] == [("native", f"{MAIN}:3")]


def test_1x_replaces_a_plugin_table_and_2x_merges_it() -> None:
    files: dict[str, str | bytes] = {
        MAIN: "version = 2\n" + IMPORT + CRI + RUNTIMES,
        PART: 'version = 2\n[plugins."io.containerd.grpc.v1.cri"]\nsandbox_image = "x"\n',
    }
    old = run(files, version=MID)
    assert old.snapshotter.value == O and codes(old) == ["table-replaced"]
    assert old.notes[0].origin.where == PART and old.notes[0].origin.line == 2
    assert [claim.value for claim in old.snapshotter.beaten] == [N]
    new = run(files, version=NEW)
    assert new.snapshotter.value == N and not codes(new)


@pytest.mark.parametrize(
    ("version", "config_version", "accepted"),
    [
        ((1, 6, 20), 5, True),
        ((1, 6, 31), 3, True),
        ((1, 6, 32), 3, False),
        ((1, 7, 16), 3, True),
        ((1, 7, 17), 3, False),
        ((1, 7, 17), 2, True),
        ((2, 0, 0), 3, True),
        ((2, 2, 9), 4, False),
        ((2, 3, 0), 4, True),
        ((2, 4, 0), 5, False),
    ],
)
def test_too_new_a_version_is_refused_by_those_who_look(
    version: tuple[int, int, int], config_version: int, accepted: bool
) -> None:
    config = run({MAIN: f"\nversion = {config_version}\n"}, version=version)
    assert bool(config.error) != accepted
    if not accepted:
        assert str(config.error_origin) == f"{MAIN}:2" and "newer than containerd" in config.error
    assert config.root.value == "/var/lib/containerd"


def test_a_v2_drop_in_hides_a_v3_main_file_from_1_7() -> None:
    files: dict[str, str | bytes] = {MAIN: "version = 3\n" + IMPORT, PART: "version = 2\n"}
    config = run(files, version=(1, 7, 30))
    assert not config.error and config.version == 2 and codes(config) == ["version-hidden"]


def test_2_3_refused_a_drop_in_of_a_higher_version() -> None:
    files: dict[str, str | bytes] = {MAIN: "version = 2\n" + IMPORT, PART: "# p\nversion = 3\n"}
    refused = run(files, version=(2, 3, 2))
    assert "higher than the main file's 2" in refused.error and str(refused.error_origin) == f"{PART}:2"
    assert not run(files, version=(2, 2, 0)).error and not run(files, version=NEWEST).error


@pytest.mark.parametrize(
    ("text", "old", "mid", "new"),
    [
        ('disabled_plugins = ["cri"]\n', True, True, True),
        ('version = 2\ndisabled_plugins = ["cri"]\n', False, False, False),
        ('version = 2\nrequired_plugins = ["io.containerd.grpc.v1.cri"]\n', True, True, True),
        ("version = 2\n[plugins.foo]\na = 1\n", False, False, True),
        ('version = 2\n[plugins."a.b.c.d"]\na = 1\n', True, False, True),
    ],
)
def test_short_plugin_ids(text: str, old: bool, mid: bool, new: bool) -> None:
    for version, accepted in ((OLD, old), (MID, mid), (NEW, new), (NEWEST, new)):
        assert bool(run({MAIN: text}, version=version).error) != accepted, version


DEFAULT_PATH = "/r/io.containerd.snapshotter.v1.overlayfs"


@pytest.mark.parametrize(
    ("version", "directory", "imagefs"),
    [
        ((1, 6, 20), "/data/snap", DEFAULT_PATH),
        ((1, 7, 15), "/data/snap", DEFAULT_PATH),
        ((1, 7, 16), "/data/snap", "/data/snap"),
        ((2, 1, 9), "/data/snap", "/data/snap"),
    ],
)
def test_root_path_and_what_cri_says(version: tuple[int, int, int], directory: str, imagefs: str) -> None:
    text = 'version = 2\nroot = "/r"\n[plugins."io.containerd.snapshotter.v1.overlayfs"]\nroot_path = "/data/snap"\n'
    config = run({MAIN: text}, version=version)
    assert (config.snapshotter_root.value, config.imagefs.value) == (directory, imagefs)
    assert str(config.snapshotter_root.origin) == f"{MAIN}:4"
    plain = run({MAIN: 'root = "/r"\n'}, version=version)
    assert plain.snapshotter_root.value == plain.imagefs.value == DEFAULT_PATH


def test_root_path_of_a_version_1_file_stands_under_the_short_name() -> None:
    assert run({MAIN: '[plugins.overlayfs]\nroot_path = "/rp"\n'}, version=OLD).snapshotter_root.value == "/rp"


PROXY = '[proxy_plugins.stargz]\ntype = "snapshot"\naddress = "/run/s.sock"\n'
STARGZ = 'version = 3\n[plugins."io.containerd.cri.v1.images"]\nsnapshotter = "stargz"\n'


def test_a_proxy_snapshotter_keeps_its_own_directory() -> None:
    silent = run({MAIN: STARGZ + PROXY}, version=NEW)
    assert not silent.snapshotter_root.known and "/var/lib/containerd-stargz-grpc" in silent.snapshotter_root.reason
    assert silent.imagefs.value == "/var/lib/containerd/io.containerd.snapshotter.v1.stargz"
    told = run({MAIN: STARGZ + PROXY + '[proxy_plugins.stargz.exports]\nroot = "/s"\n'}, version=NEW)
    assert told.snapshotter_root.value == told.imagefs.value == "/s"
    assert not codes(told)


def test_a_snapshotter_of_the_wrong_type_is_a_located_error() -> None:
    config = run({MAIN: "version = 3\n" + V3.replace('"native"', "1")}, version=NEW)
    assert "must be a string" in config.error and str(config.error_origin) == f"{MAIN}:3"
