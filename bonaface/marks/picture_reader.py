"""Find a hidden picture mark again, whatever was done to the film in between.

How a find is kept from being an accident. For media made without the key, the pilots' signs are
fair coins. Their agreement z with any one alignment of the grid is then a sum of weighted coin
throws in units of its standard deviation, and exceeds t with a probability of at most
exp(-t**2 / 2) (Hoeffding, 1963), whatever the picture shows. The bar for "found" is set so that
all alignments that could be tried in a film together stay under 1e-6 (`raise_bar`). An id is
given only when its 32-bit keyed tag fits: at most TRIES are read in a window, 1e-8 in all.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bonaface.core import Picture
from bonaface.marks.codeword import Soft
from bonaface.marks.pattern import CYCLE, MESSAGE, Pattern, draw_pattern
from bonaface.marks.picture_features import BINS, Maps, gather_windows, whiten
from bonaface.marks.picture_geometry import (
    Place,
    fit_place,
    gather_slots,
    measure_pilots,
    sample_cells,
    search_places,
)
from bonaface.marks.reading_key import PUBLIC, ReadingKey

CHANCE = 1e-6  # of finding a mark where there is none, for a whole film
PHASES = CYCLE * BINS
WHOLE = 2 * PHASES  # alignments of an uncropped film, mirrored or not
CROPPED = 3e13  # places the search can start from, times those the fit can reach, times phases
WORTH = 5.0  # z below which no id is read
TRIES = 4  # phases whose id is read, for each place


@dataclass(frozen=True, slots=True)
class PictureReading:
    """What a reader found."""

    found: bool
    mark_id: int | None  # 64 bits; None when the mark is there but cannot be read
    strength: float  # z of the pilots; 2 to 6 where there is nothing
    place: Place | None = None  # how the film was cropped or mirrored since


@dataclass(frozen=True, slots=True)
class _Sight:
    """The best of one window."""

    z: float
    place: Place
    mark_id: int | None = None


def read_picture_mark(pictures: Iterable[Picture], key: ReadingKey = PUBLIC) -> PictureReading:
    """Look for a mark in a film (or one picture), ten seconds at a time, until an id is read.

    Two seconds of film are enough for most. Knows uncropped and mirrored films at once; crops of
    up to a fifth on each axis take a search of about two seconds a window.
    """
    pattern = draw_pattern(key)
    best = PictureReading(found=False, mark_id=None, strength=0.0)
    for count, window in enumerate(gather_windows(pictures), start=1):
        maps = whiten(window)
        chance = CHANCE / (count * (count + 1))  # adds up to CHANCE over any number of windows
        for sight, bar in _look(maps, pattern, key, chance):
            if sight.mark_id is not None:
                return PictureReading(True, sight.mark_id, sight.z, sight.place)
            if (sight.z >= bar, sight.z) > (best.found, best.strength):
                found = sight.z >= bar
                best = PictureReading(found, None, sight.z, sight.place if found else None)
    return best


def raise_bar(alignments: float, chance: float) -> float:
    """Answer the z that all `alignments` together exceed by accident with at most `chance`."""
    return math.sqrt(2 * math.log(alignments / chance))


def _look(
    maps: Maps, pattern: Pattern, key: ReadingKey, chance: float
) -> Iterable[tuple[_Sight, float]]:
    """Look at the whole picture, then at its mirror image, then for crops; with the bar of each."""
    pilots = pattern.pilots()
    bar = raise_bar(WHOLE, chance / 2)
    for mirrored in (False, True):
        sight = _read_at(maps, Place(mirrored=mirrored), pattern, key)
        yield sight, bar
        if sight.z >= bar:  # it lies this way round; a pixel may be missing at an edge
            starts = [sight.place]
            break
    else:
        starts = search_places(maps, pattern)
    bar = raise_bar(CROPPED, chance / 2)
    for start in starts:
        z, place = fit_place(maps, start, pilots)
        if z >= WORTH:
            yield _read_at(maps, place, pattern, key), bar


def _read_at(maps: Maps, place: Place, pattern: Pattern, key: ReadingKey) -> _Sight:
    """Try all phases at one place and read the id at the best."""
    cells = sample_cells(maps, place)
    pilots = pattern.pilots()
    scores = [measure_pilots(gather_slots(cells, phase), pilots) for phase in range(PHASES)]
    order = np.argsort(scores)[::-1][:TRIES].tolist()
    for phase in order:
        if scores[phase] < WORTH:
            break
        soft = _listen(gather_slots(cells, phase), pattern)
        mark_id = MESSAGE.read(soft, key)
        if mark_id is not None:
            return _Sight(scores[phase], replace(place, phase=phase), mark_id)
    return _Sight(scores[order[0]], replace(place, phase=order[0]))


def _listen(sums: NDArray[np.float32], pattern: Pattern) -> Soft:
    """Answer what the data cells say about each coded bit."""
    data = pattern.roles >= 0
    votes = np.bincount(pattern.roles[data], (sums * pattern.signs)[data], MESSAGE.coded_bits)
    return votes.astype(np.float32)
