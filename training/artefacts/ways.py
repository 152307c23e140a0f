"""What happens to pictures on their way, done alike to a real face and to its forgery.

A `Way` is drawn once and walked by both, so that nothing but the forgery tells them apart. For some
pairs the forgery meets other encoders (`crossed`), so that no encoder tells of forgery.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from encoders import Code, draw_codes
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Way:
    """One drawn path."""

    mirrored: bool
    gain: NDArray[np.float32]  # (3,)
    lift: float
    gamma: float
    side: int  # px of the face on the way
    polish: int  # 0 nothing, 1 denoised, 2 smoothed skin, 3 sharpened
    noise: float
    seed: int
    codes: tuple[Code, ...]  # that write and read it

    def walk(self, image: Bytes, out: int) -> Bytes:
        """Answer the picture as it arrives, `out` px square."""
        if self.mirrored:
            image = image[:, ::-1]
        image = cv2.resize(image, (self.side, self.side), interpolation=cv2.INTER_AREA)
        image = self._polished(image)
        curve = (np.arange(256, dtype=np.float32) / 255) ** self.gamma * 255
        table = np.clip(curve[:, None] * self.gain + self.lift, 0, 255).astype(np.uint8)
        image = cv2.LUT(image, table[:, None, :])
        if self.noise:
            random = np.random.default_rng(self.seed)
            grain = random.standard_normal(image.shape, np.float32) * self.noise
            image = np.clip(image + grain, 0, 255).astype(np.uint8)
        for code in self.codes:
            image = code.walk(image)
        if self.side != out:
            image = cv2.resize(
                image,
                (out, out),
                interpolation=cv2.INTER_LINEAR if self.side < out else cv2.INTER_AREA,
            )
        return image

    def _polished(self, image: Bytes) -> Bytes:
        if self.polish == 1:
            image = np.asarray(cv2.medianBlur(image, 3), np.uint8)
        elif self.polish == 2:
            image = np.asarray(cv2.bilateralFilter(image, 5, 25, 3), np.uint8)
        elif self.polish == 3:
            soft = cv2.GaussianBlur(image, (0, 0), 1.1)
            image = np.asarray(cv2.addWeighted(image, 1.9, soft, -0.9, 0), np.uint8)
        return image


def draw(random: np.random.Generator, out: int) -> Way:
    """Draw a way for faces that end `out` px wide."""
    side = out if random.random() < 0.45 else int(out * random.uniform(0.55, 1.15))
    return Way(
        mirrored=bool(random.random() < 0.5),
        gain=(random.uniform(0.75, 1.2) * random.uniform(0.92, 1.08, 3)).astype(np.float32),
        lift=float(random.uniform(-12, 12)),
        gamma=float(random.uniform(0.75, 1.35)),
        side=side,
        polish=int(random.choice([0, 0, 0, 1, 2, 3, 3])),
        noise=float(random.choice([0, 0, 1.0, 3.0, 6.0])),
        seed=int(random.integers(1 << 31)),
        codes=draw_codes(random),
    )


def crossed(way: Way, random: np.random.Generator) -> Way:
    """The same way with other encoders."""
    return replace(way, codes=draw_codes(random))
