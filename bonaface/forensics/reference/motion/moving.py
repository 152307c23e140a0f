"""How a face moves while it speaks, as numbers: the description of a window of WINDOW.

Head, lips, brows and lids are measured in the face's own frame (steady.py), and brought to one rate
and one bandwidth. A window is described by how far each of them goes, as a logarithm. Faces of
other sizes and films of other rates give the same numbers, as far as they show the motion at all.
How quickly and how much together they go, and where they rest, was tried and told less
(bench/reference_motion.py).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from bonaface.core import SECOND
from bonaface.face import landmarks as lm
from bonaface.forensics.reference.motion.steady import Floats, Steady, hold

WINDOW: Final = 5 * SECOND // 2
RATE: Final = 15  # steps a second at which motion is described
BLUR: Final = 0.03  # s, of the Gaussian that gives all films one bandwidth
TRAITS: Final = (
    "yaw", "pitch", "roll", "right", "down", "opening", "width", "pout", "upper lip", "lower lip",
    "jaw", "jaw aside", "corner right", "corner left", "brow right", "brow left", "frown",
    "lid right", "lid left",
)  # fmt: skip
HEAD, MOUTH, LOWER, UPPER = slice(0, 5), slice(5, 10), slice(5, 14), slice(14, 19)  # of TRAITS
LEAST: Final = 0.05  # of a trait's spread, added so that its logarithm is finite
STILL: Final = 0.25  # of the opening's spread, below which lips are taken to rest
_GAPS: Final = np.array(((13, 14), (82, 87), (312, 317)))  # upper and lower inner lip, three times
_CORNERS: Final = (61, 291)
_LIPS: Final = sorted({i for ring in (*lm.UPPER_LIP, *lm.LOWER_LIP) for i in ring})
_NOSE: Final = 2  # its base
_UNDER, _OVER = (17, 84, 314), (0, 37, 267)  # the red of the lips: lower edge, upper edge
_FROWN: Final = (55, 285)  # the brows' inner ends


def measure(points: NDArray[np.floating]) -> Floats:
    """TRAITS (n, 19) of one face's landmarks (n, 478, 3) px: degrees, then % between the eyes."""
    steady = hold(points)
    return np.concatenate(
        [steady.turn, steady.place, _mouth(steady), _lower(steady), _upper(steady)], axis=1
    )


def _mouth(steady: Steady) -> Floats:
    face = steady.face
    gaps = np.linalg.norm(face[:, _GAPS[:, 0]] - face[:, _GAPS[:, 1]], axis=2).mean(1)
    corners = face[:, _CORNERS]
    width = np.linalg.norm(corners[:, 0] - corners[:, 1], axis=1)
    pout = face[:, _LIPS, 2].mean(1) - corners[:, :, 2].mean(1)
    nose = face[:, _NOSE, 1]
    upper, lower = (face[:, edge, 1].mean(1) - nose for edge in (_OVER, _UNDER))
    return np.stack([gaps, width, pout, upper, lower], axis=1)


def _lower(steady: Steady) -> Floats:
    face, nose = steady.face, steady.face[:, _NOSE]
    jaw = face[:, lm.CHIN, :2] - nose[:, :2]
    corners = face[:, _CORNERS, 1] - nose[:, 1:2]
    return np.concatenate([jaw[:, ::-1], corners], axis=1)


def _upper(steady: Steady) -> Floats:
    face = steady.face
    brows = [face[:, rows, 1].mean(1) for rows in (lm.RIGHT_BROW, lm.LEFT_BROW, _FROWN)]
    lids = [
        np.linalg.norm(face[:, above[0][2:7]] - face[:, below[0][2:7]], axis=2).mean(1)
        for above, below in (
            (lm.RIGHT_UPPER_LID, lm.RIGHT_LOWER_LID),
            (lm.LEFT_UPPER_LID, lm.LEFT_LOWER_LID),
        )
    ]
    return np.stack([*brows, *lids], axis=1)


def pace(at: NDArray[np.integer], traits: Floats) -> Floats:
    """TRAITS (n, 19) seen at times (n,) ns, in order: as (m, 19) at RATE, in one bandwidth."""
    times = (at - at[0]) / SECOND
    step = float(np.median(np.diff(times)))
    smooth = gaussian_filter1d(traits, BLUR / max(step, 1e-3), axis=0)
    grid = np.arange(0.0, times[-1] + 1e-9, 1 / RATE)
    return np.stack([np.interp(grid, times, row) for row in smooth.T], axis=1)


def describe(paced: Floats) -> Floats:
    """How far each of TRAITS goes in a window (m, 19) at RATE: logarithms (19,)."""
    return np.asarray(np.log(paced.std(0) + LEAST))


def speaks(paced: Floats) -> bool:
    """Whether the lips of a window (m, 19) move, as they do while somebody speaks."""
    return float(paced[:, TRAITS.index("opening")].std()) >= STILL
