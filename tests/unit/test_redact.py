"""Secrets that must not leave, in the forms in which nodes have them; and what only looks like one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.recorded_host import RecordedHost
from tui.assess.judge import assess
from tui.demo.node import DemoHost
from tui.demo.scenarios import SCENARIOS
from tui.node.survey import Surveyor
from tui.redact import REDACTED, redact, redact_data
from tui.report.data import as_data, as_json
from tui.report.text import as_text
from tui.words import visible

S = "Zq9-hunter2"
JWT = "eyJhbGciOiJSUzI1NiIsImtpZCI6IiJ9.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJl"

SECRETS = [
    f'password = "{S}"',
    f'  password="{S}"',
    f"password = '{S}'",
    f'auth = "{S}"',
    f'identitytoken = "{S}"',
    f'"identitytoken": "{S}"',
    f'username = "{S}"',
    f'{{"auths":{{"registry.example":{{"auth":"{S}"}}}}}}',
    f'{{"auths": {{"r": {{"username": "{S}", "password": "{S}", "registrytoken": "{S}"}}}}}}',
    f'err="login failed: {{\\"password\\":\\"{S}\\"}}"',
    f"kubelet --v=2 --bootstrap-token {S} --node-ip=10.0.0.1",
    f"kubelet --bootstrap-token={S} --node-ip=10.0.0.1",
    f"k3s agent --token {S}",
    f"k3s agent --token '{S}'",
    f'--registry-password="{S} with blanks"',
    f"--oidc-client-secret={S}",
    f"--etcd-secret {S}",
    f"kubectl config set-credentials u --client-key-data={S}",
    f"client-key-data: {S}",
    f"    token: {S}",
    f"REGISTRY_PASSWORD={S}",
    f"K3S_TOKEN={S}",
    f"AWS_SECRET_ACCESS_KEY={S}",
    f"DB_PASS={S}",
    f"ENCRYPTION_KEY={S}",
    f'Environment="REGISTRY_PASSWORD={S} and more" "B=1"',
    f"https_proxy=http://proxyuser:{S}@proxy.example:3128",
    f'endpoint = ["https://robot$ci:{S}@registry.example/v2"]',
    f"https://:{S}@registry.example/",
    f"https://registry.example/v2/?access_token={S}&n=1",
    f"Authorization: Bearer {S}",
    f"Authorization: Basic {S}",
    f'{{"Authorization": ["Bearer {S}"]}}',
    f"{{'Authorization': ['Bearer {S}']}}",
    f"-----BEGIN RSA PRIVATE KEY-----\n{S}\n-----END RSA PRIVATE KEY-----",
    f"-----BEGIN PRIVATE KEY-----\\n{S}",
]

OPEN = [
    "--tls-private-key-file=/etc/kubernetes/pki/kubelet.key",
    "--client-key=/etc/kubernetes/pki/kubelet.key",
    "--token-auth-file=/etc/kubernetes/tokens.csv",
    "--authentication-token-webhook=true --authentication-token-webhook-cache-ttl=2m0s",
    "--image-credential-provider-config /etc/kubernetes/ecr.yaml --image-credential-provider-bin-dir=/usr/bin",
    "--eviction-hard=imagefs.available<15%,nodefs.available<10% --image-gc-high-threshold=85",
    "--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --rotate-certificates",
    "KUBELET_AUTHENTICATION=--anonymous-auth=false",
    "AWS_WEB_IDENTITY_TOKEN_FILE=/var/run/secrets/eks.amazonaws.com/serviceaccount/token",
    "GOOGLE_APPLICATION_CREDENTIALS=/etc/google/key.json",
    "K3S_TOKEN=${TOKEN}",
    "ExecStart=/usr/bin/k3s agent --token $TOKEN",
    "automountServiceAccountToken: false",
    'password = ""',
    'secret="kube-system/registry-credentials"',
    "the token is not accepted (HTTP 401), a client certificate would be",
    "needs a token: the kubelet answers 401",
    "unix:///run/containerd/containerd.sock",
    "https://registry.example:5000/v2/name@sha256:0123",
    "docker.io/library/secret-service:token@sha256:0123456789abcdef",
    "/var/lib/kubelet/pods/1/volumes/kubernetes.io~projected/kube-api-access-x/token",
    '[plugins."io.containerd.grpc.v1.cri".registry.configs."registry.example".auth]',
    "authentication:\n  webhook:\n    enabled: true\n  x509:\n    clientCAFile: /etc/kubernetes/pki/ca.crt",
    "basic authentication and bearer tokens are documented elsewhere",
    "PWD=/root",
    "needs a credential: --kubelet-cert FILE --kubelet-key FILE, or --kubelet-token FILE",
    '"authorization": {"mode": "Webhook", "webhook": {"cacheAuthorizedTTL": "5m0s"}}',
    "authorization:\n  mode: Webhook\n",
    "imagegc --kubelet-token /root/token report",
    "key: gc@/mnt/images",
]


@pytest.mark.parametrize("text", SECRETS)
def test_secrets_are_taken_out(text: str) -> None:
    found = redact(text)
    assert S not in found and "hunter2" not in found, found
    assert REDACTED in found
    assert redact(found) == found
    assert S not in visible(text)


@pytest.mark.parametrize(
    "text", [JWT, "ghp_0123456789abcdefghijABCDEFGHIJ012345", "K10abcdef0123456789abcdef0123::server:pw"]
)
def test_tokens_are_known_by_their_beginning(text: str) -> None:
    assert redact(f"the log said {text} here") == f"the log said {REDACTED} here"


@pytest.mark.parametrize("text", OPEN)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text


def test_what_surrounds_a_secret_stays() -> None:
    assert redact(f"kubelet --token {S} --v=2") == f"kubelet --token {REDACTED} --v=2"
    assert redact(f'password = "{S}" # old') == f'password = "{REDACTED}" # old'
    assert redact(f"http://u:{S}@h:80/x") == f"http://u:{REDACTED}@h:80/x"


def test_words_of_a_command_line_in_data() -> None:
    data: dict[str, Any] = {
        "argv": ["k3s", "agent", "--token", S, "--v=2", "--token-ttl", "5m"],
        "commands": [[{"text": "--token", "origin": None}, {"text": S, "origin": {"text": f"x {S}"}}]],
        "auth": S,
        "staticPodURLHeader": {"Authorization": [f"Bearer {S}"]},
        "key": "gc@/mnt/images",
        "number": 3,
    }
    found = redact_data(data)
    assert S not in json.dumps(found)
    assert found["argv"] == ["k3s", "agent", "--token", REDACTED, "--v=2", "--token-ttl", "5m"]
    assert found["key"] == "gc@/mnt/images" and found["number"] == 3


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_nothing_is_redacted_on_the_demo_node(scenario: str) -> None:
    assessment = assess(Surveyor(DemoHost(scenario, clock=lambda: 0.0)).take())
    assert REDACTED not in as_json(as_data(assessment)) + as_text(assessment)


RECORDED = sorted((Path(__file__).parents[1] / "data" / "recorded").glob("node-*"))


@pytest.mark.parametrize("folder", RECORDED, ids=lambda path: path.name)
def test_nothing_is_redacted_on_the_recorded_nodes(folder: Path) -> None:
    assessment = assess(Surveyor(RecordedHost(folder)).take())
    assert REDACTED not in as_json(as_data(assessment)) + as_text(assessment)
