"""Read what a face does from where its places have moved.

Shapes push places about: how, as the tracker sees it, was fitted on posed faces of people who do
not exist (`training/mimic`). What is seen is explained by as little of the shapes as it takes:
generalised least squares, non-negative (Lawson and Hanson 1974), with a ridge and a threshold.
"""

import numpy as np
from scipy.optimize import nnls

from bonaface.avatar.mimic.measures import CORNERS
from bonaface.avatar.mimic.rest import Rest
from bonaface.avatar.mimic.view import Floats, load_fit
from bonaface.avatar.pose import SHAPES

# What can be told from landmarks; lids and irises are measured apart
READ = (
    "jawOpen",
    "jawSide",
    "upperUp",
    "lowerDown",
    "stretch",
    "smileL",
    "smileR",
    "frown",
    "pucker",
    "funnel",
    "browInnerUp",
    "browDown",
    "browOuterUp",
)
SIDEWAYS = READ.index("jawSide")
ROWS = np.array([SHAPES.index(name) for name in READ])
RIDGE = 5.0  # keeps shapes that undo each other from growing together
FAINT = 1.0  # and this, those that explain next to nothing from flickering
OPEN = np.array([0.93, 0.93])  # of the lids' gap at rest: less is a lid on its way down
SHUT = np.array([0.45, 0.45])  # and what the tracker makes of a shut eye
WIDE = (1.07, 0.16)  # of the same: more is an eye wide open, from first to full
WINK = 0.3  # by which one lid is further down before it counts as a wink
TURN = np.array([1.38, 1.34, 1.0])  # times: what the renderer turns by, over what is then seen
GAZE = np.array([1.83, 2.2])  # the same of the irises
SIDE = np.array([-0.158, 0.14])  # mm that irises seem off, by degree of yaw and of pitch


class Reader:
    """Explains displacements by shapes."""

    def __init__(self, fit: dict[str, Floats] | None = None) -> None:
        fit = load_fit() if fit is None else fit
        self.response = fit["response"]  # (COUNT, len(READ)) mm
        mean = fit["mean"]
        self._width = float(mean[CORNERS[1], 0] - mean[CORNERS[0], 0])
        self._turned = fit["turned"]
        either = [*range(len(READ)), SIDEWAYS]  # the jaw goes to both sides
        signs = np.array([1.0] * len(READ) + [-1.0])
        projector = fit["projector"][either] * signs[:, None]
        inner = projector @ (self.response[:, either] * signs)
        inner = (inner + inner.T) / 2 + RIDGE * np.eye(len(either))
        root = np.linalg.cholesky(inner)
        self._system = np.ascontiguousarray(root.T)
        self._goal = np.linalg.solve(root, projector)
        self._faint = np.linalg.solve(root, np.full(len(either), FAINT))

    def begin_rest(self) -> Rest:
        """What is known of a face at rest before it is seen."""
        jaw, right, left = (READ.index(name) for name in ("jawOpen", "smileR", "smileL"))
        smile = self.response[:, right] + self.response[:, left]
        return Rest(self.response[:, jaw], smile, self._width)

    def read(self, moved: Floats, turned: Floats) -> Floats:
        """Shapes (len(READ),), from 0 on but for jawSide, that explain places moved by (COUNT,) mm.

        `turned` (3,) is how far the head is from its rest, in degrees as measured.
        """
        goal = self._goal @ (moved - self._turned @ (turned / 10)) - self._faint
        found = nnls(self._system, goal)[0]
        shapes: Floats = found[:-1]
        shapes[SIDEWAYS] -= found[-1]
        return shapes


def read_lids(share: Floats) -> tuple[Floats, float]:
    """Blinks (2,) of the right and the left eye, and how wide open they are; each 0 to 1.

    `share` (2,) is how far the lids are apart, of what they are at rest.
    """
    blink = np.clip((OPEN - share) / (OPEN - SHUT), 0, 1)
    gap = blink.max() - blink
    together = blink.max() - np.maximum(gap - WINK, 0) / (1 - WINK)
    wide = float(np.clip((share.mean() - WIDE[0]) / WIDE[1], 0, 1))
    return together, wide * (1 - float(together.max()))


def soft(value: Floats, limit: Floats) -> Floats:
    """`value` (n,) within the ellipsoid of radii `limit` (n,), unchanged near 0, without a corner.

    Together, because a picture that is bent in two ways at once can be bent less in each.
    """
    far = float(np.linalg.norm(value / limit))
    return value * (np.tanh(far) / far) if far > 0 else value


def soft_top(value: Floats, knee: float = 0.7) -> Floats:
    """`value` unchanged within plus and minus `knee`, then ever slower towards 1."""
    size = np.abs(value)
    over = np.maximum(size - knee, 0) / (1 - knee)
    return np.sign(value) * (np.minimum(size, knee) + (1 - knee) * np.tanh(over))
