"""A stretch of a file, pictures and sound side by side, as inspectors want them.

Times are the file's own, from the first of its pictures and sounds, so that a shift between them
stays what it is.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Final, TypeAlias

import av
import numpy as np
from av import AudioResampler
from av.container import InputContainer

from bonaface.core import SECOND, Picture, Sound, Time
from bonaface.media.files import Damage, decode, is_cover, open_media, refuse
from bonaface.media.upright import Upright, see

Moment: TypeAlias = Picture | Sound
RATE: Final = 16_000  # samples a second of the sound
APART: Final = SECOND // 26  # pictures that follow sooner are left out: 25 a second are enough
LARGEST: Final = 1920  # px; larger pictures are scaled down
GAP: Final = SECOND // 10  # of missing sound, after which its clock is read again


def read_excerpt(
    path: Path, first: float = 0.0, until: float | None = None, damage: Damage = refuse
) -> Iterator[Moment]:
    """Pictures and mono sound from `first` to `until` s, in the order of the file.

    `damage` hears what is broken; unless it raises, what is left is given. Raises UnreadableMedia.
    """
    with open_media(path) as container:
        origin = (container.start_time or 0) / av.time_base
        if first > 0:
            _seek(container, origin + first)
        pictures = [s for s in container.streams.video if not is_cover(s)][:1]
        sounds = [s for s in container.streams.audio if s.codec_context][:1]
        for stream in pictures:
            stream.thread_type = "AUTO"
        show = _Show(pictures[0].sample_aspect_ratio if pictures else None)
        hear = _Hear()
        ended: set[type] = set()
        for frame in decode(path, container, [*pictures, *sounds], damage):
            at = int(((frame.time or 0.0) - origin) * SECOND)
            if until is not None and at >= until * SECOND:
                ended.add(type(frame))
                if len(ended) == len(pictures) + len(sounds):
                    return
            elif at >= first * SECOND:
                yield from (
                    show.push(at, frame)
                    if isinstance(frame, av.VideoFrame)
                    else hear.push(at, frame)
                )


def _seek(container: InputContainer, seconds: float) -> None:
    try:
        container.seek(int(seconds * av.time_base))
    except av.error.FFmpegError:
        return  # some files can only be read through


class _Show:
    """Frames to upright pictures, not too many and not too large."""

    def __init__(self, aspect: Fraction | None) -> None:
        self._aspect = aspect
        self._upright: Upright | None = None
        self._last: Time | None = None

    def push(self, at: Time, frame: av.VideoFrame) -> Iterator[Picture]:
        if self._last is not None and 0 <= at - self._last < APART:
            return
        self._last = at
        if self._upright is None:
            self._upright = _shrunk(see(frame, self._aspect))
        yield Picture(at, self._upright.show(frame))


def _shrunk(upright: Upright) -> Upright:
    share = min(1.0, LARGEST / max(upright.scaled))
    width, height = (max(1, round(side * share)) for side in upright.scaled)
    return Upright((width, height), upright.turn)


class _Hear:
    """Frames to runs of sound whose times count samples, until there is a gap."""

    def __init__(self) -> None:
        self._resampler = AudioResampler(format="flt", layout="mono", rate=RATE)
        self._next: Time | None = None

    def push(self, at: Time, frame: av.AudioFrame) -> Iterator[Sound]:
        if self._next is None or abs(at - self._next) > GAP:
            self._next = at
        frame.pts = None
        for run in self._resampler.resample(frame):
            samples = np.clip(np.nan_to_num(run.to_ndarray().reshape(-1)), -1, 1)
            sound = Sound(self._next, samples.astype(np.float32), RATE)
            self._next = sound.until
            if len(samples):
                yield sound
