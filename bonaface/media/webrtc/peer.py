"""One peer of a session: a browser, a broadcaster (WHIP) or a viewer (WHEP)."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCDataChannel,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpSender,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.exceptions import InternalError, InvalidAccessError, InvalidStateError, OperationError
from aiortc.mediastreams import MediaStreamTrack

from bonaface.core import SECOND, Clock, Time
from bonaface.errors import UnreadableMedia
from bonaface.marks.marked import MarkedPicture, MarkedSound, require_marked
from bonaface.media.webrtc.codecs import Encoded, PictureCodec
from bonaface.media.webrtc.feeds import Feeds, PictureFeed
from bonaface.media.webrtc.inward import Inlet, Intake
from bonaface.media.webrtc.offer import GARBLED, Offer, limit_camera, read_fragment, read_offer
from bonaface.media.webrtc.outward import Outlet, Report, Wall
from bonaface.media.webrtc.rate import Adaptation

State: TypeAlias = Literal["new", "connecting", "connected", "lost", "closed"]
CHANNEL = "bonaface"  # the data channel's label
PATIENCE = 15 * SECOND  # for a peer that never connects
GRACE = 30 * SECOND  # for one that was connected to come back
LONGEST_MESSAGE = 65_536  # characters
MOST_BUFFERED = 1_000_000  # bytes of messages that a peer has not read
FOREIGN = (*GARBLED, InternalError, InvalidAccessError, InvalidStateError, OperationError)


@dataclass(frozen=True, slots=True)
class IceServer:
    """A STUN or TURN server: `stun:host:port`, `turn:host:port?transport=udp`."""

    url: str
    username: str | None = None
    credential: str | None = None


IceServers: TypeAlias = tuple[IceServer, ...]


@dataclass(frozen=True, slots=True)
class PeerFigures:
    """What a peer counted so far; rates over the last second."""

    state: State
    codec: str = ""  # of the pictures sent
    size: tuple[int, int] = (0, 0)  # of the pictures that came in
    pictures_sent: int = 0
    pictures_dropped: int = 0  # that could not be encoded or fetched in time
    sound_lost: int = 0  # runs and packets of 20 ms that could not be sent
    bits: int = 0  # a second, pictures
    bits_allowed: int = 0  # a second, pictures
    estimate: int | None = None  # a second, by the receiver's word (REMB)
    loss: float = 0.0  # share of picture packets, last report
    jitter: Time = 0
    round_trip: Time | None = None
    sounds_received: int = 0
    pictures_received: int = 0
    pictures_skipped: int = 0  # of those received
    messages_dropped: int = 0


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
        self._clock, self._ice, self._inlet, self._watch = clock, ice, inlet, watch
        self._feeds = feeds or Feeds()
        self._tell = tell
        self._wall = Wall(clock)
        self._intake = Intake(clock, inlet) if inlet else None
        self._tasks: set[asyncio.Task[None]] = set()
        self._outlets = {kind: Outlet(kind) for kind in ("audio", "video")}
        self._reports: dict[str, Report] = {}
        self._adaptation = Adaptation()
        self._codec: PictureCodec | None = None
        self._feed: PictureFeed | None = None
        self._awaits_key = True
        self._channel: RTCDataChannel | None = None
        self._messages_dropped = self._bits = 0
        self._connection: RTCPeerConnection | None = None

    # The session's Exit

    def show(self, picture: MarkedPicture) -> None:
        """Send a picture now, or drop it when the last is still being encoded."""
        require_marked(picture)
        if self._feed is not None:
            self._feed.show(picture)

    def hear(self, sound: MarkedSound) -> None:
        """Send a run of sound now."""
        require_marked(sound)
        if self.state == "connected" and self._watch:
            self._feeds.sound.hear(sound)

    # Signalling

    async def answer(self, offer_sdp: str) -> str:
        """Answer an SDP offer. Raises UnreadableMedia with a sentence about what is wrong."""
        offer = read_offer(offer_sdp)
        if self.state == "closed":
            raise UnreadableMedia("This peer has left.", "Make a new one.")
        if self._connection is None:
            self._connection = self._connect(offer)
        try:
            return await self._negotiate(self._connection, offer)
        except FOREIGN as cause:
            await self.close()
            why = "It needs H.264 or VP8, and Opus." if isinstance(cause, OperationError) else ""
            message = f"The offer cannot be answered: {cause or type(cause).__name__}."
            raise UnreadableMedia(message, why) from cause

    async def _negotiate(self, connection: RTCPeerConnection, offer: Offer) -> str:
        await connection.setRemoteDescription(RTCSessionDescription(offer.text, "offer"))
        if not self._reports:
            self._listen_to_reports(connection)
        await connection.setLocalDescription(await connection.createAnswer())
        return limit_camera(connection.localDescription.sdp)

    def _connect(self, offer: Offer) -> RTCPeerConnection:
        servers = [RTCIceServer(one.url, one.username, one.credential) for one in self._ice]
        bundle = RTCBundlePolicy.MAX_BUNDLE
        connection = RTCPeerConnection(RTCConfiguration(servers, bundlePolicy=bundle))
        for kind in offer.kinds:
            if kind != "application":
                self._add(connection, kind)
        connection.on("track", self._take)
        connection.on("datachannel", self._open)
        connection.on("connectionstatechange", self._note_state)
        self._enter("connecting")
        self._spawn(self._give_up())
        self._spawn(self._watch_over())
        return connection

    def _add(self, connection: RTCPeerConnection, kind: str) -> None:
        ways = {(True, True): "sendrecv", (True, False): "sendonly", (False, True): "recvonly"}
        way = ways.get((self._watch, self._inlet is not None), "inactive")
        what = self._outlets[kind] if self._watch else kind
        transceiver = connection.addTransceiver(what, way)
        codecs = RTCRtpSender.getCapabilities(kind).codecs
        first = "video/H264" if kind == "video" else "audio/opus"
        spare = [codec for codec in codecs if kind == "video" and codec.mimeType != first]
        transceiver.setCodecPreferences([c for c in codecs if c.mimeType == first] + spare)

    def _listen_to_reports(self, connection: RTCPeerConnection) -> None:
        transceiver: RTCRtpTransceiver
        for transceiver in connection.getTransceivers():
            kind = transceiver.kind
            self._reports[kind] = Report(
                transceiver.sender, self._outlets[kind], self._wall, self._ask_key
            )
            if kind == "video":
                name = transceiver._codecs[0].name  # noqa: SLF001 what was agreed, told nowhere else
                self._codec = "H264" if name == "H264" else "VP8"

    async def add_candidates(self, fragment: str) -> None:
        """Take trickled candidates. Raises UnreadableMedia for a fragment that makes no sense."""
        found = read_fragment(fragment)
        if self._connection is None:
            raise UnreadableMedia("Candidates came before an offer.", "Send an offer first.")
        mid = self._connection.getTransceivers()[0].mid if found.candidates else None
        for candidate in found.candidates:
            candidate.sdpMid = mid
            await self._connection.addIceCandidate(candidate)
        if found.complete:
            await self._connection.addIceCandidate(None)

    # What aiortc tells

    def _take(self, track: MediaStreamTrack) -> None:
        if self._intake is not None:
            self._spawn(self._intake.drain(track))

    def _open(self, channel: RTCDataChannel) -> None:
        if channel.label == CHANNEL:
            self._channel = channel
            channel.on("message", self._read)

    def _read(self, message: str | bytes) -> None:
        if isinstance(message, str) and len(message) <= LONGEST_MESSAGE and self._inlet is not None:
            self._inlet.read(message)
        else:
            self._messages_dropped += 1

    def _note_state(self) -> None:
        if self._connection is None:
            return
        now = self._connection.connectionState
        if now == "connected":
            self._enter("connected")
            self._attach()
        elif now in {"failed", "closed"} and self.state != "closed":
            self._detach()
            self._spawn(self.close())

    def _enter(self, state: State) -> None:
        if state != self.state:
            self.state = state
            if self._tell is not None:
                self._tell(state)

    # What is sent

    def _attach(self) -> None:
        if not self._watch:
            return
        self._feeds.sound.takers.add(self._send_sound)
        self._follow_rung()

    def _detach(self) -> None:
        self._feeds.sound.takers.discard(self._send_sound)
        if self._feed is not None:
            self._feed.takers.discard(self._send_picture)
            self._feed = None

    def _follow_rung(self) -> None:
        if self._codec is None or not self._watch:
            return
        rung = self._adaptation.rung
        if self._feed is not None and self._feed.rung == rung:
            return
        if self._feed is not None:
            self._feed.takers.discard(self._send_picture)
        self._feed = self._feeds.pictures(self._codec, rung)
        self._feed.takers.add(self._send_picture)
        self._ask_key()

    def _ask_key(self) -> None:
        self._awaits_key = True
        if self._feed is not None:
            self._feed.ask_key()

    def _send_sound(self, packet: Encoded) -> None:
        self._outlets["audio"].put(packet)

    def _send_picture(self, packet: Encoded) -> None:
        if packet.key:
            self._awaits_key = False
        if not self._outlets["video"].put(packet):
            self._ask_key()

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
        bits = 0
        while self.state != "closed":
            await self._clock.reach(self._clock.now() + SECOND)
            bits, before = self._outlets["video"].bits, bits
            self._bits = bits - before
            self._adapt()

    def _adapt(self) -> None:
        report = self._reports.get("video")
        if report is None or self.state != "connected":
            return
        self._adaptation.report(self._clock.now(), report.loss, report.estimate, self._bits)
        self._follow_rung()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def figures(self) -> PeerFigures:
        """What was counted so far."""
        video, audio = self._outlets["video"], self._outlets["audio"]
        report = self._reports.get("video")
        came = self._intake.counts if self._intake else None
        return PeerFigures(
            state=self.state,
            codec=self._codec or "",
            size=came.size if came else (0, 0),
            pictures_sent=video.sent,
            pictures_dropped=video.lost + (self._feed.dropped if self._feed else 0),
            sound_lost=audio.lost + self._feeds.sound.lost,
            bits=self._bits,
            bits_allowed=self._adaptation.rung.bits,
            estimate=report.estimate if report else None,
            loss=report.loss if report else 0.0,
            jitter=report.jitter if report else 0,
            round_trip=report.round_trip if report else None,
            sounds_received=came.sounds if came else 0,
            pictures_received=came.pictures if came else 0,
            pictures_skipped=came.dropped if came else 0,
            messages_dropped=self._messages_dropped,
        )

    async def close(self) -> None:
        """Leave: nothing is sent or taken from now on. May be called twice."""
        if self.state == "closed":
            return
        self._detach()
        self._enter("closed")
        if self._connection is not None:
            await self._connection.close()
        rest = self._tasks - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
