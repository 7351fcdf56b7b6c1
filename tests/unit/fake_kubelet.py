"""A kubelet's HTTP ports: answers by path, over TLS or not, and servers that misbehave."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest


@dataclass
class Served:
    """``answers``: path to status and body; ``seen``: the Authorization and the client certificate of each request."""

    answers: Mapping[str, tuple[int, bytes]]
    port: int = 0
    seen: list[tuple[str, str, bool]] = field(default_factory=list)


@contextmanager
def serving(answers: Mapping[str, tuple[int, bytes]], tls: ssl.SSLContext | None = None) -> Iterator[Served]:
    """A server on 127.0.0.1."""
    served = Served(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown = isinstance(self.connection, ssl.SSLSocket) and bool(self.connection.getpeercert(binary_form=True))
            served.seen.append((self.path, self.headers.get("Authorization", ""), shown))
            status, body = served.answers.get(self.path, (404, b"404 page not found\n"))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    served.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@contextmanager
def raw(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port on 127.0.0.1 whose one connection is handed to ``serve``, then closed."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()

        def work() -> None:
            try:
                connection, _ = listening.accept()
                with connection:
                    serve(connection)
            except OSError:
                return

        threading.Thread(target=work, daemon=True).start()
        yield listening.getsockname()[1]


@dataclass
class Identity:
    """A certificate that signs itself, and its key."""

    cert: Path
    key: Path

    def server(self, client: Identity | None = None, *, required: bool = False) -> ssl.SSLContext:
        """The server's side; ``client``: whose certificate it accepts."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, self.key)
        if client:
            context.load_verify_locations(client.cert)
            context.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
        return context


def identity(directory: Path, name: str, subject_alt: str = "DNS:node1") -> Identity:
    """Made by openssl; skips where there is none."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes the certificates, is not installed")
    made = Identity(directory / f"{name}.crt", directory / f"{name}.key")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", str(made.key), "-out", str(made.cert), "-days", "2", "-subj", f"/CN={name}"]
    subprocess.run([*command, "-addext", f"subjectAltName={subject_alt}"], check=True, capture_output=True)
    return made
