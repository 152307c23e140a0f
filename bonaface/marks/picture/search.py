"""A search for the grid in what is left of a picture: crops, turns, pictures in pictures.

For each shape the marked picture could have, the pilots are drawn in that shape and correlated
with the maps at all offsets at once (by FFT), one map and one kind of pilots at a time. The
surfaces are then added up as each phase of the cycle would turn them, so that a phase costs next
to nothing. The best few places are to be fitted (`fit_place`).
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from bonaface.marks.picture.geometry import Place, Trace

KEPT = tuple(1.01 - 0.03 * i for i in range(8))  # share of the picture that a crop kept
TURNED = tuple(s * 1.5 * i for i in range(1, 5) for s in (-1, 1))  # degrees
ZOOMED = tuple(1.05 - 0.04 * i for i in range(6))  # share kept of a turned picture
INSETS = tuple(0.98 * 0.955**i for i in range(22))  # share of the frame that an inset fills
ASPECTS = (1.0, 16 / 9)  # of an inset that is not shaped as its frame
MOST = 0.9  # of the maps is looked at for crops: the edges of a shape near the true one lie off
SLACK = 0.03  # share of the picture by which a crop may seem to lie outside
FOUND = 8  # best places that are answered

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
    side = trace.maps.shape[1]
    space = side * 4 // 3 if scope.middle < 1 else side  # transform length
    spectra = _transform(_keep_middle(trace.maps, scope.middle), space)
    found = [_search_shape(trace, spectra, shape, space) for shape in scope.shapes]
    found.sort(key=lambda pair: -pair[0])
    return [place for _, place in found[:FOUND]]


def _keep_middle(maps: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    side = maps.shape[1]
    edge = round(side * (1 - share) / 2)
    middle = np.zeros_like(maps)
    inner = slice(edge, side - edge)
    middle[:, inner, inner] = maps[:, inner, inner]
    return middle


def _transform(images: NDArray[np.float32], space: int) -> NDArray[np.complex64]:
    pad = (space - images.shape[1]) // 2
    whole = np.pad(images, ((0, 0), (pad, pad), (pad, pad)))
    return np.asarray(fft.rfft2(whole, overwrite_x=True))


def _search_shape(
    trace: Trace, spectra: NDArray[np.complex64], shape: Shape, space: int
) -> tuple[float, Place]:
    """Answer the best place of one shape, with its score in deviations of chance (about)."""
    side = trace.maps.shape[1]
    drawn = _draw_pilots(trace.pilots, shape, side, space)
    reach = [round(side * (abs(e - 1) / 2 + SLACK)) for e in np.abs(shape).sum(axis=1)]
    rows, columns = np.arange(-reach[1], reach[1] + 1), np.arange(-reach[0], reach[0] + 1)
    total = np.zeros((len(trace.turns), len(rows) * len(columns)), np.float32)
    for kind, image in enumerate(drawn):
        pilots = np.conj(fft.rfft2(image))
        surfaces = fft.irfft2(spectra * pilots, (space, space))
        near = surfaces[:, (rows % space)[:, None], columns % space]
        total += trace.turns[:, kind] @ near.reshape(len(near), -1)
    phase, at = np.unravel_index(int(total.argmax()), total.shape)
    shift = np.array([columns[at % len(columns)], rows[at // len(columns)]]) / side
    corners = shift + 0.5 + (np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) / 2) @ shape.T
    score = float(total[phase, at]) / float(np.linalg.norm(drawn))
    place = Place(tuple((float(x), float(y)) for x, y in corners), int(phase))
    return score, place


def _draw_pilots(
    pilots: NDArray[np.float32], shape: Shape, side: int, space: int
) -> NDArray[np.float32]:
    """Answer each kind of pilots as they would look, in the middle: (kinds, space, space)."""
    cells = math.isqrt(pilots.shape[1])
    back = np.linalg.inv(shape) * cells / side  # from a sample of what is drawn to a cell
    affine = np.column_stack([back, np.full(2, cells / 2 - 0.5) - back @ np.full(2, space / 2)])
    way = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (space, space)
    return np.stack(
        [cv2.warpAffine(k.reshape(cells, cells), affine, size, flags=way) for k in pilots]
    )
