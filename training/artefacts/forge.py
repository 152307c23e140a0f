"""A face and its own forgery: the pairs that the network learns from, and families it never sees.

Each forger takes a crop (side, side, 3) uint8 RGB and its landmarks (478, 2) px, and answers the
forged crop and the share (side, side) float32 0..1 of each pixel that is not the original. The
self-blend follows the idea and the constants of Shiohara and Yamasaki (CVPR 2022); the others are
what face swaps, lip changes and reconstructions leave behind.
"""

from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np
from encoders import draw_codes
from numpy.typing import NDArray

Bytes: TypeAlias = NDArray[np.uint8]
Floats: TypeAlias = NDArray[np.float32]
Forged: TypeAlias = tuple[Bytes, Floats]
Random: TypeAlias = np.random.Generator

OVAL = (
    10,
    338,
    297,
    332,
    284,
    251,
    389,
    356,
    454,
    323,
    361,
    288,
    397,
    365,
    379,
    378,
    400,
    377,
    152,
    148,
    176,
    149,
    150,
    136,
    172,
    58,
    132,
    93,
    234,
    127,
    162,
    21,
    54,
    103,
    67,
    109,
)
INNER = (
    70,
    105,
    107,
    9,
    336,
    334,
    300,
    383,
    340,
    345,
    352,
    411,
    434,
    430,
    431,
    262,
    428,
    199,
    208,
    32,
    211,
    210,
    214,
    192,
    123,
    116,
    111,
    156,
)  # brows to chin, inside of the cheeks
LOWER = (
    116,
    187,
    205,
    203,
    2,
    423,
    425,
    411,
    345,
    401,
    288,
    397,
    365,
    379,
    400,
    152,
    176,
    150,
    136,
    172,
    58,
    177,
)
MOUTH = (
    57,
    186,
    92,
    165,
    167,
    164,
    393,
    391,
    322,
    410,
    287,
    432,
    422,
    424,
    418,
    421,
    200,
    201,
    194,
    204,
    202,
    212,
)
SHAPES = (OVAL, INNER, LOWER, MOUTH)
KERNELS = (cv2.INTER_LINEAR, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)
CALM = (33, 133, 362, 263, 1, 61, 291, 199)  # points by which faces are laid over each other


def jitter(image: Bytes, random: Random, strength: float = 1.0) -> Bytes:
    """Shift colour, light and sharpness, as another camera or program would."""
    out = image.astype(np.float32)
    if random.random() < 0.7:
        out = out * (1 + strength * random.uniform(-0.12, 0.12, 3).astype(np.float32)) + (
            strength * random.uniform(-14, 14, 3).astype(np.float32)
        )
    if random.random() < 0.5:
        middle = out.mean((0, 1), keepdims=True)
        out = (out - middle) * (1 + strength * random.uniform(-0.22, 0.22)) + middle
    if random.random() < 0.4:
        grey = out.mean(2, keepdims=True)
        out = grey + (out - grey) * (1 + strength * random.uniform(-0.35, 0.35))
    shifted = np.clip(out, 0, 255).astype(np.uint8)
    return soften(shifted, random) if random.random() < 0.65 else shifted


def soften(image: Bytes, random: Random) -> Bytes:
    """Lose detail by scaling down and up, or overdo it by sharpening."""
    side = image.shape[0]
    if random.random() < 0.6:
        small = int(side * random.uniform(0.35, 0.9))
        how = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC)
        less = cv2.resize(image, (small, small), interpolation=how[random.integers(3)])
        more = cv2.resize(less, (side, side), interpolation=how[1 + random.integers(2)])
        return np.asarray(more, np.uint8)
    blurred = cv2.GaussianBlur(image, (0, 0), random.uniform(0.7, 1.6))
    sharp = cv2.addWeighted(image, 1 + (k := random.uniform(0.3, 1.2)), blurred, -k, 0)
    return np.asarray(sharp, np.uint8)


def move(image: Bytes, random: Random, most: float = 0.03) -> Bytes:
    """Shift and scale by a little."""
    side = image.shape[0]
    dx, dy = side * random.uniform(-most, most, 2)
    scale = random.uniform(0.95, 1.05)
    matrix = np.array(
        [[scale, 0, dx + side * (1 - scale) / 2], [0, scale, dy + side * (1 - scale) / 2]]
    )
    moved = cv2.warpAffine(
        image, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )
    return np.asarray(moved, np.uint8)


def mask_of(
    points: Floats, side: int, random: Random, shapes: tuple[tuple[int, ...], ...] = SHAPES
) -> Floats:
    """A soft-edged, elastically bent region of the face, (side, side) 0..1."""
    shape = shapes[random.integers(len(shapes))]
    hull = points[list(shape)]
    if shape is OVAL and random.random() < 0.5:
        hull = cv2.convexHull(hull)[:, 0]
    mask = np.zeros((side, side), np.float32)
    cv2.fillPoly(mask, [np.round(hull * 8).astype(np.int32)], 1.0, lineType=cv2.LINE_AA, shift=3)
    bend = cv2.GaussianBlur(random.uniform(-1, 1, (side, side, 2)).astype(np.float32), (0, 0), 7)
    bend *= side / 192 * 50
    grid = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).astype(np.float32) + bend
    mask = cv2.remap(mask, grid[..., 0], grid[..., 1], cv2.INTER_LINEAR)
    for _ in range(2):
        mask = cv2.GaussianBlur(mask, (0, 0), random.uniform(0.8, 5.5) * side / 192)
        mask = np.clip(mask * random.uniform(1.0, 1.4), 0, 1)
    inner = min(1.0, float(mask.max()) + 1e-6)
    return np.asarray(mask / inner * random.choice([0.25, 0.5, 0.75, 1.0, 1.0, 1.0]), np.float32)


def whole_mask(
    points: Floats, side: int, random: Random, shapes: tuple[tuple[int, ...], ...] = SHAPES
) -> Floats:
    """The same, but nothing of the original shows through its middle."""
    mask = mask_of(points, side, random, shapes)
    return np.asarray(np.clip(mask / max(float(mask.max()), 1e-6), 0, 1), np.float32)


def lay(over: Bytes, under: Bytes, mask: Floats) -> Bytes:
    """Blend by the mask."""
    share = mask[..., None]
    return (over * share + under * (1 - share) + 0.5).astype(np.uint8)


def lay_banded(over: Bytes, under: Bytes, mask: Floats) -> Bytes:
    """Blend coarse bands softly and fine ones sharply (Burt and Adelson 1983)."""
    top, bottom = over.astype(np.float32), under.astype(np.float32)
    out = np.zeros_like(top)
    for width in (1.0, 2.5, 6.0, 14.0):
        share = cv2.GaussianBlur(mask, (0, 0), width)[..., None]
        low, below = (cv2.GaussianBlur(part, (0, 0), width) for part in (top, bottom))
        out += (top - low) * share + (bottom - below) * (1 - share)
        top, bottom = low, below
    out += top * share + bottom * (1 - share)
    return np.asarray(np.clip(out + 0.5, 0, 255), np.uint8)


def self_blend(image: Bytes, points: Floats, random: Random) -> Forged:
    """The face over itself, seen by another camera."""
    other, under = image, image
    if random.random() < 0.5:
        other = jitter(image, random)
    else:
        under = jitter(image, random)
    mask = mask_of(points, image.shape[0], random)
    return lay(move(other, random), under, mask), mask


def laid_over(donor: Bytes, donor_points: Floats, points: Floats) -> Bytes:
    """The donor's face moved so that its eyes, nose and mouth lie over those of `points`."""
    matrix, _ = cv2.estimateAffinePartial2D(donor_points[list(CALM)], points[list(CALM)])
    side = donor.shape[0]
    if matrix is None:
        return donor
    moved = cv2.warpAffine(
        donor, matrix, (side, side), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101
    )
    return np.asarray(moved, np.uint8)


def match_colour(over: Bytes, under: Bytes, mask: Floats) -> Bytes:
    """Give `over` the mean and spread of colours that `under` has within the mask."""
    inside = mask > 0.3
    if inside.sum() < 50:
        return over
    a, b = over[inside].astype(np.float32), under[inside].astype(np.float32)
    scale = np.clip((b.std(0) + 1) / (a.std(0) + 1), 0.6, 1.6)
    fitted = (over.astype(np.float32) - a.mean(0)) * scale + b.mean(0)
    return np.asarray(np.clip(fitted, 0, 255), np.uint8)


def swap(
    image: Bytes, points: Floats, random: Random, donor: Bytes, donor_points: Floats
) -> Forged:
    """Another person's face, its colours fitted."""
    mask = whole_mask(points, image.shape[0], random, (OVAL, INNER, LOWER))
    if random.random() < 0.4:  # the donor came by a way of its own
        for code in draw_codes(random):
            donor = code.walk(donor)
    over = laid_over(donor, donor_points, points)
    if random.random() < 0.8:
        over = match_colour(over, image, mask)
    if random.random() < 0.5:
        over = soften(over, random)
    blend = lay_banded if random.random() < 0.35 else lay
    return blend(over, image, mask), mask


def poisson(
    image: Bytes, points: Floats, random: Random, donor: Bytes, donor_points: Floats
) -> Forged:
    """Another person's face by Poisson blending (Perez et al. 2003). Held out: never trained on."""
    side = image.shape[0]
    shape = (OVAL, INNER)[random.integers(2)]
    mask = np.zeros((side, side), np.uint8)
    cv2.fillPoly(mask, [np.round(points[list(shape)]).astype(np.int32)], 255)
    mask[:2], mask[-2:], mask[:, :2], mask[:, -2:] = 0, 0, 0, 0
    x, y, w, h = cv2.boundingRect(mask)
    over = laid_over(donor, donor_points, points)
    out = cv2.seamlessClone(over, image, mask.copy(), (x + w // 2, y + h // 2), cv2.NORMAL_CLONE)
    return out, (mask / 255).astype(np.float32)


def warped(image: Bytes, points: Floats, random: Random) -> Bytes:
    """The mouth opened, closed or stretched."""
    side = image.shape[0]
    grid = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).astype(np.float32)
    mouth = points[[13, 14, 61, 291]].mean(0)
    wide = float(np.linalg.norm(points[61] - points[291]))
    away = (grid - mouth) / (wide * random.uniform(0.5, 0.9))
    near = np.exp(-(away**2).sum(2) / 2)
    pull = random.uniform(-0.22, 0.22) * wide
    grid[..., 1] += near * pull * np.tanh((grid[..., 1] - mouth[1]) / (0.2 * wide))
    grid[..., 0] += near * random.uniform(-0.15, 0.15) * (grid[..., 0] - mouth[0])
    moved = cv2.remap(
        image, grid[..., 0], grid[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )
    return np.asarray(moved, np.uint8)


def lips(image: Bytes, points: Floats, random: Random) -> Forged:
    """The mouth and chin warped, as lip changers do, then softened and blended in."""
    over = jitter(warped(image, points, random), random, 0.6)
    mask = whole_mask(points, image.shape[0], random, (LOWER, MOUTH))
    return lay(over, image, mask), mask


def redub(image: Bytes, points: Floats, random: Random) -> Forged:
    """The lower face as a decoder draws it: a warped mouth from fewer pixels, pasted as a box."""
    over = decoded(warped(image, points, random), random, 0.4, 0.9)
    if random.random() < 0.5:
        over = jitter(over, random, 0.3)
    side = image.shape[0]
    if random.random() < 0.5:
        mask = whole_mask(points, side, random, (LOWER, MOUTH))
        return lay(over, image, mask), mask
    low, high = points[list(OVAL)].min(0), points[list(OVAL)].max(0)
    top = low[1] + (high[1] - low[1]) * random.uniform(0.42, 0.58)
    in_from_sides = (high[0] - low[0]) * random.uniform(0.0, 0.15)
    left, right = int(low[0] + in_from_sides), int(high[0] - in_from_sides)
    mask = np.zeros((side, side), np.float32)
    mask[max(0, int(top)) : int(high[1]) + 1, max(0, left) : right + 1] = 1
    if random.random() < 0.7:
        mask = cv2.GaussianBlur(mask, (0, 0), side / 192 * random.uniform(0.5, 5))
    return lay(over, image, mask), np.asarray(mask, np.float32)


def decoded(image: Bytes, random: Random, least: float = 0.3, most: float = 0.7) -> Bytes:
    """As a decoder gives it: scaled down, quantised or denoised, scaled up."""
    side = image.shape[0]
    small = int(side * random.uniform(least, most))
    over = cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA)
    kind = random.integers(3)
    if kind == 0:
        over = cv2.bilateralFilter(over, 5, random.uniform(10, 40), 3)
    elif kind == 1:
        over = cv2.medianBlur(over, 3)
    else:  # checkerboard of transposed convolutions
        over = cv2.resize(over, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
        over = cv2.GaussianBlur(over, (0, 0), random.uniform(0.4, 0.9))
    over = cv2.resize(over, (side, side), interpolation=cv2.INTER_CUBIC)
    if random.random() < 0.5:
        blurred = cv2.GaussianBlur(over, (0, 0), 1.2)
        over = cv2.addWeighted(over, 1.8, blurred, -0.8, 0)
    return np.asarray(over, np.uint8)


def resampled(image: Bytes, points: Floats, random: Random) -> Forged:
    """A part of the face scaled, turned or moved by a little and put back, nothing else changed."""
    side = image.shape[0]
    scale, angle = random.uniform(0.8, 1.25), random.uniform(-6, 6)
    middle = points[list(CALM)].mean(0).astype(float)
    matrix = cv2.getRotationMatrix2D((middle[0], middle[1]), angle, scale)
    matrix[:, 2] += random.uniform(-0.02, 0.02, 2) * side
    how = KERNELS[random.integers(len(KERNELS))]
    back = KERNELS[random.integers(len(KERNELS))]
    over = cv2.warpAffine(image, matrix, (side, side), flags=how, borderMode=cv2.BORDER_REFLECT_101)
    if random.random() < 0.6:  # and back: what was there is there again, sampled twice
        undo = cv2.invertAffineTransform(matrix)
        over = cv2.warpAffine(
            over, undo, (side, side), flags=back, borderMode=cv2.BORDER_REFLECT_101
        )
    mask = whole_mask(points, side, random)
    return lay(np.asarray(over, np.uint8), image, mask), mask


def rebuilt(image: Bytes, points: Floats, random: Random) -> Forged:
    """The face as a decoder gives it, blended in."""
    over = jitter(decoded(image, random), random, 0.3)
    mask = whole_mask(points, image.shape[0], random, (OVAL, INNER, LOWER, OVAL))
    return lay(over, image, mask), mask


def drawn_over(points: Floats, side: int) -> Floats:
    """The share of an avatar that was drawn: the oval of its face, (side, side) 0..1."""
    mask = np.zeros((side, side), np.float32)
    cv2.fillPoly(mask, [np.round(points[list(OVAL)]).astype(np.int32)], 1.0)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), side / 96), np.float32)


ALONE: dict[str, Callable[[Bytes, Floats, Random], Forged]] = {
    "self-blend": self_blend,
    "lips": lips,
    "redub": redub,
    "rebuilt": rebuilt,
    "resampled": resampled,
}
WITH_DONOR: dict[str, Callable[[Bytes, Floats, Random, Bytes, Floats], Forged]] = {
    "swap": swap,
    "poisson": poisson,
}
