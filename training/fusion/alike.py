"""Photos and forgeries made of them, written alike: nothing but the forgery tells them apart.

Genuine faces and both families, neither of which any inspector learnt from, are cut by the same
function and written as JPEG of a size, a quality and, for a third, a film on the way that are
drawn for each file by itself, from the same spread for all.
"""

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from item import Item

sys.path.append(str(Path(__file__).parents[1] / "artefacts"))
from components import rebuild
from encoders import Bytes, Code
from forge import poisson

from bonaface.face.find import find_faces
from bonaface.forensics.artefacts.crop import Cut, cut_face
from bonaface.media.photos import read_photo

SIDE, MARGIN = 192, 0.3  # of a cut, px and share of the face
SIDES, QUALITIES, CRFS = (132, 193), (55, 96), (18, 31)  # from, below
FILMED = 1 / 3  # of the files
POISSON, COMPONENTS = "Poisson face swap (made here)", "rebuilt from components (made here)"


def pair(faces: list[Item], cache: Path) -> Iterator[Item]:
    """Each face as it is, and as a forgery: by turns swapped with the next, and rebuilt."""
    known = [(item, cut) for item in faces if (cut := _cut(item.file)) is not None]
    cuts = [cut for _, cut in known]
    rebuilt = rebuild(cuts)
    for i, (item, cut) in enumerate(known):
        yield replace(item, file=_write(cut.pixels, cache, "real", item))
        method, pixels = COMPONENTS, rebuilt[i]
        if i % 2 == 0:
            random = _random(item.path)
            other = cuts[(i + 1) % len(cuts)]
            made = poisson(cut.pixels, cut.points, random, other.pixels, other.points)
            method, pixels = POISSON, made[0]
        file = _write(pixels, cache, method.partition(" ")[0], item)
        yield replace(item, path=f"made/{file.name}", file=file, fake=True, method=method)


def _cut(path: Path) -> Cut | None:
    picture = read_photo(path)
    for face in find_faces(picture)[:1]:
        return cut_face(picture.pixels, face.landmarks, SIDE, MARGIN)
    return None


def _write(pixels: Bytes, cache: Path, kind: str, item: Item) -> Path:
    file = cache / "made" / f"{kind}-{Path(item.path).stem}.jpg"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        random = _random(file.name)
        side = int(random.integers(*SIDES))
        less = np.asarray(cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
        if random.random() < FILMED:
            less = Code("h264", int(random.integers(*CRFS))).walk(less)
        written = cv2.cvtColor(less, cv2.COLOR_RGB2BGR)
        quality = int(random.integers(*QUALITIES))
        cv2.imwrite(str(file), written, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return file


def _random(name: str) -> np.random.Generator:
    return np.random.default_rng(int(hashlib.sha256(name.encode()).hexdigest()[:15], 16))
