"""What stands before a camera in bench/liveness.py, and what the camera and the call make of it.

All of it is simulated. Light is linear: the screen adds its colour to people by what their room is
lit with, and a tenth of that to what is behind them. The camera sets its exposure and white balance
with delay, adds shot and read noise, and H.264 takes what a call gives it. Heads turn by their
measured relief; photos are swung as planes or bent as cylinders; hands are photographs.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface.core import Picture
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


def send(pictures: Iterable[Picture], bits: int, rate: float) -> Iterator[Picture]:
    """Through H.264 as a call sends it: no picture waits for another."""
    coder = av.CodecContext.create("libx264", "w")
    decoder = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1
    for count, picture in enumerate(pictures):
        if not coder.is_open:
            high, wide = picture.pixels.shape[:2]
            coder.width, coder.height, coder.pix_fmt = wide, high, "yuv420p"
            coder.bit_rate, coder.gop_size = bits, 300
            coder.framerate = Fraction(rate).limit_denominator(100)
            coder.time_base = 1 / coder.framerate
            coder.options = {"preset": "ultrafast", "tune": "zerolatency", "threads": "1"}
        planes = cv2.cvtColor(picture.pixels, cv2.COLOR_RGB2YUV_I420)
        frame = av.VideoFrame.from_ndarray(planes, "yuv420p")
        frame.pts = count
        for packet in coder.encode(frame):
            for seen in decoder.decode(packet):
                planes = seen.to_ndarray(format="yuv420p")
                yield Picture(picture.at, cv2.cvtColor(planes, cv2.COLOR_YUV2RGB_I420))


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


def swing(
    photo: Pixels, room: Pixels, yaw: float, bend: float, move: tuple[float, float]
) -> tuple[Pixels, Floats]:
    """A photo held before a room, swung by `yaw` degrees; `bend` is its width over its radius.

    Answers the picture and where the photo is.
    """
    high, wide = photo.shape[:2]
    u = np.linspace(-0.5, 0.5, 400)
    across = np.sin(u * bend) / bend if bend else u
    deep = (1 - np.cos(u * bend)) / bend if bend else 0 * u
    angle = np.radians(yaw)
    far = 2.2 + across * np.sin(angle) + deep * np.cos(angle)
    there = (across * np.cos(angle) - deep * np.sin(angle)) * 2.2 / far
    share = 0.85 * 2.2 / far
    columns = (np.arange(wide) - wide / 2) / wide / 0.85 - move[0]
    back = np.interp(columns, there, u, left=9, right=9)
    scale = np.interp(columns, there, share)
    rows = (np.arange(high) - high / 2)[:, None] / scale - move[1] * high
    from_x = np.broadcast_to((back + 0.5) * wide, (high, wide)).astype(np.float32)
    from_y = (rows + high / 2).astype(np.float32)
    there_is = (from_x >= 0) & (from_x < wide) & (from_y >= 0) & (from_y < high)
    shown = cv2.remap(photo, from_x, from_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.where(there_is[..., None], shown, room).astype(np.uint8), there_is.astype(np.float32)


def read_hands(media: Path) -> list[tuple[Floats, Floats]]:
    """Open hands of twelve people (h, w, 3) and their mattes (h, w), 0 to 1, cut out by colour."""
    found = []
    for path in sorted((media / "sign").glob("ardamavi-Dataset-5-*")):
        pixels = cv2.resize(cv2.imread(str(path)), (200, 200), interpolation=cv2.INTER_CUBIC)
        tones = cv2.cvtColor(pixels, cv2.COLOR_BGR2LAB).astype(np.float32)
        edge = np.concatenate([tones[:6].reshape(-1, 3), tones[:, :6].reshape(-1, 3)])
        apart = np.clip(np.abs(tones - np.median(edge, 0)).sum(2), 0, 255).astype(np.uint8)
        least, _ = cv2.threshold(apart, 0, 255, cv2.THRESH_OTSU)
        mask = np.where(apart > least, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
        mask[:4] = mask[:, :4] = mask[:, -4:] = cv2.GC_BGD
        models = np.zeros((1, 65)), np.zeros((1, 65))
        cv2.grabCut(pixels, mask, None, *models, 4, cv2.GC_INIT_WITH_MASK)
        matte = cv2.GaussianBlur((mask % 2).astype(np.float32), (0, 0), 1.0)
        found.append((pixels[:, :, ::-1].astype(np.float32), matte))
    return found


def lay_hand(
    pixels: Pixels, hand: tuple[Floats, Floats], middle: tuple[float, float], high: float
) -> tuple[Pixels, Floats]:
    """Lay a hand before a picture, its middle at (x, y) px. Answers the picture and where it is."""
    picture, matte = hand
    share = high / picture.shape[0]
    way = np.array(
        [
            [share, 0, middle[0] - share * picture.shape[1] / 2],
            [0, share, middle[1] - high / 2],
        ]
    )
    size = pixels.shape[1::-1]
    front = cv2.warpAffine(picture, way, size, flags=cv2.INTER_AREA)
    cover = cv2.warpAffine(matte, way, size, flags=cv2.INTER_AREA)
    blur = (2 * int(0.03 * high) + 1, 1)
    front, cover = cv2.blur(front, blur), cv2.blur(cover, blur)
    laid = pixels + (front - pixels) * cover[..., None]
    return np.clip(laid, 0, 255).astype(np.uint8), cover
