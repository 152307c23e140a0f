"""What one live caller costs: `python bench/caller.py [--seconds 30]`.

Pictures of a swaying portrait, 640x480, go through VP8 as a browser sends them: eight a second at
rest, 25 in a check. Told is the share of one core that decoding and `CallerCheck` take of the time
that they stand for (processor time; WebRTC's own packets are not in it), beside the limit.
"""

import argparse
import io
import time
from collections.abc import Iterator
from random import Random

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface import weights
from bonaface.core import SECOND, Picture, Sound
from bonaface.forensics.caller import CallerCheck
from bonaface.forensics.inspectors import open_inspectors
from bonaface.forensics.liveness.abilities import Abilities
from bonaface.media.photos import read_photo

LIMIT = 0.10  # of a core at rest
WIDE, HIGH, BITS = 640, 480, 500_000
Pixels = NDArray[np.uint8]


def sway(count: int) -> Iterator[Pixels]:
    """Portraits that move a little, with a camera's noise."""
    photo = read_photo(weights.find("portrait-hopper")).pixels
    side = min(photo.shape[:2])
    square = cv2.resize(photo[:side, :side], (HIGH, HIGH), interpolation=cv2.INTER_AREA)
    dice = np.random.default_rng(0)
    for i in range(count):
        turn = cv2.getRotationMatrix2D((HIGH / 2, HIGH / 2), 3 * np.sin(i / 9), 1.0)
        turn[0, 2] += (WIDE - HIGH) / 2
        moved = cv2.warpAffine(square, turn, (WIDE, HIGH), borderMode=cv2.BORDER_REPLICATE)
        noisy = moved + dice.normal(0, 3, moved.shape)
        yield np.clip(noisy, 0, 255).astype(np.uint8)


def send(pictures: Iterator[Pixels], rate: int) -> bytes:
    """As a browser codes them."""
    file = io.BytesIO()
    with av.open(file, "w", format="webm") as out:
        stream = out.add_stream("libvpx", rate=rate)
        stream.width, stream.height, stream.pix_fmt = WIDE, HIGH, "yuv420p"
        stream.bit_rate, stream.options = BITS, {"deadline": "realtime", "cpu-used": "8"}
        for pixels in pictures:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        out.mux(stream.encode())
    return file.getvalue()


def receive(data: bytes) -> list[Pixels]:
    """As the server decodes them."""
    with av.open(io.BytesIO(data), "r") as film:
        decoded = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    return [np.asarray(pixels, np.uint8) for pixels in decoded]


def cost(seconds: int, rate: int, *, asked: bool) -> tuple[float, float]:
    """Shares of a core: decoding, and looking and listening."""
    data = send(sway(seconds * rate), rate)
    begun = time.process_time()
    pictures = receive(data)
    decoded = time.process_time()
    check = CallerCheck(open_inspectors("live")[0], Random(1))
    check.see(Picture(0, pictures[0].copy()))  # opens what takes long only once
    if asked:
        first = check.ask(Abilities(speaks=False), 0)
        check.begin(first.nonce if first else "", 0)
    looked = time.process_time()
    silence = np.zeros(48_000 // rate, np.float32)
    for i, pixels in enumerate(pictures):
        check.hear(Sound(i * SECOND // rate, silence.copy(), 48_000))
        check.see(Picture(i * SECOND // rate, pixels))
    check.standing(seconds * SECOND)
    return (decoded - begun) / seconds, (time.process_time() - looked) / seconds


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=136)  # with one thorough look for marks
    seconds = parser.parse_args().seconds
    print(
        "| one caller | decoding | looking, listening | together | limit |\n|---|---|---|---|---|"
    )
    for name, rate, asked in (("at rest", 8, False), ("in a check", 25, True)):
        decoding, looking = cost(seconds if not asked else 6, rate, asked=asked)
        limit = f"{LIMIT:.0%}" if not asked else ""
        both = decoding + looking
        print(f"| {name} | {decoding:.1%} | {looking:.1%} | {both:.1%} | {limit} |")


if __name__ == "__main__":
    main()
