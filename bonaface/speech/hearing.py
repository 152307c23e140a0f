"""What the mouth network hears: log mel bands, freed from the level and colour of the channel.

A frame is 25 ms long and every 10 ms; frame k is centred on sample 160 k. The level is taken
against the voice's own recent peak; the mean of each band over what was loud enough to be speech
is taken off (cepstral mean subtraction, done in the mel domain), starting from the spectrum that
speech has on average, so that the first word is heard as the hundredth.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Floats = NDArray[np.float32]

RATE = 16_000
HOP = 160  # samples, 10 ms
FRAME = 400  # samples, 25 ms
BANDS = 40
WIDTH = BANDS + 1  # values a frame: the bands, then the level
_SIZE = 512
_LOWEST, _HIGHEST = 80.0, 7600.0  # Hz
_FAINT = 1e-9  # power added before the logarithm: about -75 dB in a band
_LEAST_PEAK = -8.0  # nats: a peak under this is silence, not a quiet voice
_SINK = 0.004  # nats a frame by which the remembered peak falls
_PRIOR = 60.0  # frames of speech that the average spectrum is worth
_MEMORY = 600.0  # frames of speech that the mean looks back on
_USUAL = -2.5  # nats under the peak: the mean of bands in speech


def _space_bands() -> NDArray[np.float64]:
    """Give the BANDS + 2 edges of the filters in Hz, evenly spaced in mel."""
    low, high = (2595 * np.log10(1 + hertz / 700) for hertz in (_LOWEST, _HIGHEST))
    edges: NDArray[np.float64] = 700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1)
    return edges


def build_bands(stretch: float = 1.0) -> Floats:
    """Give triangular mel filters as (_SIZE // 2 + 1, BANDS); `stretch` moves formants up."""
    edges = _space_bands() / stretch
    bins = fft.rfftfreq(_SIZE, 1 / RATE)[:, None]
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    rise, fall = (bins - low) / (middle - low), (high - bins) / (high - middle)
    weights = np.maximum(np.minimum(rise, fall), 0)
    return np.asarray(weights / (high - low) * 100, np.float32)


def _tilt() -> Floats:
    """Lift each band by 6 dB an octave over 500 Hz, as speech falls."""
    centres = _space_bands()[1:-1]
    return np.asarray(1.38 * np.log2(np.maximum(centres, 500) / 500), np.float32)


_WINDOW = np.hanning(FRAME).astype(np.float32)
_BANDS = build_bands()
_TILT = _tilt()


def take_bands(samples: Floats, bands: Floats = _BANDS) -> Floats:
    """Turn (FRAME + n HOP,) samples at 16 kHz into (n + 1, BANDS) log powers in nats."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP]
    spectrum = fft.rfft(frames * _WINDOW, _SIZE, axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    return np.asarray(np.log(power @ bands / FRAME + _FAINT) + _TILT, np.float32)


class Hearing:
    """Normalises log mel bands as they come; remembers the voice's level and colour."""

    def __init__(self) -> None:
        self._peak = _LEAST_PEAK
        self._mean = np.full(BANDS, _USUAL, np.float32)
        self._seen = _PRIOR

    def push(self, bands: Floats) -> Floats:
        """Turn (n, BANDS) log powers into (n, WIDTH) values of about unit size."""
        levels = bands.mean(axis=1)
        out = np.empty((len(bands), WIDTH), np.float32)
        for index, level in enumerate(levels.tolist()):
            self._peak = max(level, self._peak - _SINK, _LEAST_PEAK)
            under = level - self._peak
            relative = np.maximum(bands[index] - self._peak, -10)
            speech = 1 / (1 + np.exp(-1.5 * (under + 4)))
            self._seen = min(self._seen + speech, _MEMORY)
            self._mean += (relative - self._mean) * np.float32(speech / self._seen)
            out[index, :BANDS] = (relative - self._mean) / 2
            out[index, BANDS] = max(under, -10.0) / 2
        return out
