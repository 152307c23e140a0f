"""How well and how soon speech is understood: `python bench/transcribe.py [--json]`.

The spoken clips of the shared media that have a transcript, those by people (synthetic copies
left out), each played at its own speed on a virtual clock: sound arrives every 32 ms, computing
takes its CPU time on one core. Turns are cut by activity: 0.5 s before the first voiced window
to 0.5 s of silence. Digits are counted apart: single words of half a second, out of context.
Beside it the same network on the whole file at once, 30 s of context, beam 5, one clip a call.

  WER       word error rate in %, with the interval of 1,000 resamplings of clips; case and
            punctuation aside, numbers spelt out
  RTF       CPU seconds a second of sound; in brackets of voiced sound only
  partial   from the turn's first voiced window to the first caption, in s
  final     from the moment the turn is known to be over to the final caption, in s
  noise     captions written over sounds without words: recorded noise, and silence, hiss, hum,
            chords made here

--json: {"rows": [{"name", "clips", "words", "wer", "low", "high", "rtf"}], "partial": {"n", "p50",
"p95"}, "final": {...}, "final_3s_cpu": s, "noise": {"clips", "seconds", "captions": [text]}}
"""

import argparse
import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from bonaface.core import SECOND, Caption, Sound
from bonaface.media.files import read_sound
from bonaface.speech.activity import WINDOW, Activity
from bonaface.speech.reading import read
from bonaface.speech.transcribe import Transcriber
from bonaface.speech.whisper import RATE, Floats, open_whisper

MEDIA = Path(__file__).parents[2] / "shared" / "media"
BEFORE, SILENCE, VOICED, UNVOICED = 0.5, 0.5, 0.5, 0.35  # s, s, chance, chance
Words = list[str]
Given = TypeVar("Given")


@dataclass
class Tally:
    """What one way of listening made of the clips."""

    name: str
    errors: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    cpu: float = 0.0
    seconds: float = 0.0

    def row(self) -> dict[str, Any]:
        """The error rate with its interval, and the cost."""
        errors, counts = np.array(self.errors), np.array(self.counts)
        draws = np.random.default_rng(1).integers(0, len(errors), (1000, len(errors)))
        rates = 100 * errors[draws].sum(1) / counts[draws].sum(1)
        low, high = np.percentile(rates, [2.5, 97.5])
        return {
            "name": self.name,
            "clips": len(errors),
            "words": int(counts.sum()),
            "wer": 100 * errors.sum() / counts.sum(),
            "low": low,
            "high": high,
            "rtf": self.cpu / self.seconds,
        }


@dataclass
class Clock:
    """Sound arrives in real time; computing happens one thing after another."""

    now: float = 0.0
    cpu: float = 0.0

    def work(self, do: Callable[..., Iterable[Given]], *items: Sound) -> list[Given]:
        """Do it; the clock moves by the CPU time that took."""
        begin = time.process_time()
        done = list(do(*items))
        took = time.process_time() - begin
        self.cpu += took
        self.now += took
        return done


def listen(samples: Floats, waits: dict[str, list[float]]) -> tuple[str, float]:
    """Play a clip to activity and transcriber; the text, and the CPU seconds."""
    clock, activity, transcriber = Clock(), Activity(), Transcriber()
    kept: list[Sound] = []
    texts: list[str] = []
    turn, silence, said, begun = False, 0.0, False, 0.0
    around = np.zeros(RATE, np.float32), samples, np.zeros(RATE * 2, np.float32)
    padded = np.concatenate(around)  # a microphone is open before somebody speaks
    for n in range(0, len(padded) - WINDOW, WINDOW):
        arrived = (n + WINDOW) / RATE
        sound = Sound(n * SECOND // RATE, padded[n : n + WINDOW].copy(), RATE)
        clock.now = max(clock.now, arrived)
        chances = [voiced.chance for voiced in clock.work(activity.push, sound)]
        chance = max(chances, default=0.0)
        kept.append(sound)
        if not turn:
            kept = kept[-int(BEFORE * RATE / WINDOW) :]
            if chance < VOICED:
                continue
            turn, silence, said, begun = True, 0.0, False, arrived
        silence = silence + WINDOW / RATE if chance < UNVOICED else 0.0
        captions: list[Caption] = []
        for held in kept:
            captions += clock.work(transcriber.push, held)
        kept = []
        if captions and not said:
            waits["partial"].append(clock.now - begun)
            said = True
        texts += [caption.text for caption in captions if caption.final]
        if silence >= SILENCE:
            turn, over = False, max(clock.now, arrived)
            texts += [caption.text for caption in clock.work(transcriber.flush)]
            waits["final"].append(clock.now - over)
    texts += [caption.text for caption in clock.work(transcriber.flush)]
    return " ".join(texts), clock.cpu


def whole(samples: Floats) -> tuple[str, float]:
    """The same network on everything at once, as it was trained."""
    begin = time.process_time()
    padded = np.concatenate([samples, np.zeros(max(0, 29 * RATE - len(samples)), np.float32)])
    text = open_whisper().guess(padded[: 30 * RATE], (), 5).text
    return text, time.process_time() - begin


def plain(text: str) -> Words:
    """Words only, numbers spelt, as both sides are compared."""
    number = r"(\d[\d,.]*\d|\d)(st|nd|rd|th)?"
    spelt = re.sub(number, lambda found: f" {read(found[0])} ", text)
    letters = re.sub(r"[^a-z' ]", " ", spelt.lower().replace("\u2019", "'"))
    return letters.split()


def distance(said: Words, heard: Words) -> int:
    """Words to change, drop or add (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for n, one in enumerate(said, 1):
        previous, row[0] = row[0], n
        for m, other in enumerate(heard, 1):
            previous, row[m] = row[m], min(row[m] + 1, row[m - 1] + 1, previous + (one != other))
    return row[-1]


def clips(media: Path) -> Iterator[tuple[Path, str]]:
    """The clips of people with what they say."""
    for line in (media / "transcripts.tsv").read_text().splitlines()[1:]:
        name, _, text = line.partition("\t")
        if text and "-fake-" not in name and (media / name).exists():
            yield media / name, text


def load(path: Path) -> Floats:
    """A file's sound at 16 kHz."""
    return np.concatenate([sound.samples for sound in read_sound(path, RATE)])


def noises(media: Path) -> Iterator[tuple[str, Floats]]:
    """Sounds without a word."""
    for path in sorted((media / "speech").iterdir()):
        if any(key in path.name for key in ("car_horn", "background-noise", "dogbark", "ambience")):
            yield path.name, load(path)
    source = np.random.default_rng(3)
    at = np.arange(10 * RATE) / RATE
    white = source.standard_normal(len(at))
    brown = np.cumsum(white - white.mean())
    for level in (0.001, 0.01, 0.1):
        yield f"white {level}", _float(white * level)
        yield f"brown {level}", _float(brown / np.abs(brown).max() * level * 3)
        yield f"hum {level}", _float(level * np.sign(np.sin(2 * np.pi * 50 * at)))
        chord = np.sin(2 * np.pi * np.outer(CHORD, at)).sum(0) * np.exp(-(at % 0.5) * 4)
        yield f"chords {level}", _float(level * chord)
    yield "silence", np.zeros(10 * RATE, np.float32)


CHORD = (220.0, 277.2, 329.6, 440.0, 554.4)


def _float(samples: NDArray[np.float64]) -> Floats:
    return np.asarray(samples, np.float32)


def over_noise(media: Path) -> dict[str, Any]:
    """Captions over sounds without words, as if activity had let all of it through."""
    captions, seconds, count = [], 0.0, 0
    for name, samples in noises(media):
        count, seconds = count + 1, seconds + len(samples) / RATE
        transcriber = Transcriber()
        for n in range(0, len(samples), WINDOW):
            sound = Sound(n * SECOND // RATE, samples[n : n + WINDOW].copy(), RATE)
            captions += [f"{name}: {caption.text}" for caption in transcriber.push(sound)]
        captions += [f"{name}: {caption.text}" for caption in transcriber.flush()]
    return {"clips": count, "seconds": seconds, "captions": captions}


def settle_cost(media: Path) -> float:
    """CPU seconds from the end of a turn of 3 s to its caption; the least of five."""
    samples = load(media / "speech" / "openai-real-tests-jfk.flac")[: 3 * RATE]
    costs = []
    for _ in range(5):
        transcriber = Transcriber()
        list(transcriber.push(Sound(0, samples.copy(), RATE)))
        begin = time.process_time()
        list(transcriber.flush())
        costs.append(time.process_time() - begin)
    return min(costs)


def spread(values: Sequence[float]) -> dict[str, float]:
    """Count and percentiles."""
    p50, p95 = np.percentile(values, [50, 95])
    return {"n": len(values), "p50": float(p50), "p95": float(p95)}


def measure(media: Path, *, tell: bool = False) -> dict[str, Any]:
    """Everything."""
    open_whisper().guess(np.ones(RATE, np.float32))
    waits: dict[str, list[float]] = {"partial": [], "final": []}
    tallies = {
        (kind, way): Tally(f"{kind}, {way}")
        for kind in ("sentences", "digits")
        for way in ("as spoken", "whole file")
    }
    for path, said in clips(media):
        kind = "digits" if len(plain(said)) == 1 else "sentences"
        samples = load(path)
        ours = listen(samples, waits if kind == "sentences" else {"partial": [], "final": []})
        for way, (text, cpu) in (("as spoken", ours), ("whole file", whole(samples))):
            tally = tallies[kind, way]
            errors = distance(plain(said), plain(text))
            tally.errors.append(errors)
            tally.counts.append(len(plain(said)))
            tally.cpu += cpu
            tally.seconds += len(samples) / RATE
            if tell and errors:
                print(f"{path.name[-40:]} {way} {errors}: {text}")
    return {
        "rows": [tally.row() for tally in tallies.values()],
        "partial": spread(waits["partial"]),
        "final": spread(waits["final"]),
        "final_3s_cpu": settle_cost(media),
        "noise": over_noise(media),
    }


def main() -> None:
    """Print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--media", type=Path, default=MEDIA)
    parser.add_argument("--errors", action="store_true", help="print what was misheard")
    asked = parser.parse_args()
    report = measure(asked.media, tell=asked.errors)
    if asked.json:
        print(json.dumps(report))
        return
    print(f"{'':28}{'clips':>6}{'words':>7}{'WER %':>8}{'95 %':>14}{'RTF':>7}")
    for row in report["rows"]:
        between = f"{row['low']:.1f}-{row['high']:.1f}"
        print(
            f"{row['name']:28}{row['clips']:6}{row['words']:7}{row['wer']:8.1f}{between:>14}"
            f"{row['rtf']:7.2f}"
        )
    for name in ("partial", "final"):
        wait = report[name]
        print(f"{name:10} n {wait['n']}, P50 {wait['p50']:.2f} s, P95 {wait['p95']:.2f} s")
    print(f"final caption of a turn of 3 s: {1000 * report['final_3s_cpu']:.0f} ms of CPU")
    noise = report["noise"]
    print(f"noise: {len(noise['captions'])} captions in {noise['seconds']:.0f} s", end=" ")
    print(f"({noise['clips']} clips)", *noise["captions"], sep="\n  ")


if __name__ == "__main__":
    main()
