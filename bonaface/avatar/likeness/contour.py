"""Where the lips really end: landmarks snapped to the edge between lip and teeth, or to the seam.

The mesh model is a few pixels off along the inner lips, enough to drag teeth along with a lip. The
edge is found as the cheapest path through columns across the mouth, like a seam (Avidan and Shamir
2007) whose cost is how badly it parts lip from not-lip.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface.avatar.likeness.ruler import Places, Ruler
from bonaface.avatar.rig import Bytes
from bonaface.face import landmarks as lm

COLUMNS = 41  # along the mouth
STEP = 0.2  # mm between samples down a column
REACH = 4.0  # mm looked at beyond the inner edges
FAR_UPPER, FAR_LOWER = 1.6, 2.4  # mm an edge may be off; the lower one is off by more
SEAM = 1.4  # mm that the seam of closed lips may be off
OPEN = 1.2  # mm between the lips from which they may be open


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    """The mouth, sampled down columns."""

    lab: NDArray[np.float32]  # (samples, COLUMNS, 3)
    upper: Places  # (COLUMNS,) sample number of the upper lip's inner edge
    lower: Places


def snap_lips(landmarks: Places, canvas: Bytes, ruler: Ruler) -> tuple[Places, bool]:
    """Landmarks whose inner lip rings lie on the edges of the lips, and whether these are apart."""
    columns = _sample(landmarks, canvas, ruler)
    moved = landmarks.copy()
    if not _parted(columns):
        seam = _path(_darkness(columns), (columns.upper + columns.lower) / 2, SEAM)
        _move(moved, 3, seam - columns.upper, ruler, upper=True)
        _move(moved, 3, seam - columns.lower, ruler, upper=False)
        return moved, False
    lipness = _lipness(columns)
    upper = _path(_parting(lipness), columns.upper, FAR_UPPER)
    lower = _path(_parting(1 - lipness), columns.lower, FAR_LOWER)
    lower = np.maximum(lower, upper)
    for ring, share in ((3, 1.0), (2, 0.6), (1, 0.25)):
        _move(moved, ring, share * (upper - columns.upper), ruler, upper=True)
        _move(moved, ring, share * (lower - columns.lower), ruler, upper=False)
    return moved, True


def along(ring: Places, count: int) -> Places:
    """A ring of landmarks (11, k) at `count` places, evenly spaced by number."""
    at = np.linspace(0, len(ring) - 1, count)
    return np.stack([np.interp(at, np.arange(len(ring)), part) for part in ring.T], 1)


def _sample(landmarks: Places, canvas: Bytes, ruler: Ruler) -> _Columns:
    upper = along(landmarks[list(lm.UPPER_LIP[3]), :2], COLUMNS)
    lower = along(landmarks[list(lm.LOWER_LIP[3]), :2], COLUMNS)
    down = ruler.down[:2]
    middle = (upper + lower) / 2
    half = (lower - upper) @ down / 2 / ruler.scale
    reach = max(float(half.max()), 0.0) + REACH
    offsets = np.arange(-reach, reach + STEP, STEP)
    at = middle[None] + offsets[:, None, None] * ruler.scale * down
    grid = at.astype(np.float32)
    rgb = cv2.remap(canvas, grid[..., 0], grid[..., 1], cv2.INTER_LINEAR)
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    first = (-half + reach) / STEP
    return _Columns(cv2.GaussianBlur(lab, (3, 5), 0), first, (half + reach) / STEP)


def _rows(columns: _Columns) -> NDArray[np.int_]:
    return np.arange(len(columns.lab))[:, None]


def _lips(columns: _Columns) -> NDArray[np.bool_]:
    """Samples that are surely lip: 1 to 3.4 mm beyond the inner edges, corners left out."""
    rows = _rows(columns)
    near, far = 1.0 / STEP, 3.4 / STEP
    above = (rows < columns.upper - near) & (rows > columns.upper - far)
    below = (rows > columns.lower + near) & (rows < columns.lower + far)
    middle = np.abs(np.arange(COLUMNS) - COLUMNS // 2) < COLUMNS * 0.35
    return (above | below) & middle


def _lipness(columns: _Columns) -> Places:
    """How much each sample looks like this face's lips, 0 to 1."""
    known = columns.lab[_lips(columns)].astype(np.float64)
    mean = np.median(known, 0)
    spread = np.cov(known.T) + np.diag([30.0, 6.0, 6.0])  # light varies more than colour
    off = columns.lab - mean
    distance = np.einsum("...i,ij,...j->...", off, np.linalg.inv(spread), off)
    lipness: Places = np.exp(-0.5 * distance / 2.5)
    return lipness


def _parted(columns: _Columns) -> bool:
    """Whether something other than lip shows between the lips."""
    gap = (columns.lower - columns.upper) * STEP
    if gap[COLUMNS // 4 : -COLUMNS // 4].max() < OPEN:
        return False
    rows = _rows(columns)
    inside = (rows > columns.upper) & (rows < columns.lower) & (gap > OPEN)
    lipness = _lipness(columns)
    return bool(gap.max() > 2.5 or np.mean(lipness[inside]) < 0.5)


def _darkness(columns: _Columns) -> Places:
    light = columns.lab[..., 0]
    darkness: Places = ((light - light.min(0)) / (np.ptp(light, 0) + 4)).astype(np.float64)
    return darkness


def _parting(above: Places) -> Places:
    """Cost of an edge at each sample: what is not `above` over it, what is under; 1.6 mm each."""
    size = int(1.6 / STEP)
    sums = np.cumsum(np.pad(above, ((size + 1, size), (0, 0)), mode="edge"), 0)
    here = sums[size : size + len(above)]
    over = here - sums[: len(above)]
    under = sums[2 * size : 2 * size + len(above)] - here
    cost: Places = ((size - over) + under) / (2 * size)
    return cost


def _path(cost: Places, guess: Places, far: float) -> Places:
    """The cheapest smooth path through the columns, within `far` mm of a guess; (COLUMNS,)."""
    reach = int(far / STEP)
    offsets = np.arange(-reach, reach + 1)
    rows = np.clip(np.round(guess)[None] + offsets[:, None], 0, len(cost) - 1).astype(int)
    near = np.take_along_axis(cost, rows, 0) + 0.12 * (offsets[:, None] / reach) ** 2
    bend = 0.05 * (offsets[:, None] - offsets[None]) ** 2
    total, steps = near[:, 0], []
    for k in range(1, near.shape[1]):
        options = total[None] + bend
        steps.append(options.argmin(1))
        total = options.min(1) + near[:, k]
    best = [int(total.argmin())]
    for step in reversed(steps):
        best.append(int(step[best[-1]]))
    moved = offsets[np.array(best[::-1])].astype(float)
    moved *= np.clip((COLUMNS // 2 - np.abs(np.arange(COLUMNS) - COLUMNS // 2)) / 3, 0, 1)
    return guess + np.convolve(np.pad(moved, 2, mode="edge"), np.ones(5) / 5, "valid")


def _move(landmarks: Places, ring: int, steps: Places, ruler: Ruler, *, upper: bool) -> None:
    """Move one ring of a lip, but for the corners, by `steps` (COLUMNS,) samples down."""
    rows = (lm.UPPER_LIP if upper else lm.LOWER_LIP)[ring]
    some = steps[np.round(np.linspace(0, COLUMNS - 1, 11)).astype(int)]
    for i, step in zip(rows[1:-1], some[1:-1].tolist(), strict=True):
        landmarks[i] += ruler.px(0, step * STEP)
