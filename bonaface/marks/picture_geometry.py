"""Where the grid lies in what is left of a picture: a search over crops, then a fine fit.

A crop is a scale and an offset of the grid, each axis its own. The search correlates the middle
of the maps with the pilots at each of 64 scales and all offsets at once (by FFT), for each phase
of the cycle; the best few are then fitted to the whole picture.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from bonaface.marks.pattern import CELLS, CYCLE, PATTERNS, Pattern, turn
from bonaface.marks.picture_features import BINS, FINE, Maps

SCALES = tuple(1.01 - 0.03 * i for i in range(8))  # share of the picture that was kept
MIDDLE = 0.6  # share of the maps that is searched: a coarse scale still fits there
SPACE = 192  # transform length; holds FINE / SCALES[-1]
SLACK = 4  # samples by which a crop may seem to lie outside
HALF = BINS // 2  # maps taken together in the search
SEARCHED = 32  # maps, four seconds
KEPT = 5  # best places that are fitted


@dataclass(frozen=True, slots=True)
class Place:
    """How a received picture lies in the one that was marked, and when it begins."""

    scale: tuple[float, float] = (1.0, 1.0)  # (x, y): share of the marked picture that was kept
    centre: tuple[float, float] = (0.5, 0.5)  # (x, y): its centre, as a share of the marked one
    phase: int = 0  # maps since the start of the cycle
    mirrored: bool = False


def sample_cells(maps: Maps, place: Place) -> NDArray[np.float32]:
    """Answer the value of each cell in each map, (count, CELLS**2); 0 outside the picture."""
    out = np.empty((len(maps), CELLS * CELLS), np.float32)
    (sx, sy), (cx, cy) = place.scale, place.centre
    across = (2 / sx, 0.0, (1 - FINE * (cx - sx / 2)) / sx)
    down = (0.0, 2 / sy, (1 - FINE * (cy - sy / 2)) / sy)
    affine = np.array((across, down), np.float64)
    way = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    for i, one in enumerate(maps):
        upright = one[:, ::-1] if place.mirrored else one
        # Sample j of a whitened map lies half a step before j; mirrored, half a step behind.
        moved = np.roll(upright, 1, axis=1) if place.mirrored else upright
        out[i] = cv2.warpAffine(moved, affine, (CELLS, CELLS), flags=way).ravel()
    return out


def gather_slots(values: NDArray[np.float32], phase: int) -> NDArray[np.float32]:
    """Add up maps (count, ...) by the pattern each would hold at a phase: (PATTERNS, ...)."""
    sums = np.zeros((PATTERNS, *values.shape[1:]), np.float32)
    for i, value in enumerate(values):
        slot = (i + phase) // BINS
        sums[slot % PATTERNS] += turn(slot) * value
    return sums


def measure_pilots(sums: NDArray[np.float32], pilots: NDArray[np.float32]) -> float:
    """Answer z: the sum of the pilots' agreement, in standard deviations of chance."""
    power = float((sums * sums * (pilots != 0)).sum())
    return float((sums * pilots).sum()) / power**0.5 if power > 0 else 0.0


def search_places(maps: Maps, pattern: Pattern) -> list[Place]:
    """Answer the most promising places of a crop, best first."""
    groups = _transform_middle(maps[:SEARCHED])
    found: list[tuple[float, Place]] = []
    for sy in SCALES:
        for sx in SCALES:
            found += _search_scale(groups, _transform_pilots(pattern, sx, sy), (sx, sy))
    found.sort(key=lambda pair: -pair[0])
    return [place for _, place in found[:KEPT]]


def _transform_middle(maps: Maps) -> NDArray[np.complex64]:
    """Answer transforms of the middle of the maps, two by two: (count, SPACE, SPACE // 2 + 1)."""
    edge = round(FINE * (1 - MIDDLE) / 2)
    middle = np.zeros_like(maps)
    inner = slice(edge, FINE - edge)
    middle[:, inner, inner] = maps[:, inner, inner]
    starts = np.arange(0, len(maps), HALF)
    return np.asarray(fft.rfft2(np.add.reduceat(middle, starts, axis=0), (SPACE, SPACE)))


@lru_cache(maxsize=1)
def _draw_pilots(pattern: Pattern) -> NDArray[np.float32]:
    return pattern.pilots().reshape(PATTERNS, CELLS, CELLS)


def _transform_pilots(pattern: Pattern, sx: float, sy: float) -> NDArray[np.complex64]:
    """Answer transforms of the pilots as large as they would look, conjugate."""
    size = (round(FINE / sx), round(FINE / sy))
    drawn = np.zeros((PATTERNS, SPACE, SPACE), np.float32)
    for i, pilots in enumerate(_draw_pilots(pattern)):
        drawn[i, : size[1], : size[0]] = cv2.resize(pilots, size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.conj(fft.rfft2(drawn)))


def _search_scale(
    groups: NDArray[np.complex64], pilots: NDArray[np.complex64], scale: tuple[float, float]
) -> list[tuple[float, Place]]:
    """Answer the best place of each half slot at one scale, with its score."""
    best = []
    for start in range(BINS // HALF):
        slots = [(i + start) // (BINS // HALF) for i in range(len(groups))]
        cuts = np.flatnonzero(np.diff(slots, prepend=-1))
        sums = np.add.reduceat(groups, cuts, axis=0)
        for phase in range(PATTERNS):
            spectrum = np.zeros_like(sums[0])
            for j, total in enumerate(sums):
                spectrum += turn(phase + j) * total * pilots[(phase + j) % PATTERNS]
            surface = np.asarray(fft.irfft2(spectrum, (SPACE, SPACE)))
            score, place = _peak(surface, scale)
            halves = BINS // HALF
            at = (phase + (PATTERNS if score < 0 else 0)) * halves + start
            best.append((abs(score), replace(place, phase=at * HALF % (CYCLE * BINS))))
    best.sort(key=lambda pair: -pair[0])
    return best[:1]


def _peak(surface: NDArray[np.float32], scale: tuple[float, float]) -> tuple[float, Place]:
    """Answer the strongest value among the offsets that a crop can have."""
    reach = [round(FINE / s) - FINE for s in scale]
    rows = np.arange(min(0, reach[1]) - SLACK, max(0, reach[1]) + SLACK + 1)
    columns = np.arange(min(0, reach[0]) - SLACK, max(0, reach[0]) + SLACK + 1)
    # The maps move left over the pilots by the offset, so the peak lies at its negative.
    near = surface[np.ix_(-rows % SPACE, -columns % SPACE)]
    y, x = np.unravel_index(int(np.abs(near).argmax()), near.shape)
    # A whitened map's sample j lies at j - 0.5.
    left = (columns[x] + 0.5) / FINE * scale[0]
    top = (rows[y] + 0.5) / FINE * scale[1]
    centre = (float(left) + scale[0] / 2, float(top) + scale[1] / 2)
    return float(near[y, x]), Place(scale, centre)


def fit_place(maps: Maps, place: Place, pilots: NDArray[np.float32]) -> tuple[float, Place]:
    """Climb from a place to the best one near it, by halving steps; answer its z with it."""
    whole = gather_slots(maps, place.phase)

    def measure(at: Place) -> float:
        return measure_pilots(sample_cells(whole, at), pilots)

    best, z = place, measure(place)
    for step in (0.016, 0.008, 0.004, 0.002):
        for _ in range(2):
            before = z
            for near in _neighbours(best, step):
                score = measure(near)
                if score > z:
                    best, z = near, score
            if z == before:
                break
    return z, best


def _neighbours(place: Place, step: float) -> list[Place]:
    """Answer places a step of scale, or half a step of centre, away in each direction."""
    (sx, sy), (cx, cy) = place.scale, place.centre
    near = []
    for way in (-step, step):
        near += [replace(place, scale=(sx + way, sy)), replace(place, scale=(sx, sy + way))]
        near += [replace(place, centre=(cx + way / 2, cy))]
        near += [replace(place, centre=(cx, cy + way / 2))]
    return near
