"""What the reader looks at: a film boiled down to small whitened maps, eight a second.

What stays still is subtracted (the mark does not stay still), what is left is freed of slow
gradients and divided by its local energy, so that quiet places speak as loudly as they can be
trusted: the matched filter for a weak mark in uneven noise.
"""

from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface.core import Picture, Time
from bonaface.marks.pattern import CELLS, SLOT

FINE = 2 * CELLS  # samples across a map
BINS = 4  # maps in a slot
BIN: Time = SLOT // BINS
WINDOW = 80  # maps read together: 10 s
STILL = 4 * BINS  # maps whose mean is what stays still
SHORTEST = 8  # maps; in less than a second the mark itself stays still
FADED = 8  # maps for which the last picture is held when none come
QUIET = 1.0  # squared luma steps: below this no place is trusted more
QUIET_STILL = 2.0  # the same where the scene itself is the noise
RING = np.zeros((5, 5), np.float32)  # the mean of the eight cells around one
RING[::2, ::2] = np.array([[1, 2, 1], [2, 0, 2], [1, 2, 1]], np.float32) / 12

Map = NDArray[np.float32]  # (FINE, FINE)
Maps = NDArray[np.float32]  # (count, FINE, FINE)


def shrink(picture: Picture) -> Map:
    """Answer the luma of a picture as (FINE, FINE), whatever its shape."""
    luma = cv2.cvtColor(np.ascontiguousarray(picture.pixels), cv2.COLOR_RGB2GRAY)
    shorter = min(luma.shape) < FINE
    way = cv2.INTER_LINEAR if shorter else cv2.INTER_AREA
    return np.asarray(cv2.resize(luma, (FINE, FINE), interpolation=way), np.float32)


def gather_windows(pictures: Iterable[Picture]) -> Iterator[Maps]:
    """Answer the mean luma of each eighth of a second, ten seconds at a time."""
    bins: list[Map] = []
    here: list[Map] = []
    first, now = None, 0
    for picture in pictures:
        first = picture.at if first is None else first
        place = (picture.at - first) // BIN
        if place > now and here:
            mean = np.mean(here, axis=0)
            bins += [mean] * int(min(place - now, FADED))
            here, now = [], place
            while len(bins) >= WINDOW:
                yield np.stack(bins[:WINDOW])
                bins = bins[WINDOW:]
        here.append(shrink(picture))
    if here:
        yield np.stack([*bins, np.mean(here, axis=0)])


def whiten(bins: Maps) -> Maps:
    """Answer the maps that signs are looked for in. Sample j lies at j - 0.5 of the luma's."""
    if len(bins) < SHORTEST:
        return np.stack([_divide(_sharpen(luma), 5, QUIET_STILL) for luma in bins])
    moving = bins - _stay(bins)
    return np.stack([_divide(_level(luma), 7, QUIET) for luma in moving])


def _level(luma: Map) -> Map:
    """Free a moving map of slow gradients."""
    return np.asarray(cv2.blur(luma - cv2.blur(luma, (7, 7)), (2, 2)))


def _sharpen(luma: Map) -> Map:
    """Free a still map of all that its surroundings foretell, twice over: scenes are smooth."""
    cells = np.asarray(cv2.blur(luma, (2, 2)))
    once = cells - cv2.filter2D(cells, -1, RING)
    return np.asarray(once - cv2.filter2D(once, -1, RING))


def _divide(detail: Map, width: int, quiet: float) -> Map:
    """Divide by the local energy."""
    return np.asarray(detail / (cv2.blur(detail * detail, (width, width)) + np.float32(quiet)))


def _stay(bins: Maps) -> Maps:
    """Answer the mean of the two seconds around each map."""
    total = np.cumsum(np.concatenate([np.zeros_like(bins[:1]), bins]), axis=0, dtype=np.float64)
    width = min(STILL, len(bins))
    start = np.clip(np.arange(len(bins)) - width // 2, 0, len(bins) - width)
    return ((total[start + width] - total[start]) / width).astype(np.float32)
