"""How near others come to a face: `python training/face_identity/crowd_limits.py MEDIA OUT.npz`.

Of each labelled face that may be learnt from (UTKFace, training/sources.py) the distance is taken
that one in 200 others of the same sex, origin and age band stays below. A ridge regression, in
which every origin weighs alike, then tells it from the face's own point (128,). Only the slopes are
kept. The same figures are then counted on faces that judge only.
"""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sources import judges

from bonaface.consent.portrait import SAME_WITHIN, hash_seen
from bonaface.face.find import find_faces
from bonaface.face.identity import embed_face
from bonaface.forensics.reference.likeness import WEIGH, is_clear
from bonaface.media.photos import read_photo

SHARE: Final = 0.005  # of others who may be nearer
FEWEST: Final = 40  # of one sex, origin and age; else of one sex and origin, else the face is left
RIDGE: Final = 1.0
BANDS: Final = (30, 45, 60)  # years at which the next age band begins
Floats = NDArray[np.float64]
Face = tuple[str, NDArray[np.float32], NDArray[np.uint8]]  # path, point, bits of the photo's hash


def read_faces(media: Path) -> Iterator[Face]:
    """All labelled faces that the inspector of references would look at."""
    with (media / "manifest.tsv").open(encoding="utf-8") as rows:
        paths = [row["path"] for row in csv.DictReader(rows, delimiter="\t")]
    for path in paths:
        if not path.startswith("faces/utk_"):
            continue
        picture = read_photo(media / path)
        face = next(iter(find_faces(picture)), None)
        if face is not None and is_clear(picture, face):
            bits = np.unpackbits(np.frombuffer(bytes.fromhex(hash_seen(picture)), np.uint8))
            yield path, embed_face(picture, face.landmarks), bits


class Crowd:
    """Faces, and who looks alike by their labels."""

    def __init__(self, faces: list[Face]) -> None:
        self.points = np.array([point for _, point, _ in faces], np.float64)
        self._seen = np.array([bits for _, _, bits in faces])
        said = [Path(path).stem.split("_")[1:4] for path, _, _ in faces]
        self.origins = np.array([origin for _, _, origin in said])
        self._wide = np.array([f"{sex} {origin}" for _, sex, origin in said])
        band = np.digitize([int(age) for age, _, _ in said], BANDS)
        self._close = np.char.add(self._wide, band.astype(str))

    def alike(self, i: int, fewest: int) -> Floats:
        """Distances of others like face i; none where they are too few."""
        for groups in (self._close, self._wide):
            others = np.flatnonzero(groups == groups[i])
            others = others[(self._seen[others] != self._seen[i]).sum(1) > SAME_WITHIN]
            if len(others) >= fewest:
                far: Floats = np.linalg.norm(self.points[others] - self.points[i], axis=1)
                return far
        return np.zeros(0)


def fit(crowd: Crowd) -> tuple[Floats, float]:
    """Slopes (128,) and start of the line from a point to its limit."""
    far = [crowd.alike(i, FEWEST) for i in range(len(crowd.points))]
    kept = np.array([len(each) > 0 for each in far])
    limits = np.array([np.quantile(each, SHARE) for each in far if len(each)])
    names, place, counts = np.unique(crowd.origins[kept], return_inverse=True, return_counts=True)
    weights = len(place) / len(names) / counts[place]
    points = crowd.points[kept]
    middle, level = np.average(points, 0, weights), np.average(limits, weights=weights)
    away = points - middle
    square = (away * weights[:, None]).T @ away + RIDGE * np.eye(points.shape[1])
    slopes = np.linalg.solve(square, (away * weights[:, None]).T @ (limits - level))
    print(f"learnt from {len(points)} faces, limits {limits.min():.2f} to {limits.max():.2f}")
    return slopes, float(level - middle @ slopes)


def judge(crowd: Crowd, slopes: Floats, start: float) -> None:
    """Print who is let in, by origin, without and with the limit."""
    limits = np.minimum(crowd.points @ slopes + start, WEIGH.middle)
    for origin in np.unique(crowd.origins):
        rows = []
        for i in np.flatnonzero(crowd.origins == origin).tolist():
            far = crowd.alike(i, 8)
            if len(far):
                rows.append(((far < WEIGH.middle).mean(), (far < limits[i]).mean()))
        before, after = 100 * np.mean(rows, 0)
        middle = np.median(limits[crowd.origins == origin])
        print(f"{origin:8} {len(rows):5} {before:6.1f} % {after:6.1f} %  limit {middle:.2f}")


def main() -> None:
    """Learn, judge, keep."""
    media, out = Path(sys.argv[1]), Path(sys.argv[2])
    faces = list(read_faces(media))
    teaching = Crowd([face for face in faces if not judges(face[0])])
    slopes, start = fit(teaching)
    judge(Crowd([face for face in faces if judges(face[0])]), slopes, start)
    np.savez(out, slopes=slopes.astype(np.float32), start=np.float32(start))


if __name__ == "__main__":
    main()
