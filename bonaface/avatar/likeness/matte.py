"""Cut the person out: how much of each pixel is person, and of what colour.

The segmentation is as coarse as its 256 px; hair is finer. Between what is surely person and what
is surely scene, each pixel is split by the colours nearby (as in Chuang et al. 2001); where those
are too alike the picture's own edges decide (guided filter, He et al. 2010).
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface.avatar.likeness.ruler import Places, Ruler
from bonaface.avatar.rig import Bytes, Floats
from bonaface.face import landmarks as lm

SURE, UNSURE = 0.90, 0.08  # of the segmentation: person above, scene below
APART = 10.0  # mm that what joins two people is thinner than
LARGE = 250.0  # mm * mm of somebody else; less may be a lock of hair
INSIDE = 0.82  # of the oval is surely face
STRANDS = 18.0  # mm, twice as far as loose hair is looked for around the person
ROUGH = 9.0  # levels by which a scene varies; beyond, its detail may pass for hair
NEAR = 3.5  # mm, how far colours count as nearby
ALIKE = 26.0  # levels between person and scene below which colours say nothing


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """The person without the scene."""

    layer: Bytes  # (height, width, 4) colours of the person alone, alpha the matte
    scene: NDArray[np.bool_]  # (height, width) where nothing of the person is seen


def cut_out(canvas: Bytes, chance: Floats, landmarks: Places, ruler: Ruler) -> Cutout:
    """Split a canvas by the segmentation `chance` (height, width) 0 to 1."""
    picture = canvas.astype(np.float32)
    chance = _alone(chance, landmarks, ruler.scale)
    chance = np.maximum(chance, _face_area(landmarks, chance.shape))
    person, scene = _sure(chance, ruler.scale)
    front = _nearby(picture, person, NEAR * ruler.scale)
    back = _nearby(picture, scene, NEAR * ruler.scale)
    alpha = _matte(picture, chance, (person, scene), (front, back), ruler.scale)
    colours = _unmixed(picture, alpha, front, back)
    layer = np.dstack([colours, alpha * 255])
    return Cutout(np.clip(layer + 0.5, 0, 255).astype(np.uint8), alpha < 0.02)


def _face_area(landmarks: Places, shape: tuple[int, ...]) -> Floats:
    """1 well inside of the face's oval; the landmarks of its rim may lie beside the jaw."""
    area = np.zeros(shape, np.float32)
    oval = landmarks[list(lm.OVAL), :2]
    inner = oval.mean(0) + INSIDE * (oval - oval.mean(0))
    cv2.fillPoly(area, [np.round(inner).astype(np.int32)], 1.0)
    return area


def _alone(chance: Floats, landmarks: Places, scale: float) -> Floats:
    """`chance` without other people: what is nearer to another body, above the chin, is scene."""
    body = cv2.erode((chance > 0.4).astype(np.uint8), _disc(APART * scale))
    count, labels, sizes, centres = cv2.connectedComponentsWithStats(body, connectivity=4)
    mine = np.zeros(count, np.bool_)
    places = np.clip(landmarks[list(lm.OVAL), :2], 0, np.array(chance.shape[::-1]) - 1).astype(int)
    mine[labels[places[:, 1], places[:, 0]]] = True
    mine |= centres[:, 1] > landmarks[lm.CHIN, 1]
    mine[0] = False
    others = ~mine & (sizes[:, cv2.CC_STAT_AREA] > LARGE * scale * scale)
    others[0] = False
    if not mine.any() or not others.any():
        return chance
    near, far = (
        cv2.distanceTransform((~which[labels]).astype(np.uint8), cv2.DIST_L2, 5)
        for which in (mine, others)
    )
    return np.asarray(chance * np.clip((far - near) / (2 * scale) + 0.5, 0, 1), np.float32)


def _sure(chance: Floats, scale: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    person = cv2.erode((chance > SURE).astype(np.uint8), _disc(1.2 * scale)) > 0
    scene = cv2.dilate((chance > UNSURE).astype(np.uint8), _disc(STRANDS * scale)) == 0
    return person, scene


def _disc(across: float) -> NDArray[np.uint8]:
    size = max(3, int(across) | 1)
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)


def _nearby(picture: Floats, known: NDArray[np.bool_], reach: float) -> Floats:
    """The mean colour of known pixels nearby, from as far as it takes."""
    mask = known.astype(np.float32)[..., None]
    total = picture * mask
    out = np.zeros_like(picture)
    left = np.ones_like(mask)
    for times in (1.0, 3.0, 9.0, 40.0):
        weight = blurred(mask, reach * times)[..., None]
        colour = blurred(total, reach * times) / np.maximum(weight, 1e-6)
        share = left * np.clip(weight * 20, 0, 1)
        out += share * colour
        left = left - share
    return out + left * picture


def blurred(picture: Floats, sigma: float) -> Floats:
    """A Gaussian blur that shrinks the picture first when the blur is wide."""
    shrink = int(max(1, sigma // 4))
    if shrink == 1:
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.float32)
    height, width = picture.shape[:2]
    small = (max(2, width // shrink), max(2, height // shrink))
    less = cv2.resize(picture, small, interpolation=cv2.INTER_AREA)
    less = cv2.GaussianBlur(less, (0, 0), sigma / shrink)
    return np.asarray(cv2.resize(less, (width, height)), np.float32)


def _matte(
    picture: Floats,
    chance: Floats,
    sure: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    colours: tuple[Floats, Floats],
    scale: float,
) -> Floats:
    """(height, width) 0 to 1."""
    front, back = colours
    step = front - back
    length = (step * step).sum(-1)
    by_colour = np.clip(((picture - back) * step).sum(-1) / np.maximum(length, 1.0), 0, 1)
    trust = np.clip((np.sqrt(length) - ALIKE) / (2 * ALIKE), 0, 1)
    by_edges = guided(np.asarray(picture / 255, np.float32), chance, max(2, int(2.5 * scale)), 4e-4)
    by_edges = np.clip((by_edges - 0.2) / 0.6, 0, 1)
    # Colours say how much of a pixel a strand covers; the segmentation, whether it can be one.
    possible = np.clip(blurred(chance, 1.2 * scale) * 4, 0, 1)
    loose = np.clip(blurred(chance, 5 * scale) * 8, 0, 1) * _calm(picture, sure[1], scale)
    possible = np.maximum(possible, loose * np.clip((by_colour - 0.15) / 0.2, 0, 1))
    certain = np.clip((chance - 0.75) / 0.2, 0, 1)
    split = np.maximum(by_colour * possible, certain)
    alpha = by_edges * (1 - trust) + split * trust
    alpha = np.where(sure[0], 1, np.where(sure[1], 0, alpha)).astype(np.float32)
    return np.clip((alpha - 0.06) / 0.88, 0, 1)


def _calm(picture: Floats, scene: NDArray[np.bool_], scale: float) -> Floats:
    """How even the scene nearby is, 0 to 1: only then is what differs from it hair."""
    light = picture.mean(-1)
    mask = scene.astype(np.float32)
    weight = np.maximum(blurred(mask, 9 * scale), 1e-4)
    mean = blurred(light * mask, 9 * scale) / weight
    spread = np.sqrt(np.maximum(blurred(light * light * mask, 9 * scale) / weight - mean**2, 0))
    return np.asarray(np.clip((2 * ROUGH - spread) / ROUGH, 0, 1) * (weight > 0.02), np.float32)


def guided(guide: Floats, mask: Floats, radius: int, flatness: float) -> Floats:
    """`mask` (height, width) made to follow the edges of `guide` (height, width, 3) 0 to 1.

    The local fit is made on a smaller picture, as it is smooth anyway (He and Sun 2015,
    arXiv 1505.00996).
    """
    height, width = mask.shape
    shrink = max(1, radius // 3)
    small = (max(2, width // shrink), max(2, height // shrink))
    less, few = (cv2.resize(x, small, interpolation=cv2.INTER_AREA) for x in (guide, mask))
    fit = _fitted(less, few, max(1, radius // shrink), flatness)
    fit = cv2.resize(fit, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray((fit[..., :3] * guide).sum(-1) + fit[..., 3], np.float32)


def _fitted(guide: Floats, mask: Floats, radius: int, flatness: float) -> Floats:
    """(h, w, 4): slopes and level of the plane that best makes `mask` of `guide` around a pixel."""
    size = (2 * radius + 1, 2 * radius + 1)

    def mean(x: Floats) -> Floats:
        return np.asarray(cv2.blur(x, size), np.float32)

    middle, level = mean(guide), mean(mask)
    together = mean(np.asarray(guide * mask[..., None], np.float32)) - middle * level[..., None]
    pairs = guide[..., :, None] * guide[..., None, :]
    outer = mean(np.asarray(pairs.reshape(*mask.shape, 9), np.float32))
    spread = outer.reshape(*mask.shape, 3, 3) - middle[..., :, None] * middle[..., None, :]
    spread += flatness * np.eye(3, dtype=np.float32)
    slope = np.linalg.solve(spread, together[..., None])[..., 0]
    shift = level - (slope * middle).sum(-1)
    return mean(np.dstack([slope, shift]).astype(np.float32))


def _unmixed(picture: Floats, alpha: Floats, front: Floats, back: Floats) -> Floats:
    """The person's own colour where scene shines through."""
    a = alpha[..., None]
    exact = (picture - (1 - a) * back) / np.maximum(a, 0.15)
    lean = np.clip((0.8 - a) / 0.6, 0, 1) * 0.7
    mixed = np.clip(exact, 0, 255) * (1 - lean) + front * lean
    return np.where(a > 0.995, picture, mixed).astype(np.float32)
