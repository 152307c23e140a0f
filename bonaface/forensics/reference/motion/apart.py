"""How far a face's motion is from that of an enrolled film.

Each trait's distance is measured in what is usual from one part of a film to the next (USUAL). That
all of a face is livelier or calmer than before is common, and says little; so the part that all
traits share counts a third. What is measured on how many is in docs/reference.md.
"""

from collections.abc import Sequence
from math import sqrt
from typing import Final

import numpy as np

from bonaface.forensics.reference.motion.moves import Moves
from bonaface.forensics.reference.motion.moving import HEAD, LOWER, UPPER
from bonaface.forensics.reference.motion.shapes import Shapes
from bonaface.forensics.reference.motion.steady import Floats
from bonaface.forensics.words import join

# By `bench/reference_motion.py --fit`, of people who do not judge
USUAL: Final = np.array([
    0.38, 0.39, 0.45, 0.31, 0.45, 0.55, 0.53, 0.46, 0.40, 0.47,
    0.40, 0.38, 0.48, 0.47, 0.36, 0.30, 0.30, 0.21, 0.19,
])  # fmt: skip
USUAL_SHAPES: Final = np.array([2.75, 2.22, 0.26, 0.49, 2.63])  # of one phone
SHARED: Final = 2 / 3  # of what all traits share, taken off
FARTHEST: Final = 4.0  # of any one trait
CLASSES_LEAST: Final = 3  # of phones, heard in both films
PARTS: Final = {"the head": HEAD, "the mouth": LOWER, "the upper face": UPPER}
SHAPES_USUAL, SHAPES_SHARE = 1.7, 0.25  # what shapes are apart beyond the first counts so much
TOLD: Final = 1.0  # of a part's mean distance, from which it is named


def window_apart(enrolled: Moves, features: Floats) -> float:
    """How far one window (19,) is from the enrolled film: about .8 for its own, 1.6 for others."""
    away = _scaled(enrolled, features)
    return sqrt(float((away**2).mean() - SHARED * away.mean() ** 2))


def shapes_apart(enrolled: Shapes, seen: Shapes) -> float | None:
    """How far the mouth's shapes are from the enrolled; None where too few classes are shared."""
    shared = [name for name in enrolled if name in seen]
    if len(shared) < CLASSES_LEAST:
        return None
    away = []
    for name in shared:
        (mean, count), (other, many) = enrolled[name], seen[name]
        away.append((other - mean) / (USUAL_SHAPES * sqrt(1 / count + 1 / many)))
    return float(np.sqrt(np.mean(np.clip(away, -FARTHEST, FARTHEST) ** 2)))


def join_apart(windows: Sequence[float], shapes: float | None) -> float:
    """How far a recording is: the mean of its windows, and more where the mouth's shapes differ.

    Shapes also tell another expression or lens, so that alone they hardly reach an alarm.
    """
    far = float(np.mean(windows))
    return far if shapes is None else far + SHAPES_SHARE * max(0.0, shapes - SHAPES_USUAL)


def tell_parts(enrolled: Moves, windows: Sequence[Floats]) -> str:
    """Which parts of the face move less or more than enrolled, in sentences; may be ""."""
    away = np.mean([_scaled(enrolled, one) for one in windows], axis=0)
    means = {name: float(away[part].mean()) for name, part in PARTS.items()}
    less = [name for name, mean in means.items() if mean <= -TOLD]
    more = [name for name, mean in means.items() if mean >= TOLD]
    said = (("Less", less), ("More", more))
    return " ".join(f"{word} than enrolled: {join(some)}." for word, some in said if some)


def _scaled(enrolled: Moves, features: Floats) -> Floats:
    """Distances (19,) of the traits, in what is usual for so many enrolled windows."""
    usual = USUAL * sqrt(1 + 1 / enrolled.windows)
    return np.clip((features - enrolled.centre) / usual, -FARTHEST, FARTHEST)
