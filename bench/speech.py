"""How fast the voices are, and how well the times of their phones fit their sound.

Usage: python bench/speech.py [--voices heart,joe,kumo] [--json]

Speed, on one core, over the sentences below: CPU seconds a second of speech (median of the
sentences; reading, alignment and levelling included), milliseconds to the first sound of a
ten-sentence text (median of five), seconds to open. Beside them the bare hibari-tts library.

Times: three kinds of boundary can be seen in the sound without knowing the phones, as the
steepest change of one band's energy, every millisecond, between the middles of the two phones:
  voicing   voiceless consonant to vowel: 60-500 Hz rises
  hiss      vowel to s, sh, z, zh: 4.5-9 kHz rises
  closure   vowel to p, b, m, t, d, k, g: 0.7-4 kHz falls
An error is the boundary as given minus the change seen, in ms; positive is late. "raw" are the
voice's own durations less their constant lateness, "aligned" what the synthesizer gives. The
search is around the aligned phones, which favours them where nothing clear is seen.

--json: {"speed": {voice: {"rtf", "first_ms", "open_s"}}, "times": {voice: {"raw"|"aligned":
{kind|"all": {"n", "median_ms", "mean_abs_ms", "p90_abs_ms", "within_10", "within_20"}}}}}
"""

# ruff: noqa: RUF001 (the letters of the phonetic alphabet are meant)

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np
from hibari import Hibari
from numpy.typing import NDArray

from bonaface.errors import WeightsMissing
from bonaface.speech.alignment import align, read_models
from bonaface.speech.pronounce import pronounce
from bonaface.speech.segments import GAP, VOWELS, Segment, cut_segments
from bonaface.speech.synthesize import open_voice
from bonaface.speech.take import Take
from bonaface.speech.voices import find_speaker, open_speaker

SENTENCES = (
    "The quick brown fox jumps over the lazy dog.",
    "Please bring five big maps before the meeting.",
    "She sells sea shells by the sea shore.",
    "My mother made some apple pie for Bobby.",
    "Peter Piper picked a peck of pickled peppers.",
    "Sammy saw six silver ships sailing south.",
    "The beige garage has a huge treasure.",
    "Take that cat back to the black truck.",
    "Few people believe what they see on television.",
    "Both boys enjoyed the voyage by boat.",
    "Can you hear me now, or should I speak up?",
    "The judge chose a large orange jacket.",
    "Put the book on top of the box.",
    "A happy baby pulled the big blue balloon.",
    "Thank you very much for coming this evening.",
    "Keep the gate open, so that Tom can park the car.",
    "Mabel packed a picnic basket and went home by bus.",
    "His speech at the opera house was surprisingly short.",
    "Pat's cat sat at the top of the tall steps.",
    "We hope to finish the big job by six o'clock.",
)
VOICELESS = frozenset("ptkfθsʃʧh")
HISSES = frozenset("szʃʒ")
CLOSURES = frozenset("pbmtdkɡ")
BANDS = {"voicing": (60, 500), "hiss": (4500, 9000), "closure": (700, 4000)}
Floats = NDArray[np.float64]


def time_speed(name: str) -> dict[str, float]:
    """Speed of one voice."""
    begin = time.process_time()
    voice = open_voice(name)
    list(voice.push("Warm up."))
    opened = time.process_time() - begin
    shares, firsts = [], []
    for sentence in SENTENCES:
        begin = time.process_time()
        seconds = sum(len(u.sound.samples) / u.sound.rate for u in voice.push(sentence))
        shares.append((time.process_time() - begin) / seconds)
    for _ in range(5):
        begin = time.process_time()
        next(iter(voice.push(" ".join(SENTENCES[:10]))))
        firsts.append(1000 * (time.process_time() - begin))
    return {"rtf": median(shares), "first_ms": median(firsts), "open_s": opened}


def time_bare() -> dict[str, float]:
    """Speed of the hibari-tts library by itself: no phone times, no level, no reading of ours."""
    begin = time.process_time()
    library = Hibari()
    library("Warm up.")
    opened = time.process_time() - begin
    shares, firsts = [], []
    for sentence in SENTENCES:
        begin = time.process_time()
        seconds = len(library(sentence)) / library.sample_rate
        shares.append((time.process_time() - begin) / seconds)
    for _ in range(5):
        begin = time.process_time()
        next(library.stream(" ".join(SENTENCES[:10])))
        firsts.append(1000 * (time.process_time() - begin))
    return {"rtf": median(shares), "first_ms": median(firsts), "open_s": opened}


def measure_bands(samples: NDArray[np.float32], rate: int) -> dict[str, Floats]:
    """Level in dB of each band, one value a millisecond, from windows of 12 ms."""
    width, hop = rate * 12 // 1000, rate // 1000
    padded = np.pad(samples, (width // 2, width))
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)[::hop]
    power = np.abs(np.fft.rfft(windows * np.hanning(width), 512)) ** 2
    bins = np.fft.rfftfreq(512, 1 / rate)
    floor = 1e-5 * float(power.sum(1).max())
    return {
        kind: 10 * np.log10(power[:, (bins >= low) & (bins < high)].sum(1) + floor)
        for kind, (low, high) in BANDS.items()
    }


def find_kind(before: Segment, after: Segment) -> str | None:
    """What can be seen between two phones, if anything."""
    if before.letter in VOICELESS and after.letter in VOWELS:
        return "voicing"
    if before.letter in VOWELS and after.letter in HISSES:
        return "hiss"
    if before.letter in VOWELS and after.letter in CLOSURES:
        return "closure"
    return None


def find_change(level: Floats, begin: int, end: int, rising: bool) -> int | None:
    """The millisecond of the steepest change over 8 ms, or None when there is none of 6 dB."""
    if end - begin < 10:
        return None
    slope = level[begin + 8 : end] - level[begin : end - 8]
    slope = slope if rising else -slope
    best = int(slope.argmax())
    return begin + best + 4 if slope[best] >= 6 else None


def compare(take: Take, aligned: list[Segment], late: float) -> Iterator[tuple[str, float, float]]:
    """Kind and the errors (ms) of raw and aligned boundaries, where a change is seen."""
    bands = measure_bands(take.samples, take.rate)
    raw = [segment for segment in cut_segments(take) if segment.letter.strip()]
    sounds = [segment for segment in aligned if segment.letter]
    starts = dict(zip((id(s) for s in sounds), (s.begin for s in raw), strict=True))
    to_ms = 1000 / take.rate
    for before, after in pairwise(aligned):
        kind = find_kind(before, after)
        if kind is None or after.letter == GAP or not after.letter:
            continue
        begin = int((before.begin + before.end) / 2 * to_ms)
        end = int((after.begin + after.end) / 2 * to_ms)
        seen = find_change(bands[kind], begin, end, rising=kind != "closure")
        if seen is not None:
            own = starts[id(after)] * to_ms - 1000 * late
            yield kind, own - seen, after.begin * to_ms - seen


def summarize(errors: list[float]) -> dict[str, float]:
    """The figures of one kind of boundary."""
    size = np.abs(errors)
    return {
        "n": len(errors),
        "median_ms": float(np.median(errors)),
        "mean_abs_ms": float(size.mean()),
        "p90_abs_ms": float(np.quantile(size, 0.9)),
        "within_10": float((size <= 10).mean()),
        "within_20": float((size <= 20).mean()),
    }


def measure_times(name: str) -> dict[str, Any]:
    """Errors of the times of one voice."""
    speaker, voice = find_speaker(name), open_speaker(name)
    found: dict[str, dict[str, list[float]]] = {
        "raw": defaultdict(list),
        "aligned": defaultdict(list),
    }
    for sentence in SENTENCES:
        take = voice.say(pronounce(sentence, voice.british), 1.0)
        aligned = align(take, cut_segments(take), speaker.late, read_models())
        for kind, raw, new in compare(take, aligned, speaker.late):
            for key in (kind, "all"):
                found["raw"][key].append(raw)
                found["aligned"][key].append(new)
    return {
        which: {kind: summarize(errors) for kind, errors in kinds.items()}
        for which, kinds in found.items()
    }


def gather(names: list[str], measure: Callable[[str], Any]) -> dict[str, Any]:
    """Measure each voice that is on this machine."""
    out: dict[str, Any] = {}
    for name in names:
        try:
            out[name] = measure(name)
        except WeightsMissing as missing:
            print(f"{name}: left out. {missing}")
    return out


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    options.add_argument("--voices", default="heart,joe,kumo")
    options.add_argument("--json", action="store_true")
    given = options.parse_args()
    names = given.voices.split(",")
    speed = {**gather(names, time_speed), "hibari-tts alone": time_bare()}
    times = gather(names, measure_times)
    if given.json:
        print(json.dumps({"speed": speed, "times": times}))
        return
    print(f"{'voice':18} {'CPU s / s':>10} {'first ms':>9} {'open s':>7}")
    for name, row in speed.items():
        print(f"{name:18} {row['rtf']:10.4f} {row['first_ms']:9.1f} {row['open_s']:7.2f}")
    print(
        f"\n{'times':28} {'n':>4} {'median':>7} {'mean |e|':>9} {'p90 |e|':>8}"
        f" {'<=10':>5} {'<=20':>5}"
    )
    for name, which in times.items():
        for source, kinds in which.items():
            for kind, row in sorted(kinds.items()):
                label = f"{name} {source} {kind}"
                print(
                    f"{label:28} {row['n']:4d} {row['median_ms']:7.1f} {row['mean_abs_ms']:9.1f}"
                    f" {row['p90_abs_ms']:8.1f} {row['within_10']:5.0%} {row['within_20']:5.0%}"
                )


if __name__ == "__main__":
    main()
