"""Rooms in which live callers are checked: opened by a host, entered with a key, ended by either.

A room stands beside a call that is held elsewhere. Nothing of it is stored: pictures and sound are
measured and dropped, and what was found goes with the room.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from random import SystemRandom
from typing import Final

from bonaface.errors import RequestRefused, UnreadableMedia
from bonaface.forensics.caller import CallerCheck
from bonaface.forensics.inspectors import open_inspectors
from bonaface.media.webrtc.call import IceServers
from bonaface.server.callers import Called
from bonaface.server.tokens import Caller
from bonaface.stream.clock import SessionClock

ROOMS: Final = 16  # at once
CALLERS: Final = 8  # in all rooms: two cores bear so many at rest
LONELY: Final = 900.0  # s that a room outlives the last question for it
LONGEST: Final = 14_400.0  # s
SWEEP: Final = 5.0  # s
THREADS: Final = 2
NAME: Final = 80  # characters


@dataclass(slots=True)
class Room:
    """One room, and who is in it."""

    id: str
    key: str = field(repr=False)  # lets callers in, and nothing else
    owner: str
    name: str
    begun: float
    seen: float  # last asked for
    callers: dict[str, Called] = field(default_factory=dict)
    limits: tuple[str, ...] = ()  # what its checks do without


class Rooms:
    """The rooms of one server."""

    def __init__(self, group: asyncio.TaskGroup, now: Callable[[], float] = time.monotonic) -> None:
        self._group, self._now = group, now
        self._rooms: dict[str, Room] = {}
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="callers")

    def open(self, owner: Caller, name: str) -> Room:
        """Open a room. Raises RequestRefused (503)."""
        if len(self._rooms) >= ROOMS:
            raise RequestRefused(503, "Too many rooms are open.", "Close one.", "full", 60)
        now = self._now()
        room = Room(
            secrets.token_urlsafe(12),
            secrets.token_urlsafe(24),
            owner.name,
            clean(name),
            now,
            now,
        )
        self._rooms[room.id] = room
        return room

    def find(self, room_id: str, caller: Caller) -> Room:
        """A room of the caller's own. Raises RequestRefused (404)."""
        room = self._rooms.get(room_id)
        if room is None or (caller.name != room.owner and not caller.may("admin")):
            raise _unknown()
        room.seen = self._now()
        return room

    def enter(self, room_id: str, key: str) -> Room:
        """A room, for who was invited. Raises RequestRefused (404): no key, no room."""
        room = self._rooms.get(room_id)
        if room is None or not secrets.compare_digest(room.key.encode(), key.encode()):
            raise _unknown()
        return room

    async def join(self, room: Room, name: str, offer: str, ice: IceServers) -> tuple[str, str]:
        """Let a caller in: an id and the answer to the offer. Raises RequestRefused (400, 503)."""
        if sum(len(one.callers) for one in self._rooms.values()) >= CALLERS:
            raise RequestRefused(503, "Too many callers are being checked.", "Wait.", "full", 30)
        caller_id, clock = secrets.token_urlsafe(16), SessionClock()
        loop = asyncio.get_running_loop()
        inspectors, room.limits = await loop.run_in_executor(self._threads, open_inspectors, "live")
        check = CallerCheck(inspectors, SystemRandom())
        called = Called(clean(name), check, clock, ice, self._threads)
        try:
            answer = await called.answer(offer)
        except UnreadableMedia as cause:
            await called.close()
            raise RequestRefused(400, str(cause.args[0]), cause.remedy, "invalid") from cause
        if room.id not in self._rooms:
            await called.close()
            raise _unknown()
        room.callers[caller_id] = called
        self._group.create_task(self._keep(room, caller_id, called), name="caller")
        return caller_id, answer

    async def _keep(self, room: Room, caller_id: str, called: Called) -> None:
        try:
            await called.run()
        finally:
            room.callers.pop(caller_id, None)
            with suppress(Exception):
                await called.close()

    async def end(self, room: Room) -> None:
        """Close a room: everybody is hung up, and nothing is kept."""
        self._rooms.pop(room.id, None)
        await asyncio.gather(*(one.close() for one in tuple(room.callers.values())))

    async def sweep(self) -> None:
        """For ever: close what nobody asks for, and what stood too long."""
        while True:
            await asyncio.sleep(SWEEP)
            await self.look()

    async def look(self) -> None:
        """Close once what is over its time."""
        now = self._now()
        for room in tuple(self._rooms.values()):
            if now - room.seen > LONELY or now - room.begun > LONGEST:
                await self.end(room)

    async def close(self) -> None:
        """Close all."""
        await asyncio.gather(*(self.end(one) for one in tuple(self._rooms.values())))
        self._threads.shutdown(wait=False, cancel_futures=True)


def find_caller(room: Room, caller_id: str) -> Called:
    """Somebody in a room. Raises RequestRefused (404)."""
    called = room.callers.get(caller_id)
    if called is None:
        raise RequestRefused(404, "This caller has left.", "Send the invitation again.", "unknown")
    return called


def clean(name: str) -> str:
    """A name as it can be shown: one line, of bearable length."""
    plain = "".join(letter if letter.isprintable() else " " for letter in name)
    return " ".join(plain.split())[:NAME]


def _unknown() -> RequestRefused:
    remedy = "It was closed, or the server restarted; ask for another invitation."
    return RequestRefused(404, "There is no room of that address.", remedy, "unknown")
