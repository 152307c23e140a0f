"""Recordings of people, as voices to learn from: `python training/mouth/recorded.py MEDIA OUT`.

Each speaker of MEDIA/speech whose words are written down becomes a voice as `corpus` writes them;
their phones are found by laying the default voice, which says the same words, on the recording
(bench/known_text.py). With them come the vocoded and synthetic voices of the same folder. Nobody
who is in a clip of MEDIA/talking is among them.
"""

import argparse
import json
import re
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path

import av
import numpy as np
from known_text import align_text, read_transcripts
from numpy.typing import NDArray
from symbols import Span, close_gaps

from bonaface.core import SECOND, Phone, Sound

RATE = 16_000
HOP = 160  # samples
PAUSE = 0.12  # s that is left of a silence
QUIET = 32.0  # dB under the loud: silence
# Which speaker a file is of, by its name. Left out, because their phones were found wrongly: single
# spoken digits at 8 kHz, and an address in a hall with long pauses.
SPEAKERS = (
    (re.compile(r"ming024-(real|fake)-.*LibriTTS-(\d+)_"), "{}_libri{}"),
    (re.compile(r"ming024-(real|fake)-.*LJSpeech"), "{}_lj"),
    (re.compile(r"jaywalnut310-(real|fake)-wavs-ms"), "{}_vctk"),
    (re.compile(r"jaywalnut310-(real|fake)-wavs-ss"), "{}_lj"),
    (re.compile(r"coqui-ai-real-.*ljspeech"), "real_lj"),
    (re.compile(r"emo-talk_(emotion)-gt"), "real_{}"),
    (re.compile(r"vasa-1-(\w+)-gt"), "real_driver_{}"),
    (re.compile(r"clean_(freesound)_33711"), "real_{}"),
)
Floats = NDArray[np.float32]
Seconds = NDArray[np.float64]


def name_speaker(path: str) -> str | None:
    """Give the name of the voice that a recording is of, or None."""
    for pattern, name in SPEAKERS:
        if found := pattern.search(path):
            return name.format(*found.groups())
    return None


def read_recording(path: Path) -> Floats:
    """Decode a recording: (n,) mono at RATE."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
        frames = [*container.decode(container.streams.audio[0]), None]
        runs = [out.to_ndarray()[0] for frame in frames for out in resampler.resample(frame)]
    return np.concatenate(runs).astype(np.float32)


def lay_end_to_end(phones: list[Span], seconds: float) -> list[Span]:
    """Give the phones with the silences around and between them."""
    spans: list[Span] = []
    last = 0.0
    for phone in phones:
        if phone.start > last:
            spans.append(Span("", last, phone.start))
        if phone.end > max(phone.start, last):
            spans.append(Span(phone.symbol, max(phone.start, last), phone.end))
        last = max(last, phone.end)
    return [*spans, Span("", last, seconds)] if seconds > last else spans


def find_pauses(samples: Floats) -> list[tuple[int, int]]:
    """Give the long silences within a recording, in samples; PAUSE of each is left outside."""
    power = np.concatenate([[0.0], np.cumsum(samples.astype(np.float64) ** 2)])
    middles = np.arange(0, len(samples), HOP)
    low, high = np.maximum(middles - HOP, 0), np.minimum(middles + HOP, len(samples))
    level = 10 * np.log10((power[high] - power[low]) / (high - low) + 1e-9)
    floor, loud = np.percentile(level, (3, 95))
    silent = level < max(loud - QUIET, min(floor + 6, loud - 18))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], silent.astype(np.int8), [0]])))
    margin = int(PAUSE / 2 * RATE)
    runs = [(int(a) * HOP + margin, int(b) * HOP - margin) for a, b in edges.reshape(-1, 2)]
    return [(a, b) for a, b in runs if b - a > margin]


def align(samples: Floats, words: str) -> list[Span]:
    """Find the phones of a recording; pauses, which no other voice makes alike, are cut out."""
    pauses = find_pauses(samples)
    cuts = [0, *(at for pause in pauses for at in pause), len(samples)]
    kept = [samples[a:b] for a, b in zip(cuts[::2], cuts[1::2], strict=True)]
    short = np.concatenate(kept)
    heard = Sound(0, short * np.float32(0.5 / (np.abs(short).max() + 1e-6)), RATE)
    found = align_text(words, heard)
    ends = np.cumsum([len(part) for part in kept]) / RATE
    gone = np.cumsum([0, *(b - a for a, b in pauses)]) / RATE
    back = [put_back(phone, ends, gone) for phone in found]
    return close_gaps(lay_end_to_end(back, len(samples) / RATE))


def put_back(phone: Phone, ends: Seconds, gone: Seconds) -> Span:
    """Move a phone to where it was before pauses were cut out at `ends` (n,), `gone` s before each.

    One that a cut lies within stays on the side with more of it.
    """
    at, until = phone.at / SECOND, phone.until / SECOND
    part = int(np.searchsorted(ends, (at + until) / 2))
    part = min(part, len(ends) - 1)
    first = ends[part - 1] if part else 0.0
    inside = max(at, first), min(until, ends[part])
    return Span(phone.symbol, float(inside[0] + gone[part]), float(inside[1] + gone[part]))


def read_words(media: Path, heard: Path | None) -> dict[str, list[tuple[Path, str]]]:
    """Give each speaker's recordings and what is said in them."""
    found: dict[str, list[tuple[Path, str]]] = defaultdict(list)
    said = read_transcripts(media / "transcripts.tsv")
    if heard:
        said |= read_transcripts(heard)
    for path, words in said.items():
        speaker = name_speaker(path)
        if speaker and (media / path).exists():
            found[speaker].append((media / path, words))
    return found


def main() -> None:
    """Write a voice for each speaker."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("media", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--words", type=Path, help="more transcripts, as a recognizer heard them")
    parser.add_argument("speakers", nargs="*")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    for speaker, recordings in read_words(asked.media, asked.words).items():
        if asked.speakers and speaker not in asked.speakers:
            continue
        sounds = [read_recording(path) for path, _ in recordings]
        spans = [align(sound, words) for sound, (_, words) in zip(sounds, recordings, strict=True)]
        counts = np.array([len(sound) for sound in sounds])
        whole = (np.clip(np.concatenate(sounds), -1, 1) * 32767).astype(np.int16)
        phones = json.dumps([[asdict(span) for span in said] for said in spans])
        np.savez(asked.out / f"{speaker}.npz", sound=whole, counts=counts, phones=phones)
        print(f"{speaker}: {len(sounds)} recordings, {counts.sum() / RATE:.1f} s", flush=True)


if __name__ == "__main__":
    main()
