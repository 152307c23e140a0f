"""What the lips do in each shape: millimetres (right, down, away) for their rings.

Rows go from the outline of the lip to its inner edge, columns from image left to image right.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from bonaface.avatar.likeness.regions import (
    ACROSS,
    ALONG,
    BRIDGE,
    CHEEKS,
    JAWLINE,
    STILL,
    UPPER_FACE,
    moves,
)
from bonaface.avatar.likeness.ruler import Places

Spots = Mapping[int, tuple[float, float, float]]

_SIDE = np.abs(ALONG)
_DOME = 1 - _SIDE**2.5  # most in the middle, nothing at the corners
_ROUND = np.sqrt(np.maximum(0, 1 - ALONG**2))


@dataclass(frozen=True, slots=True)
class LipShape:
    """One shape: both lips, single spots of skin, and what holds still."""

    upper: Places  # (4, 11, 3) mm
    lower: Places
    spots: Spots = field(default_factory=dict)
    held: frozenset[int] = UPPER_FACE | JAWLINE


def _between(outline: float, edge: float) -> Places:
    """(4, 1), from the lip's outline to its inner edge."""
    return outline + (edge - outline) * ACROSS


def upper_up() -> LipShape:
    """Baring the upper teeth."""
    spots = {164: (0, -1.6, 0), 2: (0, -0.3, 0), 98: (0, -0.5, 0), 327: (0, -0.5, 0)}
    return LipShape(moves(0, -_between(4, 5) * _DOME, 0), STILL, spots)


def lower_down() -> LipShape:
    """Baring the lower teeth."""
    return LipShape(STILL, moves(0, _between(4, 5) * _DOME, 0), {18: (0, 2.6, 0), 200: (0, 0.6, 0)})


def stretch() -> LipShape:
    """Corners apart, as in "ee"."""
    both = moves(6.0 * ALONG, 0.6 * _SIDE**2, 2 * _SIDE)
    spots = {i: (1.6 * s * np.sign(x), 0, 0) for i, s, x in _cheeks()}
    return LipShape(both, both, spots)


def smile(side: int) -> LipShape:
    """One corner up and out; `side` is 1 at image right, -1 at image left."""
    part = np.maximum(0, ALONG * side)
    both = moves(4.2 * side * part**1.3, -5.0 * part**2, 1.5 * part)
    spots = {i: (1.2 * side * s, -3.2 * s, 0) for i, s, x in _cheeks() if x == side}
    lower_lid = {252, 253, 254, 256, 339} if side > 0 else {22, 23, 24, 26, 110}
    return LipShape(both, both, spots, (UPPER_FACE | JAWLINE) - lower_lid)


def _cheeks() -> list[tuple[int, float, int]]:
    """(vertex, share, side): the right cheek's vertices come first in each pair."""
    return [(i, s, -1 if k % 2 == 0 else 1) for k, (i, s) in enumerate(CHEEKS.items())]


def frown() -> LipShape:
    """Corners down."""
    both = moves(0.5 * ALONG, 3.5 * _SIDE**2, 0)
    return LipShape(both, both)


def pucker() -> LipShape:
    """Lips drawn together and forward, as in "oo": a small round opening, shut at the sides."""
    x, z = -_between(8, 10) * ALONG, -_between(6, 7) * _ROUND - 1
    shut = 1.1 * np.exp(-(((_SIDE - 0.62) / 0.22) ** 2)) * ACROSS
    upper = moves(x, -_between(1.6, 0.7) * _DOME + 0.6 * (1 - ACROSS) * _SIDE**2 + shut, z)
    lower = moves(x, _between(1.6, 0.7) * _DOME - shut, z)
    spots = {164: (0, -0.6, -2), 18: (0, 0.9, -2), 205: (1.6, 0, 0), 425: (-1.6, 0, 0)}
    return LipShape(upper, lower, spots)


def funnel() -> LipShape:
    """Lips forward and open, as in "sh" and "o"."""
    x, z = -5.0 * ALONG, -5.5 * _ROUND
    upper = moves(x, -_between(3.2, 2.6) * _DOME, z)
    lower = moves(x, _between(3.6, 3.0) * _DOME, z)
    spots = {164: (0, -1.4, -2), 18: (0, 2.0, -2), 205: (1.2, 0, 0), 425: (-1.2, 0, 0)}
    return LipShape(upper, lower, spots)


def roll_upper() -> LipShape:
    """The upper lip rolled in, as in "p"."""
    return LipShape(moves(0, _between(1.7, 0.9) * _DOME, _between(1, 2)), STILL)


def roll_lower() -> LipShape:
    """The lower lip rolled in."""
    return LipShape(STILL, moves(0, -_between(1.9, 1.1) * _DOME, _between(1, 2)))


def lip_to_teeth() -> LipShape:
    """The lower lip under the upper teeth, as in "f"."""
    upper = moves(0, -_between(1.2, 1.6) * _DOME, 0)
    lower = moves(0, -_between(2.3, 2.7) * _DOME, _between(1, 4))
    return LipShape(upper, lower, {18: (0, -1.4, 0), 200: (0, -0.5, 0)})


def cheek_puff() -> LipShape:
    """Cheeks blown up."""
    both = moves(-ALONG, 0, -1.5)
    spots = {205: (-2.5, 0, -5), 425: (2.5, 0, -5), 207: (-3, 0.5, -4), 427: (3, 0.5, -4)}
    return LipShape(both, both, spots)


def nose_sneer() -> LipShape:
    """Nostrils up and wide."""
    spots = {98: (-0.6, -1.8, 0), 327: (0.6, -1.8, 0), 129: (-0.8, -2, 0), 358: (0.8, -2, 0)}
    return LipShape(STILL, STILL, spots | {1: (0, -0.5, 0)}, UPPER_FACE - BRIDGE | JAWLINE)


SHAPES: Mapping[str, Callable[[], LipShape]] = {
    "upperUp": upper_up,
    "lowerDown": lower_down,
    "stretch": stretch,
    "smileL": lambda: smile(1),
    "smileR": lambda: smile(-1),
    "frown": frown,
    "pucker": pucker,
    "funnel": funnel,
    "rollUpper": roll_upper,
    "rollLower": roll_lower,
    "FF": lip_to_teeth,
    "cheekPuff": cheek_puff,
    "noseSneer": nose_sneer,
}
