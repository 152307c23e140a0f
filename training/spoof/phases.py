"""Twins whose traces are phases and images: what networks that end in spectra or in steps leave.

No network is needed for them. `shake` keeps magnitudes and lets phases go astray, more so at high
frequencies, as nets do that say phases (iSTFT heads); `fold` makes the upper half anew as mirror
images of the lower one, as steps of upsampling leave, at the levels that the upper half had.
"""

from typing import Final

import numpy as np
import scipy.signal
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from bonaface.forensics.inspector import RATE
from bonaface.forensics.spoof.runs import SIZE, Floats

Draw = np.random.Generator
WIDTHS: Final = (320, 512, 800, 1024)  # samples of a frame


def _open(size: int) -> scipy.signal.ShortTimeFFT:
    return scipy.signal.ShortTimeFFT(scipy.signal.windows.hann(size), size // 4, RATE)


def shake(run: Floats, draw: Draw) -> Floats:
    """Phases astray by up to a radian and a half, smoothly or not; magnitudes a little blurred."""
    stft = _open(int(draw.choice(WIDTHS)))
    seen = stft.stft(run)
    rise = np.linspace(draw.uniform(0, 0.4), draw.uniform(0.6, 1.6), len(seen))[:, None]
    astray = draw.normal(0, 1, seen.shape)
    if draw.random() < 0.5:
        astray = gaussian_filter(astray, (draw.uniform(0, 1.5), draw.uniform(0, 1.5)))
        astray /= astray.std()
    level = gaussian_filter(np.log(np.abs(seen) + 1e-6), (draw.uniform(0, 1), draw.uniform(0, 1)))
    made = np.exp(level) * np.exp(1j * (np.angle(seen) + rise * astray))
    whole: Floats = stft.istft(made, k1=SIZE).astype(np.float32)
    return whole


def fold(run: Floats, draw: Draw) -> Floats:
    """The band over 4 or 2 kHz as images of what lies below, levelled as it was."""
    times = int(draw.choice([2, 2, 4]))
    low = scipy.signal.resample_poly(run, 1, times)
    stuffed = np.zeros(len(low) * times, np.float32)
    stuffed[::times] = low * times
    stuffed = np.resize(stuffed, SIZE)
    stft = _open(512)
    was, image = stft.stft(run), stft.stft(stuffed)
    smooth = (draw.uniform(4, 12), draw.uniform(0, 2))
    gain = _levels(was, smooth) / _levels(image, smooth)
    edge = int(len(was) / times)
    made = np.concatenate([was[:edge], (image * gain)[edge:]])
    whole: Floats = stft.istft(made, k1=SIZE).astype(np.float32)
    return whole


def _levels(seen: NDArray[np.complexfloating], smooth: tuple[float, float]) -> NDArray[np.floating]:
    levels: NDArray[np.floating] = np.exp(gaussian_filter(np.log(np.abs(seen) + 1e-6), smooth))
    return levels
