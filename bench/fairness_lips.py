"""Are lips drawn equally well on everybody? `python bench/fairness_lips.py [--faces 69] [--json]`.

Each portrait of somebody who does not exist becomes a likeness, as it is and recoloured to three
Monk tones. Its jaw is asked to open and shut; the face is looked for again in what was drawn, and
the opening that is found is compared with what was asked. Columns: how many were built, share of
pictures in which the face was found, correlation of found and asked, opening found at the widest
(of the distance between the eyes; .19 is asked for), and share of faces whose pressed lips are
found shut. Intervals are percentiles of 400 bootstrap samples over portraits.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
from filmed import CLOSED, measure_opening
from seen import keep_apart, permit_fiction

from bonaface.avatar.likeness import build_likeness
from bonaface.avatar.pose import SHAPES, Pose
from bonaface.avatar.render.renderer import Renderer
from bonaface.core import Picture
from bonaface.errors import PortraitRefused
from bonaface.face.find import LEAST, find_faces, look_again
from bonaface.face.region import Floats
from bonaface.forensics.tone import measure_tone, recolour
from bonaface.media.photos import read_photo

MEDIA = Path(os.environ.get("BONAFACE_MEDIA", Path(__file__).parents[2] / "shared" / "media"))
SIZE = (384, 384)  # px
TONES = (2, 6, 9)  # of Monk's ten
JAWS = 0.375 * (1 - np.cos(np.linspace(0, 4 * np.pi, 17)))  # two times to .75 and back
Row = dict[str, float]


def judge(photo: Path) -> Row | None:
    """Draw one portrait and look at it; None where it is refused."""
    picture = read_photo(photo)
    try:
        likeness = build_likeness(picture, SIZE)
    except PortraitRefused:
        return None
    renderer = Renderer(likeness, permit_fiction(photo, picture))
    still = find_faces(_draw(renderer, {}, 0.0))
    if not still:
        return {"found": 0.0, "r": 0.0, "widest": 0.0, "shut": 0.0}
    marks = still[0].landmarks
    opened = [_look(_draw(renderer, {"jawOpen": float(jaw)}, 0.0), marks) for jaw in JAWS]
    pressed = _look(_draw(renderer, {}, 1.0), marks)
    seen = np.array([np.nan if one is None else one for one in opened])
    there = ~np.isnan(seen)
    r = float(np.corrcoef(JAWS[there], seen[there])[0, 1]) if there.sum() > 2 else 0.0
    shut = float(pressed is not None and pressed < CLOSED)
    return {"found": float(there.mean()), "r": r, "widest": float(np.nanmax(seen)), "shut": shut}


def _draw(renderer: Renderer, asked: dict[str, float], closure: float) -> Picture:
    shapes = np.array([asked.get(shape, 0.0) for shape in SHAPES], np.float32)
    return Picture(0, renderer.draw(Pose(0, shapes, closure=closure)))


def _look(picture: Picture, marks: Floats) -> float | None:
    face = look_again(picture, marks)
    if face.score < LEAST:
        return None
    return float(measure_opening(face.landmarks[None].astype(np.float64))[0])


def measure(photos: list[Path], folder: Path) -> dict[str, list[Row | None]]:
    """Rows by group: of the own tone, and of each Monk tone that was put on."""
    rows: dict[str, list[Row | None]] = {}
    for photo in photos:
        picture = read_photo(photo)
        face = next(iter(find_faces(picture)), None)
        tone = measure_tone(picture.pixels, face.landmarks) if face else None
        rows.setdefault(f"own tone {tone.group if tone else 'unknown'}", []).append(judge(photo))
        if face is None:
            continue
        for monk in TONES:
            path = folder / f"{photo.stem}-{monk}.png"
            pixels = recolour(picture.pixels, face.landmarks, monk)
            cv2.imwrite(str(path), pixels[..., ::-1])
            rows.setdefault(f"recoloured to Monk {monk}", []).append(judge(path))
    return rows


def sum_up(rows: list[Row | None]) -> dict[str, object]:
    """Means with intervals."""
    built = [row for row in rows if row is not None]
    dice = np.random.default_rng(0)
    told: dict[str, object] = {"portraits": len(rows), "built": len(built)}
    for name in ("found", "r", "widest", "shut") if built else ():
        values = np.array([row[name] for row in built])
        draws = values[dice.integers(0, len(values), (400, len(values)))].mean(1)
        ends = np.percentile(draws, (2.5, 97.5))
        told[name] = [round(float(v), 3) for v in (values.mean(), *ends)]
    return told


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--faces", type=int, default=69)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    photos = sorted((MEDIA / "portraits").glob("fictional-*.jpg"))[: options.faces]
    if not photos:
        sys.exit(f"no portraits at {MEDIA}")
    keep_apart()
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(photos, Path(folder))
    found = {group: sum_up(some) for group, some in sorted(rows.items())}
    if options.json:
        print(json.dumps(found))
        return
    for group, told in found.items():
        print(f"{group:28}" + ", ".join(f"{name} {value}" for name, value in told.items()))


if __name__ == "__main__":
    main()
