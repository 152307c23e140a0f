"""An MP4 file out. It takes marked pictures and marked sound, and nothing else."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import av.error
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from numpy.typing import NDArray

from bonaface.core import SECOND
from bonaface.errors import BonafaceError, UnwritableMedia
from bonaface.marks.marked import MarkedPicture, MarkedSound, require_marked

QUALITY = {
    "preset": "veryfast",
    "crf": "19",
    "threads": "2",  # more hold more pictures in memory, and drawing is the slower half
    "x264-params": "rc-lookahead=4:bframes=2:sync-lookahead=0",
}
SOUND_BITS = 128_000  # a second
AAC_FRAME = 1024  # samples


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the disk and the encoder raise into one sentence about `path`."""
    try:
        yield
    except (OSError, av.error.FFmpegError) as cause:
        if isinstance(cause, BonafaceError):
            raise
        number = getattr(cause, "errno", None)
        why = {
            errno.ENOSPC: "the disk is full",
            errno.EACCES: "there is no permission",
            errno.EROFS: "the disk is read-only",
            errno.ENOENT: "there is no such folder",
        }.get(number or 0, getattr(cause, "strerror", None) or str(cause))
        remedy = "Nothing was left behind. Choose another place with -o, and run it again."
        raise UnwritableMedia(f"Cannot write {path}: {why}.", remedy) from cause


@contextmanager
def draft(path: Path, suffix: str = "") -> Iterator[Path]:
    """A hidden file beside `path` to write into, readable as files usually are; gone afterwards."""
    with writing(path):
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=suffix, dir=path.parent)
        os.close(handle)
        half = Path(name)
        mask = os.umask(0)
        os.umask(mask)
        try:
            half.chmod(0o666 & ~mask)
            yield half
        finally:
            half.unlink(missing_ok=True)


class Video:
    """H.264 and AAC in MP4. Use as a context: leaving it well finishes the file.

    `rate` is pictures a second; sound of `sound_rate` Hz comes in any run length.
    Raises Unmarked when offered what carries no mark, UnwritableMedia when the disk refuses.
    """

    def __init__(self, path: Path, size: tuple[int, int], rate: Fraction, sound_rate: int) -> None:
        self._path, self._rate, self._sound_rate = path, rate, sound_rate
        self._spare = np.zeros(0, np.float32)
        self._heard = 0
        with writing(path):
            options = {"movflags": "+faststart"}
            self._container = av.open(str(path), "w", format="mp4", options=options)
            self._pictures = self._container.add_stream("libx264", rate=rate, options=QUALITY)
            self._pictures.width, self._pictures.height = size
            self._pictures.pix_fmt = "yuv420p"
            context = self._pictures.codec_context
            context.color_range = ColorRange.MPEG
            context.colorspace = Colorspace.ITU709
            context.color_primaries = ColorPrimaries.BT709
            context.color_trc = ColorTrc.BT709
            self._sounds = self._container.add_stream("aac", rate=sound_rate, layout="mono")
            self._sounds.bit_rate = SOUND_BITS

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        with writing(self._path):
            if error is None:
                self._finish()
            self._container.close()

    def show(self, picture: MarkedPicture) -> None:
        """Encode one picture, shown from its own time."""
        require_marked(picture)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture.pixels), format="rgb24")
        yuv = frame.reformat(
            format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
        )
        yuv.pts = round(picture.at * self._rate / SECOND)
        yuv.time_base = 1 / self._rate
        with writing(self._path):
            self._container.mux(self._pictures.encode(yuv))

    def hear(self, sound: MarkedSound) -> None:
        """Encode one run of sound; runs follow each other without gaps."""
        require_marked(sound)
        self._spare = np.concatenate([self._spare, sound.samples])
        whole = len(self._spare) // AAC_FRAME * AAC_FRAME
        self._encode(self._spare[:whole])
        self._spare = self._spare[whole:]

    def _encode(self, samples: NDArray[np.float32]) -> None:
        for start in range(0, len(samples), AAC_FRAME):
            run = samples[None, start : start + AAC_FRAME]
            frame = av.AudioFrame.from_ndarray(run, format="fltp", layout="mono")
            frame.sample_rate = self._sound_rate
            frame.pts, frame.time_base = self._heard, Fraction(1, self._sound_rate)
            self._heard += run.shape[1]
            with writing(self._path):
                self._container.mux(self._sounds.encode(frame))

    def _finish(self) -> None:
        self._encode(self._spare)
        self._container.mux(self._pictures.encode(None))
        self._container.mux(self._sounds.encode(None))
