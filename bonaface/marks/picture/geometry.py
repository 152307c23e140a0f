"""Where the grid lies in a received picture, how to sample it there, and a fine fit.

A place is where the four corners of the marked picture went: cropping moves them outside, putting
the picture into another moves them inside, mirroring swaps them, filming a screen moves each.
"""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface.marks.picture.climb import agree, climb
from bonaface.marks.picture.features import Map, Maps

UNIT = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
WHOLE = np.array(UNIT, np.float32)
# Of a corner, as a share of the picture; and the z without which smaller ones are not tried.
STEPS = np.array([(0.012, 3.5), (0.006, 5.0), (0.003, 5.5), (0.0015, 0.0)])
PASSES = 2  # through all moves, at each step
Corners = tuple[tuple[float, float], ...]  # (x, y) of four: top left, then clockwise
Point = tuple[float, float]
Pilots = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]]  # as `climb` says


@dataclass(frozen=True, slots=True)
class Place:
    """Where a marked picture lies in the received one, and when it begins."""

    corners: Corners = UNIT  # of the marked picture, in shares of the received one
    phase: int = 0  # maps since the start of the cycle

    def mirror(self) -> "Place":
        """Answer the place of the mirror image."""
        a, b, c, d = self.corners
        return replace(self, corners=(b, a, d, c))


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """Maps, the pilots looked for in them, and how each kind of pilots turns."""

    maps: Maps
    pilots: NDArray[np.float32]  # (kinds, cells): signs, 0 elsewhere
    turns: NDArray[np.float32]  # (phases, kinds, maps): 1 or -1

    @property
    def side(self) -> int:
        """Cells along a side of the sheet."""
        return math.isqrt(self.pilots.shape[1])

    def total(self, phase: int) -> Maps:
        """Answer the sum of the maps, turned as each kind of pilots would be: (kinds, ...)."""
        turns = self.turns[phase % len(self.turns)]  # a still has but one
        return np.asarray(np.tensordot(turns, self.maps, 1), np.float32)

    def pair(self) -> "Trace":
        """Answer the same with every two maps, and every second phase, taken together."""
        pairs = np.add.reduceat(self.maps, np.arange(0, len(self.maps), 2), axis=0)
        return Trace(pairs, self.pilots, self.turns[::2, :, ::2])


def sample_cells(one: Map, place: Place, side: int) -> NDArray[np.float32]:
    """Answer the value of a map at each cell of a sheet, (side**2,); 0 outside the picture."""
    way = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    matrix = _find_way(np.array(place.corners, np.float32), side, len(one))
    return np.asarray(cv2.warpPerspective(one, matrix, (side, side), flags=way)).ravel()


def measure_pilots(total: Maps, place: Place, pilots: NDArray[np.float32]) -> float:
    """Answer z: the sum of the pilots' agreement, in standard deviations of chance."""
    return float(agree(_pad(total), *_list_pilots(pilots), np.array(place.corners)))


def _list_pilots(pilots: NDArray[np.float32]) -> Pilots:
    """Answer where the pilots lie on a sheet, in shares of it; their signs; and their kinds."""
    side = math.isqrt(pilots.shape[1])
    kinds, here = np.nonzero(pilots)
    cells = (np.stack([here % side, here // side], -1) + 0.5) / side
    return cells.astype(np.float32), pilots[kinds, here], kinds.astype(np.int32)


def _pad(total: Maps) -> Maps:
    """Answer maps with a rim of zeros."""
    return np.pad(total, ((0, 0), (1, 1), (1, 1)))


def _find_way(corners: NDArray[np.float32], side: int, size: int) -> NDArray[np.float64]:
    """Answer the projection (3, 3) of cells of a sheet to samples of a map."""
    cells = WHOLE * np.float32(side) - np.float32(0.5)  # the outer corners of the sheet
    return np.asarray(cv2.getPerspectiveTransform(cells, corners * np.float32(size)))


def _moves() -> NDArray[np.float64]:
    """Answer how corners move when a picture is shifted, scaled, turned, sheared or tilted."""
    one, x, y = np.ones(4), np.array([-1.0, 1, 1, -1]), np.array([-1.0, -1, 1, 1])
    fields = [f for shape in (one, x, y, x * y) for f in ((shape, 0 * one), (0 * one, shape))]
    return np.array([np.stack(field, -1) for field in fields])


MOVES = _moves()  # (8, 4, 2)


def fit_place(trace: Trace, start: Place) -> tuple[float, Place]:
    """Climb from a place to the best one near it, by halving steps; answer its z with it.

    A climb that is not under way by then ends early: it would not come to anything.
    """
    padded, pilots = _pad(trace.total(start.phase)), _list_pilots(trace.pilots)
    z, best = climb(padded, pilots, np.array(start.corners), MOVES, STEPS, PASSES)
    corners = tuple((float(x), float(y)) for x, y in best)
    return float(z), replace(start, corners=corners)
