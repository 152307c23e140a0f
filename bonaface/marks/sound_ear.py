"""What a recording says at each place: the soft value of every cell that could lie there."""

import numpy as np
from numpy.typing import NDArray

from bonaface.marks.sound_pattern import BANDS, EDGES
from bonaface.marks.sound_search import UNIT, Cells

RATE = 16_000
WINDOW = 400  # samples, 25 ms
FRAME = 80  # samples, 5 ms
TAPS = (-0.2, 1.0, -1.0, 0.2)  # what one unit says against the next, freed of slow change
SIDE = 0.33  # share of the neighbouring bands that is taken off
CLIP = 9.0  # dB
# Weight of a cell by its level below the loudest (dB): the mark is weak in the loudest.
LEVELS = (-76, -62, -50, -36, -29, -23, -16, -4)
WEIGHTS = (0, 0.6, 1, 1, 0.75, 0.45, 0.3, 0.15)
NOISY, MARGIN = 0.4, 2.0  # weight at the noise floor, and dB above it where trust begins


def listen(samples: NDArray[np.float32]) -> Cells:
    """Answer what each possible cell says, weighted by how far it can be trusted."""
    cut = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::FRAME]
    spectra = np.fft.rfft(cut * np.hanning(WINDOW + 1)[:-1], 2 * RATE // 50)
    energy = np.add.reduceat(np.square(np.abs(spectra)), 2 * EDGES, axis=1)[:, :BANDS]
    level = 10 * np.log10(energy + energy.max() * 1e-8 + 1e-9)
    change = sum(tap * np.roll(level, UNIT * (1 - i), axis=0) for i, tap in enumerate(TAPS))
    change[:UNIT] = change[-3 * UNIT :] = 0
    wide = np.pad(change, ((0, 0), (1, 1)), "reflect")
    change = change - SIDE * (wide[:, :-2] + wide[:, 2:])
    top = np.percentile(10 * np.log10(energy.sum(1) + 1e-9), 95)
    weight = np.interp(level - top, LEVELS, WEIGHTS)
    above = np.minimum(level, np.roll(level, -UNIT, axis=0)) - np.percentile(level, 3, axis=0)
    trust = NOISY + (1 - NOISY) * np.clip((above - MARGIN) / 6, 0, 1)
    cells: Cells = (np.clip(change, -CLIP, CLIP) * weight * trust).astype(np.float32)
    return cells
