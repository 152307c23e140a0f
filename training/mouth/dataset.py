"""Turn the spoken corpus into what the network learns from: `python training/mouth/dataset.py`.

Each item is 7 s: one voice says sentences with pauses, spoilt at random; what it hears is kept as
`Hearing` gives it, what it should do as lips from the phones' known times, and classes of phones.
"""

import argparse
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from spoil import colour_noise, make_music, read_noises, spoil, stretch_voice
from symbols import Span, lip_class, split_glides

from bonaface.avatar.mouth.loudness import Loudness
from bonaface.avatar.mouth.phones import lips_from_phones
from bonaface.avatar.mouth.visemes import CHANNEL
from bonaface.avatar.pose import LIPS
from bonaface.core import SECOND, Phone, Sound
from bonaface.speech.hearing import FRAME, HOP, WIDTH, Hearing, build_bands, take_bands

RATE = 16_000
STEPS = 350  # 20 ms each
COUNT = STEPS * RATE // 50
Floats = NDArray[np.float32]
Rng = np.random.Generator
_THROATS = [build_bands(stretch) for stretch in np.linspace(0.86, 1.16, 7)]
# Items a voice gives, and how many times over its corpus is used.
_REUSE = {"kokoro": 5.0, "hibari": 4.0, "espeak": 2.0, "kal16": 2.0, "ked": 2.0}
_REAL = 40.0  # recordings of people: few, and what is met
_LEVEL_OF_SPEECH = 0.06


@dataclass(frozen=True, slots=True, eq=False)
class Voice:
    """The utterances of one voice."""

    sounds: list[Floats]
    spans: list[list[Span]]


def find_reuse(name: str) -> float:
    """Give how many times over a voice's corpus is used."""
    return _REAL if name.startswith("real_") else _REUSE.get(name, 4.0)


def read_voice(path: Path) -> Voice:
    """Read what `corpus` wrote."""
    with np.load(path) as z:
        cuts = np.cumsum(z["counts"])[:-1]
        sounds = [
            (part / np.float32(32768)).astype(np.float32) for part in np.split(z["sound"], cuts)
        ]
        phones = json.loads(str(z["phones"]))
    return Voice(sounds, [[Span(**span) for span in spans] for spans in phones])


def scale_spans(spans: list[Span], factor: float, offset: float) -> list[Span]:
    """Stretch times by `factor`, then move them by `offset` seconds."""
    return [Span(s.symbol, s.start * factor + offset, s.end * factor + offset) for s in spans]


def draw_speech(rng: Rng, voice: Voice) -> tuple[Floats, list[Span]]:
    """Lay sentences of one voice with pauses into 7 s of silence."""
    sound = np.zeros(COUNT, np.float32)
    spans: list[Span] = []
    at = int(RATE * rng.choice([0, rng.uniform(0, 0.4), rng.uniform(0, 1.2)]))
    while at < COUNT - RATE:
        pick = int(rng.integers(len(voice.sounds)))
        said, factor = voice.sounds[pick], 1.0
        if rng.random() < 0.6:
            said, factor = stretch_voice(rng, said)
        said = said * (_LEVEL_OF_SPEECH / (np.sqrt(np.mean(said**2)) + 1e-4))
        end = min(COUNT, at + len(said))
        sound[at:end] = said[: end - at]
        spans += scale_spans(voice.spans[pick], factor, at / RATE)
        at = end + int(RATE * rng.choice([0.02, rng.uniform(0, 0.5), rng.uniform(0.3, 1.5)]))
    return sound, spans


def open_with_level(lips: Floats, sound: Floats) -> Floats:
    """Let the mouth open with the level of the sound besides, and 20 ms ahead of it.

    On film the inner lips are apart by as much as the sound is loud (its level in dB, high
    frequencies lifted), nearly as much as by what is said; rules from phones leave that out.
    """
    level = np.clip(1 + hear(sound)[::2, -1] / 3.0, 0, 1)
    level = gaussian_filter1d(level, 1.5) * (1 - 0.8 * lips[:, CHANNEL["closure"]])
    out = lips.copy()
    for name, share in (("jawOpen", 0.22), ("upperUp", 0.40), ("lowerDown", 0.40)):
        ahead = 0.75 * lips[:, CHANNEL[name]] + share * level
        out[:-1, CHANNEL[name]] = ahead[1:]
    return np.clip(out, 0, 1)


def make_lips(sound: Floats, spans: list[Span]) -> tuple[Floats, NDArray[np.uint8]]:
    """Give the lips (STEPS, len(LIPS)) and the phone classes (STEPS,) every 20 ms."""
    phones = [Phone(int(s.start * SECOND), int(s.end * SECOND), s.symbol) for s in spans]
    loudness = Loudness().measure(Sound(0, sound.copy(), RATE), 0, STEPS)
    lips = lips_from_phones(phones, STEPS * SECOND // 50, 0, loudness)
    lips = open_with_level(lips, sound)
    classes = np.zeros(STEPS, np.uint8)
    for span in split_glides(spans):
        classes[int(np.ceil(span.start * 50)) : int(np.ceil(span.end * 50))] = lip_class(
            span.symbol
        )
    return lips, classes


def hear(sound: Floats, bands: Floats | None = None) -> Floats:
    """Give (2 STEPS, WIDTH) heard values; value k is centred on 10 ms times k."""
    padded = np.pad(sound, (FRAME // 2, FRAME // 2 - HOP))
    return Hearing().push(take_bands(padded) if bands is None else take_bands(padded, bands))


def _make_items(
    rng: Rng, voice: Voice, count: int, noises: list[Floats], babble: Floats
) -> dict[str, Any]:
    heard = np.empty((count, 2 * STEPS, WIDTH), np.float16)
    lips = np.empty((count, STEPS, len(LIPS)), np.uint8)
    classes = np.empty((count, STEPS), np.uint8)
    for index in range(count):
        sound, spans = draw_speech(rng, voice)
        curve, classes[index] = make_lips(sound, spans)
        lips[index] = np.round(curve * 255)
        if rng.random() < 0.85:
            sound = spoil(rng, sound, noises, babble)
        throat = _THROATS[rng.integers(7)] if rng.random() < 0.5 else None
        heard[index] = hear(sound, throat)
    return {"heard": heard, "lips": lips, "classes": classes}


def _make_quiet(rng: Rng, count: int, noises: list[Floats]) -> dict[str, Any]:
    """Noise, music and silence: nothing that a mouth should follow."""
    heard = np.empty((count, 2 * STEPS, WIDTH), np.float16)
    for index in range(count):
        kind = rng.integers(4)
        if kind == 0 and noises:
            noise = np.resize(noises[rng.integers(len(noises))], COUNT)
            noise = np.roll(noise, int(rng.integers(COUNT)))
        elif kind == 1:
            noise = make_music(rng, COUNT)
        else:
            noise = colour_noise(rng, COUNT, rng.uniform(-3, 9))
        if rng.random() < 0.3:
            beat = 0.5 + 0.5 * np.sin(np.arange(COUNT) / RATE * rng.uniform(0.5, 20))
            noise = (noise * beat).astype(np.float32)
        level = 10 ** (rng.uniform(-60, -12) / 20) / (noise.std() + 1e-6)
        heard[index] = hear((noise * level).astype(np.float32))
    lips = np.zeros((count, STEPS, len(LIPS)), np.uint8)
    return {"heard": heard, "lips": lips, "classes": np.zeros((count, STEPS), np.uint8)}


def main() -> None:
    """Make one file of items a voice, and one of noise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("noise", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("voices", nargs="*")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    noises = read_noises(asked.noise)
    babble = np.concatenate(read_voice(asked.corpus / "rms.npz").sounds[:60])
    for path in sorted(asked.corpus.glob("*.npz")):
        if asked.voices and path.stem not in asked.voices:
            continue
        voice = read_voice(path)
        seconds = sum(len(sound) for sound in voice.sounds) / RATE
        count = int(seconds / 7 * find_reuse(path.stem))
        rng = np.random.default_rng(zlib.crc32(path.stem.encode()))
        np.savez(asked.out / path.name, **_make_items(rng, voice, count, noises, babble))
        print(f"{path.stem}: {count} items of 7 s", flush=True)
    if not asked.voices or "quiet" in asked.voices:
        np.savez(asked.out / "quiet.npz", **_make_quiet(np.random.default_rng(0), 350, noises))


if __name__ == "__main__":
    main()
