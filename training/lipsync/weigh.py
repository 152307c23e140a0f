"""Learn the odds: `python training/lipsync/weigh.py MEDIA CACHE`; writes models/lipsync.npz."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pairs import Pair, make_pairs, read_clips

Floats = NDArray[np.float64]
PULL = 1.0  # towards zero, on standardised inputs
SHARES = {"own": 0.5, "moved": 0.25, "swapped": 0.25}
ROUNDS = 50


def learn(pairs: Sequence[Pair], part: str = "lips") -> tuple[Floats, float]:
    """Fit a logistic regression by Newton's method: slopes and start, for equal prior chances."""
    seen = np.array([getattr(pair, part) for pair in pairs])
    kinds = np.array([pair.kind for pair in pairs])
    forged = (kinds != "own").astype(float)
    count = {kind: int((kinds == kind).sum()) for kind in SHARES}
    worth = np.array([SHARES[kind] / count[kind] for kind in kinds]) * 2 * count["own"]
    mean, spread = seen.mean(0), seen.std(0) + 1e-9
    inputs = np.c_[(seen - mean) / spread, np.ones(len(seen))]
    pull = np.diag([PULL] * seen.shape[1] + [1e-6])
    weights = np.zeros(inputs.shape[1])
    for _ in range(ROUNDS):
        chance = 1 / (1 + np.exp(-inputs @ weights))
        slope = inputs.T @ (worth * (chance - forged)) + pull @ weights
        bend = (inputs * (worth * chance * (1 - chance))[:, None]).T @ inputs + pull
        weights -= np.linalg.solve(bend, slope)
    slopes: Floats = weights[:-1] / spread
    return slopes, float(weights[-1] - mean @ slopes)


def main() -> None:
    """Learn from the clips that do not judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("media", type=Path)
    parser.add_argument("cache", type=Path)
    asked = parser.parse_args()
    clips = [clip for clip in read_clips(asked.media, asked.cache) if not clip.judging]
    slopes, start = learn(list(make_pairs(clips)))
    out = Path(__file__).parents[2] / "models" / "lipsync.npz"
    np.savez(out, slopes=slopes, start=start)
    print(f"{len(clips)} clips: slopes {slopes.round(3).tolist()}, start {start:.3f}")


if __name__ == "__main__":
    main()
