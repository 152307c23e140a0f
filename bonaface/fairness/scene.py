"""What stands before a caller's camera, and what the camera makes of it. Simulated.

Light is linear: the screen adds its colour to people by what their room is lit with, and a tenth of
that to what is behind them; every pixel gives back what its own albedo gives back of the room's
light. The camera sets its exposure and white balance with delay, and adds shot and read noise.
Heads turn by their measured relief.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface.forensics.liveness.colour import TO_LIGHT

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
ROOM = 0.1  # of the screen's light on a person falls on what is behind
FROM_LIGHT = np.round(
    255
    * np.where(
        np.arange(4096) / 4095 <= 0.0031308,
        np.arange(4096) / 4095 * 12.92,
        1.055 * (np.arange(4096) / 4095) ** (1 / 2.4) - 0.055,
    )
).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody calls from."""

    light: float  # of a white screen on the face, of what the room gives
    exposure: float  # s in which the camera follows
    balance: float  # s
    noise: float  # of light, at full light
    bits: int  # a second
    delay: float  # s until a picture comes back


def draw_place(dice: np.random.Generator) -> Place:
    """A white screen gives 25 to 80 lx at the face, a room 60 to 500."""
    screen, room = np.exp(dice.uniform(np.log((25, 60)), np.log((80, 500))))
    return Place(
        light=float(screen / room),
        exposure=float(dice.uniform(0.3, 1.0)),
        balance=float(dice.uniform(1.0, 4.0)),
        noise=float(np.exp(dice.uniform(np.log(0.01), np.log(0.04)))),
        bits=int(dice.uniform(250, 1000)) * 1000,
        delay=float(dice.uniform(0.05, 0.7)),
    )


def shine(pixels: Pixels, colour: str | None, where: Floats, much: float) -> Floats:
    """A picture (h, w, 3) in linear light, with that of a screen; `where` (h, w) is its share."""
    light = TO_LIGHT[pixels].astype(np.float32)
    if colour is not None:
        shown = TO_LIGHT[list(bytes.fromhex(colour[1:]))].astype(np.float32)
        light *= 1 + much * where[..., None] * shown
    return light


class Camera:
    """From light to pictures: exposure and balance follow, noise is added."""

    def __init__(self, place: Place, dice: np.random.Generator) -> None:
        self._place, self._dice = place, dice
        self._first: Floats | None = None
        self._gain = np.ones(3, np.float32)

    def take(self, light: Floats, step: float) -> Pixels:
        """One picture, `step` s after the one before."""
        mean = light[::4, ::4].mean((0, 1))
        self._first = mean if self._first is None else self._first
        whole = float(self._first.mean() / mean.mean())
        tint = np.sqrt((self._first / self._first.mean()) / (mean / mean.mean()))
        now, place = float(self._gain.mean()), self._place
        colour = self._gain / now
        now += (whole - now) * (1 - np.exp(-step / place.exposure))
        colour += (tint - colour) * (1 - np.exp(-step / place.balance))
        self._gain = (now * colour).astype(np.float32)
        seen = light * self._gain
        grain = self._dice.standard_normal((*seen.shape[:2], 1), np.float32)
        seen += grain * place.noise * np.sqrt(np.maximum(seen, 0) + 0.003)
        taken: Pixels = FROM_LIGHT[np.clip(seen * 4095, 0, 4095).astype(np.int16)]
        return taken


def turn_head(pixels: Pixels, marks: Floats, yaw: float) -> Pixels:
    """A head turned by `yaw` degrees to its own left, by its landmarks' relief."""
    points = marks[:468:4].astype(np.float64)
    wide = float(np.ptp(points[:, 0]))
    pivot = np.array([points[:, 0].mean(), points[:, 2].max() + 0.3 * wide])
    angle = np.radians(yaw)
    across, deep = points[:, 0] - pivot[0], points[:, 2] - pivot[1]
    moved = pivot[0] + across * np.cos(angle) - deep * np.sin(angle)
    there = np.stack([moved, points[:, 1]], 1)
    high, wide_all = pixels.shape[:2]
    y, x = np.mgrid[0:high:8, 0:wide_all:8]
    grid = np.stack([x.ravel(), y.ravel()], 1).astype(np.float64)
    away = ((grid[:, None] - there[None]) ** 2).sum(2)
    weights = np.exp(-away / (2 * (0.07 * wide) ** 2)) + 1e-9
    still = 1e-3
    shift = (weights @ (points[:, 0] - moved)) / (weights.sum(1) + still)
    small = cv2.resize(shift.reshape(x.shape).astype(np.float32), (wide_all, high))
    rows, columns = np.mgrid[0:high, 0:wide_all].astype(np.float32)
    turned: Pixels = cv2.remap(
        pixels, columns + small, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return turned
