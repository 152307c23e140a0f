"""Which phones are heard in recorded English, and when.

Words by Whisper, their phonemes by the lexicon, and the boundaries by forced alignment near the
times of the words. Of other languages, of songs and of noise nothing is given, or nonsense where
Whisper takes them for English words.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bonaface.core import SECOND, Phone
from bonaface.speech.alignment import align, read_models
from bonaface.speech.pronounce import pronounce
from bonaface.speech.segments import GAP, LENGTH, SILENCE, STRESS, Segment
from bonaface.speech.take import PAD, Take
from bonaface.speech.whisper import RATE, Guess, open_whisper

LONGEST: Final = 28  # s
BEAM: Final = 3
SHORTEST: Final = RATE // 40  # samples of a phone, where words crowd
Floats = NDArray[np.float32]


def recognise(samples: Floats) -> tuple[Phone, ...]:
    """Phones of (count,) samples at 16 kHz, the first LONGEST seconds; times count from the first.

    Raises WeightsMissing without the model of speech.
    """
    whisper, samples = open_whisper(), samples[: LONGEST * RATE]
    guess = whisper.guess(samples, beam=BEAM)
    if guess.junk:
        return ()
    segments = list(_spread(guess, whisper.times(samples, guess), len(samples)))
    if len(segments) < 3:  # silence before and after
        return ()
    take = Take(samples, RATE, (PAD,), np.array([len(samples)]))
    return tuple(
        Phone(one.begin * SECOND // RATE, one.end * SECOND // RATE, one.symbol, one.stress)
        for one in align(take, segments, 0.0, read_models())
    )


def _spread(guess: Guess, begins: list[int], count: int) -> Iterator[Segment]:
    """Phones of the words, evenly over the time of each, with gaps between words."""
    end, first = 0, True
    for word, begin, until in _join(guess.pieces, begins):
        letters = [a for a in pronounce(word, british=False) if _sounds(a)]
        if not letters:
            continue
        yield Segment(SILENCE, 0, max(1, begin)) if first else Segment(GAP, begin, begin)
        end = max(until, begin + SHORTEST * len(letters))
        edges = np.linspace(begin, end, len(letters) + 1).astype(int).tolist()
        for letter, (start, stop) in zip(letters, pairwise(edges), strict=True):
            yield Segment(letter, start, stop)
        first = False
    if not first:
        yield Segment(SILENCE, min(end, count), count)


def _join(pieces: tuple[str, ...], begins: list[int]) -> Iterator[tuple[str, int, int]]:
    """Words from pieces of words, each with where it begins and ends."""
    starts = [i for i, piece in enumerate(pieces) if i == 0 or piece.startswith(" ")]
    for first, last in pairwise([*starts, len(pieces)]):
        yield "".join(pieces[first:last]).strip(), begins[first], begins[last]


def _sounds(letter: str) -> bool:
    return letter.isalpha() and letter not in STRESS and letter != LENGTH
