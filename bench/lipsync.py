"""Are swapped and moved sounds found? `python bench/lipsync.py [--cache FOLDER] [--json]`.

Run with PYTHONPATH=.:bench:training:training/lipsync. Each clip of media/talking that the inspector
would judge gives its own sound (real), that sound moved by 200 ms each way, and the sounds of all
others that are long enough. `lips` is the shipped design, `loudness` the same regression on the
loudness of the sound: the baseline. Rows named `other sources` are answered by regressions learnt
without the clip's collection; `judging` by that which ships, on clips it never learnt from. AUC
with a 95 % bootstrap interval over clips. `flagged` is the share at a chance of .5 or more.

`--json` prints one object: {row: {"clips": n, "swapped" | "moved": [auc, low, high], "flagged":
{kind: share}}}.
"""

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pairs import Clip, Pair, make_pairs, read_clips
from scipy.stats import rankdata
from weigh import learn

from bonaface.forensics.lipsync.odds import open_odds

Floats = NDArray[np.float64]
MEDIA = Path(os.environ.get("BONAFACE_MEDIA", Path(__file__).parents[2] / "shared" / "media"))
RESAMPLES = 1000
FORGED = ("swapped", "moved")


def rank(real: Floats, forged: Floats) -> float:
    """Area under the curve: the chance that a forgery has the higher odds."""
    places = rankdata(np.concatenate([forged, real]))[: len(forged)]
    count = len(forged)
    return float((places.sum() - count * (count + 1) / 2) / (count * len(real)))


def weigh_others(clips: Sequence[Clip], pairs: Sequence[Pair], part: str) -> Floats:
    """Odds of each pair, learnt without any clip of its collection."""
    odds = np.zeros(len(pairs))
    source = np.array([clips[pair.clip].source for pair in pairs])
    for held in sorted(set(source)):
        rest = [clip for clip in clips if clip.source != held]
        slopes, start = learn(list(make_pairs(rest)), part)
        for place in np.flatnonzero(source == held):
            odds[place] = getattr(pairs[int(place)], part) @ slopes + start
    return odds


def weigh_shipped(pairs: Sequence[Pair]) -> Floats:
    """Odds of each pair, as the inspector gives them but not yet limited."""
    shipped = open_odds()
    return np.array([pair.lips @ shipped.slopes + shipped.start for pair in pairs])


def judge(pairs: Sequence[Pair], odds: Floats) -> dict[str, Any]:
    """Areas with intervals, and how many are flagged."""
    clip = np.array([pair.clip for pair in pairs])
    kind = np.array([pair.kind for pair in pairs])
    names = np.unique(clip)
    by_clip = {
        (name, each): odds[(clip == name) & (kind == each)]
        for name in names
        for each in ("own", *FORGED)
    }
    draws = [names, *np.random.default_rng(0).choice(names, (RESAMPLES, len(names)))]
    found: dict[str, Any] = {"clips": len(names)}
    for each in FORGED:
        areas = [
            rank(
                np.concatenate([by_clip[name, "own"] for name in draw]),
                np.concatenate([by_clip[name, each] for name in draw]),
            )
            for draw in draws
        ]
        ends = np.percentile(areas[1:], (2.5, 97.5)).round(3).tolist()
        found[each] = [round(areas[0], 3), *ends]
    found["flagged"] = {k: round(float((odds[kind == k] >= 0).mean()), 2) for k in ("own", *FORGED)}
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "bonaface-lipsync")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    clips = list(read_clips(MEDIA, asked.cache))
    pairs = list(make_pairs(clips))
    held = [place for place, pair in enumerate(pairs) if clips[pair.clip].judging]
    rows = {
        f"{part}, other sources": judge(pairs, weigh_others(clips, pairs, part))
        for part in ("lips", "loudness")
    }
    judging = [pairs[place] for place in held]
    rows["lips, judging"] = judge(judging, weigh_shipped(judging))
    if asked.json:
        print(json.dumps(rows, indent=1))
        return
    for name, row in rows.items():
        areas = ", ".join("{} {} [{}, {}]".format(each, *row[each]) for each in FORGED)
        print(f"{name}: n = {row['clips']}; AUC {areas}; flagged {row['flagged']}")


if __name__ == "__main__":
    main()
