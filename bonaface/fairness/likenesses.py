"""Avatars of labelled faces: is a likeness built of the photo?

Nobody in the pictures agreed to be drawn, so nothing is drawn. Lips are not asked about here: the
rig moves everybody's by the same millimetres, so that a posed mesh tells nothing of groups; what is
seen of them when they are drawn, bench/fairness_lips.py measures on people who do not exist.
"""

from typing import Final

from bonaface.avatar.likeness import build_likeness
from bonaface.core import Picture
from bonaface.errors import PortraitRefused
from bonaface.face.find import Face

SIZE: Final = (256, 256)  # px


def refuse(picture: Picture, face: Face | None) -> float | None:
    """1 where the photo is refused; None where no face is seen, which the finder counts."""
    if face is None:
        return None
    try:
        build_likeness(picture, SIZE)
    except PortraitRefused:
        return 1.0
    return 0.0
