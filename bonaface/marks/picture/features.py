"""What the reader looks at: a film boiled down to small whitened maps, eight a second.

What stays still is subtracted (a film's mark does not stay still), what is left is freed of slow
gradients and divided by its local energy, so that quiet places speak as loudly as they can be
trusted: the matched filter for a weak mark in uneven noise. A still is freed of all that its
surroundings foretell instead.

Sample j of a whitened map of n samples lies at j / n of the picture.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface.core import Picture, Time
from bonaface.marks.picture.pattern import CELLS, SLOT

FINE = 4 * CELLS  # samples across a map as it is gathered
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

Map = NDArray[np.float32]  # (side, side)
Maps = NDArray[np.float32]  # (count, side, side)


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Up to ten seconds of film."""

    luma: Maps  # (count, FINE, FINE): the mean of each eighth of a second
    aspect: float  # width by height of the pictures


def shrink(picture: Picture) -> Map:
    """Answer the luma of a picture as (FINE, FINE), whatever its shape."""
    luma = cv2.cvtColor(np.ascontiguousarray(picture.pixels), cv2.COLOR_RGB2GRAY)
    if min(luma.shape) >= 2 * FINE:  # halving is cheap, and leaves a quarter for what is not
        half = (luma.shape[1] // 2, luma.shape[0] // 2)
        luma = cv2.resize(luma, half, interpolation=cv2.INTER_AREA)
    shorter = min(luma.shape) < FINE
    way = cv2.INTER_LINEAR if shorter else cv2.INTER_AREA
    return np.asarray(cv2.resize(luma, (FINE, FINE), interpolation=way), np.float32)


def gather_windows(pictures: Iterable[Picture]) -> Iterator[Window]:
    """Answer the mean luma of each eighth of a second, ten seconds at a time."""
    bins: list[Map] = []
    here: list[Map] = []
    first, now, aspect = None, 0, 1.0
    for picture in pictures:
        first = picture.at if first is None else first
        aspect = picture.pixels.shape[1] / picture.pixels.shape[0]
        place = (picture.at - first) // BIN
        if place > now and here:
            mean = np.mean(here, axis=0)
            bins += [mean] * int(min(place - now, FADED))
            here, now = [], place
            while len(bins) >= WINDOW:
                yield Window(np.stack(bins[:WINDOW]), aspect)
                bins = bins[WINDOW:]
        here.append(shrink(picture))
    if here:
        yield Window(np.stack([*bins, np.mean(here, axis=0)]), aspect)


def whiten_film(luma: Maps, side: int = FINE // 2) -> Maps:
    """Answer the maps that a film's sheets are looked for in, (count, side, side)."""
    sized = luma if side == FINE else _resize(luma, side)
    if len(sized) < SHORTEST:
        return np.stack([_divide(_sharpen(one), 5, QUIET_STILL) for one in sized])
    moving = sized - _stay(sized)
    return np.stack([_divide(_level(one), 7, QUIET) for one in moving])


def whiten_still(luma: Maps) -> Maps:
    """Answer the map that a still's sheet is looked for in, (1, FINE, FINE)."""
    return _divide(_sharpen(luma.mean(axis=0)), 5, QUIET_STILL)[None]


def _resize(luma: Maps, side: int) -> Maps:
    return np.stack([cv2.resize(one, (side, side), interpolation=cv2.INTER_AREA) for one in luma])


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


def _stay(luma: Maps) -> Maps:
    """Answer the mean of the two seconds around each map."""
    width = min(STILL, len(luma))
    total = luma[:width].sum(axis=0, dtype=np.float64)
    means, first = np.empty_like(luma), 0
    for i, mean in enumerate(means):
        start = min(max(i - width // 2, 0), len(luma) - width)
        if start > first:
            total += luma[start + width - 1] - luma[first]
            first = start
        mean[:] = total / width
    return means
