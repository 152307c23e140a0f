"""The fairness audit on labelled faces, with forgeries made of them.

Usage: python bench/fairness.py [--faces 1600] [--page PAGE.html] [--json]
       python bench/fairness.py --subjects "colour challenge" --even --faces 300 --recoloured 8
       python bench/fairness.py --matches --subjects

Labels come from the names of UTKFace (age, sex, origin; noisy), tones from the pictures. Without
`--even` faces are those that judge only, and a third of them stand in twice: as they are, and as
Poisson swaps with the next face, which the detector has never learnt, so that misses are compared,
too. `--even` takes, from all faces, as many of each sex and origin as there are, without forgeries:
for what was fitted on none of them.
"""

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
sys.path.insert(0, str(Path(__file__).parents[1] / "training" / "artefacts"))
from forge import poisson
from sources import judges

from bonaface.face.find import find_faces
from bonaface.fairness.audit import audit
from bonaface.fairness.page import to_page
from bonaface.fairness.people import Person
from bonaface.fairness.rates import Audit
from bonaface.fairness.subjects import list_subjects
from bonaface.media.photos import read_photo

MEDIA = Path(__file__).parents[2] / "shared" / "media"
BANDS = ((18, 29), (30, 44), (45, 59), (60, 120))
THIRD = 3
LIMIT = 0.02


def people(count: int) -> list[Person]:
    """Labelled faces that judge only."""
    with (MEDIA / "manifest.tsv").open(encoding="utf-8") as rows:
        paths = [row["path"] for row in csv.DictReader(rows, delimiter="\t")]
    paths = [path for path in paths if path.startswith("faces/utk_") and judges(path)]
    paths = paths[:: max(1, len(paths) // count)]
    return [Person(MEDIA / path, labels(path)) for path in paths]


def even_people(count: int) -> list[Person]:
    """As many of each sex and origin as the labels allow."""
    with (MEDIA / "manifest.tsv").open(encoding="utf-8") as rows:
        paths = [row["path"] for row in csv.DictReader(rows, delimiter="\t")]
    cells: dict[tuple[str, str], list[str]] = {}
    for path in paths:
        if path.startswith("faces/utk_"):
            said = labels(path)
            cells.setdefault((said["sex"], said["origin"]), []).append(path)
    each = max(1, count // len(cells))
    chosen = [path for cell in cells.values() for path in cell[:: max(1, len(cell) // each)][:each]]
    order = np.random.default_rng(0).permutation(len(chosen))
    return [Person(MEDIA / chosen[i], labels(chosen[i])) for i in order]


def labels(path: str) -> dict[str, str]:
    """Sex, age band and origin, of utk_AGE_SEX_ORIGIN_ID."""
    age, sex, origin = Path(path).stem.split("_")[1:4]
    band = next((f"{low}-{high}" for low, high in BANDS if low <= int(age) <= high), "other")
    return {"sex": {"m": "male", "f": "female"}[sex], "age": band, "origin": origin}


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
    parser.add_argument("--even", action="store_true", help="as many of each sex and origin")
    parser.add_argument("--matches", action="store_true", help="compare faces with each other, too")
    parser.add_argument("--subjects", nargs="*", help="only these")
    parser.add_argument("--recoloured", type=int, default=40, metavar="FACES")
    options = parser.parse_args()
    if not MEDIA.exists():
        sys.exit(f"no media at {MEDIA}")
    real = even_people(options.faces) if options.even else people(options.faces)
    asked = options.subjects
    subjects = [one for one in list_subjects() if asked is None or one.name in asked]
    with tempfile.TemporaryDirectory() as folder:
        forges = subjects and not options.even  # faces that are only matched need no forgeries
        everybody = [*real, *(forge_some(real, Path(folder)) if forges else [])]
        drifts, matches = options.recoloured, options.matches
        audits = audit(everybody, subjects, recoloured=drifts, matches=matches)
    if options.page:
        options.page.write_text(to_page(audits, everybody, "bench/fairness.py"), "utf-8")
    if options.json:
        told = [asdict(one) | {"beyond": one.beyond(LIMIT)} for one in audits]
        print(json.dumps(told))
        return
    show(audits)


def show(audits: Sequence[Audit]) -> None:
    """Print all rates and gaps."""
    for one in audits:
        print(f"\n{one.subject}: {one.wrong}, {one.count} answers, coverage {one.coverage:.3f}")
        if one.whole is not None:
            print(f"  everybody: {one.whole.rate:.4f} [{one.whole.low:.4f}, {one.whole.high:.4f}]")
        for name, rates in one.rates.items():
            print(f"  {name}: " + ", ".join(f"{k} {v:.4f}" for k, v in one.gaps[name].items()))
            for rate in rates:
                ends = f"[{rate.low:.4f}, {rate.high:.4f}]"
                print(f"    {rate.group:<28}{rate.count:>5} {rate.rate:.4f} {ends}")
        print("  drift", one.drift)


if __name__ == "__main__":
    main()
