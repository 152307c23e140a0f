"""How a face is framed: cut closer and leaning a little, so that framing tells nothing."""

from dataclasses import dataclass

import cv2
import numpy as np
from encoders import Bytes
from numpy.typing import NDArray

KERNELS = (cv2.INTER_LINEAR, cv2.INTER_CUBIC)
LEANS = 20.0  # degrees at most; from 15 on the inspector cuts a face upright
CLOSEST = 0.86  # of the side


@dataclass(frozen=True, slots=True)
class Frame:
    """A square within a square."""

    share: float = 1.0  # of the side that is kept
    at: tuple[float, float] = (0.5, 0.5)  # where in the room that is left, across and down
    lean: float = 0.0  # degrees
    kernel: int = cv2.INTER_CUBIC  # by which it is sampled

    def cut(self, image: Bytes, points: NDArray[np.float32]) -> tuple[Bytes, NDArray[np.float32]]:
        """The picture (side, side, 3) and its points (n, 2) px in this frame, at the same side."""
        if self == Frame():
            return image, points
        side = image.shape[0]
        span = self.share * side
        lean = np.deg2rad(self.lean)
        reach = span * (np.cos(lean) + abs(np.sin(lean))) / 2
        middle = [reach + at * (side - 2 * reach) for at in self.at]
        matrix = cv2.getRotationMatrix2D(tuple(middle), self.lean, side / span)
        matrix[:, 2] += np.array([side / 2, side / 2]) - middle
        turned = cv2.warpAffine(
            image, matrix, (side, side), flags=self.kernel, borderMode=cv2.BORDER_REPLICATE
        )
        moved = points @ matrix[:, :2].T + matrix[:, 2]
        return np.asarray(turned, np.uint8), moved.astype(np.float32)


def draw_frame(random: np.random.Generator) -> Frame:
    """Draw one; it never reaches beyond the picture, where nothing could be seen."""
    lean = random.uniform(-LEANS, LEANS) if random.random() < 0.5 else 0.0
    widest = 1 / (np.cos(np.deg2rad(lean)) + abs(np.sin(np.deg2rad(lean))))
    share = min(float(random.uniform(CLOSEST, 1.0)), float(widest))
    across, down = (float(v) for v in random.uniform(0, 1, 2))
    return Frame(share, (across, down), float(lean), int(random.choice(KERNELS)))
