"""What is heard in bench/liveness.py: digits read by people and machines, and lips that go with it.

No clip shows somebody who reads the digits. Words and lips are measured apart: words on single
digits that two people spoke (media/speech) put in a row, lips on clips with their own sound.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import takewhile
from pathlib import Path

import numpy as np
from filmed import RATE, read_pictures
from liveness_people import Person, fit

from bonaface.avatar.manner import Manner
from bonaface.avatar.mimic.stage import Mimic
from bonaface.avatar.mouth.phones import PhoneMouth, Sentence
from bonaface.avatar.render.renderer import Renderer
from bonaface.core import SECOND, Phone, Picture, Sound, Time, over
from bonaface.fairness.scene import Camera, draw_place, shine
from bonaface.forensics.lipsync.asked import ask
from bonaface.forensics.lipsync.window import Window as Run
from bonaface.forensics.liveness.challenge import Challenge
from bonaface.forensics.liveness.digits import Digits, agree, read_digits, transcribe, weigh_lips
from bonaface.forensics.look import Look, Looker
from bonaface.media.call import send
from bonaface.media.files import read_sound
from bonaface.speech.resample import Resample
from bonaface.speech.synthesize import open_voice

LONGEST = 8 * SECOND
READERS = ("jackson", "nicolas")


def read_aloud(media: Path, challenge: Challenge, who: str, dice: np.random.Generator) -> Sound:
    """The rows as one person speaks them, in noise of 15 to 30 dB."""
    whole = np.zeros(challenge.lasts * RATE // SECOND, np.float32)
    for step in challenge.steps:
        place = int((step.at / SECOND + dice.uniform(0.4, 1.0)) * RATE)
        for digit in step.does.split():
            take = int(dice.integers(3))
            path = media / "speech" / f"jakobovski-real-recordings-{digit}_{who}_{take}.wav"
            samples = np.concatenate([one.samples for one in read_sound(path, RATE)])
            samples = samples[: len(whole) - place] * (0.3 / np.abs(samples).max())
            whole[place : place + len(samples)] += samples
            place += len(samples) + int(dice.uniform(0.05, 0.35) * RATE)
    much = whole.std() * 10 ** (-dice.uniform(15, 30) / 20)
    return Sound(0, whole + dice.normal(0, much, len(whole)).astype(np.float32), RATE)


def heard_share(challenge: Challenge, sound: Sound) -> float:
    """How well what is heard agrees with the rows."""
    shown = "".join(step.does.replace(" ", "") for step in challenge.steps)
    return agree(shown, read_digits(transcribe([sound])))


def follow(person: Person, renderer: Renderer | None, bits: int) -> list[Look]:
    """The looks of a clip in a call, or of a portrait that follows it."""
    pictures: Iterable[Picture] = takewhile(
        lambda one: one.at < LONGEST, read_pictures(person.path)
    )
    pictures = map(fit, pictures)
    if renderer is not None:
        pictures = mimic(renderer, pictures)
    looker = Looker()
    return [look for picture in send(pictures, bits, 25) for look in looker.push(picture)]


def hold_still(person: Person, bits: int, dice: np.random.Generator) -> list[Look]:
    """The looks of a photo that is held before a camera for six seconds."""
    camera, looker = Camera(draw_place(dice), dice), Looker()
    bare = shine(person.pictures[0], None, person.mattes[0], 0.0)
    shown = (Picture(i * SECOND // 25, camera.take(bare.copy(), 0.04)) for i in range(150))
    return [look for picture in send(shown, bits, 25) for look in looker.push(picture)]


def mimic(renderer: Renderer, pictures: Iterable[Picture]) -> Iterator[Picture]:
    """A portrait that follows pictures."""
    stage = Mimic()
    for picture in pictures:
        for pose in stage.push(picture):
            yield Picture(picture.at, renderer.draw(pose))


def lips_odds(looks: list[Look], sound: Sound) -> float | None:
    """Log odds that the lips do not say this; None where they cannot be compared."""
    run = Run()
    for look in looks:
        run.see(look)
    until = looks[-1].at * RATE // SECOND
    run.hear(Sound(0, np.array(np.resize(sound.samples, until)), RATE))
    return weigh_lips(run, ask(run.join()))[0]


def speak_digits(renderer: Renderer, check: Digits, dice: np.random.Generator) -> None:
    """A portrait reads the rows with a made voice: all of it is seen and heard."""
    narrow, mouth = Resample(RATE), PhoneMouth()
    manner = Manner("warm", Fraction(25), int(dice.integers(99)))
    sentences = list(utter(check.challenge, dice))
    for said in sentences:
        for run in narrow.push(said.sound):
            check.push(run)
    lips = [one for said in sentences for one in mouth.push(said)]
    poses = [pose for one in (*lips, *mouth.flush()) for pose in manner.push(one)]
    poses += manner.flush()
    looker = Looker()
    for picture in send((Picture(one.at, renderer.draw(one)) for one in poses), 600_000, 25):
        for look in looker.push(picture):
            check.push(look)


def utter(challenge: Challenge, dice: np.random.Generator) -> Iterator[Sentence]:
    """The rows as a made voice reads them, one after the other without a gap in time."""
    voice = open_voice("default")
    names = "zero one two three four five six seven eight nine".split()  # noqa: SIM905
    until: Time = 0
    for step in challenge.steps:
        text = ", ".join(names[int(digit)] for digit in step.does.split()) + "."
        begin = max(until, step.at + int(dice.uniform(0.5, 1.0) * SECOND))
        for said in over(voice, [text]):
            gap = np.zeros((begin - until) * said.sound.rate // SECOND, np.float32)
            sound = Sound(until, np.concatenate([gap, said.sound.samples]), said.sound.rate)
            phones = tuple(
                Phone(one.at + begin, one.until + begin, one.symbol, one.stress)
                for one in said.phones
            )
            yield Sentence(sound, phones)
            until = begin = sound.until
