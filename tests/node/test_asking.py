"""What a real containerd and a real kubelet answer us, against ``ctr`` and the kubelet's endpoints themselves."""

from __future__ import annotations

import json
import re
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.node import files, images
from tests.node.asking import CONFIGZ, HEALTHZ, SUMMARY, ask
from tests.node.lab import Lab
from tests.node.seed import ROOT_BEFORE, SeedNode
from tests.unit.fake_kubelet import Identity, identity

PKI = "/etc/kubernetes/test-pki"
PYTHON = "/opt/imagegc/bin/python"
DEAD_POD = files.POD.replace("localhost/busybox:1", "localhost/dead:1").replace('"sleep", "1000000"', '"true"')
ASK = """
import dataclasses, json, sys
from tui.model import Credential
from tui.node.asking import Asker
from tui.node.open import open_host
from tui.node.survey import Surveyor
host = open_host()
named = Credential("certificate", *sys.argv[1:]) if sys.argv[1:] else None
survey = Surveyor(host, asker=Asker(host, credential=named, patience=8.0)).take()
runtime = next(one for one in survey.runtimes if one.serves_kubelet)
found = {"kubelet": survey.kubelet.answer, "runtime": runtime.answer, "imagefs": runtime.imagefs}
print(json.dumps({name: dataclasses.asdict(fact) for name, fact in found.items()}))
"""
CURL = """
import ssl, sys, urllib.request
context = ssl._create_unverified_context()
context.load_cert_chain(*sys.argv[2:])
print(urllib.request.urlopen(sys.argv[1], context=context, timeout=5).read().decode())
"""


def answers(node: SeedNode, *certificate: str) -> dict[str, Any]:
    """The kubelet's and the runtime's answers, and the image path of our own model, as facts."""
    found: dict[str, Any] = json.loads(node.run([PYTHON, "-c", ASK, *certificate]))
    return found


@pytest.fixture(scope="module")
def node(lab: Lab) -> Iterator[SeedNode]:
    """An open node with a pod that runs, one that is dead, an image that nobody uses and one with two names."""
    made = SeedNode(lab, "asking").with_kubelet()
    made.put("/etc/kubernetes/manifests/pod2.yaml", DEAD_POD.format(name="pod2") + "  restartPolicy: Never\n")
    try:
        made.boot()
        made.load(images.busybox_archive(made.folder / "busybox.tar"))
        made.load(images.busybox_archive(made.folder / "dead.tar", "localhost/dead:1", command=("true",)))
        made.load(images.big_archive(made.folder / "unused.tar", "localhost/unused:1", 8))
        made.run(["ctr", "-n", "k8s.io", "images", "tag", "localhost/unused:1", "localhost/again:2"])
        made.run(["systemctl", "start", "kubelet"])
        made.wait_pod()
        made.wait_for(["ctr", "-n", "k8s.io", "containers", "ls"], pattern="localhost/dead:1")
        made.wait_for(["python3", "-c", f"import urllib.request as u; print(u.urlopen({HEALTHZ!r}).read())"])
        yield made
    finally:
        made.close()


def summary_of(node: SeedNode) -> dict[str, Any]:
    status, body = ask(node, SUMMARY)
    assert status == 200, body
    found: dict[str, Any] = json.loads(body)["node"]
    return found


def sizes(archive: Path) -> int:
    """Bytes of manifest, configuration and layers: what containerd calls an image's size."""
    with tarfile.open(archive) as tar:
        return sum(member.size for member in tar.getmembers() if member.name.startswith("blobs/"))


def test_images_are_those_of_ctr(node: SeedNode) -> None:
    found = answers(node)["runtime"]["value"]
    assert (found["api"], found["name"]) == ("v1", "containerd")
    assert found["version"] in node.run(["containerd", "--version"])
    listed = node.image_names()
    ids = {name for name in listed if name.startswith("sha256:")}
    tags = {name for name in listed if not name.startswith("sha256:") and "@" not in name}
    assert {one["id"] for one in found["images"]} == ids and len(ids) == 3
    assert {name for one in found["images"] for name in one["names"] if "@" not in name} == tags
    by_name = {name: one for one in found["images"] for name in one["names"]}
    assert by_name["localhost/unused:1"] is by_name["localhost/again:2"]
    assert by_name["localhost/unused:1"]["size"] == sizes(node.folder / "unused.tar")
    assert by_name["localhost/dead:1"]["size"] == sizes(node.folder / "dead.tar")


def test_in_use_are_those_of_which_containers_exist_running_or_dead(node: SeedNode) -> None:
    deadline = time.monotonic() + 15
    while True:
        found = answers(node)["runtime"]["value"]
        by_name = {name: one for one in found["images"] for name in one["names"]}
        dead = [use["state"] for use in by_name["localhost/dead:1"]["used_by"]]
        if dead == ["exited"] or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    assert dead == ["exited"]
    running = by_name["localhost/busybox:1"]["used_by"]
    assert [(use["namespace"], use["name"], use["state"]) for use in running] == [("default", "main", "running")]
    assert re.fullmatch(r"pod1-.+", running[0]["pod"])
    assert by_name["localhost/unused:1"]["used_by"] == []
    assert not any(one["pinned"] for one in found["images"])  # 1.6 pins nothing
    held = [
        json.loads(node.run(["ctr", "-n", "k8s.io", "containers", "info", name]))
        for name in node.run(["ctr", "-n", "k8s.io", "containers", "ls", "-q"]).split()
    ]
    kinds = [one["Labels"]["io.cri-containerd.kind"] for one in held]
    assert (found["containers"], found["sandboxes"]) == (kinds.count("container"), kinds.count("sandbox")) == (2, 2)
    named = {one["Image"] for one in held if one["Labels"]["io.cri-containerd.kind"] == "container"}
    used = {name for name, one in by_name.items() if one["used_by"]}
    assert named == {"localhost/busybox:1", "localhost/dead:1"}
    assert {name for name in used if "@" not in name} == {*named, images.PAUSE}  # the same image as the busybox


def test_the_image_filesystem_is_the_one_of_our_model(node: SeedNode) -> None:
    deadline = time.monotonic() + 30
    while True:  # the kubelet and we ask at different times, and containerd counts every ten seconds
        found = answers(node)
        ours = found["runtime"]["value"]["imagefs"][0]
        theirs = summary_of(node)["runtime"]["imageFs"]
        if (ours["used"], ours["inodes"]) == (theirs["usedBytes"], theirs["inodesUsed"]) or time.monotonic() > deadline:
            break
        time.sleep(1)
    assert ours["path"] == found["imagefs"]["value"] == f"{ROOT_BEFORE}/io.containerd.snapshotter.v1.overlayfs"
    assert (ours["used"], ours["inodes"]) == (theirs["usedBytes"], theirs["inodesUsed"])
    assert ours["used"] > 8 << 20


def test_the_kubelets_answers_are_those_of_its_endpoints(node: SeedNode) -> None:
    deadline = time.monotonic() + 20
    while "runtime" not in (own := summary_of(node)) or "capacityBytes" not in own["runtime"].get("imageFs", {}):
        assert time.monotonic() < deadline
        time.sleep(1)
    found = answers(node)["kubelet"]["value"]
    assert found["healthz"]["value"] == ask(node, HEALTHZ)[1] == "ok"
    assert found["configz"]["value"] == json.loads(ask(node, CONFIGZ)[1])["kubeletconfig"]
    assert found["configz"]["origin"]["where"] == CONFIGZ
    assert found["summary"]["origin"]["where"] == SUMMARY and found["summary_status"] == 200
    for ours, theirs in (("node_fs", own["fs"]), ("image_fs", own["runtime"]["imageFs"])):
        seen = found["summary"]["value"][ours]
        assert (seen["capacity"], seen["inodes"]) == (theirs["capacityBytes"], theirs["inodes"])
        assert abs(seen["available"] - theirs["availableBytes"]) < 4 << 20  # logs are written meanwhile


@pytest.fixture(scope="module")
def locked(node: SeedNode, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The same node, locked, its kubelet trusting one client certificate: the paths of that and of its key."""
    client: Identity = identity(tmp_path_factory.mktemp("pki"), "admin")
    for path in (client.cert, client.key):
        node.write(f"{PKI}/{path.name}", path.read_bytes())
    trust = f"authentication:\n  x509:\n    clientCAFile: {PKI}/{client.cert.name}\n"
    config = files.KUBELET_CONFIG + files.LOCKED.replace("authentication:\n", trust)
    node.write("/etc/kubernetes/kubelet-config.yaml", config)
    node.run(["systemctl", "restart", "kubelet"])
    node.wait_for(["python3", "-c", f"import urllib.request as u; print(u.urlopen({HEALTHZ!r}).read())"])
    return f"{PKI}/{client.cert.name}", f"{PKI}/{client.key.name}"


def test_a_locked_kubelet_says_what_would_help(node: SeedNode, locked: tuple[str, str]) -> None:
    assert ask(node, CONFIGZ)[0] == 401
    found = answers(node)
    kubelet = found["kubelet"]["value"]
    assert kubelet["healthz"]["value"] == "ok"
    for name in ("configz", "summary"):
        assert kubelet[name]["origin"] is None and "--kubelet-cert FILE" in kubelet[name]["reason"]
    assert kubelet["summary_status"] == 401
    assert len(found["runtime"]["value"]["images"]) == 3  # the runtime's socket asks for no credential


def test_a_certificate_opens_it(node: SeedNode, locked: tuple[str, str]) -> None:
    kubelet = answers(node, *locked)["kubelet"]["value"]
    curled = json.loads(node.run(["python3", "-c", CURL, CONFIGZ, *locked]))
    assert kubelet["configz"]["value"] == curled["kubeletconfig"]
    assert kubelet["configz"]["value"]["authentication"]["anonymous"]["enabled"] is False
    assert kubelet["summary_status"] == 200
    assert kubelet["summary"]["origin"]["where"] == "https://127.0.0.1:10250/stats/summary"


def test_the_report_takes_the_same_options(node: SeedNode, locked: tuple[str, str]) -> None:
    certificate, key = locked
    shown = node.run(["imagegc", "report", "--kubelet-cert", certificate, "--kubelet-key", key], check=False)
    assert "--kubelet-cert FILE" not in shown
    assert "--kubelet-cert FILE" in node.run(["imagegc", "report"], check=False)
    refused = node.run(["sh", "-c", f"imagegc report --kubelet-token {PKI}/none 2>&1; echo $?"])
    assert "cannot be read: No such file or directory" in refused and refused.strip().endswith("64")
