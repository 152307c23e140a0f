"""What the checks measure on callers and attacks: the slow half of bench/liveness.py.

What two species do alike is measured once: who injects a film shows no light, whoever speaks; who
holds something before a camera passes the same hand before it.
"""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np
from liveness_people import PACE, Person, find_people, find_turning, read_person
from liveness_scene import read_hands
from liveness_species import Act
from liveness_voices import (
    READERS,
    follow,
    heard_share,
    hold_still,
    lips_odds,
    read_aloud,
    speak_digits,
)
from seen import permit_fiction

from bonaface.avatar.likeness.build import build_likeness
from bonaface.avatar.render.renderer import Renderer
from bonaface.core import SECOND, Picture
from bonaface.fairness.scene import draw_place
from bonaface.forensics.liveness.colour import Colour
from bonaface.forensics.liveness.digits import (
    READ,
    RIGHT,
    WRONG,
    Digits,
    agree,
    read_digits,
    transcribe,
)
from bonaface.forensics.liveness.hand import Hand
from bonaface.forensics.liveness.turn import REST, Turn, measure_yaw
from bonaface.forensics.look import Look, Looker
from bonaface.media.photos import read_photo

Row = dict[str, Any]
KINDS: Final[dict[str, type[Colour] | type[Turn] | type[Hand]]] = {
    "colour": Colour,
    "turn": Turn,
    "hand": Hand,
}
SHOWN: Final = (  # species, kinds
    ("bona fide", ("colour", "turn", "hand")), ("paper", ("colour", "turn", "hand")),
    ("bent", ("turn",)), ("screen", ("colour",)), ("file", ("colour", "turn", "hand")),
    ("mimic", ("colour", "turn", "hand")), ("voice", ("colour", "turn")), ("laid over", ("hand",)),
)  # fmt: skip
DRAWS: Final = 2  # how often: a round, and what follows up an unclear one
PORTRAITS: Final = 4  # of nobody; two for each half


def measure_all(media: Path, most: int) -> Iterator[Row]:
    """Person by person, at most `most`; every second one is for fitting."""
    photos = sorted((media / "portraits").glob("fictional-*.jpg"))
    photos = photos[:: len(photos) // PORTRAITS][:PORTRAITS]
    faces = [open_face(photo) for photo in photos]
    hands = read_hands(media)
    yield from measure_turning(media)
    before: Person | None = None
    for number, path in enumerate(find_people(media)[:most]):
        person = read_person(path)
        half = ("fit", "judge")[number % 2]
        who = {"person": path.stem, "half": half}
        face = faces[number % PORTRAITS]
        hand = hands[number % len(hands)]
        for draw in range(DRAWS):
            row = who | {"draw": draw}
            for species, kinds in SHOWN:
                for kind in kinds:
                    dice = np.random.default_rng([number, draw, len(species)])
                    act = Act(species, person, face, hand, draw_place(dice), dice)
                    told = show(act, kind, number * 10 + draw)
                    yield row | {"species": species, "kind": kind, "measure": told}
            seed = number + 100 * draw
            for species, told in listen(media, person, before or person, face, seed):
                yield row | {"species": species, "kind": "digits", "measure": told}
        before = person


def open_face(photo: Path) -> Renderer:
    """Draw somebody who does not exist."""
    picture = read_photo(photo)
    return Renderer(build_likeness(picture, (320, 320)), permit_fiction(photo, picture))


def show(act: Act, kind: str, seed: int) -> Any:
    """What one check measures of one act."""
    check = KINDS[kind](Random(seed))
    check.begin(0)
    looker = Looker()
    for picture in act.show(check.challenge):
        for look in looker.push(picture):
            check.push(look)
    return check.measure()


def listen(
    media: Path, person: Person, other: Person, face: Renderer, number: int
) -> Iterator[tuple[str, tuple[float, float | None] | None]]:
    """Share of digits that were read, and log odds of the lips, of each species.

    Who reads is one of two people for each half: one for fitting, one for judging.
    """
    dice = np.random.default_rng(number)
    challenge = Digits(Random(number)).challenge
    read = heard_share(challenge, read_aloud(media, challenge, READERS[number % 2], dice))
    other_words = heard_share(challenge, person.sound)
    own, driven = follow(person, None, 500_000), follow(person, face, 500_000)
    fits = lips_odds(own, person.sound)
    yield "bona fide", (read, fits)
    yield "file", (other_words, fits)
    yield "swapped", (read, lips_odds(own, other.sound))
    yield (
        "paper",
        (
            read,
            lips_odds(
                hold_still(person, 500_000, np.random.default_rng([number, 1])), person.sound
            ),
        ),
    )
    yield "mimic", (read, lips_odds(driven, person.sound))
    yield "voice", speak(face, number, dice)


def speak(face: Renderer, number: int, dice: np.random.Generator) -> tuple[float, float] | None:
    """The same of a portrait that reads with a made voice; None where it cannot be told."""
    heard: list[float] = []
    check = Digits(Random(number), lambda sounds: _keep(transcribe(sounds), challenge, heard))
    challenge = check.challenge
    check.begin(0)
    speak_digits(face, check, dice)
    score = check.answer().score
    if not heard or score is None:
        return None
    odds = float(np.log(score / (1 - score)))
    return heard[0], odds - RIGHT if heard[0] >= READ else odds - WRONG


def _keep(text: str, challenge: Any, heard: list[float]) -> str:
    shown = "".join(step.does.replace(" ", "") for step in challenge.steps)
    heard.append(agree(shown, read_digits(text)))
    return text


def measure_turning(media: Path) -> Iterator[Row]:
    """Clips in which a head turns by itself, from where it looks ahead for a second."""
    for path in find_turning(media):
        person = read_person(path, 12 * PACE)
        looks = person.looks
        yaws = np.array([measure_yaw(one.sights[0].face.landmarks) for one in looks])
        ahead = int(REST * PACE)
        rests = np.array([np.median(yaws[i : i + ahead]) for i in range(len(yaws) - 5 * PACE)])
        reach = [
            np.abs(yaws[i + ahead : i + 5 * PACE] - rest).max() - 2 * abs(rest)
            for i, rest in enumerate(rests)
        ]
        if not reach:
            continue
        begin = int(np.argmax(reach))
        part = looks[begin : begin + 5 * PACE]
        told = max((turn(part, side) for side in ("left", "right")), key=lambda one: one[0])
        yield {"person": path.stem, "half": "filmed", "species": "bona fide", "kind": "turn",
               "draw": 0, "measure": told}  # fmt: skip


def turn(looks: tuple[Look, ...], side: str) -> tuple[float, float]:
    """What the check measures of a part of a clip, if it asks for `side`."""
    seeds = (seed for seed in range(99) if Turn(Random(seed)).challenge.steps[1].does == side)
    check = Turn(Random(next(seeds)))
    check.begin(0)
    for place, look in enumerate(looks):
        check.push(Look(Picture(place * SECOND // PACE, look.picture.pixels), look.sights))
    return check.measure() or (0.0, 0.0)
