"""What is behind the person: the photo's own scene, its blur, a picture, a calm wall, or a room.

A backdrop is made off the hot path and given to `Renderer.place`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import cv2
import numpy as np

from bonaface.avatar.likeness.background import fill_in
from bonaface.avatar.likeness.matte import blurred
from bonaface.avatar.rig import Bytes, Floats, Likeness
from bonaface.core import SECOND, Picture, Time, frozen
from bonaface.face.segment import segment_person

Kind: TypeAlias = Literal["own", "blur", "none", "picture", "camera"]

SOFT = 0.035  # of the canvas's height: the blur of a lens that is wide open
PALE, STRONG = (
    0.82,
    0.5,
)  # of a wall: how light it is at its top, how much of the scene's tone it has
OFTEN: Time = SECOND  # between two rooms
CLEAR = 0.12  # of the segmentation's chance, below which a pixel is room
AROUND = 0.03  # of the picture's height around a person that is not trusted to be room
FRESH = 0.5  # share of a new look at what was known
ROOM_SIDE = 640  # px, the longer side at which a room is kept
DITHER = 0.5  # levels, so that a gradient shows no bands


@dataclass(frozen=True, slots=True, eq=False)
class Backdrop:
    """What is shown behind a person."""

    kind: Kind
    pixels: Bytes  # (height, width, 3), read-only, the size of the canvas

    def __post_init__(self) -> None:
        frozen(self.pixels)


def own(likeness: Likeness) -> Backdrop:
    """The photo's own scene."""
    return Backdrop("own", likeness.background)


def blur(likeness: Likeness) -> Backdrop:
    """The photo's own scene, out of focus.

    The person is taken out before the blur, or a halo of their colours would stand around them.
    """
    scene = likeness.background.astype(np.float32)
    light = np.power(
        scene / 255, 2.2, dtype=np.float32
    )  # lenses blur light, so that lamps stay bright
    soft = blurred(light, SOFT * likeness.height)
    return Backdrop("blur", _bytes(255 * np.clip(soft, 0, 1) ** (1 / 2.2)))


def plain(likeness: Likeness) -> Backdrop:
    """A calm wall in the tone of the photo's scene, lighter above and dimmer to the corners."""
    height, width = likeness.background.shape[:2]
    tone = np.median(likeness.background.reshape(-1, 3), axis=0).astype(np.float32)
    grey = float(tone @ (0.299, 0.587, 0.114))
    tone = grey + STRONG * (tone - grey)
    tone *= float(np.clip(grey, 70, 190)) / max(float(tone.mean()), 1.0)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    y, x = y / height, x / width - 0.5
    away = np.hypot(x * width / height, y - 0.35)
    light = 1.12 - 0.34 * away - 0.06 * y
    dither = np.random.default_rng(1).uniform(-DITHER, DITHER, (height, width, 1))
    return Backdrop("none", _bytes(tone * light[..., None] + dither))


def picture(shown: Picture, size: tuple[int, int]) -> Backdrop:
    """An uploaded picture that covers a canvas of `size` (width, height); its middle is kept."""
    return Backdrop("picture", cover(shown.pixels, size))


def cover(pixels: Bytes, size: tuple[int, int]) -> Bytes:
    """Scale and crop (h, w, 3) so that it fills `size` (width, height)."""
    height, width = pixels.shape[:2]
    ratio = max(size[0] / width, size[1] / height)
    wide, high = size[0] / ratio, size[1] / ratio
    left, top = round((width - wide) / 2), round((height - high) / 2)
    part = pixels[top : top + max(1, round(high)), left : left + max(1, round(wide))]
    way = cv2.INTER_AREA if ratio < 1 else cv2.INTER_CUBIC
    return np.ascontiguousarray(cv2.resize(part, size, interpolation=way), np.uint8)


class Room:
    """Stage[Picture, Backdrop]: the viewer's room without the viewer, about once a second.

    Where no person is seen the room is learnt; where one has always been it is filled in, blurred,
    from what is around. What was never seen free of a person is never shown. Nothing is given
    until enough of the room is known. Raises WeightsMissing at the first picture.
    """

    def __init__(self, size: tuple[int, int], *, mirrored: bool = False) -> None:
        self._size, self._mirrored = size, mirrored
        self.reset()

    def reset(self) -> None:
        """Forget the room."""
        self._last: Time | None = None
        self._plate: Floats | None = None  # (h, w, 3), and
        self._known: Floats | None = None  # (h, w) 0 to 1, where it was seen
        self._free: Floats | None = None  # (h, w) 0 or 1, where nobody was at the last look

    def push(self, item: Picture) -> Iterable[Backdrop]:
        """Look at the room; most pictures are passed by."""
        if self._last is not None and 0 <= item.at - self._last < OFTEN:
            return ()
        self._last = item.at
        seen = _smaller(item.pixels[:, ::-1] if self._mirrored else item.pixels)
        self._learn(seen, segment_person(Picture(item.at, seen)))
        return self._show()

    def flush(self) -> Iterable[Backdrop]:
        """Nothing is held back."""
        return ()

    def _learn(self, seen: Bytes, person: Floats) -> None:
        if self._plate is None or self._plate.shape != seen.shape:
            self._plate = np.zeros(seen.shape, np.float32)
            self._known = np.zeros(seen.shape[:2], np.float32)
            self._free = np.zeros(seen.shape[:2], np.float32)
        size = max(3, int(2 * AROUND * len(seen)) | 1)
        near = cv2.dilate(person, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
        now = (near < CLEAR).astype(np.float32)
        known, before = self._known, self._free
        assert known is not None and before is not None  # noqa: S101, PT018 - made with the plate
        self._free = now
        free = now * before  # twice: a single look can miss somebody who moves
        share = np.where(known > 0, FRESH, 1.0) * free
        self._plate += (seen - self._plate) * share[..., None].astype(np.float32)
        self._known = np.maximum(known, free)

    def _show(self) -> Iterable[Backdrop]:
        plate, known = self._plate, self._known
        if plate is None or known is None or known.mean() < 0.1:
            return ()
        filled = fill_in(plate * known[..., None], known)
        soft = blurred(filled, 0.02 * len(filled))
        edge = cv2.GaussianBlur(known, (0, 0), 0.012 * len(known) + 0.5)
        keep = (np.clip(2 * edge - 1, 0, 1) * known)[..., None]
        return (Backdrop("camera", cover(_bytes(plate * keep + soft * (1 - keep)), self._size)),)


def _smaller(pixels: Bytes) -> Bytes:
    height, width = pixels.shape[:2]
    ratio = ROOM_SIDE / max(height, width)
    if ratio >= 1:
        return np.ascontiguousarray(pixels)
    size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _bytes(values: Floats) -> Bytes:
    rounded: Bytes = np.clip(values + 0.5, 0, 255).astype(np.uint8)
    return rounded
