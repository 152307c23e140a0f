"""Whether the hidden picture mark survives, what it costs, and whether any is found by mistake."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any

import av
import cv2
import numpy as np
from mark_attacks import FILM_ATTACKS, STILL_ATTACKS, Film, Pixels, jpeg, surround
from numpy.typing import NDArray

from bonaface.core import SECOND, Picture, Time, over
from bonaface.marks.label.stamp import draw_label
from bonaface.marks.picture.mark import PictureMark, StillMark
from bonaface.marks.picture.reader import read_picture_mark
from bonaface.marks.reading_key import draw_mark_id

MEDIA = Path(os.environ.get("BONAFACE_MEDIA", Path(__file__).parents[2] / "shared" / "media"))
FILMED = (
    "talking/kwaivgi-d1*.mp4",
    "fakes/tencent-ailab-test_samples-vasa*.mp4",
    "fakes/polimi*original*.mp4",
    "talking/filby89-[MW]*.mp4",
)
BESIDE = "talking/hangz*.mp4"  # the other film, where one is shown beside
MIDDLE: Time = 7_300_000_000  # films are marked from here on, as cut from the middle of longer ones
SIZES = (256, 512, 720)
MEANS: dict[str, Callable[[Pixels], Pixels]] = {
    "mean of 1,000, PNG": lambda pixels: pixels,
    "mean of 1,000, JPEG 90": jpeg(90),
}
Row = dict[str, float]
Seen = tuple[bool, bool, bool, float]  # found, exact, wrong, strength
Plane = NDArray[np.float32]


def find(*patterns: str) -> list[Path]:
    """Answer the media files of some patterns."""
    return [file for pattern in patterns for file in sorted(MEDIA.glob(pattern))]


def film_frames(file: Path, seconds: float) -> Iterator[Picture]:
    """Answer the first seconds of a video, 1080p scaled to 720p."""
    with av.open(str(file)) as container:
        for frame in container.decode(video=0):
            at = round((frame.time or 0) * SECOND)
            if at >= seconds * SECOND:
                return
            if frame.width > 1280:
                frame = frame.reformat(1280, 720, interpolation="AREA")  # noqa: PLW2901
            yield Picture(at, frame.to_ndarray(format="rgb24").astype(np.uint8))


def sway(file: Path, seconds: float) -> Film:
    """Move the middle of a portrait to and fro before its still background."""
    photo = cv2.resize(cv2.imread(str(file)), (512, 512), interpolation=cv2.INTER_AREA)[..., ::-1]
    y, x = np.mgrid[:512, :512].astype(np.float32)
    near = np.exp(-((((x - 256) / 115) ** 2 + ((y - 256) / 155) ** 2) ** 2))
    film = []
    for i in range(int(seconds * 25)):
        t = 2 * np.pi * i / 25
        across = near * np.float32(4 * np.sin(0.4 * t) + 1.5 * np.sin(1.1 * t + 1))
        down = near * np.float32(3 * np.sin(0.3 * t + 2) + np.sin(2.3 * t))
        moved = cv2.remap(photo, x - across, y - down, cv2.INTER_LINEAR)
        film.append(Picture(i * SECOND // 25, np.asarray(moved, np.uint8)))
    return film


def films(count: int, seconds: float) -> Iterator[Film]:
    """Answer the clips, filmed and swayed in turn."""
    filmed, portraits = find(*FILMED), find("portraits/fictional-*")[3::7]
    for i in range(count):
        if i % 3 == 2:
            yield sway(portraits[i // 3 % len(portraits)], seconds)
        else:
            place = (i - i // 3) * 5 % len(filmed)  # one of each source in turn
            yield list(film_frames(filmed[place], seconds))


def tally(readings: list[Seen]) -> Row:
    """Sum up (found, exact, wrong, z) of the readings of one attack."""
    found, exact, wrong, strengths = zip(*readings, strict=True)
    counts = {"n": len(readings), "found": sum(found), "id": sum(exact), "wrong": sum(wrong)}
    return {**counts, "z": round(median(strengths), 1)}


def measure_quality(before: Film, after: Film) -> tuple[float, float]:
    """Answer the mean distance in dB, and SSIM, below the label."""
    top = round(0.16 * min(before[0].pixels.shape[:2]))
    errors = [
        np.square(a.pixels[top:].astype(np.float32) - b.pixels[top:]).mean()
        for a, b in zip(before, after, strict=True)
    ]
    alike = [
        measure_ssim(a.pixels[top:], b.pixels[top:])
        for a, b in zip(before[::12], after[::12], strict=True)
    ]
    return float(10 * np.log10(255**2 / np.mean(errors))), float(np.mean(alike))


def measure_ssim(a: Pixels, b: Pixels) -> float:
    """Answer SSIM, the mean of red, green and blue, for a mark may hide in colour.

    Wang, Bovik, Sheikh and Simoncelli, IEEE Trans. Image Processing 13(4), 2004.
    """
    x, y = a.astype(np.float32), b.astype(np.float32)

    def mean(of: Plane) -> Plane:
        return np.asarray(cv2.GaussianBlur(of, (11, 11), 1.5), np.float32)

    mx, my = mean(x), mean(y)
    vx, vy, both = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    ratio = (2 * mx * my + c1) * (2 * both + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))
    return float(ratio.mean())


def try_films(count: int, seconds: float, only: Sequence[str] = ()) -> dict[str, Any]:
    """Mark, attack and read films; of the attacks all, or `only` those named."""
    beside = [p for file in find(BESIDE)[:1] for p in film_frames(file, seconds)]
    attacks = {**FILM_ATTACKS, **surround(beside)}
    attacks = {name: attacks[name] for name in only or attacks}
    seen: dict[str, list[Seen]] = {name: [] for name in attacks}
    quality = []
    for film in films(count, seconds):
        mark_id = draw_mark_id()
        marked = mark_film(film, PictureMark(mark_id))
        quality.append(measure_quality(film, marked))
        for name, attack in attacks.items():
            seen[name].append(judge(attack(marked), mark_id))
        tell(f"film {len(quality)} of {count}")
    psnr, ssim = zip(*quality, strict=True)
    rows = {name: tally(readings) for name, readings in seen.items()}
    return {"attacks": rows, "psnr": rounded(psnr, 2), "ssim": rounded(ssim, 4)}


def mark_film(film: Film, mark: PictureMark) -> Film:
    """Mark a film as if it were cut from the middle of a longer one."""
    later = (Picture(p.at + MIDDLE, p.pixels) for p in film)
    return [Picture(item.at - MIDDLE, item.pixels) for item in over(mark, later)]


def judge(film: Film, mark_id: int) -> Seen:
    """Read a film: (found, exact, wrong, strength)."""
    reading = read_picture_mark(film)
    exact = reading.mark_id == mark_id
    return reading.found, exact, reading.mark_id is not None and not exact, reading.strength


def rounded(values: Iterable[float], digits: int) -> list[float]:
    """Answer figures as they are printed."""
    return [round(value, digits) for value in values]


def portraits(count: int, size: int) -> Iterator[Pixels]:
    """Answer photos, `size` pixels on the short side (never enlarged)."""
    for file in find("portraits/*")[:: max(1, len(find("portraits/*")) // count)]:
        still = open_still(file)
        if still is None or min(still.pixels.shape[:2]) < size:
            continue
        share = size / min(still.pixels.shape[:2])
        yield np.asarray(
            cv2.resize(still.pixels, None, fx=share, fy=share, interpolation=cv2.INTER_AREA),
            np.uint8,
        )


def try_stills(count: int) -> dict[str, Any]:
    """Mark, attack and read portraits of several sizes."""
    sizes = {}
    for size in SIZES:
        seen: dict[str, list[Seen]] = {name: [] for name in STILL_ATTACKS}
        quality = []
        for pixels in portraits(count, size):
            mark_id = draw_mark_id()
            marked = [item.picture for item in StillMark(mark_id).push(Picture(0, pixels))]
            quality.append(measure_quality([Picture(0, pixels)], marked))
            for name, attack in STILL_ATTACKS.items():
                after = np.ascontiguousarray(attack(np.asarray(marked[0].pixels)))
                seen[name].append(judge([Picture(0, after)], mark_id))
            tell(f"still of {size}: {len(quality)}")
        psnr, ssim = zip(*quality, strict=True)
        rows = {name: tally(readings) for name, readings in seen.items()}
        sizes[str(size)] = {
            "attacks": rows,
            "psnr": rounded(psnr, 2),
            "ssim": rounded(ssim, 4),
        }
    return sizes


def try_means(count: int) -> dict[str, Row]:
    """Average 1,000 pictures of scenes that stand still; read the mean as a still."""
    seen: dict[str, list[Seen]] = {name: [] for name in MEANS}
    for pixels in portraits(count, 512):
        mark_id = draw_mark_id()
        mark, total = PictureMark(mark_id), np.zeros(pixels.shape)
        for slot in range(80):  # forty seconds; within a slot nothing changes
            (item,) = mark.push(Picture(slot * SECOND // 2, pixels))
            total += item.pixels
        mean = np.round(total / 80).astype(np.uint8)
        for name, attack in MEANS.items():
            seen[name].append(judge([Picture(0, attack(mean))], mark_id))
    return {name: tally(readings) for name, readings in seen.items()}


def cost(work: Callable[[], object], times: int) -> float:
    """Answer the median CPU seconds of a piece of work."""
    work()
    spent = []
    for _ in range(times):
        start = time.thread_time()
        work()
        spent.append(time.thread_time() - start)
    return median(spent)


def tell(line: str) -> None:
    """Say how far it is, where a person looks."""
    if sys.stderr.isatty():
        print(f"\r{line}   ", end="", file=sys.stderr)


def open_still(file: Path) -> Picture | None:
    """Answer a picture file, if it is one."""
    pixels = cv2.imread(str(file))
    if pixels is None:
        return None
    return Picture(0, np.ascontiguousarray(np.asarray(pixels, np.uint8)[..., ::-1]))


def measure_speed() -> dict[str, Any]:
    """Answer what marking and reading cost."""
    film_ms, label_ms, read_s, still_ms = {}, {}, {}, {}
    portrait = sway(find("portraits/fictional-*")[0], 10)
    for width, height in ((512, 512), (1280, 720)):
        name = f"{width}x{height}"
        film = [
            Picture(p.at, np.asarray(cv2.resize(p.pixels, (width, height)), np.uint8))
            for p in portrait
        ]
        mark, still = PictureMark(draw_mark_id()), StillMark(draw_mark_id())
        turn = cycle(film)
        film_ms[name] = round(1e3 * cost(lambda m=mark, t=turn: m.push(next(t)), 240), 3)  # type: ignore[misc]
        still_ms[name] = round(1e3 * cost(lambda m=still, f=film: m.push(f[0]), 20), 3)  # type: ignore[misc]
        pixels = np.array(film[0].pixels)
        stamp = draw_label("AI", height, width)
        label_ms[name] = round(1e3 * cost(lambda s=stamp, p=pixels: s.press(p), 60), 3)  # type: ignore[misc]
        marked = mark_film(film, mark)
        read_s[name] = round(cost(lambda m=marked: read_picture_mark(m), 2), 2)  # type: ignore[misc]
        read_s[name + " unmarked"] = round(cost(lambda f=film: read_picture_mark(f), 1), 2)  # type: ignore[misc]
    return {"film_ms": film_ms, "still_ms": still_ms, "label_ms": label_ms, "read_s": read_s}


def print_rows(title: str, rows: dict[str, Row]) -> None:
    """Print one table."""
    print(f"{title:<32}{'n':>4}{'found':>7}{'id':>5}{'wrong':>7}{'z':>7}")
    for name, row in rows.items():
        cells = zip(row.values(), (4, 7, 5, 7, 7), strict=True)
        print(f"{name:<32}" + "".join(f"{v:>{w}}" for v, w in cells))


def print_picture(figures: dict[str, Any]) -> None:
    """Print all tables."""
    for title, part in (
        ("films", figures["films"]),
        *((f"stills of {size} pixels", part) for size, part in figures["stills"].items()),
    ):
        psnr, ssim = part["psnr"], part["ssim"]
        print(f"\n{title}: {len(psnr)}, PSNR median {median(psnr):.1f} dB, least {min(psnr):.1f},")
        print(f"SSIM median {median(ssim):.4f}, least {min(ssim):.4f}")
        print_rows("attack", part["attacks"])
    print_rows("\nscenes that stand still", figures["means"])
    print("\nspeed of pictures", json.dumps(figures["speed"], indent=1))
    if "unmarked" in figures:
        print("unmarked", json.dumps(figures["unmarked"], indent=1))


def measure_picture(clips: int, seconds: float, *, stills: int) -> dict[str, Any]:
    """Answer all figures of pictures."""
    os.environ.setdefault("SVT_LOG", "1")  # errors only
    figures: dict[str, Any] = {"speed": measure_speed()}
    figures["films"] = try_films(clips, seconds)
    figures["stills"] = try_stills(stills)
    figures["means"] = try_means(stills // 4)
    return figures
