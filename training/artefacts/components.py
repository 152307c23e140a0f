"""Faces rebuilt from principal components: a family of forgery that no network here learnt from."""

from collections.abc import Sequence

import cv2
import numpy as np
from encoders import Bytes
from forge import OVAL

from bonaface.forensics.artefacts.crop import Cut

PARTS = 60  # principal components of a rebuilt face
SIDE = 96  # px of it


def rebuild(cuts: Sequence[Cut]) -> list[Bytes]:
    """Each face from the components of the other half of the faces, laid over its oval."""
    small = [cv2.resize(cut.pixels, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for cut in cuts]
    flat = np.stack(small).reshape(len(cuts), -1) / 255.0
    made: list[Bytes] = [cut.pixels for cut in cuts]
    for half in (0, 1):
        known = flat[1 - half :: 2]
        middle = known.mean(0)
        axes = np.linalg.svd(known - middle, full_matrices=False)[2][:PARTS]
        for i in range(half, len(cuts), 2):
            back = np.clip(middle + (flat[i] - middle) @ axes.T @ axes, 0, 1) * 255
            made[i] = _laid(back.reshape(SIDE, SIDE, 3), cuts[i])
    return made


def _laid(face: Bytes, cut: Cut) -> Bytes:
    large = cv2.resize(face, cut.pixels.shape[:2])
    mask = np.zeros(cut.pixels.shape[:2], np.float32)
    cv2.fillPoly(mask, [np.round(cut.points[list(OVAL)]).astype(np.int32)], 1.0)
    share = cv2.GaussianBlur(mask, (0, 0), 4)[..., None]
    return np.asarray(large * share + cut.pixels * (1 - share), np.uint8)
