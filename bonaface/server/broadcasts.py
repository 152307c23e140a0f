"""What sessions broadcast: HLS, a recording, RTMP, a virtual camera; begun, watched over, ended."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias

from bonaface.errors import RequestRefused
from bonaface.marks.credentials.manifest import Statement
from bonaface.marks.reading_key import SOUND_ID_BITS, sound_id, write_id
from bonaface.media.broadcast.broadcast import OVER, Broadcast, Report, State, Tell
from bonaface.media.broadcast.hls import Hls
from bonaface.media.broadcast.playlist import File
from bonaface.server.registry import Registry, Running
from bonaface.stream.events import Notice

Kind: TypeAlias = Literal["hls", "recording", "rtmp", "camera"]
UNWATCHED: Final = 60.0  # s without a request, after which HLS stops; it stays as long at the end
FIRST_WAIT: Final = 10.0  # s that a player waits for the first segment
FINISH: Final = 60.0  # s that a recording gets to be signed when the server stops
GOODBYE: Final = 2.0  # s that the others get
SWEEP: Final = 5.0  # s
Make: TypeAlias = Callable[[Tell], Broadcast]
Level: TypeAlias = Literal["info", "warning", "error"]
LEVELS: Final[dict[State, Literal["info", "warning", "error"]]] = {
    "failed": "error",
    "lost": "warning",
}
NAMES: Final = {"recording": "The recording", "rtmp": "The stream", "camera": "The virtual camera"}
TOLD: Final = {"live": "runs.", "lost": "was lost.", "ended": "has ended.", "failed": "failed."}


@dataclass(slots=True)
class Going:
    """One broadcast of one session."""

    session: str
    owner: str
    kind: Kind
    made: Broadcast
    name: str = ""  # which recording it is
    used: float = field(default_factory=time.monotonic)  # when it was last asked for
    stays: bool = False  # for those who have not seen the end
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Broadcasts:
    """All of them, at most one of a kind for each session. For the event loop."""

    def __init__(self, registry: Registry, group: asyncio.TaskGroup) -> None:
        self._registry, self._group = registry, group
        self._going: dict[tuple[str, Kind], Going] = {}
        registry.over.append(self._let_go)

    def __iter__(self) -> Iterator[Going]:
        return iter(tuple(self._going.values()))

    def begin(self, one: Running, kind: Kind, make: Make, name: str = "") -> Going:
        """Begin one. Raises RequestRefused (409) when there is one of its kind."""
        if (one.id, kind) in self._going:
            wrong = f"{NAMES.get(kind, 'It')} runs already."
            raise RequestRefused(409, wrong, "End it first.", "conflict")
        loop = asyncio.get_running_loop()
        waiting: list[Going] = []

        def tell(report: Report) -> None:
            with suppress(RuntimeError):  # the loop is gone: nobody is left to tell
                loop.call_soon_threadsafe(self._note, one, waiting[0], report)

        going = Going(one.id, one.owner, kind, make(tell), name)
        waiting.append(going)
        self._going[one.id, kind] = going
        one.session.add(going.made)
        self._group.create_task(self._hold(one, going), name=f"{kind} of {one.id}")
        return going

    def find(self, session: str, kind: Kind) -> Going:
        """One that goes on. Raises RequestRefused (404)."""
        going = self._going.get((session, kind))
        if going is None:
            wrong = f"{NAMES.get(kind, 'It')} does not run."
            raise RequestRefused(404, wrong, "Begin it first.", "unknown")
        return going

    def by_name(self, name: str) -> Going | None:
        """The recording of an id, while it is made."""
        return next((one for one in self if one.name == name), None)

    def end(self, one: Running, kind: Kind) -> Going:
        """Let one come to its end, which takes a moment. Raises RequestRefused (404)."""
        going = self.find(one.id, kind)
        one.session.remove(going.made)
        going.made.end()
        return going

    def owner(self, session: str) -> str | None:
        """Who made a session that has HLS, or had it a moment ago."""
        going = self._going.get((session, "hls"))
        return going.owner if going else None

    async def fetch(self, session: str, name: str, query: str) -> File:
        """A file of a session's HLS, which begins when a playlist is first asked for.

        Raises RequestRefused: 404 for what is not there, 503 when nothing came yet.
        """
        hls = self._hls(session, begins=name.endswith(".m3u8"))
        await _wait(hls)
        if not hls.ready:
            raise RequestRefused(503, "There is nothing to play yet.", "Ask again.", "early", 2)
        found = hls.find(name, query)
        if found is None:
            raise RequestRefused(404, "There is no such part; it may be over.", "", "unknown")
        return found

    def _hls(self, session: str, *, begins: bool) -> Hls:
        going = self._going.get((session, "hls"))
        if going is None and begins:
            one = self._registry.find(session)
            going = self.begin(one, "hls", lambda tell: Hls(state(one), one.wish.pace, tell))
        if going is None or not isinstance(going.made, Hls):
            raise RequestRefused(404, "There is no such part.", "Begin with index.m3u8.", "unknown")
        going.used = time.monotonic()
        with suppress(RequestRefused):
            self._registry.find(session)  # somebody watches: the session stays
        return going.made

    async def sweep(self) -> None:
        """For ever: end HLS that nobody fetches."""
        while True:
            await asyncio.sleep(SWEEP)
            self.look()

    def look(self) -> None:
        """End HLS that nobody fetches, and forget what is long over."""
        for going in self:
            if going.kind == "hls" and time.monotonic() - going.used > UNWATCHED:
                going.made.end()
                if going.over.is_set():
                    self._going.pop((going.session, "hls"), None)

    async def close(self) -> None:
        """Finish them all, once their sessions are over: recordings are signed."""
        loop = asyncio.get_running_loop()
        ending = [going for going in self if going.made.report.state not in OVER]
        for going in ending:
            going.made.end()
            patience = FINISH if going.kind == "recording" else GOODBYE
            await loop.run_in_executor(None, going.made.wait, patience)
            going.over.set()

    async def _hold(self, one: Running, going: Going) -> None:
        """Keep the session while it goes on; HLS only keeps it while somebody fetches."""
        with nullcontext() if going.kind == "hls" else self._registry.link(one):
            await going.over.wait()
        one.session.remove(going.made)
        if not (going.kind == "hls" and going.stays):
            self._going.pop((one.id, going.kind), None)

    def _let_go(self, one: Running) -> None:
        """A session is over: so is what it broadcasts."""
        for going in self:
            if going.session == one.id:
                going.stays, going.used = True, time.monotonic()
                going.made.end()

    def _note(self, one: Running, going: Going, report: Report) -> None:
        """Hear how one is, on the event loop."""
        if going.kind != "hls" and report.state in TOLD:
            text = f"{NAMES[going.kind]} {TOLD[report.state]} {report.text}".strip()
            level = LEVELS.get(report.state, "info")
            one.session.tell(Notice(level, f"{going.kind}-{report.state}", text))
        if report.state in OVER:
            going.over.set()


def state(one: Running, portrait: bytes | None = None) -> Statement:
    """What the credentials of all that a session broadcasts say."""
    mark_id = one.session.mark_id
    return Statement(
        made_at=datetime.now(UTC),
        permit=one.leave,
        portrait=portrait,
        picture_mark=write_id(mark_id),
        sound_mark=write_id(sound_id(mark_id), SOUND_ID_BITS),
    )


async def _wait(hls: Hls) -> None:
    """Wait until there is something to play, or nothing will be."""
    until = time.monotonic() + FIRST_WAIT
    while not (hls.ready or hls.report.state in OVER):
        if time.monotonic() > until:
            return
        await asyncio.sleep(0.05)
