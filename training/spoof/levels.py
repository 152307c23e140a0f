"""What the network sees of a run: levels of narrow bands, without the run's own colour.

Of each band its mean over the run is taken away, so that microphone, room and line leave no colour;
the highest bands are left out, since resampling cuts them.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from bonaface.forensics.spoof.runs import Floats

WINDOW: Final = 400  # samples: 25 ms
STEP: Final = 160
SPECTRUM: Final = 512
FIRST, LAST = 4, 244  # bins: 125 Hz to 7.6 kHz
BANDS: Final = LAST - FIRST
QUIET: Final = 1e-6  # power of a bin; a run's mean is about .5
_SHAPE: Final = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
Levels = NDArray[np.float32]


def hear_levels(run: Floats) -> Levels:
    """Natural logs of power (BANDS, steps) of a run (n,) at 16 kHz."""
    frames = np.lib.stride_tricks.sliding_window_view(run, WINDOW)[::STEP]
    seen = np.fft.rfft(frames * _SHAPE, SPECTRUM, axis=1)[:, FIRST:LAST]
    power = np.square(seen.real) + np.square(seen.imag)
    levels: Levels = np.log(power + QUIET).T.astype(np.float32)
    return levels


def bleach(levels: Levels) -> Levels:
    """Take each band's mean away and bring all to one spread: (..., BANDS, steps) in and out."""
    centred = levels - levels.mean(-1, keepdims=True)
    spread = np.sqrt(np.square(centred).mean((-1, -2), keepdims=True)) + 1e-3
    even: Levels = (centred / spread).astype(np.float32)
    return even
