"""The hibari voices: a small network predicts spectra, a vocoder in numpy makes them heard.

hibari-tts (Apache-2.0) distils Kokoro-82M into 8 MB: more than 100 times real time on one core.
Its durations are counted in frames of 25 ms inside the graph.
"""

import json
from functools import cache
from pathlib import Path

import numpy as np
from hibari import dsp
from hibari.tts import ASSETS

from bonaface.errors import SpeechError
from bonaface.speech.graph import open_graph
from bonaface.speech.take import PAD, Take

DURATIONS = "/Cast_32_output_0"  # (1, letters) int64, after rounding and clipping
FRAME = 2 * dsp.HOP  # samples a duration counts
SEED = 0  # of the breath noise: the same text is the same sound
BUNDLED = Path(ASSETS) / "hibari.onnx"


@cache
def alphabet() -> dict[str, int]:
    """The numbers of the misaki alphabet's letters, as Kokoro and hibari know them."""
    table: dict[str, int] = json.loads((Path(ASSETS) / "vocab.json").read_text("utf-8"))
    return table


def spell(phonemes: str) -> tuple[list[str], list[int]]:
    """Give the letters the models know, with PAD around, and their numbers.

    Raises SpeechError when none is left.
    """
    known = alphabet()
    letters = [letter for letter in phonemes if letter in known]
    if not any(letter.isalpha() for letter in letters):
        raise SpeechError("There is no sound in this text.", "Give it words.")
    return [PAD, *letters, PAD], [0, *(known[letter] for letter in letters), 0]


class HibariVoice:
    """One hibari model, opened."""

    rate: int = dsp.SR
    longest: int = 400

    def __init__(self, model: Path = BUNDLED, british: bool = False) -> None:
        self.british = british
        self._graph = open_graph(model, DURATIONS)

    def say(self, phonemes: str, speed: float) -> Take:
        """Speak one phoneme string; see take.Voice."""
        letters, ids = spell(phonemes)
        inputs = {"ids": np.array([ids], np.int64), "speed": np.array([speed], np.float32)}
        *parts, durations = self._graph.run(None, inputs)
        noise = np.random.default_rng(SEED)
        samples = dsp.synth(*(part[0] for part in parts), noise)
        lengths = np.asarray(durations, np.int64).ravel() * FRAME
        return Take(np.asarray(samples, np.float32), self.rate, tuple(letters), lengths)
