"""RTMP's chunk stream (Real Time Messaging Protocol 1.0, section 5.3): messages as bytes."""

import struct
from dataclasses import dataclass, replace

from bonaface.errors import UnreadableMedia

SET_CHUNK_SIZE, USER_CONTROL, SOUND, PICTURES, DATA, COMMAND = 1, 4, 8, 9, 18, 20
SENT = 4096  # bytes of a chunk that we send
FIRST = 128  # of a chunk before anything else is agreed
LONGEST = 1 << 20  # bytes of a message that is taken
EXTENDED = 0xFFFFFF  # a timestamp that comes in four bytes more
HEADERS = (11, 7, 3, 0)  # bytes of a message header, by format


@dataclass(frozen=True, slots=True)
class Message:
    """One message; `at` is in ms."""

    kind: int
    data: bytes
    stream: int = 0
    at: int = 0


def write_message(message: Message, channel: int) -> bytes:
    """Write a message in chunks of SENT bytes, with a whole header."""
    at = message.at % 2**32
    late = struct.pack(">I", at) if at >= EXTENDED else b""
    head = struct.pack(">I", min(at, EXTENDED))[1:] + struct.pack(">I", len(message.data))[1:]
    head += bytes([message.kind]) + struct.pack("<I", message.stream) + late
    again = bytes([0xC0 | channel]) + late
    parts = [message.data[i : i + SENT] for i in range(0, len(message.data), SENT)] or [b""]
    return bytes([channel]) + head + again.join(parts)


@dataclass(frozen=True, slots=True)
class _Channel:
    """What a chunk may leave out, since the one before it said so; and what came of its message."""

    length: int = 0
    kind: int = 0
    stream: int = 0
    extended: bool = False
    data: bytes = b""

    def read(self, head: bytes) -> "_Channel":
        """The same with what a message header says: of 11, 7, 3 or 0 bytes."""
        if not head:
            return self
        fresh = replace(self, extended=head[:3] == b"\xff\xff\xff", data=b"")
        if len(head) >= 7:
            fresh = replace(fresh, length=int.from_bytes(head[3:6], "big"), kind=head[6])
        if len(head) == 11:
            fresh = replace(fresh, stream=int.from_bytes(head[7:], "little"))
        return fresh


class ChunkReader:
    """Bytes in, messages out; their times are not looked at."""

    def __init__(self) -> None:
        self._size = FIRST
        self._bytes = b""
        self._channels: dict[int, _Channel] = {}

    def push(self, data: bytes) -> list[Message]:
        """Take bytes as they come; answers what is whole. Raises UnreadableMedia for nonsense."""
        self._bytes += data
        messages: list[Message] = []
        while self._read_chunk(messages):
            pass
        return messages

    def _read_chunk(self, messages: list[Message]) -> bool:
        """Read one chunk, if all of it is here."""
        data = self._bytes
        if not data:
            return False
        basic = {0: 2, 1: 3}.get(data[0] & 63, 1)
        at = basic + HEADERS[data[0] >> 6]
        if len(data) < at:
            return False
        key = int.from_bytes(bytes([data[0] & 63]) + data[1:basic], "big")
        channel = self._channels.get(key, _Channel()).read(data[basic:at])
        if channel.length > LONGEST:
            raise UnreadableMedia("The server sends what makes no sense.")
        at += 4 * channel.extended
        end = at + min(self._size, channel.length - len(channel.data))
        if len(data) < end:
            return False
        self._keep(key, replace(channel, data=channel.data + data[at:end]), messages)
        self._bytes = data[end:]
        return True

    def _keep(self, key: int, channel: _Channel, messages: list[Message]) -> None:
        if len(channel.data) == channel.length:
            message = Message(channel.kind, channel.data, channel.stream)
            if message.kind == SET_CHUNK_SIZE:
                self._size = max(1, int.from_bytes(message.data[:4], "big") & 0x7FFFFFFF)
            messages.append(message)
            channel = replace(channel, data=b"")
        self._channels[key] = channel
