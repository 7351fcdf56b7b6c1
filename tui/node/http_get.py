"""One HTTP GET to a daemon of this machine: bounded in time and size, never redirected, never through a proxy."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from contextlib import suppress
from urllib.parse import urlsplit

from tui.model import Credential
from tui.node.host import HttpAnswer, NoAnswer
from tui.node.processes import why_not

LARGEST = 32 << 20
"""Bytes of one answer: far above the summary of a full node."""
_TOKEN_MAX = 64 << 10


def get(url: str, credential: Credential | None, timeout: float) -> HttpAnswer:
    """The answer to a GET; ``timeout``: seconds for all of it, however slowly the bytes come.

    Over https the credential is shown; a certificate that nobody signed is accepted from a loopback address only, and
    with a CA from none. Raises :class:`NoAnswer`: refused, silent, closed in the middle of the answer, no HTTP, a
    credential or certificate that cannot be used.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 0
    context = _context(host, credential) if parts.scheme == "https" else None
    headers = _authorization(credential) if context else {}
    try:
        plain = socket.create_connection((host, port), timeout)
    except OSError as error:
        raise NoAnswer(_unreachable(error, f"{host}:{port}", timeout)) from error
    wire = plain
    if context:
        wire = context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)
    late = threading.Event()
    cut = threading.Timer(timeout, _hang_up, (wire, late))
    cut.daemon = True
    cut.start()
    try:
        with wire:
            answer = _exchange(wire, host, port, parts.path, headers)
        if late.is_set():
            raise TimeoutError
        return answer
    except (OSError, http.client.HTTPException, ValueError) as error:
        if late.is_set() or isinstance(error, TimeoutError):
            raise NoAnswer(f"silent: {host}:{port} gave no whole answer within {timeout:g} s") from error
        raise NoAnswer(_broken(error, f"{host}:{port}")) from error
    finally:
        cut.cancel()


def _exchange(wire: socket.socket, host: str, port: int, path: str, headers: dict[str, str]) -> HttpAnswer:
    if isinstance(wire, ssl.SSLSocket):
        wire.do_handshake()
    connection = http.client.HTTPConnection(host, port)
    connection.sock = wire
    connection.request("GET", path, headers={"Accept": "application/json, text/plain", **headers})
    response = connection.getresponse()
    body = response.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise NoAnswer(f"{host}:{port} answers with more than {LARGEST >> 20} MiB")
    if response.length:  # what was announced and did not come
        raise http.client.IncompleteRead(body, response.length)
    return HttpAnswer(response.status, body)


def _hang_up(wire: socket.socket, late: threading.Event) -> None:
    late.set()
    with suppress(OSError):
        wire.shutdown(socket.SHUT_RDWR)


def _context(host: str, credential: Credential | None) -> ssl.SSLContext:
    """Who the other side must be, and who we are."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ca = credential.ca_path if credential else ""
    try:
        if ca:
            context.load_verify_locations(ca)
        elif _is_loopback(host):
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        else:
            raise NoAnswer(f"not asked: the certificate of {host} cannot be checked without its CA")
        if credential and credential.kind == "certificate":
            context.load_cert_chain(credential.path, credential.key_path or None, password=lambda: "")
    except OSError as error:  # ssl.SSLError is one
        what = "no certificate and key that can be used" if isinstance(error, ssl.SSLError) else why_not(error)
        files = ", ".join(filter(None, (credential.path, credential.key_path, ca))) if credential else ca
        raise NoAnswer(f"{files}: {what}") from error
    return context


def _authorization(credential: Credential | None) -> dict[str, str]:
    """The token, read anew each time: kubelets' tokens are rotated."""
    if credential is None or credential.kind != "token":
        return {}
    try:
        with open(credential.path, "rb") as file:
            token = file.read(_TOKEN_MAX).strip()
    except OSError as error:
        raise NoAnswer(f"{credential.path}: {why_not(error)}") from error
    if not token or any(byte <= 32 or byte > 126 for byte in token):
        raise NoAnswer(f"{credential.path} holds no token")
    return {"Authorization": f"Bearer {token.decode('ascii')}"}


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _unreachable(error: OSError, where: str, timeout: float) -> str:
    if isinstance(error, ConnectionRefusedError):
        return f"refused: nobody listens on {where}"
    if isinstance(error, TimeoutError):
        return f"silent: {where} takes no connection within {timeout:g} s"
    return f"{where}: {why_not(error)}"


def _broken(error: Exception, where: str) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"{where} shows a certificate that does not stand the check: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"{where} ended the TLS conversation: {error.reason or error}"
    if isinstance(error, (http.client.IncompleteRead, http.client.RemoteDisconnected, ConnectionError)):
        return f"{where} closed the connection before it had answered"
    if isinstance(error, OSError):
        return f"{where}: {why_not(error)}"
    return f"{where} answers with something that is not HTTP"
