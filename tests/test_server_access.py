"""The gate: who may ask, from where, how often and how much."""

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hosting import QUICK, chosen, hosted, run

from bonaface.errors import KeysError, SettingsError
from bonaface.server.ice import open_ice, to_links
from bonaface.server.rates import MOST, Buckets
from bonaface.server.settings import (
    IceServer,
    Limits,
    ServerSettings,
    is_loopback,
    read_ice,
)
from bonaface.server.tickets import TicketOffice
from bonaface.server.tokens import TokenBook

GUARDED: dict[str, Any] = {"host": "0.0.0.0"}  # noqa: S104
pytestmark = pytest.mark.usefixtures("granted_home")
OPEN = {"/healthz", "/api/settings", "/", "/docs", "/openapi.json"}
MARKED = "/c2pa/soft-bindings/"  # open to whoever met a mark; see test_bindings.py
WANTED = [
    ("GET", "/api/likenesses", "make"),
    ("POST", "/api/likenesses", "make"),
    ("GET", "/api/likenesses/0000000000000000/picture", "make"),
    ("DELETE", "/api/likenesses/0000000000000000", "consent"),
    ("POST", "/api/likenesses/0000000000000000/revocation", "consent"),
    ("GET", "/api/voices", "make"),
    ("GET", "/api/minds", "make"),
    ("GET", "/api/sessions", "make"),
    ("POST", "/api/sessions", "make"),
    ("GET", "/api/sessions/x", "make"),
    ("PATCH", "/api/sessions/x", "make"),
    ("DELETE", "/api/sessions/x", "make"),
    ("PUT", "/api/sessions/x/background", "make"),
    ("POST", "/api/sessions/x/say", "make"),
    ("POST", "/api/sessions/x/interrupt", "make"),
    ("POST", "/api/sessions/x/tickets", "make"),
    ("GET", "/api/sessions/x/events", "make"),
    ("POST", "/api/sessions/x/peer", "make"),
    ("PATCH", "/api/sessions/x/peer/y", "make"),
    ("DELETE", "/api/sessions/x/peer/y", "make"),
    ("POST", "/whip/x", "make"),
    ("POST", "/whep/x", "make"),
    ("DELETE", "/whep/x/y", "make"),
    ("GET", "/hls/x/index.m3u8", "make"),
    ("POST", "/api/sessions/x/recording", "make"),
    ("GET", "/api/sessions/x/recording", "make"),
    ("DELETE", "/api/sessions/x/recording", "make"),
    ("GET", "/api/recordings", "make"),
    ("GET", "/api/recordings/x", "make"),
    ("DELETE", "/api/recordings/x", "make"),
    ("POST", "/api/sessions/x/rtmp", "make"),
    ("GET", "/api/sessions/x/rtmp", "make"),
    ("DELETE", "/api/sessions/x/rtmp", "make"),
    ("POST", "/api/sessions/x/camera", "make"),
    ("DELETE", "/api/sessions/x/camera", "make"),
    ("POST", "/c2pa/soft-bindings/matches/byContent", "check"),
    ("POST", "/api/references", "check"),
    ("DELETE", "/api/references/x", "check"),
    ("POST", "/api/rooms", "check"),
    ("GET", "/api/rooms/x", "check"),
    ("DELETE", "/api/rooms/x", "check"),
    ("DELETE", "/api/rooms/x/callers/y", "check"),
    ("POST", "/api/rooms/x/callers/y/challenge", "check"),
    ("PUT", "/api/rooms/x/callers/y/reference", "check"),
    ("GET", "/api/rooms/x/callers/y/picture", "check"),
    ("GET", "/metrics", "admin"),
]


def test_every_route_wants_its_scope() -> None:
    async def work() -> None:
        settings = chosen(**GUARDED)
        book = TokenBook(settings.tokens)
        tokens = {
            scope: book.make(scope, [scope]) for scope in ("make", "check", "consent", "admin")
        }
        async with hosted(settings) as here:
            for method, path, scope in WANTED:
                answer = await here.client.request(method, path)
                assert answer.status_code == 401, path
                assert answer.headers["WWW-Authenticate"].startswith("Bearer")
                assert "bonaface tokens make" in answer.json()["remedy"]
                for name, token in tokens.items():
                    headers = {"Authorization": f"Bearer {token}"}
                    answer = await here.client.request(method, path, headers=headers)
                    may = name in {scope, "admin"}
                    assert (answer.status_code not in {401, 403}) == may, (method, path, name)
            for path in OPEN:
                assert (await here.client.get(path)).status_code == 200, path

    run(work())


def test_all_routes_are_in_the_matrix() -> None:
    async def work() -> None:
        async with hosted() as here:
            document = (await here.client.get("/openapi.json")).json()
            known = {(method, path.count("/")) for method, path, _ in WANTED}
            for path, item in document["paths"].items():
                for method, operation in item.items():
                    if path not in OPEN and not path.startswith(MARKED):
                        assert (method.upper(), path.count("/")) in known, (method, path)
                        assert operation["summary"]
                        assert "401" in operation["responses"] or path == "/metrics"

    run(work())


def test_this_machine_needs_no_token() -> None:
    async def work() -> None:
        async with hosted() as here:
            assert (await here.client.get("/api/sessions")).status_code == 200
            view = (await here.client.get("/api/settings")).json()
            assert not view["token_needed"]
            assert set(view["scopes"]) == {"make", "check", "consent", "admin"}

    run(work())


def test_turn_credentials_are_for_callers() -> None:
    async def work() -> None:
        ice = (IceServer(("turn:turn.example:3478",), "ada", "secret"),)
        settings = chosen(**GUARDED, ice=ice)
        token = TokenBook(settings.tokens).make("ada", ["make"])
        async with hosted(settings) as here:
            assert (await here.client.get("/api/settings")).json()["ice_servers"] == []
            headers = {"Authorization": f"Bearer {token}"}
            view = (await here.client.get("/api/settings", headers=headers)).json()
            assert view["ice_servers"][0]["credential"] == "secret"

    run(work())


def test_wrong_tokens_are_slowed_down() -> None:
    async def work() -> None:
        settings = chosen(**GUARDED)
        token = TokenBook(settings.tokens).make("ada", ["make"])
        async with hosted(settings) as here:
            for _ in range(10):
                wrong = await here.client.get("/api/voices", headers={"Authorization": "Bearer no"})
                assert wrong.status_code == 401
            headers = {"Authorization": f"Bearer {token}"}
            assert (await here.client.get("/api/voices", headers=headers)).status_code == 429

    run(work())


def test_a_revoked_token_is_refused_at_once() -> None:
    async def work() -> None:
        settings = chosen(**GUARDED)
        book = TokenBook(settings.tokens)
        token = book.make("ada", ["make"])
        headers = {"Authorization": f"Bearer {token}"}
        async with hosted(settings) as here:
            assert (await here.client.get("/api/voices", headers=headers)).status_code == 200
            book.revoke("ada")
            assert (await here.client.get("/api/voices", headers=headers)).status_code == 401

    run(work())


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8642", 200),
        ("localhost", 200),
        ("[::1]:8642", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("", 421),
        ("[::1", 421),
    ],
)
def test_rebinding_is_refused(host: str, status: int) -> None:
    async def work() -> None:
        async with hosted() as here:
            answer = await here.client.get("/api/likenesses", headers={"Host": host})
            assert answer.status_code == status

    run(work())


def test_names_are_believed_when_given() -> None:
    async def work() -> None:
        settings = chosen(names=("faces.example",))
        assert settings.guarded
        async with hosted(settings) as here:
            right = await here.client.get("/healthz", headers={"Host": "faces.example:443"})
            wrong = await here.client.get("/healthz", headers={"Host": "other.example"})
            assert (right.status_code, wrong.status_code) == (200, 421)

    run(work())


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://127.0.0.1:8642"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:9999"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
def test_other_sites_are_refused(headers: dict[str, str], status: int) -> None:
    async def work() -> None:
        async with hosted() as here:
            answer = await here.client.get("/api/likenesses", headers=headers)
            assert answer.status_code == status
            posted = await here.client.post("/api/sessions", json={}, headers=headers)
            allowed = status == 200 and headers.get("Sec-Fetch-Site") != "cross-site"
            assert (posted.status_code != 403) == allowed

    run(work())


def test_every_answer_is_dressed() -> None:
    async def work() -> None:
        async with hosted() as here:
            for path, status in (("/", 200), ("/nowhere", 404), ("/api/likenesses", 200)):
                answer = await here.client.get(path)
                assert answer.status_code == status
                policy = answer.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy
                assert "frame-ancestors 'none'" in policy
                assert "unsafe" not in policy
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert answer.headers["Referrer-Policy"] == "no-referrer"
                assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"

    run(work())


def test_the_page_needs_nothing_that_is_refused() -> None:
    """No inline script or style, nothing from elsewhere: the policy would break it."""

    async def work() -> None:
        async with hosted() as here:
            for path in ("/", "/docs"):
                text = (await here.client.get(path)).text
                assert "<script>" not in text
                assert "<style" not in text
                assert 'style="' not in text
                assert "//cdn" not in text
            assert (await here.client.get("/docs/style.css")).status_code == 200
            for hostile in ("/page/../app.py", "/page/%2e%2e%2fapp.py", "/page/.", "/page/app.py"):
                assert (await here.client.get(hostile)).status_code == 404

    run(work())


def test_a_fault_of_ours_tells_strangers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        async with hosted() as here:

            def broken() -> None:
                raise RuntimeError("secret inside")

            monkeypatch.setattr(here.engine, "minds", broken)
            answer = await here.client.get("/api/minds")
            assert answer.status_code == 500
            assert "secret" not in answer.text
            assert "Content-Security-Policy" in answer.headers

    run(work())


def test_many_requests_are_slowed_down() -> None:
    async def work() -> None:
        limits = Limits(steady=0.001, burst=5, costly=1000, costly_burst=1000)
        async with hosted(chosen(limits)) as here:
            answers = [await here.client.get("/api/minds") for _ in range(7)]
            assert [one.status_code for one in answers] == [200] * 5 + [429] * 2
            assert int(answers[-1].headers["Retry-After"]) >= 1
            assert (await here.client.get("/healthz")).status_code == 200

    run(work())


def test_costly_requests_are_fewer() -> None:
    async def work() -> None:
        async with hosted(chosen(replace(QUICK, costly=0.001, costly_burst=2))) as here:
            answers = [await here.client.post("/api/sessions", json={}) for _ in range(3)]
            assert [one.status_code for one in answers] == [422, 422, 429]
            assert (await here.client.get("/api/sessions")).status_code == 200

    run(work())


def test_large_bodies_are_refused() -> None:
    async def work() -> None:
        async with hosted() as here:
            session = await here.begin()
            say = session["links"]["say"]
            long = await here.client.post(say, json={"text": "x" * 1_000_000})
            assert long.status_code == 413
            assert long.json()["remedy"]
            medium = await here.client.post(say, json={"text": "x" * 10_001})
            assert medium.status_code == 413

            async def endless() -> AsyncIterator[bytes]:
                for _ in range(100):
                    yield b" " * 10_000

            lying = await here.client.post(
                say, content=endless(), headers={"Content-Type": "application/json"}
            )
            assert lying.status_code == 413
            assert (await here.client.post(say, json={"text": "Hello."})).status_code == 202
            assert here.engine.sessions[0].said == ["Hello."]

    run(work())


def test_tokens_are_kept_as_hashes(home: Path) -> None:
    book = TokenBook(home / "server" / "tokens.json")
    token = book.make("ada", ["make", "consent"])
    kept = (home / "server" / "tokens.json").read_text()
    assert token not in kept
    assert hashlib.sha256(token.encode()).hexdigest() in kept
    found = TokenBook(home / "server" / "tokens.json").find(token)
    assert found is not None
    assert found.may("make")
    assert not found.may("admin")
    assert book.find(token + "x") is None
    with pytest.raises(SettingsError, match="is a token"):
        book.make("ada", ["make"])
    with pytest.raises(SettingsError, match="no scope"):
        book.make("eve", ["everything"])
    with pytest.raises(SettingsError, match="no name"):
        book.make("../eve", ["make"])
    with pytest.raises(SettingsError, match="no token"):
        book.revoke("eve")


def test_tokens_that_others_can_read_are_refused(home: Path) -> None:
    path = home / "server" / "tokens.json"
    book = TokenBook(path)
    book.make("ada", ["make"])
    path.chmod(0o644)
    with pytest.raises(KeysError, match="may read"):
        TokenBook(path).notes()


def test_tickets_hold_for_one_session_and_a_while(home: Path) -> None:
    now = [1000.0]
    office = TicketOffice(home / "tickets.key", lambda: now[0])
    ticket = office.make("one", lasts=60)
    assert office.holds(ticket, "one")
    assert not office.holds(ticket, "two")
    assert not office.holds(ticket.replace("1060", "9999"), "one")
    for nonsense in ("", ".", "1060", "1060.", "-1.x", "\u0661.x", "9" * 40 + ".x", "1060.é"):
        assert not office.holds(nonsense, "one")
    assert TicketOffice(home / "tickets.key", lambda: now[0]).holds(ticket, "one")
    now[0] = 1060
    assert not office.holds(ticket, "one")


def test_buckets_fill_again() -> None:
    now = [0.0]
    buckets = Buckets(steady=2, burst=4, now=lambda: now[0])
    assert [buckets.take("a") for _ in range(5)] == [0, 0, 0, 0, 0.5]
    assert buckets.take("b") == 0
    now[0] = 0.5
    assert buckets.take("a") == 0
    assert buckets.take("a") == 0.5
    for number in range(MOST + 10):
        buckets.take(str(number))
    assert len(buckets._levels) == MOST


def test_turn_secrets_make_passwords_that_expire() -> None:
    server = IceServer(("turn:t.example",), secret="north")  # noqa: S106
    now = datetime(2026, 11, 22, tzinfo=UTC)
    entry = open_ice(server, now, "ada")
    until, name = entry["username"].split(":")
    assert name == "ada"
    assert int(until) == int(now.timestamp()) + 6 * 3600
    sealed = hmac.new(b"north", entry["username"].encode(), hashlib.sha1).digest()
    assert entry["credential"] == base64.b64encode(sealed).decode()
    assert "north" not in repr(server)
    link = to_links([entry])
    assert link.startswith('<turn:t.example>; rel="ice-server"; username="')
    assert link.endswith('credential-type="password"')
    assert to_links([open_ice(IceServer(("stun:a", "stun:b")), now)]).count("<stun:") == 2


def test_settings_of_the_environment() -> None:
    ice = read_ice(
        {
            "BONAFACE_STUN": "stun:a:1, stun:b:2",
            "BONAFACE_TURN": "turns:c?transport=tcp",
            "BONAFACE_TURN_SECRET": "x",
        }
    )
    assert ice[0].urls == ("stun:a:1", "stun:b:2")
    assert ice[1].secret == "x"  # noqa: S105
    with pytest.raises(SettingsError, match="credentials"):
        read_ice({"BONAFACE_TURN": "turn:c"})
    for wrong in ("http://a", "stun:", "a", 'stun:"a"'):
        with pytest.raises(SettingsError):
            read_ice({"BONAFACE_STUN": wrong})


@pytest.mark.parametrize(
    ("host", "names", "guarded"),
    [
        ("127.0.0.1", (), False),
        ("::1", (), False),
        ("127.8.8.8", (), False),
        ("0.0.0.0", (), True),  # noqa: S104
        ("192.168.1.4", (), True),
        ("127.0.0.1", ("faces.example",), True),
    ],
)
def test_who_needs_tokens(home: Path, host: str, names: tuple[str, ...], guarded: bool) -> None:
    assert ServerSettings(home, host=host, names=names).guarded == guarded
    assert is_loopback(host) == host.startswith(("127.", "::1"))


def test_the_page_says_ai_in_the_language_of_its_reader() -> None:
    async def work() -> None:
        async with hosted() as here:
            headers = {"Accept-Language": "de-CH, en;q=0.5"}
            label = (await here.client.get("/api/settings", headers=headers)).json()["label"]
            assert (label["short"], label["language"]) == ("KI", "de")
            label = (await here.client.get("/api/settings")).json()["label"]
            assert (label["short"], label["language"]) == ("AI", "en")

    run(work())
