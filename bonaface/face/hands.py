"""Where hands are: MediaPipe Hands (Zhang et al. 2020, arXiv 2006.10214).

The palm detector takes parts of faces for palms, so each is looked at again by the landmark model,
which says how sure it is that this is a hand. The detector loses hands before faces, dark ones
most; so a hand that was found is followed by the landmark model alone, as MediaPipe does.
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
STILL: Final = 0.5  # that what is followed is the hand yet
MOST: Final = 2  # palms that are looked at again
GRIDS: Final = ((24, 2), (12, 6))  # cells a side, boxes of a cell
GROW, UP = 2.6, 0.5  # from palm to hand: times wider, and sides of the palm towards the fingers
WRIST, MIDDLE = 0, 2  # of the palm's seven points; the root of the middle finger
PALM: Final = (0, 1, 5, 9, 13, 17)  # of the landmarks
AROUND: Final = (0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18)  # about which a hand is looked for again
ROOTS, WEIGHTS = (5, 9, 13), (0.25, 0.5, 0.25)  # of the fingers in the middle: where up is
WIDER, HIGHER = 2.0, 0.1  # times the box around those; of its height, towards the fingers


@dataclass(frozen=True, slots=True, eq=False)
class Hand:
    """One hand: the box of its palm and its landmarks, in px of the picture."""

    box: tuple[float, float, float, float]  # left, top, right, bottom
    score: float  # how sure the landmark model is, 0 to 1
    marks: Floats  # (21, 3): the wrist, then four joints of each finger from the thumb on


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
        hand = _look(models, pixels, _above(points))
        if hand.score >= SURE:
            (left, top), (right, bottom) = points[:2].tolist()
            found.append(Hand((left, top, right, bottom), hand.score, hand.marks))
    return tuple(sorted(found, key=lambda hand: -hand.score))


class HandFollower:
    """Stage of pictures that follow each other, to the hands in each.

    The surest hand is followed to where it moves; where none is known, all are looked for.
    """

    def __init__(self) -> None:
        self._known: tuple[Hand, ...] = ()  # the last two sightings of one hand, newest last

    def push(self, pixels: NDArray[np.uint8]) -> tuple[Hand, ...]:
        """Hands in the next RGB picture: the one that is followed, or as `find_hands` says."""
        if self._known:
            last, before = self._known[-1].marks, self._known[0].marks
            moved = (last - before)[list(PALM), :2].mean(0)
            hand = _look(_here.models, pixels, _again(last, moved))
            if hand.score >= STILL:
                self._known = (self._known[-1], hand)
                return (hand,)
        found = find_hands(pixels)
        self._known = found[:1]
        return found


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


def _above(points: Floats) -> Region:
    """Where the hand of a palm is, fingers up."""
    up = points[2 + MIDDLE] - points[2 + WRIST]
    angle = float(np.arctan2(up[1], up[0])) + np.pi / 2
    side = float((points[1] - points[0]).max())
    x, y = (points[0] + points[1]) / 2 + UP * side * up / max(float(np.linalg.norm(up)), 1e-6)
    return Region(float(x), float(y), GROW * side, angle)


def _again(marks: Floats, moved: Floats) -> Region:
    """Where a hand with these landmarks is if it moves on by as much."""
    up = np.average(marks[list(ROOTS), :2], axis=0, weights=WEIGHTS) - marks[0, :2]
    angle = float(np.arctan2(up[1], up[0])) + np.pi / 2
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    upright = marks[list(AROUND), :2] @ turn.T
    low, high = upright.min(0), upright.max(0)
    middle = (low + high) / 2 - (0, HIGHER * float(high[1] - low[1]))
    x, y = turn.T @ middle + moved
    return Region(float(x), float(y), WIDER * max(1.0, float((high - low).max())), angle)


def _look(models: HandModels, pixels: NDArray[np.uint8], region: Region) -> Hand:
    """The hand that may be there, and how sure the landmark model is that it is one."""
    cut = region.cut(pixels, NEAR_SIZE)
    raw, sure = _run(models.near, cut[None].astype(np.float32) / 255)[:2]
    marks = region.place(raw.reshape(-1, 3).astype(np.float32), NEAR_SIZE)
    (left, top), (right, bottom) = marks[list(PALM), :2].min(0), marks[list(PALM), :2].max(0)
    box = (float(left), float(top), float(right), float(bottom))
    return Hand(box, float(sure.item()), marks)


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
