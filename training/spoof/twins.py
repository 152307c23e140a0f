"""Twins: real runs made anew by a vocoder: `python training/spoof/twins.py PEOPLE.npz OUT.npz`.

The same words by the same person in the same room; only the vocoder's traces differ. With
`--phases` the ways are those of phases.py.
"""

import argparse
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pyworld
import scipy.signal
import soxr
from numpy.typing import NDArray
from phases import fold, shake
from runs_file import write_runs

from bonaface.forensics.inspector import RATE
from bonaface.forensics.spoof.runs import SIZE, Floats

Draw = np.random.Generator
Twin = Callable[[Floats, Draw], Floats]


def world(run: Floats, draw: Draw) -> Floats:
    """WORLD (Morise et al. 2016): pitch, envelope and aperiodicity, and sound from them."""
    x = run.astype(np.float64)
    pitch, times = pyworld.dio(x, RATE, frame_period=float(draw.choice([5.0, 10.0])))
    pitch = pyworld.stonemask(x, pitch, times, RATE)
    envelope = pyworld.cheaptrick(x, pitch, times, RATE)
    breath = pyworld.d4c(x, pitch, times, RATE)
    if draw.random() < 0.5:  # as statistical synthesisers do: fewer numbers, smoothed
        coded = pyworld.code_spectral_envelope(envelope, RATE, int(draw.integers(24, 60)))
        coded = scipy.ndimage.gaussian_filter1d(coded, draw.uniform(0.3, 1.5), axis=0)
        envelope = pyworld.decode_spectral_envelope(coded, RATE, 2 * (envelope.shape[1] - 1))
    step = float(times[1] - times[0]) * 1000
    said = pyworld.synthesize(pitch * draw.uniform(0.94, 1.06), envelope, breath, RATE, step)
    whole: Floats = said.astype(np.float32)
    return whole


def griffin_lim(run: Floats, draw: Draw) -> Floats:
    """Magnitudes, mostly of mel bands, and phases found by going to and fro (Griffin, Lim 1984)."""
    size, hop = 1024, int(draw.choice([128, 200, 256]))
    stft = scipy.signal.ShortTimeFFT(scipy.signal.windows.hann(size), hop, RATE)
    magnitude = np.abs(stft.stft(run))
    if draw.random() < 0.7:
        banks = mel_banks(int(draw.choice([64, 80, 100])), size)
        magnitude = np.maximum(np.linalg.pinv(banks) @ (banks @ magnitude), 1e-7)
    phase = np.exp(2j * np.pi * draw.random(magnitude.shape))
    last = np.zeros_like(phase)
    said = run
    for _ in range(int(draw.integers(12, 40))):  # the fast kind (Perraudin et al. 2013)
        said = stft.istft(magnitude * phase, k1=SIZE)
        again = stft.stft(said)
        phase = again + 0.9 * (again - last)
        phase /= np.maximum(np.abs(phase), 1e-9)
        last = again
    whole: Floats = said.astype(np.float32)
    return whole


def mel_banks(bands: int, size: int) -> NDArray[np.float64]:
    """Triangles (bands, size // 2 + 1) on the mel scale to 8 kHz."""
    top = 2595 * np.log10(1 + 8000 / 700)
    edges = 700 * (10 ** (np.linspace(0, top, bands + 2) / 2595) - 1)
    at = np.linspace(0, 8000, size // 2 + 1)
    up = (at - edges[:-2, None]) / np.diff(edges)[:-1, None]
    down = (edges[2:, None] - at) / np.diff(edges)[1:, None]
    banks: NDArray[np.float64] = np.maximum(0, np.minimum(up, down))
    return banks


def lpc(run: Floats, draw: Draw) -> Floats:
    """Linear prediction with pulses or noise for what it does not predict."""
    order, size = int(draw.integers(14, 26)), 400
    hop = size // 2
    x = np.append(run[0], run[1:] - 0.95 * run[:-1]).astype(np.float64)
    pitch, _ = pyworld.dio(run.astype(np.float64), RATE, frame_period=hop / RATE * 1000)
    window, out, at = np.hanning(size), np.zeros(SIZE + size), 0.0
    pulses = np.zeros(SIZE + size)
    while at < SIZE:
        f = pitch[min(int(at / hop), len(pitch) - 1)]
        if f > 0:
            pulses[int(at)] = np.sqrt(RATE / f)
        at += RATE / f if f > 0 else hop
    noise = draw.normal(0, 1, SIZE + size)
    for i, start in enumerate(range(0, SIZE - size, hop)):
        piece = x[start : start + size] * window
        around = np.correlate(piece, piece, "full")[size - 1 : size + order]
        around[0] = around[0] * 1.0001 + 1e-9
        taps = scipy.linalg.solve_toeplitz(around[:-1], around[1:])
        left = max(around[0] - taps @ around[1:], 1e-12) / np.square(window).sum()
        source = pulses if pitch[min(i + 1, len(pitch) - 1)] > 0 else noise
        begin = max(0, start - order)
        excited = source[begin : start + size] * np.sqrt(left)
        said = scipy.signal.lfilter([1.0], np.append(1.0, -taps), excited)[start - begin :]
        out[start : start + size] += said * window
    whole: Floats = scipy.signal.lfilter([1.0], [1.0, -0.95], out[:SIZE]).astype(np.float32)
    return whole


def codec2(run: Floats, draw: Draw) -> Floats:
    """Codec 2 (LGPL-2.1): sinusoids at 1300 to 3200 bit/s, 8 kHz."""
    mode = str(draw.choice(["3200", "2400", "1600", "1300"]))
    narrow = np.clip(soxr.resample(run, RATE, 8_000) * 3 * 32767, -32768, 32767).astype(np.int16)
    bits = subprocess.run(
        ["c2enc", mode, "-", "-"], input=narrow.tobytes(), capture_output=True, check=True
    ).stdout
    said = subprocess.run(
        ["c2dec", mode, "-", "-"], input=bits, capture_output=True, check=True
    ).stdout
    wide: Floats = soxr.resample(
        np.frombuffer(said, np.int16).astype(np.float32) / 98301, 8_000, RATE
    )
    return wide


WAYS: Final[dict[str, Twin]] = {
    "world": world,
    "griffin-lim": griffin_lim,
    "lpc": lpc,
    "codec2": codec2,
}


def fit(said: Floats) -> Floats:
    """Bring to SIZE."""
    whole = np.zeros(SIZE, np.float32)
    whole[: min(len(said), SIZE)] = said[:SIZE]
    return whole


def main() -> None:
    """Make twins, each run by some of the ways, in turn."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("people", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--phases", action="store_true", help="by phases.py instead")
    parser.add_argument("--each", type=int, default=1, help="ways for a run")
    parser.add_argument("--most", type=int, default=3, help="runs of a group")
    options = parser.parse_args()
    ways = dict(WAYS)
    if options.phases:
        ways = {"shake": shake, "fold": fold}
    with np.load(options.people) as file:
        runs, groups = file["runs"].astype(np.float32) / 32767, file["group"].tolist()
    made: list[Floats] = []
    names: dict[str, list[str]] = {"family": [], "group": [], "of": []}
    order = list(ways)
    for i, run in enumerate(runs):
        if groups[:i].count(groups[i]) >= options.most:
            continue
        for turn in range(options.each):
            way = order[(i * options.each + turn) % len(order)]
            made.append(fit(ways[way](run, np.random.default_rng([i, turn]))))
            names["family"].append(way)
            names["group"].append(groups[i])
            names["of"].append(str(i))
        if i % 200 == 0:
            print(f"{i} of {len(runs)}", flush=True)
    write_runs(options.out, made, names)


if __name__ == "__main__":
    main()
