"""Whose voice is it: a point on a sphere for a run of speech; the same voice lands near itself.

The GE2E network (Wan et al. 2018, arXiv 1710.10467) with the weights of Resemblyzer (Apache-2.0;
models/voice.npz, made by training/voice): 40 mel bands every 10 ms, windows of 1.6 s, three LSTM
layers. Run in NumPy: 9 ms for a second of speech.
"""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from bonaface import weights

Floats = NDArray[np.float32]
RATE: Final = 16_000  # samples a second: no other is understood
SIZE: Final = 256  # of the point
FRAME, HOP, BANDS = 400, 160, 40
WINDOW: Final = 160  # frames that are heard together
STEP: Final = 77  # frames from one window to the next
LEAST: Final = WINDOW * HOP  # samples, of one window
LEVEL: Final = -30.0  # dBFS to which quieter speech is raised


def embed_voice(samples: Floats) -> Floats:
    """The points (n, SIZE) of the windows of a run of speech, each of length 1.

    `samples` (count,) at RATE, speech without long pauses, of at least LEAST; take the mean of
    points and compare by the dot product. Raises ValueError when there are too few.
    """
    if len(samples) < LEAST:
        raise ValueError(f"{len(samples)} samples are too few: {LEAST} make a window.")
    bands = _mel(_raised(samples))
    starts = range(0, len(bands) - WINDOW + 1, STEP)
    heard: Floats = np.stack([bands[i : i + WINDOW] for i in starts])
    net = _network()
    for layer in range(3):
        heard = _lstm(heard, net[f"input{layer}"], net[f"again{layer}"], net[f"bias{layer}"])
    points = np.maximum(heard[:, -1] @ net["project"] + net["shift"], 0)
    return np.asarray(points / (np.linalg.norm(points, axis=1, keepdims=True) + 1e-9), np.float32)


@cache
def _network() -> dict[str, Floats]:
    with np.load(weights.trained("voice.npz")) as arrays:
        return {name: arrays[name].astype(np.float32) for name in arrays.files}


def _raised(samples: Floats) -> Floats:
    level = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) + 1e-9
    return np.asarray(samples * max(1.0, 10 ** (LEVEL / 20) / level), np.float32)


def _mel(samples: Floats) -> Floats:
    padded = np.pad(samples, FRAME // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]
    window = np.hanning(FRAME + 1)[:FRAME].astype(np.float32)
    power = np.abs(np.fft.rfft(frames * window, axis=1)) ** 2
    return np.asarray(power @ _filters().T, np.float32)


@cache
def _filters() -> Floats:
    """Triangles (BANDS, FRAME / 2 + 1) on Slaney's mel scale, of equal area."""
    edges = _hertz(np.linspace(0, _mels(np.array(RATE / 2.0)), BANDS + 2))
    bins = np.fft.rfftfreq(FRAME, 1 / RATE)
    steps = np.diff(edges)
    away = edges[:, None] - bins
    rising, falling = -away[:-2] / steps[:-1, None], away[2:] / steps[1:, None]
    area = 2 / (edges[2:] - edges[:-2])
    return np.asarray(np.maximum(0, np.minimum(rising, falling)) * area[:, None], np.float32)


def _mels(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    high = 15 + np.log(np.maximum(hertz, 1e-9) / 1000) * 27 / np.log(6.4)
    return np.where(hertz >= 1000, high, hertz * 3 / 200)


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mels >= 15, 1000 * np.exp((mels - 15) * np.log(6.4) / 27), mels * 200 / 3)


def _lstm(heard: Floats, weights_in: Floats, again: Floats, bias: Floats) -> Floats:
    """One layer over (n, time, any), from silence: (n, time, SIZE)."""
    ready = heard @ weights_in + bias
    hidden = np.zeros((len(heard), SIZE), np.float32)
    cell = np.zeros_like(hidden)
    out = np.empty((*ready.shape[:2], SIZE), np.float32)
    for step in range(ready.shape[1]):
        gates = ready[:, step] + hidden @ again
        take, keep, give = (_sigmoid(gates[:, i * SIZE : (i + 1) * SIZE]) for i in (0, 1, 3))
        cell = keep * cell + take * np.tanh(gates[:, 2 * SIZE : 3 * SIZE])
        hidden = give * np.tanh(cell)
        out[:, step] = hidden
    return out


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(expit(x), np.float32)
