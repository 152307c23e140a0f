"""Arriving packets, put together without waiting longer than they must.

aiortc holds sound back for 80 ms, and for 320 ms for good once a packet was lost; it gives a
picture out when the next begins, and stands still for up to 512 packets behind a hole. These two
buffers take the place of its own (`install`): sound goes on at once and leaves out what comes too
late; a picture goes on with its last packet, and a hole that is not filled soon is left behind
at the next key picture. They also keep a camera from taking the processor: what is beyond the
budget is not decoded.
"""

from collections.abc import Mapping
from typing import Any

from aiortc import RTCRtpReceiver, RTCRtpTransceiver
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtp import RtpPacket

from bonaface.core import SECOND, Clock, Time

OLD = 3_000  # packets back; further back means that the sender began anew
MOST_PACKETS = 1_000  # that wait for a hole to be filled
HOLE = 3 * SECOND // 10  # that a hole is waited for; NACK takes a round trip
BUDGET = 30_000_000  # px a second to decode: 1280 x 720 at 30 a second, and a little
BURST = BUDGET  # px
MOST_UNDECODED = 15  # pictures
ASK_PAUSE = SECOND // 2  # between requests for a key picture


class Count:
    """Sequence numbers of 16 bits, counted on."""

    def __init__(self) -> None:
        self._last: int | None = None

    def extend(self, number: int) -> int:
        """The full number of the packet nearest to the newest."""
        if self._last is None:
            self._last = number
        full = self._last + ((number - self._last + 0x8000) & 0xFFFF) - 0x8000
        self._last = max(self._last, full)
        return full


class SoundBuffer:
    """Each packet is a frame: in order they go on, out of order they are lost."""

    def __init__(self) -> None:
        self._count, self._newest = Count(), -1
        self.late = 0

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        """Answer whether to ask for a key picture (never), and what can be decoded."""
        full = self._count.extend(packet.sequence_number)
        if full <= self._newest - OLD:
            self._count, self._newest = Count(), -1
            full = self._count.extend(packet.sequence_number)
        if full <= self._newest:
            self.late += 1
            return False, None
        self._newest = full
        return False, JitterFrame(packet._data, packet.timestamp)  # noqa: SLF001 aiortc's own way


class PictureBuffer:
    """Pictures as soon as they are whole, within a budget; after a loss from a key picture on."""

    def __init__(self, clock: Clock, codecs: Mapping[int, str]) -> None:
        self.skipped = 0  # pictures that were not decoded
        self._clock, self._codecs = clock, codecs
        self._count = Count()
        self._parts: dict[int, RtpPacket] = {}
        self._next: int | None = None  # number that begins the next picture; None: await a key
        self._hole_since: Time | None = None
        self._asked_at = -ASK_PAUSE
        self._left, self._left_at = BURST, clock.now()
        self._undecoded = self._pixels = 0

    def note_decoded(self, width: int, height: int) -> None:
        """A picture was decoded: the next are likely as large."""
        self._undecoded = 0
        self._pixels = width * height

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        """Answer whether to ask for a key picture, and what can be decoded."""
        full = self._count.extend(packet.sequence_number)
        self._refill()
        if self._next is not None and full < self._next - OLD:  # the sender began anew
            self._give_up()
            self._count = Count()
            full = self._count.extend(packet.sequence_number)
        if self._next is not None and (self._left < 0 or self._undecoded > MOST_UNDECODED):
            self._give_up()
        if self._next is None and not self._begin(packet, full):
            self.skipped += packet.marker
            return self._ask(), None
        if self._next is None or full < self._next:
            return False, None
        self._parts[full] = packet
        picture = self._take()
        if picture is not None:
            self._undecoded += 1
            self._left -= self._pixels
            self._hole_since = None
            return False, picture
        if self._stuck():
            self._give_up()
            return self._ask(), None
        return False, None

    def _begin(self, packet: RtpPacket, full: int) -> bool:
        if self._left < BURST // 2 or not starts_key(self._codecs, packet):
            return False
        self._next, self._undecoded = full, 0
        return True

    def _refill(self) -> None:
        now = self._clock.now()
        self._left = min(BURST, self._left + (now - self._left_at) * BUDGET // SECOND)
        self._left_at = now

    def _ask(self) -> bool:
        now = self._clock.now()
        if now - self._asked_at < ASK_PAUSE or self._left < BURST // 2:
            return False
        self._asked_at = now
        return True

    def _take(self) -> JitterFrame | None:
        """The picture that begins at `_next`, if all of it is here."""
        first = number = self._skip_padding()
        parts: list[RtpPacket] = []
        while (part := self._parts.get(number)) is not None:
            if parts and part.timestamp != parts[0].timestamp:
                break
            parts.append(part)
            number += 1
            if part.marker:
                break
        else:
            return None
        for old in range(first, number):
            del self._parts[old]
        self._next = number
        data = b"".join(part._data for part in parts)  # noqa: SLF001 aiortc's own way
        return JitterFrame(data, parts[0].timestamp)

    def _skip_padding(self) -> int:
        """Browsers send packets without data to learn what the network carries."""
        number = self._next or 0
        while number in self._parts and not self._parts[number]._data:  # noqa: SLF001
            del self._parts[number]
            number += 1
        self._next = number
        return number

    def _stuck(self) -> bool:
        if len(self._parts) > MOST_PACKETS:
            return True
        now = self._clock.now()
        if not self._parts:
            self._hole_since = None
            return False
        if self._hole_since is None:
            self._hole_since = now
        return now - self._hole_since > HOLE

    def _give_up(self) -> None:
        self.skipped += sum(part.marker for part in self._parts.values())
        self._parts.clear()
        self._next = self._hole_since = None


def starts_key(codecs: Mapping[int, str], packet: RtpPacket) -> bool:
    """Whether a packet begins a picture that needs no other.

    VP8 says so in the first bit of its data (RFC 6386, section 9.1); in H.264 a parameter set
    comes first (RFC 6184, section 5.2: alone, aggregated or cut).
    """
    data: bytes = packet._data  # noqa: SLF001 aiortc's own way
    payload = packet.payload
    if codecs.get(packet.payload_type) == "VP8":
        begins = bool(payload) and payload[0] & 0x1F == 0x10  # start of partition 0
        return begins and bool(data) and data[0] & 1 == 0
    return data[:4] == b"\0\0\0\1" and len(data) > 4 and data[4] & 0x1F in {5, 7}


def install(transceiver: RTCRtpTransceiver, clock: Clock) -> PictureBuffer | None:
    """Put our buffer in the place of aiortc's; answers the one for pictures.

    The buffer is a private name of `RTCRtpReceiver`, and the one thing to replace: it stands
    between retransmission, which aiortc does well, and the decoder.
    """
    receiver: RTCRtpReceiver = transceiver.receiver
    buffer: Any = SoundBuffer()
    if transceiver.kind == "video":
        agreed = transceiver._codecs  # noqa: SLF001 told nowhere else
        buffer = PictureBuffer(clock, {codec.payloadType: codec.name for codec in agreed})
    if not hasattr(receiver, "_RTCRtpReceiver__jitter_buffer"):
        raise RuntimeError("This aiortc keeps its jitter buffer elsewhere.")
    receiver._RTCRtpReceiver__jitter_buffer = buffer  # noqa: SLF001
    return buffer if isinstance(buffer, PictureBuffer) else None
