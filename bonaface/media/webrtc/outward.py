"""One outgoing track: packets on their way to aiortc, and what the other side reports of them.

aiortc encodes for each peer alone and fixes its encoder's settings; it also sends packets that are
encoded already, but then keeps requests for key pictures and estimates of the rate to itself. So
`Report` stands at the three places of `RTCRtpSender` that know of them, and only there:

- `_send_keyframe`, called on PLI and FIR (RFC 4585, RFC 5104): passed on to the feed;
- `_handle_rtcp_packet`: receiver reports and REMB are read, then go their way;
- `_send_rtcp`: a sender report (RFC 3550, section 6.4.1) pairs RTP time with wall time. aiortc
  takes the moment at which it sent a packet, which holds the time of encoding and differs for
  sound and pictures. Here both tracks map the session's time to the same wall time, exactly.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import av
from aiortc import RTCRtpSender
from aiortc.clock import current_ntp_time
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from aiortc.rtp import (
    RTCP_PSFB_APP,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpSrPacket,
    unpack_remb_fci,
)

from bonaface.core import SECOND, Clock, Time
from bonaface.media.webrtc.codecs import (
    PICTURE_TICKS,
    PICTURE_TIME,
    SOUND_TICKS,
    SOUND_TIME,
    Encoded,
)

MOST_PACKETS = {"audio": 100, "video": 25}  # that may wait for aiortc to fetch them


class Wall:
    """Maps the session's time to NTP time (RFC 5905: 32 bits of seconds, 32 of fractions)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._origin = current_ntp_time() - (clock.now() << 32) // SECOND

    def now(self) -> tuple[Time, int]:
        """The session's time, and the wall's."""
        at = self._clock.now()
        return at, self._origin + (at << 32) // SECOND


class Outlet(MediaStreamTrack):  # type: ignore[misc]
    """A track of packets. When nobody fetches them the oldest go, and are counted."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.ticks = SOUND_TICKS if kind == "audio" else PICTURE_TICKS  # a second
        self._time = SOUND_TIME if kind == "audio" else PICTURE_TIME
        self.lost = self.sent = self.bits = 0
        self.last_pts: int | None = None  # of the packet fetched last
        self.resting = False  # aiortc waits for a packet: the last one is sent
        self._packets: deque[Encoded] = deque()
        self._filled = asyncio.Event()

    def put(self, packet: Encoded) -> bool:
        """Hand one over; False when others had to go for it."""
        full = len(self._packets) >= MOST_PACKETS[self.kind]
        if full:
            self.lost += len(self._packets)
            self._packets.clear()
        self._packets.append(packet)
        self._filled.set()
        return not full

    async def recv(self) -> Any:
        """Give aiortc the next packet."""
        self.resting = True
        while not self._packets:
            if self.readyState != "live":
                raise MediaStreamError
            self._filled.clear()
            await self._filled.wait()
        self.resting = False
        encoded = self._packets.popleft()
        self.last_pts = encoded.pts
        self.sent += 1
        self.bits += 8 * len(encoded.data)
        packet = av.Packet(encoded.data)
        packet.pts, packet.time_base = encoded.pts, self._time
        return packet

    def stop(self) -> None:
        """Nothing more is fetched."""
        super().stop()
        self._filled.set()


class Report:
    """What the other side says of one outgoing track."""

    def __init__(
        self,
        sender: RTCRtpSender,
        outlet: Outlet,
        wall: Wall,
        on_key: Callable[[], None],
    ) -> None:
        self.fresh = False  # since somebody looked
        self.loss = 0.0  # share of packets, in the last report
        self.lost = 0  # packets, since the beginning
        self.jitter: Time = 0
        self.round_trip: Time | None = None
        self.estimate: int | None = None  # REMB, bits a second
        self._ssrc: int = sender._ssrc  # noqa: SLF001 see above, here and below
        self._outlet, self._ticks, self._wall = outlet, outlet.ticks, wall
        self._sent_reports: deque[tuple[int, int]] = deque(maxlen=16)  # (middle of NTP, ns)
        self._pass_on = sender._handle_rtcp_packet  # noqa: SLF001
        self._send = sender._send_rtcp  # noqa: SLF001
        sender._send_keyframe = on_key  # noqa: SLF001
        sender._handle_rtcp_packet = self._read  # noqa: SLF001
        sender._send_rtcp = self._date  # noqa: SLF001

    async def _read(self, packet: Any) -> None:
        if isinstance(packet, RtcpRrPacket | RtcpSrPacket):
            for block in packet.reports:
                if block.ssrc == self._ssrc:
                    self._note(block)
        elif isinstance(packet, RtcpPsfbPacket) and packet.fmt == RTCP_PSFB_APP:
            self._note_estimate(packet.fci)
        await self._pass_on(packet)

    def _note(self, block: RtcpReceiverInfo) -> None:
        self.fresh = True
        self.loss, self.lost = block.fraction_lost / 256, block.packets_lost
        self.jitter = block.jitter * SECOND // self._ticks
        for middle, sent in self._sent_reports:
            if middle == block.lsr and block.dlsr:
                passed = time.monotonic_ns() - sent - (block.dlsr * SECOND >> 16)
                self.round_trip = max(0, passed)

    def _note_estimate(self, fci: bytes) -> None:
        try:
            bits, ssrcs = unpack_remb_fci(fci)
        except ValueError:  # not an estimate: others use the same type
            return
        if self._ssrc in ssrcs:
            self.estimate = bits

    async def _date(self, packets: list[Any]) -> None:
        """Send a compound RTCP packet, its sender report dated by the session's clock."""
        for packet in packets:
            if isinstance(packet, RtcpSrPacket) and not self._redate(packet):
                return
        await self._send(packets)

    def _redate(self, packet: RtcpSrPacket) -> bool:
        last = self._outlet.last_pts
        if last is None or not self._outlet.resting:
            return False  # nothing sent yet, or just now: the next report tells
        now, ntp = self._wall.now()
        info = packet.sender_info
        info.ntp_timestamp = ntp
        info.rtp_timestamp = (info.rtp_timestamp + now * self._ticks // SECOND - last) % 2**32
        self._sent_reports.append(((ntp >> 16) & 0xFFFFFFFF, time.monotonic_ns()))
        return True
