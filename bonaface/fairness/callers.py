"""Live callers made of still faces: does the light of the screen, does a turn, show on everybody?

A labelled face is set before a simulated camera (scene.py) in a room, and answers a challenge of
forensics/liveness as a person does who is there: the screen's light falls on the face's own pixels,
the head turns by its relief. Room, noise, network and challenge are drawn by lot, the same for one
face in all skin tones.
"""

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Final
from zlib import crc32

import cv2
import numpy as np

from bonaface.core import SECOND, Finding, Picture
from bonaface.face.find import Face, bound
from bonaface.face.segment import segment_person
from bonaface.fairness.scene import Camera, Floats, Pixels, Place, draw_place, shine, turn_head
from bonaface.forensics.liveness.challenge import Challenge
from bonaface.forensics.liveness.colour import Colour
from bonaface.forensics.liveness.turn import Turn
from bonaface.forensics.look import Look, Looker, Sight
from bonaface.media.call import send

WIDE, HIGH, PACE = 340, 256, 10  # px, px, pictures a second
TALL: Final = 110.0  # px of the face, forehead to chin
REFUSED: Final = 0.5  # from which an answer does not speak for the caller


def ask_colours(picture: Picture, face: Face | None) -> float | None:
    """The chance that light on this face is none of the screen's; 1 where it was not judged."""
    if face is None:
        return None
    seed = crc32(face.landmarks.tobytes())
    dice = np.random.default_rng(seed)
    check, place = Colour(Random(seed)), draw_place(dice)
    check.begin(0)
    pixels, marks = frame_face(picture.pixels, face)
    still = Sight(0, replace(face, landmarks=marks, box=bound(marks)))
    where = 0.1 + 0.9 * segment_person(Picture(0, pixels))
    lit = _lit(check.challenge, place, (pixels, where), dice)
    for seen in send(lit, place.bits, PACE):
        check.push(Look(seen, (still,)))
    return _chance(check.answer())


def ask_turn(picture: Picture, face: Face | None) -> float | None:
    """The chance that this head did not turn as heads do; 1 where it was not judged."""
    if face is None:
        return None
    seed = crc32(face.landmarks.tobytes())
    dice = np.random.default_rng(seed)
    check, place, looker = Turn(Random(seed)), draw_place(dice), Looker()
    check.begin(0)
    shown = _turned(check.challenge, place, frame_face(picture.pixels, face), dice)
    for seen in send(shown, place.bits, PACE):
        for look in looker.push(seen):
            check.push(look)
    return _chance(check.answer())


def _chance(said: Finding) -> float:
    return 1.0 if said.score is None else said.score


def frame_face(pixels: Pixels, face: Face) -> tuple[Pixels, Floats]:
    """The face as a call shows it, with its landmarks; what the picture lacks is blurred."""
    scale = TALL / face.height
    middle = face.landmarks[:468, :2].mean(0)
    shift = np.array([WIDE / 2, HIGH * 0.52]) - scale * middle
    way = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    if scale < 0.5:  # sampling alone would skip pixels
        pixels = cv2.blur(pixels, (round(1 / scale), round(1 / scale)))
    how, size = cv2.INTER_LINEAR, (WIDE, HIGH)
    sharp = cv2.warpAffine(pixels, way, size, flags=how, borderMode=cv2.BORDER_REPLICATE)
    inside = cv2.warpAffine(np.full(pixels.shape[:2], 255, np.uint8), way, size, flags=how)
    out = np.where(inside[..., None] > 128, sharp, cv2.blur(sharp, (31, 31)))
    marks = face.landmarks * scale
    marks[:, :2] += shift
    return out.astype(np.uint8), marks.astype(np.float32)


def _times(challenge: Challenge) -> Iterator[float]:
    return (count / PACE for count in range(challenge.lasts * PACE // SECOND))


def _lit(
    challenge: Challenge, place: Place, seen: tuple[Pixels, Floats], dice: np.random.Generator
) -> Iterator[Picture]:
    camera = Camera(place, dice)
    for when in _times(challenge):
        late = (when - place.delay) * SECOND
        past = [step.does for step in challenge.steps if step.at <= late]
        light = shine(seen[0], past[-1] if past else None, seen[1], place.light)
        yield Picture(int(when * SECOND), camera.take(light, 1 / PACE))


def _turned(
    challenge: Challenge, place: Place, seen: tuple[Pixels, Floats], dice: np.random.Generator
) -> Iterator[Picture]:
    camera = Camera(place, dice)
    step = challenge.steps[1]
    slow, far = dice.uniform(0.3, 1.2), dice.uniform(16, 35) * (1 if step.does == "left" else -1)
    for when in _times(challenge):
        since = when - place.delay - step.at / SECOND - slow
        yaw = far * float(np.clip(since / 0.7, 0, 1) * np.clip((3.0 - since) / 0.7, 0, 1))
        pixels = turn_head(*seen, yaw) if abs(yaw) > 0.5 else seen[0]
        light = shine(pixels, None, np.ones(pixels.shape[:2], np.float32), 0.0)
        yield Picture(int(when * SECOND), camera.take(light, 1 / PACE))
