"""Tunes made from numbers: music that nobody owns, to be marked and to be mixed in."""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 7, 9))
CHORDS = ((0, 2, 4), (3, 5, 7), (4, 6, 8), (5, 7, 9), (1, 3, 5))


def compose(seed: int, seconds: float, rate: int) -> Samples:
    """Answer a tune: melody over chords and a bass, drums in half of them, at -20 dBFS or so."""
    draw = np.random.default_rng(seed)
    scale = SCALES[draw.integers(len(SCALES))]
    beat = 60 / draw.uniform(70, 150)
    root = draw.uniform(110, 220)
    timbres = draw.permutation(len(TIMBRES))[:3]
    out = np.zeros(int((seconds + 4) * rate))
    for bar in range(int(seconds / (4 * beat)) + 1):
        chord = CHORDS[draw.integers(len(CHORDS))]
        for degree in chord:
            _play(out, bar * 4 * beat, 4 * beat, _pitch(root, scale, degree), timbres[0], rate)
        for i in range(4):
            _play(out, (bar * 4 + i) * beat, beat, _pitch(root / 2, scale, chord[0]), timbres[1], rate)
        at = 0.0
        while at < 4:
            length = float(draw.choice((0.5, 0.5, 1, 1, 2)))
            pitch = _pitch(2 * root, scale, int(draw.integers(0, 9)))
            if draw.random() < 0.85:
                _play(out, (bar * 4 + at) * beat, length * beat, pitch, timbres[2], rate)
            at += length
        if seed % 2:
            _drum(out, bar * 4 * beat, beat, rate, draw)
    whole = out[: int(seconds * rate)]
    return (whole * 0.1 / max(float(np.sqrt(np.mean(whole**2))), 1e-9)).clip(-1, 1).astype(np.float32)


def _pitch(root: float, scale: tuple[int, ...], degree: int) -> float:
    octave, step = divmod(degree, len(scale))
    return float(root * 2 ** (octave + scale[step] / 12))


# Partials fall as k ** -slope; decay and attack in seconds; odd partials only; vibrato in Hz.
TIMBRES = (
    (1.2, 0.6, 0.004, False, 0.0),  # plucked
    (1.0, 9.0, 0.06, False, 5.5),  # bowed
    (1.5, 9.0, 0.02, True, 0.0),  # reed
    (2.2, 1.2, 0.002, False, 0.0),  # bell-like
    (0.8, 9.0, 0.03, False, 0.0),  # brass
)


def _play(out: NDArray[np.float64], at: float, length: float, pitch: float, timbre: int, rate: int) -> None:
    slope, decay, attack, odd, vibrato = TIMBRES[timbre]
    t = np.arange(int((length + 0.1) * rate)) / rate
    turn = 2 * np.pi * pitch * t + (0.3 * np.sin(2 * np.pi * vibrato * t) if vibrato else 0)
    note = np.zeros(len(t))
    for k in range(1, min(40, int(min(rate * 0.45, 9_000) / pitch)) + 1, 2 if odd else 1):
        note += k**-slope * np.exp(-t * k**0.5 / decay) * np.sin(k * turn + k * k)
    note *= np.minimum(1, t / attack) * np.clip((length + 0.1 - t) / 0.1, 0, 1)
    start = int(at * rate)
    size = min(len(note), len(out) - start)
    out[start : start + max(size, 0)] += note[: max(size, 0)]


def _drum(out: NDArray[np.float64], at: float, beat: float, rate: int, draw: np.random.Generator) -> None:
    t = np.arange(int(0.15 * rate)) / rate
    for i in range(8):
        hit = draw.normal(0, 1, len(t)) * np.exp(-t / 0.03)
        if i % 4 == 0:
            hit = 3 * np.sin(2 * np.pi * 55 * t * np.exp(-3 * t)) * np.exp(-t / 0.06)
        start = int((at + i * beat / 2) * rate)
        size = max(min(len(hit), len(out) - start), 0)
        out[start : start + size] += hit[:size]
