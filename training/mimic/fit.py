"""Fit how the tracker sees each shape: pose faces of nobody, look at them, fit a line.

    python training/mimic/fit.py PORTRAITS [--test]

PORTRAITS holds photos of people who do not exist (fictional-*.jpg). Writes
`bonaface/avatar/mimic/fit.npz`: `mean` (478, 3) mm, the mean face; `response` (COUNT, READ), what a
shape does to the places measured, mm at full strength; `turned` (COUNT, 3), what a head turned by
ten degrees does to them, because depth is measured with an error; `projector` (READ, COUNT), the
response over the covariance of what shapes do not explain, gaps and width of the mouth stressed.
With --test, two portraits in three are fitted and nothing is written; the third are read back.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

from bonaface.avatar.likeness.build import build_likeness
from bonaface.avatar.mimic.measures import COUNT, GAP, Measures, measure
from bonaface.avatar.mimic.reading import READ, Reader
from bonaface.avatar.mimic.view import BONES, DEPTH, Floats, view
from bonaface.avatar.pose import SHAPES, Pose
from bonaface.avatar.render.renderer import Renderer
from bonaface.consent.policy import permit
from bonaface.consent.portrait import hash_portrait
from bonaface.consent.records import Terms, grant
from bonaface.core import Picture
from bonaface.errors import PortraitRefused
from bonaface.face import landmarks as lm
from bonaface.face.find import find_faces, look_again
from bonaface.media.photos import read_photo

OUT = Path(__file__).parents[2] / "bonaface" / "avatar" / "mimic" / "fit.npz"
POSES = 60  # a portrait, half of them with few shapes and half with many
STRESS = 2.0  # times, how much more gaps and width of the mouth count than noise alone says
FLOOR = 0.3  # mm * mm of noise in every place, that films have more of than drawings
RESTS = 6  # of a portrait, before them: how it looks at rest
EITHER = (  # of which one face does one
    ("stretch", "pucker"), ("stretch", "funnel"), ("smileL", "frown"), ("smileR", "frown"),
    ("browDown", "browOuterUp"), ("browDown", "browInnerUp"), ("FF", "jawOpen"),
    ("rollLower", "FF"), ("rollLower", "lowerDown"), ("rollUpper", "upperUp"), ("wide", "squint"),
    ("cheekPuff", "jawOpen"), ("jawSide", "pucker"), ("blinkL", "wide"), ("blinkR", "wide"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One posed face as the tracker saw it."""

    pose: Pose
    landmarks: Floats  # (478, 3) px


def draw_pose(dice: np.random.Generator, share: float) -> Pose:
    """A pose in which a `share` of the shapes is active."""
    weights = dict.fromkeys(SHAPES, 0.0)
    weights |= {name: dice.uniform() for name in SHAPES if dice.random() < share}
    if dice.random() < 0.5:
        weights["jawOpen"] = dice.uniform(0, 0.9)
    if dice.random() < 0.3:
        weights["smileL"] = weights["smileR"] = dice.uniform()
    for pair in EITHER:
        if weights[pair[0]] and weights[pair[1]]:
            weights[pair[dice.integers(2)]] = 0.0
    turn = np.clip(dice.normal(0, (5, 3.5, 4)), -12, 12).tolist()
    gaze = dice.normal(0, (1.2, 0.7)).tolist()
    shapes = np.array([weights[name] for name in SHAPES], np.float32)
    return Pose(0, shapes, (turn[0], turn[1], turn[2]), gaze=(gaze[0], gaze[1]))


def rests() -> Iterator[Pose]:
    """How a face is seen at rest, from all sides."""
    sides = ((0, 0, 0), (0, 0, 0), (8, 0, 0), (-8, 0, 0), (0, 6, 0), (0, -6, 0))
    for yaw, pitch, roll in sides:
        yield Pose(0, np.zeros(len(SHAPES), np.float32), (yaw, pitch, roll))


def look_at(path: Path, seed: int) -> list[Seen]:
    """Pose one portrait and track it. Raises PortraitRefused."""
    photo = read_photo(path)
    now = datetime.now(UTC)
    terms = Terms("nobody", "fictional", ("training",), date(2999, 1, 1))
    record = grant(hash_portrait(path.read_bytes(), photo), terms, now)
    renderer = Renderer(build_likeness(photo), permit(record, photo, "training", now))
    dice = np.random.default_rng(seed)
    poses = [*rests(), *(draw_pose(dice, 0.09 if i % 2 else 0.28) for i in range(POSES))]
    last = find_faces(Picture(0, renderer.draw(poses[0])))[0].landmarks
    seen = []
    for pose in poses:
        drawn = Picture(0, renderer.draw(pose))
        points = look_again(drawn, look_again(drawn, last).landmarks).landmarks
        seen.append(Seen(pose, points.astype(np.float64)))
    return seen


def mean_face(faces: list[Floats]) -> Floats:
    """The mean (478, 3) mm of faces (478, 3) px, upright, 63 mm between the irises."""
    mean = np.mean([_upright(points * (1, 1, DEPTH)) for points in faces], 0)
    for _ in range(4):
        mean = _upright(np.mean([view(points, mean).face for points in faces], 0))
    return np.asarray(mean, np.float64)


def _upright(points: Floats) -> Floats:
    step = points[lm.LEFT_IRIS] - points[lm.RIGHT_IRIS]
    middle = (points[lm.LEFT_IRIS] + points[lm.RIGHT_IRIS]) / 2
    return np.asarray((points - middle) * 63 / np.linalg.norm(step), np.float64)


def fit(people: list[list[Seen]]) -> dict[str, Floats]:
    """Fit all that is kept."""
    mean = mean_face([person[0].landmarks for person in people])
    moved, done = [], []
    for person in people:
        measured = [measure(view(seen.landmarks, mean)) for seen in person]
        rest = np.median([one.places for one in measured[:RESTS]], 0)
        level = measured[0].turn
        for seen, one in zip(person, measured, strict=True):
            moved.append(one.places - rest)
            turned = (one.turn - level) / 10
            done.append(np.concatenate([seen.pose.shapes, turned, seen.pose.gaze]))
    places, causes = np.array(moved), np.array(done)
    lines = np.linalg.lstsq(causes, places, rcond=None)[0]
    count = len(SHAPES)
    response = lines[[SHAPES.index(name) for name in READ]].T
    kept = {
        "mean": mean,
        "response": response,
        "turned": lines[count : count + 3].T,
        "projector": project(response, places - causes @ lines),
    }
    return {name: value.astype(np.float32) for name, value in kept.items()}


def project(response: Floats, rest: Floats) -> Floats:
    """(len(READ), COUNT): what is left over (n, COUNT) says how far to trust each place."""
    precision = np.linalg.inv(np.cov(rest.T) + FLOOR * np.eye(COUNT))
    for k in range(GAP, COUNT):
        precision[k, k] += STRESS**2 / (float(rest[:, k].var()) + FLOOR)
    return np.asarray(response.T @ precision, np.float64)


def read_back(people: list[list[Seen]], fitted: dict[str, Floats]) -> None:
    """Print how well shapes are read on portraits that were not fitted."""
    reader = Reader({name: value.astype(np.float64) for name, value in fitted.items()})
    wanted, read = [], []
    for person in people:
        measured: list[Measures] = [measure(view(s.landmarks, fitted["mean"])) for s in person]
        rest = np.median([one.places for one in measured[:RESTS]], 0)
        for seen, one in list(zip(person, measured, strict=True))[RESTS:]:
            turned = one.turn - measured[0].turn
            read.append(reader.read(one.places - rest, turned))
            wanted.append([seen.pose.shapes[SHAPES.index(name)] for name in READ])
    for k, name in enumerate(READ):
        x, y = np.array(wanted)[:, k], np.array(read)[:, k]
        slope = np.polyfit(x, y, 1)[0]
        print(f"{name:14} r {np.corrcoef(x, y)[0, 1]:5.2f}  slope {slope:5.2f}  n {len(x)}")


def main() -> None:
    """Gather, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("portraits", type=Path)
    parser.add_argument("--test", action="store_true")
    options = parser.parse_args()
    os.environ["BONAFACE_HOME"] = tempfile.mkdtemp(prefix="bonaface-mimic-")
    people = []
    for seed, path in enumerate(sorted(options.portraits.glob("fictional-*.jpg"))):
        try:
            people.append(look_at(path, seed))
        except PortraitRefused as refused:
            print(f"{path.name}: {refused}", file=sys.stderr)
    if options.test:
        read_back(people[::3], fit([p for i, p in enumerate(people) if i % 3]))
        return
    fitted = fit(people)
    assert fitted["response"].shape == (COUNT, len(READ))  # noqa: S101
    assert np.isfinite(fitted["mean"][BONES]).all()  # noqa: S101
    np.savez_compressed(OUT, **fitted)  # type: ignore[arg-type]
    print(f"{len(people)} portraits, {len(people) * (POSES + RESTS)} pictures: {OUT}")


if __name__ == "__main__":
    main()
