"""Who calls in bench/liveness.py: people of media/talking who look at the camera.

No clip shows a real caller at a real check. Pictures are 256 px high, 10 a second, and run to and
fro; lips and sound are the clip's own.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from filmed import RATE, read_pictures
from numpy.typing import NDArray

from bonaface.core import SECOND, Picture, Sound
from bonaface.face.segment import segment_person
from bonaface.forensics.look import Look, Looker
from bonaface.media.files import read_sound

Pixels = NDArray[np.uint8]
HIGH, WIDEST, PACE, MOST = 256, 400, 10, 60  # px, px, pictures a second, pictures
# Left out: sung, silent or shorter than 2.5 s, and people who look away for more than 15 degrees.
WITHOUT = ("d11", "d18", "d19", "0Fi83", "OzA6", "RD_Radio10", "nju-cuhk-00002", "nju-cuhk-00015")
AWAY = ("517600055", "741400104")
TURNING = ("d12", "741400104", "620900105")  # clips in which a head turns by itself


@dataclass(frozen=True, slots=False, eq=False)
class Person:
    """One clip."""

    path: Path
    pictures: tuple[Pixels, ...]  # PACE a second
    looks: tuple[Look, ...]  # of the same
    mattes: tuple[NDArray[np.float32], ...]

    @cached_property
    def sound(self) -> Sound:
        """What is heard, mono at RATE."""
        samples = np.concatenate([one.samples for one in read_sound(self.path, RATE)])
        return Sound(0, samples, RATE)

    def place(self, when: float) -> int:
        """Which picture is shown `when` (s), to and fro."""
        last = max(len(self.pictures) - 1, 1)
        step = int(when * PACE) % (2 * last)
        return min(step, 2 * last - step, len(self.pictures) - 1)


def fit(picture: Picture) -> Picture:
    """At the size of a call; tight crops get room around, as blurred as it is unknown."""
    high, wide = picture.pixels.shape[:2]
    tight = high / wide > 0.9
    tall = HIGH * 3 // 4 if tight else HIGH
    size = (2 * round(wide * tall / high / 2), tall)
    pixels = cv2.resize(picture.pixels, size, interpolation=cv2.INTER_AREA)
    if tight:
        above, aside = HIGH - tall, size[0] // 2
        around = cv2.copyMakeBorder(pixels, above, 0, aside, aside, cv2.BORDER_REPLICATE)
        around = cv2.blur(around, (31, 31))
        around[above:, aside : aside + size[0]] = pixels
        pixels = around
    spare = max(0, pixels.shape[1] - WIDEST) // 4 * 2
    pixels = pixels[:, spare : pixels.shape[1] // 2 * 2 - spare]
    return Picture(picture.at, np.ascontiguousarray(pixels))


def read_person(path: Path, most: int = MOST) -> Person:
    """Read a clip and look at it."""
    looker, due = Looker(), 0.0
    looks: list[Look] = []
    for picture in read_pictures(path):
        if len(looks) == most:
            break
        if picture.at >= due * SECOND:
            due += 1 / PACE
            looks += [one for one in looker.push(fit(picture)) if one.sights]
    shown = tuple(one.picture.pixels for one in looks)
    mattes = tuple(segment_person(one.picture) for one in looks)
    return Person(path, shown, tuple(looks), mattes)


def find_people(media: Path) -> list[Path]:
    """Clips in an order of their names; every second is for fitting, the others judge."""
    clips = sorted((media / "talking").iterdir())
    return [one for one in clips if not any(name in one.name for name in (*WITHOUT, *AWAY))]


def find_turning(media: Path) -> list[Path]:
    """Clips in which a head turns."""
    clips = sorted((media / "talking").iterdir())
    return [one for one in clips if any(name in one.name for name in TURNING)]
