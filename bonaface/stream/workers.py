"""Threads that own stages. A stage is used by one thread only, so it needs no locks."""

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, ParamSpec, Self, TypeAlias, TypeVar

from bonaface.core import Stage, Time

P = ParamSpec("P")
T = TypeVar("T")
In = TypeVar("In")
Out = TypeVar("Out")
Kind: TypeAlias = Literal["vision", "sight", "ears", "recogniser", "voice", "mind"]


class Worker:
    """One thread. `run` waits for its answer without holding up the event loop.

    With `inline` the caller's own thread does the work at once: for tests in manual time.
    """

    def __init__(self, name: str, *, inline: bool = False) -> None:
        self.name = name
        self.busy: Time = 0  # ns of its life so far
        self.users = 0
        self._thread = None if inline else ThreadPoolExecutor(1, thread_name_prefix=name)

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Answer what `call` answers, or raise what it raises."""
        if self._thread is None:
            return self._time(call, *args, **kwargs)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: self._time(call, *args, **kwargs))

    async def push(self, stage: Stage[In, Out], *items: In) -> list[Out]:
        """Push items into a stage that this thread owns, all in one go."""
        return await self.run(lambda: [made for item in items for made in stage.push(item)])

    async def flush(self, stage: Stage[In, Out]) -> list[Out]:
        """Flush a stage that this thread owns."""
        return await self.run(lambda: list(stage.flush()))

    def _time(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        begun = time.monotonic_ns()
        try:
            return call(*args, **kwargs)
        finally:
            self.busy += time.monotonic_ns() - begun

    def close(self) -> None:
        """Let the thread end once it has done what it was given."""
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class Crew:
    """The workers of one session, in the order of their kinds."""

    vision: Worker  # draws
    sight: Worker  # looks at the camera
    ears: Worker
    recogniser: Worker
    voice: Worker
    mind: Worker

    def dismiss(self) -> None:
        """The session needs them no more."""
        for name in self.__slots__:
            getattr(self, name).users -= 1


class Workers:
    """The threads of one process, shared by its sessions.

    As many for drawing and for looking as there are cores, since both leave the interpreter free;
    one that only listens, so that nothing slow stands before an interruption; one each for voices
    and for the recogniser; some for minds, which mostly wait for a network.
    """

    def __init__(self, cores: int | None = None, *, inline: bool = False) -> None:
        cores = cores or os.cpu_count() or 1
        counts: dict[Kind, int] = {
            "vision": cores,
            "sight": cores,
            "ears": 1,
            "recogniser": 1,
            "voice": 1,
            "mind": 8,
        }
        self._all: dict[Kind, tuple[Worker, ...]] = {
            kind: tuple(Worker(f"{kind}-{i}", inline=inline) for i in range(count))
            for kind, count in counts.items()
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        for worker in self:
            worker.close()

    def __iter__(self) -> Iterator[Worker]:
        return iter([worker for group in self._all.values() for worker in group])

    def hire(self) -> Crew:
        """Answer a worker of each kind: those who have the fewest users."""
        return Crew(*(self._find(kind) for kind in self._all))

    def _find(self, kind: Kind) -> Worker:
        worker = min(self._all[kind], key=lambda one: one.users)
        worker.users += 1
        return worker
