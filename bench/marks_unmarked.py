"""Whether the hidden picture mark is found where there is none.

Usage: python bench/marks_unmarked.py [--every N] [--log FILE] [--json]

Reads all pictures and films of the media (../shared/media), none of which carries a mark; of
the `faces` every Nth (1). About .6 s of CPU time a still, so all of them take an hour: `--log`
keeps one line of JSON for each as it is read, and leaves out what the log has already (begin a
new one when the reader changes). What is found by mistake is named. "below": with this n, what
the share of false finds is below, 95 % (Clopper and Pearson, 1934, one-sided).

--json: {"films"|"stills": {"n", "found", "ids", "below", "strongest", "mistakes": [name]}}
"""

import argparse
import json
import random
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from marks_picture import MEDIA, film_frames, find, open_still, tell
from scipy.stats import beta

from bonaface.marks.picture.reader import read_picture_mark

Line = dict[str, Any]
FILMS = ("talking/*", "fakes/*.mp4", "sign/*.mp4", "derived/*.mp4")
STILLS = ("portraits/*", "fakes/*.png", "fakes/*.jpg", "derived/*.jpg", "sign/*.jp*g", "sign/*.JPG")
LONGEST = 600.0  # s of a film, as a check reads


def read_unmarked(every: int = 8, log: Path | None = None) -> dict[str, Line]:
    """Read films, then stills, in an order drawn by chance: a part of them is a fair sample."""
    lines = []
    if log:
        log.touch()
        lines = [json.loads(line) for line in log.read_text().splitlines()]
    known = {line["name"] for line in lines}
    films = set(find(*FILMS))
    stills = {*find(*STILLS), *find("defects/*"), *find("faces/*")[::every]}
    files = [f for f in sorted(films | stills) if str(f.relative_to(MEDIA)) not in known]
    random.Random(1).shuffle(files)
    files.sort(key=lambda file: file not in films)
    for count, file in enumerate(files, start=1):
        line = _read(file, film=file in films)
        if line is None:
            continue
        lines.append(line)
        if log:
            with log.open("a") as out:
                out.write(json.dumps(line) + "\n")
        tell(f"unmarked {count} of {len(files)}, found {sum(one['found'] for one in lines)}")
    return {
        kind: _sum_up(line for line in lines if line["kind"] == kind)
        for kind in ("films", "stills")
    }


def _read(file: Path, *, film: bool) -> Line | None:
    still = None if film else open_still(file)
    if still is None and not film:
        return None
    reading = read_picture_mark([still] if still else film_frames(file, LONGEST))
    return {
        "name": str(file.relative_to(MEDIA)),
        "kind": "films" if film else "stills",
        "found": reading.found,
        "id": reading.mark_id is not None,
        "z": round(reading.strength, 3),
    }


def _sum_up(lines: Iterable[Line]) -> Line:
    lines = list(lines)
    n, found = len(lines), sum(line["found"] for line in lines)
    return {
        "n": n,
        "found": found,
        "ids": sum(line["id"] for line in lines),
        "below": float(f"{beta.ppf(0.95, found + 1, n - found):.2g}") if found < n else 1.0,
        "strongest": max((line["z"] for line in lines), default=0.0),
        "mistakes": [line["name"] for line in lines if line["found"]],
    }


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not MEDIA.exists():
        sys.exit(f"no media at {MEDIA}; set BONAFACE_MEDIA")
    figures = read_unmarked(options.every, options.log)
    print(json.dumps(figures, indent=None if options.json else 1))


if __name__ == "__main__":
    main()
