"""What `bonaface mark` costs and keeps, beside plain FFmpeg re-encoding the same film.

    python bench/marking.py FILM...

Both write H.264 with the same preset, rate factor and threads. PSNR and SSIM are of luma against
the source, as FFmpeg measures them, with the label's corner cut off both. CPU seconds are those of
the process and its children, for each second of film, so that they hold on a busy machine too.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bonaface.earlier import read_ids
from bonaface.mark import QUALITIES
from bonaface.media.files import look
from bonaface.media.video import ENCODER

BELOW = "crop=iw:ih*0.8:0:ih*0.2"  # without the label


@dataclass(frozen=True)
class Row:
    """One way of writing one film."""

    name: str
    cpu: float  # s for each second of film
    memory: float  # MB at most
    size: float  # kbit/s
    psnr: float  # dB
    ssim: float
    read: str  # whether the hidden mark is read: from the file, and after H.264 CRF 28


def main() -> None:
    """Print one table a film."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("films", type=Path, nargs="+")
    for film in parser.parse_args().films:
        seconds = look(film).seconds or 1.0
        print(f"\n{film.name}, {seconds:.1f} s")
        print(f"{'':28}{'CPU s/s':>9}{'MB':>6}{'kbit/s':>8}{'PSNR':>7}{'SSIM':>8}  mark read")
        with tempfile.TemporaryDirectory() as folder:
            for quality in QUALITIES:
                show(mark(film, Path(folder), quality))
                show(encode(film, Path(folder), quality))


def show(row: Row) -> None:
    """Print a row."""
    print(
        f"{row.name:28}{row.cpu:9.2f}{row.memory:6.0f}{row.size:8.0f}{row.psnr:7.2f}"
        f"{row.ssim:8.4f}  {row.read}"
    )


def mark(film: Path, folder: Path, quality: str) -> Row:
    """Mark it, in a process of its own."""
    made = folder / f"marked-{quality}.mp4"
    words = ["mark", str(film), "--ai", "--quality", quality, "-o", str(made)]
    return weigh(
        f"mark --quality {quality}", [sys.executable, "-m", "bonaface", *words], film, made
    )


def encode(film: Path, folder: Path, quality: str) -> Row:
    """Encode it by FFmpeg alone."""
    made = folder / f"plain-{quality}.mp4"
    level = QUALITIES[quality]
    options = ["-preset", ENCODER["preset"], "-x264-params", ENCODER["x264-params"]]
    options += ["-crf", str(level.factor), "-threads", "2", "-c:a", "aac", "-map_metadata", "-1"]
    words = ["ffmpeg", "-v", "error", "-y", "-i", str(film), "-c:v", "libx264", *options, str(made)]
    return weigh(f"ffmpeg -crf {level.factor}", words, film, made)


def weigh(name: str, words: list[str], film: Path, made: Path) -> Row:
    """Run a command and measure what it made."""
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{name} failed with {status}.")
    seconds = look(film).seconds or 1.0
    return Row(
        name,
        (usage.ru_utime + usage.ru_stime) / seconds,
        usage.ru_maxrss / 1024,
        made.stat().st_size * 8 / 1000 / seconds,
        compare(film, made, "psnr", r"psnr_y:([\d.]+|inf)|PSNR y:([\d.]+|inf)"),
        compare(film, made, "ssim", r"SSIM Y:([\d.]+)"),
        read(made),
    )


def compare(film: Path, made: Path, measure: str, pattern: str) -> float:
    """Measure one against the other by FFmpeg's filter."""
    graph = f"[0]{BELOW}[a];[1]{BELOW}[b];[a][b]{measure}"
    words = ["ffmpeg", "-i", str(made), "-i", str(film), "-lavfi", graph, "-f", "null", "-"]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stderr
    found = re.search(pattern, said)
    return float(next(filter(None, found.groups()))) if found else float("nan")


def read(made: Path) -> str:
    """Look for the mark in the file, and after another encoding."""
    again = made.with_suffix(".again.mp4")
    words = ["ffmpeg", "-v", "error", "-y", "-i", str(made), "-crf", "28", str(again)]
    subprocess.run(words, check=True)
    ids = [read_ids(look(one), 10.0).picture for one in (made, again)]
    return ", ".join("-" if one is None else f"{one:016x}" for one in ids)


if __name__ == "__main__":
    main()
