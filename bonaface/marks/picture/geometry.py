"""Where the grid lies in a received picture, how to sample it there, and a fine fit.

A place is where the four corners of the marked picture went: cropping moves them outside, putting
the picture into another moves them inside, mirroring swaps them, filming a screen moves each.
"""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface.marks.picture.features import Map, Maps

UNIT = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
STEPS = (0.012, 0.006, 0.003, 0.0015)  # of a corner, as a share of the picture
PASSES = 2  # through all moves, at each step
Corners = tuple[tuple[float, float], ...]  # (x, y) of four: top left, then clockwise
Point = tuple[float, float]


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
    cells = np.array(UNIT, np.float32) * side - np.float32(0.5)  # the outer corners of the sheet
    there = np.array(place.corners, np.float32) * len(one)
    way = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    matrix = cv2.getPerspectiveTransform(cells, there)
    return np.asarray(cv2.warpPerspective(one, matrix, (side, side), flags=way)).ravel()


def measure_pilots(total: Maps, place: Place, pilots: NDArray[np.float32]) -> float:
    """Answer z: the sum of the pilots' agreement, in standard deviations of chance."""
    side = math.isqrt(pilots.shape[1])
    agreement, power = 0.0, 0.0
    for one, signs in zip(total, pilots, strict=True):
        signed = sample_cells(one, place, side) * signs
        agreement += float(signed.sum())
        power += float(signed @ signed)
    return agreement / power**0.5 if power > 0 else 0.0


def _moves() -> NDArray[np.float64]:
    """Answer how corners move when a picture is shifted, scaled, turned, sheared or tilted."""
    one, x, y = np.ones(4), np.array([-1.0, 1, 1, -1]), np.array([-1.0, -1, 1, 1])
    fields = [f for shape in (one, x, y, x * y) for f in ((shape, 0 * one), (0 * one, shape))]
    return np.array([np.stack(field, -1) for field in fields])


MOVES = _moves()  # (8, 4, 2)


def fit_place(trace: Trace, start: Place) -> tuple[float, Place]:
    """Climb from a place to the best one near it, by halving steps; answer its z with it."""
    total = trace.total(start.phase)
    best, z = start, measure_pilots(total, start, trace.pilots)
    for step in STEPS:
        for _ in range(PASSES):
            before = z
            for move in MOVES:
                z, best = max(
                    [(z, best)]
                    + [
                        (measure_pilots(total, near, trace.pilots), near)
                        for near in (_shift(best, step * move), _shift(best, -step * move))
                    ],
                    key=lambda pair: pair[0],
                )
            if z == before:
                break
    return z, best


def _shift(place: Place, by: NDArray[np.float64]) -> Place:
    moved = np.array(place.corners) + by
    return replace(place, corners=tuple((float(x), float(y)) for x, y in moved))
