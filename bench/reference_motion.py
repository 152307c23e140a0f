"""Does the face move as the enrolled one does? `python bench/reference_motion.py [--cache FOLDER]`.

Whoever has a clip of two windows (2.5 s each) of a talking face or more is enrolled. Genuine trials
are windows of the same clip, each against all others of it: same day, same camera, often the same
sentence, which flatters. Impostors are films of other people. Attacks are likenesses of the
enrolled person, drawn from one picture of them and moved by others before a camera ("other"), by
somebody else's voice ("voice"), or by the person themselves ("self": who moves it is genuine, and
only that it is drawn could be told); and one film whose mouth alone was redrawn ("redrawn"). A
converted voice changes no motion, so it is "other" with another sound. A recording is all windows
of a clip, two or more.

People who judge (training/sources.py) were used for no choice; what was chosen is the description
(--alternatives), the usual distances and the limit (--fit). Intervals are at 95 %, from drawing
the enrolled people again, with all their trials; where nothing was found, Wilson's over people.
"""

import argparse
import os
import pickle
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from reference_media import Medium
from reference_motion_media import (
    GENTLE,
    REAL,
    WAYS,
    Track,
    read_attacks,
    read_redrawn,
    read_tracks,
)
from reference_motion_scores import (
    HALF,
    Film,
    Trial,
    alternatives,
    count,
    cut,
    halve,
    hear,
    measure_usual,
    measure_usual_shapes,
    to_trials,
    try_alternative,
    try_recordings,
    try_windows,
)
from reference_scores import Trials, equal_error, fit_logistic, found_at
from seen import keep_apart

from bonaface.enrol import LEAST_WINDOWS
from bonaface.forensics.reference.motion.inspector import WHOLE_WEIGH, WINDOW_WEIGH
from bonaface.forensics.reference.motion.moving import TRAITS

MEDIA = Path(os.environ.get("BONAFACE_MEDIA", Path(__file__).parents[2] / "shared" / "media"))
KINDS: Final = ("impostor", "other", "voice", "self", "redrawn")
WHAT = (
    ("windows", try_windows, WINDOW_WEIGH),
    ("recordings", try_recordings, WHOLE_WEIGH),
)
Others = dict[str, list[tuple[str, str, Film]]]
People = dict[str, list[Trial]]
Seen = tuple[dict[str, dict[str, Film]], Others]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cache", type=Path, help="a folder for landmarks")
    parser.add_argument("--fit", action="store_true", help="what follows from who does not judge")
    parser.add_argument("--alternatives", action="store_true", help="other descriptions")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    keep_apart()
    seen, others = read_all(options.cache)
    films = {name: seen[name] for name in others}
    judging = {name for name in films if judges_motion(name)}
    if options.fit:
        print_fit(films, others, set(films) - judging)
        some = [by[WAYS[0]] for name, by in sorted(seen.items()) if not judges_motion(name)]
        print("USUAL_SHAPES", measure_usual_shapes(some).round(2).tolist())
        return
    if options.alternatives:
        print_alternatives(films, others, judging)
        return
    long = {name for name, by in films.items() if len(by[WAYS[0]].windows) >= LEAST_WINDOWS}
    sets = {"judging": judging, "choosing": set(films) - judging, "all": set(films)}
    for title, names in (*sets.items(), ("all whom the program would enrol", long)):
        for what, attempt, weigh in WHAT:
            people = {name: attempt(films[name], others[name]) for name in sorted(names)}
            print_trials(f"{title}, {what}", people, weigh.middle)


def judges_motion(name: str) -> bool:
    """Whether nothing was chosen by this person."""
    return name == REAL or Medium(f"talking/{name}.mp4", "", "", "").judges


def read_all(folder: Path | None) -> Seen:
    """Everybody's film by way; and who is enrolled, with what is held against each."""
    kept = folder / "films.pickle" if folder else None
    if kept is not None and kept.exists():
        known: Seen = pickle.loads(kept.read_bytes())  # noqa: S301  written by this bench
        return known
    tracks = read_tracks(MEDIA, folder)
    phones = {name: hear(by[WAYS[0]]) for name, by in tracks.items()}
    whole = {
        name: {way: cut(track, phones[name]) for way, track in with_half(by).items()}
        for name, by in tracks.items()
    }
    others: Others = {}
    for name in (name for name, by in whole.items() if len(by[WAYS[0]].windows) > 1):
        found = [
            ("impostor", way, film)
            for other, by in whole.items()
            for way, film in by.items()
            if other != name and way in WAYS
        ]
        for kind, driver, way, track in read_attacks(MEDIA, tracks, name, folder):
            found.append((kind, way, cut(track, phones[driver])))
        redrawn = read_redrawn(MEDIA, folder) if name == REAL else None
        if redrawn is not None:
            found.append(("redrawn", WAYS[0], cut(redrawn)))
        others[name] = found
        print(f"{name}: {len(found)} films", flush=True)
    if kept is not None:
        kept.write_bytes(pickle.dumps((whole, others)))
    return whole, others


def with_half(by: dict[str, Track]) -> dict[str, Track]:
    """With every other picture, too."""
    return by | {HALF: halve(by[WAYS[0]])}


def print_trials(title: str, people: People, limit: float) -> None:
    """False alarms, what is found, and equal error rates."""
    genuine = [t.far for by in people.values() for t in by if (t.kind, t.way) == _CLEAN]
    middle, most = np.median(genuine), max(genuine)
    counted = f"{len(people)} enrolled, {_with(people, *_CLEAN)} with genuine trials"
    print(f"\n{title}: {counted}; these {middle:.2f}, farthest {most:.2f}")
    for way in (*WAYS, HALF, *GENTLE):
        alarms, many = count(people, "genuine", way, limit)
        print(f"  genuine, {way}: called otherwise {alarms}, n {many}")
    for kind in KINDS:
        for way in WAYS:
            hits, many = count(people, kind, way, limit)
            if not many:
                continue
            trials, on = to_trials(people, kind, way), _with(people, kind, way)
            told = f"EER {equal_error(trials)}, at 1 % of genuine {_found(trials)}"
            told = told if len(trials.same) > 1 else "too few enrolled for an EER"
            print(f"  {kind}, {way}: found {hits}, n {many} on {on}; {told}")
    print(f"  who moves the avatar (self or other): EER {_who(people)}", flush=True)


def _with(people: People, kind: str, way: str) -> int:
    return sum(any((t.kind, t.way) == (kind, way) for t in by) for by in people.values())


_CLEAN = ("genuine", WAYS[0])


def _found(trials: Trials) -> str:
    rate, limit = found_at(trials, trials.all_other.tolist(), 0.01)
    return f"{rate.value:.1%} beyond {limit:.2f}"


def _who(people: People) -> str:
    """Self-driven as the genuine, other-driven as the rest."""
    turned = {
        name: [Trial("genuine", t.way, t.far) for t in trials if t.kind == "self"]
        + [t for t in trials if t.kind == "other"]
        for name, trials in people.items()
    }
    trials = to_trials(turned, "other", WAYS[0])
    return str(equal_error(trials)) if trials.same else "none"


def print_fit(films: dict[str, dict[str, Film]], others: Others, names: set[str]) -> None:
    """Usual distances and the curve, of people who do not judge."""
    own = [films[name][WAYS[0]] for name in sorted(names)]
    usual = measure_usual(own)
    print("USUAL", dict(zip(TRAITS, usual.round(2).tolist(), strict=True)))
    for what, attempt, _ in WHAT:
        people = {name: attempt(films[name], others[name]) for name in sorted(names)}
        trials = to_trials(people, "other", WAYS[0])
        middle, steep = fit_logistic(trials)
        genuine = trials.all_same
        limit = genuine.mean() + 2.33 * genuine.std()
        print(f"{what}: middle {middle:.2f}, steep {steep:.1f}; n {len(genuine)} genuine, their")
        print(f"  mean and 2.33 deviations {limit:.2f}, farthest {genuine.max():.2f}")


def print_alternatives(
    films: dict[str, dict[str, Film]], others: Others, judging: set[str]
) -> None:
    """Descriptions beside each other: single windows, against those whom others drive."""
    choosing = sorted(set(films) - judging)
    for title, into, less in alternatives():
        usual = measure_usual([films[name][WAYS[0]] for name in choosing], into)
        told = []
        for names in (choosing, sorted(judging)):
            people = {
                n: try_alternative(films[n][WAYS[0]], others[n], into, usual, less) for n in names
            }
            trials = to_trials(people, "other", WAYS[0])
            told.append(f"EER {equal_error(trials)}, at 1 % {_found(trials)}")
        print(f"{title}: choosing {told[0]}; judging {told[1]}", flush=True)
    for shapes in (False, True):
        told = []
        for names in (choosing, sorted(judging)):
            heard = [n for n in names if films[n][WAYS[0]].phones]
            people = {n: try_recordings(films[n], others[n], shapes=shapes) for n in heard}
            rates = (
                count(people, kind, WAYS[0], WHOLE_WEIGH.middle) for kind in ("genuine", "other")
            )
            told.append(", ".join(f"{rate} of {many}" for rate, many in rates))
        title = f"recordings of English speech, {'with' if shapes else 'without'} shapes"
        print(f"{title}: genuine and other, choosing {told[0]}; judging {told[1]}", flush=True)


if __name__ == "__main__":
    main()
