"""What happens to files on their way: the attacks of bench/marks.py, on pictures and on sound."""

import io
from collections.abc import Callable
from fractions import Fraction

import av
import cv2
import numpy as np
import soxr
from av.audio.stream import AudioStream
from av.video.stream import VideoStream
from numpy.typing import NDArray

from bonaface.core import SECOND, Picture

Pixels = NDArray[np.uint8]
Film = list[Picture]
FilmAttack = Callable[[Film], Film]
Samples = NDArray[np.float32]
SoundAttack = Callable[[Samples], Samples]
HEARD = 48_000  # samples a second, in and out


def recode(codec: str, form: str = "mp4", **options: str) -> FilmAttack:
    """Through a video codec and back."""

    def attack(film: Film) -> Film:
        file = io.BytesIO()
        height, width = film[0].pixels.shape[:2]
        ticks = Fraction(1, 90_000)
        with av.open(file, "w", format=form) as out:
            stream = out.add_stream(codec, rate=25, options=options)
            assert isinstance(stream, VideoStream)  # noqa: S101 (narrows the type)
            stream.width, stream.height, stream.pix_fmt = width // 2 * 2, height // 2 * 2, "yuv420p"
            stream.time_base = stream.codec_context.time_base = ticks
            if "b" in options:
                stream.bit_rate = int(options["b"])
            for picture in film:
                pixels = np.ascontiguousarray(picture.pixels[: height // 2 * 2, : width // 2 * 2])
                frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
                frame.pts, frame.time_base = round(picture.at * 9e-5), ticks
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
        file.seek(0)
        with av.open(file, "r") as back:
            frames = list(back.decode(video=0))
        return [
            Picture(round((f.time or 0) * 1e9), f.to_ndarray(format="rgb24").astype(np.uint8))
            for f in frames
        ]

    return attack


def each(change: Callable[[Pixels], NDArray[np.generic]]) -> FilmAttack:
    """Change every picture alike."""

    def attack(film: Film) -> Film:
        changed = (np.clip(change(np.asarray(p.pixels)), 0, 255) for p in film)
        return [
            Picture(p.at, np.ascontiguousarray(c).astype(np.uint8))
            for p, c in zip(film, changed, strict=True)
        ]

    return attack


def scale(across: float, down: float | None = None) -> Callable[[Pixels], Pixels]:
    """Larger or smaller."""

    def change(pixels: Pixels) -> Pixels:
        size = (round(pixels.shape[1] * across), round(pixels.shape[0] * (down or across)))
        way = cv2.INTER_AREA if across < 1 else cv2.INTER_CUBIC
        return np.asarray(cv2.resize(pixels, size, interpolation=way), np.uint8)

    return change


def crop(left: float, top: float, right: float, bottom: float) -> Callable[[Pixels], Pixels]:
    """Take shares off the edges; what is left keeps its size."""

    def change(pixels: Pixels) -> Pixels:
        height, width = pixels.shape[:2]
        rows = slice(round(top * height), round((1 - bottom) * height))
        return np.ascontiguousarray(pixels[rows, round(left * width) : round((1 - right) * width)])

    return change


def jpeg(quality: int) -> Callable[[Pixels], Pixels]:
    """Through JPEG and back."""

    def change(pixels: Pixels) -> Pixels:
        _, code = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), np.uint8)

    return change


def turn(degrees: float) -> Callable[[Pixels], Pixels]:
    """Rotate about the middle."""

    def change(pixels: Pixels) -> Pixels:
        height, width = pixels.shape[:2]
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
        return np.asarray(cv2.warpAffine(pixels, matrix, (width, height)), np.uint8)

    return change


def caption(pixels: Pixels) -> Pixels:
    """A black bar with white letters at the bottom."""
    out = pixels.copy()
    height = len(out)
    out[round(0.82 * height) :] = 0
    place = (20, round(0.93 * height))
    cv2.putText(out, "burnt-in caption", place, 0, height / 600, (255, 255, 255), 2)
    return out


def chain(*attacks: FilmAttack) -> FilmAttack:
    """One after the other."""

    def attack(film: Film) -> Film:
        for one in attacks:
            film = one(film)
        return film

    return attack


def lean(pixels: Pixels) -> Pixels:
    """As a phone sees a screen it is not square to: perspective, and a dark room around."""
    height, width = pixels.shape[:2]
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32)
    there = np.array([(0.06, 0.05), (0.95, 0.02), (0.93, 0.95), (0.03, 0.92)], np.float32)
    size = np.array((width, height), np.float32)
    matrix = cv2.getPerspectiveTransform(corners * size, there * size)
    seen = cv2.warpPerspective(pixels, matrix, (width, height), borderValue=(18, 16, 15))
    return np.asarray(seen, np.uint8)


def film_screen(film: Film) -> Film:
    """Filmed from a screen at 30 pictures a second: leant, blurred, moire, gamma, noise."""
    draw = np.random.default_rng(5)
    height, width = film[0].pixels.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    moire = 1 + 0.03 * np.sin(0.9 * x + 0.13 * y) + 0.03 * np.sin(0.11 * x - 0.7 * y)
    count = int((film[-1].at - film[0].at) * 30 // SECOND) + 1
    out = []
    for i in range(count):
        at = i * SECOND // 30
        shown = film[min(len(film) - 1, at * 25 // SECOND)]
        seen = cv2.GaussianBlur(lean(np.asarray(shown.pixels)), (0, 0), 0.9)
        light = 255 * (seen / 255.0) ** 1.15 * moire[..., None] + draw.normal(0, 4, seen.shape)
        out.append(Picture(at, np.clip(light, 0, 255).astype(np.uint8)))
    return out


def inset(part: float, beside: Film, corner: tuple[float, float] = (0.04, 0.06)) -> FilmAttack:
    """Shown small in another film: `part` of its width and height, at a corner in shares."""

    def attack(film: Film) -> Film:
        out = []
        height, width = film[0].pixels.shape[:2]
        top, left = round(corner[1] * height), round(corner[0] * width)
        for i, picture in enumerate(film):
            small = scale(part)(np.asarray(picture.pixels))
            other = beside[i % len(beside)].pixels
            frame = np.asarray(cv2.resize(other, (width, height)), np.uint8)
            frame[top : top + len(small), left : left + small.shape[1]] = small
            out.append(Picture(picture.at, frame))
        return out

    return attack


def pair(part: float, beside: Film) -> FilmAttack:
    """Side by side with another film in a wide frame, both `part` of its height."""

    def attack(film: Film) -> Film:
        out = []
        for i, picture in enumerate(film):
            small = scale(part)(np.asarray(picture.pixels))
            height, width = small.shape[:2]
            frame = np.full((round(height / part), 2 * width, 3), 24, np.uint8)
            top = (len(frame) - height) // 2
            frame[top : top + height, :width] = small
            other = cv2.resize(beside[i % len(beside)].pixels, (width, height))
            frame[top : top + height, width:] = other
            out.append(Picture(picture.at, frame))
        return out

    return attack


def slower(film: Film) -> Film:
    """Every sixth picture dropped, as from 30 to 25 a second."""
    return [picture for i, picture in enumerate(film) if i % 6]


X264 = {"preset": "medium"}
X265 = {"preset": "fast", "x265-params": "log-level=0"}
REAL_TIME = {"deadline": "realtime", "cpu-used": "6", "lag-in-frames": "0", "b": "500000"}
CRF_28 = recode("libx264", crf="28", **X264)
FILM_ATTACKS: dict[str, FilmAttack] = {
    "none": lambda film: film,
    "H.264 CRF 23": recode("libx264", crf="23", **X264),
    "H.264 CRF 28": CRF_28,
    "H.264 CRF 35": recode("libx264", crf="35", **X264),
    "H.265 CRF 28": recode("libx265", crf="28", **X265),
    "H.265 CRF 35": recode("libx265", crf="35", **X265),
    "VP8 CRF 24": recode("libvpx", "webm", crf="24", b="4000000", **{"cpu-used": "4"}),
    "VP8 500 kb/s real time": recode("libvpx", "webm", **REAL_TIME),
    "VP9 CRF 34": recode("libvpx-vp9", "webm", crf="34", b="0", **{"cpu-used": "5"}),
    "AV1 CRF 40": recode("libsvtav1", crf="40", preset="10"),
    "CRF 23, then CRF 28": chain(recode("libx264", crf="23", **X264), CRF_28),
    "0.5x and back": chain(each(scale(0.5)), each(scale(2))),
    "0.75x and back": chain(each(scale(0.75)), each(scale(4 / 3))),
    "0.5x, CRF 28": chain(each(scale(0.5)), CRF_28),
    "crop 10 % left": each(crop(0.1, 0, 0, 0)),
    "crop 10 % right": each(crop(0, 0, 0.1, 0)),
    "crop 10 % top": each(crop(0, 0.1, 0, 0)),
    "crop 10 % bottom": each(crop(0, 0, 0, 0.1)),
    "crop 10 %, CRF 28": chain(each(crop(0.05, 0.05, 0.05, 0.05)), CRF_28),
    "crop unequal, 0.5x, CRF 28": chain(each(crop(0.03, 0, 0.1, 0.05)), each(scale(0.5)), CRF_28),
    "mirrored, CRF 28": chain(each(lambda pixels: pixels[:, ::-1]), CRF_28),
    "mirrored, crop 10 %, CRF 28": chain(
        each(lambda pixels: pixels[:, ::-1]), each(crop(0.1, 0.04, 0, 0)), CRF_28
    ),
    "brighter, more contrast": each(lambda pixels: pixels * 1.2 + 10),
    "darker, less contrast": each(lambda pixels: pixels * 0.7 + 5),
    "gamma 0.7": each(lambda pixels: 255 * (pixels / 255) ** 0.7),
    "gamma 1.4": each(lambda pixels: 255 * (pixels / 255) ** 1.4),
    "30 to 25 a second": slower,
    "caption bar, CRF 28": chain(each(caption), CRF_28),
    "one frame, JPEG 90": lambda film: each(jpeg(90))(film[30:31]),
    "one frame, JPEG 50": lambda film: each(jpeg(50))(film[30:31]),
    "rotated 1 degree": each(turn(1)),
    "rotated 2 degrees": each(turn(2)),
    "rotated 5 degrees": each(turn(5)),
    "rotated 5 degrees, CRF 28": chain(each(turn(-5)), CRF_28),
    "filmed from a screen, CRF 28": chain(film_screen, CRF_28),
}
STILL_ATTACKS: dict[str, Callable[[Pixels], Pixels]] = {
    "PNG": lambda pixels: pixels,
    "JPEG 90": jpeg(90),
    "JPEG 75": jpeg(75),
    "JPEG 50": jpeg(50),
    "0.5x": scale(0.5),
    "0.5x, JPEG 75": lambda pixels: jpeg(75)(scale(0.5)(pixels)),
    "crop 10 % left": crop(0.1, 0, 0, 0),
    "crop 10 % all round": crop(0.05, 0.05, 0.05, 0.05),
    "crop unequal, JPEG 75": lambda pixels: jpeg(75)(crop(0.03, 0, 0.1, 0.05)(pixels)),
    "mirrored, JPEG 75": lambda pixels: jpeg(75)(np.ascontiguousarray(pixels[:, ::-1])),
    "rotated 2 degrees": turn(2),
    "rotated 5 degrees": turn(5),
}


def surround(beside: Film) -> dict[str, FilmAttack]:
    """Answer the attacks that show a film beside or in another."""
    return {
        f"{name}, CRF 28": chain(attack, CRF_28)
        for name, attack in (
            ("inset of 70 %", inset(0.7, beside)),
            ("inset of 55 %", inset(0.55, beside, (0.4, 0.41))),
            ("inset of 40 %", inset(0.4, beside)),
            ("side by side", pair(0.8, beside)),
        )
    }


def speak_through(codec: str, form: str, rate: int, bits: int = 0) -> SoundAttack:
    """Through an audio codec and back."""

    def attack(samples: Samples) -> Samples:
        file = io.BytesIO()
        with av.open(file, "w", format=form) as out:
            stream = out.add_stream(codec, rate=rate, layout="mono")
            assert isinstance(stream, AudioStream)  # noqa: S101 (narrows the type)
            if bits:
                stream.bit_rate = bits
            whole = np.ascontiguousarray(samples[None])
            frame = av.AudioFrame.from_ndarray(whole, format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = HEARD, 0, Fraction(1, HEARD)
            size = stream.codec_context.frame_size or None
            resampler = av.AudioResampler(stream.format, "mono", rate, size)
            for piece in [*resampler.resample(frame), *resampler.resample(None)]:
                out.mux(stream.encode(piece))
            out.mux(stream.encode(None))
        return read_samples(file)

    return attack


def read_samples(file: io.BytesIO | str) -> Samples:
    """Answer a sound file as mono at 48 kHz; empty when it has no sound."""
    if isinstance(file, io.BytesIO):
        file.seek(0)
    resampler = av.AudioResampler("fltp", "mono", HEARD)
    runs = [np.zeros(0, np.float32)]
    with av.open(file, "r") as back:
        frames = back.decode(audio=0) if back.streams.audio else iter(())
        runs += [r.to_ndarray()[0] for frame in frames for r in resampler.resample(frame)]
    whole: Samples = np.concatenate(runs).astype(np.float32)
    return whole


def add_noise(samples: Samples) -> Samples:
    """White noise 20 dB below."""
    noise = np.random.default_rng(0).normal(0, 0.1, len(samples))
    noisy: Samples = (samples + noise * np.sqrt(np.mean(samples**2))).astype(np.float32)
    return noisy


def speed(factor: float) -> SoundAttack:
    """Faster or slower, pitch and all."""
    return lambda samples: np.asarray(soxr.resample(samples, HEARD * factor, HEARD), np.float32)


SOUND_ATTACKS: dict[str, SoundAttack] = {
    "none": lambda samples: samples,
    "AAC 64": speak_through("aac", "mp4", HEARD, 64_000),
    "MP3 64": speak_through("libmp3lame", "mp3", HEARD, 64_000),
    "Opus 24": speak_through("libopus", "ogg", HEARD, 24_000),
    "Opus 16": speak_through("libopus", "ogg", HEARD, 16_000),
    "mu-law 8 kHz": speak_through("pcm_mulaw", "wav", 8_000),
    "noise 20 dB": add_noise,
    "1 % faster": speed(1.01),
    "1 % slower": speed(0.99),
}
