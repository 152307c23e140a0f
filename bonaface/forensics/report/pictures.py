"""Pictures within a page: JPEG in data addresses, so that the page needs no other file."""

import base64
from html import escape

import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface.core import Exhibit

QUALITY = 82


def data_address(pixels: NDArray[np.uint8]) -> str:
    """The picture (height, width, 3) RGB as an address."""
    ways = [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    written = cv2.imencode(".jpg", np.ascontiguousarray(pixels[..., ::-1]), ways)[1]
    return "data:image/jpeg;base64," + base64.b64encode(written.tobytes()).decode("ascii")


def show(exhibit: Exhibit, title: str) -> str:
    """A figure with its caption."""
    words = escape(exhibit.words)
    return (
        f'<figure><img src="{data_address(exhibit.pixels)}" alt="{words}">'
        f"<figcaption><b>{escape(title)}.</b> {words}</figcaption></figure>"
    )
