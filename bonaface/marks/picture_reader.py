"""Find a hidden picture mark again, whatever was done to the film in between.

How a find is kept from being an accident. For media made without the key, the pilots' signs are
fair coins. Their agreement z with any one alignment of the grid is then a sum of weighted coin
throws in units of its standard deviation, and exceeds t with a probability of at most
exp(-t**2 / 2) (Hoeffding, 1963), whatever the picture shows. The bar for "found" is set so that
all alignments that could be tried in a film together stay under 1e-6 (`raise_bar`). An id is
given only when its 32-bit keyed tag fits, and at most 32 are tried in ten seconds: 1e-8.
"""

import math
from collections.abc import Iterable, Iterator
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
ALL_OF, ONE_OF = 3, 6  # crops are searched in the first windows, then in one of so many
TRIES = 4  # phases whose id is read, for each place


@dataclass(frozen=True, slots=True)
class PictureReading:
    """What a reader found."""

    found: bool
    mark_id: int | None  # 64 bits; None when the mark is there but cannot be read
    strength: float  # z of the pilots; 2 to 6 where there is nothing
    place: Place | None = None  # how the film was cropped or mirrored since


@dataclass(frozen=True, slots=True, eq=False)
class _Film:
    """One window, and what to look for in it."""

    maps: Maps
    pattern: Pattern
    key: ReadingKey
    crops: bool


@dataclass(frozen=True, slots=True)
class _Sight:
    """The best of one window."""

    z: float
    place: Place
    mark_id: int | None = None


def read_picture_mark(pictures: Iterable[Picture], key: ReadingKey = PUBLIC) -> PictureReading:
    """Look for a mark in a film (or one picture), ten seconds at a time, until an id is read.

    Two seconds of film are enough for most. Knows uncropped and mirrored films at once; crops of
    up to a fifth on each axis take a search of about a second, in the first half minute and in
    one window of each minute after.
    """
    pattern = draw_pattern(key)
    best = PictureReading(found=False, mark_id=None, strength=0.0)
    for count, window in enumerate(gather_windows(pictures), start=1):
        maps = whiten(window)
        chance = CHANCE / (count * (count + 1))  # adds up to CHANCE over any number of windows
        crops = count <= ALL_OF or count % ONE_OF == 0
        for sight, bar in _look(_Film(maps, pattern, key, crops), chance):
            if sight.mark_id is not None:
                return PictureReading(True, sight.mark_id, sight.z, sight.place)
            if (sight.z >= bar, sight.z) > (best.found, best.strength):
                found = sight.z >= bar
                best = PictureReading(found, None, sight.z, sight.place if found else None)
    return best


def raise_bar(alignments: float, chance: float) -> float:
    """Answer the z that all `alignments` together exceed by accident with at most `chance`."""
    return math.sqrt(2 * math.log(alignments / chance))


def _look(film: _Film, chance: float) -> Iterator[tuple[_Sight, float]]:
    """Look at the whole picture, at its mirror image, then for crops; give each with its bar."""
    bar = raise_bar(WHOLE, chance / 2)
    near = []
    for mirrored in (False, True):
        sight = _read_at(film, Place(mirrored=mirrored))
        yield sight, bar
        if sight.z >= bar:  # it lies this way round; a few pixels may be missing at an edge
            near = [sight.place]
            break
    yield from _fit(film, near, chance)
    if film.crops:
        yield from _fit(film, search_places(film.maps, film.pattern), chance)


def _fit(film: _Film, starts: list[Place], chance: float) -> Iterator[tuple[_Sight, float]]:
    bar = raise_bar(CROPPED, chance / 2)
    for start in starts:
        z, place = fit_place(film.maps, start, film.pattern.pilots())
        if z >= WORTH:
            yield _read_at(film, place), bar


def _read_at(film: _Film, place: Place) -> _Sight:
    """Try all phases at one place and read the id at the best."""
    cells, pattern = sample_cells(film.maps, place), film.pattern
    pilots = pattern.pilots()
    scores = [measure_pilots(gather_slots(cells, phase), pilots) for phase in range(PHASES)]
    order = np.argsort(scores)[::-1][:TRIES].tolist()
    for phase in order:
        if scores[phase] < WORTH:
            break
        votes = count_votes(gather_slots(cells, phase), pattern)
        mark_id = MESSAGE.read(votes, film.key)
        if mark_id is not None:
            return _Sight(scores[phase], replace(place, phase=phase), mark_id)
    return _Sight(scores[order[0]], replace(place, phase=order[0]))


def count_votes(sums: NDArray[np.float32], pattern: Pattern) -> Soft:
    """Answer what the data cells say about each coded bit: (coded_bits,), positive for 1."""
    data = pattern.roles >= 0
    votes = np.bincount(pattern.roles[data], (sums * pattern.signs)[data], MESSAGE.coded_bits)
    return votes.astype(np.float32)
