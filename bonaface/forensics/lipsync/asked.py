"""What lips a sound asks for, by the network that gives our own faces their lips (mouth.onnx)."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from bonaface import weights
from bonaface.core import Sound, frozen, over
from bonaface.errors import WeightsMissing
from bonaface.speech.activity import WINDOW, Activity
from bonaface.speech.hearing import BANDS, FRAME, HOP, RATE, WIDTH, Hearing, take_bands

Floats = np.typing.NDArray[np.float32]
STEPS: Final = 50  # a second
BEFORE, AFTER = 8, 6  # frames that the network hears around a step
STATE = (1, 1, 160)
JAW = 0  # the first of the lips it answers


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What the sound asks for, every 20 ms from its first sample on."""

    opening: Floats  # (n,) of the jaw, 0 to 1
    loudness: Floats  # (n,) halves of nats under the voice's peak
    speech: Floats  # (n,) chance that somebody speaks

    def __post_init__(self) -> None:
        for part in (self.opening, self.loudness, self.speech):
            frozen(part)


def ask(samples: Floats) -> Asked:
    """Hear (count,) samples at 16 kHz, at least 20 ms of them."""
    steps = len(samples) // (2 * HOP)
    padded = np.pad(samples, (FRAME // 2, FRAME // 2 + (AFTER + 2) * HOP))
    heard = Hearing().push(take_bands(padded))
    heard = np.concatenate([np.repeat(heard[:1], BEFORE, axis=0), heard])
    heard = heard[: BEFORE + 1 + AFTER + 2 * (steps - 1), :WIDTH]
    network = weights.open_onnx(weights.trained("mouth.onnx"))
    given = {"heard": heard[None], "state": np.zeros(STATE, np.float32)}
    lips, speech, _ = network.run(None, given)
    loudness = heard[BEFORE : BEFORE + 2 * steps : 2, BANDS]
    return Asked(lips[0, :, JAW].copy(), loudness.copy(), speech[0].copy())


def count_spoken(samples: Floats) -> float | None:
    """Seconds of speech, music left out; None where the activity model is not here."""
    try:
        judged = list(over(Activity(rows=1), [Sound(0, samples, RATE)]))
    except WeightsMissing:
        return None
    return sum(voiced.chance > 0.5 for voiced in judged) * WINDOW / RATE
