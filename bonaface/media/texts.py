"""The words that go with a film: subtitles and chapters, on their way into an MP4 file.

MP4 has one kind of subtitle, timed text (3GPP TS 26.245), of which no two are shown at once.
Tracks of that kind are kept as they are; those of other kinds (SubRip, ASS, WebVTT) become it, as
plain text. Subtitles that are pictures have no place there.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Final

import av
import av.error
from av.container import InputContainer, OutputContainer
from av.stream import Stream
from av.subtitles.stream import SubtitleStream
from av.subtitles.subtitle import AssSubtitle

from bonaface.core import SECOND, Time
from bonaface.errors import UnreadableMedia
from bonaface.media.files import open_media

MOST: Final = 50_000  # subtitles of a track
LONGEST: Final = 2000  # letters of one
AT_ONCE: Final = 8  # that are shown together
USUAL: Time = 2 * SECOND  # for which one is shown that does not say
TICKS: Final = 1000  # a second
_TIMED: Final = "mov_text"
_PICTURED: Final = re.compile(rb"\{[^}]*\\p[1-9]")  # ASS that draws
_STYLE: Final = re.compile(r"\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class Cue:
    """One subtitle: a sample of timed text (its length in two bytes, UTF-8, and styles)."""

    at: Time
    until: Time
    sample: bytes


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of a film with a name."""

    at: Time
    until: Time
    title: str


@dataclass(frozen=True, slots=True)
class Texts:
    """What a film has to read, at times of its pictures; and what of it is left out."""

    subtitles: tuple[tuple[str, tuple[Cue, ...]], ...] = ()  # each with a language, ISO 639-2
    chapters: tuple[Chapter, ...] = ()
    notes: tuple[str, ...] = ()  # sentences

    def open(self, container: OutputContainer) -> "TextTracks":
        """Make room for them in a file to which nothing was written yet."""
        if self.chapters:
            container.set_chapters([_write_chapter(i, one) for i, one in enumerate(self.chapters)])
        tracks = []
        for language, cues in self.subtitles:
            stream = container.add_mux_stream(_TIMED)
            stream.time_base = Fraction(1, TICKS)
            stream.metadata["language"] = language
            tracks.append((stream, cues))
        return TextTracks(container, tracks)


class TextTracks:
    """Tracks of subtitles in a file that is being written."""

    def __init__(
        self, container: OutputContainer, tracks: list[tuple[Stream, tuple[Cue, ...]]]
    ) -> None:
        self._container, self._tracks = container, tracks

    def write(self) -> None:
        """Write all of them; the container puts them where they belong."""
        for stream, cues in self._tracks:
            for cue in cues:
                packet = av.Packet(cue.sample)
                packet.stream, packet.time_base = stream, Fraction(1, TICKS)
                packet.pts = packet.dts = cue.at * TICKS // SECOND
                packet.duration = cue.until * TICKS // SECOND - packet.pts
                packet.is_keyframe = True
                self._container.mux(packet)


def read_texts(path: Path) -> Texts:
    """Read what goes with a film. What is broken of it is passed over."""
    subtitles: list[tuple[str, tuple[Cue, ...]]] = []
    with open_media(path) as container:
        origin = Fraction(container.start_time or 0, 1_000_000)
        chapters = tuple(_read_chapters(container, origin))
        kinds = [_kind(stream) for stream in container.streams.subtitles]
        notes = list(_notes(container, kinds))
    for i, kind in enumerate(kinds):
        if kind is not None:
            language, cues = _read_track(path, i, kind, origin)
            if cues:
                subtitles.append((language, cues))
            if len(cues) >= MOST:
                notes.append(f"Of one track, the first {MOST:,} subtitles were kept.")
    return Texts(tuple(subtitles), chapters, tuple(notes))


def lay_flat(spoken: Iterable[tuple[Time, Time, str]]) -> Iterator[tuple[Time, Time, str]]:
    """Answer (from, until, text) of which no two overlap: what is shown at once becomes lines."""
    spoken = sorted(spoken, key=lambda one: one[0])
    times = sorted({at for one in spoken for at in one[:2]})
    here: list[tuple[Time, Time, str]] = []
    coming = 0
    for at, until in pairwise(times):
        here = [one for one in here if one[1] > at]
        while coming < len(spoken) and spoken[coming][0] <= at:
            here = [*here, spoken[coming]][-AT_ONCE:]
            coming += 1
        if here:
            yield at, until, "\n".join(text for _, _, text in here)


def _kind(stream: SubtitleStream) -> str | None:
    """Name the kind of a track of text; None for what is no text."""
    context = stream.codec_context
    if context is None or not context.codec.text_sub:
        return None
    return context.name


def _read_track(path: Path, index: int, kind: str, origin: Fraction) -> tuple[str, tuple[Cue, ...]]:
    cues: list[Cue] = []
    spoken: list[tuple[Time, Time, str]] = []
    language = "und"
    with suppress(UnreadableMedia), open_media(path) as container:  # the pictures' reader tells
        stream = container.streams.subtitles[index]
        language = stream.language or language
        for packet in container.demux(stream):
            if packet.pts is None or packet.time_base is None or len(cues) + len(spoken) >= MOST:
                continue
            at = round((packet.pts * packet.time_base - origin) * SECOND)
            until = at + (round((packet.duration or 0) * packet.time_base * SECOND) or USUAL)
            at = max(0, at)
            if until - at < SECOND // TICKS:
                continue
            if kind == _TIMED:
                sample = bytes(packet)
                cues += [Cue(at, until, sample)] if len(sample) > 2 else []  # others are gaps
            else:
                spoken += [(at, until, text) for text in _read_words(packet)]
    flat = (Cue(at, until, _write_sample(text)) for at, until, text in lay_flat(spoken))
    return language, (*cues, *flat)


def _read_words(packet: "av.Packet[SubtitleStream]") -> Iterator[str]:
    try:
        decoded = packet.decode()
    except av.error.FFmpegError:
        return
    for one in decoded:
        if isinstance(one, AssSubtitle) and not _PICTURED.search(one.dialogue):
            text = _STYLE.sub("", one.dialogue.decode("utf-8", "replace")).replace("\\h", " ")
            text = "\n".join(line.strip() for line in text.splitlines()).strip()
            if text:
                yield text[:LONGEST]


def _write_sample(text: str) -> bytes:
    words = text.encode()[:65_535].decode("utf-8", "ignore").encode()
    return len(words).to_bytes(2, "big") + words


def _read_chapters(container: InputContainer, origin: Fraction) -> Iterator[Chapter]:
    for one in container.chapters():
        beat = one["time_base"] or Fraction(1)
        at, until = (
            max(0, round((time * beat - origin) * SECOND)) for time in (one["start"], one["end"])
        )
        if until > at:
            yield Chapter(at, until, one["metadata"].get("title", "")[:LONGEST])


def _write_chapter(number: int, chapter: Chapter) -> "av.container.core.Chapter":
    return {
        "id": number,
        "start": chapter.at * TICKS // SECOND,
        "end": chapter.until * TICKS // SECOND,
        "time_base": Fraction(1, TICKS),
        "metadata": {"title": chapter.title},
    }


def _notes(container: InputContainer, kinds: list[str | None]) -> Iterator[str]:
    """Say what of the words, and of what else goes with a film, is not kept as it was."""
    if None in kinds:
        yield "Its subtitles that are pictures were left out; keep them as a file of their own."
    if any(kind not in {None, _TIMED} for kind in kinds):
        yield "Its subtitles became plain text: their styles and places were left out."
    if container.streams.attachments:
        yield "Its attachments (fonts and the like) were left out."
    # In MP4 the list of chapters is a track of data too.
    if len(container.streams.data) > bool(container.chapters()):
        yield "Its tracks of data (time codes, places and the like) were left out."
