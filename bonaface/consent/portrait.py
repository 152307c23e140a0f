"""Is this the photo that was consented to? Two hashes: one of the bytes, one of what is seen.

The hash of what is seen is 256 signs of the lowest cosine frequencies of a 64x64 grey picture
(the pHash family; C. Zauner, "Implementation and benchmarking of perceptual image hash functions",
2010, section 3.2). It ignores the face's meaning on purpose: another photo of the same person is
another photo.

Measured on the 103 portraits of the test media, with `SAME_WITHIN`: all copies as JPEG of quality
75, 50 and 30 (at most 4 bits apart), WebP 60 (3), JPEG 10 (17), half size (1), 256 px and JPEG 50
(5) and with 1 % cut off every side (17) are recognised; 101 of 103 made brighter by a fifth; 91
with 2.5 % cut off every side; 33 with 5 % cut off two sides. Of 10,506 ordered pairs of different
portraits the closest, two photos of one sitting, are 20 apart, and the closest of different people
52. It is no defence against someone who paints a picture to match a hash.
"""

import hashlib
from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface.core import Picture

BITS = 256
SAME_WITHIN = 17  # bits
SIDE = 64  # of the grey picture that is transformed
_WIDE = 2 * SIDE
# A cropped copy lacks a margin: try putting back 0, 1.5, 3 and 4.5 % on each side.
_MARGINS = (0, 2, 4, 6)  # of _WIDE


def _lowest(count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    places = [(i, j) for i in range(SIDE) for j in range(SIDE) if i + j > 0]
    places.sort(key=lambda place: (place[0] + place[1], place[0]))
    rows, columns = zip(*places[:count], strict=True)
    return np.array(rows), np.array(columns)


_ROWS, _COLUMNS = _lowest(BITS)
_COSINES = np.cos(np.pi / SIDE * np.outer(np.arange(SIDE), np.arange(SIDE) + 0.5))


@dataclass(frozen=True, slots=True)
class PortraitHash:
    """What a consent record keeps of a portrait; the picture cannot be made from it."""

    sha256: str  # of the file, hex
    seen: str  # BITS bits of what is seen, hex


def hash_portrait(file: bytes, picture: Picture) -> PortraitHash:
    """Hash a portrait: the bytes of its file, and the upright picture in it."""
    return PortraitHash(hashlib.sha256(file).hexdigest(), hash_seen(picture))


def hash_pixels(picture: Picture) -> str:
    """SHA-256 over shape and pixels, hex: ties a permit to the very picture it was given for."""
    shape = "x".join(str(side) for side in picture.pixels.shape)
    hasher = hashlib.sha256(shape.encode())
    hasher.update(np.ascontiguousarray(picture.pixels).tobytes())
    return hasher.hexdigest()


def hash_seen(picture: Picture) -> str:
    """Hash what is seen in a picture of any size: BITS bits as hex."""
    return np.packbits(_signs(_shrink(picture))).tobytes().hex()


def distance(seen: str, picture: Picture) -> int:
    """Bits by which a picture differs from a hash, at its best framing: 0 to BITS.

    Other framings are tried (15 ms) only where the picture as it is differs by more than a copy.
    """
    kept = np.unpackbits(np.frombuffer(bytes.fromhex(seen), np.uint8)).astype(bool)
    grey = _shrink(picture)
    straight = int(np.count_nonzero(_signs(grey) ^ kept))
    if straight <= SAME_WITHIN:
        return straight
    return min(int(np.count_nonzero(_signs(framed) ^ kept)) for framed in _framings(grey))


def _shrink(picture: Picture) -> NDArray[np.float32]:
    grey = cv2.cvtColor(np.ascontiguousarray(picture.pixels), cv2.COLOR_RGB2GRAY)
    return np.asarray(
        cv2.resize(grey.astype(np.float32), (_WIDE, _WIDE), interpolation=cv2.INTER_AREA)
    )


def _framings(grey: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    most = max(_MARGINS)
    padded = np.pad(grey, most, mode="edge")
    return [
        padded[most - top : most + _WIDE + bottom, most - left : most + _WIDE + right]
        for top, bottom, left, right in product(_MARGINS, repeat=4)
    ]


def _signs(grey: NDArray[np.float32]) -> NDArray[np.bool_]:
    small = cv2.resize(np.ascontiguousarray(grey), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    frequencies = _COSINES @ small.astype(np.float64) @ _COSINES.T  # the DCT; scales are no matter
    return np.asarray(frequencies[_ROWS, _COLUMNS] > 0)
