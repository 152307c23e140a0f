"""Are lips that stand open at "b", "m" and "p" a sign? `python bench/closures.py [--cache DIR]`.

Run with PYTHONPATH=.:bench:training:training/lipsync. Each film of media/talking in which English
is recognised gives the closures of its own sound, of that sound moved by 200 ms each way, and of
the sounds of all others. Told are the share of closures at which the lips stand open, and of films
with at least one, each with a 95 % interval over films (bootstrap).
"""

import argparse
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
from filmed import read_sound
from numpy.typing import NDArray
from pairs import Clip, read_clips

from bonaface.core import SECOND
from bonaface.forensics.lipsync.closures import Closure, find_open, list_closures, measure

MEDIA = Path(os.environ.get("BONAFACE_MEDIA", Path(__file__).parents[2] / "shared" / "media"))
MOVED = SECOND // 5
DRAWS = 1000
Counts = NDArray[np.int64]  # (n, 2): closures that can be judged, open ones


def count(clip: Clip, closures: tuple[Closure, ...], by: int = 0) -> tuple[int, int]:
    """Closures that a mouth lets judge, and those at which it stands open."""
    moved = [replace(one, at=one.at + by, until=one.until + by) for one in closures]
    known = [one for one in moved if measure(clip.seen, one) is not None]
    return len(known), len(find_open(clip.seen, known))


def tell(name: str, rows: list[list[tuple[int, int]]]) -> None:
    """One row of the table; `rows` has a list for each film."""
    draws = np.random.default_rng(0).integers(0, len(rows), (DRAWS, len(rows)))
    shares, some = [], []
    for draw in [np.arange(len(rows)), *draws]:
        picked = np.array([pair for i in draw for pair in rows[i] if pair[0]]).reshape(-1, 2)
        shares.append(picked[:, 1].sum() / max(1, picked[:, 0].sum()))
        some.append(float((picked[:, 1] > 0).mean()) if len(picked) else 0.0)
    n = sum(pair[0] for row in rows for pair in row)
    low, high = np.percentile(shares[1:], (2.5, 97.5))
    least, most = np.percentile(some[1:], (2.5, 97.5))
    print(
        f"| {name} | {n} | {shares[0]:.3f} [{low:.3f}, {high:.3f}] "
        f"| {some[0]:.2f} [{least:.2f}, {most:.2f}] |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "bonaface-lipsync")
    asked = parser.parse_args()
    clips = list(read_clips(MEDIA, asked.cache))
    sounds = [list_closures(read_sound(MEDIA / clip.path).samples) for clip in clips]
    kept = [i for i, found in enumerate(sounds) if found]
    print(f"{len(kept)} of {len(clips)} films have closures in English.\n")
    print("| sound | closures | lips open | films with at least one |")
    print("|---|---|---|---|")
    tell("own", [[count(clips[i], sounds[i])] for i in kept])
    moved = [[count(clips[i], sounds[i], by) for by in (-MOVED, MOVED)] for i in kept]
    tell("moved by 200 ms", moved)
    tell("another's", [[count(clips[i], sounds[j]) for j in kept if j != i] for i in kept])


if __name__ == "__main__":
    main()
