"""What a made mouth looks like, measured: on the posed mesh, or found in drawn pictures."""

import os
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from filmed import measure_opening, track
from mouth_scores import Mouth

from bonaface.avatar.likeness.build import build_likeness
from bonaface.avatar.pose import Pose
from bonaface.avatar.render.posing import Skeleton
from bonaface.avatar.render.renderer import Renderer
from bonaface.config import settings
from bonaface.consent.policy import Permit, permit
from bonaface.consent.portrait import hash_portrait
from bonaface.consent.records import Terms, grant
from bonaface.core import SECOND, Picture
from bonaface.face import landmarks as lm
from bonaface.media.photos import read_photo

Look = Callable[[Sequence[Pose]], Mouth]
Watcher = Callable[[Picture], Look]
PURPOSE = "benchmark"


def watch_mesh(portrait: Picture) -> Look:
    """Build a likeness and measure its mesh as it is posed; no picture is drawn."""
    skeleton = Skeleton(build_likeness(portrait))

    def look(poses: Sequence[Pose]) -> Mouth:
        points = np.full((len(poses), lm.LANDMARKS, 2), np.nan)
        for i, pose in enumerate(poses):
            points[i, : lm.FACE] = skeleton.pose(pose).points[: lm.FACE]
        for iris, corners in (
            (lm.RIGHT_IRIS, lm.RIGHT_EYE_CORNERS),
            (lm.LEFT_IRIS, lm.LEFT_EYE_CORNERS),
        ):
            points[:, iris] = points[:, corners].mean(1)
        times = np.array([pose.at for pose in poses]) / SECOND
        return Mouth(times, measure_opening(points), points)

    return look


def watch_drawn(photo: Path) -> Watcher:
    """Draw on one portrait, whoever is asked for, and track the face in what was drawn.

    `photo` shows a person who does not exist; the consent says so, and lives as long as this
    process does.
    """
    keep_apart()
    portrait = read_photo(photo)
    leave = permit_fiction(photo, portrait)
    likeness = build_likeness(portrait)

    def look(poses: Sequence[Pose]) -> Mouth:
        renderer = Renderer(likeness, leave)
        times, points, _ = track(picture for pose in poses for picture in renderer.push(pose))
        return Mouth(times, measure_opening(points), points)

    return lambda _: look


def keep_apart() -> None:
    """Use keys and a ledger of this process's own."""
    os.environ["BONAFACE_HOME"] = tempfile.mkdtemp(prefix="bonaface-bench-")
    settings.cache_clear()


def permit_fiction(photo: Path, portrait: Picture) -> Permit:
    """Grant consent for a person who does not exist."""
    now = datetime.now(UTC)
    terms = Terms("nobody", "fictional", (PURPOSE,), (now + timedelta(days=1)).date())
    record = grant(hash_portrait(photo.read_bytes(), portrait), terms, now)
    return permit(record, portrait, PURPOSE, now)
