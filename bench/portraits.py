"""Which photos become likenesses: `python bench/portraits.py [--json] [--sheet out.png]`.

Every photo of media/portraits is built at 512 x 512: built or refused and why, and how long it took
(processor seconds of one thread, models open; the first build also compiles and loads). Humans
should be built, animals refused; the manifest says which is which.

`--sheet` draws a contact sheet of those that show nobody who lives (at rest, "aa", "oo", "mm", a
blink, a turn); nobody in the other photos agreed to be drawn. `--only TEXT` takes the photos whose
names contain it.

`--json` prints one object: {"size": [width, height], "portraits": [{"name", "human": bool, "built":
bool, "reason": sentence | null, "seconds": number}], "humans", "humans_built", "share": {"value",
"low", "high"} (Wilson, 95 %), "animals", "animals_refused", "seconds": {"median", "worst"}}.
"""

import argparse
import csv
import json
import os
import statistics
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from seen import keep_apart, permit_fiction

from bonaface.avatar.likeness import build_likeness
from bonaface.avatar.pose import SHAPES, Pose
from bonaface.avatar.render.renderer import Renderer
from bonaface.avatar.rig import Likeness
from bonaface.errors import PortraitRefused
from bonaface.media.photos import read_photo

MEDIA = Path(os.environ.get("BONAFACE_MEDIA", Path(__file__).parents[2] / "shared" / "media"))
SIZE = (512, 512)
TILE, ACROSS = 256, 2  # px of a picture on the sheet, portraits side by side
SHEET = {
    "rest": {},
    "aa": {"jawOpen": 0.75, "lowerDown": 0.15},
    "oo": {"jawOpen": 0.2, "pucker": 0.85, "funnel": 0.2},
    "mm": {"rollUpper": 0.5, "rollLower": 0.5, "closure": 1.0},
    "blink": {"blinkL": 1.0, "blinkR": 1.0},
    "turn": {"yaw": 8.0},
}


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one photo."""

    name: str
    human: bool
    built: bool
    reason: str | None
    seconds: float


def read_notes() -> dict[str, dict[str, str]]:
    """Rows of the manifest about portraits, by file name."""
    with (MEDIA / "manifest.tsv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["kind"] == "portraits"]
    return {Path(row["path"]).name: row for row in rows}


def try_portrait(photo: Path, note: dict[str, str]) -> tuple[Trial, Likeness | None]:
    """Build one likeness."""
    picture = read_photo(photo)
    human = "negative" not in note["note"]
    begin = time.process_time()
    try:
        likeness = build_likeness(picture, SIZE)
    except PortraitRefused as refusal:
        spent = time.process_time() - begin
        return Trial(photo.name, human, built=False, reason=str(refusal), seconds=spent), None
    spent = time.process_time() - begin
    return Trial(photo.name, human, built=True, reason=None, seconds=spent), likeness


def wilson(count: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927)."""
    z, share = 1.96, count / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * (share * (1 - share) / of + z * z / (4 * of * of)) ** 0.5
    return middle - half, middle + half


def draw_row(photo: Path, likeness: Likeness) -> NDArray[np.uint8]:
    """One portrait in all poses of the sheet, side by side."""
    renderer = Renderer(likeness, permit_fiction(photo, read_photo(photo)))
    tiles = []
    for name, amounts in SHEET.items():
        shapes = np.array([amounts.get(shape, 0.0) for shape in SHAPES], np.float32)
        turn = (amounts.get("yaw", 0.0), 0.0, 0.0)
        drawn = renderer.draw(Pose(0, shapes, turn=turn, closure=amounts.get("closure", 0.0)))
        tile = cv2.resize(drawn, (TILE, TILE), interpolation=cv2.INTER_AREA)
        label = f"{photo.stem[-14:]} {name}"
        cv2.putText(tile, label, (5, 14), 0, 0.42, (255, 255, 0), 1, cv2.LINE_AA)
        tiles.append(tile)
    return np.hstack(tiles)


def write_sheet(rows: list[NDArray[np.uint8]], path: Path) -> None:
    """Rows of pictures as one PNG."""
    rows = rows + [np.zeros_like(rows[0])] * (-len(rows) % ACROSS)
    lines = [np.hstack(rows[i : i + ACROSS]) for i in range(0, len(rows), ACROSS)]
    cv2.imwrite(str(path), cv2.cvtColor(np.vstack(lines), cv2.COLOR_RGB2BGR))


def summarize(trials: Iterable[Trial]) -> dict[str, Any]:
    """The object that --json prints."""
    trials = list(trials)
    humans = [trial for trial in trials if trial.human]
    animals = [trial for trial in trials if not trial.human]
    built = sum(trial.built for trial in humans)
    low, high = wilson(built, len(humans)) if humans else (0.0, 1.0)
    seconds = [trial.seconds for trial in trials[1:] or trials]
    return {
        "size": list(SIZE),
        "portraits": [asdict(trial) for trial in trials],
        "humans": len(humans),
        "humans_built": built,
        "share": {"value": built / max(len(humans), 1), "low": low, "high": high},
        "animals": len(animals),
        "animals_refused": sum(not trial.built for trial in animals),
        "seconds": {"median": statistics.median(seconds), "worst": max(seconds)},
    }


def print_table(summary: dict[str, Any], trials: list[Trial]) -> None:
    """The same for people: what was refused, and the sums."""
    for trial in trials:
        if not trial.built or not trial.human:
            print(f"{trial.name:32} {'built' if trial.built else 'refused'}  {trial.reason or ''}")
    share, seconds = summary["share"], summary["seconds"]
    print(f"humans built     {summary['humans_built']} of {summary['humans']}", end="")
    print(f"  {share['value']:.1%} ({share['low']:.1%} to {share['high']:.1%})")
    print(f"animals refused  {summary['animals_refused']} of {summary['animals']}")
    print(f"seconds          median {seconds['median']:.2f}, worst {seconds['worst']:.2f}")


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--only", default="")
    wanted = parser.parse_args()
    keep_apart()
    notes = read_notes()
    trials, rows = [], []
    for photo in sorted((MEDIA / "portraits").iterdir()):
        if wanted.only not in photo.name:
            continue
        trial, likeness = try_portrait(photo, notes[photo.name])
        trials.append(trial)
        if wanted.sheet and likeness and notes[photo.name]["label"] != "real":
            rows.append(draw_row(photo, likeness))
    summary = summarize(trials)
    if wanted.json:
        print(json.dumps(summary, indent=1))
    else:
        print_table(summary, trials)
    if rows:
        write_sheet(rows, wanted.sheet)


if __name__ == "__main__":
    main()
