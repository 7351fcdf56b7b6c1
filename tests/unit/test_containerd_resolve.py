"""containerd-root.md 1.1: flags, files, imports. Expected values were measured with 1.6.20, 1.7.24 and 2.1.9."""

from __future__ import annotations

import errno
from collections.abc import Mapping

import pytest

from tests.checks.corpus_containerd import command
from tests.tree import TreeReader
from tui.containerd import resolve
from tui.model import ContainerdConfig

OLD, MID, NEW, NEWEST = (1, 6, 20), (1, 7, 24), (2, 1, 9), (2, 4, 0)
ALL = pytest.mark.parametrize("version", [OLD, MID, NEW, NEWEST])
MAIN = "/etc/containerd/config.toml"


def run(
    files: Mapping[str, str | bytes],
    *flags: str,
    version: tuple[int, int, int] | None = MID,
    cwd: str = "/",
) -> ContainerdConfig:
    contents = {path: text if isinstance(text, bytes) else text.encode() for path, text in files.items()}
    return resolve(command("/usr/bin/containerd", *flags), TreeReader(contents), version=version, cwd=cwd)


def codes(config: ContainerdConfig) -> list[str]:
    return [note.code for note in config.notes]


@ALL
def test_no_file_gives_the_compiled_defaults(version: tuple[int, int, int]) -> None:
    config = run({}, version=version)
    assert (config.root.value, config.state.value) == ("/var/lib/containerd", "/run/containerd")
    assert str(config.root.origin) == "default" and not config.root.beaten
    assert not config.error and not config.notes and not config.files


@ALL
def test_a_named_file_that_is_missing_stops_the_daemon(version: tuple[int, int, int]) -> None:
    config = run({}, "--config", "/x/c.toml", version=version)
    assert "/x/c.toml does not exist" in config.error and config.error_origin is not None
    assert not config.root.known and config.root.reason == config.error


@pytest.mark.parametrize("flags", [("--root=/f",), ("--root", "/f"), ("-root", "/f"), ("--root", "f/../f")])
def test_the_flag_beats_every_file(flags: tuple[str, ...]) -> None:
    config = run(
        {MAIN: 'version = 2\nroot = "/m"\nimports = ["a.toml"]\n', "/etc/containerd/a.toml": "root='/i'"}, *flags
    )
    assert config.root.value == "/f"
    assert config.root.origin is not None and config.root.origin.kind == "flag"
    assert [(claim.value, str(claim.origin)) for claim in config.root.beaten] == [
        ("/i", "/etc/containerd/a.toml:1"),
        ("/m", f"{MAIN}:2"),
        ("/var/lib/containerd", "default"),
    ]
    assert codes(config) == ["beaten-by-flag", "beaten-by-flag"]
    assert config.notes[0].origin.line == 2


def test_an_empty_flag_sets_nothing_and_the_last_one_wins() -> None:
    assert run({MAIN: "root='/m'"}, "--root", "").root.value == "/m"
    assert run({}, "--root=/a", "--root=/b").root.value == "/b"
    assert run({}, "--log-level", "debug", "-a", "/sock", "--root", "/r").root.value == "/r"


def test_flags_that_the_daemon_refuses() -> None:
    assert "lacks its value" in run({}, "--root").error
    assert "two forms" in run({}, "-c", "/a", "--config", "/b").error
    assert codes(run({}, "--no-such", "--root=/r")) == ["unknown-flag"]


def test_relative_flag_and_file_paths_meet_the_working_directory() -> None:
    assert run({}, "--root=r", cwd="/srv").root.value == "/srv/r"
    config = run({MAIN: 'root = "r"\n'}, cwd="/srv")
    assert config.root.value == "/srv/r" and codes(config) == ["relative-root"]
    assert run({"/srv/c.toml": "root='/c'"}, "-c", "c.toml", cwd="/srv").root.value == "/c"


@ALL
def test_imports_are_read_breadth_first_and_empty_never_resets(version: tuple[int, int, int]) -> None:
    files = {
        MAIN: 'version = 2\nroot = "/m"\nimports = ["b.toml", "a.toml"]\n',
        "/etc/containerd/b.toml": 'root = "/b"\nimports = ["late.toml"]\n',
        "/etc/containerd/a.toml": 'root = "/a"\nimports = ["../containerd/config.toml"]\n',
        "/etc/containerd/late.toml": 'root = ""\nstate = "/late"\n',
    }
    config = run(files, version=version)
    assert config.files == (MAIN, *(f"/etc/containerd/{name}.toml" for name in ("b", "a", "late")))
    assert (config.root.value, config.state.value) == ("/a", "/late")
    assert [claim.value for claim in config.root.beaten] == ["/b", "/m", "/var/lib/containerd"]
    assert codes(config) == ["empty-root"]


@pytest.mark.parametrize(
    ("version", "cwd", "root"),
    [
        ((1, 3, 0), "/", "/m"),
        ((1, 6, 28), "/", "/m"),
        ((1, 6, 29), "/", "/a"),
        ((1, 7, 0), "/", "/m"),
        ((1, 7, 15), "/", "/m"),
        ((1, 7, 16), "/", "/a"),
        ((2, 0, 0), "/", "/a"),
        ((1, 6, 20), "/etc/containerd", "/a"),
        ((1, 6, 20), "/srv", "/wrong"),
    ],
)
def test_a_relative_glob_depends_on_the_release(version: tuple[int, int, int], cwd: str, root: str) -> None:
    files = {
        MAIN: 'root = "/m"\nimports = ["conf.d/*.toml"]\n',
        "/etc/containerd/conf.d/a.toml": 'root = "/a"\n',
        "/srv/conf.d/x.toml": 'root = "/wrong"\n',
    }
    config = run(files, version=version, cwd=cwd)
    assert config.root.value == root
    assert ("relative-glob" in codes(config)) == (root != "/a")


def test_an_absolute_glob_is_go_s() -> None:
    names = [".a", "10", "9", "A", "a", "sub/deep"]
    files = {f"/g/{name}.toml": f'state = "/{name}"\n' for name in names}
    config = run({MAIN: 'imports = ["/g/*.toml", "/g/**/d*", "/g/[9x]*"]\n', **files})
    assert config.files[1:] == tuple(f"/g/{name}.toml" for name in names)
    assert not config.error
    literal = run({MAIN: 'imports = ["/g/?.toml"]\n', **files})
    assert "/g/?.toml does not exist" in literal.error


@ALL
def test_what_stops_the_daemon_while_importing(version: tuple[int, int, int]) -> None:
    missing = run({MAIN: 'version = 2\n\nimports = [\n  "no.toml",\n]\n'}, version=version)
    assert "/etc/containerd/no.toml does not exist" in missing.error
    assert str(missing.error_origin) == f"{MAIN}:3"
    folder = run({MAIN: 'imports = ["/g/*"]\n', "/g/d/x": ""}, version=version)
    assert "/g/d is a directory" in folder.error
    assert "no valid pattern" in run({MAIN: 'imports = ["/g/[*"]\n'}, version=version).error
    assert not run({MAIN: 'imports = ["/nothing/*.toml"]\n'}, version=version).error


def test_an_import_that_may_not_be_read_leaves_blanks_and_no_refusal() -> None:
    class Closed(TreeReader):
        def read(self, path: str) -> bytes:
            if path == MAIN:
                raise PermissionError(errno.EACCES, "Permission denied", path)
            return super().read(path)

    reader = Closed({MAIN: b""})
    config = resolve(command("containerd"), reader, version=MID)
    assert not config.error and not config.root.known and "run as root" in config.root.reason
    assert codes(config) == ["unreadable"]
    assert resolve(command("containerd", "--root=/f"), reader, version=MID).root.value == "/f"


@ALL
def test_conf_d_is_read_only_when_a_file_imports_it(version: tuple[int, int, int]) -> None:
    part = {"/etc/containerd/conf.d/a.toml": 'root = "/a"\n'}
    alone = run(part, version=version)
    assert alone.root.value == "/var/lib/containerd" and codes(alone) == ["conf-d-ignored"]
    unread = run({MAIN: "version = 2\n", **part}, version=version)
    assert unread.root.value == "/var/lib/containerd" and codes(unread) == ["conf-d-ignored"]
    imported = run({MAIN: 'version = 2\nimports = ["/etc/containerd/conf.d/*.toml"]\n', **part}, version=version)
    assert imported.root.value == "/a" and not codes(imported)


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ('Root = "/x"\n', "/var/lib/containerd", "/x"),
        ('ROOT = "/x"\n', "/x", "/x"),
        ('Root = "/x"\nroot = "/y"\n', "/y", "/y"),
        ('root = "/y"\nRoot = "/x"\n', "/y", "/x"),
        ('"root" = "/q"\n', "/q", "/q"),
        ("root = '''/q'''\r\n", "/q", "/q"),
        ('[grpc]\nroot = "/q"\n', "/var/lib/containerd", "/var/lib/containerd"),
        ('root = "~/x"\n', "/~/x", "/~/x"),
        (b'\xef\xbb\xbfroot = "/x"\n', "/x", None),
        (b'# \xff\nroot = "/x"\n', "/x", None),
        (b'root = "/x\xff"\n', "/x\ufffd", None),
        ('root = "/x"\nroot = "/y"\n', None, None),
        ('version = "2"\n', None, None),
        ("version = 2.0\n", None, None),
        ("root = 5\n", None, None),
        ("[root]\n", None, None),
        ('oom_score = "x"\n', None, None),
        ('imports = "x"\n', None, None),
        ("[grpc]\naddress = 1\n", None, None),
        ("[plugins]\ncri = 1\n", None, "/var/lib/containerd"),
        ('root = "/x" state = "/y"\n', None, None),
        ('root = "/x"\nstate = "/x"\n', None, None),
        ('root = "/x/"\nstate = "/x"\n', "/x/", "/x/"),
    ],
)
def test_parser_facts(text: str | bytes, old: str | None, new: str | None) -> None:
    for version, root in ((OLD, old), (MID, old), (NEW, new), (NEWEST, new)):
        config = run({MAIN: text}, version=version)
        if root is None:
            assert config.error and config.error_origin is not None
            assert config.error_origin.where == MAIN and config.error_origin.line
        else:
            assert not config.error and config.root.value == root


def test_errors_say_where_and_what_to_do() -> None:
    twice = run({MAIN: '# x\nroot = "/a"\n\nroot = "/b"\n'})
    assert (twice.error, twice.error_origin and twice.error_origin.line) == (
        '"root" is set twice, first on line 2; keep one of them',
        4,
    )
    quoted = run({MAIN: '\nversion = "2"\n'})
    assert quoted.error == '"version" must be an integer, not a string; write it without quotes'
    assert str(quoted.error_origin) == f"{MAIN}:2"


def test_an_unknown_version_takes_the_newest_rules_and_says_so() -> None:
    config = run({MAIN: 'version = 4\nRoot = "/x"\n'}, version=None)
    assert config.root.value == "/x" and codes(config) == ["version-unknown"]


def test_before_imports_existed_an_empty_root_was_fatal() -> None:
    assert "root must be specified" in run({MAIN: 'root = ""\n'}, version=(1, 2, 0)).error
    assert run({MAIN: 'root = "/a"\nimports = ["x"]\n'}, version=(1, 2, 0)).root.value == "/a"
