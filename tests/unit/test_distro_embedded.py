"""The kubelet flags of k3s, RKE2 and MicroK8s, with their origins (node-layouts.md 3)."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tree import TreeReader
from tui.distro import microk8s_words, rancher_words
from tui.kubelet.effective import effective_config
from tui.model import Origin, Word

CONFIG = "/etc/rancher/k3s/config.yaml"


def command(text: str) -> list[Word]:
    return [Word(word, Origin("file", "/etc/systemd/system/k3s.service", 9)) for word in text.split()]


def texts(words: tuple[Word, ...]) -> list[str]:
    return [word.text for word in words]


def test_k3s_from_1_32_has_drop_ins() -> None:
    reader = TreeReader(
        {CONFIG: b"write-kubeconfig-mode: 644\nkubelet-arg:\n  - 'image-gc-high-threshold=70'\n  - v=2\n"}
    )
    found = rancher_words(
        command("/usr/local/bin/k3s server --kubelet-arg=v=4 --kubelet-arg config-dir=/x"), reader, minor=33
    )
    assert texts(found.words) == [
        "kubelet",
        "--config-dir=/var/lib/rancher/k3s/agent/etc/kubelet.conf.d",
        "--image-gc-high-threshold=70",
        "--v=2",
        "--v=4",
    ]
    assert (found.words[2].origin.where, found.words[2].origin.line) == (CONFIG, 3)
    assert found.words[4].origin.kind == "flag" and found.words[4].origin.line == 9
    assert found.files == (CONFIG,) and not found.notes


def test_k3s_before_1_32_has_eviction_flags() -> None:
    found = rancher_words(command("k3s agent"), TreeReader({}), minor=31)
    assert "--eviction-hard=imagefs.available<5%,nodefs.available<5%" in texts(found.words)
    assert not any(word.startswith("--config-dir") for word in texts(found.words)) and not found.notes
    own = TreeReader({CONFIG: b"kubelet-arg: eviction-hard=imagefs.available<1%\n"})
    hard = [word for word in texts(rancher_words(command("k3s agent"), own, minor=31).words) if "eviction-hard" in word]
    assert hard == ["--eviction-hard=imagefs.available<1%"]


def test_further_files_replace_or_append_and_name_the_data_directory() -> None:
    reader = TreeReader(
        {
            CONFIG: b"kubelet-arg: [a=1]\ndata-dir: /data/k3s\n",
            f"{CONFIG}.d/10.yaml": b"kubelet-arg: [b=2]\n",
            f"{CONFIG}.d/20.yml": b"kubelet-arg+: [c=3]\n",
            f"{CONFIG}.d/30.txt": b"kubelet-arg: [d=4]\n",
        }
    )
    found = rancher_words(command("k3s server"), reader, minor=32)
    assert texts(found.words)[1:] == ["--config-dir=/data/k3s/agent/etc/kubelet.conf.d", "--b=2", "--c=3"]
    assert "/cli/agent" in texts(rancher_words(command("k3s server -d /cli"), reader, minor=32).words)[1]


def test_another_configuration_file() -> None:
    reader = TreeReader({"/x.yaml": b"kubelet-arg: [a=1]\n", CONFIG: b"kubelet-arg: [b=2]\n"})
    assert texts(rancher_words(command("k3s server -c /x.yaml"), reader, minor=33).words)[2:] == ["--a=1"]
    found = rancher_words(command("k3s server"), reader, minor=33, env={"K3S_CONFIG_FILE": "/x.yaml"})
    assert texts(found.words)[2:] == ["--a=1"]
    missing = rancher_words(command("k3s server --config=/no"), reader, minor=33)
    assert [note.code for note in missing.notes] == ["missing"]
    rke2 = TreeReader({"/etc/rancher/rke2/config.yaml": b"kubelet-arg: [a=1]\n"})
    assert texts(rancher_words(command("rke2 server"), rke2, minor=33, name="rke2").words) == [
        "kubelet",
        "--config-dir=/var/lib/rancher/rke2/agent/etc/kubelet.conf.d",
        "--a=1",
    ]


def test_the_kubelet_rules_take_these_words() -> None:
    drop_in = "/var/lib/rancher/k3s/agent/etc/kubelet.conf.d/00-k3s-defaults.conf"
    reader = TreeReader(
        {
            CONFIG: b"kubelet-arg: [image-gc-high-threshold=70, image-gc-low-threshold=60]\n",
            drop_in: b"apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
            b"evictionHard:\n  imagefs.available: 5%\n",
        }
    )
    found = rancher_words(command("k3s server"), reader, minor=33)
    config = effective_config(found.words, reader, minor=33)
    high = config.fields["imageGCHighThresholdPercent"]
    assert not config.error and high.value == 70
    assert high.origin is not None and (high.origin.where, high.origin.line) == (CONFIG, 1)
    assert drop_in in config.files


def test_microk8s_has_a_grammar_of_its_own() -> None:
    path = "/var/snap/microk8s/current/args/kubelet"
    text = (
        b"--root-dir=${SNAP_COMMON}/var/lib/kubelet\n# --v=9\n  #--v=8\n"
        b"--eviction-hard=\"memory.available<100Mi,nodefs.available<1Gi\"\n--v 2\n--x=$SNAP_DATA/y${NO_SUCH}'z'\n"
    )
    found = microk8s_words(TreeReader({path: text}))
    assert texts(found.words) == [
        "kubelet",
        "--root-dir=/var/snap/microk8s/common/var/lib/kubelet",
        "--eviction-hard=memory.available<100Mi,nodefs.available<1Gi",
        "--v",
        "2",
        "--x=/var/snap/microk8s/current/yz",
    ]
    assert [word.origin.line for word in found.words[1:]] == [1, 4, 5, 5, 6]
    assert [note.code for note in microk8s_words(TreeReader({})).notes] == ["unreadable"]


@settings(max_examples=100, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=120),
        st.text(st.sampled_from("kubelet-arg:+[]{}&*!|>-'\"#\n \t,"), max_size=80).map(str.encode),
    )
)
def test_hostile_bytes_are_noted_and_never_raised(data: bytes) -> None:
    found = rancher_words(command("k3s server"), TreeReader({CONFIG: data}), minor=33)
    assert found.words[0].text == "kubelet" and all(note.origin.where == CONFIG for note in found.notes)
    assert microk8s_words(TreeReader({"/a": data}), path="/a").files == ("/a",)
