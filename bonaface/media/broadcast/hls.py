"""A session as HLS (RFC 8216) in CMAF: two tracks in segments of two seconds, all in memory."""

import io
from collections import deque
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from typing import Final

import av
import av.error

from bonaface.core import SECOND
from bonaface.errors import UnwritableMedia
from bonaface.marks.marked import MarkedPicture
from bonaface.media.broadcast.broadcast import Broadcast, Report, Tell
from bonaface.media.broadcast.fragments import Sample, to_lengths, write_segment
from bonaface.media.broadcast.hopper import Hopper
from bonaface.media.broadcast.playlist import SEGMENT, File, Rendition, Shelf
from bonaface.media.broadcast.reel import PICTURE_TICKS, SOUND_TICKS, Coded, Quality, Reel

QUALITY: Final = Quality(
    {
        "preset": "superfast",
        "tune": "zerolatency",  # no picture waits for another: what is shown is in order
        "crf": "21",
        "maxrate": "2500000",
        "bufsize": "2500000",
        "profile": "main",
    },
    key_every=SEGMENT,
)
HEADER: Final = {"movflags": "empty_moov+default_base_moof+cmaf"}


class Hls(Broadcast):
    """A session for any number of players. `find` gives them playlists and segments.

    They are some eight seconds behind. Memory stays the same: the last dozen segments.
    """

    def __init__(self, rate: Fraction = Fraction(25), tell: Tell = lambda _: None) -> None:
        super().__init__("hls", tell)
        self._quality = replace(QUALITY, rate=rate)
        self._shelf = Shelf()

    @property
    def ready(self) -> bool:
        """Whether there is something to play: two seconds after the first picture."""
        return self._shelf.ready

    def find(self, name: str, query: str = "") -> File | None:
        """The file of a name: index.m3u8 first, and what the playlists name; None for others.

        `query` ("?ticket=...") goes behind each address in a playlist.
        """
        return self._shelf.find(name, query)

    def _work(self, hopper: Hopper) -> None:
        first = next(hopper.pictures(), None)
        if first is None:
            return
        try:
            self._cut(first, hopper)
        except av.error.FFmpegError as cause:
            why = f"The session could not be encoded: {cause.strerror}."
            raise UnwritableMedia(why, "Begin the broadcast again.") from cause
        finally:
            self._shelf.close()

    def _cut(self, first: MarkedPicture, hopper: Hopper) -> None:
        with ExitStack() as stack:
            containers = (_Header(stack), _Header(stack))
            reel = Reel((containers[0].container, containers[1].container), first, self._quality)
            pictures, sounds = self._tracks(reel, containers, first)
            for packet in reel.run(first, hopper):
                if packet.stream.type == "audio":
                    sounds.push(packet, bytes(packet))
                else:
                    if packet.is_keyframe and packet.pts:
                        for track in (pictures, sounds):
                            track.cut_at(packet.pts)
                    pictures.push(packet, to_lengths(bytes(packet)))
            for track in (pictures, sounds):
                track.finish()

    def _tracks(
        self, reel: Reel, headers: "tuple[_Header, _Header]", first: MarkedPicture
    ) -> "tuple[_Track, _Track]":
        height, width = first.pixels.shape[:2]
        begins = [header.write() for header in headers]
        extra = bytes(reel.pictures.stream.codec_context.extradata or b"")
        pictures = Rendition("picture", name_avc(extra), begins[0])
        sounds = Rendition("sound", "mp4a.40.2", begins[1])
        self._shelf.open(pictures, sounds, (width, height), float(self._quality.rate))
        self._note(Report("live"))
        nominal = int(PICTURE_TICKS / self._quality.rate)
        return (
            _Track(self._shelf, pictures, PICTURE_TICKS, nominal),
            _Track(self._shelf, sounds, SOUND_TICKS, 1024),
        )


class _Header:
    """A container of which only the beginning is used: what its track is."""

    def __init__(self, stack: ExitStack) -> None:
        self._file = io.BytesIO()
        opened = av.open(self._file, "w", format="mp4", options=HEADER)
        self.container = stack.enter_context(opened)

    def write(self) -> bytes:
        """Write the header of the stream that was added."""
        self.container.start_encoding()
        return self._file.getvalue()


class _Track:
    """Gathers the samples of one track, and cuts them at the times of key pictures."""

    def __init__(self, shelf: Shelf, rendition: Rendition, ticks: int, nominal: int) -> None:
        self._shelf, self._rendition, self._ticks = shelf, rendition, ticks
        self._nominal = nominal  # ticks of a sample
        self._samples: list[Sample] = []
        self._cuts: deque[int] = deque()
        self._number = 0

    def cut_at(self, at: int) -> None:
        """Begin a segment at the first sample at or after `at`, in ticks of pictures."""
        self._cuts.append(at * self._ticks // PICTURE_TICKS)

    def push(self, packet: Coded, data: bytes) -> None:
        """Take the next sample."""
        self._samples.append(Sample(data, packet.pts or 0, packet.is_keyframe))
        while self._cuts and self._samples[-1].at >= self._cuts[0]:
            cut = self._cuts.popleft()
            self._emit([one for one in self._samples if one.at < cut])

    def finish(self) -> None:
        """Emit what is left."""
        self._emit(self._samples)

    def _emit(self, samples: list[Sample]) -> None:
        if not samples:
            return
        self._number += 1
        self._samples = self._samples[len(samples) :]
        begin, last = samples[0].at, samples[-1].at
        until = self._samples[0].at if self._samples else last + self._nominal
        at, length = (ticks * SECOND // self._ticks for ticks in (begin, until - begin))
        self._shelf.add(self._rendition, at, length, write_segment(self._number, samples, until))


def name_avc(extra: bytes) -> str:
    """The name of a codec (RFC 6381, section 3.3) by its sequence parameter set."""
    at = extra.find(b"\0\0\1\x67")
    profile = extra[at + 4 : at + 7] if at >= 0 else extra[1:4]
    return f"avc1.{profile.hex()}"
