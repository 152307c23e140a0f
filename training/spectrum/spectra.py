"""What is measured in the spectrum of a picture, 45 numbers; and the ways pictures go before it.

Averaged over windows of 64 px: log power by radius; peaks over their surroundings at eighths of the
sampling rate, where enlarging nets repeat (an eighth and its multiples are JPEG's own, too, so real
pictures that went through JPEG must be learnt from beside them); how evenly the residual is spread
over the phases of a grid of 2 and 4 px; how strong colour is against light in high frequencies, and
how the residuals of the colours go together.
"""

import sys
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1] / "artefacts"))
from encoders import Code, by_jpeg, draw_codes

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]
SIDE, STEP = 64, 32  # px of a window, and between windows
HALF = SIDE // 2
BANDS = 20
SMALL, COARSE = 120, 35  # px of a face in a film of 360 lines; CRF


def _log_power(plane: Floats) -> Floats:
    """The mean log power of windows (SIDE, SIDE), zero frequency in the middle."""
    windows = np.lib.stride_tricks.sliding_window_view(plane, (SIDE, SIDE))[::STEP, ::STEP]
    shape = np.hanning(SIDE)[:, None] * np.hanning(SIDE)
    some = windows.reshape(-1, SIDE, SIDE)
    some = (some - some.mean((1, 2), keepdims=True)) * shape
    power = np.abs(np.fft.fft2(some)) ** 2
    mean: Floats = np.fft.fftshift(np.log(power + 1.0).mean(0))
    return mean


def _radial(log_power: Floats) -> Floats:
    """By radius, from a twelfth of the sampling rate to the corner."""
    y, x = np.mgrid[-HALF:HALF, -HALF:HALF]
    radius = np.hypot(y, x) / HALF
    edges = np.linspace(1 / 6, 1.2, BANDS + 1)
    return np.array([log_power[(radius >= a) & (radius < b)].mean() for a, b in pairwise(edges)])


def _peaks(log_power: Floats) -> Floats:
    """At eighths of the rate along the axes and diagonals, over what surrounds them."""
    wide = np.pad(log_power, 4, "wrap")
    blurred = cv2.blur(wide, (9, 9))[4:-4, 4:-4]
    over = np.pad(log_power - blurred, ((0, 1), (0, 1)), "wrap")
    found = []
    for eighths in (1, 2, 3, 4):
        at = eighths * SIDE // 8
        places = (
            (HALF, HALF + at),
            (HALF + at, HALF),
            (HALF + at, HALF + at),
            (HALF - at, HALF + at),
        )
        values = [over[y, x] for y, x in places]
        found += [(values[0] + values[1]) / 2, (values[2] + values[3]) / 2]
    return np.array(found)


def _phases(residual: Floats) -> Floats:
    """How unevenly the residual is spread over the phases of grids of 2 and 4 px."""
    size = np.abs(residual)
    said = []
    for period in (2, 4):
        spread = np.array(
            [size[i::period, j::period].mean() for i in range(period) for j in range(period)]
        )
        said.append(np.log(spread.std() / (spread.mean() + 1e-6) + 1e-4))
    return np.array(said)


def measure(pixels: Bytes) -> Floats:
    """The numbers of a picture (any, any, 3) of at least 64 px."""
    planes = cv2.cvtColor(pixels, cv2.COLOR_RGB2YCrCb).astype(np.float64).transpose(2, 0, 1)
    spectra = [_log_power(plane) for plane in planes]
    radial = [_radial(one) for one in spectra]
    light = radial[0] - radial[0].mean()
    colours = [(radial[i] - radial[0]).reshape(4, -1).mean(1) for i in (1, 2)]
    residual = pixels.astype(np.float64) - cv2.blur(pixels, (3, 3)).astype(np.float64)
    flat = residual.reshape(-1, 3).T
    together = np.corrcoef(flat + np.random.default_rng(0).normal(0, 0.1, flat.shape))
    grey = residual.mean(2)
    return np.concatenate(
        [
            light,
            _peaks(spectra[0]),
            *colours,
            _phases(grey),
            together[np.triu_indices(3, 1)],
            [np.log(np.abs(grey).mean() + 0.1)],
            [np.log(np.quantile(np.abs(grey), 0.9) / (np.quantile(np.abs(grey), 0.5) + 0.1) + 0.1)],
            [radial[0][-4:].mean() - radial[0][:4].mean()],
            [np.log(np.abs(residual[..., 0] - residual[..., 1]).mean() + 0.1)],
        ]
    )


def sharpness(pixels: Bytes) -> float:
    """Spread of the Laplacian: needs no detector."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_32F).std())


def weight(pixels: Bytes) -> float:
    """Bytes a pixel as JPEG 90: needs no detector either."""
    return len(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 90])[1]) / pixels.size


def scale(pixels: Bytes, factor: float, how: int) -> Bytes:
    """At another size."""
    return np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=how), np.uint8)


def travel(pictures: list[Bytes], random: np.random.Generator) -> list[Bytes]:
    """All the same way: at times another size, then through none to two encoders."""
    factor, how = random.uniform(0.7, 1.3), int(random.choice([1, 2, 3]))  # OpenCV's ways
    codes: tuple[Code, ...] = draw_codes(random)
    if random.random() < 0.4:
        pictures = [scale(one, factor, how) for one in pictures]
    for code in codes:
        pictures = [code.walk(one) for one in pictures]
    return pictures


def jpeg_40(pixels: Bytes) -> Bytes:
    """As a coarse picture."""
    arrived: Bytes = by_jpeg(pixels, 40)
    return arrived


def film_360(pixels: Bytes) -> Bytes:
    """As a face in a coarse film of 360 lines."""
    small = cv2.resize(pixels, (SMALL, SMALL), interpolation=cv2.INTER_AREA)
    arrived: Bytes = Code("h264", COARSE).walk(np.asarray(small, np.uint8))
    return arrived
