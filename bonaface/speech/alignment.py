"""Where in the sound each phone really lies: forced alignment of a take with its own phones.

What the voices say about their durations is rounded to 25 ms, runs late by about two frames, and
gives the last phone the silence after it. So each take is aligned again, every 5 ms: cepstra
(Davis & Mermelstein 1980) against one Gaussian for each third of each phone, by the Viterbi path
that stays near the voice's own durations (Young et al., "The HTK Book", chapters 1 and 8). The
Gaussians are trained in training/alignment, on many voices at once.
"""

# ruff: noqa: RUF001 (the letters of the phonetic alphabet are meant)

import math
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from bonaface import weights
from bonaface.core import frozen
from bonaface.speech.segments import GAP, SILENCE, STOPS, VOWELS, Segment
from bonaface.speech.take import Take

Floats = NDArray[np.float32]
STEPS: Final = 200  # frames a second
BANDS, CEPSTRA = 24, 13
LOWEST, HIGHEST = 80.0, 7600.0  # Hz
THIRDS: Final = 3  # states of a sound; silence and gaps have one
NEAR: Final = 0.13  # s, how far from the voice's own durations a sound may lie
NEAR_SILENCE: Final = 0.4
FAR: Final = -50.0  # log-likelihood a frame, out there
SHORTEST_GAP: Final = STEPS * 60 // 1000  # frames; less is a stop's closure, not a pause
LIKE: Final = {"ɚ": "ə", "ɝ": "ɜ"}  # letters that not every voice has
UNREACHED: Final = -1e9
# The Gaussians count a vowel's last, fading frames to the vowel. In the sound the closure is seen
# earlier, by these medians in ms (bench/speech.py's measure over sentences of the training kind).
OPEN: Final = VOWELS | frozenset("ɹlw")
EARLY: Final = {"p": 24, "b": 24, "k": 17, "ɡ": 13, "t": 9, "ʤ": 12, "ʧ": 11}


@cache
def mel_bank(rate: int, size: int) -> Floats:
    """Triangular filters (bins, BANDS), evenly spaced in mel (O'Shaughnessy)."""
    low, high = (2595 * math.log10(1 + frequency / 700) for frequency in (LOWEST, HIGHEST))
    mel = np.linspace(low, high, BANDS + 2)
    edges = 700 * (10 ** (mel / 2595) - 1)
    bins = np.linspace(0, rate / 2, size // 2 + 1)[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    bank: Floats = np.clip(np.minimum(rising, falling), 0, None).astype(np.float32)
    return bank


def measure_cepstra(samples: Floats, rate: int) -> Floats:
    """Cepstra and their slopes, (frames, 2 * CEPSTRA); frame k is centred on k / STEPS seconds.

    The loudness and the colour of the voice are taken out by the mean over the louder half.
    """
    hop, width = rate // STEPS, rate // 50
    size = 1 << (width - 1).bit_length()
    count = max(1, len(samples) // hop)
    padded = np.pad(samples, (width // 2, width + hop))
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)[::hop][:count]
    shape = np.hanning(width).astype(np.float32)
    power = np.abs(scipy.fft.rfft(windows * shape, size, axis=1)) ** 2 / width
    level = np.log(power @ mel_bank(rate, size) + 1e-7)
    cepstra = scipy.fft.dct(level, axis=1, norm="ortho")[:, :CEPSTRA].astype(np.float32)
    loud = cepstra[:, 0] >= np.median(cepstra[:, 0])
    cepstra -= cepstra[loud].mean(axis=0)
    slopes = np.gradient(cepstra, axis=0) * 2 if count > 1 else np.zeros_like(cepstra)
    return np.hstack([cepstra, slopes]).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class PhoneModels:
    """One Gaussian with a diagonal covariance for each state of each phone."""

    index: dict[tuple[str, int], int]  # letter and third to row
    means: Floats  # (rows, 2 * CEPSTRA)
    precisions: Floats  # (rows, 2 * CEPSTRA) 1 / variance

    def __post_init__(self) -> None:
        frozen(self.means)
        frozen(self.precisions)

    def score(self, cepstra: Floats, states: list[tuple[str, int]]) -> Floats:
        """Log-likelihoods (frames, states); a phone never heard in training sounds like a schwa."""
        default = self.index["ə", 1]
        like = [(LIKE.get(letter, letter), third) for letter, third in states]
        rows = [self.index.get(state, default) for state in like]
        mean, precision = self.means[rows], self.precisions[rows]
        constant = np.log(precision).sum(1) - (mean**2 * precision).sum(1)
        scores = cepstra @ (mean * precision).T
        scores += 0.5 * (constant - cepstra**2 @ precision.T)
        return np.asarray(scores, np.float32)


@cache
def read_models(path: Path | None = None) -> PhoneModels:
    """The phone models that came with the program, or those of a file."""
    with np.load(path or weights.trained("phones.npz")) as file:
        letters, thirds = file["letters"].tolist(), file["thirds"].tolist()
        index = {key: row for row, key in enumerate(zip(letters, thirds, strict=True))}
        return PhoneModels(index, file["means"], file["precisions"])


def list_states(segments: list[Segment]) -> list[tuple[int, str, int]]:
    """The states of a take: number of the segment, letter, third."""
    return [
        (i, segment.letter, third)
        for i, segment in enumerate(segments)
        for third in range(THIRDS if segment.letter.strip() else 1)
    ]


def stay_near(scores: Floats, segments: list[Segment], late: int, hop: int) -> None:
    """Make every state unlikely, in place, far from where the voice's durations put it."""
    times = np.arange(len(scores)) * hop
    for column, (i, letter, _) in enumerate(list_states(segments)):
        reach = NEAR_SILENCE if letter == SILENCE else NEAR
        first = segments[i].begin - late - reach * STEPS * hop
        last = segments[i].end - late + reach * STEPS * hop
        ends = (i == 0, i == len(segments) - 1)
        away = ((times < first) & (not ends[0])) | ((times > last) & (not ends[1]))
        scores[away, column] += FAR


def find_path(scores: Floats, may_skip: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The best path (frames,) from the first state to the last, never back.

    `may_skip[j]`: state j may follow j - 2, because j - 1 is a gap that need not be heard.
    """
    frames, count = scores.shape
    best = np.full(count, UNREACHED, np.float32)
    best[0] = scores[0, 0]
    came = np.zeros((frames, count), np.int8)
    skip = np.where(may_skip, 0, UNREACHED).astype(np.float32)
    options = np.full((3, count), UNREACHED, np.float32)
    columns = np.arange(count)
    for frame in range(1, frames):
        options[0] = best
        options[1, 1:] = best[:-1]
        options[2, 2:] = best[:-2] + skip[2:]
        came[frame] = options.argmax(0)
        best = options[came[frame], columns] + scores[frame]
    path = np.empty(frames, np.int64)
    state = count - 1
    for frame in range(frames - 1, -1, -1):
        path[frame] = state
        state -= int(came[frame, state])
    return path


def align(take: Take, segments: list[Segment], late: float, models: PhoneModels) -> list[Segment]:
    """Give the segments where they are heard; gaps of which nothing is heard are gone.

    `late`: s by which the voice's durations run behind its sound. A take with more states than
    frames (speed far above 2) keeps the voice's durations.
    """
    hop = take.rate // STEPS
    states = list_states(segments)
    cepstra = measure_cepstra(take.samples, take.rate)
    if len(cepstra) <= len(states):
        return [segment for segment in segments if segment.letter != GAP]
    scores = models.score(cepstra, [(letter, third) for _, letter, third in states])
    stay_near(scores, segments, int(late * take.rate), hop)
    skip = np.array([j > 1 and states[j - 1][1] == GAP for j in range(len(states))])
    heard = np.array([i for i, _, _ in states])[find_path(scores, skip)]
    return place_segments(segments, heard, hop, len(take.samples))


def seen_earlier(before: str, after: str, length: int, hop: int) -> int:
    """Samples by which a closure comes before the boundary that the Gaussians find."""
    if before not in OPEN or after not in EARLY:
        return 0
    return min(EARLY[after] * hop * STEPS // 1000, length // 2)


def place_segments(
    segments: list[Segment], heard: NDArray[np.int64], hop: int, count: int
) -> list[Segment]:
    """Give the segments their places: `heard` (frames,) is the segment each frame belongs to."""
    first = np.flatnonzero(np.diff(heard, prepend=-1))
    runs = [(segments[heard[k]], int(k)) for k in first]
    kept: list[tuple[Segment, int]] = []
    for n, (segment, begin) in enumerate(runs):
        end = runs[n + 1][1] if n + 1 < len(runs) else len(heard)
        if segment.letter != GAP or end - begin >= SHORTEST_GAP:
            kept.append((segment, begin))
        elif n + 1 < len(runs):
            stop = runs[n + 1][0].letter in STOPS
            runs[n + 1] = (runs[n + 1][0], begin if stop else (begin + end) // 2)
    edges = [0, *(k * hop - hop // 2 for _, k in kept[1:]), count]
    for n in range(1, len(kept)):
        edges[n] -= seen_earlier(
            kept[n - 1][0].letter, kept[n][0].letter, edges[n] - edges[n - 1], hop
        )
    return [
        replace(segment, letter=segment.letter.strip(), begin=edges[n], end=edges[n + 1])
        for n, (segment, _) in enumerate(kept)
    ]
