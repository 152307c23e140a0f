"""What is done to the network's answers before they move a mouth, step by step of 20 ms.

Lips touch wholly or not at all, the mouth rests where nobody speaks, and loudness is told against
the voice's own.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonaface.avatar.mouth.loudness import FLOOR, QUIET, RANGE, SETTLE
from bonaface.avatar.pose import LIPS

Floats = NDArray[np.float32]
_CHANNEL = {name: index for index, name in enumerate(LIPS)}
_CLOSURE, _JAW = _CHANNEL["closure"], _CHANNEL["jawOpen"]
_PARTING = [_CHANNEL[name] for name in ("upperUp", "lowerDown", "funnel")]
_ROLL = [_CHANNEL[name] for name in ("rollUpper", "rollLower")]
_ROLLED = 0.42  # how far lips that touch roll in
_APART, _TOUCH = 0.18, 0.40  # answers below and above which lips are apart, and touch
_FADE = 0.9  # a step, by which the nearest answer of late is forgotten
_SHARP = 2.0  # how soon lips part that touched
_SPEECH = 0.30  # chance of speech, over a few steps, above which somebody speaks
_BELIEVE = 0.7  # a step, with which the chance of speech follows
_SINK = 0.9965  # a step, by which the remembered loud falls: 1.5 dB a second
_SLOW = 0.02  # a step, with which the usual loudness follows


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """One step of 20 ms as the network and the ear have it."""

    lips: Floats  # (len(LIPS),) 0 to 1
    speech: float  # chance that somebody speaks
    level: float  # root mean square around the step, of full scale
    ahead: float  # the loudest level from the step to what has been heard


def touch(lips: Floats, top: float) -> Floats:
    """Give lips that touch where they nearly do; the rest follows as far as it had not.

    The answers rise and fall more slowly than lips: once they fall from `top`, the highest of
    late, the lips part.
    """
    near = float(lips[_CLOSURE])
    held = near * (near / max(top, near, 1e-3)) ** _SHARP
    wholly = float(np.clip((held - _APART) / (_TOUCH - _APART), min(near, 1.0), 1))
    out = lips.copy()
    out[_CLOSURE] = wholly
    out[_ROLL] = np.maximum(out[_ROLL], _ROLLED * wholly)
    out[_JAW] *= (1 - 0.7 * wholly) / (1 - 0.7 * near)
    out[_PARTING] *= (1 - 0.95 * wholly) / (1 - 0.95 * near)
    return out


class Stillness:
    """Remembers how long it has been silent, and how loud the voice gets."""

    def __init__(self) -> None:
        self._silent = QUIET  # steps without a sound
        self._open = 0.0  # 0 at rest, 1 free to move
        self._speech = 0.0
        self._loud = 4 * FLOOR
        self._usual = 0.5
        self._top = 0.0  # the nearest that lips were to touching, fading

    def settle(self, heard: Heard) -> tuple[Floats, float, float]:
        """Give the lips, the loudness and the stress of one step."""
        self._listen(heard)
        loudness = self._measure(heard.level)
        rising = loudness - self._usual
        self._usual += _SLOW * (loudness - self._usual) * (heard.level > FLOOR)
        self._top = max(float(heard.lips[_CLOSURE]), self._top * _FADE)
        lips = np.clip(touch(heard.lips, self._top) * np.float32(self._open), 0, 1)
        stress = np.clip(4 * rising, 0, 1) * np.clip(4 * lips[_JAW], 0, 1)
        return lips, loudness, float(stress)

    def _listen(self, heard: Heard) -> None:
        """The mouth moves when speech begins, and rests half a second after it ended."""
        self._speech += _BELIEVE * (heard.speech - self._speech)
        spoken = heard.ahead > FLOOR and self._speech > _SPEECH
        self._silent = 0 if spoken else self._silent + 1
        if spoken:
            self._open = 1.0
        elif self._silent >= QUIET:
            self._open = max(0.0, self._open - 1 / SETTLE)

    def _measure(self, level: float) -> float:
        """Give 0 for silence to 1 for the voice's own loud."""
        self._loud = max(level, self._loud * _SINK, 4 * FLOOR)
        decibels = 20 * np.log10(max(level, 1e-6) / self._loud)
        return float(np.clip(1 + decibels / RANGE, 0, 1))
