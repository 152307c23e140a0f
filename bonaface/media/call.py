"""What a call leaves of pictures: H.264 as it is sent live, and back."""

from collections.abc import Iterable, Iterator
from fractions import Fraction

import av
import cv2

from bonaface.core import Picture


def send(pictures: Iterable[Picture], bits: int, rate: float) -> Iterator[Picture]:
    """Pictures (even sides) through H.264 of `bits` a second: no picture waits for another."""
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
