"""How good the check is: each inspector and the verdict, on media nothing was learnt from.

Usage: python bench/check.py [--table FINDINGS.jsonl] [--quick] [--made FOLDER] [--json]

Reads what training/fusion/collect.py found (rows of part "judge"), and collects first where there
is no table; `--quick` leaves out the worse copies and the speed. Of each inspector and the verdict,
by family of forgery: AUC with 95 % over sources, EER, the share found where 1 % of genuine files
raise an alarm, expected calibration error, Cllr, coverage, pairs (a forgery above its own
original), and beside them the AUC of what needs no detector: sharpness, face size, bitrate,
loudness, each never turned round. Conditions are rows of their own; "encoders swapped" sets
forgeries as they are against genuine files at CRF 35, and the reverse.

`--made` names a folder of files by `bonaface speak`: how many the marks find, and what the
inspectors say of them without the marks.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "training" / "fusion"))
from alike import COMPONENTS, POISSON
from collect import MEDIA, collect, read_rows

from bonaface.check import check
from bonaface.core import Finding
from bonaface.examine import examine
from bonaface.forensics.fusion import fuse
from bonaface.forensics.inspectors import open_inspectors
from bonaface.forensics.scores import (
    auc,
    calibration_error,
    cllr,
    eer,
    found_at,
    interval,
    pairs_right,
    wilson,
)
from bonaface.media.files import look

Row = dict[str, Any]
PLAIN = ("sharpness", "face_px", "bitrate", "loudness")
SHOWN_ONLY = "spectrum"  # where it finds something, without a number: counted
FEWEST = 3  # of each class, below which no figure is given


def findings(row: Row) -> tuple[Finding, ...]:
    """The sums of the inspectors, as the verdict gets them."""
    return tuple(
        Finding(0, 0, one["inspector"], one["score"], "", whole=True, quality=one["quality"])
        for one in row["findings"]
    )


def score(name: str, row: Row) -> float | None:
    """What an inspector, or the verdict, says of a file."""
    if name == "verdict":
        return fuse(findings(row)).probability
    said = (one["score"] for one in row["findings"] if one["inspector"] == name)
    found: float | None = next(said, None)
    return found


def judge(name: str, reals: list[Row], fakes: list[Row]) -> Row | None:
    """All figures of one inspector on one set; None where too few were judged."""
    both = [[(row, score(name, row)) for row in rows] for rows in (reals, fakes)]
    kept = [[(row, said) for row, said in rows if said is not None] for rows in both]
    if min(map(len, kept)) < FEWEST:
        return None
    real, fake = (np.array([said for _, said in rows]) for rows in kept)
    groups = tuple([str(row["group"]) for row, _ in rows] for rows in kept)
    chances = np.concatenate([real, fake])
    truth = np.concatenate([np.zeros(len(real), bool), np.ones(len(fake), bool)])
    pairs = list(_pairs(*kept))
    return {
        "reals": len(real),
        "fakes": len(fake),
        "auc": auc(real, fake),
        "auc_95": interval(auc, real, fake, (groups[0], groups[1])),
        "eer": eer(real, fake),
        "found_at_1": found_at(real, fake),
        "ece": calibration_error(chances, truth),
        "cllr": cllr(chances, truth),
        "coverage": len(chances) / (len(reals) + len(fakes)),
        "pairs": [pairs_right(pairs), len(pairs)] if pairs else None,
        "plain": {key: _plain(key, reals, fakes) for key in PLAIN},
    }


def _pairs(
    reals: list[tuple[Row, float]], fakes: list[tuple[Row, float]]
) -> Iterator[tuple[float, float]]:
    """Forgeries made here have the group of their original, in the same condition."""
    known = {(row["group"], row["condition"], row["kind"]): said for row, said in reals}
    for row, said in fakes:
        place = (row["group"], row["condition"], row["kind"])
        if "made here" in row["method"] and place in known:
            yield known[place], said


def _plain(key: str, reals: list[Row], fakes: list[Row]) -> float | None:
    sides = [
        np.array([row["plain"][key] for row in rows if row["plain"][key] is not None], float)
        for rows in (reals, fakes)
    ]
    return None if min(map(len, sides)) < FEWEST else auc(*sides)


def sets(rows: list[Row]) -> Iterator[tuple[str, list[Row], list[Row]]]:
    """Name, genuine and forged rows: each family in each condition, kinds never mixed."""
    for kind in ("image", "video", "audio"):
        mine = [row for row in rows if row["kind"] == kind]
        for condition in sorted({row["condition"] for row in mine}, key=lambda c: c != "original"):
            here = [row for row in mine if row["condition"] == condition]
            reals = [row for row in here if not row["fake"]]
            fakes = [row for row in here if row["fake"]]
            for family in sorted({row["method"] for row in fakes}):
                some = [row for row in fakes if row["method"] == family]
                yield f"{kind} {condition}: {family}", _fair(family, reals), some
    for kind, coarse in (("video", "crf35"), ("image", "jpeg40")):
        for first, second in ((coarse, "original"), ("original", coarse)):
            mine = [row for row in rows if row["kind"] == kind and _crossed(row, kind)]
            reals = [row for row in mine if not row["fake"] and row["condition"] == first]
            fakes = [row for row in mine if row["fake"] and row["condition"] == second]
            yield f"{kind} encoders swapped: genuine {first}, forged {second}", reals, fakes


def _crossed(row: Row, kind: str) -> bool:
    """All films; of the pictures the faces that were written alike."""
    return kind == "video" or row["path"].startswith("faces/") or "made here" in row["method"]


def _fair(family: str, reals: list[Row]) -> list[Row]:
    """Genuine files of the same origin, where the family has some: no other clue than forgery."""
    folder = {
        "StyleGAN2": "derived/",
        "DFDC face swap": "fakes/erprogs",
        POISSON: "faces/",
        COMPONENTS: "faces/",
        "another's sound (made here)": "talking/",
    }.get(family)
    same = [row for row in reals if folder and row["path"].startswith(folder)]
    return same if len(same) >= FEWEST else reals


def answers(name: str, rows: list[Row]) -> Row:
    """In how many files of each set an inspector finds what it only shows: it gives no number."""
    said = {}
    for title, reals, fakes in sets(rows):
        counts = [sum(_shown(name, row) for row in some) for some in (reals, fakes)]
        said[title] = {"genuine": [counts[0], len(reals)], "forged": [counts[1], len(fakes)]}
    return said


def _shown(name: str, row: Row) -> bool:
    return any(one["inspector"] == name and one["quality"] > 0 for one in row["findings"])


def alarms(rows: list[Row]) -> Row:
    """Genuine files that the verdict would call manipulated, and forged ones that it finds."""
    said = {}
    for name, fake in (("genuine_called_forged", False), ("forged_called_forged", True)):
        mine = [row for row in rows if row["fake"] is fake]
        count = sum(fuse(findings(row)).forged for row in mine)
        said[name] = {"count": count, "of": len(mine), "share_95": wilson(count, len(mine))}
    clean = [row for row in rows if fuse(findings(row)).clean]
    forged = sum(row["fake"] for row in clean)
    said["no_signs"] = {"count": len(clean), "forged_among_them": forged}
    return said


def measure_speed() -> Row:
    """CPU seconds of the inspectors for 10 s at 720p, and for a photo."""
    film = min((MEDIA / "talking").glob("opentalker*.mp4"))
    photo = min((MEDIA / "portraits").glob("*.jpg"))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "film.mp4"
        ways = ["-t", "10", "-vf", "scale=1280:720", "-r", "25", "-preset", "veryfast"]
        command = ["ffmpeg", "-v", "error", "-stream_loop", "-1", "-i", str(film), *ways, str(out)]
        subprocess.run(command, check=True)
        return {"film_10s_720p": _spend(out), "photo": _spend(photo)}


def _spend(path: Path) -> Row:
    """CPU seconds, models open."""
    media = look(path)
    inspectors, _ = open_inspectors(media.kind)
    spent = {}
    for name, some in (("faces and decoding", ()), ("with all inspectors", inspectors)):
        for _ in range(2):  # the first opens models
            begin = time.process_time()
            examine(media, some)
            spent[name] = round(time.process_time() - begin, 2)
    return spent


def judge_made(folder: Path) -> Row:
    """Files by `bonaface speak`: found by marks and credentials; and by inspectors alone."""
    files = sorted(path for path in folder.iterdir() if path.suffix in {".mp4", ".wav", ".png"})
    reports = [check(path) for path in files]
    known = sum(one.verdict.word == "made-by-ai" for one in reports)
    alone = sum(fuse(one.evidence.inspected).forged for one in reports)
    said = {"files": len(files), "found": known, "found_95": wilson(known, len(files))}
    return {**said, "by_inspectors_alone": alone}


def write_table(result: Row) -> None:
    """The same for people."""
    for name, lines in result["inspectors"].items():
        print(f"\n{name}")
        for title, one in lines.items():
            low, high = one["auc_95"]
            pairs = (
                "" if one["pairs"] is None else f" pairs {one['pairs'][0]:.2f} of {one['pairs'][1]}"
            )
            plain = " ".join(f"{k} {v:.2f}" for k, v in one["plain"].items() if v is not None)
            print(
                f"  {title[:62]:<63}{one['fakes']:>4}f{one['reals']:>5}r AUC {one['auc']:.3f} "
                f"({low:.2f}-{high:.2f}) EER {one['eer']:.2f} at 1 % {one['found_at_1']:.2f} "
                f"ECE {one['ece']:.2f} Cllr {one['cllr']:.2f} of {one['coverage']:.0%}{pairs} "
                f"| {plain}"
            )
    print("\ntraces of a network, told of files")
    for title, one in result["traces of a network"].items():
        told = (f"{word} {one[word][0]} of {one[word][1]}" for word in ("genuine", "forged"))
        print(f"  {title[:62]:<63}{', '.join(told)}")
    for key in ("verdict_original", "speed", "made"):
        print(f"\n{key.replace('_', ', ')}: {json.dumps(result[key])}")


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    default = Path(tempfile.gettempdir()) / "fusion" / "findings.jsonl"
    parser.add_argument("--table", type=Path, default=default)
    parser.add_argument("--made", type=Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    if not wanted.table.exists():
        collect(wanted.table.parent, quick=wanted.quick, extra=None)
    latest = {(row["path"], row["condition"]): row for row in read_rows(wanted.table)}
    rows = [row for row in latest.values() if row["part"] == "judge"]
    if wanted.quick:
        rows = [row for row in rows if row["condition"] == "original"]
    names = sorted({one["inspector"] for row in rows for one in row["findings"]})
    result: Row = {"inspectors": {}}
    for name in (*names, "verdict"):
        if name == SHOWN_ONLY:
            continue
        lines = {title: judge(name, reals, fakes) for title, reals, fakes in sets(rows)}
        result["inspectors"][name] = {title: one for title, one in lines.items() if one}
    result["traces of a network"] = answers(SHOWN_ONLY, rows)
    result["verdict_original"] = alarms([r for r in rows if r["condition"] == "original"])
    result["speed"] = None if wanted.quick else measure_speed()
    result["made"] = judge_made(wanted.made) if wanted.made else "no folder was named"
    print(json.dumps(result)) if wanted.json else write_table(result)


if __name__ == "__main__":
    main()
