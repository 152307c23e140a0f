"""The real engine: sessions of stream/, peers of media/webrtc, minds of mind/."""

from bonaface.avatar.rig import Likeness
from bonaface.consent.policy import Permit
from bonaface.core import Clock
from bonaface.errors import BonafaceError
from bonaface.media.webrtc.call import IceServer
from bonaface.media.webrtc.feeds import Feeds
from bonaface.media.webrtc.peer import Peer
from bonaface.server.ice import IceEntry
from bonaface.server.line import Ear, Line
from bonaface.server.live import Background, Listener, LivePeer, LiveSession, MindNote, Role, Wish
from bonaface.server.settings import ServerSettings
from bonaface.stream.clock import SessionClock
from bonaface.stream.performer import Cast
from bonaface.stream.session import Session
from bonaface.stream.warm import warm_up
from bonaface.stream.workers import Workers


class LiveShow:
    """A session, its clock, and what its peers share."""

    def __init__(self, session: LiveSession, clock: Clock) -> None:
        self.session, self.clock = session, clock
        self._feeds = Feeds()

    def open_peer(self, role: Role, ice: list[IceEntry], listener: Listener) -> LivePeer:
        """Make a peer: "page" goes both ways and talks, "whip" only sends, "whep" only watches."""
        line = Line(self.session, talks=role == "page")
        ear = Ear(self.session, listener, line.reply) if role != "whep" else None
        peer = Peer(
            self.clock,
            tuple(_servers(ice)),
            ear,
            watch=role != "whip",
            feeds=self._feeds,
            tell=line.note,
        )
        line.hang(peer)
        return line

    def set_background(self, kind: Background) -> None:
        """Change what is behind the person."""


class LiveEngine:
    """Makes sessions that share this process's threads."""

    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings
        self._workers = Workers()

    def open(self, likeness: Likeness, leave: Permit, wish: Wish) -> LiveShow:
        """Make a session. Raises BonafaceError."""
        clock = SessionClock()
        cast = Cast(likeness, leave, wish.voice, wish.manner, rate=wish.pace)
        return LiveShow(Session(cast, clock, self._workers), clock)

    def warm(self, likeness: Likeness, leave: Permit) -> tuple[BonafaceError, ...]:
        """Run every stage once; answers which models are missing."""
        return warm_up(Cast(likeness, leave))

    def minds(self) -> tuple[MindNote, ...]:
        """The minds that can be chosen."""
        return ()

    def close(self) -> None:
        """Let the threads end."""
        for worker in self._workers:
            worker.close()


def _servers(entries: list[IceEntry]) -> list[IceServer]:
    return [
        IceServer(url, entry.get("username"), entry.get("credential"))
        for entry in entries
        for url in entry["urls"]
    ]
