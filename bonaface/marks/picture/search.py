"""A search for the grid in what is left of a picture: crops, turns, pictures in pictures.

For each shape the marked picture could have, the pilots in that shape are correlated with the maps
at all offsets, one map and one kind of pilots at a time: window by window, or by transforms. The
surfaces are then added up as each phase of the cycle would turn them, so that a phase costs next
to nothing. The best few places are to be fitted (`fit_place`).
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface.marks.picture.geometry import Place, Trace
from bonaface.marks.picture.slide import PARTS, lay_planes, slide

KEPT = tuple(1.01 - 0.03 * i for i in range(8))  # share of the picture that a crop kept
TURNED = tuple(s * 1.5 * i for i in range(1, 5) for s in (-1, 1))  # degrees
ZOOMED = tuple(1.05 - 0.04 * i for i in range(6))  # share kept of a turned picture
INSETS = tuple(0.98 * 0.955**i for i in range(22))  # share of the frame that an inset fills
ASPECTS = (1.0, 16 / 9)  # of an inset that is not shaped as its frame
MOST = 0.9  # of the maps is looked at for crops: the edges of a shape near the true one lie off
SLACK = 0.03  # share of the picture by which a crop may seem to lie outside
MANY, MANY_ONE = 5000, 1200  # offsets of a shape from which on transforms are quicker; in one map
FOUND = 8  # best places that are answered

_BACK = cv2.DFT_REAL_OUTPUT | cv2.DFT_SCALE  # a transform turned back, as real numbers

Reach = tuple[int, int]  # samples that a shape can lie off the middle, across and down
Surfaces = list[NDArray[np.float32]] | list[NDArray[np.int16]]  # of each kind: (maps, offsets)
Shape = NDArray[np.float64]  # (2, 2): shares of the marked picture to shares of the received one


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """Which shapes a search tries, and where it looks."""

    shapes: list[Shape]
    middle: float  # share of each axis of the maps that is looked at


def list_crops(aspect: float, middle: float = MOST) -> Scope:
    """Answer the shapes of crops, each axis its own, and of turned pictures."""
    crops = _list_plain_crops()
    turns = [_turn(angle, aspect) / kept for angle in TURNED for kept in ZOOMED]
    return Scope([*crops, *turns], middle)


def list_mirrored() -> Scope:
    """Answer the shapes of crops of a mirror image."""
    return Scope([crop @ np.diag([-1, 1]) for crop in _list_plain_crops()], MOST)


def list_insets(aspect: float) -> Scope:
    """Answer the shapes of pictures in pictures."""
    sizes = [(part, part) for part in INSETS]
    for shape in ASPECTS:
        across = shape / aspect  # relative to a picture that fills the frame
        if abs(across - 1) > 0.03:
            tall = min(1.0, 1 / across)
            sizes += [(part * across * tall, part * tall) for part in (1.0, *INSETS)]
    return Scope([np.diag(size) for size in sizes], 1.0)


def _list_plain_crops() -> list[Shape]:
    return [np.diag([1 / x, 1 / y]) for y in KEPT for x in KEPT]


def _turn(angle: float, aspect: float) -> Shape:
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return np.array([[c, s / aspect], [-s * aspect, c]])


def search_places(trace: Trace, scope: Scope) -> list[Place]:
    """Answer the most promising places of a marked picture, best first."""
    slider, turner = _Slider(trace, scope.middle), _Turner(trace, scope.middle)
    side, most = trace.maps.shape[1], MANY if len(trace.maps) > 1 else MANY_ONE
    found = []
    for shape in scope.shapes:
        reach = _find_reach(shape, side)
        few = (2 * reach[0] + 1) * (2 * reach[1] + 1) < most
        # Pilots beyond the rim come in again on the other side, unless nothing is looked at there.
        wraps = scope.middle < 1 and scope.middle * side + 2 * max(reach) > side
        way = slider if few or wraps else turner
        found.append(_pick(way.sum_offsets(shape, reach), trace, shape, reach))
    found.sort(key=lambda pair: -pair[0])
    return [place for _, place in found[:FOUND]]


def _find_reach(shape: Shape, side: int) -> tuple[int, int]:
    """Answer how many samples a shape can lie off the middle, across and down."""
    across, down = (round(side * (abs(e - 1) / 2 + SLACK)) for e in np.abs(shape).sum(axis=1))
    return across, down


class _Slider:
    """Sums agreement window by window: quick where a shape has few offsets."""

    def __init__(self, trace: Trace, middle: float) -> None:
        self._planes = lay_planes(trace.maps)
        self._side = trace.maps.shape[1]
        self._edge = round(self._side * (1 - middle) / 2)
        cells = trace.side
        self._kinds = []
        for kind in trace.pilots:
            here = np.flatnonzero(kind)
            places = (np.stack([here % cells, here // cells], axis=-1) + 0.5) / cells - 0.5
            self._kinds.append((places, kind[here].astype(np.int16)))

    def sum_offsets(self, shape: Shape, reach: Reach) -> Surfaces:
        """Answer the agreement of each kind of pilots with each map, at all offsets."""
        sums = []
        for places, signs in self._kinds:
            samples = (places @ shape.T + 0.5) * (self._side * PARTS)
            across, down = np.round(samples).astype(np.int32).T.copy()
            one = slide(self._planes, across, down, signs, reach, self._edge)
            sums.append(one.reshape(-1, one.shape[-1]).T)
        return sums


class _Turner:
    """Sums agreement by transforms: quick where a shape has many offsets."""

    def __init__(self, trace: Trace, middle: float) -> None:
        self._pilots = trace.pilots
        side = trace.maps.shape[1]
        edge = round(side * (1 - middle) / 2)
        inner = slice(edge, side - edge)
        self._maps = np.zeros_like(trace.maps)
        self._maps[:, inner, inner] = trace.maps[:, inner, inner]
        self._spectra: list[NDArray[np.float32]] = []

    def sum_offsets(self, shape: Shape, reach: Reach) -> Surfaces:
        """Answer the agreement of each kind of pilots with each map, at all offsets."""
        side = self._maps.shape[1]
        if not self._spectra:
            self._spectra = [np.asarray(cv2.dft(one), np.float32) for one in self._maps]
        rows = np.arange(-reach[1], reach[1] + 1) % side
        columns = np.arange(-reach[0], reach[0] + 1) % side
        sums = []
        for image in _draw_pilots(self._pilots, shape, side):
            drawn = cv2.dft(image)
            products = (cv2.mulSpectrums(one, drawn, 0, conjB=True) for one in self._spectra)
            near = [cv2.idft(one, flags=_BACK)[rows][:, columns] for one in products]
            sums.append(np.stack(near).reshape(len(near), -1))
        return sums


def _pick(sums: Surfaces, trace: Trace, shape: Shape, reach: Reach) -> tuple[float, Place]:
    """Answer the best place of one shape, with its score in deviations of chance (about)."""
    side = trace.maps.shape[1]
    kinds = trace.turns.reshape(len(trace.turns), -1)
    total = kinds @ np.concatenate(sums).astype(np.float32, copy=False)
    phase, at = np.unravel_index(int(total.argmax()), total.shape)
    wide = 2 * reach[0] + 1
    shift = np.array([at % wide - reach[0], at // wide - reach[1]]) / side
    corners = shift + 0.5 + (np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) / 2) @ shape.T
    usual = float(np.linalg.norm(total)) / total.size**0.5
    score = float(total[phase, at]) / usual if usual > 0 else 0.0
    return score, Place(tuple((float(x), float(y)) for x, y in corners), int(phase))


def _draw_pilots(pilots: NDArray[np.float32], shape: Shape, side: int) -> NDArray[np.float32]:
    """Answer each kind of pilots as they would look, in the middle: (kinds, side, side)."""
    cells = math.isqrt(pilots.shape[1])
    back = np.linalg.inv(shape) * cells / side  # from a sample of what is drawn to a cell
    affine = np.column_stack([back, np.full(2, cells / 2 - 0.5) - back @ np.full(2, side / 2)])
    way = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (side, side)
    return np.stack(
        [cv2.warpAffine(k.reshape(cells, cells), affine, size, flags=way) for k in pilots]
    )
