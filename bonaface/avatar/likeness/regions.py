"""Which vertices hold still, and how a shape pins the lips."""

from collections.abc import Iterable

import numpy as np

from bonaface.avatar.likeness.field import Pins
from bonaface.avatar.likeness.mesh import VERTICES
from bonaface.avatar.likeness.ruler import Places, Ruler
from bonaface.face import landmarks as lm

# fmt: off
NOSE = frozenset((1, 2, 4, 5, 6, 168, 197, 195, 98, 327, 97, 326, 94, 19, 20, 250, 45, 275, 44, 274,
                  48, 278, 64, 294, 129, 358, 102, 331, 49, 279, 209, 429))
CHIN = frozenset((152, 148, 176, 377, 400, 175, 199, 200, 18, 83, 313, 201, 421, 208, 428, 171,
                  396))
JAWLINE = frozenset((152, 148, 176, 377, 400, 149, 378, 150, 379, 136, 365, 172, 397, 58, 288))
BRIDGE = frozenset((6, 168, 197, 195, 5, 4, 1))
# How much each cheek vertex joins in a smile
CHEEKS = {50: .55, 280: .55, 205: .75, 425: .75, 36: .45, 266: .45, 206: .7, 426: .7, 207: .6,
          427: .6, 187: .45, 411: .45, 101: .4, 330: .4, 117: .25, 346: .25, 118: .3, 347: .3}
# fmt: on
SURROUNDINGS = frozenset(range(lm.FACE, VERTICES))
UPPER_OVAL = frozenset(lm.OVAL) - JAWLINE
BROWS = frozenset(lm.RIGHT_BROW + lm.LEFT_BROW)
LIDS = frozenset(
    i
    for rings in (lm.RIGHT_UPPER_LID, lm.RIGHT_LOWER_LID, lm.LEFT_UPPER_LID, lm.LEFT_LOWER_LID)
    for ring in rings[:2]
    for i in ring
)
LID_EDGES = frozenset(
    lm.RIGHT_UPPER_LID[0] + lm.RIGHT_LOWER_LID[0] + lm.LEFT_UPPER_LID[0] + lm.LEFT_LOWER_LID[0]
)
MOUTH = frozenset(i for rings in (lm.UPPER_LIP, lm.LOWER_LIP) for ring in rings for i in ring)
UPPER_FACE = LIDS | BROWS | UPPER_OVAL | SURROUNDINGS | BRIDGE

ALONG = np.linspace(-1, 1, 11)  # along a lip, from image left to image right
ACROSS = np.arange(4)[:, None] / 3  # across it, from outline to inner edge


def still(vertices: Iterable[int]) -> dict[int, Places]:
    """Pins that hold these vertices where they are."""
    return {i: np.zeros(3) for i in vertices}


def moves(x: Places | float, y: Places | float, z: Places | float) -> Places:
    """(4, 11, 3) mm of a lip's rings, from parts that broadcast over (across, along)."""
    parts = [np.broadcast_to(np.asarray(part, float), (4, 11)) for part in (x, y, z)]
    return np.stack(parts, -1)


STILL = moves(0.0, 0.0, 0.0)


def pin_lips(ruler: Ruler, upper: Places, lower: Places) -> dict[int, Places]:
    """Pins of all lip vertices that move by (4, 11, 3) mm; at the corners the lower lip decides."""
    pins: dict[int, Places] = {}
    for rings, steps in ((lm.UPPER_LIP, upper), (lm.LOWER_LIP, lower)):
        for ring, row in zip(rings, steps, strict=True):
            pins.update({i: ruler.px(*step) for i, step in zip(ring, row.tolist(), strict=True)})
    return pins


def joined(*pins: Pins) -> dict[int, Places]:
    """All of them; later ones win."""
    together: dict[int, Places] = {}
    for some in pins:
        together.update(some)
    return together
