"""Turn the network's logits into chances, on faces that were kept from training.

    python training/artefacts/calibrate.py FACES.npz AVATARS.npz TWINS.npz NET.onnx

Real faces of fold 1 (`train.kept`: all its films, every fourth picture) and one forgery of each,
as they are and after a way through programs and encoders. A logistic regression on both, equally
likely, gives slope and shift; then the shift is lowered until no more than one real picture or
film in a hundred reaches DECIDES. The Poisson swap is no part of it. Prints what
`bonaface/forensics/artefacts/inspector.py` calls SLOPE and SHIFT.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
from encoders import Bytes
from faces import MARGIN as WIDE
from forge import Floats
from learn import Faces, forge, kept, load
from ways import draw

from bonaface.forensics.artefacts.inspector import MARGIN, SIDE, Artefacts, robust

DECIDES = 0.97  # the chance at which the verdict speaks of a forgery
ALARMS = 0.01  # of the real ones, at most
STEPS = 60  # of Newton's method


def cut_closer(cut: Bytes) -> Bytes:
    """As the inspector cuts: less room around the face."""
    side = cut.shape[0]
    less = round(side * (0.5 + MARGIN) / (0.5 + WIDE))
    first = (side - less) // 2
    inner = cut[first : first + less, first : first + less]
    return np.asarray(cv2.resize(inner, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def score_pairs(detector: Artefacts, faces: Faces) -> tuple[Floats, Floats, Floats]:
    """Logits (n,) of real faces, of the same after a way, and of forgeries, every other so."""
    random = np.random.default_rng(11)
    plain: list[float] = []
    spoilt: list[float] = []
    forged: list[float] = []
    for i, cut in enumerate(faces.cuts):
        fake, way = forge(faces, i, random)[1], draw(random, SIDE)
        sent = way.walk(fake, SIDE) if i % 2 else cut_closer(fake)
        three = np.stack([cut_closer(cut), way.walk(cut, SIDE), sent])
        for answer, part in zip(detector.score(three)[0], (plain, spoilt, forged), strict=True):
            part.append(float(answer))
    return np.array(plain), np.array(spoilt), np.array(forged)


def fit(real: Floats, fake: Floats) -> tuple[float, float]:
    """Slope and shift by logistic regression, both classes equally heavy (Platt 1999)."""
    x = np.concatenate([real, fake])
    wanted = np.concatenate([np.zeros(len(real)), np.ones(len(fake))])
    heavy = np.where(wanted > 0, 0.5 / len(fake), 0.5 / len(real))
    design, found = np.stack([x, np.ones_like(x)], 1), np.array([1.0, 0.0])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-design @ found))
        slope = design.T @ (heavy * (chance - wanted))
        bend = design.T @ (design * (heavy * chance * (1 - chance))[:, None]) + 1e-9 * np.eye(2)
        found = found - np.linalg.solve(bend, slope)
    return float(found[0]), float(found[1])


def sums_of(logits: Floats, paths: Floats) -> Floats:
    """One logit for each picture or film, summed up as the inspector does."""
    return np.array([robust(logits[paths == path]) for path in np.unique(paths)])


def main() -> None:
    """Fit and print."""
    data = np.load(sys.argv[1])
    paths = data["paths"][kept(data)]
    faces = load(*map(Path, sys.argv[1:4]), calibrating=True)
    plain, spoilt, forged = score_pairs(Artefacts(Path(sys.argv[4])), faces)
    slope, shift = fit(np.concatenate([plain, spoilt]), forged)
    print(f"slope {slope:.3f}, shift {shift:.3f} by regression")
    sums = np.concatenate([sums_of(plain, paths), spoilt[~np.char.startswith(paths, "talking")]])
    films = sums_of(plain, paths)[np.char.startswith(np.unique(paths), "talking")]
    highest = max(float(np.quantile(sums, 1 - ALARMS)), float(films.max()) if len(films) else -9.0)
    bound = float(np.log(DECIDES / (1 - DECIDES))) - slope * highest
    shift = min(shift, bound)
    print(f"slope {slope:.3f}, shift {shift:.3f} with alarms bounded")
    reach = (np.log(DECIDES / (1 - DECIDES)) - shift) / slope
    print(f"{len(faces.cuts)} faces, {len(films)} films; {DECIDES} is logit {reach:.2f}")
    for name, part in (("real", sums), ("films", films), ("forged", forged)):
        print(f"{name}: {len(part)}, of which {(part >= reach).mean():.3f} reach it")


if __name__ == "__main__":
    main()
