"""How the jaw swings about its hinge, and which skin goes with it."""

from dataclasses import dataclass

import numpy as np

from bonaface.avatar.likeness.field import Field
from bonaface.avatar.likeness.regions import (
    ALONG,
    BROWS,
    CHIN,
    LIDS,
    NOSE,
    SURROUNDINGS,
    UPPER_OVAL,
    joined,
    moves,
    pin_lips,
    still,
)
from bonaface.avatar.likeness.ruler import Places, Ruler
from bonaface.face import landmarks as lm

SWING = np.deg2rad(11.0)  # speech at its widest, about the hinge (Ostry and Munhall 1994)
GLIDE = 2.0  # mm that the hinge itself slides down
BEHIND = 75.0  # mm from the lower lip back to the hinge
SIDEWAYS = 4.0  # mm
HINGES = (234, 454)  # in front of the ears
LINE = {149: 1.0, 378: 1.0, 150: 0.95, 379: 0.95, 136: 0.86, 365: 0.86, 172: 0.68, 397: 0.68}


@dataclass(frozen=True, slots=True, eq=False)
class Jaw:
    """The motion of a jaw opening fully."""

    rigid: Places  # (n, 3) px, as if every vertex were bone of the jaw
    opened: Places  # (n, 3) px, what the skin does
    sideways: Places  # (n, 3) px


def swing_jaw(vertices: Places, ruler: Ruler, field: Field) -> Jaw:
    """Measure a face for its jaw."""
    share = _share(vertices, field)
    rigid = _rigid(vertices, ruler)
    inward = pin_lips(ruler, *(2 * [moves(-2.2 * np.sign(ALONG) * np.abs(ALONG) ** 1.2, 0, 0)]))
    held = still(LIDS | BROWS | UPPER_OVAL | NOSE | SURROUNDINGS | {152, 148, 377, 175})
    narrowed = field.spread(joined(held, inward))
    return Jaw(rigid, rigid * share + narrowed, share * ruler.px(SIDEWAYS, 0))


def _share(vertices: Places, field: Field) -> Places:
    """How much of the jaw's motion each vertex takes, (n, 1)."""
    pins = dict.fromkeys(LIDS | BROWS | UPPER_OVAL | NOSE, 0.0)
    pins |= _neck(vertices)
    side = np.abs(ALONG)
    for upper, lower in zip(lm.UPPER_LIP, lm.LOWER_LIP, strict=True):
        pins |= dict(zip(lower, 1 - 0.56 * side**2.6, strict=True))
        pins |= dict(zip(upper, 0.44 * side**3.0, strict=True))
    pins |= dict.fromkeys(CHIN, 1.0) | LINE | {58: 0.4, 288: 0.4}
    spread = field.spread({i: np.array([share]) for i, share in pins.items()})
    return np.clip(spread, 0, 1)


def _neck(vertices: Places) -> dict[int, float]:
    """Skin below the chin follows in part; all else around the face stays."""
    chin = vertices[lm.CHIN, :2]
    tall = float(np.linalg.norm((vertices[lm.CHIN] - vertices[lm.FOREHEAD])[:2]))
    shares = {}
    for i in SURROUNDINGS:
        away = float(np.linalg.norm(vertices[i, :2] - chin)) / tall
        if vertices[i, 1] > chin[1] and away < 0.75:
            shares[i] = float(max(0.0, 1.0 - away / 0.62) * 0.85)
        elif vertices[i, 1] < chin[1] - 0.3 * tall or away >= 0.75:
            shares[i] = 0.0
    return shares


def _rigid(vertices: Places, ruler: Ruler) -> Places:
    hinge = vertices[list(HINGES)].mean(0) + ruler.px(0, 8)
    hinge[2] = vertices[14, 2] + BEHIND * ruler.scale
    arm = vertices - hinge
    down, away = arm @ ruler.down, arm[:, 2]
    sine, cosine = np.sin(SWING), np.cos(SWING)
    lowered = down * cosine - away * sine - down
    pushed = down * sine + away * cosine - away
    motion = lowered[:, None] * ruler.down + pushed[:, None] * np.array([0.0, 0.0, 1.0])
    swung: Places = motion + ruler.px(0, GLIDE)
    return swung
