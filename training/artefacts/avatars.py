"""Draw faces to learn from as this project draws them: its own avatars, beside the originals.

    python training/artefacts/avatars.py MEDIA OUT.npz [--minutes 12]

Pictures of the folds that are learnt from (`faces.py`), in an order drawn by chance, until the time
is over; each is drawn in POSES poses on a canvas of its own size. The original beside each is the
photo on the same canvas, so that scaling tells nothing. A renderer draws with a permit only; here
a stand-in gives it, as in the benches: in a home of its own, for this purpose and a day, since
nobody who is pictured was asked for an avatar. So nothing drawn is ever shown, and OUT is for
`learn.py` alone: delete it after that.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
from faces import LEAST, MARGIN, SIDE, gather
from numpy.typing import NDArray

from bonaface.avatar.likeness.build import build_likeness
from bonaface.avatar.likeness.check import choose_face
from bonaface.avatar.likeness.framing import Framed, frame_face
from bonaface.avatar.pose import SHAPES, Pose
from bonaface.avatar.render.renderer import Renderer
from bonaface.consent.policy import Permit, permit
from bonaface.consent.portrait import hash_portrait
from bonaface.consent.records import Terms, grant
from bonaface.core import Picture
from bonaface.errors import PortraitRefused
from bonaface.face.find import Face, find_faces
from bonaface.forensics.artefacts.crop import Cut, cut_face

sys.path.insert(0, str(Path(__file__).parents[1]))
from sources import find_fold, name_group

Box: TypeAlias = tuple[int, int, int, int]  # left, top, right, bottom, px
POSES = 2
ROOM = 0.4  # of a photo's longer side, mirrored around it
EDGE = 3  # px of a canvas
CANVASES = (288, 352, 448, 512)  # px
PURPOSE = "training"
MOVING = ("jawOpen", "lowerDown", "upperUp", "smileL", "smileR", "pucker", "stretch", "browInnerUp")


def draw_pose(random: np.random.Generator) -> Pose:
    """A face in the middle of speaking."""
    shapes = np.zeros(len(SHAPES), np.float32)
    for name in random.choice(MOVING, 3, replace=False):
        shapes[SHAPES.index(str(name))] = random.uniform(0, 0.7)
    if random.random() < 0.4:  # photographs smile more often than a likeness at rest
        for name in ("smileL", "smileR"):
            shapes[SHAPES.index(name)] = random.uniform(0.5, 1)
    if random.random() < 0.15:
        shapes[[SHAPES.index("blinkL"), SHAPES.index("blinkR")]] = random.uniform(0.3, 1)
    yaw, pitch, roll = (float(v) for v in random.uniform(-1, 1, 3) * (9, 5, 4))
    return Pose(0, shapes, (yaw, pitch, roll), closure=float(random.random() < 0.2))


def allow(portrait: Picture) -> Permit:
    """The stand-in."""
    now, until = datetime.now(UTC), datetime.now(UTC) + timedelta(days=1)
    terms = Terms("stand-in, no person asked", "fictional", (PURPOSE,), until.date())
    record = grant(hash_portrait(portrait.pixels.tobytes(), portrait), terms, now)
    return permit(record, portrait, PURPOSE, now)


def roomy(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture with its borders mirrored: a canvas is larger than a tight crop."""
    more = round(ROOM * max(pixels.shape[:2]))
    return np.asarray(
        cv2.copyMakeBorder(pixels, more, more, more, more, cv2.BORDER_REFLECT_101), np.uint8
    )


def cut(canvas: NDArray[np.uint8], inside: Box) -> Cut | None:
    """The face on a canvas as `faces.py` cuts it, `inside` of what was no mirrored border."""
    left, top, right, bottom = inside
    for face in find_faces(Picture(0, canvas))[:1]:
        if face.height >= LEAST:
            shown = np.ascontiguousarray(canvas[top:bottom, left:right])
            return cut_face(
                shown, face.landmarks - np.array([left, top, 0], np.float32), SIDE, MARGIN
            )
    return None


def place(framed: Framed, face: Face, photo: tuple[int, ...], shift: int) -> Box:
    """Left, top, right, bottom px of the canvas that a photo (height, width) fills."""
    here, there = framed.landmarks[:, :2], face.landmarks[:, :2]
    scale = float(np.ptp(here, 0).max() / np.ptp(there, 0).max())
    low = here.mean(0) + framed.box[:2] + (shift - there.mean(0)) * scale
    high = low + np.array(photo[::-1]) * scale
    within = np.clip([low + EDGE, high - EDGE], 0, framed.size)
    left, top, right, bottom = (int(v) for v in within.ravel())
    return left, top, right, bottom


def draw(pixels: NDArray[np.uint8], random: np.random.Generator) -> Iterator[tuple[Cut, Cut]]:
    """The original on its canvas and what was drawn; nothing where no likeness can be made."""
    side = int(random.choice(CANVASES))
    portrait = Picture(0, roomy(pixels))
    try:
        face = choose_face(portrait, None)
        likeness = build_likeness(portrait, (side, side))
    except PortraitRefused:
        return
    framed = frame_face(portrait.pixels, face, (side, side))
    if framed.picture.shape != (side, side, 3):
        return
    inside = place(framed, face, pixels.shape[:2], round(ROOM * max(pixels.shape[:2])))
    before = cut(framed.picture, inside)
    renderer = Renderer(likeness, allow(portrait))
    for _ in range(POSES):
        after = cut(renderer.draw(draw_pose(random)), inside)
        if before is not None and after is not None:
            yield before, after


def main() -> None:
    """Draw until the time is over, and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("media", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=12.0)
    options = parser.parse_args()
    os.environ["BONAFACE_HOME"] = tempfile.mkdtemp(prefix="bonaface-training-")
    random, began = np.random.default_rng(3), time.monotonic()
    found = list(gather(options.media))
    films = [one for one in found if one[0].startswith("talking")][::3]
    photos = [one for one in found if not one[0].startswith("talking")]
    order = films + [photos[i] for i in random.permutation(len(photos))]
    pairs: list[tuple[Cut, Cut]] = []
    paths: list[str] = []
    for path, _, pixels in order:
        if time.monotonic() - began > options.minutes * 60:
            break
        drawn = list(draw(pixels, random))
        pairs += drawn
        paths += [path] * len(drawn)
    np.savez(
        options.out,
        cuts=np.array([before.pixels for before, _ in pairs]),
        marks=np.array([before.points for before, _ in pairs]),
        drawn=np.array([after.pixels for _, after in pairs]),
        drawn_marks=np.array([after.points for _, after in pairs]),
        paths=np.array(paths),
        folds=np.array([find_fold(name_group(path)) for path in paths]),
    )
    print(f"{len(pairs)} drawn of {len(set(paths))} pictures and films")


if __name__ == "__main__":
    main()
