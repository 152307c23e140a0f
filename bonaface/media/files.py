"""Media files in: what kind of file it is, its pictures, its sound; decoded as they are read."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import av
import av.error
import numpy as np
from av.audio.resampler import AudioResampler
from av.container import InputContainer
from av.stream import Stream

from bonaface.core import SECOND, Picture, Sound
from bonaface.errors import UnreadableMedia
from bonaface.media.photos import read_photo

Kind = Literal["video", "image", "audio"]
MOST_SIDE = 8192  # px; a larger video is refused before it is decoded
_STILLS = ("image2", "png_pipe", "jpeg_pipe", "webp_pipe", "gif", "bmp_pipe", "tiff_pipe")
Damage: TypeAlias = Callable[[UnreadableMedia], None]  # told what is broken; may raise it


@dataclass(frozen=True, slots=True)
class Media:
    """What a file holds."""

    path: Path
    kind: Kind
    seconds: float | None  # None for images, and where the file does not say
    width: int = 0
    height: int = 0
    has_sound: bool = False


@contextmanager
def open_media(path: Path) -> Iterator[InputContainer]:
    """Open a local file to decode it. Foreign errors of the block become UnreadableMedia."""
    if not path.exists():
        raise UnreadableMedia(f"There is no file {path}.", "Check the path.")
    if path.is_dir():
        raise UnreadableMedia(f"{path} is a folder.", "Name one file in it.")
    if path.stat().st_size == 0:
        raise UnreadableMedia(f"{path.name} is empty.", "Choose a file with something in it.")
    try:
        # local files only: a playlist must not make us open a connection; and a title in a wrong
        # encoding, of which old music is full, is no reason to refuse a file
        with av.open(
            str(path), options={"protocol_whitelist": "file"}, metadata_errors="replace"
        ) as container:
            yield container
    except (av.error.FFmpegError, ValueError, UnicodeError) as cause:
        if isinstance(cause, UnreadableMedia):
            raise
        raise _unreadable(path, cause) from cause


def _unreadable(path: Path, cause: Exception) -> UnreadableMedia:
    why = getattr(cause, "strerror", None) or str(cause)
    remedy = "It is damaged, or no media file. Try another copy."
    return UnreadableMedia(f"Cannot read {path.name}: {why}.", remedy)


def refuse(error: UnreadableMedia) -> None:
    """What to do about damage unless somebody wants what is left: raise it."""
    raise error


def decode(
    path: Path, container: InputContainer, streams: Sequence[Stream], damage: Damage = refuse
) -> Iterator[av.VideoFrame | av.AudioFrame]:
    """Decode streams side by side, in the order of the file; `damage` hears what is broken."""
    packets = container.demux(list(streams))
    while True:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError as cause:
            damage(_unreadable(path, cause))
            return
        if packet is None:
            return
        try:
            yield from packet.decode()  # type: ignore[misc]  # no subtitles among the streams
        except av.error.FFmpegError as cause:
            damage(_unreadable(path, cause))


def look(path: Path) -> Media:
    """Tell what a file holds, by its content, never by its name.

    Raises UnreadableMedia when it holds neither pictures nor sound.
    """
    with open_media(path) as container:
        pictures = [s for s in container.streams.video if not is_cover(s)]
        sounds = container.streams.audio
        seconds = container.duration / 1_000_000 if container.duration else None
        if not pictures:
            if not sounds:
                raise UnreadableMedia(f"{path.name} has no picture and no sound.", "Try another.")
            return Media(path, "audio", seconds, has_sound=True)
        width, height = pictures[0].width, pictures[0].height
        if max(width, height) > MOST_SIDE:
            raise UnreadableMedia(f"{path.name} is {width} x {height}.", "Scale it to 8K or less.")
        if container.format.name in _STILLS and not sounds and not _moves(container):
            _require_picture(container, path)
            return Media(path, "image", None, width, height)
        return Media(path, "video", seconds, width, height, bool(sounds))


def _require_picture(container: InputContainer, path: Path) -> None:
    """Raise UnreadableMedia where no picture can be read: endings of names lie."""
    if next(container.decode(video=0), None) is None:
        raise UnreadableMedia(f"{path.name} holds no picture that can be read.", "Try another.")


def _moves(container: InputContainer) -> bool:
    """Tell a GIF of several pictures from one of a single one."""
    if container.format.name != "gif":
        return False
    return (
        sum(1 for _, packet in zip("12", container.demux(video=0), strict=False) if packet.size) > 1
    )


def is_cover(stream: av.VideoStream) -> bool:
    """Album art is a still inside a sound file."""
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def read_pictures(path: Path, until: float | None = None) -> Iterator[Picture]:
    """The pictures of a video or of an image, in order, up to `until` seconds."""
    media = look(path)
    if media.kind == "image" and _is_photo(path):
        yield read_photo(path)
        return
    with open_media(path) as container:
        stream = next(s for s in container.streams.video if not is_cover(s))
        stream.thread_type = "AUTO"
        start: int | None = None
        for frame in container.decode(stream):
            at = int((frame.time or 0.0) * SECOND)
            start = at if start is None else start
            if until is not None and at - start > until * SECOND:
                return
            pixels = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
            yield Picture(at - start, pixels)


def _is_photo(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(12)
    return head.startswith((b"\xff\xd8\xff", b"\x89PNG", b"RIFF"))


def read_sound(path: Path, rate: int = 48_000) -> Iterator[Sound]:
    """The sound of a file as mono runs at `rate` samples a second, decoded as it is read.

    Raises UnreadableMedia when there is none.
    """
    with open_media(path) as container:
        if not container.streams.audio:
            raise UnreadableMedia(f"{path.name} has no sound.", "Give a file with a sound track.")
        resampler = AudioResampler(format="flt", layout="mono", rate=rate)
        count = 0
        for frame in container.decode(container.streams.audio[0]):
            for run in resampler.resample(frame):
                yield _sound(run, count, rate)
                count += run.samples
        for run in resampler.resample(None):
            yield _sound(run, count, rate)
            count += run.samples


def gather_sound(
    path: Path,
    rate: int,
    until: float,
    complain: Callable[[UnreadableMedia], None] = lambda _: None,
) -> Sound:
    """The sound of a file in one run, up to `until` seconds or to what cannot be read.

    `complain` hears of that; what came before it is given all the same.
    """
    runs, count = [np.zeros(0, np.float32)], 0
    try:
        for run in read_sound(path, rate):
            runs.append(run.samples)
            count += len(run.samples)
            if count >= until * rate:
                break
    except UnreadableMedia as error:
        complain(error)
    return Sound(0, np.concatenate(runs), rate)


def _sound(frame: av.AudioFrame, count: int, rate: int) -> Sound:
    samples = np.clip(np.nan_to_num(frame.to_ndarray().reshape(-1)), -1, 1)
    return Sound(count * SECOND // rate, samples.astype(np.float32), rate)
