"""How a published classifier wants its pictures: preprocessor_config.json."""

from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bonaface.errors import DetectorRefused

LEAST, MOST = 16, 1024  # px
FILTERS: Final = {0: "NEAREST", 1: "LANCZOS", 2: "BILINEAR", 3: "BICUBIC", 4: "BOX", 5: "HAMMING"}
ODD: Final = (
    "do_pad",
    "crop_pct",
    "do_flip_channel_order",
    "do_reduce_labels",
    "do_color_quantize",
)


@dataclass(frozen=True, slots=True)
class Preparation:
    """Square pictures are resized, cropped, scaled and shifted."""

    size: tuple[int, int]  # height, width, px
    crop: tuple[int, int]
    filter: Image.Resampling
    scale: float
    mean: tuple[float, ...]
    spread: tuple[float, ...]

    def prepare(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(1, 3, height, width) of a picture (any, any, 3)."""
        (height, width), (tall, wide) = self.size, self.crop
        fitted = np.asarray(Image.fromarray(pixels).resize((width, height), self.filter))
        top, left = (height - tall) // 2, (width - wide) // 2
        cropped = fitted[top : top + tall, left : left + wide].astype(np.float32) * self.scale
        made = (cropped - np.array(self.mean, np.float32)) / np.array(self.spread, np.float32)
        return np.ascontiguousarray(made.transpose(2, 0, 1)[None], np.float32)


def read_preparation(config: dict[str, Any]) -> Preparation:
    """Read the settings. Raises DetectorRefused for those that are not followed here."""
    if odd := [key for key in ODD if config.get(key)]:
        raise DetectorRefused(f"It prepares pictures in a way not known here ({', '.join(odd)}).")
    if not config.get("do_resize", True):
        raise DetectorRefused("It does not say to which size pictures are brought.")
    size = _size(config.get("size"))
    crop = _size(config.get("crop_size")) if config.get("do_center_crop") else size
    if crop[0] > size[0] or crop[1] > size[1]:
        raise DetectorRefused("It crops more than there is.")
    named = config.get("resample", 2)
    if named not in FILTERS or isinstance(named, bool):
        raise DetectorRefused("It resizes pictures in a way not known here.")
    rescales, normalises = config.get("do_rescale", True), config.get("do_normalize", True)
    return Preparation(
        size,
        crop,
        Image.Resampling[FILTERS[named]],
        _numbers(config.get("rescale_factor", 1 / 255), 1)[0] if rescales else 1.0,
        _numbers(config.get("image_mean"), 3) if normalises else (0.0,) * 3,
        _numbers(config.get("image_std"), 3, above=0.0) if normalises else (1.0,) * 3,
    )


def _size(said: object) -> tuple[int, int]:
    """Height and width; our pictures are square, so that the shortest edge says both."""
    both: list[object] = [said, said]
    if isinstance(said, dict):
        edge = said.get("shortest_edge")
        both = [said.get("height", edge), said.get("width", edge)]
    height, width = (one if isinstance(one, int) and LEAST <= one <= MOST else None for one in both)
    if height is None or width is None:
        raise DetectorRefused(f"Its pictures are not {LEAST} to {MOST} pixels wide and high.")
    return height, width


def _numbers(said: object, count: int, above: float = -1e6) -> tuple[float, ...]:
    given = said if isinstance(said, list) else [said] * count
    known = [float(one) for one in given if isinstance(one, int | float)]
    if len(known) != count or not all(isfinite(one) and above < one < 1e6 for one in known):
        raise DetectorRefused("Its preprocessor_config.json has numbers that make no sense.")
    return tuple(known)
