"""Bring a mouth that smiles or stands open to rest, so that every sound starts from closed lips.

Where lips rest was read off the landmarks of 69 faces (mm, with 63 between the irises): closed,
they are 48 wide, the corners 2 above the seam, the red of the upper lip begins 14.4 below the nose
and is 5.7 thick; a broad smile is 61 wide, corners 7.5 up, 11.9 below and 4.3 thick.
"""

from dataclasses import dataclass

import numpy as np

from bonaface.avatar.likeness.field import Field
from bonaface.avatar.likeness.mesh import SPOKES, VERTICES
from bonaface.avatar.likeness.regions import (
    ALONG,
    CHEEKS,
    CHIN,
    MOUTH,
    UPPER_FACE,
    joined,
    still,
)
from bonaface.avatar.likeness.ruler import Places, Ruler
from bonaface.face import landmarks as lm

NOSE = 2  # where the upper lip begins
WIDTH, PHILTRUM, UPPER = 49.0, 14.2, 5.6  # mm at rest
CORNERS = 2.4  # mm above the seam
KEPT = 0.28  # share of a smile's width that stays, so that the face keeps its kindness
ROOM = 16.0  # mm of neck below the chin that this takes
JAW = 0.4  # share of the lower lip's way that the chin goes along


@dataclass(frozen=True, slots=True)
class Smile:
    """How a mouth in a photo differs from one at rest."""

    strength: float  # 0 none, 1 broad
    gap: float  # mm between the lips in the middle


def gauge_smile(vertices: Places, ruler: Ruler) -> Smile:
    """How broadly a face smiles."""
    width = float(np.linalg.norm(vertices[308] - vertices[78])) / ruler.scale
    seam = (vertices[13] + vertices[14]) / 2
    lift = -float(ruler.mm((vertices[78] + vertices[308]) / 2 - seam)[1])
    gap = float(ruler.mm(vertices[14] - vertices[13])[1])
    wide = np.clip((width - 50) / 9, 0, 1)
    up = np.clip((lift - 3) / 3.5, 0, 1)
    bared = np.clip(gap / 4, 0, 1)  # closed lips that smile may keep smiling
    return Smile(float((0.6 * wide + 0.4 * up) * (0.35 + 0.65 * bared)), max(gap, 0.0))


def relax(vertices: Places, ruler: Ruler, field: Field, rigid: frozenset[int]) -> Places:
    """Motion (n, 3) px that takes each vertex from the photo to rest."""
    smile = gauge_smile(vertices, ruler)
    pins = _pin_mouth(vertices, ruler, smile)
    corners = [pins[78], pins[308]]
    for k, (i, share) in enumerate(CHEEKS.items()):
        pins[i] = corners[k % 2] * share * 0.7 * smile.strength
    room = (vertices[:, 1].max() - vertices[lm.CHIN, 1]) / ruler.scale  # to pull skin up from
    up = pins[14] * (JAW * float(np.clip(room / ROOM, 0, 1)))
    pins |= dict.fromkeys(CHIN - {18, 83, 313}, up)
    held = still(UPPER_FACE - MOUTH - _neck(vertices))
    return field.spread(joined(held, pins, still(rigid)))


def _neck(vertices: Places) -> frozenset[int]:
    """Surroundings under the mouth, but for those along the border: they give way to the chin."""
    inner = range(lm.FACE, VERTICES - 2 * SPOKES)
    return frozenset(i for i in inner if vertices[i, 1] > vertices[14, 1])


def _pin_mouth(vertices: Places, ruler: Ruler, smile: Smile) -> dict[int, Places]:
    nose = vertices[NOSE]
    upper = np.stack([ruler.mm(vertices[list(ring)] - nose) for ring in lm.UPPER_LIP])
    lower = np.stack([ruler.mm(vertices[list(ring)] - nose) for ring in lm.LOWER_LIP])
    seam = _seam(upper[3], lower[3], upper, smile)
    pins: dict[int, Places] = {}
    grow = _upper_growth(upper, smile)
    for rings, now, edge, times in (
        (lm.UPPER_LIP, upper, upper[3], grow),
        (lm.LOWER_LIP, lower, lower[3], 1.0),
    ):
        for k, ring in enumerate(rings):
            goal = seam.copy()
            goal += (now[k] - edge) * np.array([1.0, times, 1.0])
            goal[:, 2] = now[k, :, 2] - smile.strength * (0.8 + 0.8 * np.abs(ALONG) ** 2)
            steps = goal - now[k]
            pins |= {i: ruler.px(*step) for i, step in zip(ring, steps.tolist(), strict=True)}
    return pins


def _upper_growth(upper: Places, smile: Smile) -> float:
    """How many times thicker the red of the upper lip gets at rest."""
    thick = float(upper[3, 5, 1] - upper[0, 5, 1])
    return 1 + smile.strength * 0.8 * max(0.0, UPPER / max(thick, 1.0) - 1)


def _seam(above: Places, below: Places, upper: Places, smile: Smile) -> Places:
    """Where the inner edges meet at rest, (11, 3) mm from the nose."""
    middle = (above[5] + below[5]) / 2
    half = float(below[-1, 0] - below[0, 0]) / 2
    narrow = _narrowing(2 * half, smile)
    seam = (above + below) / 2
    seam[:, 0] = middle[0] + (seam[:, 0] - middle[0]) * narrow
    lowered = _lowering(upper, smile)
    bow = seam[:, 1] - seam[5, 1]
    corner = (bow[0] + bow[-1]) / 2
    goal = corner + smile.strength * 0.85 * max(0.0, -CORNERS - corner)
    flat = goal / corner if corner < -0.5 else 1.0
    seam[:, 1] = above[5, 1] + lowered + bow * flat
    return seam


def _narrowing(width: float, smile: Smile) -> float:
    goal = min(width, WIDTH + KEPT * max(0.0, width - WIDTH))
    return 1 + smile.strength * (goal / width - 1)


def _lowering(upper: Places, smile: Smile) -> float:
    """Millimetres that the upper lip's edge comes down."""
    philtrum = float(upper[0, 5, 1])
    longer = 0.7 * max(0.0, PHILTRUM - philtrum)
    thick = float(upper[3, 5, 1] - upper[0, 5, 1])
    thicker = (_upper_growth(upper, smile) - 1) * thick
    relaxed = smile.strength * longer + thicker
    return float(np.clip(max(relaxed, 0.25 * smile.gap), 0.0, 0.6 * smile.gap))
