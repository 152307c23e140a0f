"""The app: every route behind the gate, and everything it owns made and let go here."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI

from bonaface import __version__
from bonaface.errors import BonafaceError
from bonaface.marks.signers import signing
from bonaface.server import problems, telemetry
from bonaface.server.admission import Admission
from bonaface.server.broadcasts import Broadcasts
from bonaface.server.checks import Checks
from bonaface.server.enrolled import References
from bonaface.server.guard import Guard, Tally
from bonaface.server.host import Host
from bonaface.server.likenesses import LikenessStore
from bonaface.server.live import Engine
from bonaface.server.metrics import Metrics
from bonaface.server.readers import MarkReader
from bonaface.server.recordings import RecordingStore
from bonaface.server.registry import Registry
from bonaface.server.rooms import Rooms
from bonaface.server.routes import (
    bindings,
    broadcasts,
    checks,
    events,
    health,
    likenesses,
    page,
    peers,
    receipts,
    references,
    rooms,
    sessions,
)
from bonaface.server.routes import settings as chosen
from bonaface.server.settings import ServerSettings
from bonaface.server.tickets import TicketOffice
from bonaface.server.tokens import TokenBook
from bonaface.server.uploads import Decoder

LOG = logging.getLogger("bonaface.server")
DESCRIPTION = (
    "Live talking faces of people who said yes. Nothing leaves unmarked, and nobody is shown who "
    "did not consent. Every refusal is a JSON object with error, remedy and reason."
)
TAGS = [
    {"name": "settings", "description": "What a page must know, and what there is to choose from."},
    {"name": "likenesses", "description": "Faces that may be shown, and the consent for each."},
    {"name": "sessions", "description": "Live faces: begin, drive, say, follow, end."},
    {"name": "peers", "description": "WebRTC by HTTP: the page's peer, WHIP in, WHEP out."},
    {"name": "broadcasts", "description": "HLS, recordings, RTMP, and the face as a webcam."},
    {"name": "credentials", "description": "Signed manifests, found by hidden mark (C2PA 2.4)."},
    {"name": "checks", "description": "What a film, picture or sound is, with the evidence."},
    {"name": "rooms", "description": "Whether live callers are who and what they seem."},
    {"name": "health", "description": "Whether it is well, and what it measures."},
]
MakeEngine = Callable[[ServerSettings], Engine]


def build_app(settings: ServerSettings, make_engine: MakeEngine | None = None) -> FastAPI:
    """Make the app. Its lifespan owns all threads, tasks and sessions."""
    tally = Tally()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine = (make_engine or _live_engine)(settings)
        bench = ThreadPoolExecutor(1, thread_name_prefix="likenesses")
        telemetry.start()
        try:
            async with asyncio.TaskGroup() as group:
                host = _open(settings, engine, bench, group)
                app.state.host, app.state.metrics = host, Metrics(host.registry, tally)
                chores = [group.create_task(one) for one in _chores(host, app.state.metrics)]
                yield
                await _close(host)
                for chore in chores:
                    chore.cancel()
        finally:
            bench.shutdown(wait=False, cancel_futures=True)
            engine.close()
            telemetry.stop()

    app = FastAPI(
        title="Bonaface",
        version=__version__,
        description=DESCRIPTION,
        openapi_tags=TAGS,
        docs_url=None,  # those load scripts from elsewhere; /docs is ours
        redoc_url=None,
        lifespan=lifespan,
    )
    app.add_middleware(Guard, settings=settings, tally=tally)
    problems.install(app)
    live = (sessions, events, receipts, peers, broadcasts, rooms)
    for part in (chosen, likenesses, *live, bindings, checks, references, health, page):
        app.include_router(part.router)
    return app


def _open(
    settings: ServerSettings, engine: Engine, bench: ThreadPoolExecutor, group: asyncio.TaskGroup
) -> Host:
    limits, private = settings.limits, settings.home / "server"
    registry = Registry(engine, Admission(limits.sessions), limits, group)
    recordings = RecordingStore(settings.home / "recordings", limits.recordings)
    recordings.clean()
    return Host(
        settings=settings,
        tokens=TokenBook(settings.tokens),
        tickets=TicketOffice(private / "tickets.key"),
        store=LikenessStore(settings.home / "likenesses", limits.likenesses),
        decoder=Decoder(limits.pixels),
        reader=MarkReader(),
        engine=engine,
        registry=registry,
        broadcasts=Broadcasts(registry, group),
        recordings=recordings,
        checks=Checks(settings.home, group),
        references=References(),
        rooms=Rooms(group),
        bench=bench,
        troubles={"warm": "It is warming up."},
    )


async def _close(host: Host) -> None:
    await host.registry.close()
    await host.broadcasts.close()
    await host.rooms.close()
    host.checks.close()


def _live_engine(settings: ServerSettings) -> Engine:
    from bonaface.server.engine import LiveEngine  # noqa: PLC0415 aiortc, only where it is used

    return LiveEngine(settings)


def _chores(host: Host, metrics: Metrics) -> tuple[Coroutine[Any, Any, None], ...]:
    sweeps = host.registry.sweep(), host.broadcasts.sweep(), host.rooms.sweep()
    return *sweeps, _sample(metrics), _warm(host)


async def _sample(metrics: Metrics) -> None:
    while True:
        await asyncio.sleep(1)
        metrics.sample()


async def _warm(host: Host) -> None:
    """Compile and load before the first visitor comes; /healthz says what is missing."""
    try:
        found = await host.work(host.store.list)
        with suppress(BonafaceError):
            host.missing.extend(await host.work(signing.warnings, datetime.now(UTC)))
        with suppress(BonafaceError):
            if found:
                first = await host.work(
                    host.store.open, found[0].id, (512, 512), found[0].purposes[0]
                )
                missing = await host.work(host.engine.warm, *first)
                host.missing.extend(str(one) for one in missing)
    except Exception:
        LOG.exception("warming up failed")
    finally:
        _settle()
        del host.troubles["warm"]


def _settle() -> None:
    """Take what was loaded out of the sight of the collector, which would stop all faces for it."""
    gc.collect()
    gc.freeze()
