"""Questions to a kubelet's ports, asked from inside the node."""

from __future__ import annotations

import json

from tests.node.node import Node

ASK = """import json, ssl, sys, urllib.error, urllib.request
context = ssl._create_unverified_context() if sys.argv[1].startswith("https") else None
try:
    with urllib.request.urlopen(sys.argv[1], context=context, timeout=5) as got:
        print(json.dumps([got.status, got.read().decode()]))
except urllib.error.HTTPError as refused:
    print(json.dumps([refused.code, refused.read().decode()]))
except urllib.error.URLError as nobody:
    print(json.dumps([0, str(nobody.reason)]))
"""
HEALTHZ = "http://127.0.0.1:10248/healthz"
SUMMARY = "http://127.0.0.1:10255/stats/summary"
CONFIGZ = "https://127.0.0.1:10250/configz"


def ask(node: Node, url: str) -> tuple[int, str]:
    """Status and body of a GET inside the node; 0 and the reason if nobody answers."""
    status, body = json.loads(node.run(["python3", "-c", ASK, url]))
    return int(status), str(body)
