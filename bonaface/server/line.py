"""One peer and its session: what the data channel says is done, what happens is told on it."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, get_args

from bonaface.core import Picture, Sound
from bonaface.errors import BonafaceError, RequestRefused
from bonaface.marks.receipts.notary import Notary
from bonaface.media.webrtc.peer import LONGEST_MESSAGE, Peer
from bonaface.server.live import Background, Drive, Listener, LiveSession
from bonaface.server.rates import Buckets
from bonaface.stream.events import Notice, Receipted, to_json

STEADY, BURST = 20.0, 60.0  # messages a second on one channel
WORDS: Final = {"say": "text", "ask": "text", "drive": "mode", "background": "kind"}
_MODES, _KINDS = frozenset(get_args(Drive)), frozenset(get_args(Background))


@dataclass(frozen=True, slots=True)
class _Asked:
    """One message of the data channel."""

    kind: str
    value: str  # of the field that WORDS names
    own_voice: bool | None = None  # of a drive; None: as it was


class Ear:
    """Takes what a peer sends: an Inlet of media/webrtc."""

    def __init__(
        self,
        session: LiveSession,
        listener: Listener,
        reply: Callable[[dict[str, Any]], None],
        *,
        echoes: bool = False,
    ) -> None:
        self._session, self._listener, self._reply = session, listener, reply
        self._echoes = echoes  # nobody took the face's own voice out of the microphone
        self._room = Buckets(STEADY, BURST)

    def hear(self, sound: Sound) -> None:
        """Pass on microphone sound."""
        self._session.hear(sound, echoes=self._echoes)

    def see(self, picture: Picture) -> None:
        """Pass on a camera picture."""
        self._session.see(picture)

    def read(self, message: str) -> None:
        """Do what a message asks; what makes no sense is answered with a notice."""
        if self._room.take("channel"):
            return
        try:
            self._do(_parse(message))
        except BonafaceError as error:
            self._reply(to_json(Notice("warning", "refused", str(error))))

    def _do(self, asked: _Asked) -> None:
        kind, value = asked.kind, asked.value
        if kind == "say":
            self._listener.say(value)
        elif kind == "ask":
            self._listener.ask(value)
        elif kind == "interrupt":
            self._listener.interrupt()
        elif kind == "hello":
            self._reply(to_json(self._listener.state()))
        elif kind == "drive" and value in _MODES:
            self._listener.drive(value, own_voice=asked.own_voice)  # type: ignore[arg-type]
        elif kind == "background" and value in _KINDS:
            self._listener.background(value)  # type: ignore[arg-type]
        else:
            raise RequestRefused(
                422, f"This cannot be done: {kind[:40]} {value[:40]}".strip() + "."
            )


def _parse(message: str) -> _Asked:
    """Read one message of the data channel. Raises RequestRefused."""
    if len(message) > LONGEST_MESSAGE:
        raise RequestRefused(413, "A message on the data channel was too long.", "Send less.")
    try:
        whole = json.loads(message)
    except (ValueError, RecursionError):
        whole = None
    kind = whole.get("type") if isinstance(whole, dict) else None
    value = whole.get(WORDS.get(kind, ""), "") if isinstance(kind, str) else None
    own_voice = whole.get("own_voice") if isinstance(whole, dict) else None
    if not isinstance(value, str) or not isinstance(own_voice, bool | None):
        raise RequestRefused(422, "A message on the data channel made no sense.")
    return _Asked(str(kind), value, own_voice)


class Line:
    """A peer in its session.

    Receipts are told on its data channel, where it opens one; the other events when it `talks`.
    """

    def __init__(self, session: LiveSession, notary: Notary, *, talks: bool) -> None:
        self._session, self._notary, self._talks = session, notary, talks
        self._over = asyncio.Event()
        self._peer: Peer | None = None

    def hang(self, peer: Peer) -> None:
        """Take the peer, which needed `reply` and `note` of this line first."""
        self._peer = peer

    def reply(self, event: dict[str, Any]) -> None:
        """Tell the peer one thing."""
        if self._peer is not None:
            self._peer.send(json.dumps(event))

    def note(self, state: str) -> None:
        """Hear of each new state of the peer: once connected it watches the session."""
        if state == "connected":
            self._session.add(self._own())
        elif state == "closed":
            self._over.set()

    async def answer(self, offer: str) -> str:
        """Answer an offer. Raises UnreadableMedia."""
        return await self._own().answer(offer)

    async def patch(self, fragment: str) -> str | None:
        """Take trickled candidates, or restart ICE. Raises UnreadableMedia."""
        return await self._own().add_candidates(fragment)

    @property
    def skipped(self) -> int:
        """Camera pictures that were not decoded, or not passed on."""
        return self._own().figures.pictures_skipped

    @property
    def ice_tag(self) -> str:
        """Names the ICE session of the moment."""
        return self._own().ice_tag

    async def closed(self) -> None:
        """Tell events until the peer is gone."""
        telling = asyncio.create_task(self._tell())
        try:
            await self._over.wait()
        finally:
            self._session.remove(self._own())
            telling.cancel()

    async def close(self) -> None:
        """Hang up."""
        self._over.set()
        await self._own().close()

    def _own(self) -> Peer:
        assert self._peer is not None  # noqa: S101 the show hangs one up at once
        return self._peer

    async def _tell(self) -> None:
        await self._own().opened.wait()  # what stands by then is told, too
        for text in (*self._notary.statements, *self._notary.recent):
            self.reply(to_json(Receipted(text)))
        async for event in self._session.follow():
            if self._talks or isinstance(event, Receipted):
                self.reply(to_json(event))
