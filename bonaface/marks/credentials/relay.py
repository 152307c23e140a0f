"""Asks an authority of time-stamps in c2pa's place, with a limit on size and on time.

c2pa reads an answer to its end, however long it is, and its Python side gives no way between. So
it is sent to an address of this process, on the loopback, which asks the authority.
"""

import http.server
import os
import secrets
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final

import httpx

WHOLE: Final = 30.0  # s for an answer
SILENCE, CONNECTING = 15.0, 5.0  # s
MOST: Final = 65_536  # bytes of an answer; with its certificates one has 2,000 to 10,000
MOST_QUESTION: Final = 4096  # bytes; c2pa's have 70 to 100
LATE: Final = "it did not answer in time"
_HERE: Final = "127.0.0.1"
_BAD_GATEWAY: Final = 502  # c2pa takes it for no answer; why is in `troubles`


class Relay:
    """Where c2pa may ask, for as long as a signature takes, and what went wrong there."""

    def __init__(self, authority: str) -> None:
        self.troubles: list[str] = []  # ends of sentences that begin with the authority
        self._authority = authority
        self._path = f"/{secrets.token_urlsafe(16)}"  # nobody else on this machine is served
        self._server = http.server.HTTPServer((_HERE, 0), self._handler())
        self.address = f"http://{_HERE}:{self._server.server_port}{self._path}"

    def serve(self) -> None:
        """Answer until closed."""
        self._server.serve_forever(poll_interval=0.01)

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str, question: bytes) -> bytes:
        """Answer what the authority does; nothing where it does not, with the reason told."""
        if path != self._path or not 0 < len(question) <= MOST_QUESTION:
            return b""
        try:
            return fetch(self._authority, question)
        except httpx.TimeoutException:
            self.troubles.append(LATE)
        except ValueError as error:
            self.troubles.append(str(error))
        except (httpx.HTTPError, httpx.InvalidURL):
            self.troubles.append("it is not there, or hung up")
        return b""

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        relay = self

        class Handler(http.server.BaseHTTPRequestHandler):
            timeout = SILENCE

            def log_message(self, *_: object) -> None:
                """Say nothing."""

            def do_POST(self) -> None:
                """Pass one question on."""
                length = min(int(self.headers["content-length"] or 0), MOST_QUESTION + 1)
                body = relay.answer(self.path, self.rfile.read(length))
                self.send_response(200 if body else _BAD_GATEWAY)
                self.send_header("content-type", "application/timestamp-reply")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        return Handler


@contextmanager
def relay(authority: str) -> Iterator[Relay]:
    """Open an address at which c2pa may ask `authority`."""
    _keep_from_proxies()
    one = Relay(authority)
    thread = threading.Thread(target=one.serve, name="time-stamps", daemon=True)
    thread.start()
    try:
        yield one
    finally:
        one.close()
        thread.join()


def fetch(authority: str, question: bytes) -> bytes:
    """Answer the reply to a request by RFC 3161, section 3.4.

    Raises httpx.HTTPError, and ValueError where what comes is no answer.
    """
    until, whole = time.monotonic() + WHOLE, bytearray()
    headers = {"Content-Type": "application/timestamp-query", "Accept-Encoding": "identity"}
    timeout = httpx.Timeout(SILENCE, connect=CONNECTING)
    with (
        httpx.Client(verify=_authorities(), timeout=timeout, headers=headers) as client,
        client.stream("POST", authority, content=question) as answer,
    ):
        if answer.status_code != 200:
            raise ValueError(f"it answered with the status {answer.status_code}")
        for part in answer.iter_raw():
            whole += part
            if len(whole) > MOST:
                raise ValueError(f"its answer has more than {MOST:,} bytes")
            if time.monotonic() > until:
                raise ValueError(LATE)
    return bytes(whole)


@cache
def _authorities() -> ssl.SSLContext:
    """Read the machine's web authorities once: it takes longer than all else here."""
    return httpx.create_ssl_context()


def _keep_from_proxies() -> None:
    """What is on this machine is not asked by way of a proxy (c2pa would, where one is set)."""
    for name in ("NO_PROXY", "no_proxy"):
        spared = os.environ.get(name, "")
        if _HERE not in spared.split(",") and spared != "*":
            os.environ[name] = f"{spared},{_HERE}".strip(",")
