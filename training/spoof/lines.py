"""What happens to a voice before it is judged: codecs, rooms, noise, filters. Labels never matter.

A line is drawn by a number: a real run and its twins go through the same one.
"""

from collections.abc import Callable
from typing import Final, cast

import numpy as np
import soxr
from sound_attacks import speak_through

from bonaface.forensics.inspector import RATE
from bonaface.forensics.spoof.runs import LEVEL, SIZE, Floats

Way = Callable[[Floats], Floats]
Draw = np.random.Generator


def through(codec: str, form: str, rate: int, bits: int = 0) -> Way:
    """Through an audio codec at `rate` and `bits` a second, and back: (n,) in and out."""
    speak = speak_through(codec, form, rate, bits, RATE)

    def way(samples: Floats) -> Floats:
        whole = np.concatenate([speak(samples), np.zeros(len(samples), np.float32)])
        return cast("Floats", whole[: len(samples)])

    return way


NAMED: Final[dict[str, Way]] = {
    "as it is": lambda samples: samples,
    "Opus 16": through("libopus", "ogg", 16_000, 16_000),
    "MP3 48": through("libmp3lame", "mp3", 16_000, 48_000),
    "mu-law": through("pcm_mulaw", "wav", 8_000),
}


def draw_codec(draw: Draw) -> Way:
    """One of the codecs of calls and files, or none."""
    kind = int(draw.integers(10))
    if kind < 3:
        return lambda samples: samples
    if kind < 5:
        return through("libopus", "ogg", 16_000, int(draw.integers(10, 40)) * 1000)
    if kind == 5:
        return through("libmp3lame", "mp3", 16_000, 16_000 * int(draw.integers(2, 5)))
    if kind == 6:
        return through("aac", "adts", 16_000, 16_000 * int(draw.integers(2, 5)))
    if kind == 7:
        return through("libopencore_amrnb", "amr", 8_000, 12_200)
    return through(("pcm_mulaw", "pcm_alaw")[kind - 8], "wav", 8_000)


def draw_filter(draw: Draw) -> Way:
    """A smooth colour of up to 9 dB, as microphones have; sometimes a narrower band or a room."""
    points = np.cumsum(draw.normal(0, 2.0, 10))
    gain = np.clip(points - points.mean(), -9, 9)
    top = draw.choice([8_000, 8_000, 8_000, 7_000, 5_500, 4_000])
    ring = draw.uniform(0.05, 0.4) if draw.random() < 0.25 else 0.0
    tail = draw.normal(0, 1, int(RATE * 0.4)) if ring else None

    def way(samples: Floats) -> Floats:
        size = SIZE + RATE // 2
        spectrum = np.fft.rfft(samples, size)
        at = np.fft.rfftfreq(size, 1 / RATE)
        spectrum *= 10 ** (np.interp(at, np.linspace(0, 8_000, 10), gain) / 20) * (at <= top)
        if tail is not None:
            times = np.arange(len(tail)) / RATE
            room = tail * 10 ** (-3 * times / ring)
            room *= 0.5 / np.sqrt(np.square(room).sum())
            room[0] = 1.0
            spectrum *= np.fft.rfft(room, size)
        heard: Floats = np.fft.irfft(spectrum, size)[: len(samples)].astype(np.float32)
        return heard

    return way


def draw_noise(draw: Draw) -> Way:
    """White to red noise, 12 to 55 dB below; the floor hides how digital silence is made."""
    return lay_noise(draw.uniform(12, 55), draw.uniform(0, 1), int(draw.integers(1 << 31)))


def lay_noise(below: float, slope: float, seed: int) -> Way:
    """Noise so many dB below, falling from white with `slope`."""

    def way(samples: Floats) -> Floats:
        noise = np.fft.rfft(np.random.default_rng(seed).normal(0, 1, len(samples)))
        noise /= (1 + np.arange(len(noise))) ** slope
        wave = np.fft.irfft(noise, len(samples))
        gain = np.sqrt(np.square(samples).mean() / np.square(wave).mean()) * 10 ** (-below / 20)
        noisy: Floats = (samples + gain * wave).astype(np.float32)
        return noisy

    return way


def draw_line(seed: int) -> Way:
    """A whole line: rate, filter, noise, codec, each or not; at its end the level is LEVEL."""
    draw = np.random.default_rng(seed)
    ways: list[Way] = []
    if draw.random() < 0.3:
        rate = int(draw.choice([22_050, 24_000, 44_100, 11_025]))
        ways.append(lambda s: soxr.resample(soxr.resample(s, RATE, rate), rate, RATE)[:SIZE])
    if draw.random() < 0.6:
        ways.append(draw_filter(draw))
    if draw.random() < 0.7:
        ways.append(draw_noise(draw))
    ways.append(draw_codec(draw))

    def way(samples: Floats) -> Floats:
        for one in ways:
            samples = one(samples)
        whole = np.zeros(SIZE, np.float32)
        whole[: len(samples)] = samples[:SIZE]
        size = float(np.sqrt(np.square(whole).mean())) + 1e-9
        return (whole * (LEVEL / size)).astype(np.float32)

    return way
