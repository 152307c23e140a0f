"""One `RTCPeerConnection`: offers answered, candidates taken, ICE restarted, tracks handed on."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCDataChannel,
    RTCDtlsTransport,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpSender,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.exceptions import InternalError, InvalidAccessError, InvalidStateError, OperationError
from aiortc.mediastreams import MediaStreamTrack

from bonaface.core import Clock
from bonaface.errors import UnreadableMedia
from bonaface.media.webrtc.codecs import PictureCodec
from bonaface.media.webrtc.link import Link
from bonaface.media.webrtc.offer import GARBLED, Offer, limit_camera, read_fragment, read_offer
from bonaface.media.webrtc.outward import Outlet, Report, Wall
from bonaface.media.webrtc.reception import PictureBuffer, install

FOREIGN = (*GARBLED, InternalError, InvalidAccessError, InvalidStateError, OperationError)
WAYS = {(True, True): "sendrecv", (True, False): "sendonly", (False, True): "recvonly"}


@dataclass(frozen=True, slots=True)
class IceServer:
    """A STUN or TURN server: `stun:host:port`, `turn:host:port?transport=udp`.

    Of each kind the first is used.
    """

    url: str
    username: str | None = None
    credential: str | None = None


IceServers: TypeAlias = tuple[IceServer, ...]


@dataclass(frozen=True, slots=True)
class Ends:
    """Who is told what happens in a call."""

    track: Callable[[MediaStreamTrack, PictureBuffer | None], None]
    channel: Callable[[RTCDataChannel], None]
    state: Callable[[str], None]  # aiortc's connectionState, and "lost" and "back"
    key: Callable[[], None]  # a key picture is asked for


@dataclass(slots=True)
class Agreed:
    """What was agreed with the other side."""

    prints: frozenset[str] = frozenset()  # its DTLS certificate: who it is
    ufrags: set[str] = field(default_factory=set)  # its ICE sessions, the past ones too
    codec: PictureCodec | None = None  # for our pictures


class Call:
    """A connection that answers. `outlets` holds what is sent of each kind; none for nothing."""

    def __init__(
        self, ice: IceServers, outlets: Mapping[str, Outlet], *, takes: bool, ends: Ends
    ) -> None:
        self.reports: dict[str, Report] = {}
        self.agreed = Agreed()
        self._servers = [RTCIceServer(one.url, one.username, one.credential) for one in ice]
        self._outlets, self._takes, self._ends = outlets, takes, ends
        self._link: Link | None = None
        self._turn = asyncio.Lock()
        bundle = RTCBundlePolicy.MAX_BUNDLE
        # without a list of servers aiortc would ask a public one
        self._connection = RTCPeerConnection(RTCConfiguration(self._servers, bundlePolicy=bundle))
        self._connection.on("datachannel", ends.channel)
        self._connection.on("connectionstatechange", self._note_state)

    def _note_state(self) -> None:
        self._ends.state(self._connection.connectionState)

    @property
    def ice_tag(self) -> str:
        """Names the ICE session of the moment: the ETag of RFC 9725, section 4.3.1."""
        return self._link.ufrag if self._link is not None else ""

    async def answer(self, text: str, clock: Clock, wall: Wall) -> str:
        """Answer a first offer, a changed one, or one that restarts ICE. Raises UnreadableMedia."""
        offer = read_offer(text)
        async with self._turn:
            if self._link is not None and offer.prints != self.agreed.prints:
                remedy = "Open a new connection."
                raise UnreadableMedia("The offer is from another connection than before.", remedy)
            restarts = self._link is not None and offer.ufrag not in self.agreed.ufrags
            if restarts and self._link is not None:
                await self._link.renew()
            try:
                answered = await self._negotiate(offer, clock, wall)
            except FOREIGN as cause:
                why = "It must offer Opus, and H.264 or VP8." * isinstance(cause, OperationError)
                message = f"The offer cannot be answered: {cause or type(cause).__name__}."
                raise UnreadableMedia(message, why) from cause
            if restarts and self._link is not None:
                self._link.reach(offer.ufrag, offer.password)
            return answered

    async def _negotiate(self, offer: Offer, clock: Clock, wall: Wall) -> str:
        connection = self._connection
        known = {transceiver.kind for transceiver in connection.getTransceivers()}
        for kind in offer.kinds:
            if kind in {"audio", "video"} - known:
                self._add(kind)
        await connection.setRemoteDescription(RTCSessionDescription(offer.text, "offer"))
        fresh = [one for one in connection.getTransceivers() if one.kind not in known]
        for transceiver in fresh:
            self._tap(transceiver, clock, wall)
        if self._link is None:
            self._link = Link(self._dtls().transport, self._servers, self._note_link)
        await connection.setLocalDescription(await connection.createAnswer())
        self.agreed.prints = offer.prints
        self.agreed.ufrags.add(offer.ufrag)
        return limit_camera(connection.localDescription.sdp)

    def _add(self, kind: str) -> None:
        outlet = self._outlets.get(kind)
        way = WAYS.get((outlet is not None, self._takes), "inactive")
        transceiver = self._connection.addTransceiver(outlet or kind, way)
        codecs = RTCRtpSender.getCapabilities(kind).codecs
        first = "video/H264" if kind == "video" else "audio/opus"
        spare = [codec for codec in codecs if kind == "video" and codec.mimeType != first]
        transceiver.setCodecPreferences([c for c in codecs if c.mimeType == first] + spare)

    def _tap(self, transceiver: RTCRtpTransceiver, clock: Clock, wall: Wall) -> None:
        kind = transceiver.kind
        outlet = self._outlets.get(kind)
        if outlet is not None:
            self.reports[kind] = Report(transceiver.sender, outlet, wall, self._ends.key)
        if kind == "video":
            name = transceiver._codecs[0].name  # noqa: SLF001 told nowhere else
            self.agreed.codec = "H264" if name == "H264" else "VP8"
        buffer = install(transceiver, clock)
        if self._takes and transceiver.receiver.track is not None:
            self._ends.track(transceiver.receiver.track, buffer)

    def _dtls(self) -> RTCDtlsTransport:
        """All sections are bundled on one transport."""
        transceivers = self._connection.getTransceivers()
        over = transceivers[0].receiver if transceivers else self._connection.sctp
        return over.transport

    def _note_link(self, up: bool) -> None:
        self._ends.state("back" if up else "lost")

    async def add_candidates(self, text: str) -> str | None:
        """Take trickled candidates; a fragment with a new ufrag restarts ICE and is answered.

        Raises UnreadableMedia for a fragment that makes no sense.
        """
        found = read_fragment(text)
        async with self._turn:
            link = self._link
            if link is None:
                raise UnreadableMedia("Candidates came before an offer.", "Send an offer first.")
            restarts = found.ufrag not in self.agreed.ufrags
            if restarts:
                self.agreed.ufrags.add(found.ufrag)
                await link.renew()
            for candidate in (*found.candidates, *([None] * found.complete)):
                await link.add(candidate)
            if not restarts:
                return None
            link.reach(found.ufrag, found.password)
            return link.describe()

    @property
    def alive(self) -> bool:
        """Whether the layers above ICE stand: a lost ICE session can be begun anew."""
        return self._link is not None and self._dtls().state == "connected"

    async def close(self) -> None:
        """End it, telling the other side."""
        if self._link is not None:
            await self._link.release()
        await self._connection.close()
