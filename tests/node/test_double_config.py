"""The double takes and refuses configurations as a kubelet does: recorded ones of 1.36.2, and texts of the facts."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from tests.node import double, files
from tests.node.asking import ASK, CONFIGZ, HEALTHZ, SUMMARY, ask
from tests.node.lab import Lab
from tests.node.seed import SeedNode
from tests.node.test_double import HEADER, configure

RECORDED = Path(__file__).parents[1] / "data/recorded/kubelet-1.36-config-cases.txt"
KIND = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
ON_CGROUP_V1 = "failCgroupV1: false\n"
NOT_ON_CGROUP_V1 = "kubelet is configured to not run on a host using cgroup v1."

LOADING = (
    "failed to load kubelet config file, path: /root/c.yaml, error: failed to load Kubelet config file /root/c.yaml, "
    "error failed to decode: "
)
VALIDATING = "failed to validate kubelet configuration, error: invalid configuration: "
RUNNING = "failed to run Kubelet: "
UNMARSHAL = "json: cannot unmarshal %s into Go struct field KubeletConfiguration.%s"
HIGH_101 = "imageGCHighThresholdPercent (--image-gc-high-threshold) 101 must be between 0 and 100, inclusive, path:"
LOW_OVER = (
    "imageGCLowThresholdPercent (--image-gc-low-threshold) 80 must be less than "
    "imageGCHighThresholdPercent (--image-gc-high-threshold) 80, path:"
)
REFUSED = {
    "imageGCHighThresholdPercent: 101": VALIDATING + HIGH_101,
    "imageMinimumGCAge:": LOADING + 'time: invalid duration ""',
    "imageMinimumGCAge: 120": LOADING + UNMARSHAL % ("number", "imageMinimumGCAge of type string"),
    'imageGCHighThresholdPercent: "60"': LOADING + UNMARSHAL % ("string", "imageGCHighThresholdPercent of type int32"),
    "evictionHard: {imagefs.available: 10000}": LOADING + UNMARSHAL % ("number", "evictionHard of type string"),
    "x: @": LOADING + "yaml: line 3: found character that cannot start any token",
    'evictionHard: {imagefs.free: "20%"}': RUNNING + "unsupported eviction signal imagefs.free",
    'evictionHard: {imagefs.available: "101%"}': RUNNING
    + "eviction percentage threshold imagefs.available must be <= 100%: 101%",
    'evictionHard: {imagefs.available: "0"}': RUNNING + "eviction threshold imagefs.available must be positive: 0",
    'evictionSoft: {imagefs.available: "20%"}': RUNNING
    + "grace period must be specified for the soft eviction threshold imagefs.available",
}
REFUSED_FLAGS = {
    "--image-gc-high-threshold=0120": VALIDATING + LOW_OVER,
    "--container-runtime=remote": "failed to parse kubelet flag: unknown flag: --container-runtime",
    "--eviction-hard=imagefs.available": "malformed pair, expect string<string",
}


@dataclass
class Case:
    """A recorded case: files, flags, and what the kubelet made of them."""

    name: str
    main: str = KIND + ON_CGROUP_V1 + "cgroupsPerQOS: false\n" + files.OPEN
    dropins: dict[str, str] = field(default_factory=dict)
    flags: str = ""
    effective: tuple[int, int, dict[str, str] | None] | None = None
    log: str = ""


def recorded() -> list[Case]:
    """The cases of the recording that have files."""
    found = []
    for chunk in RECORDED.read_text().split("\n## ")[1:]:
        case = Case(chunk.partition("\n")[0])
        for line in chunk.splitlines():
            word, _, rest = line.partition(": ")
            if word == "main":
                case.main += rest.strip().replace(" | ", "\n") + "\n"
            elif word.startswith("drop-in "):
                text = "" if rest == "ignored" else rest.replace(" | ", "\n") + "\n"
                case.dropins[word.removeprefix("drop-in ")] = KIND + text
            elif word == "flags":
                case.flags = " ".join(f"'{flag}'" for flag in rest.split())
        values = re.search(r"^effective: high (\d+), low (\d+), evictionHard (.*)$", chunk, re.MULTILINE)
        if values:
            case.effective = (int(values[1]), int(values[2]), json.loads(values[3]))
        log = re.search(r"^log: \w+ \S+ +\d+ \S+\] (.*(?:\n\t.*)*(?:\n >)?)", chunk, re.MULTILINE)
        case.log = re.sub(r"/root/e/d\d", "/root/d", log[1]) if log else ""
        if "\nmain:" in chunk:
            found.append(case)
    return found


def start(node: SeedNode, case: Case) -> tuple[str, str]:
    """Run the double by hand on a case's files until it ends or answers: what it logged, and its configz or ""."""
    node.run(["rm", "-rf", "/root/d"])
    node.write("/root/c.yaml", case.main)
    for name, text in case.dropins.items():
        node.write(f"/root/d/{name}", text)
    folder = "--config-dir=/root/d" if case.dropins else ""
    script = f"""kubelet --v=4 --config=/root/c.yaml {folder} {case.flags} >/root/log 2>&1 & pid=$!
    for i in $(seq 100); do
        answer=$(python3 -c "$ASK" {CONFIGZ})
        case $answer in "[0"*) ;; *) printf '%s' "$answer"; kill $pid; wait $pid; exit;; esac
        kill -0 $pid || break
    done
    wait $pid; echo "status $?" >>/root/log"""
    said = node.run(["sh", "-c", 'ASK=$1; eval "$2"', "sh", ASK, script])
    return node.read("/root/log"), said


def test_configurations(lab: Lab) -> None:
    """The locked dress answers nobody but /healthz; each case runs, or ends with the kubelet's text and status 1."""
    conf = double.settings("v1.36.2")
    with double.dressed(lab, "double-config", extra=ON_CGROUP_V1, conf=conf, locked=True) as node:
        assert ask(node, HEALTHZ) == (200, "ok")
        assert ask(node, SUMMARY)[0] == 0
        assert ask(node, CONFIGZ) == (401, "Unauthorized\n")
        node.run(["systemctl", "stop", "kubelet"])
        cases = recorded()
        assert len(cases) == 17
        for case in cases:
            _as_recorded(node, case)
        for text, reason in REFUSED.items():
            _refused(node, Case(text, main=KIND + text + "\n" + ON_CGROUP_V1), reason)
        for flag, reason in REFUSED_FLAGS.items():
            _refused(node, Case(flag, main=KIND + ON_CGROUP_V1, flags=f"'{flag}'"), reason)
        _refused(node, Case("no failCgroupV1", main=KIND), NOT_ON_CGROUP_V1)


def _as_recorded(node: SeedNode, case: Case) -> None:
    log, said = start(node, case)
    if case.effective is None:
        assert log.endswith("status 1\n"), case.name
    else:
        assert said, f"{case.name}: {log}"
        config = json.loads(json.loads(said)[1])["kubeletconfig"]
        low = config["imageGCLowThresholdPercent"]
        assert (config["imageGCHighThresholdPercent"], low, config.get("evictionHard")) == case.effective, case.name
    assert case.log in log, case.name


def _refused(node: SeedNode, case: Case, reason: str) -> None:
    log, _ = start(node, case)
    assert reason in log.replace('\\"', '"'), f"{case.name}: {log}"
    assert log.endswith("status 1\n")
    assert re.search(HEADER + '"command failed" err=', log)


def test_a_restart_on_a_bad_file_ends_the_unit_with_status_one(lab: Lab) -> None:
    """The unit fails as a kubelet's does, and comes back with the file mended."""
    with double.dressed(lab, "double-refused", extra="", conf=double.settings()) as node:
        configure(node, "imageGCHighThresholdPercent: 70\n")
        state = node.wait_for(["systemctl", "show", "kubelet", "-p", "ExecMainStatus,SubState"], 10, "auto-restart")
        assert "ExecMainStatus=1" in state.split()
        assert LOW_OVER.replace(" 80, path", " 70, path") in node.journal("kubelet")
        node.write("/etc/kubernetes/kubelet-config.yaml", files.KUBELET_CONFIG + files.OPEN)
        node.run(["systemctl", "restart", "kubelet"])
        node.wait_for(["systemctl", "is-active", "kubelet"], 10, "^active")
