"""One peer of a session: a browser, a broadcaster (WHIP) or a viewer (WHEP)."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from aiortc import RTCDataChannel
from aiortc.mediastreams import MediaStreamTrack

from bonaface.core import SECOND, Clock
from bonaface.errors import UnreadableMedia
from bonaface.marks.marked import MarkedPicture, MarkedSound, require_marked
from bonaface.media.webrtc.call import Call, Ends, IceServers
from bonaface.media.webrtc.codecs import Encoded
from bonaface.media.webrtc.feeds import Feeds
from bonaface.media.webrtc.figures import PeerFigures, State
from bonaface.media.webrtc.inward import Inlet, Intake
from bonaface.media.webrtc.outward import Outlet, Wall
from bonaface.media.webrtc.rate import OVERHEAD, SOUND_BITS, Adaptation
from bonaface.media.webrtc.reception import PictureBuffer
from bonaface.media.webrtc.viewing import Viewing

CHANNEL = "bonaface"  # the data channel's label
PATIENCE = 15 * SECOND  # for a peer that never connects
LONGEST_MESSAGE = 65_536  # characters
MOST_BUFFERED = 1_000_000  # bytes of messages that a peer has not read


class Peer:
    """One peer connection; an Exit of the session where `watch`.

    `inlet` takes what the peer sends (None: nothing is accepted). Peers of one session share its
    `feeds`, and so its encoders. `tell` hears each new state. All methods are for the event loop.
    """

    def __init__(
        self,
        clock: Clock,
        ice: IceServers,
        inlet: Inlet | None,
        *,
        watch: bool = True,
        feeds: Feeds | None = None,
        tell: Callable[[State], None] | None = None,
    ) -> None:
        self.state: State = "new"
        self._clock, self._inlet, self._tell = clock, inlet, tell
        self._feeds = feeds or Feeds()
        self._wall = Wall(clock)
        self._intake = Intake(clock, inlet) if inlet else None
        self._outlets = {kind: Outlet(kind) for kind in ("audio", "video")}
        self._watch = watch
        self._viewing: Viewing | None = None
        self._adaptation = Adaptation()
        self._channel: RTCDataChannel | None = None
        self.opened = asyncio.Event()  # the data channel: messages can be sent
        self._messages_dropped = self._bits = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._ice = ice
        self._call: Call | None = None

    # The session's Exit

    def show(self, picture: MarkedPicture) -> None:
        """Send a picture now, or drop it when the last is still being encoded."""
        require_marked(picture)
        if self._viewing is not None:
            self._viewing.show(picture)

    def hear(self, sound: MarkedSound) -> None:
        """Send a run of sound now."""
        require_marked(sound)
        if self.state == "connected" and self._watch:
            self._feeds.sound.hear(sound)

    # Signalling

    async def answer(self, offer_sdp: str) -> str:
        """Answer an SDP offer: the first, a changed one, or one that restarts ICE.

        Raises UnreadableMedia with a sentence about what is wrong with it.
        """
        if self.state == "closed":
            raise UnreadableMedia("This peer has left.", "Open a new connection.")
        if self._call is None:
            ends = Ends(self._take, self._open, self._note_state, self._ask_key)
            outlets = self._outlets if self._watch else {}
            self._call = Call(self._ice, outlets, takes=self._inlet is not None, ends=ends)
        try:
            answered = await self._call.answer(offer_sdp, self._clock, self._wall)
        except UnreadableMedia:
            if self.state == "new":
                await self.close()
            raise
        if self.state == "new":
            self._enter("connecting")
            self._spawn(self._give_up())
            self._spawn(self._watch_over())
        return answered

    async def add_candidates(self, fragment: str) -> str | None:
        """Take trickled candidates (RFC 8840): None is answered.

        A fragment with a new ufrag restarts ICE: the fragment to answer with. Raises
        UnreadableMedia for one that makes no sense.
        """
        if self._call is None or self.state == "closed":
            raise UnreadableMedia("There is no such connection.", "Send an offer first.")
        return await self._call.add_candidates(fragment)

    @property
    def ice_tag(self) -> str:
        """Names the ICE session of the moment, for an ETag (RFC 9725)."""
        return self._call.ice_tag if self._call is not None else ""

    # What happens in the call

    def _take(self, track: MediaStreamTrack, buffer: PictureBuffer | None) -> None:
        if self._intake is not None:
            self._spawn(self._intake.drain(track, buffer))

    def _open(self, channel: RTCDataChannel) -> None:
        if channel.label == CHANNEL:
            self._channel = channel
            self.opened.set()
            channel.on("message", self._read)

    def _read(self, message: str | bytes) -> None:
        if isinstance(message, str) and self._inlet is not None:
            self._messages_dropped += len(message) > LONGEST_MESSAGE
            self._inlet.read(message[: LONGEST_MESSAGE + 1])
        else:
            self._messages_dropped += 1

    def _note_state(self, now: str) -> None:
        if now == "lost":
            self._stop_sending()
            self._enter("lost")
        elif now in {"connected", "back"}:
            self._enter("connected")
            self._begin_sending()
        elif now == "closed" or (now == "failed" and not (self._call and self._call.alive)):
            self._spawn(self.close())

    def _enter(self, state: State) -> None:
        if self.state not in {state, "closed"}:
            self.state = state
            if self._tell is not None:
                self._tell(state)

    # What is sent

    def _begin_sending(self) -> None:
        if not self._watch or self._call is None:
            return
        self._feeds.sound.takers.add(self._send_sound)
        if self._viewing is None and self._call.agreed.codec is not None:
            self._viewing = Viewing(self._feeds, self._call.agreed.codec, self._send_picture)
        if self._viewing is not None:
            self._viewing.follow(self._adaptation.rung)

    def _stop_sending(self) -> None:
        self._feeds.sound.takers.discard(self._send_sound)
        if self._viewing is not None:
            self._viewing.stop()

    def _send_sound(self, packet: Encoded) -> None:
        self._outlets["audio"].put(packet)

    def _send_picture(self, packet: Encoded) -> bool:
        return self._outlets["video"].put(packet)

    def _ask_key(self) -> None:
        if self._viewing is not None:
            self._viewing.ask_key()

    def send(self, message: str) -> bool:
        """Send on the data channel; False where there is none or the peer does not read."""
        channel = self._channel
        if channel is None or channel.readyState != "open":
            return False
        if channel.bufferedAmount > MOST_BUFFERED:
            self._messages_dropped += 1
            return False
        channel.send(message)
        return True

    # Time

    async def _give_up(self) -> None:
        await self._clock.reach(self._clock.now() + PATIENCE)
        if self.state == "connecting":
            await self.close()

    async def _watch_over(self) -> None:
        totals = [0, 0, 0]
        while self.state != "closed":
            await self._clock.reach(self._clock.now() + SECOND)
            totals = [*totals[1:], self._outlets["video"].bits]
            self._bits = totals[2] - totals[1]
            # over two seconds: a key picture is a peak that the estimate does not follow
            self._adapt((totals[2] - totals[0]) // 2)

    def _adapt(self, bits: int) -> None:
        report = self._call.reports.get("video") if self._call else None
        if report is None or self._viewing is None or self.state != "connected":
            return
        if report.fresh:
            report.fresh = False
            sent = bits + SOUND_BITS + OVERHEAD
            self._adaptation.report(self._clock.now(), report.loss, report.estimate, sent)
            self._viewing.follow(self._adaptation.rung)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def figures(self) -> PeerFigures:
        """What was counted so far."""
        video, audio = self._outlets["video"], self._outlets["audio"]
        report = self._call.reports.get("video") if self._call else None
        came = self._intake.counts if self._intake else None
        viewing, rung = self._viewing, self._adaptation.rung
        return PeerFigures(
            state=self.state,
            codec=viewing.codec if viewing else "",
            pictures_sent=video.sent,
            pictures_dropped=video.lost + (viewing.dropped if viewing else 0),
            sound_lost=audio.lost,
            bits=self._bits,
            bits_allowed=rung.bits,
            scale=rung.scale,
            estimate=report.estimate if report else None,
            loss=report.loss if report else 0.0,
            jitter=report.jitter if report else 0,
            round_trip=report.round_trip if report else None,
            sounds_received=came.sounds if came else 0,
            pictures_received=came.pictures if came else 0,
            pictures_skipped=came.skipped if came else 0,
            size_received=came.size if came else (0, 0),
            messages_dropped=self._messages_dropped,
        )

    async def close(self) -> None:
        """Leave: nothing is sent or taken from now on. May be called twice."""
        if self.state == "closed":
            return
        self._stop_sending()
        self._enter("closed")
        if self._call is not None:
            await self._call.close()
        rest = self._tasks - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
