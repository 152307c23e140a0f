"""Tell a person from the scene behind."""

import threading
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface import weights
from bonaface.core import Picture, frozen

SIZE = 256  # px, what the model sees

_here = threading.local()


def _model() -> Any:
    if not hasattr(_here, "model"):
        _here.model = weights.open_tflite(weights.find("selfie-segmentation"))
    return _here.model


def segment_person(picture: Picture) -> NDArray[np.float32]:
    """How likely each pixel shows a person, (height, width) 0 to 1. Raises WeightsMissing.

    The edges are as coarse as the model's 256 x 256 view of the picture.
    """
    height, width = picture.pixels.shape[:2]
    way = cv2.INTER_AREA if max(height, width) > SIZE else cv2.INTER_LINEAR
    small = cv2.resize(picture.pixels, (SIZE, SIZE), interpolation=way)
    model = _model()
    model.set_tensor(model.get_input_details()[0]["index"], small[None].astype(np.float32) / 255)
    model.invoke()
    chance = model.get_tensor(model.get_output_details()[0]["index"])[0, :, :, 0]
    full = cv2.resize(chance, (width, height), interpolation=cv2.INTER_LINEAR)
    matte: NDArray[np.float32] = np.clip(full, 0, 1)
    frozen(matte)
    return matte
