"""What a face looks like from near: 468 landmarks and two irises.

Face mesh: Kartynnik et al. 2019, arXiv 1907.06724. Iris: Ablavatski et al. 2020, arXiv 2006.11341.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bonaface import weights
from bonaface.face import landmarks as lm
from bonaface.face.region import Floats, Region, around

GROW = 1.5  # how much wider than the face the mesh model wants its region
EYE_GROW = 2.3  # the same for the iris model, by the width of the eye

# The iris model's first 16 outputs in their order: lower lid, then upper without its corners
_RIGHT_LIDS = np.array(lm.RIGHT_LOWER_LID[0] + lm.RIGHT_UPPER_LID[0][1:-1])
_LEFT_LIDS = np.array(lm.LEFT_LOWER_LID[0] + lm.LEFT_UPPER_LID[0][1:-1])


class MeshModel:
    """Landmarks of the face that fills a region."""

    def __init__(self) -> None:
        self._mesh = weights.open_tflite(weights.find("face-mesh"))
        self._iris = weights.open_tflite(weights.find("iris"))

    def look(
        self, pixels: NDArray[np.uint8], region: Region, *, irises: bool = True
    ) -> tuple[Floats, float]:
        """Landmarks (478, 3) px of the picture and how sure it is that this is a face, 0 to 1.

        Without `irises`, half the work, eyes look straight ahead.
        """
        points, score = self._face(pixels, region)
        if not irises:
            middles = [
                np.repeat(points[list(corners)].mean(0, keepdims=True), 5, 0)
                for corners in (lm.RIGHT_EYE_CORNERS, lm.LEFT_EYE_CORNERS)
            ]
            return np.concatenate([points, *middles]).astype(np.float32), score
        eyes = [self._eye(pixels, points, left=left) for left in (False, True)]
        return np.concatenate([points, *eyes]).astype(np.float32), score

    def _face(self, pixels: NDArray[np.uint8], region: Region) -> tuple[Floats, float]:
        size = 192
        cut = region.cut(pixels, size)
        (places, score) = _run(self._mesh, cut.astype(np.float32) / 255)
        points = region.place(places.reshape(-1, 3), size)
        return points, float(1 / (1 + np.exp(-score.item())))

    def _eye(self, pixels: NDArray[np.uint8], points: Floats, *, left: bool) -> Floats:
        """Five points of one iris; the lids in `points` move to where the iris model sees them."""
        size = 64
        outer, inner = lm.LEFT_EYE_CORNERS if left else lm.RIGHT_EYE_CORNERS
        first, second = (inner, outer) if left else (outer, inner)  # image left to right
        dx, dy = (points[second] - points[first])[:2]
        region = around(points[[first, second]], float(np.arctan2(dy, dx)), EYE_GROW)
        cut = region.cut(pixels, size).astype(np.float32) / 255
        lids, iris = _run(self._iris, cut[:, ::-1] if left else cut)
        lids, iris = lids.reshape(-1, 3)[:16], iris.reshape(-1, 3)
        if left:  # the model knows right eyes, so a left one was mirrored
            lids[:, 0], iris[:, 0] = size - 1 - lids[:, 0], size - 1 - iris[:, 0]
            iris = iris[[0, 3, 2, 1, 4]]
        rows = _LEFT_LIDS if left else _RIGHT_LIDS
        points[rows, :2] = region.place(lids, size)[:, :2]
        placed = region.place(iris, size)
        placed[:, 2] = points[rows, 2].mean()
        return placed


def face_region(points: Floats) -> Region:
    """The region that the mesh model wants for a face whose landmarks are known."""
    dx, dy = (points[lm.LEFT_EYE_CORNERS[0]] - points[lm.RIGHT_EYE_CORNERS[0]])[:2]
    return around(points[: lm.FACE], float(np.arctan2(dy, dx)), GROW)


def _run(model: Any, cut: NDArray[np.floating]) -> tuple[Floats, Floats]:
    model.set_tensor(
        model.get_input_details()[0]["index"], np.ascontiguousarray(cut[None], np.float32)
    )
    model.invoke()
    first, second = (model.get_tensor(o["index"]) for o in model.get_output_details())
    return first, second
