"""Bring the network to filmed mouths: `python training/mouth/adapt.py` (see README.md).

How far the lips part on film is read, by a ridge regression with 18 weights, from what the network
says of the lips and from the level of the sound; all else stays as learnt from phones. Few weights,
since little is filmed: only the GRID clips (CC BY 4.0) are fitted on, unless `--every` adds those
that are for research only. Some of these have their sound late: where both halves of a clip agree
on that, it is fitted as if it were not; it is judged as it is. With `--folds`, each clip gets a
network, CLIP.onnx, fitted without it.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from clips import Clip, read_clips
from dataset import read_voice
from network import CHANNEL, FEATURES, PARTS, Film, Mouth, export, part_lips, read_parting, widen
from numpy.typing import NDArray
from spoil import read_noises, spoil

from bonaface.avatar.pose import LIPS
from bonaface.speech.hearing import FRAME, HOP, Hearing, build_bands, take_bands

Floats = NDArray[np.float32]
Rng = np.random.Generator
COPIES = 6  # ways each clip is spoilt, besides clean
RIDGE = 30.0
FREE = "rizkiarm-"  # clips of the GRID corpus
LARGEST_LAG = 15  # steps of 20 ms
ALIKE = 2  # steps by which the halves of a clip may differ
SHORTEST = 100  # steps of a clip whose halves show anything


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A clip as the network answers it, clean first, then spoilt."""

    name: str
    features: list[NDArray[np.float64]]  # each (n, FEATURES)
    parting: Floats  # (n,) what the network itself would part the lips by, clean
    opening: Floats  # (n,) filmed, NaN where not seen

    @property
    def late(self) -> int:
        """By how many steps the sound is behind the film; 0 where the halves do not agree."""
        count = len(self.opening)
        first = np.arange(count) < count // 2
        one, two = (
            find_lag(self.parting, np.where(half, self.opening, np.nan)) for half in (first, ~first)
        )
        agreed = abs(one - two) <= ALIKE and count >= SHORTEST
        return round((one + two) / 2) if agreed else 0


def find_lag(made: Floats, film: Floats) -> int:
    """Give the step by which `made` (n,) is best taken later to be like `film` (n,), NaN unseen."""
    lags = range(-LARGEST_LAG, LARGEST_LAG + 1)
    return max(lags, key=lambda lag: correlate(later(made, lag).astype(np.float64), film))


def later(rows: NDArray[Any], lag: int) -> NDArray[Any]:
    """Take every row from `lag` steps later; beyond the ends the last one holds."""
    return np.asarray(rows[np.clip(np.arange(len(rows)) + lag, 0, len(rows) - 1)])


def hear_all(sound: Floats, bands: Floats | None = None) -> Floats:
    """Give what is heard every 10 ms of a whole number of steps."""
    steps = len(sound) // (2 * HOP)
    padded = np.pad(sound[: steps * 2 * HOP], (FRAME // 2, FRAME // 2 - HOP))
    heard = take_bands(padded) if bands is None else take_bands(padded, bands)
    return Hearing().push(heard)


def answer(mouth: Mouth, heard: Floats) -> tuple[NDArray[np.float64], Floats]:
    """Give the features (n, FEATURES) and the parting (n,) of one sound."""
    with torch.no_grad():
        item = torch.from_numpy(heard)[None]
        lips = torch.sigmoid(mouth(item)[0])
        features = read_parting(lips, widen(item))[0].numpy().astype(np.float64)
        return features, part_lips(lips)[0].numpy()


def show(mouth: Mouth, clip: Clip, noises: list[Floats], babble: Floats) -> Shown:
    """Play a clip to the network, clean and in COPIES spoilt ways."""
    rng = np.random.default_rng(len(clip.sound))
    clean, parting = answer(mouth, hear_all(clip.sound))
    features = [clean]
    for _ in range(COPIES):
        bands = build_bands(rng.uniform(0.88, 1.15))
        heard = hear_all(spoil(rng, clip.sound, noises, babble), bands)
        features.append(answer(mouth, heard)[0])
    return Shown(clip.name, features, parting, clip.opening[: len(parting)])


def expect() -> NDArray[np.float64]:
    """Give the weights (FEATURES,) to start from: what the lips part by, and a little level."""
    weights = np.zeros(FEATURES)
    for name, share in PARTS.items():
        weights[CHANNEL[name]] = share
    weights[CHANNEL["closure"]] = -0.15
    weights[len(LIPS) :] = 0.06
    return weights


def fit(clips: list[Shown]) -> tuple[NDArray[np.float64], float]:
    """Fit weights and offset by ridge regression towards `expect`.

    Each clip counts by its length, each opening is measured in its own spread.
    """
    rows, wanted = [], []
    for clip in clips:
        seen = ~np.isnan(clip.opening)
        film, late = clip.opening[seen].astype(np.float64), clip.late
        for features in clip.features:
            rows.append(later(features - features.mean(0), late)[seen] / len(clip.features) ** 0.5)
            wanted.append((film - film.mean()) / film.std() / len(clip.features) ** 0.5)
    x, y = np.concatenate(rows), np.concatenate(wanted)
    spread = x.std(0) + 1e-4
    start = expect() * 0.5 / np.concatenate([c.features[0] @ expect() for c in clips]).std()
    away = (x.T @ (y - x @ start)) / spread
    pull = x.T @ x / np.outer(spread, spread) + RIDGE * np.eye(x.shape[1])
    weights = start + np.linalg.solve(pull, away) / spread
    read = np.concatenate([clip.features[0] @ weights for clip in clips])
    parting = np.concatenate([clip.parting for clip in clips])
    weights = weights * parting.std() / read.std()
    offset = parting.mean() - read.mean() * parting.std() / read.std()
    return weights, float(offset)


def correlate(made: NDArray[np.float64], film: Floats) -> float:
    """Pearson's r where the film was seen."""
    seen = ~np.isnan(film)
    return float(np.corrcoef(made[seen], film[seen])[0, 1])


def write(mouth: Mouth, clips: list[Shown], path: Path) -> NDArray[np.float64]:
    """Fit on `clips`, write the network, answer the weights."""
    weights, offset = fit(clips)
    film = Film(torch.tensor(weights, dtype=torch.float32), torch.tensor(offset))
    export(mouth, path, film)
    return weights


def judge(mouth: Mouth, shown: list[Shown], free: list[Shown], folder: Path | None) -> None:
    """Print r of each clip, before and after, by weights fitted without it."""
    found = {}
    for clip in shown:
        others = [other for other in free if other is not clip]
        weights, _ = fit(others)
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
            write(mouth, others, folder / f"{clip.name}.onnx")
        before = correlate(clip.parting.astype(np.float64), clip.opening)
        found[clip.name] = before, correlate(clip.features[0] @ weights, clip.opening)
        print("{}: r {:.2f} -> {:.2f}".format(clip.name, *found[clip.name]), flush=True)
    for group in ("", FREE):
        pairs = [pair for name, pair in found.items() if name.startswith(group)]
        print(group or "all", "mean r", np.mean(pairs, axis=0).round(3), "of", len(pairs))


def main() -> None:
    """Fit on all clips, and, for the figures, on all but each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base", type=Path, help="weights of pretrain.py")
    parser.add_argument("clips", type=Path, help="folder of clips.py")
    parser.add_argument("noise", type=Path, help="folder with noise recordings")
    parser.add_argument("corpus", type=Path, help="folder of corpus.py, for babble")
    parser.add_argument("out", type=Path)
    parser.add_argument("--folds", type=Path, help="folder for the networks that judge")
    parser.add_argument("--every", action="store_true", help="fit on research-only clips too")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    mouth = Mouth()
    mouth.load_state_dict(torch.load(asked.base, weights_only=True))
    mouth.eval()
    noises = read_noises(asked.noise)
    babble = np.concatenate(read_voice(asked.corpus / "rms.npz").sounds[:60])
    shown = [show(mouth, clip, noises, babble) for clip in read_clips(asked.clips)]
    free = [clip for clip in shown if asked.every or clip.name.startswith(FREE)]
    judge(mouth, shown, free, asked.folds)
    print(write(mouth, free, asked.out).round(2))


if __name__ == "__main__":
    main()
