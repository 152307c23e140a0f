"""Everything one running server owns. Routes get at it through `Here`."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, ParamSpec, TypeVar

from fastapi import Depends, Request

from bonaface.server.broadcasts import Broadcasts
from bonaface.server.checks import Checks
from bonaface.server.enrolled import References
from bonaface.server.ice import IceEntry, open_ice
from bonaface.server.likenesses import LikenessStore
from bonaface.server.live import Engine
from bonaface.server.rates import Buckets
from bonaface.server.readers import MarkReader
from bonaface.server.recordings import RecordingStore
from bonaface.server.registry import Registry
from bonaface.server.rooms import Rooms
from bonaface.server.settings import ServerSettings
from bonaface.server.tickets import TicketOffice
from bonaface.server.tokens import TokenBook
from bonaface.server.uploads import Decoder

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Host:
    """One running server. `boot` is another after each start, so that pages can tell."""

    settings: ServerSettings
    tokens: TokenBook
    tickets: TicketOffice
    store: LikenessStore
    decoder: Decoder
    reader: MarkReader
    engine: Engine
    registry: Registry
    broadcasts: Broadcasts
    recordings: RecordingStore
    checks: Checks
    references: References
    rooms: Rooms
    bench: ThreadPoolExecutor  # the one thread on which likenesses are made and opened
    boot: str = field(default_factory=lambda: secrets.token_hex(8))
    failures: Buckets = field(default_factory=lambda: Buckets(steady=0.2, burst=10))  # wrong tokens
    troubles: dict[str, str] = field(default_factory=dict)  # why it is not ready, by part
    missing: list[str] = field(default_factory=list)  # what it does without

    async def work(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run what takes a while on the bench."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.bench, lambda: call(*args, **kwargs))

    def ice(self) -> list[IceEntry]:
        """STUN and TURN servers, with credentials that hold now."""
        return [open_ice(one, datetime.now(UTC)) for one in self.settings.ice]


def _here(request: Request) -> Host:
    host: Host = request.app.state.host
    return host


Here = Annotated[Host, Depends(_here)]
