"""What each shape moves: the columns of Mesh.basis, in the order of pose.SHAPES.

Amounts are millimetres of the face at full strength; names follow Apple's ARKit where it has them.
A shape pins the vertices it knows about and the field does the rest.
"""

import numpy as np

from bonaface.avatar.likeness import lids, lips
from bonaface.avatar.likeness.field import Field, Pins
from bonaface.avatar.likeness.jaw import Jaw
from bonaface.avatar.likeness.regions import MOUTH, joined, pin_lips, still
from bonaface.avatar.likeness.ruler import Places, Ruler
from bonaface.avatar.pose import SHAPES
from bonaface.avatar.rig import Floats


def make_basis(
    vertices: Places, ruler: Ruler, field: Field, jaw: Jaw, rigid: frozenset[int]
) -> Floats:
    """(n * 3, len(SHAPES)) px. `rigid` vertices, as behind spectacles, never leave their place."""
    held = still(rigid)
    columns = []
    for name in SHAPES:
        if name == "jawOpen":
            columns.append(jaw.opened)
        elif name == "jawSide":
            columns.append(jaw.sideways)
        else:
            columns.append(field.spread(joined(_pins(name, vertices, ruler), held)))
    basis = np.stack([column.reshape(-1) for column in columns], 1)
    return np.ascontiguousarray(basis, np.float32)


def _pins(name: str, vertices: Places, ruler: Ruler) -> Pins:
    if name in lids.BROW_MOVES:
        return lids.brow(ruler, vertices, lids.BROW_MOVES[name])
    if name in {"blinkR", "blinkL"}:
        return lids.blink(vertices, int(name == "blinkL"))
    if name == "wide":
        return lids.wide(ruler)
    if name == "squint":
        return lids.squint(ruler)
    shape = lips.SHAPES[name]()
    spots = {i: ruler.px(*step) for i, step in shape.spots.items()}
    return joined(still(shape.held - MOUTH), pin_lips(ruler, shape.upper, shape.lower), spots)
