"""Merging of units. What goes beyond the vectors was tried on systemd 252.39 (``systemd --test``)."""

from __future__ import annotations

import errno

import pytest

from tests.tree import TreeReader
from tui.model import Origin
from tui.systemd.units import load_unit

ETC, RUN, USR, LIB = "/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"
BASE = b"[Service]\nType=oneshot\nExecStart=/bin/k ${A}\n"


def sets(value: str) -> bytes:
    return f"[Service]\nEnvironment=A={value}\n".encode()


def test_the_directory_beats_the_more_specific_name_of_a_drop_in() -> None:
    tree = {
        f"{USR}/a-b.service": BASE,
        f"{ETC}/a-.service.d/1.conf": sets("dash"),
        f"{USR}/a-b.service.d/1.conf": sets("own"),
    }
    assert load_unit("a-b.service", TreeReader(tree)).dropins == (f"{ETC}/a-.service.d/1.conf",)


def test_in_one_directory_the_more_specific_name_wins() -> None:
    tree = {
        f"{USR}/a-b.service": BASE,
        f"{ETC}/a-.service.d/1.conf": sets("dash"),
        f"{ETC}/a-b.service.d/1.conf": sets("own"),
    }
    assert load_unit("a-b.service", TreeReader(tree)).dropins == (f"{ETC}/a-b.service.d/1.conf",)


def test_the_type_yields_to_any_name() -> None:
    tree = {
        f"{USR}/a-b.service": BASE,
        f"{ETC}/service.d/1.conf": sets("type"),
        f"{USR}/a-.service.d/1.conf": sets("dash"),
    }
    assert load_unit("a-b.service", TreeReader(tree)).dropins == (f"{USR}/a-.service.d/1.conf",)


def test_instance_template_and_dash_prefixes() -> None:
    dropins = [
        f"{ETC}/{name}.d/{i}.conf"
        for i, name in enumerate(["k-l@x.service", "k-l@.service", "k-@x.service", "k-.service"])
    ]
    tree = {f"{USR}/k-l@.service": BASE, **{path: sets("x") for path in dropins}}
    unit = load_unit("k-l@x.service", TreeReader(tree))
    assert (unit.name, unit.fragment, unit.dropins) == ("k-l@x.service", f"{USR}/k-l@.service", tuple(dropins))


def test_an_alias_leads_to_the_unit_and_lends_its_drop_ins() -> None:
    tree = {f"{USR}/crio.service": BASE, f"{ETC}/cri-o.service.d/1.conf": sets("alias")}
    for link in (f"{USR}/crio.service", "../../../usr/lib/systemd/system/crio.service"):
        reader = TreeReader(tree, {f"{ETC}/cri-o.service": link})
        for name in ("crio.service", "cri-o.service"):
            unit = load_unit(name, reader)
            assert (unit.name, unit.fragment, unit.dropins) == (
                "crio.service",
                f"{USR}/crio.service",
                (f"{ETC}/cri-o.service.d/1.conf",),
            )


@pytest.mark.parametrize(
    ("files", "links", "state"),
    [
        ({}, {f"{ETC}/k.service": "/dev/null"}, "masked"),
        ({f"{ETC}/k.service": b"", f"{USR}/k.service": BASE}, {}, "masked"),
        ({f"{USR}/k.service": BASE}, {f"{ETC}/k.service": "/nowhere/k.service"}, "not-found"),
        ({f"{USR}/k.service": BASE}, {f"{ETC}/k.service": "gone.service"}, "not-found"),
        ({f"{USR}/k.service": BASE}, {f"{ETC}/k.service": f"{USR}/k.service"}, "loaded"),
        ({f"{USR}/k.service": BASE}, {f"{ETC}/k.service": f"{USR}/k.socket"}, "loaded"),
        ({}, {f"{ETC}/k.service": "b.service", f"{ETC}/b.service": "k.service"}, "not-found"),
        ({f"{ETC}/k.service.d/1.conf": BASE}, {}, "not-found"),
        ({f"{ETC}/k.service": b"[Service\nExecStart=/bin/k\n"}, {}, "error"),
        ({f"{ETC}/k.service": b"[Service]\nExecStart=/bin/k\nEnvironment=A=\xff\n"}, {}, "error"),
        ({f"{ETC}/k.service": b"[Service]\nExecStart=/bin/k\nUser=a/b\n"}, {}, "bad-setting"),
        ({f"{ETC}/k.service": b"[Service]\nExecStart=/bin/k\nWorkingDirectory=x\n"}, {}, "bad-setting"),
        ({f"{ETC}/k.service": b"[Service]\nExecStart=/bin/k\nWorkingDirectory=~x\n"}, {}, "bad-setting"),
        ({f"{ETC}/k.service": b"[Service]\nExecStart=/bin/k\nUser=99999999999\n"}, {}, "bad-setting"),
        ({f"{ETC}/k.service": b"[Service]\nExecStart=/bin/k\nUser=-a\nWorkingDirectory=-x\n"}, {}, "loaded"),
        ({f"{ETC}/k.service": b"[Service]\nExecStart=/bin/k\nType=oneshot\nRestart=always\n"}, {}, "bad-setting"),
        ({f"{ETC}/k.service": b"[Service]\nExecStart=/bin/k\nType=dbus\n"}, {}, "bad-setting"),
        ({f"{ETC}/k.service": b"[Service]\nRemainAfterExit=yes\nExecStop=/bin/k\n"}, {}, "loaded"),
        ({f"{ETC}/k.service": b"[Service]\nExecStop=/bin/k\n"}, {}, "bad-setting"),
        ({f"{ETC}/k.service": b'[Service]\nExecStart=/bin/k\nExecReload=/bin/k "\n'}, {}, "bad-setting"),
    ],
)
def test_state(files: dict[str, bytes], links: dict[str, str], state: str) -> None:
    unit = load_unit("k.service", TreeReader(files, links))
    assert unit.state == state
    assert bool(unit.error) == (state not in ("loaded", "masked"))


def test_a_fault_in_a_drop_in_ends_only_that_drop_in() -> None:
    tree = {
        f"{USR}/k.service": BASE,
        f"{ETC}/k.service.d/1.conf": b"[Service]\nEnvironment=A=1\nExecStart=rel/path\nEnvironment=A=2\n",
        f"{ETC}/k.service.d/2.conf": b"[Service]\nEnvironment=B=3\n",
    }
    unit = load_unit("k.service", TreeReader(tree))
    assert (unit.state, [word.text for word in unit.commands[0]]) == ("loaded", ["/bin/k", "1"])
    assert [one.name for one in unit.environment if one.origin.kind == "file"] == ["A", "B"]
    assert any(f"{ETC}/k.service.d/1.conf:3" in warning for warning in unit.warnings)


def test_lib_counts_where_it_is_a_directory_of_its_own() -> None:
    assert load_unit("k.service", TreeReader({f"{LIB}/k.service": BASE})).fragment == f"{LIB}/k.service"
    merged = TreeReader({f"{USR}/k.service": BASE}, {"/lib": "usr/lib"})
    assert load_unit("k.service", merged).fragment == f"{USR}/k.service"


def test_settings_are_words_scalars_and_lists() -> None:
    tree = {
        f"{USR}/k.service": b"[Unit]\nRequiresMountsFor=/a '/b c'\nConditionPathExists=/x\nDescription=old\n" + BASE,
        f"{ETC}/k.service.d/1.conf": b"[Unit]\nRequiresMountsFor=\nRequiresMountsFor=/%p\n"
        b"AssertUser=\nConditionUser=\nDescription=new\n",
    }
    found = load_unit("k.service", TreeReader(tree)).settings
    assert [(value, str(origin)) for value, origin in found["Unit", "RequiresMountsFor"]] == [
        ("/a", f"{USR}/k.service:2"),
        ("/b c", f"{USR}/k.service:2"),
        ("/k", f"{ETC}/k.service.d/1.conf:3"),
    ]
    assert found["Unit", "Description"] == (("new", Origin("file", f"{ETC}/k.service.d/1.conf", 6, "new")),)
    assert ("Unit", "ConditionPathExists") not in found


@pytest.mark.parametrize(
    ("line", "files", "result"),
    [
        ("/e", {}, "resources"),
        ("-/e", {}, ""),
        ("/e", {"/e": b"A=\xff"}, "resources"),
        ("-/e", {"/e": b"A=\xff"}, ""),
        ("/d", {"/d/x": b""}, "resources"),
        ("/d/*.env", {"/d/x": b"A=1"}, "resources"),
        ("/[de]/?.env", {"/d/x.env": b"A=1"}, ""),
    ],
)
def test_environment_file(line: str, files: dict[str, bytes], result: str) -> None:
    text = f"[Service]\nEnvironmentFile={line}\nExecStart=/bin/k\n".encode()
    unit = load_unit("k.service", TreeReader({f"{ETC}/k.service": text, **files}))
    assert (unit.state, unit.result, bool(unit.error)) == ("loaded", result, bool(result))
    assert not result or f"{ETC}/k.service:2" in unit.error


def test_layers_of_the_environment() -> None:
    text = (
        b"[Service]\nUser=u\nEnvironment=B=unit\nEnvironmentFile=/e\nUnsetEnvironment=C D=no LANG\nExecStart=/bin/k\n"
    )
    tree = {
        f"{ETC}/k.service": text,
        "/e": b"A=file\nC=1\nD=1\n",
        "/etc/passwd": b"u:x:5:5::/home/u:/usr/sbin/nologin\n",
    }
    unit = load_unit("k.service", TreeReader(tree), extra_env=[("A", "set"), ("B", "set"), ("NODE_IP", "10.0.0.1")])
    assert {one.name: (one.value, str(one.origin)) for one in unit.environment if one.name != "PATH"} == {
        "A": ("file", "/e:1"),
        "B": ("unit", f"{ETC}/k.service:3"),
        "NODE_IP": ("10.0.0.1", "systemctl show-environment"),
        "HOME": ("/home/u", "/etc/passwd"),
        "LOGNAME": ("u", "/etc/passwd"),
        "USER": ("u", "/etc/passwd"),
        "D": ("1", "/e:3"),
    }


def test_an_unreadable_fragment_is_an_error_with_its_reason() -> None:
    class Locked(TreeReader):
        def read(self, path: str) -> bytes:
            raise PermissionError(errno.EACCES, "Permission denied", path)

    unit = load_unit("k.service", Locked({f"{ETC}/k.service": BASE}))
    assert (unit.state, unit.error) == ("error", f"{ETC}/k.service: Permission denied")


@pytest.mark.parametrize(
    "name", ["", "kubelet", "a/b.service", "../x.service", "@.service", "k.bogus", "x" * 300 + ".service"]
)
def test_no_unit_name_is_simply_not_found(name: str) -> None:
    assert load_unit(name, TreeReader({})).state == "not-found"
