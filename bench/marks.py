"""Whether the hidden marks survive, what they cost, and whether they are found where none are.

Usage: python bench/marks.py [--clips N] [--seconds S] [--unmarked] [--json]

Pictures: clips of filmed people (../shared/media: 512x512 as they are, 1280x720 scaled down from
1080p) and `fictional-*` portraits swayed by a smooth warp, the nearest to what Bonaface renders;
S seconds each (3), marked with a random id, attacked, read. "found": the reader says so; "id":
the 64-bit id is exact; "z": median strength. PSNR is measured below the visible label.
Sound: speech of the same media, marked with a random id, attacked, then read from cuts of 2, 5
and 10 s at random places. SNR is sound over the change made. An id that is read and wrong counts
as "wrong": there must be none.
Speed: CPU time on one core, median. `--unmarked` reads everything in the media that carries no
mark (about five minutes) and counts what is found.

--json: {"picture": {attack: {"n", "found", "id", "wrong", "z"}}, "picture_psnr": [dB],
"sound": {attack: {"2"|"5"|"10": {"n", "found", "id", "wrong", "z"}}}, "sound_snr": [dB],
"speed": {"picture_ms": {size: ms}, "label_ms": {size: ms}, "picture_read_s": {size: s},
"sound_real_time", "sound_read_s"}, "unmarked": {kind: {"n", "found", "strongest"}}}
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import av
import cv2
import numpy as np
from av.error import FFmpegError
from mark_attacks import FILM_ATTACKS, HEARD, SOUND_ATTACKS, Film, Samples, read_samples

from bonaface.core import SECOND, Picture, Sound, over
from bonaface.marks.label import draw_label
from bonaface.marks.picture import PictureMark
from bonaface.marks.picture_reader import read_picture_mark
from bonaface.marks.reading_key import draw_mark_id, sound_id
from bonaface.marks.sound import SoundMark
from bonaface.marks.sound_reader import read_sound_mark

MEDIA = Path(os.environ.get("BONAFACE_MEDIA", Path(__file__).parents[2] / "shared" / "media"))
FILMED = (
    "talking/kwaivgi-d1*.mp4",
    "fakes/tencent-ailab-test_samples-vasa*.mp4",
    "fakes/polimi*original*.mp4",
    "talking/filby89-[MW]*.mp4",
)
SPEECH = ("talking/kwaivgi*", "talking/hangz*7*", "talking/filby89-[MW]*", "talking/opentalker*")
LENGTHS = (2, 5, 10)
CUTS = 3  # of each recording, attack and length
Row = dict[str, float]


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


def tally(readings: list[tuple[bool, bool, bool, float]]) -> Row:
    """Sum up (found, exact, wrong, z) of the readings of one attack."""
    found, exact, wrong, strengths = zip(*readings, strict=True)
    counts = {"n": len(readings), "found": sum(found), "id": sum(exact), "wrong": sum(wrong)}
    return {**counts, "z": round(median(strengths), 1)}


def measure_psnr(before: Film, after: Film) -> float:
    """Answer the mean distance in dB, below the label."""
    top = round(0.16 * min(before[0].pixels.shape[:2]))
    errors = [
        np.square(a.pixels[top:].astype(np.float32) - b.pixels[top:]).mean()
        for a, b in zip(before, after, strict=True)
    ]
    return float(10 * np.log10(255**2 / np.mean(errors)))


def try_pictures(count: int, seconds: float) -> tuple[dict[str, Row], list[float]]:
    """Mark, attack and read films."""
    seen: dict[str, list[tuple[bool, bool, bool, float]]] = {name: [] for name in FILM_ATTACKS}
    psnr = []
    for film in films(count, seconds):
        mark_id = draw_mark_id()
        marked = [item.picture for item in over(PictureMark(mark_id), film)]
        psnr.append(round(measure_psnr(film, marked), 2))
        for name, attack in FILM_ATTACKS.items():
            reading = read_picture_mark(attack(marked))
            exact = reading.mark_id == mark_id
            wrong = reading.mark_id is not None and not exact
            seen[name].append((reading.found, exact, wrong, reading.strength))
        tell(f"film {len(psnr)} of {count}")
    return {name: tally(readings) for name, readings in seen.items()}, psnr


def try_sound() -> tuple[dict[str, dict[str, Row]], list[float]]:
    """Mark, attack, cut and read recordings."""
    draw = np.random.default_rng(1)
    rows: dict[str, dict[str, list[tuple[bool, bool, bool, float]]]] = {
        name: {str(length): [] for length in LENGTHS} for name in SOUND_ATTACKS
    }
    snr = []
    for file in find(*SPEECH):
        samples = read_samples(str(file))
        if len(samples) < 3 * HEARD or not samples.any():
            continue
        mark_id = draw_mark_id()
        marked = mark_sound(samples, mark_id)
        change = float(np.square(samples - marked).sum())
        snr.append(round(10 * float(np.log10(np.square(samples).sum() / change)), 1))
        for name, attack in SOUND_ATTACKS.items():
            heard = attack(marked)
            for length in LENGTHS:
                for piece in cut(heard, length * HEARD, draw):
                    reading = read_sound_mark(Sound(0, piece, HEARD))
                    exact = reading.mark_id == sound_id(mark_id)
                    wrong = reading.mark_id is not None and not exact
                    row = (reading.found, exact, wrong, reading.strength)
                    rows[name][str(length)].append(row)
        tell(f"recording {len(snr)}")
    done = {n: {k: tally(v) for k, v in lengths.items() if v} for n, lengths in rows.items()}
    return done, snr


def mark_sound(samples: Samples, mark_id: int) -> Samples:
    """Mark a recording in blocks of 20 ms, as a call would."""
    blocks = (
        Sound(i * SECOND // HEARD, samples[i : i + 960].copy(), HEARD)
        for i in range(0, len(samples), 960)
    )
    return np.concatenate([item.samples for item in over(SoundMark(mark_id), blocks)])


def cut(samples: Samples, size: int, draw: np.random.Generator) -> Iterator[Samples]:
    """Answer pieces at random places."""
    if len(samples) >= size:
        for start in draw.integers(0, len(samples) - size + 1, CUTS).tolist():
            yield samples[start : start + size].copy()


def cost(work: Callable[[], object], times: int) -> float:
    """Answer the median CPU seconds of a piece of work."""
    work()
    spent = []
    for _ in range(times):
        start = time.thread_time()
        work()
        spent.append(time.thread_time() - start)
    return median(spent)


def measure_speed() -> dict[str, Any]:
    """Answer what marking and reading cost."""
    picture_ms, label_ms, read_s = {}, {}, {}
    portrait = sway(find("portraits/fictional-*")[0], 10)
    for width, height in ((512, 512), (1280, 720)):
        name = f"{width}x{height}"
        film = [
            Picture(p.at, np.asarray(cv2.resize(p.pixels, (width, height)), np.uint8))
            for p in portrait
        ]
        mark = PictureMark(draw_mark_id())
        picture_ms[name] = round(1e3 * cost(lambda m=mark, f=film: m.push(f[0]), 60), 3)  # type: ignore[misc]
        pixels = np.array(film[0].pixels)
        stamp = draw_label("AI", height, width)
        label_ms[name] = round(1e3 * cost(lambda s=stamp, p=pixels: s.press(p), 60), 3)  # type: ignore[misc]
        marked = [item.picture for item in over(mark, film)]
        read_s[name] = round(cost(lambda m=marked: read_picture_mark(m), 3), 2)  # type: ignore[misc]
    samples = next(s for f in find(*SPEECH) if len(s := read_samples(str(f))) > 8 * HEARD)
    seconds = len(samples) / HEARD
    return {
        "picture_ms": picture_ms,
        "label_ms": label_ms,
        "picture_read_s": read_s,
        "sound_real_time": round(cost(lambda: mark_sound(samples, 1), 3) / seconds, 4),
        "sound_read_s": round(cost(lambda: read_sound_mark(Sound(0, samples, HEARD)), 3), 2),
    }


def read_unmarked() -> dict[str, Row]:
    """Read all that carries no mark."""
    videos = [*find("talking/*"), *find("fakes/*.mp4")]
    stills = [*find("portraits/*"), *find("fakes/*.png"), *find("fakes/*.jpg"), *find("derived/*")]
    sounds = [*find("speech/*"), *find("talking/*")]
    return {
        "videos": count_found(read_picture_mark(film_frames(f, 20)) for f in videos),
        "stills": count_found(read_picture_mark([s]) for f in stills if (s := open_still(f))),
        "sounds": count_found(read_sound_mark(Sound(0, s, HEARD)) for s in open_sounds(sounds)),
    }


def count_found(readings: Iterable[Any]) -> Row:
    """Sum up readings of what carries no mark."""
    found, strengths = [], []
    for reading in readings:
        found.append(reading.found)
        strengths.append(reading.strength)
        tell(f"unmarked {len(found)}, found {sum(found)}")
    return {"n": len(found), "found": sum(found), "strongest": round(max(strengths), 2)}


def open_still(file: Path) -> Picture | None:
    """Answer a picture file, if it is one."""
    pixels = cv2.imread(str(file))
    if pixels is None:
        return None
    return Picture(0, np.ascontiguousarray(np.asarray(pixels, np.uint8)[..., ::-1]))


def open_sounds(files: list[Path]) -> Iterator[Samples]:
    """Answer the files that have sound."""
    for file in files:
        try:
            samples = read_samples(str(file))
        except FFmpegError:
            continue
        if len(samples) >= HEARD:
            yield samples


def tell(line: str) -> None:
    """Say how far it is, where a person looks."""
    if sys.stderr.isatty():
        print(f"\r{line}   ", end="", file=sys.stderr)


def print_tables(figures: dict[str, Any]) -> None:
    """Print all as tables."""
    psnr, snr = figures["picture_psnr"], figures["sound_snr"]
    print(
        f"\npictures, {len(psnr)} clips, PSNR median {median(psnr):.1f} dB, least {min(psnr):.1f}"
    )
    print(f"{'attack':<28}{'n':>4}{'found':>7}{'id':>5}{'wrong':>7}{'z':>7}")
    for name, row in figures["picture"].items():
        print(f"{name:<28}" + "".join(f"{v:>{w}}" for v, w in zip(row.values(), (4, 7, 5, 7, 7))))  # noqa: B905
    print(f"\nsound, {len(snr)} recordings, SNR median {median(snr):.1f} dB, least {min(snr):.1f}")
    print(f"{'attack':<16}" + "".join(f"{f'{s} s: n found id wrong':>26}" for s in LENGTHS))
    for name, lengths in figures["sound"].items():
        cells = [f"{r['n']} {r['found']} {r['id']} {r['wrong']}" for r in lengths.values()]
        print(f"{name:<16}" + "".join(f"{c:>26}" for c in cells))
    print("\nspeed", json.dumps(figures["speed"], indent=1))
    if "unmarked" in figures:
        print("unmarked", json.dumps(figures["unmarked"], indent=1))


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--clips", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--unmarked", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not MEDIA.exists():
        sys.exit(f"no media at {MEDIA}; set BONAFACE_MEDIA")
    os.environ.setdefault("SVT_LOG", "1")  # errors only
    figures: dict[str, Any] = {"speed": measure_speed()}
    figures["picture"], figures["picture_psnr"] = try_pictures(options.clips, options.seconds)
    figures["sound"], figures["sound_snr"] = try_sound()
    if options.unmarked:
        figures["unmarked"] = read_unmarked()
    if options.json:
        print(json.dumps(figures))
    else:
        print_tables(figures)


if __name__ == "__main__":
    main()
