"""Filmed mouths to learn from: `python training/mouth/clips.py MEDIA OUT`.

Writes for each talking clip its sound (16 kHz, from the first picture on) and how far the inner
lips are apart over the distance between the irises, every 20 ms.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filmed import Filmed, filmed_mouth, measure_turn
from numpy.typing import NDArray

from bonaface.core import SECOND

RATE = 16_000
# What the list of the media says shows no speech: singing, silence, mouths moved to music.
WITHOUT_SPEECH = frozenset(
    {"kwaivgi-d10", "kwaivgi-d11", "kwaivgi-d12", "kwaivgi-d14", "kwaivgi-d18", "kwaivgi-d19"}
)
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """One speaker, filmed."""

    name: str
    sound: Floats  # (n,) at RATE
    opening: Floats  # (steps,) every 20 ms; NaN where not seen
    turn: float  # degrees, median yaw


def sample_opening(filmed: Filmed, steps: int) -> Floats:
    """Give the opening every 20 ms from time 0, NaN where no face was seen."""
    seen = ~np.isnan(filmed.opening)
    times = np.arange(steps) / 50
    opening = np.interp(times, filmed.times[seen], filmed.opening[seen], np.nan, np.nan)
    return np.asarray(opening, np.float32)


def align_sound(filmed: Filmed) -> Floats:
    """Give the sound from time 0 on."""
    lead = int(filmed.sound.at * RATE // SECOND)
    sound = filmed.sound.samples
    return np.asarray(np.pad(sound, (lead, 0)) if lead >= 0 else sound[-lead:], np.float32)


def read_clips(folder: Path) -> list[Clip]:
    """Read what this script wrote."""
    clips = []
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as z:
            clips.append(Clip(path.stem, z["sound"], z["opening"], float(z["turn"])))
    return clips


def main() -> None:
    """Measure every clip that shows speech."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("media", type=Path)
    parser.add_argument("out", type=Path)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    for path in sorted((asked.media / "talking").iterdir()):
        if path.stem in WITHOUT_SPEECH:
            continue
        filmed = filmed_mouth(path, asked.out / "landmarks")
        sound = align_sound(filmed)
        opening = sample_opening(filmed, len(sound) * 50 // RATE)
        turn = float(np.nanmedian(measure_turn(filmed.landmarks)))
        np.savez(asked.out / f"{path.stem}.npz", sound=sound, opening=opening, turn=turn)
        seconds, mean = len(sound) / RATE, np.nanmean(opening)
        print(f"{path.stem}: {seconds:.1f} s, opening {mean:.3f}, turned {turn:.0f} degrees")


if __name__ == "__main__":
    main()
