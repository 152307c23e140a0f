"""The sessions that run: begun, found, and ended when nobody wants them any more."""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

from bonaface.avatar.rig import Likeness
from bonaface.consent.policy import Permit
from bonaface.core import Picture
from bonaface.errors import RequestRefused
from bonaface.marks.archive.archive import note_session
from bonaface.server.admission import Admission, Load
from bonaface.server.live import Background, Drive, Engine, LivePeer, LiveSession, Role, Show, Wish
from bonaface.server.settings import Limits
from bonaface.server.tokens import Caller
from bonaface.stream.events import Interrupted, State
from bonaface.stream.figures import Figures

LOG = logging.getLogger("bonaface.server")
SWEEP = 1.0  # s between looks at what may end
CLOSING = 5.0  # s that a peer gets to say goodbye


@dataclass(slots=True)
class Resource:
    """One peer of a session, as HTTP knows it."""

    id: str
    role: Role
    peer: LivePeer

    @property
    def etag(self) -> str:
        """The entity tag of the ICE session (RFC 9725, section 4.3.1)."""
        return f'"{self.peer.ice_tag}"'


@dataclass(slots=True)
class Running:
    """A session, and what the server knows of it."""

    id: str
    owner: str  # the name of the token it was made with
    wish: Wish
    show: Show
    leave: Permit
    begun: float  # s, monotonic
    used: float  # last said, driven or changed
    seen: float  # last asked for, or last left by a connection
    links: int = 0  # connections: peers, followers, recordings
    peers: dict[str, Resource] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None
    state: State = field(default=State("idle", "text"))  # the newest
    interruptions: int = 0
    skipped_before: int = 0  # camera pictures of peers that left

    @property
    def skipped(self) -> int:
        """Camera pictures that were left out where they came in."""
        return self.skipped_before + sum(one.peer.skipped for one in self.peers.values())

    @property
    def session(self) -> LiveSession:
        """The live face itself."""
        return self.show.session

    @property
    def load(self) -> Load:
        """What it costs, and how it keeps up."""
        figures = self.session.figures
        missed = figures.late + figures.dropped
        return Load(self.wish.size, float(self.wish.rate), figures.pictures, missed)


class Registry:
    """Every session of this server. Its tasks live in `group`."""

    def __init__(
        self,
        engine: Engine,
        admission: Admission,
        limits: Limits,
        group: asyncio.TaskGroup,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.engine, self.admission = engine, admission
        self.over: list[Callable[[Running], None]] = []  # told of each session that ended
        self._limits, self._group, self._now = limits, group, now
        self._running: dict[str, Running] = {}

    def __iter__(self) -> Iterator[Running]:
        return iter(tuple(self._running.values()))

    def __len__(self) -> int:
        return len(self._running)

    async def begin(self, likeness: Likeness, leave: Permit, wish: Wish, owner: Caller) -> Running:
        """Start a session for which `admission` has made room; gives the room back if it fails.

        Its mark is in the log before anybody can watch: without an entry there is no session.
        """
        try:
            show = self.engine.open(likeness, leave, wish)
            _begin(show.session, wish)
            await _note(show.session, leave)
        except BaseException:
            self.admission.leave(wish.size, wish.rate)
            raise
        now = self._now()
        one = Running(secrets.token_urlsafe(16), owner.name, wish, show, leave, now, now, now)
        one.state = State("idle", wish.drive)
        self._running[one.id] = one
        one.task = self._group.create_task(self._run(one), name=f"session {one.id}")
        return one

    def find(self, session_id: str, caller: Caller | None = None) -> Running:
        """A running session; a caller finds their own, admin all. Raises RequestRefused (404)."""
        one = self._running.get(session_id)
        if one is None or (caller and caller.name != one.owner and not caller.may("admin")):
            raise _unknown()
        one.seen = self._now()
        return one

    def touch(self, one: Running) -> None:
        """Somebody does something with it."""
        one.used = self._now()

    @contextmanager
    def link(self, one: Running) -> Iterator[None]:
        """Count a connection: while there is one, the session stays."""
        one.links += 1
        try:
            yield
        finally:
            one.links -= 1
            one.seen = self._now()

    def change(self, one: Running, drive: Drive, *, own_voice: bool | None = None) -> None:
        """Let something else drive the face. Raises SpeechError for a mind it has not."""
        own = one.wish.own_voice if own_voice is None else own_voice
        one.session.drive(drive, own_voice=own)
        one.wish = replace(one.wish, drive=drive, own_voice=own)
        self.touch(one)

    def dress(self, one: Running, kind: Background, picture: Picture | None = None) -> None:
        """Put something else behind the person. Raises SettingsError for a picture not given."""
        one.session.place(kind, picture)
        one.wish = replace(one.wish, background=kind)
        self.touch(one)

    def say(self, one: Running, text: str) -> None:
        """Have a text said. Raises SpeechError, or RequestRefused (413) for too long a one."""
        self._bound(text)
        one.session.say(text)
        self.touch(one)

    def ask(self, one: Running, text: str) -> None:
        """Have the mind answer a text. Raises as `say`, and SpeechError without a mind."""
        self._bound(text)
        one.session.ask(text)
        self.touch(one)

    def _bound(self, text: str) -> None:
        if len(text) > self._limits.text:
            raise RequestRefused(
                413,
                f"{len(text)} characters are too many at once.",
                f"Send at most {self._limits.text} at a time.",
            )

    def interrupt(self, one: Running) -> None:
        """Stop what is being said."""
        one.session.interrupt()
        self.touch(one)

    async def end(self, one: Running) -> None:
        """End a session, and wait until it is over."""
        one.session.end()
        if one.task is not None:
            await asyncio.wait([one.task])

    async def hold(self, one: Running, resource: Resource) -> None:
        """Keep a peer in its session until either is over."""
        try:
            with self.link(one):
                await resource.peer.closed()
        finally:
            if one.peers.pop(resource.id, None):
                one.skipped_before += resource.peer.skipped
            await _hang_up(resource)

    def watch(self, one: Running, resource: Resource) -> None:
        """Begin to `hold` a peer. Raises RequestRefused (404) if the session ended meanwhile."""
        if one.id not in self._running:
            self._group.create_task(_hang_up(resource))
            raise _unknown()
        one.peers[resource.id] = resource
        self._group.create_task(_quietly(self.hold(one, resource)), name=f"peer {resource.id}")

    async def sweep(self) -> None:
        """For ever: measure, and end what nobody wants."""
        while True:
            await asyncio.sleep(SWEEP)
            self.look()

    def look(self) -> None:
        """Measure once, and end what is over its time."""
        self.admission.observe([one.load for one in self])
        for one in self:
            if why := self._outlived(one):
                LOG.info("session %s ends: %s", one.id, why)
                one.session.end()

    def figures(self) -> list[Figures]:
        """The figures of all that run."""
        return [one.session.figures for one in self]

    async def close(self) -> None:
        """End them all."""
        await asyncio.gather(*(self.end(one) for one in self))

    def _outlived(self, one: Running) -> str:
        now, limits = self._now(), self._limits
        if not one.links and now - one.seen > limits.linger:
            return "nobody is connected"
        if now - one.begun > limits.longest:
            return "it ran as long as one may"
        talking = one.wish.drive in {"voice", "face"} and one.links
        if not talking and now - one.used > limits.idle:
            return "nothing happens in it"
        return ""

    async def _run(self, one: Running) -> None:
        listening = self._group.create_task(_listen(one))
        attesting = self._group.create_task(_attest(one))
        try:
            await one.session.run()
        except Exception:
            LOG.exception("session %s broke", one.id)
        finally:
            listening.cancel()
            attesting.cancel()
            self._running.pop(one.id, None)
            self.admission.leave(one.wish.size, one.wish.rate)
            for told in self.over:
                told(one)
            for resource in tuple(one.peers.values()):
                await _hang_up(resource)


def _unknown() -> RequestRefused:
    remedy = "It ended, or the server restarted; begin another."
    return RequestRefused(404, "There is no session of that id.", remedy, "unknown")


def _begin(session: LiveSession, wish: Wish) -> None:
    """Tell a new session what was asked of it. A picture can only be sent later."""
    if wish.background not in {"own", "picture"}:
        session.place(wish.background)
    session.drive(wish.drive, own_voice=wish.own_voice)


async def _note(session: LiveSession, leave: Permit) -> None:
    """Write its mark into the log; lets go of the session if that fails. Raises KeysError."""
    try:
        await asyncio.to_thread(note_session, session.mark_id, leave)
    except BaseException:
        session.end()
        await session.run()
        raise


async def _listen(one: Running) -> None:
    """Keep in mind what a session does."""
    async for event in one.session.follow():
        if isinstance(event, State):
            one.state = event
        elif isinstance(event, Interrupted):
            one.interruptions += 1


async def _attest(one: Running) -> None:
    """Sign for what is sent; without receipts the call goes on, and no seal is green."""
    try:
        await one.show.attest()
    except Exception:
        LOG.exception("session %s signs no receipts", one.id)


async def _hang_up(resource: Resource) -> None:
    """Let a peer say goodbye, if it does so soon."""
    with suppress(Exception):
        async with asyncio.timeout(CLOSING):
            await resource.peer.close()


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    """Run what may break without taking the others with it."""
    try:
        await work
    except Exception:
        LOG.exception("a peer broke")
