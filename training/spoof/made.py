"""Speech of machines, as runs: `python training/spoof/made.py OUT [FAMILY ...]`.

A family is a way of making sound, whatever its voices are: held out, it is held out whole. What
the voices say is composed by training/mouth; half of it is only a few words long, as prompts are.
"""

import argparse
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
import soxr
from debian import Espeak, say_festival, say_flite
from engines import HibariVoice
from runs_file import write_runs
from sentences import compose_sentences

from bonaface import weights
from bonaface.forensics.inspector import RATE
from bonaface.forensics.spoof.runs import Floats, cut_runs, tidy
from bonaface.speech.kokoro import STYLE, KokoroVoice
from bonaface.speech.pronounce import pronounce
from bonaface.speech.synthesize import open_voice
from bonaface.speech.voices import find_speaker

Said = Iterator[tuple[Floats, int]]  # samples and their rate
ACCENTS: Final = (
    *("en-us", "en-gb", "en-gb-scotland", "en-029", "en-gb-x-rp", "de", "fr-fr", "es", "it"),
    *("nl", "sv", "pt-br", "pl", "tr", "hi", "ru", "cs", "fi"),
)
VARIANTS: Final = (
    *("m1", "m2", "m3", "m4", "m5", "m6", "m7", "f1", "f2", "f3", "f4", "f5", "klatt", "klatt2"),
    *("klatt3", "klatt4", "linda", "max", "Annie", "Gene", "Lee", "Mike", "steph", "victor"),
)


def compose(seed: int) -> Iterator[str]:
    """Sentences without end, every other one cut to its first words."""
    draw = np.random.default_rng(seed)
    for text in compose_sentences(4000, seed):
        words = text.split()
        yield text if draw.random() < 0.5 else " ".join(words[: int(draw.integers(2, 6))])


def _espeak(voice: str) -> Said:
    draw, engine = np.random.default_rng(2), Espeak()
    for text in compose(len(voice)):
        variant = f"{draw.choice(ACCENTS)}+{draw.choice(VARIANTS)}"
        said = engine.say(text, variant, int(draw.integers(110, 210)), int(draw.integers(15, 85)))
        yield said.samples, said.rate


def _flite(voice: str) -> Said:
    draw = np.random.default_rng(3)
    for text in compose(3 + len(voice)):
        said = say_flite(text, voice, draw.uniform(0.8, 1.3), draw.uniform(85, 210))
        yield said.samples, said.rate


def _hibari(_: str) -> Said:
    draw, engine = np.random.default_rng(5), HibariVoice()
    for number, text in enumerate(compose(5)):
        said = engine.say(text, draw.uniform(0.8, 1.35), number)
        yield said.samples, said.rate


def _kokoro(voice: str) -> Said:
    """Speakers mixed at will: each sentence is another voice."""
    draw = np.random.default_rng(11 + len(voice))
    with np.load(weights.place(weights.weight("kokoro-speakers"))) as file:
        styles = np.stack([file[name].reshape(-1, STYLE) for name in sorted(file)])
    engine = KokoroVoice(weights.place(weights.weight("kokoro")), styles[0])
    for text in compose(11 + len(voice)):
        shares = draw.dirichlet(np.full(len(styles), 0.4)).astype(np.float32)
        engine._styles = np.tensordot(shares, styles, 1)  # noqa: SLF001  opened once, as below
        phonemes = pronounce(text, british=False)
        yield engine.say(phonemes, float(draw.uniform(0.8, 1.35))).samples, engine.rate


def _festival(voice: str) -> Said:
    """Diphones (residuals of linear prediction), or HTS: a model of spectra and a filter."""
    draw, texts = np.random.default_rng(13), compose(13)
    while batch := list(islice(texts, 10)):
        for said in say_festival(batch, voice, draw.uniform(0.8, 1.3)):
            yield said.samples, said.rate


def _piper(voice: str) -> Said:
    draw = np.random.default_rng(7)
    engine = open_voice(find_speaker(voice).name)
    for text in compose(7):
        engine._speed = draw.uniform(0.8, 1.35)  # noqa: SLF001  opened once: it is slow to open
        for said in engine.push(text):
            yield said.sound.samples, said.sound.rate


FAMILIES: Final[dict[str, tuple[Callable[[str], Said], tuple[str, ...], int]]] = {
    "espeak": (_espeak, ("all",), 120),
    "hibari": (_hibari, ("heart",), 60),
    "clustergen": (_flite, ("awb", "rms", "slt"), 30),
    "piper": (_piper, ("joe",), 50),
    "kokoro": (_kokoro, ("i", "ii", "iii"), 27),
    "hts": (_festival, ("cmu_us_slt_arctic_hts",), 40),
    "diphone": (_festival, ("kal_diphone",), 40),
}


def prepare(said: Said) -> Iterator[Floats]:
    """What was said, at RATE and tidied."""
    for samples, rate in said:
        whole: Floats = soxr.resample(np.ravel(samples).astype(np.float32), rate, RATE)
        yield tidy(whole)


def main() -> None:
    """Speak with all voices of the families asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("families", nargs="*")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for family in options.families or FAMILIES:
        speak, voices, count = FAMILIES[family]
        runs: list[Floats] = []
        groups: list[str] = []
        for voice in voices:
            made = list(islice(cut_runs(prepare(speak(voice))), count))
            runs += made
            groups += [f"{family}:{voice}"] * len(made)
            print(f"{family}:{voice}: {len(made)} runs", flush=True)
        names = {"family": [family] * len(runs), "group": groups}
        write_runs(options.out / f"made-{family}.npz", runs, names)


if __name__ == "__main__":
    main()
