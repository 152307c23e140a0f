"""Gather the real faces that are learnt from: crops with room around them, and their landmarks.

    python training/artefacts/faces.py MEDIA OUT.npz

Only media that `training/sources.py` does not keep for judging. Films give a face a second, at
most 12, of the first face in them. A crop is SIDE pixels square, the face MARGIN wider than its
landmarks on each side, cut as the inspector cuts (`bonaface/forensics/artefacts/crop.py`): never
beyond the picture, so that nothing learns mirrored or repeated borders.
"""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bonaface.core import SECOND, Picture
from bonaface.face.find import Face, find_faces
from bonaface.forensics.artefacts.crop import cut_face
from bonaface.media.files import read_pictures
from bonaface.media.photos import read_photo

sys.path.insert(0, str(Path(__file__).parents[1]))
from sources import find_fold, judges, name_group

SIDE = 192  # px of a crop that is kept; the network sees 128 to 160 of them
MARGIN = 0.12  # of the larger side of the landmarks' box
MOST = 12  # faces of one film
LEAST = 72  # px of a face, forehead to chin


def gather(
    media: Path, kinds: tuple[str, ...] = ("faces", "talking")
) -> Iterator[tuple[str, Face, NDArray[np.uint8]]]:
    """Answer path, face and pixels of all real faces that may be learnt from."""
    with (media / "manifest.tsv").open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows, delimiter="\t"):
            if row["kind"] in kinds and row["label"] == "real" and not judges(row["path"]):
                yield from look(media, row["path"])


def look(media: Path, path: str) -> Iterator[tuple[str, Face, NDArray[np.uint8]]]:
    """Answer the faces of one picture or film."""
    file = media / path
    if file.suffix in {".jpg", ".png"}:
        pictures: list[Picture] = [read_photo(file)]
    else:
        pictures = []
        for picture in read_pictures(file, 15.0):
            if picture.at >= len(pictures) * SECOND * 0.6 and len(pictures) < MOST:
                pictures.append(picture)
    for picture in pictures:
        for face in find_faces(picture)[:1]:
            if face.height >= LEAST:
                yield path, face, picture.pixels


def main() -> None:
    """Write the crops, landmarks, paths and folds."""
    media, out = Path(sys.argv[1]), Path(sys.argv[2])
    cuts, marks, paths, seen = [], [], [], 0
    for path, face, pixels in gather(media):
        seen += 1
        cut = cut_face(pixels, face.landmarks, SIDE, MARGIN)
        if cut is not None:
            cuts.append(cut.pixels)
            marks.append(cut.points)
            paths.append(path)
    folds = [find_fold(name_group(path)) for path in paths]
    np.savez(
        out,
        cuts=np.array(cuts),
        marks=np.array(marks),
        paths=np.array(paths),
        folds=np.array(folds),
    )
    print(f"{len(cuts)} of {seen} faces")


if __name__ == "__main__":
    main()
