"""What a mouth on film does: landmarks, opening and sound of a clip.

Reads clips with `av` itself, so that the benches do not depend on what they judge.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from bonaface.core import SECOND, Picture, Sound
from bonaface.face import landmarks as lm
from bonaface.face.track import FaceTracker

Floats = NDArray[np.float64]
RATE = 16_000  # samples a second of the sound
INNER_UPPER, INNER_LOWER = 13, 14
RIGHT_CHEEK, LEFT_CHEEK = 234, 454
LARGEST_TURN = 20.0  # degrees of yaw beyond which a frame is not frontal
CLOSED = 0.025  # of the distance between the eyes: lips that touch, as the tracker sees them
SHARP = 0.6  # of the clip's median sharpness


@dataclass(frozen=True, slots=True, eq=False)
class Filmed:
    """One clip, measured. Rows without a face are NaN."""

    path: Path
    times: Floats  # (n,) s, when each picture is shown
    landmarks: Floats  # (n, 478, 3) px
    sharpness: Floats  # (n,) of the face, larger is sharper
    sound: Sound  # mono at RATE

    @property
    def opening(self) -> Floats:
        """Distance of the inner lips over the distance between the eyes: (n,)."""
        return measure_opening(self.landmarks)

    @property
    def rate(self) -> float:
        """Pictures a second."""
        return float(1 / np.median(np.diff(self.times)))


def measure_eyes(landmarks: Floats) -> Floats:
    """Give the distance between the irises in px: (n, 478, 3) to (n,)."""
    between = landmarks[:, lm.LEFT_IRIS, :2] - landmarks[:, lm.RIGHT_IRIS, :2]
    distance: Floats = np.linalg.norm(between, axis=1)
    return distance


def measure_opening(landmarks: Floats) -> Floats:
    """Give the distance of the inner lips (13-14) over that of the eyes: (n, 478, 3) to (n,)."""
    gap = np.linalg.norm(landmarks[:, INNER_UPPER, :2] - landmarks[:, INNER_LOWER, :2], axis=1)
    share: Floats = gap / measure_eyes(landmarks)
    return share


def measure_turn(landmarks: Floats) -> Floats:
    """Give the yaw in degrees from how deep the two cheeks lie: (n, 478, 3) to (n,)."""
    across = landmarks[:, LEFT_CHEEK] - landmarks[:, RIGHT_CHEEK]
    turn: Floats = np.degrees(np.arctan2(across[:, 2], np.linalg.norm(across[:, :2], axis=1)))
    return turn


def read_pictures(path: Path) -> Iterator[Picture]:
    """Decode a clip's pictures."""
    with av.open(str(path)) as container:
        for frame in container.decode(container.streams.video[0]):
            at = int(Fraction(frame.pts or 0) * (frame.time_base or 0) * SECOND)
            yield Picture(at, frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False))


def read_sound(path: Path) -> Sound:
    """Decode a clip's sound, mono at RATE."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
        runs, start = [], None
        for frame in container.decode(stream):
            if start is None:
                start = int(Fraction(frame.pts or 0) * (frame.time_base or 0) * SECOND)
            runs += [out.to_ndarray()[0] for out in resampler.resample(frame)]
        runs += [out.to_ndarray()[0] for out in resampler.resample(None)]
    return Sound(start or 0, np.concatenate(runs).astype(np.float32), RATE)


def measure_sharpness(picture: Picture, points: Floats) -> float:
    """Mean squared gradient of the face over its variance."""
    (left, top), (right, bottom) = points[:, :2].min(0), points[:, :2].max(0)
    high, wide = picture.pixels.shape[:2]
    rows = slice(max(0, int(top)), min(high, int(bottom)))
    columns = slice(max(0, int(left)), min(wide, int(right)))
    grey = picture.pixels[rows, columns].mean(2)
    if min(grey.shape) < 8:
        return 0.0
    slope = (np.diff(grey, axis=0) ** 2).mean() + (np.diff(grey, axis=1) ** 2).mean()
    return float(slope / (grey.var() + 1))


def track(pictures: Iterator[Picture]) -> tuple[Floats, Floats, Floats]:
    """Follow the face: times (n,), landmarks (n, 478, 3), sharpness (n,)."""
    tracker = FaceTracker()
    times, points, sharp = [], [], []
    for picture in pictures:
        for sighting in tracker.push(picture):
            face = sighting.face
            found = np.full((lm.LANDMARKS, 3), np.nan) if face is None else face.landmarks
            times.append(sighting.at / SECOND)
            points.append(found.astype(np.float64))
            sharp.append(0.0 if face is None else measure_sharpness(picture, points[-1]))
    return np.array(times), np.array(points), np.array(sharp)


def filmed_mouth(path: Path, cache: Path | None = None) -> Filmed:
    """Measure a clip; with `cache`, a folder, keep the measures there and use them again."""
    kept = cache / f"{path.name}.npz" if cache else None
    sound = read_sound(path)
    if kept and kept.exists():
        with np.load(kept) as z:
            return Filmed(path, z["times"], z["landmarks"], z["sharpness"], sound)
    times, points, sharp = track(read_pictures(path))
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.savez(kept, times=times, landmarks=points.astype(np.float32), sharpness=sharp)
    return Filmed(path, times, points, sharp, sound)


def find_portrait(filmed: Filmed) -> int | None:
    """Give the first frame that is frontal, sharp and has the mouth closed, or the best there is.

    Where the mouth is never closed, the frontal, sharp frame in which it is least open; None where
    no frame is frontal.
    """
    turn, opening = np.abs(measure_turn(filmed.landmarks)), filmed.opening
    seen = ~np.isnan(turn)
    if not seen.any():
        return None
    sharp = filmed.sharpness >= SHARP * np.median(filmed.sharpness[seen])
    good = seen & sharp & (turn < LARGEST_TURN)
    closed = np.flatnonzero(good & (opening < CLOSED))
    if len(closed):
        return int(closed[0])
    return int(np.argmin(np.where(good, opening, np.inf))) if good.any() else None


def read_portrait(filmed: Filmed, index: int) -> Picture:
    """Decode the picture of that index again."""
    for i, picture in enumerate(read_pictures(filmed.path)):
        if i == index:
            return picture
    raise IndexError(index)
