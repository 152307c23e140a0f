"""Does the hand challenge see all hands? `python bench/fairness_hands.py [--faces 40]`.

Faces of people who do not exist sway before a simulated camera (the rooms, noise, delays and H.264
of bench/liveness.py), and photographs of twelve people's hands pass before them. Hands are
recoloured to each of the ten Monk tones: before the face as it is (`own`), and before the face
recoloured in its turn, so that each tone of hand meets each tone of face equally often (`crossed`).
Room, noise, way and pace are drawn by lot, the same for one face in all tones. `laid over` is the
attack in which another face is laid over the caller's, above the hand. `over the face` counts
single passes that were seen to hide the face. A pass is an answer that speaks for the caller; its
intervals are Wilson's, 95 %, one round of each face and tone. No arm, no palm of a dark hand (it is
lighter than its back) and no real caller was in it. `--cache FILE` keeps what was measured.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

import cv2
import numpy as np
from liveness_people import PACE, Person
from liveness_scene import read_hands
from liveness_species import Act
from scores import wilson

from bonaface.core import SECOND, Picture
from bonaface.face.find import Face, find_faces
from bonaface.fairness.callers import frame_face
from bonaface.fairness.scene import Floats, Pixels, draw_place, turn_head
from bonaface.forensics.liveness.hand import Hand, weigh
from bonaface.forensics.look import Looker
from bonaface.forensics.tone import MONK, recolour, recolour_like
from bonaface.media.photos import read_photo

MEDIA = Path(os.environ.get("BONAFACE_MEDIA", Path(__file__).parents[2] / "shared" / "media"))
TONES: Final = range(1, len(MONK) + 1)
SWAYS: Final = 2 * PACE  # pictures of a head that sways, played to and fro
Row = dict[str, Any]
HandCut = tuple[Floats, Floats]


def measure(media: Path, numbers: Sequence[int]) -> Iterator[Row]:
    """Face by face: every tone of hand, before the face as it is and in another tone."""
    hands = read_hands(media)
    photos = sorted((media / "portraits").glob("fictional-*.jpg"))
    for number in numbers:
        picture = read_photo(photos[number])
        face = next(iter(find_faces(picture)), None)
        if face is None:
            continue
        yield {"face": number, "kind": "no hand", "told": show(number, sway(picture, face), None)}
        own = sway(picture, face)
        for tone in TONES:
            hand = tint(hands[number % len(hands)], tone)
            over = (number + tone) % len(MONK) + 1
            pixels = recolour(picture.pixels, face.landmarks, over)
            crossed = sway(Picture(0, pixels), face)
            row = {"face": number, "hand": tone}
            yield row | {"kind": "own", "told": show(number, own, hand)}
            yield row | {"kind": "crossed", "skin": over, "told": show(number, crossed, hand)}
            attack = show(number, crossed, hand, "laid over")
            yield row | {"kind": "laid over", "skin": over, "told": attack}


def tint(hand: HandCut, monk: int) -> HandCut:
    """A hand in another tone."""
    pixels, matte = hand
    tinted = recolour_like(pixels.astype(np.uint8), matte > 0.9, monk)
    return tinted.astype(np.float32), matte


def sway(picture: Picture, face: Face) -> Person:
    """Somebody who sits before a camera: a still face that turns and moves a little."""
    pixels, marks = frame_face(picture.pixels, face)
    looker, looks = Looker(), []
    for i in range(SWAYS):
        part = np.pi * i / (SWAYS - 1)
        shown = _move(turn_head(pixels, marks, 3 * float(np.cos(part))), 3 * float(np.sin(part)))
        looks += [one for one in looker.push(Picture(i * SECOND // PACE, shown)) if one.sights]
    bare = tuple(np.zeros(pixels.shape[:2], np.float32) for _ in looks)
    return Person(Path(), tuple(one.picture.pixels for one in looks), tuple(looks), bare)


def _move(pixels: Pixels, far: float) -> Pixels:
    way = np.array([[1, 0, far], [0, 1, far / 2]])
    size = pixels.shape[1::-1]
    moved = cv2.warpAffine(pixels, way, size, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)


def show(
    number: int, person: Person, hand: HandCut | None, species: str = "bona fide"
) -> list[str] | None:
    """What the challenge tells of each pass; None where no face was seen."""
    if not person.looks:
        return None
    dice = np.random.default_rng(number)
    check, place = Hand(Random(number)), draw_place(dice)
    check.begin(0)
    none = np.zeros((8, 8, 3), np.float32), np.zeros((8, 8), np.float32)
    act = Act(species, person, None, hand or none, place, dice)
    looker = Looker()
    for seen in act.show(check.challenge):
        for look in looker.push(seen):
            check.push(look)
    told = check.measure()
    return None if told is None else list(told)


def passes(row: Row) -> bool:
    """Whether the answer speaks for the caller."""
    return row["told"] is not None and weigh(row["told"]) < 0


def line(name: str, rows: Sequence[Row]) -> str:
    """How often these pass, and what was seen of single passes."""
    count, some = len(rows), sum(map(passes, rows))
    low, high = wilson(some, count)
    told = [one for row in rows for one in (row["told"] or ["absent", "absent"])]
    shares = ", ".join(
        f"{what} {told.count(said) / max(len(told), 1):.0%}"
        for what, said in (
            ("over the face", "before"),
            ("beside it", "behind"),
            ("not seen", "absent"),
        )
    )
    share = some / max(count, 1)
    return f"  {name:14}{some:4} of {count:4}  {share:6.1%} [{low:.1%}, {high:.1%}]   {shares}"


def table(rows: Sequence[Row]) -> str:
    """Passes by tone of the hand and of the face."""
    lines = []
    for kind, title in (
        ("no hand", "No hand: passes that should not be"),
        ("own", "By tone of the hand, before faces as they are"),
        ("crossed", "By tone of the hand, before faces of all tones"),
        ("laid over", "Attack: a face laid over the hand, by tone of the hand"),
    ):
        some = [row for row in rows if row["kind"] == kind]
        lines += [title, line("all", some)]
        if kind != "no hand":
            lines += [
                line(f"hand Monk {tone}", [row for row in some if row["hand"] == tone])
                for tone in TONES
            ]
    crossed = [row for row in rows if row["kind"] == "crossed"]
    lines.append("By tone of the face, before it hands of all tones")
    lines += [
        line(f"face Monk {tone}", [row for row in crossed if row["skin"] == tone]) for tone in TONES
    ]
    lines.append("By how far hand and face lie apart, in Monk tones")
    for name, least, most in (("0 or 1", 0, 1), ("2 to 4", 2, 4), ("5 to 9", 5, 9)):
        apart = [row for row in crossed if least <= abs(row["hand"] - row["skin"]) <= most]
        lines.append(line(name, apart))
    return "\n".join(lines)


def main() -> None:
    """Measure, or read what was measured, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--faces", type=int, default=40)
    parser.add_argument("--only", type=int, nargs="*", help="the numbers of these portraits")
    parser.add_argument("--cache", type=Path)
    options = parser.parse_args()
    cache: Path | None = options.cache
    if cache is not None and cache.is_file():
        rows = [json.loads(one) for one in cache.read_text("utf-8").splitlines()]
    else:
        if not MEDIA.exists():
            sys.exit(f"no media at {MEDIA}")
        cv2.setNumThreads(1)
        rows = list(measure(MEDIA, options.only or range(options.faces)))
        if cache is not None:
            cache.write_text("".join(json.dumps(one) + "\n" for one in rows), "utf-8")
    print(table(rows))


if __name__ == "__main__":
    main()
