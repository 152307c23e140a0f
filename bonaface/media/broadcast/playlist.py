"""What HLS players fetch (RFC 8216): playlists, and the newest segments of two tracks."""

import math
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock

from bonaface.core import SECOND, Time

SEGMENT: Time = 2 * SECOND
SHOWN = 6  # segments that a playlist names
KEPT = 2 * SHOWN  # section 6.2.2: as long again, for players that are late
PLAYLIST, MP4 = "application/vnd.apple.mpegurl", "video/mp4"


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of one track."""

    number: int
    at: Time
    length: Time
    data: bytes


@dataclass(frozen=True, slots=True)
class File:
    """Something to answer with."""

    kind: str  # its MIME type
    data: bytes


class Rendition:
    """One track: its beginning, and its newest segments."""

    def __init__(self, name: str, codec: str, begin: bytes) -> None:
        self.name, self.codec, self.begin = name, codec, begin
        self.segments: deque[Segment] = deque(maxlen=KEPT)
        self.most_bits = 0  # a second, of any segment

    @property
    def seconds(self) -> int:
        """The target duration: no segment is longer, rounded."""
        longest = max((one.length for one in self.segments), default=SEGMENT)
        return max(SEGMENT // SECOND, round(longest / SECOND))

    def add(self, at: Time, length: Time, data: bytes) -> None:
        """Add the next segment; the oldest is forgotten."""
        number = self.segments[-1].number + 1 if self.segments else 0
        self.segments.append(Segment(number, at, length, data))
        self.most_bits = max(self.most_bits, math.ceil(8 * len(data) * SECOND / length))

    def find(self, number: str) -> bytes | None:
        """The data of a segment that is still here."""
        found = (one.data for one in self.segments if str(one.number) == number)
        return next(found, None)

    def write(self, begun: datetime, query: str, *, ended: bool) -> str:
        """The media playlist; `query` goes behind each address in it."""
        shown = list(self.segments)[-SHOWN:]
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:7",
            f"#EXT-X-TARGETDURATION:{self.seconds}",
            f"#EXT-X-MEDIA-SEQUENCE:{shown[0].number if shown else 0}",
            "#EXT-X-INDEPENDENT-SEGMENTS",
            f'#EXT-X-MAP:URI="{self.name}-begin.mp4{query}"',
        ]
        for one in shown:
            when = begun + timedelta(microseconds=one.at // 1000)
            stamp = when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            lines += [
                f"#EXT-X-PROGRAM-DATE-TIME:{stamp}",
                f"#EXTINF:{one.length / SECOND:.5f},",
                f"{self.name}-{one.number}.m4s{query}",
            ]
        return "\n".join([*lines, *["#EXT-X-ENDLIST"] * ended, ""])


class Shelf:
    """Everything that players may fetch by name. For any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._pictures: Rendition | None = None
        self._sounds: Rendition | None = None
        self._size, self._rate = (0, 0), 0.0
        self._begun = datetime.now(UTC)
        self._ended = False

    def open(
        self, pictures: Rendition, sounds: Rendition, size: tuple[int, int], rate: float
    ) -> None:
        """Show both tracks from now on: media time 0 is now."""
        with self._lock:
            self._pictures, self._sounds = pictures, sounds
            self._size, self._rate, self._begun = size, rate, datetime.now(UTC)

    def add(self, rendition: Rendition, at: Time, length: Time, data: bytes) -> None:
        """Add the next segment of one of them."""
        with self._lock:
            rendition.add(at, length, data)

    def close(self) -> None:
        """Nothing more comes."""
        with self._lock:
            self._ended = True

    @property
    def ready(self) -> bool:
        """Whether both tracks have something to play."""
        with self._lock:
            both = (self._pictures, self._sounds)
            return all(one is not None and one.segments for one in both)

    def find(self, name: str, query: str = "") -> File | None:
        """The file of a name: index.m3u8 first, and what the playlists name; None for others."""
        with self._lock:
            pictures, sounds = self._pictures, self._sounds
            if pictures is None or sounds is None:
                return None
            if name == "index.m3u8":
                return File(PLAYLIST, self._write_index(pictures, sounds, query).encode())
            for one in (pictures, sounds):
                if name == f"{one.name}.m3u8":
                    text = one.write(self._begun, query, ended=self._ended)
                    return File(PLAYLIST, text.encode())
                if name == f"{one.name}-begin.mp4":
                    return File(MP4, one.begin)
                data = one.find(name.removeprefix(f"{one.name}-").removesuffix(".m4s"))
                if name.startswith(f"{one.name}-") and name.endswith(".m4s") and data is not None:
                    return File(MP4, data)
        return None

    def _write_index(self, pictures: Rendition, sounds: Rendition, query: str) -> str:
        """The multivariant playlist: which tracks there are, and what decodes them."""
        bits = pictures.most_bits + sounds.most_bits
        codecs = f"{pictures.codec},{sounds.codec}"
        size = "x".join(map(str, self._size))
        return (
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n"
            f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="Voice",DEFAULT=YES,AUTOSELECT=YES,'
            f'CHANNELS="1",URI="{sounds.name}.m3u8{query}"\n'
            f'#EXT-X-STREAM-INF:BANDWIDTH={bits},CODECS="{codecs}",RESOLUTION={size},'
            f'FRAME-RATE={self._rate:.3f},AUDIO="sound"\n'
            f"{pictures.name}.m3u8{query}\n"
        )
