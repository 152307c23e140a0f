"""Find a hidden picture mark again, whatever was done to the film or the picture in between.

How a find is kept from being an accident is argued in docs/marks-picture.md. In short: for media
made without the key, the pilots' signs are fair coins, so their agreement z with any one alignment
of the grid exceeds t with a probability of at most exp(-t**2 / 2) (Hoeffding, 1963), whatever the
picture shows. The bar for "found" is set so that all alignments that could be tried in a film
together stay under `CHANCE` (`raise_bar`). An id is given only when its 32-bit keyed tag fits.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bonaface.core import Picture
from bonaface.marks.codeword import Soft
from bonaface.marks.picture.features import (
    BINS,
    FINE,
    Maps,
    Window,
    gather_windows,
    whiten_film,
    whiten_still,
)
from bonaface.marks.picture.geometry import Place, Trace, fit_place, measure_pilots, sample_cells
from bonaface.marks.picture.pattern import (
    CELLS,
    CODES,
    CYCLE,
    MESSAGE,
    PATTERNS,
    STILL_CELLS,
    Pattern,
    draw_pattern,
    turn,
)
from bonaface.marks.picture.search import (
    MOST,
    Scope,
    list_crops,
    list_insets,
    list_mirrored,
    search_places,
)
from bonaface.marks.reading_key import PUBLIC, ReadingKey

CHANCE = 3e-7  # of finding a mark where there is none, for a whole film
PHASES = CYCLE * BINS
WHOLE = 2 * (PHASES + 1)  # alignments of an uncropped film and a still, mirrored or not
SEARCHED = 3e24  # alignments that the searches could answer, see docs/marks-picture.md
WORTH = 6.0  # z below which an id cannot be read: too few bits are right for any code
ALL_OF, ONE_OF = 3, 6  # crops are searched in the first windows, then in one of so many
MIDDLE = 0.6  # of a still is searched for crops: its cells are half as large
GLANCE = 24  # maps that are searched, three seconds
TRIES = 4  # phases whose id is read, for each place
TRIES_STILL = 8  # the same in less than a slot, where as many sheets have the same pilots


@dataclass(frozen=True, slots=True)
class PictureReading:
    """What a reader found."""

    found: bool
    mark_id: int | None  # 64 bits; None when the mark is there but cannot be read
    strength: float  # z of the pilots; 2 to 6 where there is nothing
    place: Place | None = None  # how the film was cropped, turned or mirrored since


@dataclass(frozen=True, slots=True)
class _Sight:
    """What was seen at one place."""

    z: float
    place: Place
    mark_id: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """One window, as the sheets of films and the sheet of stills are looked for in it."""

    film: Trace
    still: Trace
    pattern: Pattern
    key: ReadingKey

    def read_at(self, place: Place) -> _Sight:
        """Read the id at one place, in all phases that the pilots allow.

        A film's sheets and the still's bear the same codeword, so their votes are added.
        """
        cells = np.stack([sample_cells(one, place, CELLS) for one in self.film.maps])
        scores = _score_phases(cells, self.film)
        z = measure_pilots(self.still.maps, place, self.still.pilots)
        best = replace(place, phase=int(scores.argmax()))
        said = _weigh_votes(sample_cells(self.still.maps[0], place, STILL_CELLS), self.pattern)
        said = said if z >= WORTH else 0 * said
        for phase in _order_phases(scores, len(cells)):
            votes = said + _count_votes(cells, phase, self.pattern)
            mark_id = MESSAGE.read(votes, self.key)
            if mark_id is not None:
                return _Sight(max(z, float(scores[phase])), replace(place, phase=phase), mark_id)
        mark_id = MESSAGE.read(said, self.key) if z >= WORTH else None
        return _Sight(max(z, float(scores.max())), best, mark_id)


def read_picture_mark(
    pictures: Iterable[Picture], key: ReadingKey = PUBLIC, *, everywhere: bool = True
) -> PictureReading:
    """Look for a mark in a film (or one picture), ten seconds at a time, until an id is read.

    Two seconds of film are enough for most. Knows uncropped and mirrored films at once; what was
    cropped, turned or put into another picture takes a search of some seconds, in the first half
    minute and in one window of each minute after; none unless `everywhere`.
    """
    pattern = draw_pattern(key)
    best = PictureReading(found=False, mark_id=None, strength=0.0)
    for count, window in enumerate(gather_windows(pictures), start=1):
        chance = CHANCE / (count * (count + 1))  # adds up to CHANCE over any number of windows
        search = everywhere and (count <= ALL_OF or count % ONE_OF == 0)
        for sight, bar in _look(window, pattern, key, search, chance):
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
    window: Window, pattern: Pattern, key: ReadingKey, search: bool, chance: float
) -> Iterator[tuple[_Sight, float]]:
    """Look at the whole picture, at its mirror image, then search; give each with its bar."""
    low, high = raise_bar(WHOLE, chance / 2), raise_bar(SEARCHED, chance / 2)
    film = _trace_film(whiten_film(window.luma), pattern)
    view = _View(film, _trace_still(whiten_still(window.luma), pattern), pattern, key)
    for place in (Place(), Place().mirror()):
        sight = view.read_at(place)
        yield sight, low
        if sight.z >= low:  # it lies this way round; a few pixels may be missing at an edge
            for trace in (view.film, view.still):
                yield _fit(view, trace, sight.place), high
    for sight in _search(view, window) if search else ():
        yield sight, high


def _search(view: _View, window: Window) -> Iterator[_Sight]:
    """Look for crops and turns, then for a film in a film, then for mirrored crops."""
    for trace, middle in ((view.film, MOST), (view.still, MIDDLE)):
        for place in _find_places(trace, list_crops(window.aspect, middle)):
            yield _fit(view, trace, place)
    yield from _search_insets(view, window)
    for place in _find_places(view.film, list_mirrored()):
        yield _fit(view, view.film, place)


def _search_insets(view: _View, window: Window) -> Iterator[_Sight]:
    """Look for a film in a film; only what seems to be one is looked at for all ten seconds."""
    few = _trace_film(whiten_film(window.luma[:GLANCE], FINE), view.pattern)
    whole: _View | None = None
    for start in _find_places(few, list_insets(window.aspect)):
        z, place = fit_place(few, start)
        if z < WORTH:
            yield _Sight(z, place)
            continue
        if whole is None:
            large = whiten_film(window.luma, FINE)
            whole = replace(view, film=_trace_film(large, view.pattern))
        yield whole.read_at(place)  # not fitted again: that would be more ways to be wrong


def _find_places(trace: Trace, scope: Scope) -> list[Place]:
    """Answer promising places, from a glance at some seconds."""
    few = trace.maps[:GLANCE]
    if len(few) == 1:
        return _search_once(trace, scope)
    glance = Trace(few, trace.pilots, trace.turns[:, :, : len(few)]).pair()
    return [replace(place, phase=2 * place.phase) for place in search_places(glance, scope)]


def _search_once(trace: Trace, scope: Scope) -> list[Place]:
    """Search one map; of the phases at which it looks the same, in one."""
    _, first = np.unique(trace.turns[..., 0], axis=0, return_index=True)
    few = replace(trace, turns=trace.turns[first])
    return [replace(p, phase=int(first[p.phase])) for p in search_places(few, scope)]


def _fit(view: _View, trace: Trace, start: Place) -> _Sight:
    z, place = fit_place(trace, start)
    return view.read_at(place) if z >= WORTH else _Sight(z, place)


def _trace_film(maps: Maps, pattern: Pattern) -> Trace:
    slots = (np.arange(len(maps)) + np.arange(PHASES)[:, None]) // BINS
    turns = np.ascontiguousarray(CODES[:, slots % CYCLE].transpose(1, 0, 2))
    return Trace(maps, pattern.pilots, turns)


def _trace_still(maps: Maps, pattern: Pattern) -> Trace:
    return Trace(maps, pattern.still_pilots, np.ones((1, 1, 1), np.float32))


def _score_phases(cells: NDArray[np.float32], trace: Trace) -> NDArray[np.float32]:
    """Answer z of the pilots at each phase."""
    agreement = np.zeros(len(trace.turns), np.float32)
    power = np.zeros(len(trace.turns), np.float32)
    for kind, signs in enumerate(trace.pilots):
        here = np.flatnonzero(signs)
        sums = trace.turns[:, kind] @ (cells[:, here] * signs[here])
        agreement += sums.sum(axis=1)
        power += np.square(sums).sum(axis=1)
    return np.asarray(agreement / np.sqrt(np.maximum(power, np.float32(1e-12))))


def _order_phases(scores: NDArray[np.float32], count: int) -> list[int]:
    """Answer the phases of `count` maps worth reading, best first; of those that mean one, one."""
    phases: dict[tuple[int, ...], int] = {}
    tries = TRIES if count > BINS else TRIES_STILL
    for phase in np.argsort(-scores, kind="stable").tolist():
        if scores[phase] < WORTH or len(phases) == tries:
            break
        # Maps of less than a slot lie in the same sheets at several phases.
        slots = tuple((np.arange(phase, phase + count) // BINS).tolist())
        phases.setdefault(slots, phase)
    return list(phases.values())


def _weigh_votes(cells: NDArray[np.float32], pattern: Pattern) -> Soft:
    """Answer what a still's cells say, by how far its pilots are to be trusted."""
    return pattern.still.count_votes(cells) * _trust(cells, pattern.still_pilots[0])


def _count_votes(cells: NDArray[np.float32], phase: int, pattern: Pattern) -> Soft:
    """Answer what the data cells of all maps say, if they began at a phase."""
    slots = (np.arange(len(cells)) + phase) // BINS
    votes = np.zeros(MESSAGE.coded_bits, np.float32)
    for slot in range(int(slots[0]), int(slots[-1]) + 1):
        values = cells[slots == slot].sum(axis=0)
        pilots = CODES[:, slot % CYCLE] @ pattern.pilots
        said = pattern.sheets[slot % PATTERNS].count_votes(turn(slot) * values)
        votes += said * _trust(values, pilots)
    return votes


def _trust(values: NDArray[np.float32], pilots: NDArray[np.float32]) -> np.float32:
    """Answer the weight of cells in a sum: mean by mean square of what their pilots say."""
    here = values[pilots != 0] * pilots[pilots != 0]
    power = np.square(here).mean()
    return max(here.mean() / power, np.float32(0)) if power > 0 else np.float32(0)
