"""The asyncio shell around stages: the only code that knows both queues and threads."""

from collections.abc import AsyncIterable, AsyncIterator
from typing import TypeVar

from bonaface.core import Stage
from bonaface.stream.lane import Lane
from bonaface.stream.workers import Worker

In = TypeVar("In")
Out = TypeVar("Out")


async def feed(source: AsyncIterable[In], *lanes: Lane[In]) -> None:
    """Copy `source` into every lane, and close them when it ends."""
    try:
        async for item in source:
            for lane in lanes:
                await lane.put(item)
    finally:
        for lane in lanes:
            lane.close()


async def through(
    stage: Stage[In, Out], source: AsyncIterable[In], worker: Worker
) -> AsyncIterator[Out]:
    """Run `source` through `stage` on its worker thread, one item in flight."""
    async for item in source:
        for result in await worker.push(stage, item):
            yield result
    for result in await worker.flush(stage):
        yield result
