"""Asking the kubelet over HTTP: refusals and what would help, silence, certificates, and recorded answers."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.recorded_host import RecordedHost
from tests.unit.fake_kubelet import Identity, identity, raw, serving
from tui.model import DEFAULT, Credential, Fact, FsStats, KubeletAnswer, KubeletConfig
from tui.node import kubelet_http as http
from tui.node.host import HttpAnswer, NoAnswer
from tui.node.http_get import get
from tui.node.machine import Machine
from tui.node.survey import Surveyor

RECORDED = Path(__file__).resolve().parent.parent / "data" / "recorded"
SUMMARY = b'{"node": {"fs": {"capacityBytes": 10, "availableBytes": 4, "usedBytes": 5, "inodes": 7, "inodesFree": 6}}}'
CONFIGZ = b'{"kubeletconfig": {"imageGCHighThresholdPercent": 60}}'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return identity(tmp_path_factory.mktemp("server"), "kubelet", "IP:127.0.0.1")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return identity(tmp_path_factory.mktemp("client"), "admin")


def at(port: int, scheme: str = "https") -> http.Ports:
    base = f"{scheme}://127.0.0.1:{port}"
    return http.Ports(base, base if scheme == "http" else "", base)


def asking(credential: Credential | None = None, timeout: float = 5.0) -> Callable[[str], HttpAnswer]:
    return lambda url: get(url, credential, timeout)


def config(**fields: object) -> KubeletConfig:
    return KubeletConfig(32, {name: Fact(value, DEFAULT) for name, value in fields.items()})


def test_ports() -> None:
    usual = http.Ports("http://127.0.0.1:10248", "", "https://127.0.0.1:10250")
    assert http.ports(None) == http.ports(config(address="0.0.0.0", readOnlyPort=0)) == usual
    other = config(address="::", port=10350, readOnlyPort=10255, healthzPort=0, healthzBindAddress="10.0.0.7")
    assert http.ports(other) == http.Ports("", "http://[::1]:10255", "https://[::1]:10350")
    odd = config(address="evil.example/x@", healthzBindAddress="10.0.0.7", healthzPort=99999, port="10250")
    assert http.ports(odd) == http.Ports("", "", "")


def test_plain_answers() -> None:
    with serving({"/healthz": (200, b"ok"), "/stats/summary": (200, SUMMARY), "/configz": (200, CONFIGZ)}) as served:
        here = at(served.port, "http")
        assert http.healthz(asking(), here).value == "ok"
        found = http.summary(asking(), here, None)
        assert found.status == 200 and found.summary.value is not None
        assert found.summary.value.node_fs == FsStats(10, 4, 5, 7, 6) and found.summary.value.image_fs is None
        origin = found.summary.origin
        assert origin is not None and origin.where == f"http://127.0.0.1:{served.port}/stats/summary"
        assert http.configz(asking(), here, None).value == {"imageGCHighThresholdPercent": 60}


def test_an_unhealthy_kubelet_says_what_ails_it() -> None:
    with serving({"/healthz": (500, b"[-]syncloop failed: reason withheld\n")}) as served:
        assert http.healthz(asking(), at(served.port, "http")).value == "HTTP 500: [-]syncloop failed: reason withheld"


def test_a_summary_that_fails_keeps_its_status_and_its_words() -> None:
    text = b"Internal Error: failed to get imageFs stats: could not find device in cached partitions map"
    with serving({"/stats/summary": (500, text)}) as served:
        found = http.summary(asking(), at(served.port, "http"), None)
    assert found.status == 500 and not found.summary.known
    assert found.summary.reason == f"HTTP 500: {text.decode()}"


@pytest.mark.parametrize("status", [401, 403])
def test_what_a_credential_would_add(status: int, server: Identity, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("abc\n")
    refusal = {"/configz": (status, b"Unauthorized"), "/stats/summary": (status, b"Forbidden (user=x)")}
    with serving(refusal, server.server()) as served:
        assert http.NEEDS in http.configz(asking(), at(served.port), None).reason
        assert http.NEEDS in http.summary(asking(), at(served.port), None).summary.reason
        named = Credential("token", str(token))
        refused = http.summary(asking(named), at(served.port), named)
    assert refused.status == status and http.NEEDS not in refused.summary.reason
    assert ("not accepted" if status == 401 else "may not read it") in refused.summary.reason
    assert [authorization for _, authorization, _ in served.seen] == ["", "", "Bearer abc"]


def test_certificate_and_token_are_shown_over_tls_only(server: Identity, client: Identity, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("abc")
    secret = Credential("token", str(token))
    with serving({"/stats/summary": (200, SUMMARY)}) as plain:
        assert http.summary(asking(secret), at(plain.port, "http"), secret).summary.known
    assert plain.seen == [("/stats/summary", "", False)]
    named = Credential("certificate", str(client.cert), str(client.key))
    with serving({"/configz": (200, CONFIGZ)}, server.server(client, required=True)) as served:
        assert http.configz(asking(named), at(served.port), named).known
        refused = http.configz(asking(), at(served.port), None).reason
        assert "TLS" in refused or "closed the connection" in refused  # by an alert, or by the end that overtakes it
    assert served.seen[0] == ("/configz", "", True)


def test_who_signed_it(server: Identity, client: Identity, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("abc")
    with serving({"/configz": (200, CONFIGZ)}, server.server()) as served:
        url = f"https://127.0.0.1:{served.port}/configz"
        assert get(url, Credential("token", str(token), ca_path=str(server.cert)), 5).status == 200
        with pytest.raises(NoAnswer, match="does not stand the check"):
            get(url, Credential("token", str(token), ca_path=str(client.cert)), 5)
        assert len(served.seen) == 1  # the token was not shown to whom the CA does not know
    with pytest.raises(NoAnswer, match=r"certificate of 192\.0\.2\.1 cannot be checked"):
        get("https://192.0.2.1:10250/configz", None, 5)


def test_credentials_that_cannot_be_used(server: Identity, client: Identity, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"two\nlines\xff")
    locked = tmp_path / "locked.key"
    with serving({}, server.server()) as served:
        url = f"https://127.0.0.1:{served.port}/configz"
        with pytest.raises(NoAnswer, match="holds no token"):
            get(url, Credential("token", str(broken)), 5)
        with pytest.raises(NoAnswer, match="No such file"):
            get(url, Credential("token", str(tmp_path / "none")), 5)
        with pytest.raises(NoAnswer, match="no certificate and key that can be used"):
            get(url, Credential("certificate", str(client.cert), str(server.key)), 5)
        with pytest.raises(NoAnswer, match="no certificate and key that can be used"):
            os.system(f"openssl pkey -in {client.key} -aes256 -passout pass:secret -out {locked} 2>/dev/null")
            get(url, Credential("certificate", str(client.cert), str(locked)), 5)  # must not ask for a passphrase
        assert served.seen == []


def _drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        connection.sendall(b"x")
        time.sleep(0.1)


def _drip_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"x")
        time.sleep(0.1)


def _hang(connection: socket.socket) -> None:
    while connection.recv(4096):
        pass


@pytest.mark.parametrize("serve", [_drip, _drip_headers, _hang])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_silence_is_bounded(serve: Callable[[socket.socket], None], scheme: str) -> None:
    began = time.monotonic()
    with raw(serve) as port, pytest.raises(NoAnswer, match="silent|TLS"):
        get(f"{scheme}://127.0.0.1:{port}/healthz", None, 0.5)
    assert time.monotonic() - began < 1.5


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"", "closed the connection"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", "closed the connection"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf", "closed the connection"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "not HTTP"),
        (b"HTTP/1.1 abc OK\r\n\r\n", "not HTTP"),
    ],
)
def test_broken_answers(sent: bytes, said: str) -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(sent)

    with raw(serve) as port, pytest.raises(NoAnswer, match=said):
        get(f"http://127.0.0.1:{port}/healthz", None, 2)


def test_nobody_there() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        assert http.healthz(asking(), at(port, "http")).reason == f"refused: nobody listens on 127.0.0.1:{port}"
        found = http.summary(asking(), at(port, "http"), None)
    assert found.status is None and "refused" in found.summary.reason


def test_not_from_another_network_than_the_nodes(tmp_path: Path) -> None:
    (tmp_path / "1" / "ns").mkdir(parents=True)
    net = tmp_path / "1" / "ns" / "net"
    net.symlink_to("net:[1]")
    with serving({"/healthz": (200, b"ok")}) as served:
        url = f"http://127.0.0.1:{served.port}/healthz"
        with pytest.raises(NoAnswer, match="not asked: this is another network namespace than the node's"):
            Machine(str(tmp_path)).get(url, None, 5)
        net.unlink()
        net.symlink_to(os.readlink("/proc/self/ns/net"))
        assert Machine(str(tmp_path)).get(url, None, 5).body == b"ok"
        assert len(served.seen) == 1


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'{"kubeletconfig": 3}', b"null"])
def test_bodies_that_make_no_sense(body: bytes) -> None:
    with serving({"/configz": (200, body), "/stats/summary": (200, body)}) as served:
        assert not http.configz(asking(), at(served.port, "http"), None).known
        found = http.summary(asking(), at(served.port, "http"), None)
    if found.summary.value is not None:
        assert found.summary.value.node_fs is None


def test_figures_that_make_no_sense() -> None:
    odd = json.dumps({"node": {"fs": {"capacityBytes": -1, "availableBytes": True, "usedBytes": "7", "inodes": 1.5}}})
    with serving({"/stats/summary": (200, odd.encode())}) as served:
        found = http.summary(asking(), at(served.port, "http"), None).summary.value
    assert found is not None and found.node_fs == FsStats(None, None, None, None, None)


def recorded(name: str) -> KubeletAnswer:
    answer = Surveyor(RecordedHost(RECORDED / name)).take().kubelet.answer.value
    assert answer is not None
    return answer


def test_the_recorded_stale_view() -> None:
    """recorded/README.md: imageFs = node.fs, 6249086976 / 5286100992, while the image disk is another."""
    answer = recorded("node-stale-1.36")
    summary = answer.summary.value
    assert answer.healthz.value == "ok" and answer.summary_status == 200
    assert summary is not None and summary.node_fs is not None and summary.image_fs is not None
    assert (summary.node_fs.capacity, summary.node_fs.available) == (6249086976, 5286100992)
    assert (summary.image_fs.capacity, summary.image_fs.available) == (6249086976, 5286100992)
    assert summary.image_fs.used == 1386164224  # the runtime's own number, of the new disk
    assert answer.configz.value is not None
    assert answer.configz.value["imageGCHighThresholdPercent"] == 60


def test_the_recorded_node_after_the_restart() -> None:
    summary = recorded("node-after-restart-1.36").summary.value
    assert summary is not None and summary.node_fs is not None and summary.image_fs is not None
    assert summary.image_fs.capacity == 4143677440 != summary.node_fs.capacity


def test_the_recorded_unknown_device() -> None:
    summary = recorded("node-unknown-device-1.20").summary.value
    assert summary is not None and summary.image_fs is not None
    assert summary.image_fs.capacity is None and summary.image_fs.used == 1384136704
