"""What is measured of a run of speech: how its sound moves, how its phases lie, what excites it.

All are shapes, not levels: a steady colour (microphone, room, line) leaves them nearly alone.
Measured are only steps that are loud. Linear bands, since synthesisers leave traces at the top
(Sahidullah et al. 2015); group delays, since vocoders make phases anew (Wu et al. 2012); the
residual of linear prediction, since they make the voice's pulses anew.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from bonaface.forensics.spoof.runs import Floats

SPECTRUM: Final = 512  # samples
HOP: Final = 192
BANDS: Final = 40
WIDE: Final = 6  # bins of a band: 188 Hz
LOUD: Final = 6.0  # natural logs of power under the loudest steps that count
ORDER: Final = 16
_WINDOW: Final = np.hanning(SPECTRUM + 1)[:-1].astype(np.float32)
_TIMES: Final = ((np.arange(SPECTRUM) - SPECTRUM / 2) * _WINDOW).astype(np.float32)
Measures = NDArray[np.float32]


def measure_run(run: Floats) -> Measures:
    """All measures of a run (n,) at 16 kHz: (264,)."""
    frames = np.lib.stride_tricks.sliding_window_view(run, SPECTRUM)[::HOP]
    seen = np.fft.rfft(frames * _WINDOW, axis=1)[:, 1 : BANDS * WIDE + 1]
    moved = np.fft.rfft(frames * _TIMES, axis=1)[:, 1 : BANDS * WIDE + 1]
    power = np.square(seen.real) + np.square(seen.imag) + 1e-7
    total = np.log(power.sum(1))
    loud = total > np.percentile(total, 95) - LOUD
    loud[:2] = loud[-2:] = True  # never none
    delay = (seen.real * moved.real + seen.imag * moved.imag) / power
    level = np.log(_split(power).mean(2))
    parts = (
        *_moves(level[loud]),
        *_delays(delay[loud]),
        _grain(np.log(power[loud])),
        _excite(frames[loud]),
    )
    whole: Measures = np.concatenate([np.ravel(part) for part in parts]).astype(np.float32)
    return np.clip(np.nan_to_num(whole), -50, 50)  # bands that a line cut off have no shape


def _split(bins: NDArray[np.floating]) -> NDArray[np.floating]:
    """Bins (steps, BANDS * WIDE) as (steps, BANDS, WIDE)."""
    return bins.reshape(len(bins), BANDS, WIDE)


def _moves(level: NDArray[np.floating]) -> tuple[NDArray[np.floating], ...]:
    """How lopsided the levels of a band lie, and how they go with its neighbour's."""
    centred = level - level.mean(0)
    unit = centred / (centred.std(0) + 1e-6)
    return (unit**3).mean(0), (unit[:, 1:] * unit[:, :-1]).mean(0)


def _delays(delay: NDArray[np.floating]) -> tuple[NDArray[np.floating], ...]:
    """How far the group delays of a band spread, in two powers."""
    late = np.clip(delay, -SPECTRUM, SPECTRUM)
    bands = _split(late - np.median(late, axis=1, keepdims=True))
    return np.log(np.abs(bands).mean((0, 2)) + 1), np.log(np.square(bands).mean((0, 2)) + 1)


def _grain(level: NDArray[np.floating]) -> NDArray[np.floating]:
    """How deep the lines (harmonics) and the noise of each band are: mean and spread."""
    grain = level - uniform_filter1d(level, 15, axis=1, mode="nearest")
    depth = _split(np.abs(grain)).mean(2)
    return np.concatenate([depth.mean(0), depth.std(0)])


def _excite(frames: NDArray[np.floating]) -> NDArray[np.floating]:
    """How peaked what linear prediction leaves is, in four ranges of how voiced a step is."""
    windowed = frames[::3] * _WINDOW
    spectra = np.square(np.abs(np.fft.rfft(windowed, 2 * SPECTRUM, axis=1)))
    around = np.fft.irfft(spectra, axis=1)
    voiced = around[:, 40:250].max(1) / (around[:, 0] + 1e-9)
    place = np.abs(np.subtract.outer(np.arange(ORDER), np.arange(ORDER)))
    square = around[:, place] + np.eye(ORDER) * (1e-3 * around[:, :1, None] + 1e-6)
    taps = np.linalg.solve(square, around[:, 1 : ORDER + 1, None])[:, :, 0]
    shape = np.concatenate([np.ones((len(taps), 1)), -taps], axis=1)
    left = np.fft.irfft(
        np.fft.rfft(windowed, 2 * SPECTRUM, axis=1) * np.fft.rfft(shape, 2 * SPECTRUM, axis=1)
    )[:, :SPECTRUM]
    size = np.sqrt(np.square(left).mean(1, keepdims=True)) + 1e-9
    unit = left / size
    values = np.stack(
        [
            np.log((unit**4).mean(1) + 1e-9),
            (unit**3).mean(1),
            np.log(np.abs(unit).max(1) + 1e-9),
            voiced,
            np.log(around[:, 0] / np.square(size[:, 0]) / SPECTRUM + 1e-9),
        ],
        1,
    )
    edges = np.percentile(voiced, [25, 50, 75])
    parts = np.searchsorted(edges, voiced)
    means = [values[parts == i].mean(0) if (parts == i).any() else values.mean(0) for i in range(4)]
    return np.concatenate([*means, values.std(0)])
