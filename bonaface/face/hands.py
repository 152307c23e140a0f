"""Where hands are: MediaPipe Hands (Zhang et al. 2020, arXiv 2006.10214).

The palm detector takes parts of faces for palms, so each is looked at again by the landmark model,
which says how sure it is that this is a hand.
"""

import threading
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface import weights
from bonaface.face.detector import SAME, overlap, place_anchors
from bonaface.face.region import Floats, Region

NAMES: Final = ("palm-detector", "hand-landmarks")
SIZE, NEAR_SIZE = 192, 224  # px that the models see
LEAST: Final = 0.5  # score below which a palm is dropped
SURE: Final = 0.8  # that it is a hand
MOST: Final = 2  # palms that are looked at again
GRIDS: Final = ((24, 2), (12, 6))  # cells a side, boxes of a cell
GROW, UP = 2.6, 0.5  # from palm to hand: times wider, and sides of the palm towards the fingers
WRIST, MIDDLE = 0, 2  # of the palm's seven points; the root of the middle finger


@dataclass(frozen=True, slots=True)
class Hand:
    """One hand: the box of its palm, in px of the picture."""

    box: tuple[float, float, float, float]  # left, top, right, bottom
    score: float  # how sure the landmark model is, 0 to 1


class HandModels:
    """Both models. They hold state: one for each thread."""

    def __init__(self) -> None:
        self.far, self.near = (weights.open_tflite(weights.find(name)) for name in NAMES)
        self.anchors = place_anchors(GRIDS)[:, None]


_here = threading.local()


def find_hands(pixels: NDArray[np.uint8]) -> tuple[Hand, ...]:
    """Hands in an RGB picture, at most two, surest first. Raises WeightsMissing."""
    if not hasattr(_here, "models"):
        _here.models = HandModels()
    models: HandModels = _here.models
    found = []
    for points in _find_palms(models, pixels)[:MOST]:
        score = _look(models, pixels, points)
        if score >= SURE:
            (left, top), (right, bottom) = points[:2].tolist()
            found.append(Hand((left, top, right, bottom), score))
    return tuple(sorted(found, key=lambda hand: -hand.score))


def _find_palms(models: HandModels, pixels: NDArray[np.uint8]) -> list[Floats]:
    """Corners of the box and seven points of each, (9, 2) px, surest first."""
    raw, logits = (one[0] for one in _run(models.far, _letterbox(pixels))[:2])
    keep = logits[:, 0] >= np.log(LEAST / (1 - LEAST))
    places = raw[keep].reshape(-1, 9, 2) / SIZE
    places[:, [0, *range(2, 9)]] += models.anchors[keep]
    middle, half = places[:, 0].copy(), places[:, 1] / 2
    places[:, 0], places[:, 1] = middle - half, middle + half
    places *= max(pixels.shape[:2])
    kept: list[Floats] = []
    for n in np.argsort(-logits[keep, 0]).tolist():
        box = places[n, :2].reshape(4)
        if all(overlap(box, one[:2].reshape(4)) <= SAME for one in kept):
            kept.append(places[n])
    return kept


def _look(models: HandModels, pixels: NDArray[np.uint8], points: Floats) -> float:
    """How sure the landmark model is that this palm belongs to a hand, fingers up."""
    up = points[2 + MIDDLE] - points[2 + WRIST]
    angle = float(np.arctan2(up[1], up[0])) + np.pi / 2
    side = float((points[1] - points[0]).max())
    x, y = (points[0] + points[1]) / 2 + UP * side * up / max(float(np.linalg.norm(up)), 1e-6)
    cut = Region(float(x), float(y), GROW * side, angle).cut(pixels, NEAR_SIZE)
    return float(_run(models.near, cut[None].astype(np.float32) / 255)[1].item())


def _letterbox(pixels: NDArray[np.uint8]) -> Floats:
    """The picture at the upper left of a square, (1, SIZE, SIZE, 3) in 0..1."""
    high, wide = pixels.shape[:2]
    share = SIZE / max(high, wide)
    size = (max(1, round(wide * share)), max(1, round(high * share)))
    canvas = np.zeros((1, SIZE, SIZE, 3), np.float32)
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    canvas[0, : size[1], : size[0]] = small / np.float32(255)
    return canvas


def _run(model: Any, given: NDArray[np.floating]) -> list[Floats]:
    model.set_tensor(model.get_input_details()[0]["index"], np.ascontiguousarray(given, np.float32))
    model.invoke()
    return [model.get_tensor(one["index"]) for one in model.get_output_details()]
