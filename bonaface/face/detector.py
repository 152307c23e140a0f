"""Where faces are: BlazeFace (Bazarevsky et al. 2019, arXiv 1907.05047), near and far range."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface import weights
from bonaface.face.region import Floats

LEAST = 0.5  # score below which a detection is dropped
SAME = 0.3  # overlap (intersection over union) from which two detections are one face


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """One face as the detector sees it, in px of the picture."""

    box: Floats  # (4,) left, top, right, bottom
    points: Floats  # (6, 2) right eye, left eye, nose, mouth, right ear, left ear
    score: float


def place_anchors(grids: tuple[tuple[int, int], ...]) -> Floats:
    """Centres of the cells of each (cells a side, boxes a cell) grid, in 0..1, (n, 2)."""
    rows = []
    for cells, boxes in grids:
        y, x = np.mgrid[0:cells, 0:cells]
        centres = np.stack([x.ravel(), y.ravel()], 1) + 0.5
        rows.append(np.repeat(centres / cells, boxes, axis=0))
    return np.concatenate(rows).astype(np.float32)


_GRIDS = {"face-detector": ((16, 2), (8, 6)), "face-detector-far": ((48, 1),)}


class Detector:
    """One BlazeFace model: "face-detector" (faces that fill the picture) or "face-detector-far"."""

    def __init__(self, name: str) -> None:
        self._model = weights.open_tflite(weights.find(name))
        self._input = self._model.get_input_details()[0]["index"]
        self._size = int(self._model.get_input_details()[0]["shape"][1])
        self._boxes, self._scores = (o["index"] for o in self._model.get_output_details())
        self._anchors = place_anchors(_GRIDS[name])

    def find(self, pixels: NDArray[np.uint8], margin: float = 0.0) -> list[Detection]:
        """Faces in an RGB picture; `margin` leaves that share of its longer side empty around."""
        height, width = pixels.shape[:2]
        full = max(height, width) * (1 + 2 * margin)
        scale = self._size / full
        origin = np.array([(full - width) / 2, (full - height) / 2], np.float32)
        self._model.set_tensor(self._input, self._letterbox(pixels, scale, origin * scale))
        self._model.invoke()
        raw = self._model.get_tensor(self._boxes)[0].reshape(-1, 8, 2)
        score = 1 / (1 + np.exp(-np.clip(self._model.get_tensor(self._scores)[0, :, 0], -50, 50)))
        keep = score >= LEAST
        return _merged(self._decoded(raw[keep], self._anchors[keep], full, origin), score[keep])

    def _letterbox(self, pixels: NDArray[np.uint8], scale: float, at: Floats) -> Floats:
        size = self._size
        wide = max(1, round(pixels.shape[1] * scale))
        high = max(1, round(pixels.shape[0] * scale))
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        small = cv2.resize(pixels, (wide, high), interpolation=way)
        left, top = min(round(float(at[0])), size - wide), min(round(float(at[1])), size - high)
        canvas = np.zeros((1, size, size, 3), np.float32)
        canvas[0, top : top + high, left : left + wide] = small / 127.5 - 1
        return canvas

    def _decoded(self, raw: Floats, anchors: Floats, full: float, origin: Floats) -> Floats:
        """(n, 8, 2) px: two corners of the box, then the six points."""
        places = raw / self._size
        places[:, 0] += anchors
        places[:, 2:] += anchors[:, None]
        centre, half = places[:, 0].copy(), places[:, 1] / 2
        places[:, 0], places[:, 1] = centre - half, centre + half
        decoded: Floats = (places * full - origin).astype(np.float32)
        return decoded


def overlap(a: Floats, b: Floats) -> float:
    """Intersection over union of two boxes (left, top, right, bottom)."""
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    shared = float(np.prod(np.maximum(sides, 0)))
    whole = float(np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2])) - shared
    return shared / whole if whole > 0 else 0.0


def _merged(places: Floats, scores: Floats) -> list[Detection]:
    """Average overlapping boxes by score: steadier than keeping the best one."""
    found: list[Detection] = []
    boxes = places[:, :2].reshape(-1, 4)
    left = list(np.argsort(-scores))
    while left:
        best = left[0]
        group = [i for i in left if overlap(boxes[i], boxes[best]) > SAME] or [best]
        left = [i for i in left if i not in group]
        mean = np.average(places[group], axis=0, weights=scores[group]).astype(np.float32)
        found.append(Detection(mean[:2].reshape(4), mean[2:], float(scores[best])))
    return found
