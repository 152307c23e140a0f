"""What is heard before a sound without pictures: that AI made it, in words, or in Morse code.

GB 45438-2025 takes either for sound, the letters "AI" in Morse code by its rhythm; the EU's code of
practice asks for a spoken one. The words are English, as the voice is.
"""

from typing import Final, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from bonaface.core import Sound
from bonaface.speech.resample import resample
from bonaface.speech.synthesize import open_voice

Disclaimer: TypeAlias = Literal["words", "morse"]
DISCLAIMERS: Final[tuple[Disclaimer, ...]] = get_args(Disclaimer)
WORDS: Final = "This recording was made with AI."
AFTER: Final = 0.5  # s of silence before what it is about
LOUDNESS: Final = 0.25  # peak of a tone
PITCH: Final = 660.0  # Hz
DOT: Final = 0.12  # s; a dash is three, so is the pause between letters (ITU-R M.1677-1)
AI: Final = (".-", "..")
EDGE: Final = 0.008  # s in which a tone rises and falls

Samples: TypeAlias = NDArray[np.float32]


def disclaim(rate: int, way: Disclaimer = "words") -> Sound:
    """Answer the disclaimer and the pause after it, at `rate` samples a second.

    Raises WeightsMissing when the voice is not here.
    """
    heard = _say(rate) if way == "words" else _key(rate)
    return Sound(0, np.concatenate([heard, _silence(AFTER, rate)]), rate)


def _say(rate: int) -> Samples:
    sounds = [utterance.sound for utterance in open_voice().push(WORDS)]
    whole = np.concatenate([sound.samples for sound in sounds])
    return resample(Sound(0, whole, sounds[0].rate), rate).samples


def _key(rate: int) -> Samples:
    """Morse: a dot between the parts of a letter, three between letters."""
    parts: list[Samples] = []
    for letter in AI:
        for sign in letter:
            parts += [_tone(DOT if sign == "." else 3 * DOT, rate), _silence(DOT, rate)]
        parts.append(_silence(2 * DOT, rate))
    return np.concatenate(parts)


def _tone(seconds: float, rate: int) -> Samples:
    at = np.arange(round(seconds * rate)) / rate
    swell = np.clip(np.minimum(at, seconds - at) / EDGE, 0, 1)
    return (LOUDNESS * swell * np.sin(2 * np.pi * PITCH * at)).astype(np.float32)


def _silence(seconds: float, rate: int) -> Samples:
    return np.zeros(round(seconds * rate), np.float32)
