import numpy as np
import pytest

from bonaface.core import over
from bonaface.marks.label.disclaimer import (
    AFTER,
    DISCLAIMERS,
    DOT,
    PITCH,
    WORDS,
    Disclaimer,
    disclaim,
)
from bonaface.speech.transcribe import Transcriber

RATE = 16_000


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
@pytest.mark.parametrize("way", DISCLAIMERS)
def test_it_ends_in_a_pause(way: Disclaimer, rate: int) -> None:
    sound = disclaim(rate, way)
    assert sound.rate == rate
    pause = round(AFTER * rate)
    assert not np.any(sound.samples[-pause:])
    assert 0.1 < float(np.abs(sound.samples).max()) <= 1


def test_a_recogniser_hears_the_words() -> None:
    heard = "".join(c.text for c in over(Transcriber(), [disclaim(RATE)]) if c.final)
    assert heard.strip().lower().rstrip(".") == WORDS.lower().rstrip(".")


def test_morse_says_ai() -> None:
    samples = disclaim(RATE, "morse").samples
    unit = round(DOT * RATE)
    loud = [float(np.abs(samples[i : i + unit]).max()) > 0.1 for i in range(0, 15 * unit, unit)]
    assert "".join("=" if one else "." for one in loud) == "=.===...=.=...."
    spectrum = np.abs(np.fft.rfft(samples[2 * unit : 5 * unit]))
    assert abs(int(spectrum.argmax()) / (3 * DOT) - PITCH) < 3
