"""The fairness audit on the faces that judge, with forgeries made of them.

Usage: python bench/fairness.py [--faces 1600] [--page PAGE.html] [--json]

Labels come from the names of UTKFace (age, sex; noisy), tones from the pictures. A third of the
faces stand in twice: as they are, and as Poisson swaps with the next face, which the detector has
never learnt, so that misses are compared, too.
"""

import argparse
import csv
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
sys.path.insert(0, str(Path(__file__).parents[1] / "training" / "artefacts"))
from forge import poisson
from sources import judges

from bonaface.face.find import find_faces
from bonaface.fairness.audit import Person, audit
from bonaface.fairness.page import to_page
from bonaface.fairness.subjects import list_subjects
from bonaface.media.photos import read_photo

MEDIA = Path(__file__).parents[2] / "shared" / "media"
BANDS = ((18, 29), (30, 44), (45, 59), (60, 120))
THIRD = 3


def people(count: int) -> list[Person]:
    """Labelled faces that judge only."""
    with (MEDIA / "manifest.tsv").open(encoding="utf-8") as rows:
        paths = [row["path"] for row in csv.DictReader(rows, delimiter="\t")]
    paths = [path for path in paths if path.startswith("faces/utk_") and judges(path)]
    paths = paths[:: max(1, len(paths) // count)]
    return [Person(MEDIA / path, labels(path)) for path in paths]


def labels(path: str) -> dict[str, str]:
    """Sex and age band, of utk_AGE_SEX_GROUP_ID."""
    age, sex = Path(path).stem.split("_")[1:3]
    band = next((f"{low}-{high}" for low, high in BANDS if low <= int(age) <= high), "other")
    return {"sex": {"m": "male", "f": "female"}[sex], "age": band}


def forge_some(real: list[Person], folder: Path) -> list[Person]:
    """Poisson swaps of every third face with the one before it."""
    random = np.random.default_rng(0)
    forged = []
    for i in range(THIRD, len(real), THIRD):
        pictures = [read_photo(real[j].path) for j in (i, i - 1)]
        faces = [next(iter(find_faces(picture)), None) for picture in pictures]
        if faces[0] is None or faces[1] is None:
            continue
        under, over = (cv2.resize(picture.pixels, (200, 200)) for picture in pictures)
        points = [
            (face.landmarks[:, :2] * 200 / picture.pixels.shape[0]).astype(np.float32)
            for face, picture in zip(faces, pictures, strict=True)
            if face is not None
        ]
        made = poisson(under, points[0], random, over, points[1])[0]
        path = folder / f"{i}.png"
        cv2.imwrite(str(path), made[..., ::-1])
        forged.append(Person(path, real[i].labels, forged=True))
    return forged


def main() -> None:
    """Audit and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--faces", type=int, default=1600)
    parser.add_argument("--page", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not MEDIA.exists():
        sys.exit(f"no media at {MEDIA}")
    real = people(options.faces)
    with tempfile.TemporaryDirectory() as folder:
        everybody = [*real, *forge_some(real, Path(folder))]
        audits = audit(everybody, list_subjects())
    if options.page:
        options.page.write_text(to_page(audits, len(everybody), "bench/fairness.py"), "utf-8")
    if options.json:
        print(json.dumps([asdict(one) for one in audits]))
        return
    for one in audits:
        print(f"\n{one.subject}: {one.wrong}, {one.count} answers, coverage {one.coverage:.3f}")
        for name, rates in one.rates.items():
            print(f"  {name}: " + ", ".join(f"{k} {v:.4f}" for k, v in one.gaps[name].items()))
            for rate in rates:
                ends = f"[{rate.low:.4f}, {rate.high:.4f}]"
                print(f"    {rate.group:<28}{rate.count:>5} {rate.rate:.4f} {ends}")
        print("  drift", one.drift)


if __name__ == "__main__":
    main()
