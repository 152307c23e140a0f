"""Whisper tiny.en on one core: sound of a few seconds to words, with a shortened audio context.

The network was trained on 30 s at once (Radford et al. 2022, "Robust Speech Recognition via
Large-Scale Weak Supervision"), but its encoder takes less: what it costs grows with what it is
given, so a turn of a few seconds is given as ten. Below that it falls into loops.
CTranslate2 runs it in 8-bit integers. Text is put together from the tokens themselves, and what
was said before is given back to it as tokens, so that no tokenizer is needed.
"""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bonaface.errors import WeightsDamaged, WeightsMissing
from bonaface.weights import find, place, weight

RATE: Final = 16_000  # Hz, of all sound here
HOP: Final = 160  # samples a frame of features: 10 ms
TOKEN_STEP: Final = 2 * HOP  # samples a step of the encoder, the grain of word times
SHORTEST, LONGEST = 1000, 3000  # frames of context
CAREFUL: Final = 1200  # frames at least for what is final: short turns are heard twice less often
AFTER: Final = 100  # frames of silence behind the sound: without them the last word is guessed
MEMORY: Final = 60  # tokens of what was said before
TOKENS_A_SECOND, TOKENS_AT_LEAST = 7, 8  # more than anybody says; stops a loop
START, BEFORE, NO_TIMES = 50257, 50360, 50362  # <|startoftranscript|> <|startofprev|> ...
FILES: Final = {
    "whisper": "model.bin",
    "whisper-config": "config.json",
    "whisper-vocabulary": "vocabulary.txt",
}
QUIET: Final = 5e-4  # root mean square of the loudest tenth of a second: -66 dBFS
UNSURE, UNSURE_SHORT, SURE = -1.0, -1.4, -0.95  # mean log-probability of a token
SHORT: Final = 4  # tokens
LOOP: Final = 5  # tokens that come twice in a turn are no speech, but a loop
NO_SPEECH, SPEECH = 0.6, 0.4  # what the network calls the chance that nobody speaks
REPETITIVE: Final = 2.4  # times smaller when compressed
HALLUCINATED: Final = frozenset(  # what it writes over noise: it learnt from subtitles
    {"you", "thank you", "thanks", "thank you very much", "thanks for watching", "bye", "bye bye"}
    | {"thank you for watching", "please subscribe", "so", "oh", "i", "the", "hmm"}
)
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Guess:
    """What was understood: tokens, their pieces of text, and how sure the network is."""

    ids: tuple[int, ...] = ()
    pieces: tuple[str, ...] = ()
    score: float = 0.0  # mean log-probability of a token
    no_speech: float = 0.0  # chance that nobody speaks
    encoded: Any = field(default=None, repr=False, compare=False)  # what the encoder made of it

    @property
    def text(self) -> str:
        """The words."""
        return "".join(self.pieces).strip()

    @property
    def repeats(self) -> bool:
        """Whether it fell into a loop."""
        data = self.text.encode()
        return len(data) > 50 and len(data) > REPETITIVE * len(zlib.compress(data))

    @property
    def junk(self) -> bool:
        """Whether this was noise, music or silence rather than words."""
        plain = " ".join(re.findall(r"[a-z']+|\d+", self.text.lower()))
        least = UNSURE_SHORT if len(self.ids) <= SHORT else UNSURE
        if not plain or self.repeats or self.score < least or self.no_speech > NO_SPEECH:
            return True
        return plain in HALLUCINATED and (self.score < SURE or self.no_speech > SPEECH)


class Whisper:
    """The network; it holds no state, so that all conversations share one."""

    def __init__(self, network: Any) -> None:
        self._network = network

    def guess(self, samples: Floats, before: Sequence[int] = (), beam: int = 1) -> Guess:
        """Understand up to 29 s at 16 kHz, said after the tokens `before`."""
        if is_quiet(samples):
            return Guess()
        prompt = [BEFORE, *before[-MEMORY:], START, NO_TIMES] if before else [START, NO_TIMES]
        most = TOKENS_AT_LEAST + TOKENS_A_SECOND * len(samples) // RATE
        encoded = self._encode(samples, SHORTEST if beam == 1 else CAREFUL)
        found = self._network.generate(
            encoded,
            [prompt],
            beam_size=beam,
            max_length=min(440, len(prompt) + most),
            no_repeat_ngram_size=LOOP,
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        pieces = spell(found.sequences[0])
        ids, score = tuple(found.sequences_ids[0]), float(found.scores[0])
        return Guess(ids, pieces, score, found.no_speech_prob, encoded)

    def times(self, samples: Floats, guess: Guess) -> list[int]:
        """Where each token begins, in samples, and where the last one ends (by cross-attention)."""
        if not guess.ids:
            return []
        frames = len(samples) // HOP
        found = self._network.align(guess.encoded, [START], [list(guess.ids)], frames)
        begins = [0] * (len(guess.ids) + 1)
        for (last, _), (token, step) in pairwise([(-1, 0), *found[0].alignments]):
            if token != last and token < len(begins):
                begins[token] = min(step * TOKEN_STEP, len(samples))
        return begins

    def _encode(self, samples: Floats, shortest: int) -> Any:
        import ctranslate2  # noqa: PLC0415  (heavy)

        features = ctranslate2.StorageView.from_array(log_mel(samples, shortest))
        return self._network.encode(features)


def is_quiet(samples: Floats) -> bool:
    """Whether no tenth of a second is loud enough for a word."""
    tenths = samples[: len(samples) // (RATE // 10) * (RATE // 10)].reshape(-1, RATE // 10)
    return not len(tenths) or float(np.square(tenths).mean(axis=1).max()) < QUIET**2


def log_mel(samples: Floats, shortest: int = SHORTEST) -> Floats:
    """The network's features, (1, 80, frames): log power in mel bands, and silence behind."""
    frames = len(samples) // HOP
    context = min(LONGEST, max(shortest, frames + AFTER) + 1 & ~1)
    padded = np.pad(samples, 200, mode="reflect" if len(samples) > 200 else "constant")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 400)[::HOP][:frames]
    spectrum = np.fft.rfft(windows * _window(), axis=1)
    power = np.square(np.abs(spectrum)).astype(np.float32) @ _bands()
    logs = np.log10(np.maximum(power, 1e-10))
    least = logs.max(initial=-10.0) - 8  # as little as there is: what silence looks like
    features = np.full((1, 80, context), (least + 4) / 4, np.float32)
    features[0, :, :frames] = (np.maximum(logs, least).T + 4) / 4
    return features


@cache
def _window() -> Floats:
    return np.hanning(401)[:-1].astype(np.float32)


@cache
def _bands() -> Floats:
    """80 triangles, (201, 80), of equal area, even on Slaney's mel scale (Auditory Toolbox, 1998).

    The scale is linear to 1 kHz, 15 mels of 200/3 Hz, and 27 mels then span a factor 6.4.
    """
    octave = np.log(6.4) / 27
    mels = np.linspace(0, 15 + np.log(8.0) / octave, 82)
    edges = np.where(mels < 15, mels * 200 / 3, 1000 * np.exp((mels - 15) * octave))
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    at = np.linspace(0, RATE / 2, 201)[:, None]
    triangles = np.minimum((at - low) / (middle - low), (high - at) / (high - middle))
    bands: Floats = (np.maximum(triangles, 0) * 2 / (high - low)).astype(np.float32)
    return bands


@cache
def _letters() -> dict[str, int]:
    """How the vocabulary writes bytes: those that do not print stand 256 letters higher."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    moved = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {
        chr(256 + place): byte for place, byte in enumerate(moved)
    }


def spell(tokens: Sequence[str]) -> tuple[str, ...]:
    """The text of each token; a letter of several tokens comes whole with the last of them."""
    letters, rest, pieces = _letters(), b"", []
    for token in tokens:
        rest += b"" if token.startswith("<|") else bytes(letters.get(c, 0x3F) for c in token)
        try:
            pieces.append(rest.decode())
            rest = b""
        except UnicodeDecodeError:
            pieces.append("")
    return tuple(pieces)


@cache
def open_whisper() -> Whisper:
    """The network, on one thread; opened once a process, in about a second.

    Raises WeightsMissing, which names what is missing, and WeightsDamaged.
    """
    import ctranslate2  # noqa: PLC0415  (heavy)

    missing = [name for name in FILES if not place(weight(name)).is_file()]
    if missing:
        raise WeightsMissing(" ".join(missing))
    try:
        network = ctranslate2.models.Whisper(
            "whisper",
            device="cpu",
            compute_type="int8",
            intra_threads=1,
            files={file: find(name).read_bytes() for name, file in FILES.items()},
        )
    except (RuntimeError, ValueError) as cause:
        remedy = f"Run: bonaface models fetch {' '.join(FILES)}"
        raise WeightsDamaged(f"The recogniser cannot be opened: {cause}.", remedy) from cause
    return Whisper(network)
