"""Servers that are asked for stripped credentials: those that answer, and those that do not."""

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from unsigned import write

from bonaface.config import settings
from bonaface.errors import ResolverFailed, SettingsError
from bonaface.forensics.origin.recovery import Sights, trace
from bonaface.marks.archive import jumbf, resolver
from bonaface.marks.archive.resolver import ask, read_address
from bonaface.marks.credentials.files import Statement, sign_media

NOW = datetime.now(UTC)
PICTURE_ID, SOUND_ID = "00112233445566ff", "0123abcd"
NAME = "urn:c2pa:58be8337-9e5e-4432-a02a-ea02c7ae344f"
ALGORITHM = "org.bonaface.sound.1"
pytestmark = pytest.mark.usefixtures("home")
Reply = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def answering(reply: Reply) -> Iterator[tuple[str, list[str]]]:
    """A server on the loopback, its address, and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            reply(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running = threading.Thread(target=server.serve_forever, args=(0.01,))
    running.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        running.join()


def say(
    handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, *more: tuple[str, str]
) -> None:
    handler.send_response(status)
    for name, value in more:
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def listing(*matches: object) -> bytes:
    return json.dumps({"matches": matches}).encode()


def keeping(store: bytes, name: str = "", consent: object = "active") -> Reply:
    """A server that keeps one manifest."""
    name = name or jumbf.name_of(store)

    def reply(handler: BaseHTTPRequestHandler) -> None:
        if "/manifests/" in handler.path:
            say(handler, store)
        else:
            say(handler, listing({"manifestId": name, resolver.CONSENT: consent}))

    return reply


@pytest.fixture
def kept(tmp_path: Path) -> bytes:
    """A manifest store that is signed here, but that this log does not know."""
    statement = Statement(NOW, None, sound_mark=SOUND_ID)
    store = sign_media(write(tmp_path / "a.wav"), tmp_path / "b.wav", "audio/wav", statement)
    for path in settings().home.glob("log.db*"):
        path.unlink()
    return store


def test_the_answer_is_the_manifest(kept: bytes) -> None:
    with answering(keeping(kept)) as (address, asked):
        (answer,) = ask(address, ALGORITHM, SOUND_ID)
    assert (answer.store, answer.manifest) == (kept, jumbf.name_of(kept))
    first, second = map(urlsplit, asked)
    assert first.path == "/c2pa/soft-bindings/matches/byBinding"
    query = parse_qs(first.query)
    assert query == {"alg": [ALGORITHM], "value": [base64.b64encode(SOUND_ID.encode()).decode()]}
    assert second.path == f"/c2pa/soft-bindings/manifests/{answer.manifest}"


def test_a_path_is_taken_as_it_is(kept: bytes) -> None:
    with answering(keeping(kept)) as (address, asked):
        assert ask(f"{address}/v1/", ALGORITHM, SOUND_ID)
    assert asked[0].startswith("/v1/matches/byBinding?")


def test_what_was_recovered_is_judged_here(kept: bytes) -> None:
    with answering(keeping(kept)) as (address, _):
        found = trace(None, SOUND_ID, Sights(), NOW, (address,))
    assert found.recovered is not None
    assert found.recovered.credentials.state == "trusted"
    assert found.recovered.source == address
    assert found.recovered.consent == "none", "it names no record, whatever the server says"
    assert found.logged is not None
    assert found.limits == ()


def slow(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        try:
            handler.wfile.write(b" ")
        except OSError:
            return
        time.sleep(0.02)


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(bytes(65_536))
    except OSError:
        return


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


REPLIES: dict[str, tuple[Reply, str]] = {
    "refuses": (lambda it: say(it, b"", 503), "status 503"),
    "sends elsewhere": (lambda it: say(it, b"", 302, ("Location", "/x")), "sends elsewhere"),
    "talks HTML": (lambda it: say(it, b"<html>"), "no list of matches"),
    "talks nonsense": (lambda it: say(it, b"\xff\xfe\0"), "no list of matches"),
    "nests": (lambda it: say(it, b"[" * 60_000), "no list of matches"),
    "answers a list": (lambda it: say(it, b"[]"), "no list of matches"),
    "answers null": (lambda it: say(it, b'{"matches": null}'), "no list of matches"),
    "answers words": (lambda it: say(it, listing("a", 1)), "no list of matches"),
    "names another": (
        lambda it: say(it, listing({"manifestId": NAME, "endpoint": "http://127.0.0.1:1"})),
        "another server",
    ),
    "drips": (slow, "too slow"),
    "never ends": (endless, "too large"),
    "hangs up": (hang_up, "could not be reached"),
    "keeps rubbish": (keeping(b"rubbish", NAME), "no manifest"),
    "keeps half": (keeping(b"\0\0\0\x20jumb", NAME), "no manifest"),
    "packs": (
        lambda it: say(it, b"\x1f\x8b rubbish", 200, ("Content-Encoding", "gzip")),
        "no list of matches",
    ),
}


@pytest.mark.parametrize("name", REPLIES)
def test_a_bad_server_is_a_sentence(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reply, says = REPLIES[name]
    if name == "drips":
        monkeypatch.setattr(resolver, "WHOLE", 0.2)
    with answering(reply) as (address, _):
        found = trace("0" * 16, SOUND_ID, Sights(), NOW, (address,))
    assert (found.recovered, found.logged) == (None, None)
    (limit,) = found.limits
    assert says in limit
    assert limit.endswith(".")


def test_a_server_that_is_down_or_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "SILENCE", 0.1)
    silent = answering(lambda _: time.sleep(0.5))
    with silent as (address, _), pytest.raises(ResolverFailed, match="in time"):
        ask(address, ALGORITHM, SOUND_ID)
    with pytest.raises(ResolverFailed, match="could not be reached"):
        ask(address, ALGORITHM, SOUND_ID)


def test_the_manifest_of_another_is_passed_over(kept: bytes) -> None:
    with answering(keeping(kept, NAME)) as (address, _):
        found = trace(None, SOUND_ID, Sights(), NOW, (address,))
    assert "another manifest than it names" in found.limits[0]
    with answering(keeping(kept)) as (address, _):
        found = trace(None, "ffffffff", Sights(), NOW, (address,))
    assert "names another mark" in found.limits[0]
    assert found.recovered is None


def test_a_manifest_that_was_changed_does_not_hold(kept: bytes) -> None:
    at = kept.index(SOUND_ID.encode())
    changed = kept.replace(SOUND_ID.encode(), b"ffffffff")
    assert changed[at : at + 8] == b"ffffffff"
    with answering(keeping(changed)) as (address, _):
        found = trace(None, "ffffffff", Sights(), NOW, (address,))
    assert found.recovered is not None
    assert found.recovered.credentials.state == "invalid"
    assert not found.recovered.fits


def test_the_next_server_is_asked_when_one_fails(kept: bytes) -> None:
    with (
        answering(lambda it: say(it, b"", 500)) as (bad, _),
        answering(keeping(kept)) as (good, _),
        answering(keeping(kept)) as (spare, untouched),
    ):
        found = trace(None, SOUND_ID, Sights(), NOW, (bad, good, spare))
    assert found.recovered is not None
    assert found.recovered.source == good
    assert len(found.limits) == 1
    assert untouched == []


def test_nobody_is_asked_without_a_mark() -> None:
    with answering(lambda it: say(it, listing())) as (address, asked):
        assert trace(None, None, Sights(), NOW, (address,)).limits == ()
        assert asked == []
        assert trace(PICTURE_ID, SOUND_ID, Sights(), NOW, (address,)).limits == ()
        assert len(asked) == 2


def test_offline_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BONAFACE_OFFLINE", "1")
    settings.cache_clear()
    with pytest.raises(ResolverFailed, match="BONAFACE_OFFLINE"):
        ask("https://faces.example", ALGORITHM, SOUND_ID)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "faces.example",
        "ftp://a",
        "http://",
        "http://a:b",
        "http://u@a",
        "http://a?b",
        "http://a\n",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(SettingsError, match="no address"):
        read_address(address)


def test_addresses() -> None:
    assert read_address("https://a.example/") == "https://a.example/c2pa/soft-bindings"
    assert read_address("http://127.0.0.1:8642") == "http://127.0.0.1:8642/c2pa/soft-bindings"
    assert read_address("https://a.example/v1/") == "https://a.example/v1"


@pytest.mark.parametrize("cut", range(0, 120, 7))
def test_boxes_that_are_cut_off_are_no_store(kept: bytes, cut: int) -> None:
    for data in (kept[:cut], kept[cut + 1 :], kept + b"\0" * (cut + 1)):
        with pytest.raises(ValueError, match=r"box|store|manifest|utf"):
            jumbf.name_of(data)


def test_the_active_manifest_alone_is_a_store(kept: bytes) -> None:
    assert jumbf.name_of(jumbf.keep_active(kept)) == jumbf.name_of(kept)
