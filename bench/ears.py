"""How well the machine listens: activity, turns, echo.

Usage: python bench/ears.py [--json]

Activity, on real speech of the shared media and on noise (recorded, and made: pink, white, clicks
of keys, coughs as shaped bursts). Speech is what lies within 20 dB of a clean recording's peak.
"miss" is the share of its windows that are not voiced, "alarm" of those of noise that are.

Turns: how long after the first voiced sound (80-900 Hz within 25 dB of the peak) the face is told
to hold, the sound given in blocks of 20 ms at 48 kHz, from when the block that decided was whole
(less than 0 where a breath or a hiss before the voice was enough), quiet and in an office's noise;
holds a minute on noise; and whether spoken interruptions and back-channels (three voices, when
fetched) are told apart, with the words known 0.4 s after they began, and without words.

Echo: the default voice through a made-up room (0.3 s of reverberation, half of the power) at
several lags. "erle" is by how many dB the microphone falls after two seconds; "self" the share of
voiced windows, before and after; "near" the share of a user's voiced windows that is kept while
the face speaks.

Peers: silero's own figures in faster-whisper are miss 1.2 %, alarm .3 % on one telephone call;
webrtcvad 1.1 and 1.5 % there. The limit for an interruption is 150 ms with network and playout.

--json: {"activity": {...}, "hold": {...}, "noise": {...}, "decisions": {...}, "echo": [...]}
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from bonaface.core import SECOND, Sound
from bonaface.errors import WeightsMissing
from bonaface.media.files import read_sound
from bonaface.speech.activity import Activity, Voiced
from bonaface.speech.echo import Echo
from bonaface.speech.narrow import RATE as NARROW
from bonaface.speech.resample import resample
from bonaface.speech.synthesize import open_voice
from bonaface.speech.turns import Hold, Moment, Resume, Turns, Yield

Floats = NDArray[np.float32]
MEDIA = Path(os.environ.get("BONAFACE_MEDIA", Path(__file__).parents[2] / "shared" / "media"))
RATE = 48_000
BLOCK = RATE // 50
RECORDED = ("*office-ambience*", "*car_horn*", "*noise-free-sound*", "*dogbark*")
SPEECH = ("coqui-ai-real*", "ming024-real*", "jaywalnut310-real*", "openai-real*", "jakobovski*")
INTERRUPTIONS = (
    "Stop.",
    "Wait a moment, please.",
    "Excuse me, I have a question.",
    "No, that is not what I meant.",
    "Could you say that again?",
    "What about the price?",
    "Hold on.",
    "Tell me about the other one.",
)
BACK_CHANNELS = ("Mhm.", "Uh-huh.", "Yeah.", "Okay.", "Right.", "I see.", "Yes.", "Oh, really?")
FACE = (
    "Good morning, and welcome to the museum. The painting in front of you was made in sixteen "
    "forty two. It shows a company of guards who are about to march. The light falls on him."
)
LAGS = (0.0, 0.1, 0.25, 0.5)
WORDS_AFTER = 0.4  # s from the first sound to the first words of the recogniser


def read(path: Path) -> Floats:
    """A file's sound, its peak at 0.3."""
    samples = np.concatenate([sound.samples for sound in read_sound(path, RATE)])
    return np.asarray(0.3 * samples / max(1e-4, float(np.abs(samples).max())), np.float32)


def find(patterns: tuple[str, ...]) -> list[Path]:
    """Files of the shared speech."""
    return [file for one in patterns for file in sorted((MEDIA / "speech").glob(one))]


def blocks(samples: Floats) -> Iterator[Sound]:
    """20 ms at a time."""
    for begin in range(0, len(samples) - BLOCK + 1, BLOCK):
        yield Sound(begin * SECOND // RATE, samples[begin : begin + BLOCK].copy(), RATE)


def judge(samples: Floats) -> list[tuple[Voiced, float]]:
    """What is said of each window, and when in s it was said."""
    stage = Activity()
    return [(v, block.until / SECOND) for block in blocks(samples) for v in stage.push(block)]


def levels(samples: Floats, low: float | None = None) -> NDArray[np.float64]:
    """Level in dB every 5 ms; with `low`, of the band in which voices sound."""
    if low is not None:
        band = scipy.signal.butter(4, (low, 900), "bandpass", fs=RATE, output="sos")
        samples = scipy.signal.sosfilt(band, samples)
    step = RATE // 200
    power = (samples[: len(samples) // step * step].reshape(-1, step) ** 2).mean(axis=1)
    return np.asarray(10 * np.log10(power + 1e-12), np.float64)


def measure_activity() -> dict[str, Any]:
    """Miss and alarm on clean speech, and the cost."""
    hits: list[bool] = []
    begun, seconds = time.process_time(), 0.0
    for path in find(SPEECH[:4]):
        samples = read(path)
        level = levels(samples)
        loud = level > level.max() - 20
        seconds += len(samples) / RATE
        for voiced, _ in judge(samples):
            part = slice(voiced.at * 200 // SECOND, voiced.until * 200 // SECOND)
            if loud[part].all():
                hits.append(voiced.chance >= 0.5)
    cost = (time.process_time() - begun) / seconds
    noise = (*make_noises().values(), *map(read, find(RECORDED)))
    alarms = [voiced.chance >= 0.5 for samples in noise for voiced, _ in judge(samples)]
    return {
        "seconds": round(seconds, 1), "speech_windows": len(hits), "noise_windows": len(alarms),
        "miss_percent": round(100 - 100 * float(np.mean(hits)), 2),
        "alarm_percent": round(100 * float(np.mean(alarms)), 3),
        "rtf_with_reading": round(cost, 4),
    }  # fmt: skip


def time_hold(samples: Floats, noise: Floats, rng: np.random.Generator) -> float | None:
    """Milliseconds from the first voiced sound over the face to Hold; None if it never came."""
    level = levels(samples, 80)
    onset = int(np.argmax(level > level.max() - 25)) * RATE // 200
    begin = max(0, onset - RATE // 5)
    lead = int(rng.integers(RATE, RATE + BLOCK))
    heard = np.zeros(4 * RATE, np.float32)
    said = samples[begin : onset + 2 * RATE]
    heard[lead : lead + len(said)] = said
    start = int(rng.integers(0, len(noise) - len(heard)))
    heard += noise[start : start + len(heard)]
    turns = Turns()
    for voiced, at in judge(heard):
        if any(isinstance(one, Hold) for one in turns.push(Moment(voiced, speaking=True))):
            return 1000 * (at - (lead + onset - begin) / RATE)
    return None


def measure_holds() -> dict[str, Any]:
    """How fast speech over the face is noticed, by loudness over the noise."""
    rng = np.random.default_rng(1)
    office = read(find(RECORDED[:1])[0])
    table = {}
    for snr in (60, 20, 10, 5):
        delays = []
        files = find(SPEECH)
        for path in files:
            samples = read(path)
            speech = np.sqrt(np.mean(samples[np.abs(samples) > 0.01] ** 2))
            delays.append(
                time_hold(samples, office * speech / office.std() / 10 ** (snr / 20), rng)
            )
        found = np.array([delay for delay in delays if delay is not None])
        p50, p95 = np.percentile(found, [50, 95])
        table[f"snr {snr} dB"] = {
            "n": len(files), "missed": len(files) - len(found), "p50_ms": round(p50),
            "p95_ms": round(p95), "within_80_ms": round(float(np.mean(found <= 80)), 2),
        }  # fmt: skip
    return table


def scatter(make: Callable[[], Floats], every: float, rng: np.random.Generator) -> Floats:
    """Two minutes of a faint noise with sounds in it."""
    samples: NDArray[np.float64] = rng.normal(0, 3e-4, 120 * RATE)
    place = RATE
    while place < len(samples) - 2 * RATE:
        one = make()
        samples[place : place + len(one)] += 0.3 * rng.uniform(0.3, 1) * one
        place += len(one) + int(RATE * every * rng.uniform(0.5, 1.5))
    return samples.astype(np.float32)


def make_noises() -> dict[str, Floats]:
    """Pink, white, keys, coughs."""
    rng = np.random.default_rng(3)

    def burst(seconds: float, fade: float, low: float, high: float) -> Floats:
        at = np.arange(int(seconds * RATE)) / RATE
        band = scipy.signal.butter(2, (low, high), "bandpass", fs=RATE, output="sos")
        one = scipy.signal.sosfilt(band, rng.normal(size=len(at)) * np.exp(-at / fade))
        return np.asarray(one / np.abs(one).max(), np.float32)

    def key() -> Floats:
        return burst(0.06, rng.uniform(0.002, 0.01), rng.uniform(300, 1500), rng.uniform(4e3, 12e3))

    def cough() -> Floats:
        low = rng.uniform(300, 600)
        whole = burst(0.3, rng.uniform(0.04, 0.09), low, rng.uniform(1500, 4000))
        pulse = 1 + 0.8 * np.sin(2 * np.pi * rng.uniform(90, 200) * np.arange(len(whole)) / RATE)
        return np.asarray(whole * pulse / 1.8, np.float32)

    pink: NDArray[np.float64] = scipy.signal.lfilter([1], [1, -0.98], rng.normal(size=60 * RATE))
    return {
        "pink": np.asarray(0.05 * pink / pink.std(), np.float32),
        "white": rng.normal(0, 0.03, 60 * RATE).astype(np.float32),
        "keys": scatter(key, 0.25, rng), "coughs": scatter(cough, 1.5, rng),
    }  # fmt: skip


def measure_noise() -> dict[str, Any]:
    """Holds and seconds held in a minute of noise."""
    noises = make_noises() | {path.stem[-24:]: read(path) for path in find(RECORDED)}
    table = {}
    for name, samples in noises.items():
        turns, since, held, holds, yields = Turns(), 0, 0, 0, 0
        for voiced, _ in judge(samples):
            for one in turns.push(Moment(voiced, speaking=True)):
                holds, yields = holds + isinstance(one, Hold), yields + isinstance(one, Yield)
                held += one.at - since if isinstance(one, Resume) else 0
                since = one.at
        minutes = len(samples) / RATE / 60
        table[name] = {
            "minutes": round(minutes, 2), "holds_a_minute": round(holds / minutes, 2),
            "yields": yields, "held_s": round(held / SECOND, 2),
        }  # fmt: skip
    return table


def decide(samples: Floats, words: str) -> list[str]:
    """The decisions on a sound heard over the face from 1 s on; `words` come WORDS_AFTER."""
    turns = Turns()
    found = []
    for voiced, at in judge(samples):
        heard = words if at > 1 + WORDS_AFTER else ""
        found += [type(one).__name__ for one in turns.push(Moment(voiced, True, heard))]
    return found


def measure_decisions() -> dict[str, Any]:
    """How often an interruption is yielded to, and a back-channel is not."""
    right: dict[str, list[bool]] = {}
    for name in ("default", "joe", "kumo"):
        try:
            voice = open_voice(name)
        except WeightsMissing:
            continue
        for text in (*INTERRUPTIONS, *BACK_CHANNELS):
            said = np.concatenate([resample(u.sound, RATE).samples for u in voice.push(text)])
            quiet = np.zeros(RATE, np.float32)
            samples = np.concatenate((quiet, said, quiet, quiet))
            samples += np.random.default_rng(4).normal(0, 1e-4, len(samples)).astype(np.float32)
            wanted = "Yield" if text in INTERRUPTIONS else "Resume"
            for key, words in (("with words", text), ("without", "")):
                found = [one for one in decide(samples, words) if one in {"Yield", "Resume"}]
                right.setdefault(f"{wanted} {key}", []).append(found[-1:] == [wanted])
    return {key: {"n": len(all_), "right": sum(all_)} for key, all_ in right.items()}


def make_room() -> NDArray[np.float64]:
    """Polack's model of a room: noise that fades by 60 dB in 0.3 s."""
    at = np.arange(int(0.35 * NARROW)) / NARROW
    answer = 0.25 * np.random.default_rng(2).normal(size=len(at)) * np.exp(-6.9 * at / 0.3)
    answer[16] = 1
    return np.asarray(0.7 * answer / np.sqrt((answer**2).sum()), np.float64)


def share_voiced(samples: Floats) -> float:
    """The share of windows that are voiced."""
    found = Activity(rows=1).push(Sound(0, samples, NARROW))
    return float(np.mean([one.chance >= 0.5 for one in found]))


def cancel(face: Floats, microphone: Floats) -> Floats:
    """The microphone without the face."""
    echo, step = Echo(), NARROW // 50
    parts = []
    for begin in range(0, len(face), step):
        at = begin * SECOND // NARROW
        echo.play(Sound(at, face[begin : begin + step].copy(), NARROW))
        parts += list(echo.push(Sound(at, microphone[begin : begin + step].copy(), NARROW)))
    return np.concatenate([part.samples for part in (*parts, *echo.flush())])


def measure_echo(lag: float) -> dict[str, float]:
    """One lag: how much of the face is left, and how much of the user."""
    (user,) = open_voice(speed=0.85).push("Where is the girl in gold?")
    near = resample(Sound(0, user.sound.samples, user.sound.rate * 8 // 10), NARROW).samples
    face = np.concatenate([resample(u.sound, NARROW).samples for u in open_voice().push(FACE)])
    late, place = int(lag * NARROW), 5 * NARROW
    microphone = np.random.default_rng(3).normal(0, 1e-3, len(face))
    microphone[late:] += np.convolve(face, make_room())[: len(face) - late]
    alone = microphone.astype(np.float32)
    microphone[place : place + len(near)] += near
    begun = time.process_time()
    left = cancel(face, alone)
    cost = (time.process_time() - begun) / (len(face) / NARROW)
    both = cancel(face, microphone.astype(np.float32))[place : place + len(near)]
    rest = slice(2 * NARROW, None)
    erle = 10 * np.log10(np.mean(alone[rest] ** 2) / np.mean(left[rest] ** 2))
    return {
        "lag_ms": 1000 * lag, "erle_db": round(float(erle), 1),
        "self_before": round(share_voiced(alone), 3), "self_after": round(share_voiced(left), 3),
        "near": round(share_voiced(both) / share_voiced(near), 2), "rtf": round(cost, 4),
    }  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    as_json = parser.parse_args().json
    result = {
        "activity": measure_activity(),
        "hold": measure_holds(),
        "noise": measure_noise(),
        "decisions": measure_decisions(),
        "echo": [measure_echo(lag) for lag in LAGS],
    }
    if as_json:
        print(json.dumps(result))
        return
    for name, part in result.items():
        print(name)
        for key, value in part.items() if isinstance(part, dict) else enumerate(part):
            print(f"  {key!s:24} {value}")


if __name__ == "__main__":
    main()
