"""Who answers a check in bench/liveness.py: a person who is there, and attacks by their species.

bona fide      the person turns (by the relief of their landmarks), passes a hand, is lit
paper, bent    their photograph is held before a camera, swung flat or bent; a hand passes before it
screen         their film runs on a screen before a camera; a hand passes before it
file           their film is sent instead of a camera's pictures, with its own sound
swapped        the same, after somebody joined who goes on speaking
mimic          a bonaface portrait follows the person, who does all that is asked
voice          a bonaface portrait follows the voice of somebody who reads what is asked
laid over      another face is laid over the person's own, above their hand too
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import cv2
import numpy as np
from liveness_people import PACE, Person
from liveness_scene import lay_hand, swing

from bonaface.avatar.manner import Manner
from bonaface.avatar.mimic.stage import Mimic
from bonaface.avatar.pose import LIPS, Lips
from bonaface.avatar.render.renderer import Renderer
from bonaface.core import SECOND, Picture
from bonaface.fairness.scene import Camera, Floats, Place, shine, turn_head
from bonaface.forensics.liveness.challenge import Challenge
from bonaface.media.call import send

SPECIES: Final = (
    "bona fide", "paper", "bent", "screen", "file", "swapped", "mimic", "voice", "laid over",
)  # fmt: skip
PHYSICAL: Final = ("bona fide", "paper", "bent", "screen", "mimic", "laid over")
GLASS = 0.04  # of light that a screen gives back
LOOK = 12.0  # s of a challenge at most


@dataclass(frozen=True, slots=True)
class Act:
    """What one caller does at one challenge."""

    species: str
    person: Person
    renderer: Renderer | None  # of a made face; others need none
    hand: tuple[Floats, Floats]
    place: Place
    dice: np.random.Generator

    def show(self, challenge: Challenge) -> Iterator[Picture]:
        """Pictures as the server gets them, from the beginning of the challenge on."""
        if self.species == "mimic":
            sent = self._mimic(challenge)
        elif self.species == "voice":
            sent = self._idle(challenge)
        else:
            sent = self._film(challenge)
        yield from send(sent, self.place.bits, PACE)

    def _film(self, challenge: Challenge) -> Iterator[Picture]:
        start, late = self.dice.uniform(0, 4), self.place.delay
        moves = Moves(challenge, self.dice)
        camera = Camera(self.place, self.dice)
        for count in range(round(challenge.lasts / SECOND * PACE)):
            when = count / PACE
            shown = self.person.place(0 if self.species in {"paper", "bent"} else start + when)
            if self.species in {"file", "swapped"}:
                yield Picture(int(when * SECOND), self.person.pictures[shown])
                continue
            colour = shown_at(challenge, when - late)
            light = self._stand(shown, colour, moves, when - late)
            yield Picture(int(when * SECOND), camera.take(light, 1 / PACE))

    def _stand(self, shown: int, colour: str | None, moves: "Moves", when: float) -> Floats:
        """What is before the camera, in light."""
        pixels, marks = (
            self.person.pictures[shown],
            self.person.looks[shown].sights[0].face.landmarks,
        )
        where = 0.1 + 0.9 * self.person.mattes[shown]
        yaw = moves.yaw(when)
        if self.species in {"paper", "bent"}:
            room = np.broadcast_to(np.median(pixels, (0, 1)), pixels.shape).astype(np.uint8)
            bend = 1.6 if self.species == "bent" else 0.0
            pixels, sheet = swing(pixels, room, yaw, bend, moves.sway(when))
            where = 0.1 + 0.9 * sheet
        elif self.species == "screen":
            where = np.full_like(where, GLASS)
        elif abs(yaw) > 0.5:
            pixels = turn_head(pixels, marks, yaw)
        face = self.person.looks[shown].sights[0].face
        if (x := moves.hand(when)) is not None:
            bare = pixels
            middle = (face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2
            wide = face.box[2] - face.box[0]
            place = (middle[0] + x * wide, middle[1] + 0.15 * face.height)
            pixels, cover = lay_hand(pixels, self.hand, place, moves.size * face.height)
            where = np.maximum(where, cover)
            if self.species == "laid over":
                hull = cv2.convexHull(marks[:468, :2].astype(np.int32))
                mask = cv2.fillConvexPoly(np.zeros(pixels.shape[:2], np.float32), hull, 1.0)
                mask = cv2.GaussianBlur(mask, (0, 0), 3)[..., None]
                pixels = (pixels + (bare - pixels.astype(np.float32)) * mask).astype(np.uint8)
        return shine(pixels, colour, where, self.place.light)

    @property
    def _drawn(self) -> Renderer:
        if self.renderer is None:
            raise ValueError(f"{self.species} needs a face to draw.")
        return self.renderer

    def _mimic(self, challenge: Challenge) -> Iterator[Picture]:
        mimic = Mimic()
        for seen in self._film(challenge):
            for pose in mimic.push(seen):
                yield Picture(seen.at, self._drawn.draw(pose))

    def _idle(self, challenge: Challenge) -> Iterator[Picture]:
        manner = Manner("warm", Fraction(PACE), int(self.dice.integers(99)))
        count = round(challenge.lasts / SECOND * PACE)
        still = np.zeros(len(LIPS), np.float32)
        for i in range(count + 2 * PACE):
            for pose in manner.push(Lips(round(i / PACE * SECOND), still)):
                if pose.at < challenge.lasts:
                    yield Picture(pose.at, self._drawn.draw(pose))


class Moves:
    """How a head and a hand move at a challenge, `when` (s) after it began."""

    def __init__(self, challenge: Challenge, dice: np.random.Generator) -> None:
        self._kind, self._steps = challenge.kind, challenge.steps
        self._slow = dice.uniform(0.3, 1.2, len(challenge.steps))  # s to understand
        self._lasts = dice.uniform(1.0, 1.9, len(challenge.steps))  # s of a pass
        self._far = float(dice.uniform(16, 35))  # degrees
        self._phase = dice.uniform(0, 6, 4)
        self.size = float(dice.uniform(0.9, 1.4))  # of a hand, in faces

    def yaw(self, when: float) -> float:
        """Degrees to the own left."""
        if self._kind != "turn":
            return 0.0
        step = self._steps[1]
        since = when - step.at / SECOND - float(self._slow[1])
        share = float(np.clip(since / 0.7, 0, 1) * np.clip((3.0 - since) / 0.7, 0, 1))
        return self._far * share * (1 if step.does == "left" else -1)

    def hand(self, when: float) -> float | None:
        """Face widths from the middle, positive at image right; None without a hand."""
        if self._kind != "hand":
            return None
        for step, slow, lasts in zip(self._steps, self._slow, self._lasts, strict=True):
            share = (when - step.at / SECOND - slow) / lasts
            if 0 <= share <= 1:
                return float((1.5 - 3 * share) * (1 if step.does == "left" else -1))
        return None

    def sway(self, when: float) -> tuple[float, float]:
        """How a photo is held, of its size."""
        x, y = (
            0.01 * np.sin(when * f + p) for f, p in zip((2.1, 1.7), self._phase[:2], strict=True)
        )
        return float(x), float(y)


def shown_at(challenge: Challenge, when: float) -> str | None:
    """The colour of the caller's screen; None where it is not changed."""
    if challenge.kind != "colour" or when < 0:
        return None
    past = [step.does for step in challenge.steps if step.at <= when * SECOND]
    return past[-1]
