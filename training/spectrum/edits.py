"""What people and programs do to genuine pictures, and the way that pictures go after that.

Genuine faces that were enlarged, smoothed or sharpened are genuine: what learns meets many of them.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1] / "artefacts"))
from encoders import Code, draw_codes

Bytes: TypeAlias = NDArray[np.uint8]
Random: TypeAlias = np.random.Generator
KERNELS = (cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4, cv2.INTER_AREA)
SMALL, COARSE = 120, 35  # px of a face in a film of 360 lines; CRF


def enlarged(one: Bytes, random: Random) -> Bytes:
    """Made smaller and enlarged again as programs do."""
    side = one.shape[0]
    small = round(side / random.choice([1.3, 1.5, 2, 2, 3, 4]))
    less = cv2.resize(one, (small, small), interpolation=int(random.choice(KERNELS)))
    return _bytes(cv2.resize(less, (side, side), interpolation=int(random.choice(KERNELS))))


def resized(one: Bytes, random: Random) -> Bytes:
    """At another size."""
    by, how = random.uniform(0.7, 2.0), int(random.choice(KERNELS))
    return _bytes(cv2.resize(one, None, fx=by, fy=by, interpolation=how))


def sharpened(one: Bytes, random: Random) -> Bytes:
    """By an unsharp mask."""
    soft = cv2.GaussianBlur(one, (0, 0), random.uniform(0.6, 2.5))
    more = random.uniform(0.3, 2.0)
    return _bytes(cv2.addWeighted(one, 1 + more, soft, -more, 0))


def smoothed(one: Bytes, random: Random) -> Bytes:
    """Blurred, denoised or beautified."""
    kind = random.integers(4)
    if kind == 0:
        return _bytes(cv2.GaussianBlur(one, (0, 0), random.uniform(0.4, 1.6)))
    if kind == 1:
        return _bytes(cv2.medianBlur(one, int(random.choice([3, 5]))))
    if kind == 2:
        return _bytes(cv2.bilateralFilter(one, 7, random.uniform(15, 60), 5))
    strength = float(random.uniform(2, 8))
    return _bytes(cv2.fastNlMeansDenoisingColored(one, None, strength, strength, 5, 11))


def lit(one: Bytes, random: Random) -> Bytes:
    """Another light: gamma, gain, contrast, clipped at black and white."""
    curve = (np.arange(256, dtype=np.float32) / 255) ** random.uniform(0.5, 1.8) * 255
    curve = (curve - 128) * random.uniform(0.7, 1.8) + 128 + random.uniform(-25, 25)
    table = curve[:, None] * random.uniform(0.75, 1.2, 3)
    return _bytes(cv2.LUT(one, np.clip(table, 0, 255).astype(np.uint8)[:, None]))


def tinted(one: Bytes, random: Random) -> Bytes:
    """Colours mixed: more or less of them, none, or towards one hue."""
    grey = np.full((3, 3), 1 / 3, np.float32)
    hue = random.uniform(0.5, 1.4, (3, 1)).astype(np.float32)
    mixed = one @ (grey + (np.eye(3, dtype=np.float32) - grey) * random.uniform(0, 2)).T
    return np.clip(mixed * hue.T if random.random() < 0.6 else mixed, 0, 255).astype(np.uint8)


def grained(one: Bytes, random: Random) -> Bytes:
    """With noise."""
    grain = random.normal(0, random.uniform(1, 9), one.shape)
    return np.clip(one + grain, 0, 255).astype(np.uint8)


def leaning(one: Bytes, random: Random) -> Bytes:
    """Turned by a little, the corners cut away."""
    side, angle = one.shape[0], random.uniform(-25, 25)
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), angle, 1)
    turned = cv2.warpAffine(one, matrix, (side, side), flags=int(random.choice(KERNELS[:4])))
    kept = int(side / (np.cos(np.radians(angle)) + abs(np.sin(np.radians(angle))))) // 2
    middle = side // 2
    return _bytes(turned[middle - kept : middle + kept, middle - kept : middle + kept])


EDITS: tuple[Callable[[Bytes, Random], Bytes], ...] = (
    enlarged, enlarged, resized, sharpened, smoothed, smoothed, lit, lit, tinted, tinted,
    grained, leaning,
)  # fmt: skip


def edit(one: Bytes, random: Random) -> Bytes:
    """One or two of them."""
    for _ in range(int(random.choice([1, 1, 2]))):
        one = EDITS[random.integers(len(EDITS))](one, random)
    return np.ascontiguousarray(one)


def draw_way(random: Random) -> Callable[[Bytes], Bytes]:
    """How a picture and its twin go on: at times another size, then none to two encoders."""
    factor, how = random.uniform(0.7, 1.3), int(random.choice(KERNELS[1:]))
    scales, codes = random.random() < 0.4, draw_codes(random)

    def walk(one: Bytes) -> Bytes:
        if scales:
            one = _bytes(cv2.resize(one, None, fx=factor, fy=factor, interpolation=how))
        for code in codes:
            one = code.walk(one)
        return one

    return walk


def jpeg_40(one: Bytes) -> Bytes:
    """As a coarse picture."""
    return _bytes(Code("jpeg", 40).walk(one))


def jpeg_85(one: Bytes) -> Bytes:
    """As most pictures are."""
    return _bytes(Code("jpeg", 85).walk(one))


def film_23(one: Bytes) -> Bytes:
    """As a face in a film of good quality."""
    return _bytes(Code("h264", 23).walk(one))


def film_360(one: Bytes) -> Bytes:
    """As a face in a coarse film of 360 lines."""
    small = cv2.resize(one, (SMALL, SMALL), interpolation=cv2.INTER_AREA)
    return _bytes(Code("h264", COARSE).walk(_bytes(small)))


def _bytes(pixels: object) -> Bytes:
    return np.asarray(pixels, np.uint8)
