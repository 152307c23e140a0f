"""What the server needs of live sessions and of their peers: the seams to stream/ and media/.

`Engine` makes both; engine.py holds the real one, tests bring their own.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, Protocol, TypeAlias

from bonaface.avatar.rig import Likeness
from bonaface.consent.policy import Permit
from bonaface.core import Clock, Picture, Sound
from bonaface.errors import BonafaceError
from bonaface.marks.receipts.notary import Notary
from bonaface.server.ice import IceEntry
from bonaface.stream.events import Event, State
from bonaface.stream.figures import Figures
from bonaface.stream.session import Exit

Drive: TypeAlias = Literal["text", "voice", "face", "mind"]
Background: TypeAlias = Literal["own", "blur", "none", "picture", "camera"]
Role: TypeAlias = Literal["page", "whip", "whep"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asked a session to be."""

    likeness: str  # its id
    purpose: str | None = None
    voice: str = "default"
    manner: str = "warm"
    size: tuple[int, int] = (512, 512)  # width, height px
    rate: int = 25  # pictures a second
    drive: Drive = "text"
    mind: str | None = None
    background: Background = "own"
    own_voice: bool = True  # driven by voice or face: the call hears the microphone itself
    language: str = "en"  # of the label, BCP 47

    @property
    def pace(self) -> Fraction:
        """Pictures a second, exactly."""
        return Fraction(self.rate)


class LiveSession(Protocol):
    """One live face: `bonaface.stream.session.Session`."""

    @property
    def figures(self) -> Figures: ...
    @property
    def mark_id(self) -> int: ...
    async def run(self) -> None: ...
    def end(self) -> None: ...
    def hear(self, sound: Sound, *, echoes: bool = False) -> None: ...
    def see(self, picture: Picture) -> None: ...
    def say(self, text: str) -> None: ...
    def ask(self, text: str) -> None: ...
    def interrupt(self) -> None: ...
    def drive(self, mode: Drive, *, own_voice: bool = True) -> None: ...
    def place(self, kind: Background, picture: Picture | None = None) -> None: ...
    def add(self, exit_: Exit) -> None: ...
    def remove(self, exit_: Exit) -> None: ...
    def follow(self) -> AsyncIterator[Event]: ...
    def tell(self, event: Event) -> None: ...


class LivePeer(Protocol):
    """One WebRTC connection of a session."""

    async def answer(self, offer: str) -> str:
        """Give the SDP answer to an SDP offer. Raises UnreadableMedia."""
        ...

    async def patch(self, fragment: str) -> str | None:
        """Take trickled candidates (RFC 8840): None. Or restart ICE: the fragment to answer with.

        Raises UnreadableMedia for what makes no sense.
        """
        ...

    @property
    def ice_tag(self) -> str:
        """Names the ICE session of the moment."""
        ...

    @property
    def skipped(self) -> int:
        """Camera pictures that were not decoded, or not passed on."""
        ...

    async def closed(self) -> None:
        """Serve the connection until it is over, whoever ended it."""
        ...

    async def close(self) -> None:
        """End it; again is no error."""
        ...


class Listener(Protocol):
    """What a peer's data channel may do to its session."""

    def say(self, text: str) -> None: ...
    def ask(self, text: str) -> None: ...
    def interrupt(self) -> None: ...
    def drive(self, mode: Drive, *, own_voice: bool | None = None) -> None: ...
    def background(self, kind: Background) -> None: ...
    def state(self) -> State: ...


class Show(Protocol):
    """A session, its clock, and those who watch it."""

    @property
    def session(self) -> LiveSession: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def notary(self) -> Notary: ...

    async def attest(self) -> None:
        """Sign for what is sent, until the consent ends."""
        ...

    def open_peer(self, role: Role, ice: list[IceEntry], listener: Listener) -> LivePeer:
        """Make a peer that has not answered yet."""
        ...


@dataclass(frozen=True, slots=True)
class MindNote:
    """A mind that can be chosen."""

    name: str
    about: str


class Engine(Protocol):
    """Makes sessions."""

    def open(self, likeness: Likeness, leave: Permit, wish: Wish) -> Show:
        """Make a session that is not running yet. Raises BonafaceError."""
        ...

    def warm(self, likeness: Likeness, leave: Permit) -> tuple[BonafaceError, ...]:
        """Do once what takes long only once; answers what is missing. Takes seconds."""
        ...

    def minds(self) -> tuple[MindNote, ...]:
        """The minds that can be chosen."""
        ...

    def close(self) -> None:
        """Let threads go."""
        ...
