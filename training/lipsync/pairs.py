"""Filmed mouths with their own sound, with that sound moved, and with the sound of others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filmed import read_pictures, read_sound
from numpy.typing import NDArray
from sources import judges, name_group

from bonaface.core import SECOND
from bonaface.forensics.lipsync import odds
from bonaface.forensics.lipsync.asked import STEPS, Asked, ask
from bonaface.forensics.lipsync.inspector import LEAST, SMALL, SPEECH, TURNED
from bonaface.forensics.lipsync.mouth import measure_mouth
from bonaface.forensics.lipsync.profile import compare
from bonaface.forensics.look import Looker

Floats = NDArray[np.float64]
RATE = 16_000
MOVED = (-10, 10)  # steps: 200 ms
SHARE = 0.6  # of a clip that another's sound must last
SOURCES = {"rizkiarm": "GRID", "filby89": "MEAD and LRS3", "hangz": "VoxCeleb2"}
# What the list of the media says shows no speech: singing, silence, mouths moved to music.
SILENT = frozenset(f"kwaivgi-d{n}" for n in (10, 11, 12, 14, 18, 19))


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """One mouth and its sound, from the first picture on."""

    path: str  # in the list of the media
    seen: Floats  # (n,) opening at STEPS
    heard: Asked

    @property
    def source(self) -> str:
        """Whose collection it is of: films of one collection are made alike."""
        return SOURCES.get(Path(self.path).name.split("-")[0], "others")

    @property
    def judging(self) -> bool:
        """Whether it must not be learnt from."""
        return judges(self.path)


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """One mouth and one sound, compared."""

    clip: int  # whose mouth
    kind: str  # "own", "moved", "swapped"
    lips: Floats  # what the regression sees, of the lips that the sound asks for
    loudness: Floats  # the same of its loudness: the baseline


def watch(path: Path) -> Floats:
    """Follow the largest face: (n, 4) of time in s, opening, turn and pixels."""
    looker, rows = Looker(), []
    for picture in read_pictures(path):
        for look in looker.push(picture):
            if look.sights:
                mouth = measure_mouth(look.at, 0, look.sights[0].face.landmarks)
                rows.append((look.at / SECOND, mouth.opening, mouth.turn, mouth.pixels))
    return np.array(rows).reshape(-1, 4)


def read_clips(media: Path, cache: Path) -> Iterator[Clip]:
    """Give the clips that the inspector would judge; what was seen is kept in `cache`."""
    cache.mkdir(parents=True, exist_ok=True)
    for path in sorted((media / "talking").iterdir()):
        if path.stem in SILENT:
            continue
        kept = cache / f"{path.name}.npy"
        rows = np.load(kept) if kept.exists() else watch(path)
        np.save(kept, rows)
        if clip := cut_clip(path, rows):
            yield clip


def cut_clip(path: Path, rows: Floats) -> Clip | None:
    """Bring picture and sound together, unless the inspector would refuse them."""
    sound = read_sound(path)
    if not len(rows) or np.median(rows[:, 3]) < SMALL or abs(np.median(rows[:, 2])) > TURNED:
        return None
    lead = int((sound.at / SECOND - rows[0, 0]) * RATE)
    samples = np.pad(sound.samples, (lead, 0)) if lead >= 0 else sound.samples[-lead:]
    heard = ask(samples)
    steps = min(int((rows[-1, 0] - rows[0, 0]) * STEPS) + 1, len(heard.opening))
    if steps < LEAST * STEPS or (heard.speech[:steps] > 0.5).sum() < SPEECH * STEPS:
        return None
    seen = np.interp(np.arange(steps) / STEPS, rows[:, 0] - rows[0, 0], rows[:, 1])
    cut = Asked(heard.opening[:steps], heard.loudness[:steps], heard.speech[:steps])
    return Clip(f"talking/{path.name}", seen, cut)


def describe(seen: Floats, sound: NDArray[np.floating]) -> Floats:
    """What the regression sees."""
    return odds.describe(compare(seen, sound))


def make_pair(mouth: tuple[int, Floats], kind: str, heard: Asked, cut: slice) -> Pair:
    """Compare a clip's mouth with the `cut` of a sound."""
    clip, seen = mouth
    lips, loudness = heard.opening[cut], heard.loudness[cut]
    return Pair(clip, kind, describe(seen, lips), describe(seen, loudness))


def make_pairs(clips: Sequence[Clip]) -> Iterator[Pair]:
    """Give all pairs."""
    for index, clip in enumerate(clips):
        seen = clip.seen
        yield make_pair((index, seen), "own", clip.heard, slice(None))
        for steps in MOVED:
            there = seen[max(0, steps) : len(seen) + min(0, steps)]
            here = slice(max(0, -steps), len(seen) - max(0, steps))
            yield make_pair((index, there), "moved", clip.heard, here)
        for other in clips:
            apart = name_group(other.path) != name_group(clip.path)
            if apart and len(other.seen) >= SHARE * len(seen):
                yield make_pair((index, seen), "swapped", other.heard, slice(len(seen)))
