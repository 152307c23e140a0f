"""Is the enrolled person told from others? `python bench/reference.py [--fit] [--part PART]`.

Voice: each speaker with two or more 3 s runs of speech is enrolled with all runs but one, and that
one is the genuine trial; all runs of others are impostors. Most speakers here have one recording,
so genuine trials share its room and microphone, which flatters; "telephone" (mu-law at 8 kHz)
against a clean enrolment says something of another channel. Face: a clip is enrolled by its first
half; its second half is genuine, other clips are impostors. Figures are given for the sources that
judge (see training/sources.py) and for all; `--fit` prints the curves fitted on those that do not
judge. Attacks on the enrolled voice: WORLD (the vocoder) as it is, with another pitch and with
longer formants (only where pyworld is installed), and the speech fakes made in an enrolled voice.

Intervals are at 95 %, from drawing the enrolled again, or Wilson's for shares.
"""

import argparse
import importlib
import importlib.util
import os
from collections.abc import Collection
from pathlib import Path

import numpy as np
import soxr
from reference_media import (
    RATE,
    Change,
    Medium,
    Points,
    Samples,
    compress,
    place_face,
    place_voice,
    read_manifest,
    read_pictures,
    read_voices,
)
from reference_scores import Trials, equal_error, fit_logistic, share
from sound_attacks import HEARD, SOUND_ATTACKS

from bonaface.forensics.reference.file import gather
from bonaface.forensics.reference.likeness import WEIGH
from bonaface.forensics.reference.voice import RUN_WEIGH, WHOLE_WEIGH
from bonaface.forensics.reference.weigh import Weigh

MEDIA = Path(os.environ.get("BONAFACE_MEDIA", Path(__file__).parents[2] / "shared" / "media"))
LONG = 3  # runs that are judged together, about 9 s
Placed = dict[str, Points]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--fit", action="store_true", help="print the curves of the other sources")
    parser.add_argument("--part", choices=("voice", "face"), action="append")
    options = parser.parse_args()
    media = read_manifest(MEDIA)
    for part in options.part or ("voice", "face"):
        {"voice": judge_voices, "face": judge_faces}[part](media, fit=options.fit)


def judge_voices(media: list[Medium], *, fit: bool) -> None:
    """Print the table of voices."""
    real = [m for m in media if m.kind in {"speech", "talking"} and m.label == "real"]
    sounds = read_voices(MEDIA, real)
    own = {m.group for m in real if m.judges}
    clean = {name: place_voice(sound) for name, sound in sounds.items()}
    opus = {name: place_voice(send("Opus 16", sound)) for name, sound in sounds.items()}
    if fit:
        both = {**clean, **{f"{name} opus": points for name, points in opus.items()}}
        rest = {name: p for name, p in both.items() if name.removesuffix(" opus") not in own}
        for count in (1, LONG):
            _print_fit(f"voice, {3 * count} s", compare_voices(rest, rest, rest.keys(), count))
        return
    phone = {name: place_voice(send("mu-law 8 kHz", sound)) for name, sound in sounds.items()}
    for title, tested in (("clean", clean), ("Opus 16", opus), ("telephone", phone)):
        for count, weigh in ((1, RUN_WEIGH), (LONG, WHOLE_WEIGH)):
            for who, names in (("judging", own), ("all", set(clean))):
                trials = compare_voices(clean, tested, names, count)
                _print_trials(f"voice, {3 * count} s, {title}, {who}", trials, weigh)
    for name, change in _find_changes().items():
        _print_attack(name, clean, {n: place_voice(change(s)) for n, s in sounds.items()})
    _print_fakes(media, clean)


def compare_voices(enrolled: Placed, tested: Placed, names: Collection[str], count: int) -> Trials:
    """Mean distances of `count` runs; the genuine are left out of what they are compared with."""
    same, other = {}, {}
    for name in sorted(names):
        points = enrolled.get(name, np.zeros((0, 1), np.float32))
        if len(points) < count + 1:
            continue
        near = []
        for i in range(0, len(tested[name]) - count + 1, count):
            rest = np.delete(points, slice(i, i + count), 0)
            if len(rest):
                near.append(_far(rest, tested[name][i : i + count]))
        others = [p for who, p in tested.items() if _bare(who) != _bare(name)]
        far = [
            _far(points, p[i : i + count])
            for p in others
            for i in range(0, len(p) - count + 1, count)
        ]
        if near and far:
            same[name], other[name] = np.array(near), np.array(far)
    return Trials(same, other)


def _bare(name: str) -> str:
    return name.removesuffix(" opus")


def _far(enrolled: Points, tested: Points) -> float:
    place = gather(enrolled, 0.0)
    return float(np.mean([place.distance(point) for point in tested]))


def send(way: str, samples: Samples) -> Samples:
    """Through one of the ways that sound takes (sound_attacks.py), and back at RATE."""
    heard = SOUND_ATTACKS[way](soxr.resample(samples, RATE, HEARD).astype(np.float32))
    return np.asarray(soxr.resample(heard, HEARD, RATE), np.float32)


def _find_changes() -> dict[str, Change]:
    if importlib.util.find_spec("pyworld") is None:
        print("WORLD is left out: pyworld is not installed.")
        return {}
    kinds = {
        "WORLD, as it is": (1.0, 1.0),
        "WORLD, pitch x 1.3": (1.3, 1.0),
        "WORLD, pitch x 0.75": (0.75, 1.0),
        "WORLD, formants x 1.15": (1.0, 1.15),
        "WORLD, pitch x 1.3 and formants x 1.15": (1.3, 1.15),
    }
    return {name: _vocode(pitch, formants) for name, (pitch, formants) in kinds.items()}


def _vocode(pitch: float, formants: float) -> Change:
    world = importlib.import_module("pyworld")

    def change(samples: Samples) -> Samples:
        f0, times = world.harvest(samples.astype(np.float64), RATE)
        shape = world.cheaptrick(samples.astype(np.float64), f0, times, RATE)
        noise = world.d4c(samples.astype(np.float64), f0, times, RATE)
        bins = np.arange(shape.shape[1])
        moved = np.array([np.interp(bins / formants, bins, row) for row in shape])
        made = world.synthesize(f0 * pitch, np.ascontiguousarray(moved), noise, RATE)
        return np.asarray(made, np.float32)

    return change


def _print_attack(name: str, enrolled: Placed, attacked: Placed) -> None:
    far = [
        _far(points, attacked[who][i : i + 1])
        for who, points in enrolled.items()
        if len(points) >= LONG
        for i in range(len(attacked[who]))
    ]
    people = sum(len(points) >= LONG for points in enrolled.values())
    _print_called(f"{name} ({people} voices)", far, RUN_WEIGH)


def _print_fakes(media: list[Medium], enrolled: Placed) -> None:
    for medium in media:
        fake = medium.kind == "speech" and medium.label == "fake"
        points = enrolled.get(medium.group, np.zeros((0, 1), np.float32))
        if not fake or len(points) < LONG:
            continue
        for sound in read_voices(MEDIA, [medium]).values():
            far = [_far(points, one[None]) for one in place_voice(sound)]
            _print_called(f"fake: {Path(medium.path).stem}, {medium.method}", far, RUN_WEIGH)


def _print_called(name: str, far: list[float], weigh: Weigh) -> None:
    called = sum(weigh.score(each) >= 0.5 for each in far)
    middle = float(np.median(far)) if far else float("nan")
    rate = share(called, len(far))
    print(f"{name}: called another {rate}, n {len(far)}, median distance {middle:.2f}", flush=True)


def judge_faces(media: list[Medium], *, fit: bool) -> None:
    """Print the table of faces."""
    clips = [m for m in media if m.kind == "talking" and m.label == "real"]
    own = {m.path for m in clips if m.judges}
    clean, small = {}, {}
    for clip in clips:
        points, _ = place_face(read_pictures(MEDIA / clip.path))
        if len(points) >= 4:
            clean[clip.path] = points
            small[clip.path], _ = place_face(compress(read_pictures(MEDIA / clip.path), 35))
    if fit:
        rest = {name: points for name, points in clean.items() if name not in own}
        squeezed = {name: points for name, points in small.items() if name not in own}
        found = [compare_faces(rest, tested, set(rest)) for tested in (rest, squeezed)]
        same = {f"{i}{k}": v for i, t in enumerate(found) for k, v in t.same.items()}
        other = {f"{i}{k}": v for i, t in enumerate(found) for k, v in t.other.items()}
        _print_fit("face", Trials(same, other))
        return
    for title, tested in (("clean", clean), ("CRF 35", small)):
        for who, names in (("judging", own), ("all", set(clean))):
            _print_trials(f"face, {title}, {who}", compare_faces(clean, tested, names), WEIGH)


def compare_faces(enrolled: Placed, tested: Placed, names: set[str]) -> Trials:
    """The first half of a clip against its second half, and against other clips."""
    same, other = {}, {}
    for name in sorted(names & set(enrolled)):
        half = len(enrolled[name]) // 2
        place = gather(enrolled[name][:half], 0.0)
        rest = [points for who, points in tested.items() if who != name]
        same[name] = np.array([place.distance(point) for point in tested[name][half:]])
        other[name] = np.array([place.distance(point) for points in rest for point in points])
    return Trials({k: v for k, v in same.items() if len(v)}, {k: other[k] for k in same})


def _print_trials(title: str, trials: Trials, weigh: Weigh) -> None:
    if len(trials.same) < 2:
        print(f"{title}: {len(trials.same)} enrolled are too few.")
        return
    near, far = trials.all_same, trials.all_other
    refused = share(sum(weigh.score(each) >= 0.5 for each in near), len(near))
    let_in = share(sum(weigh.score(each) < 0.5 for each in far), len(far))
    print(
        f"{title}: {len(trials.same)} enrolled, EER {equal_error(trials)}; genuine {len(near)}, "
        f"called another {refused}; impostors {len(far)}, let in {let_in}; "
        f"median {np.median(near):.2f} and {np.median(far):.2f}",
        flush=True,
    )


def _print_fit(title: str, trials: Trials) -> None:
    middle, steep = fit_logistic(trials)
    count = len(trials.same), len(trials.all_same), len(trials.all_other)
    print(f"{title}: middle {middle:.3f}, steep {steep:.1f} (enrolled, same, other: {count})")


if __name__ == "__main__":
    main()
