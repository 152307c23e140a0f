"""The fairness audit on recordings of people. `python bench/fairness_recordings.py [--json]`.

Labels are those that the media's manifest gives in words ("older white woman"), or that a source
states of its speakers; what is not stated is left out. Single digits that two people spoke are put
into rows, in noise, as bench/liveness.py does, ten rounds each. The table is written beside them in
a folder that is deleted, or in `--folder`. Who is in it: some thirty people; intervals are wide.
"""

import argparse
import csv
import json
import re
import sys
import tempfile
import wave
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np
from fairness import LIMIT, MEDIA, show
from liveness_voices import READERS, read_aloud

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
from sources import name_group

from bonaface.core import Sound
from bonaface.fairness.audit import audit
from bonaface.fairness.page import to_page
from bonaface.fairness.people import read_people, tell_kinds
from bonaface.forensics.liveness.digits import Digits

ROUNDS: Final = 10  # of digits, each person's
SOURCES: Final = {  # of whom the source says it
    "LJSpeech": "female",
    "jackson": "male",
    "nicolas": "male",
    "openai-real-tests-jfk": "male",
}
ORIGINS: Final = (r"East-Asian", r"South-Asian", r"\bBlack\b", r"\bwhite\b")
AGES: Final = (r"\bolder\b", r"\byoung\b")
SAID: Final = re.compile(r'file name code\): "+([a-z ]+)"')
Row = dict[str, str]


def label(media: Path) -> Iterator[Row]:
    """A row for each genuine recording of somebody who talks."""
    with (media / "manifest.tsv").open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows, delimiter="\t"):
            kind, path = row["kind"], row["path"]
            if kind not in {"talking", "speech"} or row["label"] != "real":
                continue
            who = name_group(path)
            if who in READERS:
                continue  # their digits are put into rows
            said = SAID.search(row["note"].replace("\\", ""))
            yield {
                "path": str(media / path),
                "person": who,
                "sex": SOURCES.get(who) or _sex(row),
                "origin": _word(ORIGINS, _words(row)),
                "age": _word(AGES, _words(row)),
                "said": said.group(1) if said else "",
            }


def _words(row: Row) -> str:
    """What the manifest says of who is seen, of this very clip."""
    last = row["note"].rpartition("; ")[2]
    note = last if "GRID" in row["shows"] and "transcript" not in last else ""
    named = re.search(r"(\w+) is a (.+)", row["note"])
    if named and named.group(1) in row["path"]:
        note = named.group(2)
    return f"{row['shows']} {note}"


def _sex(row: Row) -> str:
    words = _words(row)
    if re.search(r"\bwoman\b", words):
        return "female"
    return "male" if re.search(r"\bman\b", words) else ""


def _word(patterns: tuple[str, ...], words: str) -> str:
    found = (re.search(pattern, words) for pattern in patterns)
    return next((one.group() for one in found if one), "")


def read_rows(media: Path, folder: Path) -> Iterator[Row]:
    """Digits in rows, each round in a file of `folder`."""
    for who in READERS:
        for number in range(ROUNDS):
            challenge = Digits(Random(number)).challenge
            dice = np.random.default_rng(number)
            path = folder / f"{who}-{number}.wav"
            write(path, read_aloud(media, challenge, who, dice))
            said = " ".join(step.does for step in challenge.steps)
            yield {"path": str(path), "person": who, "sex": SOURCES[who], "said": said}


def write(path: Path, sound: Sound) -> None:
    """A WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sound.rate)
        file.writeframes((np.clip(sound.samples, -1, 1) * 32767).astype("<i2").tobytes())


def measure(folder: Path, page: Path | None) -> list[Any]:
    """Audit what is in the media."""
    rows = [*label(MEDIA), *read_rows(MEDIA, folder)]
    table = folder / "people.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["path", "person", "sex", "origin", "age", "said"])
        writer.writeheader()
        writer.writerows(rows)
    people = list(tell_kinds(read_people(table), print))
    audits = audit(people, [], complain=print, matches=True)
    if page:
        page.write_text(to_page(audits, people, "bench/fairness_recordings.py"), "utf-8")
    return audits


def main() -> None:
    """Audit and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, help="where the table and the rows are kept")
    parser.add_argument("--page", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not MEDIA.exists():
        sys.exit(f"no media at {MEDIA}")
    with tempfile.TemporaryDirectory() as spare:
        folder: Path = options.folder or Path(spare)
        folder.mkdir(parents=True, exist_ok=True)
        audits = measure(folder, options.page)
    if options.json:
        print(json.dumps([asdict(one) | {"beyond": one.beyond(LIMIT)} for one in audits], indent=1))
        return
    show(audits)
    for one in audits:
        print(one.subject, one.passed)


if __name__ == "__main__":
    main()
