"""Scenes and voices made from numbers, for tests of marks; and codecs to put them through."""

import io
from fractions import Fraction

import av
import cv2
import numpy as np
from av.audio.stream import AudioStream
from av.video.stream import VideoStream
from numpy.typing import NDArray

from bonaface.core import SECOND, Picture, Sound

FPS = 25


def paint_scene(count: int = 75, height: int = 512, width: int = 512) -> list[Picture]:
    """A flat wall, a textured cloth, and a soft head that sways before them."""
    draw = np.random.default_rng(7)
    y, x = np.mgrid[:height, :width].astype(np.float32) / min(height, width)
    wall = 150 + 30 * y + 15 * x
    grain = cv2.GaussianBlur(draw.normal(0, 40, (height, width)).astype(np.float32), (0, 0), 1.5)
    still = np.where(y > 0.75, 90 + grain, wall)
    skin = cv2.GaussianBlur(draw.normal(0, 8, (height, width)).astype(np.float32), (0, 0), 1.0)
    pictures = []
    for i in range(count):
        left = 0.5 * width / min(height, width) + 0.03 * np.sin(i / 6)
        head = np.exp(-((((x - left) / 0.22) ** 2 + ((y - 0.5) / 0.3) ** 2) ** 3))
        moved = np.roll(skin, round(0.03 * np.sin(i / 6) * width), axis=1)
        luma = still * (1 - head) + (190 + moved) * head
        colour = np.stack([luma * 1.05, luma * 0.95, luma * 0.85], -1)
        pixels = np.clip(colour, 0, 255).astype(np.uint8)
        pictures.append(Picture(i * SECOND // FPS, pixels))
    return pictures


def recode_pictures(pictures: list[Picture], crf: int) -> list[Picture]:
    """Through x264 and back."""
    file = io.BytesIO()
    height, width = pictures[0].pixels.shape[:2]
    with av.open(file, "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=FPS, options={"crf": str(crf), "preset": "medium"})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for picture in pictures:
            pixels = np.ascontiguousarray(picture.pixels)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        out.mux(stream.encode(None))
    file.seek(0)
    with av.open(file, "r") as back:
        frames = [frame.to_ndarray(format="rgb24") for frame in back.decode(video=0)]
    return [Picture(p.at, f.astype(np.uint8)) for p, f in zip(pictures, frames, strict=True)]


def speak_scene(seconds: float = 6, rate: int = 48_000) -> Sound:
    """Something like speech: harmonics of a gliding pitch, in syllables, with hiss between."""
    draw = np.random.default_rng(3)
    t = np.arange(int(seconds * rate)) / rate
    pitch = 120 + 20 * np.sin(2 * np.pi * 0.4 * t)
    turn = 2 * np.pi * np.cumsum(pitch) / rate
    voice = sum(np.sin(k * turn + draw.uniform(0, 6)) / k**0.9 for k in range(1, 55))
    syllables = np.clip(np.sin(2 * np.pi * 3.1 * t + 2 * np.sin(2 * np.pi * 0.7 * t)) + 0.6, 0, 1)
    hiss = draw.normal(0, 0.3, len(t)) * np.clip(np.sin(2 * np.pi * 2.3 * t + 1), 0, 1) ** 4
    samples = 0.05 * (voice * syllables + hiss) + draw.normal(0, 2e-4, len(t))
    return Sound(0, samples.astype(np.float32), rate)


def recode_sound(samples: NDArray[np.float32], codec: str, form: str, rate: int) -> Sound:
    """Through a codec at `rate` and back to 48 kHz; the input is 48 kHz."""
    file = io.BytesIO()
    with av.open(file, "w", format=form) as out:
        stream = out.add_stream(codec, rate=rate, layout="mono")
        assert isinstance(stream, AudioStream)
        if codec != "pcm_mulaw":
            stream.bit_rate = 64_000 if codec == "aac" else 24_000
        frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, 0, Fraction(1, 48_000)
        size = stream.codec_context.frame_size or None
        resampler = av.AudioResampler(stream.format, "mono", rate, size)
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    file.seek(0)
    with av.open(file, "r") as back:
        to_float = av.AudioResampler("fltp", "mono", 48_000)
        runs = [r.to_ndarray()[0] for f in back.decode(audio=0) for r in to_float.resample(f)]
    return Sound(0, np.concatenate(runs).astype(np.float32), 48_000)
