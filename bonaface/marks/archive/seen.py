"""What a film looks like, in a few hundred bits: to tell whether a mark belongs to what it is in.

A hidden mark can be copied from one film into another. The manifest to which it leads therefore
holds some fingerprints of the film it was made for, and whoever recovers it compares (C2PA 2.4,
soft binding API, section 1.2.2.3). A fingerprint is the direction of change between neighbouring
cells of a coarse grid, as in gradient hashes (dHash; N. Krawetz, 2013) but with a third value for
"no change": up, down, level. Each bit is local, so what a crop or a caption hides costs no more
than its own cells. It is far too coarse to recognise anybody by.
"""

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

CELLS: Final = 12  # on each axis
FINE: Final = 8 * CELLS  # px on each axis of a glance
LEVEL: Final = 3.0  # grey levels by which cells may differ and count as level
TRITS: Final = 2 * CELLS * (CELLS - 1)
MOST: Final = 12  # fingerprints of one film
LEAST: Final = TRITS // 4  # that must be visible for a comparison
COVERED: Final = 240.0  # of 255: share of a cell that must be there
NEW: Final = 0.85  # agreement below which a picture is worth a fingerprint of its own
SAME: Final = 0.6  # agreement of a copy; measured in bench/archive.py
OTHER: Final = 0.4  # and of another film
_FIVE: Final = 3 ** np.arange(5)  # five trits a byte

Glance: TypeAlias = NDArray[np.uint8]  # (FINE, FINE) grey: a picture made small
Trits: TypeAlias = NDArray[np.int8]  # (TRITS,) of -1, 0, 1
Likeness: TypeAlias = Literal["same", "other", "unclear", "unknown"]
Corners: TypeAlias = tuple[tuple[float, float], ...]  # (x, y) of four: top left, then clockwise
WHOLE: Final[Corners] = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a film compares with what a manifest says of the film it was made for."""

    likeness: Likeness  # unknown: there was nothing to compare
    agreement: float | None = None  # -1 to 1: of a picture with what it agrees best, the median


def glance(pixels: NDArray[np.uint8]) -> Glance:
    """Make a picture, (height, width, 3) RGB, small."""
    grey = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, (FINE, FINE), interpolation=cv2.INTER_AREA), np.uint8)


def fingerprint(glances: Iterable[Glance]) -> tuple[str, ...]:
    """Fingerprints of a film, as hex: of the first picture and of each that differs from those.

    Pictures in which nothing is to be seen have none.
    """
    kept: list[Trits] = []
    for one in glances:
        shown = _trits(one, WHOLE)
        if np.any(shown[0]) and all((_agree(shown, other) or 0) < NEW for other in kept):
            kept.append(shown[0])
        if len(kept) == MOST:
            break
    return tuple(map(_write, kept))


def compare(kept: Iterable[str], glances: Iterable[Glance], corners: Corners = WHOLE) -> Comparison:
    """Compare a film with fingerprints: the same if half of its pictures agree with some.

    `corners` says where those of the film that was marked lie in this one, as shares of it: it may
    have been cropped, mirrored or put into another. Fingerprints that make no sense are passed
    over: they may come from a stranger.
    """
    known = [trits for trits in map(_read, islice(kept, MOST)) if trits is not None]
    shown = [_trits(one, corners) for one in glances]
    pairs = [[_agree(one, other) for other in known] for one in shown]
    best = [max((pair for pair in row if pair is not None), default=None) for row in pairs]
    found = [one for one in best if one is not None]
    if not found:
        return Comparison("unknown")
    typical = statistics.median(found)
    if typical >= SAME:
        return Comparison("same", typical)
    return Comparison("other" if max(found) < OTHER else "unclear", typical)


def _trits(one: Glance, corners: Corners) -> tuple[Trits, Trits]:
    """Up, down or level between neighbouring cells, and 1 where the picture reaches so far."""
    here, lie = (np.array(ends, np.float32) * FINE - 0.5 for ends in (WHOLE, corners))
    matrix, size = cv2.getPerspectiveTransform(here, lie), (FINE, FINE)
    way = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    cells = _cells(cv2.warpPerspective(one, matrix, size, flags=way))
    there = _cells(cv2.warpPerspective(np.full_like(one, 255), matrix, size, flags=way)) > COVERED
    steps = np.concatenate([np.diff(cells, axis=1).ravel(), np.diff(cells, axis=0).ravel()])
    both = np.concatenate(
        [(there[:, 1:] & there[:, :-1]).ravel(), (there[1:] & there[:-1]).ravel()]
    )
    signs = np.where(np.abs(steps) < LEVEL, 0, np.sign(steps)) * both
    return signs.astype(np.int8), both.astype(np.int8)


def _cells(grey: NDArray[np.uint8]) -> NDArray[np.float64]:
    side = FINE // CELLS
    return np.asarray(grey.reshape(CELLS, side, CELLS, side).mean((1, 3)))


def _agree(shown: tuple[Trits, Trits], kept: Trits) -> float | None:
    """The cosine of the angle between the two over what is visible; None for too little of it."""
    trits, there = shown
    visible = np.count_nonzero(kept * there)
    if not visible or np.count_nonzero(there) < LEAST:
        return None
    power = float(np.count_nonzero(trits) * visible)
    return float(trits.astype(int) @ kept) / math.sqrt(max(1.0, power))


def _write(trits: Trits) -> str:
    padded = np.zeros(-(-TRITS // 5) * 5, np.int64)
    padded[:TRITS] = trits + 1
    return (padded.reshape(-1, 5) @ _FIVE).astype(np.uint8).tobytes().hex()


def _read(text: str) -> Trits | None:
    try:
        data = np.frombuffer(bytes.fromhex(text), np.uint8)
    except ValueError:
        return None
    if len(data) != -(-TRITS // 5) or data.max() >= 3**5:
        return None
    digits = data[:, None].astype(np.int64) // _FIVE % 3
    return (digits.ravel()[:TRITS] - 1).astype(np.int8)
