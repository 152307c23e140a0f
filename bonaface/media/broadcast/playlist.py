"""What HLS players fetch (RFC 8216): playlists, and the newest segments of two tracks.

A track may have another beginning (EXT-X-MAP) from some segment on, when the key that signs it is
replaced: decoders see no difference. Where something was held back there is a discontinuity.
"""

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
class Stretch:
    """A stretch of one track, signed, with the beginning that it follows from."""

    at: Time
    length: Time
    data: bytes
    begin: bytes
    torn: bool = False  # what came before it was held back


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch that has its place."""

    number: int
    begin: int  # the first segment with its beginning
    tears: int  # until and with this one, since the stream began
    stretch: Stretch


@dataclass(frozen=True, slots=True)
class File:
    """Something to answer with."""

    kind: str  # its MIME type
    data: bytes


class Rendition:
    """One track: its newest segments, and their beginnings."""

    def __init__(self, name: str, codec: str) -> None:
        self.name, self.codec = name, codec
        self.segments: deque[Segment] = deque(maxlen=KEPT)
        self.most_bits = 0  # a second, of any segment
        self._last: Segment | None = None

    @property
    def seconds(self) -> int:
        """The target duration: no segment is longer, rounded."""
        longest = max((one.stretch.length for one in self.segments), default=SEGMENT)
        return max(SEGMENT // SECOND, round(longest / SECOND))

    def add(self, stretch: Stretch) -> None:
        """Add the next segment; the oldest is forgotten."""
        last = self._last
        number = last.number + 1 if last else 0
        begin = last.begin if last and last.stretch.begin is stretch.begin else number
        tears = (last.tears if last else 0) + stretch.torn
        self._last = Segment(number, begin, tears, stretch)
        self.segments.append(self._last)
        bits = math.ceil(8 * len(stretch.data) * SECOND / stretch.length)
        self.most_bits = max(self.most_bits, bits)

    def withdraw(self) -> None:
        """Give nothing away any more of what there is."""
        self.segments.clear()

    def find(self, name: str) -> bytes | None:
        """The data of a segment, or of a beginning, that is still here."""
        for one in self.segments:
            if name == f"{self.name}-{one.number}.m4s":
                return one.stretch.data
            if name == self._begin_name(one):
                return one.stretch.begin
        return None

    def write(self, begun: datetime, query: str, *, ended: bool) -> str:
        """The media playlist; `query` goes behind each address in it."""
        shown = list(self.segments)[-SHOWN:]
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:7",
            f"#EXT-X-TARGETDURATION:{self.seconds}",
            f"#EXT-X-MEDIA-SEQUENCE:{shown[0].number if shown else 0}",
            f"#EXT-X-DISCONTINUITY-SEQUENCE:{_tears_before(shown)}",
            "#EXT-X-INDEPENDENT-SEGMENTS",
        ]
        begin = None
        for one in shown:
            lines += ["#EXT-X-DISCONTINUITY"] * one.stretch.torn
            if one.begin != begin:
                lines.append(f'#EXT-X-MAP:URI="{self._begin_name(one)}{query}"')
            begin = one.begin
            lines += self._entry(one, begun, query)
        return "\n".join([*lines, *["#EXT-X-ENDLIST"] * ended, ""])

    def _entry(self, one: Segment, begun: datetime, query: str) -> list[str]:
        when = begun + timedelta(microseconds=one.stretch.at // 1000)
        stamp = when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return [
            f"#EXT-X-PROGRAM-DATE-TIME:{stamp}",
            f"#EXTINF:{one.stretch.length / SECOND:.5f},",
            f"{self.name}-{one.number}.m4s{query}",
        ]

    def _begin_name(self, one: Segment) -> str:
        return f"{self.name}-begin-{one.begin}.mp4"


def _tears_before(shown: list[Segment]) -> int:
    """Discontinuities that the playlist does not name any more (section 4.3.3.3)."""
    return shown[0].tears - shown[0].stretch.torn if shown else 0


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

    def add(self, rendition: Rendition, stretch: Stretch) -> None:
        """Add the next segment of one of them."""
        with self._lock:
            rendition.add(stretch)

    def withdraw(self, rendition: Rendition) -> None:
        """Give away no segment that one of them has now."""
        with self._lock:
            rendition.withdraw()

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
                if (data := one.find(name)) is not None:
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
