"""How often attacks pass the challenges for live callers, and how often callers fail (ISO 30107-3).

    PYTHONPATH=. python bench/liveness.py [--clips N] [--portraits N]

Nobody sits before a camera here: callers of the colour challenge are real clips onto whom the light
of the screen is added (Lambert), with noise, automatic exposure, a delay, and H.264 at 500 kb/s.
Faces are found once, before the light. `gain`: light of a white screen over that of the room.
Attacks: the clips as they are (replayed), and with the light of another row. For the turn: clips
of people who talk, a photo swung like a door, and a likeness of ours that is made to turn. No
caller of the turn is genuine: it has no BPCER. Wilson intervals, 95 %. Clips repeat forth and back.
The thresholds were chosen by hand, not on "learnt" sources. It takes many minutes of CPU.
"""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

import av
import cv2
import numpy as np
from filmed import read_pictures
from numpy.typing import NDArray
from portraits import wilson
from seen import keep_apart, permit_fiction

from bonaface.avatar.likeness.build import build_likeness
from bonaface.avatar.pose import SHAPES, Pose
from bonaface.avatar.render.renderer import Renderer
from bonaface.core import SECOND, Finding, Picture
from bonaface.forensics.liveness.colour import COUNT, EACH, Colour
from bonaface.forensics.liveness.turn import Turn
from bonaface.forensics.look import Look, Looker
from bonaface.media.photos import read_photo
from training.sources import judges

MEDIA = Path(os.environ.get("BONAFACE_MEDIA", Path(__file__).parents[2] / "shared" / "media"))
RATE, LOOKS, WIDE = 10, 75, 240  # looks a second, looks of one attempt, px
GAINS = (0.02, 0.05, 0.1)
Floats = NDArray[np.float64]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--clips", type=int, default=99)
    parser.add_argument("--portraits", type=int, default=10)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    keep_apart()
    rows: dict[str, list[Finding]] = {}
    for path in sorted((MEDIA / "talking").iterdir())[: options.clips]:
        looks = read_looks(path)
        fold = "judges" if judges(f"talking/{path.name}") else "learnt"
        for name, found in [
            *colours(looks),
            *(("turn: film replayed", one) for one in stays(looks)),
        ]:
            rows.setdefault(f"{name} ({fold})", []).append(found)
    photos = sorted((MEDIA / "portraits").glob("fictional-*.jpg"))[: options.portraits]
    for photo in photos:
        for name, pictures in (("photo swung", swing(photo)), ("likeness driven", drive(photo))):
            rows.setdefault(f"turn: {name} (judges)", []).append(turned(pictures))
    for name, found in sorted(rows.items()):
        print(tell(name, found))


def tell(name: str, found: list[Finding]) -> str:
    """One line: how many were taken for attacks, for callers, or neither."""
    told = [one.score for one in found if one.score is not None]
    wrong = sum(1 for one in told if (one > 0.5) == ("caller" in name))
    rate = "BPCER" if "caller" in name else "APCER"
    share = (
        ""
        if not told
        else "{:.2f} [{:.2f}, {:.2f}]".format(wrong / len(told), *wilson(wrong, len(told)))
    )
    return f"{name:44s} {rate} {share}  n={len(told)}, cannot tell {len(found) - len(told)}"


def read_looks(path: Path) -> list[Look]:
    """LOOKS of a clip, forth and back where it is short."""
    looker, looks = Looker(), []
    due = 0
    for picture in read_pictures(path):
        if picture.at >= due and len(looks) < LOOKS:
            tall, wide = picture.pixels.shape[:2]
            size = (WIDE, 2 * round(tall * WIDE / wide / 2))
            small = cv2.resize(picture.pixels, size, interpolation=cv2.INTER_AREA)
            looks += looker.push(Picture(picture.at, np.asarray(small, np.uint8)))
            due += SECOND // RATE
    both = looks + looks[-2:0:-1]
    return [both[i % len(both)] for i in range(LOOKS)]


def colours(looks: list[Look]) -> Iterator[tuple[str, Finding]]:
    """Attempts at the colour challenge: callers, and attacks."""
    if not all(look.sights for look in looks):
        return
    seed = int(looks[0].picture.pixels.sum()) % 100_000
    for gain in GAINS:
        yield f"colour: caller, gain {gain}", attempt(looks, seed, seed, gain)
    yield "colour: film replayed", attempt(looks, seed, seed, 0.0)
    yield "colour: other row, gain 0.1", attempt(looks, seed, seed + 1, 0.1)


def attempt(looks: list[Look], seed: int, shown: int, gain: float) -> Finding:
    """One challenge `seed` answered with the light of the row of `shown`."""
    check = Colour(Random(seed))
    row = [bytes.fromhex(one.does[1:]) for one in Colour(Random(shown)).challenge.steps]
    dice = np.random.default_rng(seed)
    delay = dice.uniform(0.05, 0.6)
    exposure, lit = 1.0, []
    for i, look in enumerate(looks):
        place = int(np.clip((i / RATE - delay) / EACH, 0, COUNT - 1))
        light = gain * (np.array(list(row[place])) / 255) ** 2.2
        linear = (look.picture.pixels / 255.0) ** 2.2
        bright = linear * (1 + shade(look)[..., None] * light)
        exposure += 0.3 * (float(linear.mean() / bright.mean()) - exposure)
        coded = 255 * np.clip(bright * exposure, 0, 1) ** (1 / 2.2)
        noisy = coded + dice.normal(0, 2, coded.shape)
        lit.append(np.clip(noisy, 0, 255).astype(np.uint8))
    check.begin(0)
    for i, (pixels, look) in enumerate(zip(code(lit), looks, strict=True)):
        check.push(Look(Picture(i * SECOND // RATE, pixels), look.sights))
    return check.answer()


def shade(look: Look) -> Floats:
    """How much of the screen's light falls on each pixel: of 1 where skin looks at the camera."""
    marks = look.sights[0].face.landmarks
    mask = np.zeros(look.picture.pixels.shape[:2], np.uint8)
    hull = cv2.convexHull(marks[:468, :2].astype(np.int32))
    cv2.fillConvexPoly(mask, hull, (1,))
    away = np.minimum(cv2.distanceTransform(mask, cv2.DIST_L2, 3) / (np.ptp(marks[:, 0]) / 2), 1)
    return np.asarray(np.sqrt(1 - (1 - away) ** 2) * mask)


def code(pictures: list[NDArray[np.uint8]]) -> list[NDArray[np.uint8]]:
    """What is left after H.264 at 500 kb/s."""
    tall, wide = pictures[0].shape[:2]
    coder = av.CodecContext.create("libx264", "w")
    coder.width, coder.height, coder.pix_fmt, coder.bit_rate = wide, tall, "yuv420p", 500_000
    coder.framerate, coder.options = RATE, {"preset": "ultrafast", "tune": "zerolatency"}
    decoder = av.CodecContext.create("h264", "r")
    frames = [av.VideoFrame.from_ndarray(one, format="rgb24") for one in pictures]
    packets = [packet for frame in [*frames, None] for packet in coder.encode(frame)]
    out = [frame for packet in [*packets, None] for frame in decoder.decode(packet)]
    return [frame.to_ndarray(format="rgb24") for frame in out]


def stays(looks: list[Look]) -> Iterator[Finding]:
    """A film of somebody who talks, for either side."""
    for seed in (0, 1):
        check = Turn(Random(seed))
        check.begin(0)
        for i, look in enumerate(looks):
            check.push(Look(Picture(i * SECOND // RATE, look.picture.pixels), look.sights))
        yield check.answer()


def turned(pictures: Iterator[NDArray[np.uint8]]) -> Finding:
    """The turn challenge to the left."""
    check, looker = Turn(Random(to_left())), Looker()
    check.begin(0)
    for i, pixels in enumerate(pictures):
        for look in looker.push(Picture(i * SECOND // RATE, pixels)):
            check.push(look)
    return check.answer()


def to_left() -> int:
    """A seed that asks for the left."""
    return next(i for i in range(99) if Turn(Random(i)).challenge.steps[1].does == "left")


def swing(photo: Path, far: float = 40.0) -> Iterator[NDArray[np.uint8]]:
    """A photo on paper, turned about its upright axis before a camera."""
    pixels = cv2.resize(read_photo(photo).pixels, (WIDE, WIDE), interpolation=cv2.INTER_AREA)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float64)
    for i in range(35):
        angle = np.radians(far * np.clip((i - 12) / 12, 0, 1))
        near = 4 / (4 - corners[:, 0] * np.sin(angle))
        there = np.stack([corners[:, 0] * np.cos(angle) * near, corners[:, 1] * near], 1)
        here, goal = ((WIDE / 2 * (c + 1)).astype(np.float32) for c in (corners, 0.8 * there))
        moved = cv2.warpPerspective(pixels, cv2.getPerspectiveTransform(here, goal), (WIDE, WIDE))
        yield np.asarray(moved, np.uint8)


def drive(photo: Path, far: float = 25.0) -> Iterator[NDArray[np.uint8]]:
    """A likeness of ours that follows a driver who turns."""
    picture = read_photo(photo)
    renderer = Renderer(build_likeness(picture), permit_fiction(photo, picture))
    rest = np.zeros(len(SHAPES), np.float32)
    way = 1.0 if Turn(Random(to_left())).challenge.steps[1].does == "left" else -1.0
    for i in range(35):
        yaw = way * far * float(np.clip((i - 12) / 12, 0, 1))
        yield renderer.draw(Pose(i * SECOND // RATE, rest, turn=(yaw, 0.0, 0.0)))


if __name__ == "__main__":
    main()
