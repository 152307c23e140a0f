"""Files from addresses: public ones only, looked at again at each step, bounded."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from bonaface.cli import main
from bonaface.errors import UnreadableMedia
from bonaface.media import download as downloads
from bonaface.media.download import download, find_public, is_public, read_address

BODY = b"film" * 1000


class Answering(BaseHTTPRequestHandler):
    """What a server on the Internet may do."""

    def do_GET(self) -> None:
        if self.path == "/film":
            self._say(200, {"Content-Length": str(len(BODY))}, BODY)
        elif self.path == "/cut":
            self._say(200, {"Content-Length": str(len(BODY) * 2)}, BODY)
        elif self.path == "/endless":
            self._say(200, {}, BODY * 50)
        elif self.path == "/away":
            self._say(302, {"Location": "/film"}, b"")
        elif self.path == "/round":
            self._say(302, {"Location": "/round"}, b"")
        elif self.path == "/inside":
            self._say(302, {"Location": "http://169.254.169.254/secrets"}, b"")
        elif self.path == "/disk":
            self._say(302, {"Location": "file:///etc/passwd"}, b"")
        else:
            self._say(404, {}, b"")

    def _say(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Be quiet."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server here, which passes for a public one; what else is asked for is looked at."""
    with HTTPServer(("127.0.0.1", 0), Answering) as here:
        threading.Thread(target=here.serve_forever, daemon=True).start()
        real = downloads.is_public
        monkeypatch.setattr(downloads, "is_public", lambda ip: ip == "127.0.0.1" or real(ip))
        yield f"http://127.0.0.1:{here.server_port}"
        here.shutdown()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.1",
        "172.16.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "0.0.0.0",  # noqa: S104
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
    ],
)
def test_what_is_not_public_is_refused(address: str) -> None:
    assert not is_public(address)


def test_what_is_public_is_not() -> None:
    assert is_public("93.184.215.14")
    assert is_public("2606:2800:21f:cb07:6820:80da:af6b:8b2c")
    assert is_public("64:ff9b::5db8:d70e")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://host/film",
        "http://",
        "http://[::1",
        "http://user:secret@host/film",
        "http://host:99999/",
        "http://host/a b",
        "http://host/\r\nX: y",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(UnreadableMedia, match="no address"):
        read_address(url)


def test_a_host_with_one_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: Any, **__: Any) -> list[Any]:
        return [(2, 1, 6, "", (ip, 80)) for ip in ("93.184.215.14", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(UnreadableMedia, match="not on the public Internet"):
        find_public("both.example", 80)


def test_a_name_cannot_change_between(monkeypatch: pytest.MonkeyPatch, server: str) -> None:
    """The second answer of a rebinding server is never asked for."""
    port, asked = int(server.rsplit(":", 1)[1]), []
    real = socket.getaddrinfo

    def resolve(host: Any, *rest: Any, **more: Any) -> Any:
        if host != "turns.example":
            return real(host, *rest, **more)
        asked.append(host)
        return [(2, 1, 6, "", ("127.0.0.1" if len(asked) == 1 else "10.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with download(f"http://turns.example:{port}/film") as path:
        assert path.read_bytes() == BODY
    assert len(asked) == 1


def test_a_file_is_fetched_and_deleted(server: str) -> None:
    shares: list[float] = []
    with download(f"{server}/away", shares.append) as path:
        assert path.read_bytes() == BODY
    assert not path.exists()
    assert shares[-1] == 1.0


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/cut", "broke off"),
        ("/endless", "larger than"),
        ("/round", "on and on"),
        ("/inside", "not on the public Internet"),
        ("/disk", "no address"),
        ("/none", "answered 404"),
    ],
)
def test_what_goes_wrong_is_said(server: str, path: str, why: str) -> None:
    with pytest.raises(UnreadableMedia, match=why), download(server + path, largest=100_000):
        pass


def test_nothing_is_fetched_unasked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "https://faces.example/film.mp4"]) == 3
    assert "--allow-urls" in capsys.readouterr().err
