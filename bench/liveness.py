"""How often do attacks pass a liveness round, and people not? `python bench/liveness.py [--json]`.

Nobody who calls was filmed for this: callers and attacks are made from clips of people who talk
(liveness_species.py), in simulated light, cameras and calls (liveness_scene.py). APCER (ISO/IEC
30107-3) is the share of attacks whose seal is green, BPCER that of people whose seal is red;
`unclear` is the share of amber seals of either. The camera challenge is not in it: what browsers
make of cameras cannot be simulated. `held out` judges the people on whom the weights of the program
were not fitted; `as shipped` judges all with these weights; `followed up` asks once more what did
not pass in an unclear round; `two-fold` fits on each half and judges the other. Intervals are
Wilson's, 95 %, one round of each person. `--cache FILE` keeps what was measured (half a minute a
person, three on a busy machine).
"""

import argparse
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
from liveness_fit import KINDS, LIKE, SHIPPED, Row, fit, rounds, told
from liveness_measures import measure_all
from scores import wilson
from seen import keep_apart

from bonaface.forensics.liveness.digits import READ

MEDIA = Path(os.environ.get("BONAFACE_MEDIA", Path(__file__).parents[2] / "shared" / "media"))


def main() -> None:
    """Measure, or read what was measured, and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--people", type=int, default=22, help="of 22; each takes a minute or so")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    rows = read_rows(asked.cache, asked.people)
    halves = {half: [one for one in rows if one["half"] == half] for half in ("fit", "judge")}
    fitted = {half: fit(some) for half, some in halves.items()}
    pairs = ((halves["judge"], fitted["fit"]), (halves["fit"], fitted["judge"]))
    found = {
        "fitted": {half: asdict(one) for half, one in fitted.items()},
        "challenges": {kind: alone(halves["judge"], kind) for kind in KINDS},
        "filmed turns": told([one for one in rows if one["half"] == "filmed"], "turn", "bona fide"),
        "held out": {one: count(rounds(halves["judge"], SHIPPED, one)) for one in LIKE},
        "as shipped": {one: count(rounds(rows, SHIPPED, one)) for one in LIKE},
        "followed up": {one: count(rounds(rows, SHIPPED, one, again=True)) for one in LIKE},
        "two-fold": {
            one: count([said for some, by in pairs for said in rounds(some, by, one)])
            for one in LIKE
        },
    }
    print(json.dumps(found, indent=1) if asked.json else table(found))


def read_rows(cache: Path | None, most: int) -> list[Row]:
    """What was measured, from a file where there is one."""
    if cache is not None and cache.is_file():
        return [json.loads(line) for line in cache.read_text().splitlines()]
    cv2.setNumThreads(1)
    keep_apart()
    rows = list(measure_all(MEDIA, most))
    if cache is not None:
        cache.write_text("".join(json.dumps(one) + "\n" for one in rows))
    return rows


def alone(rows: Sequence[Row], kind: str) -> dict[str, tuple[int, int]]:
    """How many answers of each species speak for a caller, and of how many, by one challenge."""
    passes: Callable[[Any], bool] = lambda one: (SHIPPED.weigh(kind, one) or 0.0) < 0  # noqa: E731
    found = {}
    for species in LIKE:
        some = told(rows, kind, species)
        if some:
            found[species] = (sum(map(passes, some)), len(some))
    return found


def count(said: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Seals by colour, their rates and intervals."""
    colours = [colour for _, colour in said]
    row: dict[str, Any] = {"n": len(said)}
    for colour in ("green", "amber", "red"):
        few = colours.count(colour)
        row[colour] = [round(few / max(len(said), 1), 3), *wilson(few, max(len(said), 1))]
    return row


def table(found: dict[str, Any]) -> str:
    """All of it in lines."""
    lines = ["Answers that speak for the caller, challenge by challenge (people not fitted on)"]
    for kind, rows in found["challenges"].items():
        cells = ", ".join(f"{one} {some} of {n}" for one, (some, n) in rows.items())
        lines.append(f"  {kind:8}{cells}")
    lines.append(f"Filmed turns, degrees and relief: {found['filmed turns']}; read from {READ}")
    for part in ("held out", "as shipped", "followed up", "two-fold"):
        lines += ["", f"Rounds, {part}"]
        for species, row in found[part].items():
            cells = "".join(
                f"  {colour} {row[colour][0]:.2f} [{row[colour][1]:.2f}, {row[colour][2]:.2f}]"
                for colour in ("green", "amber", "red")
            )
            lines.append(f"  {species:10} n = {row['n']:3}{cells}")
    lines += ["", *(f"Fitted on {half}: {one}" for half, one in found["fitted"].items())]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
