"""Whether the hidden marks survive, what they cost, and whether they are found where none are.

Usage: python bench/marks.py [--clips N] [--seconds S] [--stills N] [--unmarked] [--peers] [--json]

Pictures (bench/marks_picture.py): clips of filmed people (../shared/media: 512x512 as they are,
1280x720 scaled down from 1080p) and `fictional-*` portraits swayed by a smooth warp, the nearest
to what Bonaface renders; S seconds each (3), marked with a random id as if cut from the middle of
a longer film, attacked, read. Portraits of three sizes, marked as stills; scenes that stand still,
averaged. "found": the reader says so; "id": the 64-bit id is exact; "z": median strength. PSNR and
SSIM are measured below the visible label. `--peers` puts other marks through the same
(bench/marks_peers.py), those that are installed.
Sound: speech of the same media, marked with a random id, attacked, then read from cuts of 2, 5
and 10 s at random places. SNR is sound over the change made. An id that is read and wrong counts
as "wrong": there must be none.
Speed: CPU time on one core, median. `--unmarked` reads everything in the media that carries no
mark (about half an hour) and counts what is found.

--json: {"picture": {"films": {"attacks": {attack: {"n", "found", "id", "wrong", "z"}}, "psnr":
[dB], "ssim": []}, "stills": {size: the same}, "means": {attack: row}, "speed": {"film_ms",
"still_ms", "label_ms", "read_s": {size: figure}}, "unmarked": {kind: {"n", "found", "ids",
"strongest"}}}, "peers": {name: {"film"|"still": {attack: {"n", "all", "bits"}}, "psnr", "ssim",
"pictures_s"}}, "sound": {attack: {"2"|"5"|"10": row}}, "sound_snr": [dB], "sound_speed":
{"real_time", "read_s"}, "sound_unmarked": {"n", "found", "strongest"}}
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from av.error import FFmpegError
from mark_attacks import HEARD, SOUND_ATTACKS, Samples, read_samples
from marks_peers import measure_peers, print_peers
from marks_picture import MEDIA, Row, cost, find, measure_picture, print_picture, tally, tell

from bonaface.core import SECOND, Sound, over
from bonaface.marks.reading_key import draw_mark_id, sound_id
from bonaface.marks.sound import SoundMark
from bonaface.marks.sound_reader import read_sound_mark

SPEECH = ("talking/kwaivgi*", "talking/hangz*7*", "talking/filby89-[MW]*", "talking/opentalker*")
LENGTHS = (2, 5, 10)
CUTS = 3  # of each recording, attack and length


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


def measure_sound_speed() -> dict[str, float]:
    """Answer what marking and reading sound cost."""
    samples = next(s for f in find(*SPEECH) if len(s := read_samples(str(f))) > 8 * HEARD)
    seconds = len(samples) / HEARD
    return {
        "real_time": round(cost(lambda: mark_sound(samples, 1), 3) / seconds, 4),
        "read_s": round(cost(lambda: read_sound_mark(Sound(0, samples, HEARD)), 3), 2),
    }


def read_unmarked_sounds() -> Row:
    """Read all sounds that carry no mark."""
    found, strengths = [], []
    for samples in open_sounds([*find("speech/*"), *find("talking/*")]):
        reading = read_sound_mark(Sound(0, samples, HEARD))
        found.append(reading.found)
        strengths.append(reading.strength)
        tell(f"unmarked {len(found)}, found {sum(found)}")
    return {"n": len(found), "found": sum(found), "strongest": round(max(strengths), 2)}


def open_sounds(files: list[Path]) -> Iterator[Samples]:
    """Answer the files that have sound."""
    for file in files:
        try:
            samples = read_samples(str(file))
        except FFmpegError:
            continue
        if len(samples) >= HEARD:
            yield samples


def print_sound(figures: dict[str, Any]) -> None:
    """Print all about sound."""
    snr = figures["sound_snr"]
    print(f"\nsound, {len(snr)} recordings, SNR median {median(snr):.1f} dB, least {min(snr):.1f}")
    print(f"{'attack':<16}" + "".join(f"{f'{s} s: n found id wrong':>26}" for s in LENGTHS))
    for name, lengths in figures["sound"].items():
        cells = [f"{r['n']} {r['found']} {r['id']} {r['wrong']}" for r in lengths.values()]
        print(f"{name:<16}" + "".join(f"{c:>26}" for c in cells))
    print("\nspeed of sound", json.dumps(figures["sound_speed"], indent=1))
    if "sound_unmarked" in figures:
        print("unmarked", json.dumps(figures["sound_unmarked"], indent=1))


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--clips", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--stills", type=int, default=44)
    parser.add_argument("--unmarked", action="store_true")
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not MEDIA.exists():
        sys.exit(f"no media at {MEDIA}; set BONAFACE_MEDIA")
    clips, stills, unmarked = options.clips, options.stills, options.unmarked
    figures: dict[str, Any] = {
        "picture": measure_picture(clips, options.seconds, stills=stills, unmarked=unmarked),
        "sound_speed": measure_sound_speed(),
    }
    if options.peers:
        figures["peers"] = measure_peers(clips // 4, stills // 4)
    figures["sound"], figures["sound_snr"] = try_sound()
    if unmarked:
        figures["sound_unmarked"] = read_unmarked_sounds()
    if options.json:
        print(json.dumps(figures))
    else:
        print_picture(figures["picture"])
        print_peers(figures.get("peers", {}))
        print_sound(figures)


if __name__ == "__main__":
    main()
