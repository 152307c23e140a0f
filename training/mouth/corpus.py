"""Speak the training corpus: `python training/mouth/corpus.py OUT [--kokoro FOLDER] [VOICE ...]`.

Writes one `.npz` a voice: 16 kHz sound laid end to end and, for each utterance, its phones.
"""

# ruff: noqa: SIM905 (lists of words read better as sentences)

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import soxr
from debian import Espeak, Utterance, say_festival, say_flite
from engines import HibariVoice, KokoroVoice
from sentences import compose_sentences
from symbols import Span, close_gaps

from bonaface.core import SECOND
from bonaface.speech.synthesize import open_voice

RATE = 16_000
_ACCENTS = (
    "en-us|en-us|en-gb|en-gb|en-gb-scotland|en-029|en-gb-x-rp|en-gb-x-gbclan|en-gb-x-gbcwmd|"
    "en-us-nyc|de|fr-fr|es|it|nl|sv|pt-br|pl|tr|hi"
).split("|")
_VARIANTS = (
    "m1 m2 m3 m4 m5 m6 m7 m8 f1 f2 f3 f4 f5 adam anika belinda benjamin caleb david edward grandma "
    "grandpa linda max norbert paul rob robert sandro steph steph2 travis victor Andy Annie Alicia "
    "Andrea Denis Diogo Gene Gene2 Jacky Lee Marco Mario Michael Mike Nguyen aunty boris klatt "
    "klatt2 klatt3 klatt4 iven iven2 john pablo pedro quincy shelby zac antonio marcelo miguel"
).split()


def _speak_espeak(seed: int, count: int) -> Iterator[Utterance]:
    rng = np.random.default_rng(seed)
    engine = Espeak()
    for text in compose_sentences(count, seed):
        variant = f"{rng.choice(_ACCENTS)}+{rng.choice(_VARIANTS)}"
        yield engine.say(text, variant, int(rng.integers(120, 215)), int(rng.integers(20, 80)))


def _speak_flite(voice: str, seed: int, count: int) -> Iterator[Utterance]:
    rng = np.random.default_rng(seed)
    for text in compose_sentences(count, seed):
        yield say_flite(text, voice, rng.uniform(0.8, 1.3), rng.uniform(85, 210))


def _speak_festival(voice: str, seed: int, count: int) -> Iterator[Utterance]:
    rng = np.random.default_rng(seed)
    texts = compose_sentences(count, seed)
    for first in range(0, count, 25):
        yield from say_festival(texts[first : first + 25], voice, rng.uniform(0.8, 1.25))


def _speak_hibari(seed: int, count: int) -> Iterator[Utterance]:
    rng = np.random.default_rng(seed)
    engine = HibariVoice()
    for index, text in enumerate(compose_sentences(count, seed)):
        yield engine.say(text, rng.uniform(0.8, 1.35), index)


def _speak_kokoro(folder: Path, seed: int, count: int) -> Iterator[Utterance]:
    rng = np.random.default_rng(seed)
    writer, engine = HibariVoice(), KokoroVoice(folder)
    names = sorted(engine.styles)
    for text in compose_sentences(count, seed):
        first, second = rng.choice(names, 2, replace=False)
        share = float(rng.choice([1.0, rng.uniform(0.2, 0.8)]))
        mixture = {"jm_kumo": 1.0} if rng.random() < 0.35 else {first: share, second: 1 - share}
        yield engine.say(writer.phones_of(text), mixture, rng.uniform(0.8, 1.25))


def _speak_joe(seed: int, count: int) -> Iterator[Utterance]:
    rng = np.random.default_rng(seed)
    for text in compose_sentences(count, seed):
        for said in open_voice("joe", rng.uniform(0.8, 1.35)).push(text):
            first = said.sound.at
            spans = [
                Span(phone.symbol, (phone.at - first) / SECOND, (phone.until - first) / SECOND)
                for phone in said.phones
            ]
            yield Utterance(said.sound.samples, said.sound.rate, spans)


def _voices(kokoro: Path | None) -> dict[str, Callable[[], Iterator[Utterance]]]:
    voices: dict[str, Callable[[], Iterator[Utterance]]] = {
        "hibari": lambda: _speak_hibari(1, 1000),
        "espeak": lambda: _speak_espeak(2, 1600),
        "awb": lambda: _speak_flite("awb", 3, 350),
        "rms": lambda: _speak_flite("rms", 4, 350),
        "slt": lambda: _speak_flite("slt", 5, 350),
        "kal16": lambda: _speak_flite("kal16", 6, 250),
        "ked": lambda: _speak_festival("ked_diphone", 7, 250),
        "joe": lambda: _speak_joe(10, 300),
        "slt_hts": lambda: _speak_festival("cmu_us_slt_arctic_hts", 8, 250),
    }
    if kokoro:
        voices["kokoro"] = lambda: _speak_kokoro(kokoro, 9, 700)
    return voices


def _write(path: Path, spoken: Iterator[Utterance]) -> float:
    sounds, phones = [], []
    for said in spoken:
        if len(said.samples) < said.rate // 2 or len(said.spans) < 4:
            continue
        sound = soxr.resample(said.samples, said.rate, RATE)
        sounds.append((np.clip(sound, -1, 1) * 32767).astype(np.int16))
        phones.append([asdict(span) for span in close_gaps(said.spans)])
    counts = np.array([len(sound) for sound in sounds])
    np.savez(path, sound=np.concatenate(sounds), counts=counts, phones=json.dumps(phones))
    return float(counts.sum()) / RATE


def main() -> None:
    """Speak with every voice asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--kokoro", type=Path)
    parser.add_argument("voices", nargs="*")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    voices = _voices(asked.kokoro)
    for name in asked.voices or voices:
        seconds = _write(asked.out / f"{name}.npz", voices[name]())
        print(f"{name}: {seconds / 60:.1f} minutes", flush=True)


if __name__ == "__main__":
    main()
