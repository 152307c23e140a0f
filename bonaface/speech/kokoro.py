"""The Kokoro voices: one network of 82 million weights, and a small style file for each speaker.

Kokoro-82M (Apache-2.0) in its int8 ONNX export; it reads the same alphabet as hibari. Its
durations are counted in frames of 25 ms inside the graph.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bonaface.errors import WeightsDamaged
from bonaface.speech.graph import open_graph
from bonaface.speech.hibari import spell
from bonaface.speech.take import Take

DURATIONS = "/encoder/Clip_output_0"  # letters, float32 whole numbers
FRAME = 600  # samples a duration counts
STYLE = 256  # numbers a style has; one style for each length of sentence
LONGEST = 510


def read_style(path: Path, speaker: str) -> NDArray[np.float32]:
    """One speaker's styles (lengths, 256) from an .npz of many speakers or a .bin of one.

    Raises WeightsDamaged when the file holds no such styles.
    """
    try:
        if path.suffix == ".npz":
            with np.load(path) as speakers:
                styles = np.asarray(speakers[speaker], np.float32)
        else:
            styles = np.fromfile(path, "<f4")
        return styles.reshape(-1, STYLE)
    except (KeyError, ValueError) as cause:
        remedy = "Delete it and fetch it again."
        raise WeightsDamaged(f"{path.name} has no styles of {speaker}.", remedy) from cause


class KokoroVoice:
    """One speaker of Kokoro, opened."""

    rate: int = 24_000
    longest: int = 400  # it takes 510; its rhythm suffers before that

    def __init__(self, model: Path, styles: NDArray[np.float32], british: bool = False) -> None:
        self.british = british
        self._styles = styles
        self._graph = open_graph(model, DURATIONS)

    def say(self, phonemes: str, speed: float) -> Take:
        """Speak one phoneme string; see take.Voice."""
        letters, ids = spell(phonemes)
        style = self._styles[min(len(ids) - 3, len(self._styles) - 1)]
        inputs = {
            "tokens": np.array([ids], np.int64),
            "style": style[None].astype(np.float32),
            "speed": np.array([speed], np.float32),
        }
        samples, durations = self._graph.run(None, inputs)
        lengths = np.rint(durations.ravel()).astype(np.int64) * FRAME
        sound = np.asarray(samples, np.float32).ravel()
        return Take(sound, self.rate, tuple(letters), lengths)
