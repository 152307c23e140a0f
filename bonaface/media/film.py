"""A film as it runs: upright pictures and the channels of its sound, in the order of the file."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from bonaface.core import SECOND, Picture, Time
from bonaface.errors import UnreadableMedia
from bonaface.media import tone
from bonaface.media.channels import ChannelReader, Channels, choose_rate
from bonaface.media.files import MOST_SIDE, Damage, decode, is_cover, open_media, refuse
from bonaface.media.upright import Pixels, Upright, is_clear, see
from bonaface.media.whole import require_bytes, require_length

Moment: TypeAlias = Picture | Channels
STAND: Time = SECOND // 4  # a picture that stands longer is shown again: the mark must move on
SPLIT: Time = SECOND // 50  # but not so shortly before the next
LONGEST_STAND: Time = 600 * SECOND  # a longer gap is a broken clock
USUAL = Fraction(25)  # pictures a second, where a file does not say


@dataclass(frozen=True, slots=True)
class Shape:
    """What a film will be when it is read."""

    upright: Upright
    rate: Fraction  # pictures a second, about
    seconds: float | None  # as the file says
    channels: int  # 0 where it is silent
    sound_rate: int
    notes: tuple[str, ...] = ()  # sentences: what is not kept as it was


def look_at_film(path: Path) -> Shape:
    """Tell what a film will be, from its head and its first frame.

    Raises UnreadableMedia where there is no picture that can be decoded.
    """
    with open_media(path) as container:
        stream, sound = _pictures(container), find_sound(container)
        first = next(container.decode(stream), None)
        if first is None:
            raise UnreadableMedia(f"{path.name} has no picture that can be read.", "Try another.")
        upright = see(first, stream.sample_aspect_ratio)
        if max(upright.size) > MOST_SIDE:
            size = "{} x {}".format(*upright.size)
            raise UnreadableMedia(f"{path.name} is {size}.", "Scale it to 8K or less.")
        rate = stream.average_rate or stream.guessed_rate or USUAL
        return Shape(
            upright,
            rate if 1 <= rate <= 240 else USUAL,
            container.duration / 1_000_000 if container.duration else None,
            min(2, sound.codec_context.channels) if sound else 0,
            choose_rate(sound.codec_context.sample_rate) if sound else 0,
            (*_picture_notes(container, first, upright), *sound_notes(container)),
        )


def read_film(path: Path, shape: Shape, damage: Damage = refuse) -> Iterator[Moment]:
    """Read a film in constant memory. Times start at the first of picture and sound.

    `damage` hears what is broken, and where the film breaks off; unless it raises, what is left is
    given. Raises UnreadableMedia.
    """
    require_bytes(path, damage)
    with open_media(path) as container:
        stream, sound = _pictures(container), find_sound(container)
        stream.thread_type = "AUTO"
        origin = Fraction(container.start_time or 0, 1_000_000)
        show = _Show(shape, origin)
        hear = ChannelReader(shape.sound_rate, shape.channels, origin) if sound else None
        streams = [stream, *([sound] if sound else [])]
        for frame in decode(path, container, streams, damage):
            if isinstance(frame, av.VideoFrame):
                yield from show.push(frame)
            elif hear:
                yield from hear.push(frame)
        if hear:
            yield from hear.flush()
        yield from show.flush()
        until = max(show.until, hear.until if hear else 0)
        require_length(path, container, until / SECOND, damage)


def find_sound(container: InputContainer) -> AudioStream | None:
    """Answer the first sound track that can be decoded."""
    return next((s for s in container.streams.audio if s.codec_context), None)


def sound_notes(container: InputContainer) -> Iterator[str]:
    """Say what of the sound is not kept."""
    sounds = container.streams.audio
    sound = find_sound(container)
    if sounds and sound is None:
        yield "Its sound is of a kind that cannot be read here, and was left out."
    elif len(sounds) > 1:
        yield f"It has {len(sounds)} sound tracks; only the first was kept."
    if sound and sound.codec_context.channels > 2:
        yield f"Its sound of {sound.codec_context.channels} channels was mixed down to stereo."


def _pictures(container: InputContainer) -> VideoStream:
    return next(s for s in container.streams.video if not is_cover(s) and s.codec_context)


def _picture_notes(
    container: InputContainer, first: av.VideoFrame, upright: Upright
) -> Iterator[str]:
    """Say what of the pictures is not kept."""
    if sum(not is_cover(s) for s in container.streams.video) > 1:
        yield "It has several picture tracks; only the first was kept."
    if tone.is_wide(first.color_primaries, first.color_trc):
        yield "Its wide colours (HDR or BT.2020) were brought into those of usual screens."
    elif max(part.bits for part in first.format.components) > 8:
        yield "Its colours of more than 8 bits were rounded to 8."
    if is_clear(first):
        yield "What is transparent in it became white."
    if upright.scaled[0] != first.width:
        yield "Its pixels, which were not square, were made so."
    if first.interlaced_frame:
        yield "It is interlaced; its lines were left as they are."


class _Show:
    """Gives frames their time, and shows again what stands for long."""

    def __init__(self, shape: Shape, origin: Fraction) -> None:
        self._shape, self._origin = shape, origin
        self._last: Picture | None = None
        self._length: Time = 0
        self.until: Time = 0

    def push(self, frame: av.VideoFrame) -> Iterator[Picture]:
        """Take the next frame; one that comes at no later time than the last is left out."""
        at = self._at(frame)
        if self._last and at <= self._last.at:
            return
        yield from self._stand(at)
        self._length = int(Fraction(SECOND) / self._shape.rate)
        if frame.duration and frame.time_base:
            self._length = int(frame.duration * frame.time_base * SECOND)
        pixels: Pixels = self._shape.upright.show(frame)
        self._last = Picture(at, pixels)
        self.until = at + self._length
        yield self._last

    def flush(self) -> Iterator[Picture]:
        """The last picture stands as long as its frame says."""
        yield from self._stand(self.until)

    def _at(self, frame: av.VideoFrame) -> Time:
        if frame.pts is None or frame.time_base is None:
            return self.until
        return max(0, round((frame.pts * frame.time_base - self._origin) * SECOND))

    def _stand(self, until: Time) -> Iterator[Picture]:
        if self._last is None:
            return
        until = min(until, self._last.at + LONGEST_STAND)
        for at in range(self._last.at + STAND, until - SPLIT, STAND):
            yield Picture(at, self._last.pixels)
