"""How near made mouths come to filmed ones: `python bench/lips.py [--json]`.

Each clip of media/talking that shows speech gives its first good frame, which becomes a likeness;
the clip's own sound, or its known words, drive it; what the lips then do is compared with the film.
Mouths are measured on the posed mesh of the clip's own face: nobody in the clips agreed to be
drawn. With `--drawn PORTRAIT`, a picture of a person who does not exist, the same lips are drawn on
that portrait and found again by the face tracker, which is what a viewer sees; distances of
landmarks are left out then, because it is another face.

Rows: `sound` (the network that hears), `text` (phones whose times are known; the words come from
the list of the media, and from `--words FILE`, a table like media/transcripts.tsv that a recognizer
may have written), two baselines, `loudness` (the mouth as open as the sound is loud) and `still`,
and a ceiling, `film` (the jaw as open as the film's own lips). Columns are the fields of
mouth_scores.Scores, each the mean over clips (n) with a 95 % bootstrap interval over clips; means
of closures are over closures.

`--json` prints one object: {"clips": [name], "left_out": {name: reason}, "seconds": number,
"drawn": bool, "held_out": bool, "mouths": {row: {"all" | "grid": {column: {"mean", "low", "high",
"n"}}, "clips": {name: {column: number | null}}}}}.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from filmed import Filmed, filmed_mouth, find_portrait, measure_turn, read_portrait
from known_text import align_text, find_transcript, read_notes, read_transcripts
from mouth_scores import NAMES, WEIGHTS, Mouth, Scores, score
from numpy.typing import NDArray
from seen import Watcher, watch_drawn, watch_mesh

from bonaface.avatar.manner import Manner
from bonaface.avatar.mouth.loudness import Loudness
from bonaface.avatar.mouth.phones import PhoneMouth, Sentence, count_frames
from bonaface.avatar.mouth.sound import SoundMouth
from bonaface.avatar.pose import LIPS, Lips
from bonaface.core import SECOND, over
from bonaface.errors import PortraitRefused, WeightsMissing

Floats = NDArray[np.float64]
MEDIA = Path(os.environ.get("BONAFACE_MEDIA", Path(__file__).parents[2] / "shared" / "media"))
PROFILE = 30.0  # degrees: beyond this median turn the lips are not seen from the front
SILENT = 0.001  # root mean square of a track without sound
RESAMPLES = 2000
NOTHING = float("nan")
WIDE = 0.5  # of the jaw's way: the 99th percentile of an opening that is copied
Driver = Callable[["Clip"], Sequence[Lips] | None]


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """A clip to judge by."""

    film: Filmed
    portrait: int  # index of the frame that becomes the likeness
    words: str | None
    network: Path | None  # trained without this clip's speaker

    @property
    def name(self) -> str:
        """The clip's file name."""
        return self.film.path.name


def leave_out(film: Filmed, row: dict[str, str]) -> str | None:
    """Say why a clip is no test of lips, or None."""
    note = row["note"].lower()
    if row["label"] != "real":
        return f"labelled {row['label']}: not known to be a real recording"
    if "music" in note or "singing" in note:
        return "music or singing"
    if "silent" in note or np.sqrt(np.mean(film.sound.samples**2)) < SILENT:
        return "no sound"
    if np.abs(np.nanmedian(measure_turn(film.landmarks))) > PROFILE:
        return "in profile"
    return None if find_portrait(film) is not None else "no frontal frame"


def read_clips(
    media: Path, cache: Path | None, networks: Path | None, words: Path | None = None
) -> tuple[list[Clip], dict[str, str]]:
    """Give the clips to judge by, and why others are left out."""
    clips, left_out = [], {}
    notes, said = read_notes(media), read_transcripts(words) if words else {}
    for path in sorted((media / "talking").iterdir()):
        row = notes[f"talking/{path.name}"]
        film = filmed_mouth(path, cache)
        reason, index = leave_out(film, row), find_portrait(film)
        if reason or index is None:
            left_out[path.name] = reason or ""
        else:
            network = networks / f"{path.stem}.onnx" if networks else None
            known = find_transcript(row["note"]) or said.get(row["path"])
            clips.append(Clip(film, index, known, network))
    return clips, left_out


def hear(clip: Clip) -> Sequence[Lips]:
    """Lips from the sound alone, by a network that never saw this clip where there is one."""
    return list(over(SoundMouth(clip.network), [clip.film.sound]))


def read_words(clip: Clip) -> Sequence[Lips] | None:
    """Lips from the known words."""
    if clip.words is None:
        return None
    phones = align_text(clip.words, clip.film.sound)
    return list(over(PhoneMouth(), [Sentence(clip.film.sound, phones)]))


def follow_loudness(clip: Clip) -> Sequence[Lips]:
    """Lips as open as the sound is loud."""
    sound = clip.film.sound
    steps = count_frames(sound.at, sound.until)
    return draw_jaw(Loudness().measure(sound, sound.at, steps), sound.at)


def keep_still(clip: Clip) -> Sequence[Lips]:
    """Lips at rest."""
    sound = clip.film.sound
    return draw_jaw(np.zeros(count_frames(sound.at, sound.until), np.float32), sound.at)


def copy_film(clip: Clip) -> Sequence[Lips]:
    """Lips as open as the film's own: what is lost here, no lips can win."""
    film, first = clip.film, clip.film.sound.at
    seen = ~np.isnan(film.opening)
    times = first / SECOND + np.arange(count_frames(first, film.sound.until)) / 50
    opening = np.interp(times, film.times[seen], film.opening[seen])
    return draw_jaw((WIDE * opening / np.percentile(opening, 99)).astype(np.float32), first)


def draw_jaw(opening: NDArray[np.float32], first: int) -> Sequence[Lips]:
    """Lips that only open, by `opening` (n,) every 20 ms."""
    rows = np.zeros((len(opening), len(LIPS)), np.float32)
    rows[:, LIPS.index("jawOpen")] = opening
    return [Lips(first + i * SECOND // 50, row) for i, row in enumerate(rows)]


DRIVERS: dict[str, Driver] = {
    "sound": hear,
    "text": read_words,
    "loudness": follow_loudness,
    "still": keep_still,
    "film": copy_film,
}


def judge(clip: Clip, drivers: Iterable[str], watch: Watcher, *, drawn: bool) -> dict[str, Scores]:
    """Drive one clip's likeness in every way and score it; `drawn` is another's face."""
    film = clip.film
    seen = ~np.isnan(film.opening)
    real = Mouth(film.times[seen], film.opening[seen], film.landmarks[seen])
    look = watch(read_portrait(film, clip.portrait))
    rate = Fraction(film.rate).limit_denominator(1001)
    found = {}
    for driver in drivers:
        lips = DRIVERS[driver](clip)
        if lips is not None:
            made = look(list(over(Manner("calm", rate), lips)))
            scores = score(made, real)
            found[driver] = replace(scores, m_lmd=NOTHING, f_lmd=NOTHING) if drawn else scores
    return found


def average(rows: Sequence[dict[str, float]], column: str) -> dict[str, Any]:
    """Mean over clips with a 95 % bootstrap interval; clips without the figure are left out."""
    rows = [row for row in rows if not np.isnan(row[column])]
    if not rows:
        return {"mean": None, "low": None, "high": None, "n": 0}
    values = np.array([row[column] for row in rows])
    weights = np.array([row[WEIGHTS[column]] if column in WEIGHTS else 1 for row in rows])
    drawn = np.random.default_rng(0).integers(0, len(rows), (RESAMPLES, len(rows)))
    draws = (values * weights)[drawn].sum(1) / weights[drawn].sum(1)
    low, high = np.percentile(draws, (2.5, 97.5))
    mean = float(np.average(values, weights=weights))
    return {"mean": mean, "low": float(low), "high": float(high), "n": int(weights.sum())}


def gather(results: dict[str, dict[str, Scores]], driver: str) -> dict[str, Any]:
    """Give one row's means over all clips and over GRID, and every clip's own figures."""
    rows = {name: asdict(one[driver]) for name, one in results.items() if driver in one}
    grid = [row for name, row in rows.items() if name.startswith("rizkiarm-")]
    means = {
        group: {c: average(of, c) for c in NAMES}
        for group, of in (("all", list(rows.values())), ("grid", grid))
    }
    clean = {n: {c: None if v != v else v for c, v in row.items()} for n, row in rows.items()}  # noqa: PLR0124 (NaN)
    return {**means, "clips": clean}


def show(report: dict[str, Any]) -> None:
    """Print the report as tables."""
    if not report["held_out"]:
        print("no --networks: the 18 film weights of the shipped network have seen these clips")
    for name, reason in report["left_out"].items():
        print(f"left out: {name}: {reason}")
    for group, what in (("all", "all clips"), ("grid", "GRID clips")):
        print(f"\n{what + ': mean [95 % interval] n':40}" + "".join(f"{d:>26}" for d in DRIVERS))
        for name in NAMES:
            means = [report["mouths"].get(driver, {}).get(group) for driver in DRIVERS]
            cells = [write(mean[name]) if mean else "-" for mean in means]
            print(f"{name:40}" + "".join(f"{cell:>26}" for cell in cells))
    print(
        "\nr (and offset), clip by clip".ljust(41) + "".join(f"{driver:>26}" for driver in DRIVERS)
    )
    for name in report["clips"]:
        rows = [report["mouths"].get(driver, {"clips": {}})["clips"] for driver in DRIVERS]
        cells = [write_clip(row.get(name)) for row in rows]
        print(f"{name:40}" + "".join(f"{cell:>26}" for cell in cells))


def write_clip(row: dict[str, Any] | None) -> str:
    """Write a clip's r and offset."""
    if row is None:
        return "-"
    offset = "" if row["offset_ms"] is None else f" ({row['offset_ms']:+.0f} ms)"
    return f"{row['r']:.2f}{offset}"


def write(mean: dict[str, Any]) -> str:
    """Write a mean, its interval and n."""
    if mean["mean"] is None:
        return "-"
    return f"{mean['mean']:.3g} [{mean['low']:.3g}, {mean['high']:.3g}] {mean['n']}"


def read_arguments() -> argparse.Namespace:
    """Ask the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--media", type=Path, default=MEDIA)
    parser.add_argument("--only", nargs="*", default=list(DRIVERS), choices=list(DRIVERS))
    parser.add_argument("--clips", default="", help="only clips whose name holds this")
    parser.add_argument("--drawn", type=Path, help="draw on this portrait of nobody")
    parser.add_argument("--cache", type=Path, help="folder to keep the films' landmarks in")
    parser.add_argument("--words", type=Path, help="table of path and transcript, for more text")
    parser.add_argument("--networks", type=Path, help="folder of a CLIP.onnx that never saw CLIP")
    return parser.parse_args()


def main() -> None:
    """Judge every clip in every way."""
    asked = read_arguments()
    clips, left_out = read_clips(asked.media, asked.cache, asked.networks, asked.words)
    watch = watch_drawn(asked.drawn) if asked.drawn else watch_mesh
    results: dict[str, dict[str, Scores]] = {}
    for clip in clips:
        if asked.clips not in clip.name:
            continue
        try:
            results[clip.name] = judge(clip, asked.only, watch, drawn=bool(asked.drawn))
        except PortraitRefused as refusal:
            left_out[clip.name] = f"no likeness: {refusal}"
        except WeightsMissing as missing:
            sys.exit(str(missing))
        print(clip.name, file=sys.stderr)
    kept = [clip for clip in clips if clip.name in results]
    report = {
        "clips": [clip.name for clip in kept],
        "left_out": left_out,
        "seconds": round(sum(float(np.ptp(clip.film.times)) for clip in kept), 1),
        "drawn": bool(asked.drawn),
        "held_out": bool(asked.networks),
        "mouths": {driver: gather(results, driver) for driver in asked.only},
    }
    if asked.json:
        print(json.dumps(report))
    else:
        show(report)


if __name__ == "__main__":
    main()
