"""Run the server until somebody stops it."""

import asyncio
import errno
import logging
import socket
import ssl
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import uvicorn
from fastapi import FastAPI

from bonaface.errors import SettingsError
from bonaface.server.app import MakeEngine, build_app
from bonaface.server.settings import ServerSettings

if TYPE_CHECKING:
    from bonaface.server.registry import Registry

SILENCE = 10.0  # s in which a connection must have asked for something
GOODBYE = 3  # s for answers that still run
HANDSHAKE_HEADERS = 32_768  # bytes of a request's head
SWITCH = 0.001  # s: threads give way to the event loop this often
PROXIES = "127.0.0.1,::1"  # whose X-Forwarded-For is believed, where others can reach us


class Serving(uvicorn.Server):
    """Tells its address once it listens; ends all sessions before it waits for connections."""

    def __init__(self, app: FastAPI, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self.app, self._started = app, started
        self._silent: dict[Any, float] = {}  # connections that asked for nothing yet, since when

    async def on_tick(self, counter: int) -> bool:
        """Let go of those who connect and say nothing, or never finish saying it."""
        if counter % 10 == 0:
            now, before = time.monotonic(), self._silent
            mute = [one for one in self.server_state.connections if vars(one).get("cycle") is None]
            self._silent = {one: before.get(one, now) for one in mute}
            for one, since in self._silent.items():
                if now - since > SILENCE and one.transport is not None:
                    one.transport.close()
        return await super().on_tick(counter)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        if self.started:
            self._started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening; followers of events are let go, or they would be waited for."""
        registry: Registry = self.app.state.host.registry
        await registry.close()
        await super().shutdown(sockets)


def serve(
    settings: ServerSettings,
    tell: Callable[[str], None],
    make_engine: MakeEngine | None = None,
) -> None:
    """Serve until interrupted; `tell` hears the address. Raises SettingsError."""
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    sys.setswitchinterval(SWITCH)
    _raise_limit()
    with bind(settings.host, settings.port) as listening:
        settings = replace(settings, port=listening.getsockname()[1])
        server = prepare(settings, lambda: tell(settings.address), make_engine)
        try:
            asyncio.run(server.serve([listening]))
        except KeyboardInterrupt:
            return  # it has shut down by then


def _raise_limit() -> None:
    """Take as many files and sockets as the system allows: each peer and viewer needs some."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 not everywhere

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def prepare(
    settings: ServerSettings,
    started: Callable[[], None],
    make_engine: MakeEngine | None = None,
) -> Serving:
    """Make the server, not running yet. Raises SettingsError for a certificate of no use."""
    if settings.certificate is not None:
        _try_certificate(settings)
    app = build_app(settings, make_engine)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=True,
        ssl_certfile=settings.certificate,
        ssl_keyfile=settings.key,
        timeout_graceful_shutdown=GOODBYE,
        h11_max_incomplete_event_size=HANDSHAKE_HEADERS,
        proxy_headers=settings.guarded,
        forwarded_allow_ips=PROXIES,
        ws="none",
        lifespan="on",
    )
    return Serving(app, config, started)


def bind(host: str, port: int) -> socket.socket:
    """Take a port. Raises SettingsError when it is taken, or the address is not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as cause:
        listening.close()
        remedy = {
            errno.EADDRINUSE: "Another program uses it. Take another: bonaface serve --port 8643",
            errno.EACCES: "Ports below 1024 are for the administrator. Take a higher one.",
        }.get(cause.errno or 0, "Give --host an address of this machine, or 127.0.0.1.")
        raise SettingsError(f"Cannot listen at {host}, port {port}.", remedy) from cause
    return listening


def _try_certificate(settings: ServerSettings) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(str(settings.certificate), settings.key)
    except (OSError, ssl.SSLError) as cause:
        raise SettingsError(
            f"The certificate {settings.certificate} cannot be used: {cause.strerror or cause}.",
            "Give --cert a chain in PEM, and --key the private key that belongs to it.",
        ) from cause
