"""How well a face follows another before a camera, beside a face that stays still.

    python bench/mimic.py [--json] [--clips N] [--portraits N]

Read back: known poses of portraits of nobody are drawn, and read from the drawn pictures by
`avatar/mimic`; correlation and slope of each channel. Filmed: clips of people who talk drive such a
portrait; it is drawn, and measured by the tracker as the clip was: correlation of the opening of
the mouth, its width, the head's turns, the lids and brows; mean offset of the opening, how many
closed mouths of the film are closed at the same time, and how many made ones were on film.
Cost: CPU ms of one picture. The first second, in which a viewer's rest is learnt, does not count.
"""

import argparse
import json
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from filmed import read_pictures
from numpy.typing import NDArray
from seen import keep_apart, permit_fiction

from bonaface.avatar.likeness.build import build_likeness
from bonaface.avatar.mimic.measures import GAP, Measures, measure
from bonaface.avatar.mimic.sight import Follower
from bonaface.avatar.mimic.stage import Mimic
from bonaface.avatar.mimic.view import view
from bonaface.avatar.pose import SHAPES, Pose
from bonaface.avatar.render.renderer import Renderer
from bonaface.core import SECOND, Picture
from bonaface.media.photos import read_photo

Floats = NDArray[np.float64]
MEDIA = Path(os.environ.get("BONAFACE_MEDIA", Path(__file__).parents[2] / "shared" / "media"))
RATE, LENGTH = 25, 12  # pictures a second, s of one performance
KNOWN = (
    "jawOpen", "stretch", "smileL", "smileR", "frown", "pucker", "funnel", "upperUp", "lowerDown",
    "browInnerUp", "browDown", "browOuterUp", "blinkL", "blinkR",
)  # fmt: skip
SINGLE = ("yaw", "pitch", "roll", "right", "down", "gaze x", "gaze y")
SHUT = 0.75  # of a blink, that counts as one
BLINK = 0.65  # of the middle gap between lids: they are shut
TOUCH = 1.0  # mm more than the closest that lips come in a clip: they are closed


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--clips", type=int, default=99)
    parser.add_argument("--portraits", type=int, default=6)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    keep_apart()
    photos = sorted((MEDIA / "portraits").glob("fictional-*.jpg"))[
        :: max(1, 60 // options.portraits)
    ]
    clips = sorted(p for p in (MEDIA / "talking").iterdir() if "d11" not in p.name)
    found = {
        "read_back": read_back([stage_for(photo) for photo in photos[: options.portraits]]),
        "filmed": filmed(stage_for(photos[0]), clips[: options.clips]),
        "cost": cost(clips[3]),
    }
    print(json.dumps(found, indent=2) if options.json else table(found))


def stage_for(photo: Path) -> Renderer:
    """Draw somebody who does not exist."""
    picture = read_photo(photo)
    return Renderer(build_likeness(picture), permit_fiction(photo, picture))


def perform(seed: int) -> Iterator[Pose]:
    """A second at rest, then channels that move one or two at a time, and a head that turns."""
    dice = np.random.default_rng(seed)
    order = [*dice.permutation(KNOWN), *dice.permutation(KNOWN)]
    times = np.arange(RATE * LENGTH) / RATE
    weights = {name: np.zeros(len(times)) for name in SHAPES}
    begins = np.linspace(1.0, LENGTH - 1.0, len(order))
    for name, begin in zip(order, begins, strict=True):
        hump = np.clip(1 - np.abs(times - begin - 0.4) / 0.4, 0, 1)
        weights[name] = np.maximum(weights[name], dice.uniform(0.5, 1) * hump)
    on = np.clip(times - 1, 0, 1)
    sway = [
        a * on * np.sin(2 * np.pi * f * times + p)
        for a, f, p in zip(
            (8, 5, 5, 5, 3, 1.5, 0.8), dice.uniform(0.1, 0.5, 7), dice.uniform(0, 6, 7), strict=True
        )
    ]
    for i, at in enumerate(times):
        shapes = np.array([weights[name][i] for name in SHAPES], np.float32)
        yaw, pitch, roll, right, down, x, y = (float(s[i]) for s in sway)
        yield Pose(round(at * SECOND), shapes, (yaw, pitch, roll), (right, down), (x, y))


def flat(pose: Pose) -> Floats:
    """KNOWN and SINGLE of a pose."""
    shapes = [float(pose.shapes[SHAPES.index(name)]) for name in KNOWN]
    return np.array([*shapes, *pose.turn, *pose.shift, *pose.gaze])


def read_back(renderers: Sequence[Renderer]) -> dict[str, Any]:
    """Draw known poses and read them."""
    wanted, read = [], []
    for seed, renderer in enumerate(renderers):
        mimic = Mimic()
        for pose in perform(seed):
            (got,) = mimic.push(Picture(pose.at, renderer.draw(pose)))
            if pose.at >= SECOND:
                wanted.append(flat(pose))
                read.append(flat(got))
    x, y = np.array(wanted), np.array(read)
    rows: dict[str, Any] = {}
    for k, name in enumerate((*KNOWN, *SINGLE)):
        slope = float(np.polyfit(x[:, k], y[:, k], 1)[0])
        error = float(np.sqrt(((x[:, k] - y[:, k]) ** 2).mean()))
        still = float(np.sqrt((x[:, k] ** 2).mean()))
        r = float(np.corrcoef(x[:, k], y[:, k])[0, 1])
        rows[name] = {"r": r, "slope": slope, "rms": error, "rms_still": still}
    return {"portraits": len(renderers), "pictures": len(x), "channels": rows}


def describe(seen: Measures) -> Floats:
    """What is compared between film and drawing."""
    corners = seen.places[GAP + 3]
    return np.array([seen.gap, corners, *seen.turn, *seen.lids])


TRAITS = ("opening mm", "width mm", "yaw", "pitch", "roll", "lid right", "lid left")


def watch(pictures: Iterator[Picture]) -> Iterator[tuple[Picture, Floats]]:
    """Track pictures; those without a face are NaN."""
    follower = Follower()
    for picture in pictures:
        for sighting in follower.push(picture):
            face = sighting.face
            none = np.full(len(TRAITS), np.nan)
            yield picture, none if face is None else describe(measure(view(face.landmarks)))


def filmed(renderer: Renderer, clips: Sequence[Path]) -> dict[str, Any]:
    """Let clips drive a portrait."""
    rows = {}
    for clip in clips:
        mimic = Mimic()
        film: list[Floats] = []
        lids: list[float] = []
        eye = watch(follow(renderer, mimic, keep(clip, film), lids))
        drawn = [seen for _, seen in eye]
        x, y = np.array(film), np.array(drawn)
        late = np.arange(len(x)) >= RATE if len(x) > 2 * RATE else np.arange(len(x)) >= 10
        good = late & np.isfinite(x).all(1) & np.isfinite(y).all(1)
        if good.sum() >= 10:
            found, count = find_blinks(x[good, 5:7], np.array(lids)[good])
            counts = {"blinks": count, "blinks found": found}
            rows[clip.stem] = compare(x[good], y[good]) | counts
    return rows


def follow(
    renderer: Renderer, mimic: Mimic, pictures: Iterator[Picture], lids: list[float]
) -> Iterator[Picture]:
    """Draw what pictures drive; how far the lids are shut goes into `lids`."""
    for picture in pictures:
        for pose in mimic.push(picture):
            shut = [pose.shapes[SHAPES.index(name)] for name in ("blinkL", "blinkR")]
            lids.append(float(np.mean(shut)))
            yield Picture(pose.at, renderer.draw(pose))


def keep(clip: Path, into: list[Floats]) -> Iterator[Picture]:
    """A clip's pictures, and what is measured on them."""
    for picture, seen in watch(read_pictures(clip)):
        into.append(seen)
        yield picture


def compare(film: Floats, drawn: Floats) -> dict[str, float]:
    """Both (n, len(TRAITS))."""
    row = {}
    for k, name in enumerate(TRAITS):
        both = np.corrcoef(film[:, k], drawn[:, k])[0, 1]
        row[name] = float(both) if np.isfinite(both) else 0.0
        row[f"{name} slope"] = float(np.polyfit(film[:, k], drawn[:, k], 1)[0])
        row[f"{name} sd"] = float(film[:, k].std())
    shut = film[:, 0] < np.quantile(film[:, 0], 0.02) + TOUCH
    made = drawn[:, 0] < np.quantile(drawn[:, 0], 0.02) + TOUCH
    row["offset mm"] = float((drawn[:, 0] - film[:, 0]).mean())
    row["closed found"] = float((shut & made).sum() / max(shut.sum(), 1))
    row["closed true"] = float((shut & made).sum() / max(made.sum(), 1))
    row["pictures"] = len(film)
    return row


def find_blinks(film: Floats, asked: Floats) -> tuple[int, int]:
    """How many blinks of a film (n, 2 lids) are asked of the face, and how many there are.

    `asked` (n,) are poses, since the tracker sees the shut eyes of drawings as half open.
    """
    shut = (film / np.median(film, 0)).mean(1) < BLINK
    begins = np.flatnonzero(shut[1:] & ~shut[:-1]) + 1
    found = sum(bool((asked[max(0, at - 1) : at + 4] > SHUT).any()) for at in begins)
    return found, len(begins)


def cost(clip: Path) -> dict[str, float]:
    """CPU ms of one picture, for three cameras."""
    pictures = list(read_pictures(clip))[:60]
    found = {}
    for width, height in ((640, 480), (1280, 720), (3840, 2160)):
        mimic = Mimic()
        spent = []
        for picture in pictures[: 60 if width < 2000 else 25]:
            large = np.zeros((height, width, 3), np.uint8)
            high, wide = picture.pixels.shape[:2]
            ratio = min(height / high, width / wide)
            shown = cv2.resize(picture.pixels, (int(wide * ratio), int(high * ratio)))
            large[: shown.shape[0], : shown.shape[1]] = shown
            begun = time.process_time()
            mimic.push(Picture(picture.at, large))
            spent.append((time.process_time() - begun) * 1e3)
        found[f"{width}x{height}"] = round(float(np.median(spent[5:])), 2)
    return found


def table(found: dict[str, Any]) -> str:
    """All figures, the still beside them."""
    back = found["read_back"]
    lines = [
        f"Read back: {back['portraits']} portraits, {back['pictures']} pictures",
        f"{'':14}{'r':>6}{'slope':>8}{'rms':>8}{'still':>8}",
    ]
    for name, row in back["channels"].items():
        cells = f"{row['r']:6.2f}{row['slope']:8.2f}{row['rms']:8.2f}{row['rms_still']:8.2f}"
        lines.append(f"{name:14}{cells}")
    names = [*TRAITS, "offset mm", "closed found", "closed true"]
    lines += ["", "Filmed: r of what drives and what is drawn; a still has r 0 and closes for ever"]
    lines.append(f"{'':24}" + "".join(f"{name:>13}" for name in names))
    rows = found["filmed"]
    for clip, row in rows.items():
        lines.append(f"{clip[:23]:24}" + "".join(f"{row[name]:13.2f}" for name in names))
    middle = [np.median([row[name] for row in rows.values()]) for name in names]
    lines.append(f"{'median of ' + str(len(rows)):24}" + "".join(f"{m:13.2f}" for m in middle))
    slopes = [np.median([row[f"{name} slope"] for row in rows.values()]) for name in TRAITS]
    lines.append(f"{'median slope':24}" + "".join(f"{m:13.2f}" for m in slopes))
    found_blinks = sum(row["blinks found"] for row in rows.values())
    lines.append(
        f"blinks followed: {found_blinks} of {sum(row['blinks'] for row in rows.values())}"
    )
    lines += ["", "CPU ms of one picture, median"]
    lines += [f"{size:14}{spent:8.2f}" for size, spent in found["cost"].items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
