"""Train the phone models of bonaface/speech/alignment.py; write models/phones.npz.

Usage: python training/alignment/train.py [--sentences N] [--out models/phones.npz]

Data: speech made here by the hibari voice and by the five speakers of the Kokoro packages
(`bonaface models fetch kokoro kokoro-speakers`), from sentences filled with random words of
hibari's lexicon. Nobody's recordings are used. Viterbi training (Young et al., "The HTK Book",
chapter 8) starts from the voices' own durations, and one in ten sentences is held out.
"""

import argparse
import gzip
import json
import random
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from hibari.tts import ASSETS
from numpy.typing import NDArray

from bonaface import weights
from bonaface.speech.alignment import (
    CEPSTRA,
    STEPS,
    PhoneModels,
    find_path,
    list_states,
    measure_cepstra,
    stay_near,
)
from bonaface.speech.hibari import HibariVoice
from bonaface.speech.kokoro import KokoroVoice, read_style
from bonaface.speech.pronounce import pronounce
from bonaface.speech.segments import GAP, Segment, cut_segments
from bonaface.speech.take import Take, Voice

MODELS = Path(__file__).parent.parent.parent / "models"
FRAMES = (
    "The {} and the {} were {}, but my {} is {}.",
    "Please bring the {} before {} goes to {}.",
    "What would you say if {} had a {}?",
    "She {} {} by the {}, and he {} them all.",
    "Both {} and {} made {} of it, which {} them.",
)
SPEAKERS = ("jm_kumo", "jf_alpha", "jf_gongitsune", "jf_nezumi", "jf_tebukuro")
LATE = 0.05  # s, where the search begins
ROUNDS = 8
TRUST = 10  # frames that a phone's own variance must have before it outweighs the common one
Floats = NDArray[np.float32]
Key = tuple[str, int]


def open_voices() -> list[Voice]:
    """Every voice that packages carry."""
    model, styles = weights.find("kokoro"), weights.find("kokoro-speakers")
    speakers = [KokoroVoice(model, read_style(styles, name)) for name in SPEAKERS]
    return [HibariVoice(), *speakers]


def write_sentences(count: int) -> list[str]:
    """Sentences with words drawn from hibari's lexicon: every phone, many neighbours."""
    with gzip.open(Path(ASSETS) / "lexicon_us_gold.json.gz", "rt", encoding="utf-8") as file:
        words = [word for word in json.load(file) if word.isalpha() and word.islower()]
    draw = random.Random(1)
    return [
        draw.choice(FRAMES).format(*(draw.choice(words) for _ in range(5))) for _ in range(count)
    ]


def record(voices: Iterable[Voice], sentences: list[str]) -> list[tuple[Take, list[Segment]]]:
    """Every voice says every n-th sentence; hibari, which is quick, says all."""
    takes = []
    for number, voice in enumerate(voices):
        for sentence in sentences if number == 0 else sentences[number - 1 :: len(SPEAKERS)]:
            take = voice.say(pronounce(sentence, british=False), 1.0)
            takes.append((take, cut_segments(take)))
    return takes


def spread(cepstra: Floats, segments: list[Segment], hop: int) -> dict[Key, list[Floats]]:
    """Cut the frames evenly among the states, as the voice's durations have it."""
    found: dict[Key, list[Floats]] = defaultdict(list)
    late = int(LATE * STEPS * hop)
    for segment in segments:
        thirds = 3 if segment.letter.strip() else 1
        span = (max(0, segment.begin - late), max(0, segment.end - late))
        edges = np.linspace(*span, thirds + 1) // hop
        for third in range(thirds):
            frames = cepstra[int(edges[third]) : int(edges[third + 1])]
            if len(frames):
                found[segment.letter, third].append(frames)
    return found


def fit(found: dict[Key, list[Floats]]) -> PhoneModels:
    """One Gaussian a state, its variance drawn towards the common one."""
    common = np.vstack([frames for many in found.values() for frames in many]).var(0)
    means, precisions = [], []
    for many in found.values():
        frames = np.vstack(many)
        share = len(frames) / (len(frames) + TRUST)
        variance = share * frames.var(0) + (1 - share) * 0.3 * common + 0.01
        means.append(frames.mean(0))
        precisions.append(1 / variance)
    index = {key: row for row, key in enumerate(found)}
    return PhoneModels(index, np.array(means, np.float32), np.array(precisions, np.float32))


def assign(
    takes: list[tuple[Take, list[Segment]]], models: PhoneModels
) -> tuple[dict[Key, list[Floats]], float]:
    """Give the frames of every state along the best paths, and the mean score of a frame."""
    found: dict[Key, list[Floats]] = defaultdict(list)
    total, count = 0.0, 0
    for take, segments in takes:
        cepstra = measure_cepstra(take.samples, take.rate)
        states = list_states(segments)
        scores = models.score(cepstra, [(letter, third) for _, letter, third in states])
        stay_near(scores, segments, int(LATE * take.rate), take.rate // STEPS)
        skip = np.array([j > 1 and states[j - 1][1] == GAP for j in range(len(states))])
        path = find_path(scores, skip)
        total += float(scores[np.arange(len(path)), path].sum())
        count += len(path)
        for state in np.unique(path):
            _, letter, third = states[state]
            found[letter, third].append(cepstra[path == state])
    return found, total / max(1, count)


def main() -> None:
    """Record, train, write."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sentences", type=int, default=400)
    options.add_argument("--out", type=Path, default=MODELS / "phones.npz")
    given = options.parse_args()
    takes = record(open_voices(), write_sentences(given.sentences))
    kept, held = [t for i, t in enumerate(takes) if i % 10], takes[::10]
    seconds = sum(len(take.samples) / take.rate for take, _ in kept)
    print(f"{len(kept)} takes, {seconds:.0f} s, and {len(held)} held out")
    found: dict[Key, list[Floats]] = defaultdict(list)
    for take, segments in kept:
        cepstra = measure_cepstra(take.samples, take.rate)
        for key, frames in spread(cepstra, segments, take.rate // STEPS).items():
            found[key] += frames
    models = fit(found)
    for turn in range(ROUNDS):
        found, score = assign(kept, models)
        print(
            f"round {turn + 1}: log-likelihood {score:.3f}, held out {assign(held, models)[1]:.3f}"
        )
        models = fit(found)
    letters, thirds = zip(*models.index, strict=True)
    np.savez_compressed(
        given.out, letters=letters, thirds=thirds,
        means=models.means.astype(np.float32), precisions=models.precisions.astype(np.float32),
    )  # fmt: skip
    print(f"{given.out}: {len(letters)} states of {2 * CEPSTRA} numbers")


if __name__ == "__main__":
    main()
