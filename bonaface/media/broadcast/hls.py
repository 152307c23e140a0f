"""A session as HLS (RFC 8216) in CMAF: two tracks in segments of two seconds, all in memory.

Every segment is signed before it lies on the shelf: there is no other way onto it.
"""

import io
import secrets
from collections import deque
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from typing import Final

import av
import av.error

from bonaface.core import SECOND
from bonaface.errors import ConsentMissing, UnwritableMedia
from bonaface.marks.credentials.manifest import Statement, require_leave
from bonaface.marks.live.leave import Leave
from bonaface.marks.live.said import Said
from bonaface.marks.live.segment import Place
from bonaface.marks.live.track import Now, TrackSigner, now
from bonaface.marks.marked import MarkedPicture
from bonaface.media.broadcast.broadcast import Broadcast, Report, Tell
from bonaface.media.broadcast.fragments import Sample, to_lengths, write_segment
from bonaface.media.broadcast.hopper import MOST_PICTURES, Hopper
from bonaface.media.broadcast.playlist import MP4, SEGMENT, File, Rendition, Shelf, Stretch
from bonaface.media.broadcast.reel import (
    AAC_FRAME,
    PICTURE_TICKS,
    SOUND_TICKS,
    Coded,
    Quality,
    Reel,
)

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

    They are some eight seconds behind. Memory stays the same: the last dozen segments. `statement`
    is what the credentials say. Once its consent has ended, what may still show the face is held
    back and what lies on the shelf withdrawn; the card that follows is signed as one. Raises
    ConsentMissing, ConsentDenied or Unmarked where there is no leave to begin.
    """

    def __init__(
        self,
        statement: Statement,
        rate: Fraction = Fraction(25),
        tell: Tell = lambda _: None,
        clock: Now = now,
    ) -> None:
        super().__init__("hls", tell)
        require_leave(statement, MP4)
        if statement.permit is None:
            raise ConsentMissing("Nothing that shows a face is broadcast without a permit.")
        statement.permit.require("live")
        self._statement, self._clock = statement, clock
        waiting = int(MOST_PICTURES * SECOND / rate)
        self._leave = Leave(statement.permit, waiting, clock)
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
                    self._leave.ask((packet.pts or 0) * SECOND // PICTURE_TICKS)
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
        pictures = Rendition("picture", name_avc(extra))
        sounds = Rendition("sound", "mp4a.40.2")
        self._shelf.open(pictures, sounds, (width, height), float(self._quality.rate))
        self._note(Report("live"))
        nominal = int(PICTURE_TICKS / self._quality.rate)
        stream = secrets.token_hex(16)
        return (
            self._track(pictures, begins[0], stream, (PICTURE_TICKS, nominal)),
            self._track(sounds, begins[1], stream, (SOUND_TICKS, AAC_FRAME)),
        )

    def _track(
        self, rendition: Rendition, begin: bytes, stream: str, ticks: tuple[int, int]
    ) -> "_Track":
        said = Said(self._statement, stream, rendition.name)
        signer = TrackSigner(begin, said, self._clock)
        seal = _Seal(self._shelf, rendition, signer, self._leave)
        return _Track(seal, *ticks)


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


class _Seal:
    """The way onto the shelf: judged, numbered, signed."""

    def __init__(
        self, shelf: Shelf, rendition: Rendition, signer: TrackSigner, leave: Leave
    ) -> None:
        self._shelf, self._rendition = shelf, rendition
        self._signer, self._leave = signer, leave
        self._number = 0  # of segments that were signed
        self._torn = False

    def add(self, samples: list[Sample], until: int, ticks: int, cut: int | None) -> None:
        """Sign samples as one segment that lasts until then, or hold them back."""
        begin, end = (at * SECOND // ticks for at in (samples[0].at, until))
        shown = self._leave.judge(cut, begin, end)
        if shown == "held":
            self._torn = True
            self._shelf.withdraw(self._rendition)
            return
        self._number += 1
        place = Place(self._number, until - samples[0].at, ticks)
        segment = write_segment(self._number, samples, until)
        sealed = self._signer.sign(segment, place, shown)
        stretch = Stretch(begin, end - begin, sealed.data, sealed.begin.data, self._torn)
        self._shelf.add(self._rendition, stretch)
        self._torn = False


class _Track:
    """Gathers the samples of one track, and cuts them at the times of key pictures."""

    def __init__(self, seal: _Seal, ticks: int, nominal: int) -> None:
        self._seal, self._ticks = seal, ticks
        self._nominal = nominal  # ticks of a sample
        self._samples: list[Sample] = []
        self._cuts: deque[int] = deque()

    def cut_at(self, at: int) -> None:
        """Begin a segment at the first sample at or after `at`, in ticks of pictures."""
        self._cuts.append(at)

    def push(self, packet: Coded, data: bytes) -> None:
        """Take the next sample."""
        self._samples.append(Sample(data, packet.pts or 0, packet.is_keyframe))
        while self._cuts and self._samples[-1].at >= self._place(self._cuts[0]):
            cut = self._cuts.popleft()
            self._emit([one for one in self._samples if one.at < self._place(cut)], cut)

    def finish(self) -> None:
        """Emit what is left."""
        self._emit(self._samples, None)

    def _place(self, cut: int) -> int:
        return cut * self._ticks // PICTURE_TICKS

    def _emit(self, samples: list[Sample], cut: int | None) -> None:
        if not samples:
            return
        self._samples = self._samples[len(samples) :]
        until = self._samples[0].at if self._samples else samples[-1].at + self._nominal
        self._seal.add(samples, until, self._ticks, cut)


def name_avc(extra: bytes) -> str:
    """The name of a codec (RFC 6381, section 3.3) by its sequence parameter set."""
    at = extra.find(b"\0\0\1\x67")
    profile = extra[at + 4 : at + 7] if at >= 0 else extra[1:4]
    return f"avc1.{profile.hex()}"
