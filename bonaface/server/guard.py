"""The gate before every request: host, origin, rate, size; and the headers on every answer.

A server on 127.0.0.1 is open to every page that a browser on this machine shows: a page may send
requests across sites, and by rebinding its DNS name even read the answers. So the Host must be
ours, and whoever names an Origin must be the page we served. Written for ASGI itself, since answers
that stream must stream through it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bonaface.server.checks import LARGEST
from bonaface.server.headers import HEADERS
from bonaface.server.problems import say
from bonaface.server.rates import Buckets
from bonaface.server.settings import LOOPBACK, ServerSettings, is_loopback

STRICT = "max-age=31536000"  # HTTPS from now on, where this server speaks it itself
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
UPLOADS = "/api/likenesses"
PICTURE = "/background"
READ = "/c2pa/soft-bindings/matches/byContent"
CHECKS = "/api/checks"
ROOMS = "/api/rooms"
COSTLY = (
    UPLOADS,
    CHECKS,
    ROOMS,
    "/api/sessions",
    "/whip/",
    "/whep/",
    READ,
)  # what a POST there begins
CHEAP = ("/say", "/interrupt", "/tickets", "/challenge")
QUIET = ("/healthz", "/page/")  # never refused for their number


Refusal = tuple[tuple[int, str, str, str], dict[str, str]]  # what `say` takes, and headers


@dataclass(slots=True)
class Tally:
    """What came in."""

    answers: dict[int, int] = field(default_factory=dict)  # by status
    refused: dict[str, int] = field(default_factory=dict)  # by reason

    def refuse(self, reason: str) -> None:
        """Count a refusal at the gate."""
        self.refused[reason] = self.refused.get(reason, 0) + 1


class Guard:
    """ASGI middleware around the whole app."""

    def __init__(self, app: ASGIApp, settings: ServerSettings, tally: Tally) -> None:
        limits = settings.limits
        self._app, self._settings, self._tally = app, settings, tally
        self._all = Buckets(limits.steady, limits.burst)
        self._costly = Buckets(limits.costly, limits.costly_burst)
        self._headers = dict(HEADERS)
        if settings.certificate is not None:
            self._headers["Strict-Transport-Security"] = STRICT

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] == "websocket":  # there are none here
            await send({"type": "websocket.close", "code": 1008})
            return
        out = self._dressed(scope, send)
        headers = Headers(scope=scope)
        for check in (self._check_host, self._check_origin, self._check_rate, self._check_length):
            refusal = check(scope, headers)
            if refusal is not None:
                self._tally.refuse(check.__name__.removeprefix("_check_"))
                await self._read_out(headers, receive)
                await say(*refusal[0], headers=refusal[1])(scope, receive, out)
                return
        await self._app(scope, self._bounded(scope, receive), out)

    def _check_host(self, _: Scope, headers: Headers) -> Refusal | None:
        """DNS rebinding: the name by which we are called must be one of ours."""
        name = host_name(headers.get("host", ""))
        settings = self._settings
        if settings.guarded and not settings.names:
            return None  # any name may be right; tokens guard what is behind
        known = {settings.host, *settings.names} | (
            LOOPBACK if is_loopback(settings.host) else frozenset()
        )
        if name in known:
            return None
        remedy = "Open the address that `bonaface serve` printed, or start it with --name."
        return (421, "This server does not go by that name.", remedy, "host"), {}

    def _check_origin(self, scope: Scope, headers: Headers) -> Refusal | None:
        """Cross-site requests: browsers say where one comes from, and cannot be made to lie."""
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        strange = origin is not None and urlsplit(origin).netloc != headers.get("host")
        if site in {"cross-site", "same-site"}:
            strange |= scope["method"] not in SAFE or headers.get("sec-fetch-mode") != "navigate"
        if not strange:
            return None
        remedy = "Use the page of this server itself."
        return (403, "Requests from other sites are refused.", remedy, "origin"), {}

    def _check_rate(self, scope: Scope, headers: Headers) -> Refusal | None:
        path: str = scope["path"]
        if path.startswith(QUIET):
            return None
        who = (scope.get("client") or ("", 0))[0]
        holder = headers.get("authorization", "")
        costly = scope["method"] == "POST" and path.startswith(COSTLY) and not path.endswith(CHEAP)
        keys = [who] + ([f"token {hash(holder)}"] if holder else [])
        wait = max(self._all.take(key) for key in keys)
        if costly:
            wait = max(wait, *(self._costly.take(key) for key in keys))
        if not wait:
            return None
        seconds = str(max(1, round(wait + 0.5)))
        message = (429, "Too many requests.", f"Wait {seconds} s.", "rate")
        return message, {"Retry-After": seconds}

    def _check_length(self, scope: Scope, headers: Headers) -> Refusal | None:
        length = headers.get("content-length", "0")
        if length.isascii() and length.isdigit() and int(length) <= self._most(scope):
            return None
        return _too_large(self._most(scope)), {"Connection": "close"}

    async def _read_out(self, headers: Headers, receive: Receive) -> None:
        """Let a body of bearable size come to its end, or its sender would not see the answer."""
        length = headers.get("content-length", "0")
        left = int(length) if length.isascii() and length.isdigit() else 0
        while 0 < left <= self._settings.limits.upload:
            message = await receive()
            left -= len(message.get("body", b""))
            if not message.get("more_body"):
                return

    def _most(self, scope: Scope) -> int:
        if scope["path"] == CHECKS:
            return LARGEST
        limits = self._settings.limits
        brings = scope["path"] in {UPLOADS, READ} or scope["path"].endswith(PICTURE)
        return limits.upload if brings else limits.body

    def _bounded(self, scope: Scope, receive: Receive) -> Receive:
        """Count what really comes: a length may be absent, or a lie."""
        left = self._most(scope)

        async def bounded() -> Message:
            nonlocal left
            message = await receive()
            if message["type"] == "http.request":
                left -= len(message.get("body", b""))
                if left < 0:
                    _, text, _, _ = _too_large(self._most(scope))
                    raise HTTPException(413, text, {"Connection": "close"})
            return message

        return bounded

    def _dressed(self, scope: Scope, send: Send) -> Send:
        private = not scope["path"].startswith("/page/")

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                status = message["status"]
                self._tally.answers[status] = self._tally.answers.get(status, 0) + 1
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store" if private else "no-cache")
            await send(message)

        return dressed


def host_name(host: str) -> str:
    """The name in a Host header, without its port and brackets; "" for nonsense."""
    try:
        return (urlsplit(f"//{host}").hostname or "") if host.isascii() else ""
    except ValueError:
        return ""


def _too_large(most: int) -> tuple[int, str, str, str]:
    size = f"{most / 1e6:g} MB" if most >= 1_000_000 else f"{most // 1000} kB"
    return 413, f"This is larger than {size}.", "Send less at a time.", "too-large"


def names(values: Iterable[str]) -> tuple[str, ...]:
    """Host names as they are compared: lower case, no port."""
    return tuple(host_name(value) for value in values if host_name(value))
