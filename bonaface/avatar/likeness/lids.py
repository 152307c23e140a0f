"""What eyelids and brows do in each shape."""

from dataclasses import dataclass

import numpy as np

from bonaface.avatar.likeness.regions import (
    BRIDGE,
    BROWS,
    CHEEKS,
    JAWLINE,
    LIDS,
    MOUTH,
    SURROUNDINGS,
    joined,
    still,
)
from bonaface.avatar.likeness.ruler import Places, Ruler
from bonaface.face import landmarks as lm

MEETING = 0.86  # of a blink, the share of the way that the upper lid goes
_ARCH = 1 - ((np.arange(9) - 4) / 4) ** 2
_BELOW = MOUTH | BRIDGE | frozenset(lm.OVAL) | JAWLINE | SURROUNDINGS
_EYES = (
    (lm.RIGHT_UPPER_LID, lm.RIGHT_LOWER_LID, lm.RIGHT_BROW),
    (lm.LEFT_UPPER_LID, lm.LEFT_LOWER_LID, lm.LEFT_BROW),
)
# Brow vertices of both sides, from inner to outer end: share of inner, middle and outer motion
_BROW = (
    (107, 336, (1.0, 0.0, 0.0)),
    (55, 285, (1.0, 0.0, 0.0)),
    (66, 296, (0.6, 0.4, 0.0)),
    (65, 295, (0.6, 0.4, 0.0)),
    (105, 334, (0.0, 1.0, 0.0)),
    (52, 282, (0.0, 1.0, 0.0)),
    (63, 293, (0.0, 0.4, 0.6)),
    (53, 283, (0.0, 0.4, 0.6)),
    (70, 300, (0.0, 0.0, 1.0)),
    (46, 276, (0.0, 0.0, 1.0)),
)


@dataclass(frozen=True, slots=True)
class BrowMove:
    """mm down of a brow's inner end, middle and outer end, and mm of its inner end inwards."""

    inner: float
    middle: float
    outer: float
    inwards: float = 0.0


BROW_MOVES = {
    "browInnerUp": BrowMove(-4.0, -2.2, -0.6),
    "browOuterUp": BrowMove(-1.0, -3.0, -3.4),
    "browDown": BrowMove(3.0, 2.0, 0.5, 1.2),
}


def blink(vertices: Places, side: int) -> dict[int, Places]:
    """Pins that close one eye; `side` 0 is the right one, 1 the left."""
    upper, lower, brow = _EYES[side]
    pins = still(_BELOW | frozenset(brow) | {lm.NOSE_BRIDGE})
    gaps = vertices[list(lower[0])] - vertices[list(upper[0])]
    gaps[:, 2] = 0
    for k, gap in enumerate(gaps):
        ends = k in {0, 8}
        pins[upper[0][k]] = gap * MEETING
        if not ends:
            pins[lower[0][k]] = -gap * (1 - MEETING)
        # The strip of lashes goes along nearly unstretched; what stretches is the skin above it.
        pins[upper[1][k]] = gap * (0.2 if ends else 0.9)
        pins[upper[2][k]] = gap * 0.42
        pins[lower[1][k]] = -gap * 0.08
    return pins


def wide(ruler: Ruler) -> dict[int, Places]:
    """Pins that open both eyes wide."""
    pins = still(_BELOW | BROWS)
    for upper, lower, _ in _EYES:
        pins |= still(lower[0] + lower[1])
        pins |= _arched(ruler, upper[0], -1.3) | _arched(ruler, upper[1], -0.8)
    return pins


def squint(ruler: Ruler) -> dict[int, Places]:
    """Pins that narrow both eyes from below, as a smile does."""
    pins = still(_BELOW | BROWS)
    for upper, lower, _ in _EYES:
        pins |= _arched(ruler, lower[0], -2.0) | _arched(ruler, lower[1], -2.0)
        pins |= _arched(ruler, upper[0], 0.5) | _arched(ruler, upper[1], 0.3)
    return pins | {i: ruler.px(0, -1.5 * share) for i, share in CHEEKS.items()}


def _arched(ruler: Ruler, ring: tuple[int, ...], down: float) -> dict[int, Places]:
    return {i: ruler.px(0, down * arch) for i, arch in zip(ring, _ARCH.tolist(), strict=True)}


def brow(ruler: Ruler, vertices: Places, move: BrowMove) -> dict[int, Places]:
    """Pins that move both brows; the forehead above them follows."""
    free = {10, 338, 297, 332, 284, 109, 67, 103, 54}
    tall = np.linalg.norm(vertices[lm.CHIN] - vertices[lm.FOREHEAD])
    top = vertices[lm.FOREHEAD, 1]
    low = {i for i in SURROUNDINGS if not top - 0.05 * tall <= vertices[i, 1] < top + 0.1 * tall}
    held = still((_BELOW - SURROUNDINGS | LIDS | low) - free)
    downs = (move.inner, move.middle, move.outer)
    pins: dict[int, Places] = {}
    for right, left, shares in _BROW:
        down = float(np.dot(shares, downs))
        x = move.inwards * (1.0 if right in {107, 55} else 0.5)
        pins[right], pins[left] = ruler.px(x, down), ruler.px(-x, down)
    for upper, _, _ in _EYES:
        for k, i in enumerate(upper[2]):
            pins[i] = ruler.px(0, 0.35 * (move.outer * (1 - k / 8) + move.inner * k / 8))
    return joined(held, pins)
