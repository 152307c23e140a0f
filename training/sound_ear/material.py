"""Marked sound that went through something, and which cells it carries: what sound_ear learns from.

Usage: PYTHONPATH=.:bench python training/sound_ear/material.py OUT.npz --speech DIR --music DIR
[--count N] [--seed S]

Each item: 12 s of speech (three in five; short files laid end to end) or of music, at a random
level, marked by `SoundMark` with a random key and id, through one random way (codec, line, noise,
room, denoiser, changed tempo ...), then laid on its own cells by their agreement.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray
from sound_attacks import (
    HEARD,
    SOUND_ATTACKS,
    Samples,
    SoundAttack,
    filter_by,
    find_denoisers,
    read_samples,
    speak_through,
    speed,
)

from bonaface.core import Sound, over
from bonaface.marks.reading_key import ReadingKey
from bonaface.marks.sound.ear import RATE, hear
from bonaface.marks.sound.mark import SoundMark
from bonaface.marks.sound.pattern import MESSAGE, SLOTS, draw_sound_pattern
from bonaface.marks.sound.search import SLOT, UNIT

SECONDS = 12
SUFFIXES = {".ogg", ".opus", ".wav", ".flac"}
Draw = np.random.Generator
Way = Callable[[Draw], tuple[SoundAttack, float]]  # and its tempo


def runs(folder: Path, draw: Draw) -> Iterator[Samples]:
    """Answer pieces of 12 s, folder by folder, for ever."""
    files = sorted(f for f in folder.rglob("*") if f.suffix in SUFFIXES)
    size = SECONDS * HEARD
    while True:
        start = int(draw.integers(len(files)))
        held = np.zeros(0, np.float32)
        while len(held) < size:
            held = np.concatenate([held, read_samples(str(files[start % len(files)]))])
            start += 1
        at = int(draw.integers(0, len(held) - size + 1))
        piece = held[at : at + size]
        if np.abs(piece).max() > 1e-3:
            yield piece


def add_noise(draw: Draw) -> SoundAttack:
    """White or falling noise, 8 to 32 dB below."""
    ratio, red = 10 ** (-draw.uniform(8, 32) / 20), draw.random() < 0.5

    def attack(samples: Samples) -> Samples:
        noise = draw.normal(0, 1, len(samples))
        if red:
            spectrum = np.fft.rfft(noise)
            noise = np.fft.irfft(spectrum / (1 + np.arange(len(spectrum)) / 5_000), len(noise))
        noise *= ratio * np.sqrt(np.mean(samples**2) / np.mean(noise**2))
        return (samples + noise).astype(np.float32)

    return attack


def reverberate(draw: Draw) -> SoundAttack:
    """A room that rings for .15 to .8 s."""
    t = np.arange(int(HEARD * draw.uniform(0.15, 0.8))) / HEARD
    room = draw.normal(0, 1, len(t)) * 10 ** (-3 * t / t[-1])
    room *= np.sqrt(draw.uniform(0.1, 1) / np.square(room).sum())
    room[0] = 1

    def attack(samples: Samples) -> Samples:
        size = 1 << (len(samples) + len(room)).bit_length()
        rung = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(room, size), size)
        return rung[: len(samples)].astype(np.float32)

    return attack


def mix(music: Iterator[Samples]) -> Callable[[Draw], SoundAttack]:
    """Music, 5 to 20 dB below."""

    def choose(draw: Draw) -> SoundAttack:
        other, ratio = next(music), 10 ** (-draw.uniform(5, 20) / 20)

        def attack(samples: Samples) -> Samples:
            gain = ratio * np.sqrt(np.mean(samples**2) / np.mean(other**2))
            mixed: Samples = (samples + gain * other[: len(samples)]).astype(np.float32)
            return mixed

        return attack

    return choose


def change_tempo(draw: Draw) -> tuple[SoundAttack, float]:
    """Up to 10 % of tempo, or 1.7 % of speed."""
    if draw.random() < 0.7:
        tempo = round(float(draw.uniform(0.9, 1.1)), 3)
        return filter_by("atempo", str(tempo)), tempo
    tempo = round(float(draw.uniform(0.983, 1.017)), 3)
    return speed(tempo), tempo


def kbits(draw: Draw, low: int, high: int) -> int:
    """Answer a bit rate."""
    return int(draw.integers(low, high)) * 1_000


def ways(music: Iterator[Samples]) -> list[Way]:
    """Answer the ways sound may take; some twice, since they are hard or common."""

    def plain(choose: Callable[[Draw], SoundAttack]) -> Way:
        return lambda draw: (choose(draw), 1.0)

    def opus(draw: Draw) -> SoundAttack:
        return speak_through("libopus", "ogg", HEARD, kbits(draw, 12, 32))

    fixed = ("none", "mu-law 8 kHz", "300-3400 Hz", "levelled (AGC)", "compressed 8:1")
    chosen: list[Callable[[Draw], SoundAttack]] = [
        *(lambda _, name=name: SOUND_ATTACKS[name] for name in fixed),
        *(lambda _, attack=attack: attack for attack in find_denoisers().values()),
        lambda draw: speak_through("aac", "mp4", HEARD, kbits(draw, 32, 80)),
        lambda draw: speak_through("libmp3lame", "mp3", HEARD, 16_000 * int(draw.integers(2, 7))),
        *[opus] * 3,
        *[add_noise] * 2,
        *[reverberate] * 2,
        mix(music),
    ]
    return [*map(plain, chosen), change_tempo, change_tempo]


def align(heard: NDArray[np.float32], lean: NDArray[np.float32], tempo: float) -> tuple[int, float]:
    """Answer the frame of the second slot, and how well the cells agree from there on."""
    by_hand = heard[1]
    count = int((len(by_hand) - 60) * tempo / SLOT)
    best = (0, -1.0)
    for first in range(2, 32):
        frames = np.rint(first + SLOT / tempo * np.arange(count)).astype(int)
        cells = by_hand[frames]
        z = float((cells * lean[(1 + np.arange(count)) % SLOTS]).sum())
        z /= float(np.sqrt(np.square(cells).sum())) + 1e-9
        best = max(best, (first, z), key=lambda pair: pair[1])
    return best


def make(samples: Samples, draw: Draw, way: Way) -> dict[str, NDArray[np.generic]] | None:
    """Answer one item: "heard" (4, 2 slots, BANDS) of half cells, "lean" (slots, BANDS)."""
    key, mark_id = ReadingKey(draw.bytes(16)), int(draw.integers(1 << 32))
    lean = draw_sound_pattern(key).lean(MESSAGE.write(mark_id, key))
    level = np.float32(draw.uniform(0.05, 0.6) / np.abs(samples).max())
    marked = np.concatenate(
        [i.samples for i in over(SoundMark(mark_id, key), [Sound(0, samples * level, HEARD)])]
    )
    attack, tempo = way(draw)
    heard = hear(np.asarray(soxr.resample(attack(marked), HEARD, RATE), np.float32))
    first, z = align(heard, lean, tempo)
    if z < 5:  # lost: nothing to learn
        return None
    count = int((heard.shape[1] - 60) * tempo / SLOT)
    frames = np.stack(
        [np.rint(first + jitter + UNIT / tempo * np.arange(2 * count)) for jitter in (-1, 0, 1)]
    )
    turns = (1 + np.arange(count)) % SLOTS
    return {"heard": heard[:, frames.astype(int)].astype(np.float16), "lean": lean[turns]}


def main() -> None:
    """Make them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("out", type=Path)
    parser.add_argument("--speech", type=Path, required=True)
    parser.add_argument("--music", type=Path, required=True)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    draw = np.random.default_rng(options.seed)
    speech, music = runs(options.speech, draw), runs(options.music, draw)
    all_ways = ways(music)
    items: dict[str, NDArray[np.generic]] = {}
    for i in range(options.count):
        item = make(next(speech if i % 5 < 3 else music), draw, all_ways[i % len(all_ways)])
        if item:
            items |= {f"{i}_{name}": value for name, value in item.items()}
    np.savez(options.out, **items)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
