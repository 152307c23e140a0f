"""The real engine: sessions of stream/, peers of media/webrtc, minds of mind/."""

from collections.abc import Callable, Iterator
from functools import partial

from bonaface.avatar.rig import Likeness
from bonaface.consent.policy import Permit
from bonaface.core import SECOND, Clock
from bonaface.errors import BonafaceError, ConsentError
from bonaface.marks.label.wording import word
from bonaface.marks.receipts.notary import Notary
from bonaface.media.webrtc.feeds import Feeds
from bonaface.media.webrtc.peer import Peer
from bonaface.mind.chat import Chat
from bonaface.mind.mind import Mind
from bonaface.mind.scenario import Scenario
from bonaface.mind.script import open_script, shipped
from bonaface.server.ice import IceEntry, to_servers
from bonaface.server.line import Ear, Line
from bonaface.server.live import Listener, LivePeer, LiveSession, MindNote, Role, Wish
from bonaface.server.settings import ServerSettings
from bonaface.stream.clock import SessionClock
from bonaface.stream.events import Receipted
from bonaface.stream.performer import Cast
from bonaface.stream.session import Session
from bonaface.stream.warm import warm_up
from bonaface.stream.workers import Workers

CHAT = "chat"  # the name of the endpoint among the minds


class LiveShow:
    """A session, its clock, and what its peers share."""

    def __init__(self, session: LiveSession, clock: Clock, leave: Permit) -> None:
        self.session, self.clock = session, clock
        self.notary = Notary(leave, session.mark_id)
        self._feeds = Feeds(self.notary)

    async def attest(self) -> None:
        """Sign for what was sent, once a second, until the consent ends. Raises KeysError."""
        while True:
            await self.clock.reach(self.clock.now() + SECOND)
            if not self._feeds.watched:
                self.notary.rest()
                continue
            try:
                written = self.notary.write(self.clock.now())
            except ConsentError:  # the session says so itself, and shows nothing more
                return
            for text in written:
                self.session.tell(Receipted(text))

    def open_peer(self, role: Role, ice: list[IceEntry], listener: Listener) -> LivePeer:
        """Make a peer: "page" goes both ways and talks, "whip" only sends, "whep" only watches."""
        line = Line(self.session, self.notary, talks=role == "page")
        ear = Ear(self.session, listener, line.reply, echoes=role == "whip")
        peer = Peer(
            self.clock,
            to_servers(ice),
            ear if role != "whep" else None,
            watch=role != "whip",
            feeds=self._feeds,
            tell=line.note,
        )
        line.hang(peer)
        return line


class LiveEngine:
    """Makes sessions that share this process's threads. Raises ScenarioInvalid."""

    def __init__(self, settings: ServerSettings) -> None:
        self._minds = dict(_find_minds(settings))
        self._rule = settings.label
        self._workers = Workers()

    def open(self, likeness: Likeness, leave: Permit, wish: Wish) -> LiveShow:
        """Make a session. Raises BonafaceError."""
        clock = SessionClock()
        words = word(wish.language, self._rule)
        cast = Cast(likeness, leave, wish.voice, wish.manner, rate=wish.pace, words=words)
        mind = self._minds[wish.mind][1]() if wish.mind else None
        return LiveShow(Session(cast, clock, self._workers, mind), clock, leave)

    def warm(self, likeness: Likeness, leave: Permit) -> tuple[BonafaceError, ...]:
        """Run every stage once; answers which models are missing."""
        return warm_up(Cast(likeness, leave))

    def minds(self) -> tuple[MindNote, ...]:
        """The minds that can be chosen."""
        return tuple(MindNote(name, about) for name, (about, _) in self._minds.items())

    def close(self) -> None:
        """Let the threads end."""
        for worker in self._workers:
            worker.close()


def _find_minds(settings: ServerSettings) -> Iterator[tuple[str, tuple[str, Callable[[], Mind]]]]:
    """Each mind's name, what it is, and how one is made: one for each conversation."""
    place = settings.scenarios
    own = sorted(place.glob("*.yaml")) if place and place.is_dir() else [place] if place else []
    named = [(name, open_script(name)) for name in shipped()]
    for name, script in [*named, *((path.stem, open_script(path)) for path in own)]:
        yield name, (script.about, partial(Scenario, script))
    if settings.mind is not None:
        about = f"A language model: {settings.mind.model}"
        yield CHAT, (about, partial(Chat, settings.mind))
