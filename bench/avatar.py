"""How fast a face is drawn on one core: `python bench/avatar.py [--json] [--pictures 300]`.

The first fictional portrait of the test media, or the public-domain one where these are absent,
speaks, blinks and turns; each size runs in a process of its own. Milliseconds are CPU time, all
threads together, so that what else runs on the machine counts little.

--json prints one object: {"portrait": name, "pictures": n, SIZE: {
"frame_ms": median, without label and watermark, "frame_ms_p10", "frame_ms_p90",
"frame_ms_marked": median, with both, "steps_ms": {step: median},
"two_threads": how many times as many marked pictures two faces make on two threads as one does
alone, by the clock: at most 2, and less where the machine has other work,
"fps_core": pictures a second on one core with label, watermark and x264,
"likeness_s": to make the likeness, "renderer_s": to make the renderer, kernels compiled before,
"peak_mb": of memory, all of that included}} with SIZE each of 512x512, 720x720, 1280x720.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from bonaface import weights
from bonaface.avatar.likeness.build import build_likeness
from bonaface.avatar.pose import SHAPES, Pose
from bonaface.avatar.render.renderer import Renderer
from bonaface.consent.policy import Permit, permit
from bonaface.consent.portrait import hash_portrait
from bonaface.consent.records import Terms, grant
from bonaface.core import SECOND, Picture
from bonaface.marks.picture.mark import PictureMark
from bonaface.media.photos import read_bytes, read_photo
from bonaface.media.video import Video

SIZES = ((512, 512), (720, 720), (1280, 720))
RATE = 30
BRIEF, RUNS = 10, 40  # pictures in a run of two threads, and runs
WARM = 30  # pictures drawn before the clock starts
MEDIA = Path(os.environ.get("BONAFACE_MEDIA", Path(__file__).parents[2] / "shared" / "media"))
# Our own limits, ms a picture without and with marks; MB
LIMITS = {"512x512": (2.5, 4.5), "1280x720": (4.5, 9.0)}
MEMORY = 400
PEERS = (
    "Peers, by their own word: MuseTalk 1.5 256x256 30 fps on a V100; VASA-1 512x512 40 fps on an",
    "RTX 4090; lite-avatar 30 fps on an i9-13980HX; bitHuman Essence 25 fps on 1 to 2 cores.",
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--pictures", type=int, default=300)
    parser.add_argument("--size", help=argparse.SUPPRESS)  # the child process of one size
    options = parser.parse_args()
    if options.size:
        width, height = map(int, options.size.split("x"))
        print(json.dumps(measure((width, height), options.pictures)))
        return
    found: dict[str, Any] = {"portrait": portrait().name, "pictures": options.pictures}
    for width, height in SIZES:
        size = f"{width}x{height}"
        found[size] = _in_a_child(size, options.pictures)
    print(json.dumps(found, indent=2) if options.json else table(found))


def _in_a_child(size: str, pictures: int) -> Any:
    again = [sys.executable, __file__, "--size", size, "--pictures", str(pictures)]
    one = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    run = subprocess.run(again, check=True, stdout=subprocess.PIPE, text=True, env=one)
    return json.loads(run.stdout.splitlines()[-1])


def portrait() -> Path:
    """The photo of somebody who does not exist, or one in the public domain."""
    fictional = sorted((MEDIA / "portraits").glob("fictional-*.jpg"))
    return fictional[0] if fictional else weights.find("portrait-hopper")


def measure(size: tuple[int, int], pictures: int) -> dict[str, Any]:
    """All figures of one size."""
    cv2.setNumThreads(1)
    path = portrait()
    photo = read_photo(path)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BONAFACE_HOME"] = folder
        begun = time.process_time()
        likeness = build_likeness(photo, size)
        built = time.process_time()
        leave = _permit(path, photo)
        Renderer(likeness, leave).draw(next(poses(1)))  # compiles what was never compiled
        ready = time.process_time()
        renderer = Renderer(likeness, leave)
        made = time.process_time()
        figures = _draw(renderer, pictures)
        figures |= {"fps_core": _film(renderer, size, pictures, Path(folder) / "film.mp4")}
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        figures |= {"two_threads": _side_by_side([renderer, Renderer(likeness, leave)])}
    figures |= {"likeness_s": round(built - begun, 3), "renderer_s": round(made - ready, 3)}
    return figures | {"peak_mb": round(peak / 1024)}


def _permit(path: Path, photo: Picture) -> Permit:
    now = datetime.now(UTC)
    terms = Terms(path.stem, "fictional", ("bench",), date(2999, 1, 1))
    record = grant(hash_portrait(read_bytes(path), photo), terms, now)
    return permit(record, photo, "bench", now)


def poses(count: int) -> Iterator[Pose]:
    """A face that speaks, blinks, looks about, turns and breathes."""
    for i in range(count):
        t = i / RATE
        shapes = np.zeros(len(SHAPES), np.float32)
        beat = 0.5 - 0.5 * np.cos(2 * np.pi * 4 * t)  # four syllables a second
        moves = {"jawOpen": 0.5 * beat, "lowerDown": 0.25 * beat, "upperUp": 0.15 * beat}
        moves["stretch"] = 0.3 * max(0.0, np.sin(2 * np.pi * 0.9 * t))
        moves["pucker"] = 0.4 * max(0.0, -np.sin(2 * np.pi * 0.9 * t))
        moves["blinkL"] = moves["blinkR"] = max(0.0, 1 - abs((t % 2.5) - 0.1) / 0.1)
        for name, weight in moves.items():
            shapes[SHAPES.index(name)] = weight
        yield Pose(
            at=i * SECOND // RATE,
            shapes=shapes,
            turn=(3 * np.sin(t), 1.5 * np.sin(1.7 * t), np.sin(0.7 * t)),
            shift=(np.sin(0.8 * t), 0.5 * np.sin(1.1 * t)),
            gaze=(1.2 * np.sin(0.6 * t), 0.3),
            tongue=0.6 * beat,
            breath=0.9 * np.sin(1.5 * t),
        )


def _clocked(step: Callable[[], Any], into: list[float]) -> Any:
    begun = time.process_time()
    found = step()
    into.append((time.process_time() - begun) * 1e3)
    return found


def _draw(renderer: Renderer, pictures: int) -> dict[str, Any]:
    mark = PictureMark(1)
    plain: list[float] = []
    marked: list[float] = []
    steps: dict[str, list[float]] = {name: [] for name in ("pose", *renderer.layers)}
    run = list(poses(WARM + pictures))
    for pose in run:
        _clocked(partial(renderer.push, pose), plain)
    for pose in run:
        (picture,) = _clocked(partial(renderer.push, pose), marked)
        stamp: list[float] = []
        _clocked(partial(mark.push, picture), stamp)
        marked[-1] += stamp[0]
    frame = np.zeros((*picture.pixels.shape[:2], 4), np.uint8)
    for pose in run:
        posed = _clocked(partial(renderer.skeleton.pose, pose), steps["pose"])
        for name, layer in renderer.layers.items():
            _clocked(partial(layer.paint, frame, posed), steps[name])
    return {
        "frame_ms": _at(plain, 50),
        "frame_ms_p10": _at(plain, 10),
        "frame_ms_p90": _at(plain, 90),
        "frame_ms_marked": _at(marked, 50),
        "steps_ms": {name: _at(spent, 50) for name, spent in steps.items()},
    }


def _side_by_side(faces: list[Renderer]) -> float:
    """The best of many short runs: other work on the machine only ever makes one longer."""
    marks = [PictureMark(i) for i in range(len(faces))]
    run = list(poses(BRIEF))

    def make(face: int) -> None:
        for pose in run:
            for picture in faces[face].push(pose):
                marks[face].push(picture)

    best = [np.inf, np.inf]
    with ThreadPoolExecutor(len(faces)) as threads:
        for _ in range(RUNS):
            for together in (0, 1):
                begun = time.perf_counter()
                list(threads.map(make, range(together + 1)))
                best[together] = min(best[together], time.perf_counter() - begun)
    return round(2 * best[0] / best[1], 2)


def _at(spent: list[float], percent: float) -> float:
    return round(float(np.percentile(spent[WARM:], percent)), 3)


def _film(renderer: Renderer, size: tuple[int, int], pictures: int, path: Path) -> float:
    mark = PictureMark(1)
    begun = time.process_time()
    with Video(path, size, Fraction(RATE), 24_000) as video:
        for pose in poses(pictures):
            for picture in renderer.push(pose):
                for stamped in mark.push(picture):
                    video.show(stamped)
    return round(pictures / (time.process_time() - begun), 1)


def table(found: dict[str, Any]) -> str:
    """The figures, with limits beside them."""
    lines = [f"{found['portrait']}, {found['pictures']} pictures a size, CPU ms on one core", ""]
    lines += [f"{'':14}{'median':>8}{'p10':>7}{'p90':>7}{'limit':>7}{'marked':>9}{'limit':>7}"]
    sizes = [f"{width}x{height}" for width, height in SIZES]
    for size in sizes:
        got = found[size]
        limits = [f"{limit:.1f}" for limit in LIMITS[size]] if size in LIMITS else ["-", "-"]
        lines.append(
            f"{size:14}{got['frame_ms']:8.2f}{got['frame_ms_p10']:7.2f}{got['frame_ms_p90']:7.2f}"
            f"{limits[0]:>7}{got['frame_ms_marked']:9.2f}{limits[1]:>7}"
        )
    lines += ["", f"{'step':14}" + "".join(f"{size:>11}" for size in sizes)]
    for step in found[sizes[0]]["steps_ms"]:
        cells = (f"{found[size]['steps_ms'][step]:11.3f}" for size in sizes)
        lines.append(f"{step:14}" + "".join(cells))
    lines.append("")
    whole = {
        "two_threads": "times as fast: two faces on two threads",
        "fps_core": "pictures a second a core, marked and encoded",
        "likeness_s": "seconds to make the likeness (limit 1.5)",
        "renderer_s": "seconds to make the renderer",
        "peak_mb": f"MB at most, all of this included (limit {MEMORY})",
    }
    for key, what in whole.items():
        lines.append("".join(f"{found[size][key]:11}" for size in sizes) + f"  {what}")
    return "\n".join([*lines, "", *PEERS])


if __name__ == "__main__":
    main()
