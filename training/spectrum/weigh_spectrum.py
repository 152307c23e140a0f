"""Weigh spectra of faces and their rebuilt twins: does it find what it never learnt?

    python training/spectrum/weigh_spectrum.py MEDIA TWINS.npz --others TWINS.npz [--both] [--net]

TWINS is from rebuilders.py; PYTHONPATH as in README.md. A logistic regression (or, with `--net`,
the network of residual.py) learns from faces of folds 1 and 2 and their twins, each pair sent the
same way. Each way of enlarging is left out once and judged by what never met it, on faces of fold
0. What learnt all four judges the twins of `--others` (nets of another kind; with `--both` they are
learnt from, too, and left out with their way), StyleGAN2 against the FFHQ faces beside it, written
alike, portraits by StyleGAN2, and the pictures of fakes/. Beside each figure the scalars that need
no detector, never turned round.
"""

import argparse
import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scores import auc, line, row, wilson
from spectra import Bytes, Floats, film_360, jpeg_40, measure, sharpness, travel, weight

from bonaface.forensics.scores import threshold
from bonaface.media.photos import read_photo

WAYS = ("transposed", "nearest", "bilinear", "shuffle")
CONDITIONS: dict[str, Callable[[Bytes], Bytes]] = {
    "as it is": lambda one: one,
    "JPEG 40": jpeg_40,
    "360p, CRF 35": film_360,
}
RIDGE = 3.0
Judge = Callable[[Sequence[Bytes]], Floats]


def learn(real: Floats, fakes: Sequence[Floats]) -> Callable[[Floats], Floats]:
    """A logistic regression; real and forged weigh alike."""
    rows = np.concatenate([real, *fakes])
    truth = np.concatenate([np.zeros(len(real)), *[np.ones(len(one)) for one in fakes]])
    mean, spread = rows.mean(0), rows.std(0) + 1e-6
    x = np.clip((rows - mean) / spread, -4, 4)
    counts = np.where(truth > 0, 0.5 / truth.sum(), 0.5 / (1 - truth).sum()) * len(truth)

    def cost(w: Floats) -> tuple[float, Floats]:
        z = x @ w[1:] + w[0]
        loss = counts @ (np.logaddexp(0, z) - truth * z) + RIDGE / 2 * w[1:] @ w[1:]
        off = counts * (1 / (1 + np.exp(-z)) - truth)
        return float(loss), np.concatenate([[off.sum()], x.T @ off + RIDGE * w[1:]])

    w = minimize(cost, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B").x
    return lambda some: np.clip((some - mean) / spread, -4, 4) @ w[1:] + w[0]


def measured(weighs: Callable[[Floats], Floats]) -> Judge:
    """A judge of pictures."""
    return lambda pictures: weighs(np.stack([measure(one) for one in pictures]))


def tell(name: str, judge: Judge, real: Sequence[Bytes], fake: Sequence[Bytes]) -> None:
    """One line for each condition."""
    for condition, code in CONDITIONS.items():
        sides = [[code(one) for one in some] for some in (real, fake)]
        genuine, forged = (judge(some) for some in sides)
        plain = [
            auc(*[np.array([measure_one(one) for one in some]) for some in sides])
            for measure_one in (sharpness, weight)
        ]
        said = line(f"{name}, {condition}", row(genuine, forged))
        print(f"{said}  sharpness {plain[0]:.2f}  bytes {plain[1]:.2f}", flush=True)


def alarms(name: str, judge: Judge, known: Sequence[Bytes], real: Sequence[Bytes]) -> None:
    """Genuine pictures of a new source over the limit that 1 % of known ones pass."""
    over = int((judge(real) > threshold(judge(known))).sum())
    low, high = wilson(over, len(real))
    print(f"{name}: {over} of {len(real)} over the limit of 1 % [{low:.3f}, {high:.3f}]")


def pictures(media: Path, start: str, label: str) -> list[Bytes]:
    """The middles of pictures, at most 256 px."""
    with (media / "manifest.tsv").open(encoding="utf-8") as rows:
        paths = [
            row["path"]
            for row in csv.DictReader(rows, delimiter="\t")
            if row["path"].startswith(start) and row["label"] == label
        ]
    found = []
    for path in paths:
        if not path.endswith((".jpg", ".png")):
            continue
        pixels = read_photo(media / path).pixels
        height, width = pixels.shape[:2]
        side = min(height, width, 256)
        if side < 128:
            continue
        top, left = (height - side) // 2, (width - side) // 2
        found.append(np.ascontiguousarray(pixels[top : top + side, left : left + side]))
    return found


def drawn(
    faces: dict[str, Bytes], judging: NDArray[np.bool_], draws: int
) -> dict[str, list[Bytes]]:
    """Faces that may be learnt from and their twins, each pair the same way."""
    random = np.random.default_rng(11)
    made: dict[str, list[Bytes]] = {name: [] for name in faces}
    for i in np.flatnonzero(~judging):
        for _ in range(draws):
            sent = travel([some[i] for some in faces.values()], random)
            for name, one in zip(faces, sent, strict=True):
                made[name].append(one)
    return made


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("media", type=Path)
    parser.add_argument("twins", type=Path)
    parser.add_argument("--others", type=Path, required=True)
    parser.add_argument("--both", action="store_true")
    parser.add_argument("--draws", type=int, default=2, help="ways that each face and its twins go")
    parser.add_argument("--ways", nargs="*", default=WAYS, help="that are left out in turn")
    parser.add_argument("--net", action="store_true")
    given = parser.parse_args()
    kept, others = np.load(given.twins), np.load(given.others)
    judging = kept["judging"]
    faces = {"real": kept["real"]}
    for way in WAYS:
        faces[way], faces[f"others: {way}"] = kept[way], others[way]
    learnt = [name for name in faces if given.both or ":" not in name]
    sent = drawn({name: faces[name] for name in learnt}, judging, given.draws)
    taught = teach(sent, net=given.net)
    real = list(faces["real"][judging])
    for way in given.ways:
        judge = taught([name for name in learnt[1:] if way not in name])
        for name in [one for one in learnt if way in one]:
            tell(f"never learnt: {name}", judge, real, list(faces[name][judging]))
    judge = taught(learnt[1:])
    for name in [one for one in faces if one not in learnt]:
        tell(name, judge, real, list(faces[name][judging]))
    judge_others(given.media, judge, real)


def teach(sent: dict[str, list[Bytes]], *, net: bool) -> Callable[[Sequence[str]], Judge]:
    """What learns from real faces and the twins that are named."""
    if net:
        from residual import train  # noqa: PLC0415  PyTorch, only where it is used

        return lambda names: train(sent["real"], [sent[name] for name in names])
    rows = {name: np.stack([measure(one) for one in some]) for name, some in sent.items()}
    return lambda names: measured(learn(rows["real"], [rows[name] for name in names]))


def judge_others(media: Path, judge: Judge, known: Sequence[Bytes]) -> None:
    """What others made, and genuine pictures of other sources."""
    ffhq = pictures(media, "derived/ffhq", "real")
    tell("StyleGAN2 beside FFHQ", judge, ffhq, pictures(media, "derived/ffhq", "fake"))
    portraits = pictures(media, "portraits/", "real")
    tell("StyleGAN2 portraits", judge, portraits, pictures(media, "portraits/fict", "fake"))
    reals, fakes = (pictures(media, "fakes/", label) for label in ("real", "fake"))
    tell("fakes/, pictures", judge, reals, fakes)
    alarms("FFHQ", judge, known, ffhq)
    alarms("portraits", judge, known, portraits)


if __name__ == "__main__":
    main()
