"""What a recording says at each place: the soft value of every cell that could lie there.

First by hand: how one unit's log energies differ from the next, whitened in time and across bands,
and weighted by how far they can be trusted. Then by a small network (models/sound_ear.onnx, made
by training/sound_ear) that hears 100 ms and three bands to either side and tells the mark from
what the sound does by itself. Whatever either makes of the sound, neither knows the key, so the
bound of `sound_search` holds for both.
"""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bonaface import weights
from bonaface.marks.sound.pattern import BANDS, EDGES
from bonaface.marks.sound.search import UNIT, Cells

RATE = 16_000
WINDOW = 400  # samples, 25 ms
FRAME = 80  # samples, 5 ms
FLOOR = 1e-8  # of the loudest band: what codecs leave of silence
TAPS = (-0.2, 1.0, -1.0, 0.2)  # what one unit says against the next, freed of slow change
SIDE = 0.33  # share of the neighbouring bands that is taken off
CLIP = 9.0  # dB
# Weight of a cell by its level below the loudest (dB): the mark is weak in the loudest.
LEVELS = (-76, -62, -50, -36, -29, -23, -16, -4)
WEIGHTS = (0, 0.6, 1, 1, 0.75, 0.45, 0.3, 0.15)
NOISY, MARGIN = 0.4, 2.0  # weight at the noise floor, and dB above it where trust begins

Levels = NDArray[np.float32]  # (frames, BANDS) dB


def listen(samples: NDArray[np.float32]) -> Cells:
    """Answer (frames, BANDS) for a run at 16 kHz of 0.2 s or more."""
    return _understand(hear(samples))


def hear(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Answer (4, frames, BANDS), what the network takes, for a run at 16 kHz.

    The level below the loudest, the cell as found by hand, the level above the band's floor, and
    which band it is, all of order one.
    """
    level = _measure(samples)
    floor = np.percentile(level, 3, axis=0).astype(np.float32)
    top = np.float32(np.percentile(_total(level), 95))
    by_hand = _compare(level, top, floor)
    below = np.clip((level - top) / 20, -4, 1.5)
    above = np.clip((level - floor) / 10, -0.5, 3)
    place = np.broadcast_to(np.linspace(-1, 1, BANDS), level.shape)
    return np.stack([below, by_hand / 3, above, place]).astype(np.float32)


def _measure(samples: NDArray[np.float32]) -> Levels:
    cut = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::FRAME]
    window = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    spectra = np.fft.rfft(cut * window, 2 * RATE // 50)
    power = np.square(spectra.real) + np.square(spectra.imag)
    energy = np.add.reduceat(power, 2 * EDGES, axis=1)[:, :BANDS]
    level: Levels = 10 * np.log10(energy + energy.max() * np.float32(FLOOR) + np.float32(1e-9))
    return level


def _total(level: Levels) -> NDArray[np.float32]:
    whole: NDArray[np.float32] = 10 * np.log10((10 ** (level / 10)).sum(1))
    return whole


def _compare(level: Levels, top: np.float32, floor: NDArray[np.float32]) -> Cells:
    """Answer what each cell says by itself, in dB, weighted."""
    change = np.zeros_like(level)
    for i, tap in enumerate(TAPS):
        change += np.float32(tap) * np.roll(level, UNIT * (1 - i), axis=0)
    change[:UNIT] = change[-3 * UNIT :] = 0
    wide = np.pad(change, ((0, 0), (1, 1)), "reflect")
    change = change - SIDE * (wide[:, :-2] + wide[:, 2:])
    weight = np.interp(level - top, LEVELS, WEIGHTS)
    above = np.minimum(level, np.roll(level, -UNIT, axis=0)) - floor
    trust = NOISY + (1 - NOISY) * np.clip((above - MARGIN) / 6, 0, 1)
    cells: Cells = (np.clip(change, -CLIP, CLIP) * weight * trust).astype(np.float32)
    return cells


def _understand(heard: NDArray[np.float32]) -> Cells:
    """Answer the network's cells for (4, frames, BANDS), which it takes every fourth at a time."""
    frames = heard.shape[1]
    padded = np.pad(heard, ((0, 0), (0, -frames % UNIT), (0, 0)), "edge")
    by_phase = padded.reshape(4, -1, UNIT, BANDS).transpose(2, 0, 1, 3)
    (cells,) = _open().run(None, {"heard": np.ascontiguousarray(by_phase)})
    whole: Cells = cells.transpose(1, 0, 2).reshape(-1, BANDS)[:frames]
    return whole


@cache
def _open() -> Any:
    return weights.open_onnx(weights.trained("sound_ear.onnx"))
