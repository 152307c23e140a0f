"""Whether harmless sounds make genuine films look dubbed, or genuine voices made or another's.

Usage: python bench/harmless_sound.py [--clips N] [--json]

The sound of N genuine talking films (all, from ../shared/media/talking) is changed as rooms, lines
and programs change it, and pushed with the film's own pictures. "lips": called out of step with
the sound (a chance of .5 or more) of those judged; "made": over the chance from which a voice is
pointed out as a machine's; "another's": the voice, enrolled from the film's own sound, is called
another person's. "new": not called so without an edit. Music is made from numbers
(sound_scenes.py). Intervals are Wilson's, 95 %, one film each.

--json: {edit: {"lips" | "made" | "another's": {"judged", "alarms", "new", "interval"}}}
"""

import argparse
import csv
import json
import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray
from scores import wilson
from sound_attacks import HEARD, SOUND_ATTACKS, SoundAttack
from sound_scenes import compose

from bonaface.core import Picture, Sound
from bonaface.errors import UnreadableMedia
from bonaface.forensics.inspector import RATE, Inspector, Seen
from bonaface.forensics.lipsync.inspector import Lipsync
from bonaface.forensics.look import Look, Looker
from bonaface.forensics.reference.file import Likely, gather
from bonaface.forensics.reference.speaking import Speaking
from bonaface.forensics.reference.voice import VoiceReference
from bonaface.forensics.spoof.inspector import Spoof
from bonaface.forensics.spoof.odds import open_odds
from bonaface.media.excerpt import read_excerpt

MEDIA = Path(os.environ.get("BONAFACE_MEDIA", Path(__file__).parents[2] / "shared" / "media"))
Samples = NDArray[np.float32]
KEPT = ("none", "AAC 64", "Opus 16", "mu-law 8 kHz", "noise 20 dB", "40 dB quieter", "clipped",
        "levelled (AGC)", "compressed 8:1", "reverberation", "300-3400 Hz",
        "music 10 dB below")  # fmt: skip
ALARMS = {"lips": 0.5, "made": open_odds().suspect, "another's": float(np.nextafter(0.5, 1))}
LONGEST = 12.0  # s of a film


def music_as_loud(samples: Samples) -> Samples:
    """A tune as loud as the voice."""
    tune = np.resize(compose(4, 20, HEARD), len(samples))
    gain = np.sqrt(np.mean(samples**2) / np.mean(tune**2))
    return np.asarray(samples + gain * tune, np.float32)


EDITS: dict[str, SoundAttack] = {
    **{name: SOUND_ATTACKS[name] for name in KEPT},
    "music as loud": music_as_loud,
}


def read_films(count: int) -> Iterator[tuple[list[Look], Samples]]:
    """Looks and mono sound at RATE of each genuine film that has both."""
    with (MEDIA / "manifest.tsv").open(encoding="utf-8") as rows:
        films = [
            row["path"]
            for row in csv.DictReader(rows, delimiter="\t")
            if (row["kind"], row["label"]) == ("talking", "real") and "music" not in row["note"]
        ]
    for path in films[:count]:
        looker, looks, runs = Looker(), list[Look](), list[Samples]()
        try:
            for moment in read_excerpt(MEDIA / path, 0.0, LONGEST):
                if isinstance(moment, Picture):
                    looks += looker.push(moment)
                else:
                    runs.append(moment.samples)
        except UnreadableMedia:
            continue
        if looks and runs:
            yield looks, np.concatenate(runs)


def enrol(samples: Samples) -> Likely | None:
    """The voice of a film's own sound; None where too little is said."""
    speaking = Speaking()
    heard = [*speaking.push(Sound(0, samples.copy(), RATE)), *speaking.flush()]
    if not heard:
        return None
    return gather(np.array([one.point for one in heard], np.float32), len(heard) * 3.0)


def moments(looks: Sequence[Look], samples: Samples) -> Iterator[Seen]:
    """Pictures, and the sound in tenths of a second, in their order."""
    step = RATE // 10
    sounds = [
        Sound(i * 1_000_000_000 // RATE, samples[i : i + step].copy(), RATE)
        for i in range(0, len(samples), step)
    ]
    seen: list[Seen] = [*looks, *sounds]
    yield from sorted(seen, key=lambda one: one.at)


def judge(inspector: Inspector, seen: Sequence[Seen]) -> float | None:
    """The chance that it gives the whole."""
    for one in seen:
        list(inspector.push(one))
    *_, whole = inspector.flush()
    return whole.score


def change(edit: SoundAttack, samples: Samples) -> Samples:
    """The sound after an edit, as long as before."""
    heard = edit(np.asarray(soxr.resample(samples, RATE, HEARD), np.float32))
    back = np.asarray(soxr.resample(heard, HEARD, RATE), np.float32)[: len(samples)]
    return np.pad(back, (0, len(samples) - len(back)))


def measure(count: int) -> dict[str, dict[str, list[float | None]]]:
    """What each inspector says of each film after each edit."""
    said: dict[str, dict[str, list[float | None]]] = {
        name: {which: [] for which in ALARMS} for name in EDITS
    }
    for looks, samples in read_films(count):
        voice = enrol(samples)
        for name, edit in EDITS.items():
            seen = list(moments(looks, change(edit, samples)))
            asked: dict[str, Callable[[], Inspector]] = {"lips": Lipsync, "made": Spoof}
            if voice is not None:
                asked["another's"] = partial(VoiceReference, voice)
            for which, make in asked.items():
                said[name][which].append(judge(make(), seen))
    return said


def count_alarms(
    scores: Sequence[float | None], before: Sequence[float | None], limit: float
) -> dict[str, Any]:
    """Of those judged, how many reach the limit, and how many did not `before` the edit."""
    told = [(score, old) for score, old in zip(scores, before, strict=True) if score is not None]
    alarms = [old is None or old < limit for score, old in told if score >= limit]
    interval = [round(end, 3) for end in wilson(len(alarms), len(told))]
    return {"judged": len(told), "alarms": len(alarms), "new": sum(alarms), "interval": interval}


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clips", type=int, default=99)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    said = measure(options.clips)
    figures = {
        name: {
            which: count_alarms(scores, said["none"][which], ALARMS[which])
            for which, scores in row.items()
        }
        for name, row in said.items()
    }
    if options.json:
        print(json.dumps(figures))
        return
    for name, cells in figures.items():
        told = "   ".join(
            f"{which} {one['alarms']:2} of {one['judged']:2}, {one['new']} new {one['interval']}"
            for which, one in cells.items()
        )
        print(f"{name:18} {told}")


if __name__ == "__main__":
    main()
