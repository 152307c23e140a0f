"""What happens in a session, as server-sent events (WHATWG HTML, section 9.2)."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from bonaface.errors import RequestRefused
from bonaface.server.access import Watched
from bonaface.server.host import Here, Host
from bonaface.server.problems import refusals
from bonaface.server.registry import Running
from bonaface.stream.events import to_json

router = APIRouter(prefix="/api/sessions", tags=["sessions"])
PULSE = 10.0  # s of silence after which a comment shows that the line stands
AGAIN = 1000  # ms after which a browser connects again


@router.get(
    "/{session_id}/events",
    summary="Follow one",
    response_class=StreamingResponse,
    responses=refusals(404, 503) | {200: {"content": {"text/event-stream": {}}}},
)
async def follow(host: Here, one: Watched) -> StreamingResponse:
    """Everything from now on, as on the data channel: caption, state, interrupted, notice, figures.

    The first event is `hello` with the server's boot id, then the state as it is.
    """
    if one.links >= host.settings.limits.peers + host.settings.limits.followers:
        raise RequestRefused(503, "Too many follow this session.", "Try later.", "followers", 10)
    headers = {"X-Accel-Buffering": "no"}  # proxies: pass on at once
    return StreamingResponse(tell(host, one), media_type="text/event-stream", headers=headers)


async def tell(host: Host, one: Running, pulse: float = PULSE) -> AsyncIterator[str]:
    """Write events until the session is over or the reader is gone."""
    with host.registry.link(one):
        yield f"retry: {AGAIN}\n\n" + _event({"type": "hello", "boot": host.boot, "id": one.id})
        yield _event(to_json(one.state))
        async with aclosing(_with_pulse(one, pulse)) as texts:
            async for text in texts:
                yield text


async def _with_pulse(one: Running, pulse: float) -> AsyncGenerator[str, None]:
    """Events as they come, and a comment whenever none came for `pulse` seconds."""
    events = aiter(one.session.follow())
    waiting: asyncio.Task[Any] | None = None
    try:
        while True:
            waiting = waiting or asyncio.ensure_future(anext(events, None))
            done, _ = await asyncio.wait([waiting], timeout=pulse)
            if not done:
                yield ": still here\n\n"
                continue
            event, waiting = waiting.result(), None
            if event is None:
                return
            yield _event(to_json(event))
    finally:
        if waiting is not None:
            waiting.cancel()


def _event(event: dict[str, Any]) -> str:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"
