"""Light of a random row of colours on the screen: does the face answer it?

A face before a screen takes on a little of its colour; a picture that was made elsewhere does not
know the row. The face's light is divided by that of what is behind it, such that the exposure of
the camera falls out, and compared with the row at every delay up to a second. How well it fits is
held against rows that were not shown (a permutation test), so chance agreement is priced in.
Colours change 1.25 times a second and none is red: WCAG 2.2, 2.3.1 allows three flashes.
"""

from collections.abc import Sequence
from functools import cache
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface.core import SECOND, Finding, Time
from bonaface.forensics.inspector import Seen
from bonaface.forensics.liveness.challenge import Challenge, Step, Window, chance, make_nonce
from bonaface.forensics.look import Look

NAME = "liveness-colour"
COLOURS = ("#ffffff", "#303030", "#5078ff", "#50dc78", "#ffc850")
COUNT, EACH, LATEST = 8, 0.8, 1.0  # colours, s each, s of delay that a network may add
LEAST_FACE, LEAST_LOOKS, DARK = 60, 30, 0.004  # px high, looks, linear light of the skin
DECOYS = 200  # rows that were not shown
MIDDLE, SLOPE = 1.8, 1.1  # of decoys' deviations: fitted on simulated callers (bench/liveness.py)
Floats = NDArray[np.float64]
_SKIN = (10, 67, 297, 50, 280, 205, 425, 101, 330)  # forehead and cheeks
TO_LIGHT = np.where(
    np.arange(256) <= 10,
    np.arange(256) / 255 / 12.92,
    ((np.arange(256) / 255 + 0.055) / 1.055) ** 2.4,
)


class Colour:
    """Check: coloured light."""

    def __init__(self, random: Random) -> None:
        row = tuple(_draw(random))
        steps = tuple(Step(int(i * EACH * SECOND), one) for i, one in enumerate(row))
        lasts = int((COUNT * EACH + LATEST) * SECOND)
        words = "Look at the screen and keep still. It changes colour slowly for seven seconds."
        self.challenge = Challenge("colour", make_nonce(random), words, steps, lasts)
        self._row = row
        self._window = Window(lasts)
        self._seen: list[tuple[float, Floats]] = []
        self._small = 0

    def begin(self, at: Time) -> None:
        """The first colour is shown at `at`."""
        self._window.began = at

    def push(self, item: Seen) -> None:
        """Measure the light on the largest face."""
        if not isinstance(item, Look) or (when := self._window.find(item.at)) is None:
            return
        if not item.sights or item.sights[0].face.height < LEAST_FACE:
            self._small += 1
        elif (light := measure_light(item)) is not None:
            self._seen.append((when, light))

    def measure(self) -> tuple[float, float] | None:
        """As `compare` does; None where the face was not seen well enough."""
        if len(self._seen) < max(LEAST_LOOKS, self._small):
            return None
        return compare(self._seen, self._row)

    def answer(self) -> Finding:
        """Compare with what was shown."""
        began, until = self._window.span
        measured = self.measure()
        if measured is None:
            why = "The face was not seen long enough, large enough or well enough lit."
            return Finding(began, until, NAME, None, why, whole=True, quality=0.0)
        fit, beyond = measured
        answers = "follows" if beyond > MIDDLE else "does not follow"
        why = (
            f"The light on the face {answers} the colours that the screen showed "
            f"(agreement {fit:.2f}; that is {beyond:.1f} spreads above rows that were not shown)."
        )
        return Finding(began, until, NAME, chance(weigh(beyond)), why, whole=True)


def weigh(beyond: float) -> float:
    """Log odds of an attack."""
    return SLOPE * (MIDDLE - beyond)


def measure_light(look: Look) -> Floats | None:
    """The light of the skin against that behind the face, (3,) log; None where it is too dark."""
    pixels, face = look.picture.pixels, look.sights[0].face
    reach = max(2, int(face.height / 20))
    skin = [_patch(pixels, face.landmarks[i, :2], reach) for i in _SKIN]
    lit = _middle(np.concatenate(skin))
    behind = _behind(pixels, face.box)
    if lit.min() < DARK:
        return None
    return np.log(lit) - np.log(np.maximum(behind, DARK))


def _middle(pixels: Floats) -> Floats:
    """Mean of the middle half of each channel: (n, 3) to (3,).

    As deaf to highlights and hair as the median, which knows no steps between two codes: on dark
    skin one code is 8 % of the light, more than a screen gives in a bright room.
    """
    ordered, quarter = np.sort(pixels, axis=0), len(pixels) // 4
    return np.asarray(ordered[quarter : len(ordered) - quarter].mean(axis=0))


def compare(seen: Sequence[tuple[float, Floats]], row: Sequence[str]) -> tuple[float, float]:
    """How well the light fits the row, and how far beyond other rows, in their deviations."""
    times = np.array([when for when, _ in seen])
    light = _steady(np.array([one for _, one in seen]), times)
    fit = _fit(light, times, row)
    others = [_fit(light, times, decoy) for decoy in _decoys() if decoy != tuple(row)]
    return fit, (fit - float(np.mean(others))) / max(float(np.std(others)), 1e-6)


def _fit(light: Floats, times: Floats, row: Sequence[str]) -> float:
    """The best correlation over all channels, at the delay where it is best."""
    shown = _levels(row)
    best = 0.0
    for delay in np.arange(0, LATEST + 0.01, 0.1):
        place = np.clip(((times - delay) / EACH).astype(int), 0, len(row) - 1)
        there = _steady(shown[place], times)
        size = float(np.linalg.norm(light) * np.linalg.norm(there))
        best = max(best, float((light * there).sum()) / max(size, 1e-9))
    return best


def _steady(values: Floats, times: Floats) -> Floats:
    """Without mean and slow drift."""
    ways = np.linalg.qr(np.stack([np.ones_like(times), times, times**2], 1))[0]
    return np.asarray(values - ways @ (ways.T @ values))


def _levels(row: Sequence[str]) -> Floats:
    """The linear light of colours, (n, 3)."""
    codes = np.array([list(bytes.fromhex(one[1:])) for one in row])
    return np.asarray(TO_LIGHT[codes], np.float64)


def _draw(random: Random) -> list[str]:
    """A row in which each colour differs from the one before."""
    row = [random.choice(COLOURS)]
    while len(row) < COUNT:
        row.append(random.choice([one for one in COLOURS if one != row[-1]]))
    return row


@cache
def _decoys() -> tuple[tuple[str, ...], ...]:
    random = Random(7)  # no secret: what these are compared with is
    return tuple(tuple(_draw(random)) for _ in range(DECOYS))


def _patch(pixels: NDArray[np.uint8], place: NDArray[np.floating], reach: int) -> Floats:
    x, y = int(place[0]), int(place[1])
    cut = pixels[max(0, y - reach) : max(0, y + reach), max(0, x - reach) : max(0, x + reach)]
    return TO_LIGHT[cut.reshape(-1, 3)]


def _behind(pixels: NDArray[np.uint8], box: tuple[float, float, float, float]) -> Floats:
    """Mean light left and right of the head, above the shoulders; of all where nothing is there."""
    small = cv2.resize(pixels, (64, 64), interpolation=cv2.INTER_AREA)
    tall, wide = pixels.shape[:2]
    left, top, right, bottom = box
    margin = 0.3 * (right - left)
    free = np.ones((64, 64), bool)
    first, last = (int(64 * x / wide) for x in (left - margin, right + margin))
    free[:, max(0, first) : max(0, last) + 1] = False
    free[int(64 * max(0.0, min(bottom, tall)) / tall) :] = False
    del top
    light = TO_LIGHT[small[free] if free.sum() > 64 else small.reshape(-1, 3)]
    return np.asarray(light.mean(axis=0))
