"""What happens to a voice on its way: other throats, rooms, noise, lines and codecs."""

from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy import signal

RATE = 16_000
Floats = NDArray[np.float32]
Rng = np.random.Generator


def read_noises(folder: Path) -> list[Floats]:
    """Read noise recordings as 16 kHz mono."""
    import av  # noqa: PLC0415 (only the media folder asks for it)

    noises = []
    for path in sorted(folder.glob("*noise*")):
        with av.open(str(path)) as container:
            resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
            runs = [
                out.to_ndarray()[0]
                for frame in container.decode(container.streams.audio[0])
                for out in resampler.resample(frame)
            ]
        noises.append(np.concatenate(runs).astype(np.float32)[: 60 * RATE])
    return [noise for noise in noises if len(noise) > RATE]


def colour_noise(rng: Rng, count: int, slope: float) -> Floats:
    """Make noise whose power falls by `slope` dB an octave."""
    spectrum = rng.normal(size=count // 2 + 1) + 1j * rng.normal(size=count // 2 + 1)
    octaves = np.log2(np.maximum(np.arange(count // 2 + 1) * RATE / count, 50) / 50)
    noise = np.fft.irfft(spectrum * 10 ** (-slope * octaves / 20), count)
    return np.asarray(noise / noise.std(), np.float32)


def make_music(rng: Rng, count: int) -> Floats:
    """Make chords of decaying plucked notes with harmonics, a few a second."""
    out = np.zeros(count, np.float32)
    at = 0
    while at < count:
        length = int(RATE * rng.uniform(0.2, 1.2))
        time = np.arange(min(length, count - at)) / RATE
        for pitch in 110 * 2 ** (rng.integers(0, 36, rng.integers(1, 5)) / 12):
            for partial in range(1, 9):
                wave = np.sin(2 * np.pi * pitch * partial * time + rng.uniform(0, 6.3))
                out[at : at + len(time)] += wave * np.exp(-time * rng.uniform(1, 6)) / partial**1.3
        at += int(RATE * rng.uniform(0.1, 0.6))
    return out / max(float(out.std()), 1e-6)


def _pick_noise(rng: Rng, count: int, noises: list[Floats], babble: Floats) -> Floats:
    kind = rng.integers(4)
    if kind == 0 and noises:
        noise = noises[rng.integers(len(noises))]
    elif kind == 1:
        layers = rng.integers(0, max(1, len(babble) - count), 4)
        noise = np.sum([babble[at : at + count] for at in layers], axis=0)
    elif kind == 2 and rng.random() < 0.4:
        noise = make_music(rng, count)
    else:
        noise = colour_noise(rng, count, rng.uniform(0, 9))
    noise = np.resize(np.roll(noise, int(rng.integers(len(noise)))), count)
    return np.asarray(noise / (noise.std() + 1e-6), np.float32)


def _echo(rng: Rng, sound: Floats) -> Floats:
    """Put the voice in a room: direct sound, then a decaying tail."""
    decay = rng.uniform(0.08, 0.5)
    tail = rng.normal(size=int(RATE * decay)) * np.exp(
        -6.9 * np.arange(int(RATE * decay)) / RATE / decay
    )
    tail *= rng.uniform(0.02, 0.25) / np.sqrt((tail**2).sum() + 1e-9) * 2
    tail[: int(RATE * 0.004)] = 0
    tail[0] = 1
    return np.asarray(signal.fftconvolve(sound, tail)[: len(sound)], np.float32)


def _line(rng: Rng, sound: Floats) -> Floats:
    """Send it through a telephone, a cheap microphone or an equaliser."""
    kind = rng.integers(3)
    if kind == 0:
        band = signal.butter(
            4, [rng.uniform(150, 350), rng.uniform(3000, 3600)], "bandpass", fs=RATE
        )
        sound = signal.lfilter(*band, sound)
        if rng.random() < 0.5:
            peak = np.abs(sound).max() + 1e-6
            law = np.sign(sound) * np.log1p(255 * np.abs(sound) / peak) / np.log(256)
            law = np.round(law * 127) / 127
            sound = np.sign(law) * (256 ** np.abs(law) - 1) / 255 * peak
    elif kind == 1:
        sound = signal.lfilter(*signal.butter(2, rng.uniform(60, 300), "high", fs=RATE), sound)
        sound = signal.lfilter(*signal.butter(2, rng.uniform(3500, 7500), "low", fs=RATE), sound)
    else:
        gains = 10 ** (rng.uniform(-9, 9, 6) / 20)
        taps = signal.firwin2(
            129, [0, 200, 600, 1500, 3500, 6000, 8000], [gains[0], *gains], fs=RATE
        )
        sound = signal.fftconvolve(sound, taps, "same")
    return np.asarray(sound, np.float32)


def _code(rng: Rng, sound: Floats) -> Floats:
    """Code it as speech codecs do: short spectra, coarsely rounded, weak ones dropped."""
    _, _, spectra = signal.stft(sound, RATE, nperseg=512)
    loudest = np.abs(spectra).max(axis=0, keepdims=True) + 1e-9
    step = rng.uniform(0.004, 0.03) * loudest
    _, out = signal.istft(np.round(spectra / step) * step, RATE, nperseg=512)
    return np.asarray(np.resize(out, len(sound)), np.float32)


def stretch_voice(rng: Rng, sound: Floats) -> tuple[Floats, float]:
    """Play it slower or faster: pitch, formants and pace move; gives the factor of its length."""
    factor = float(np.exp(rng.uniform(np.log(0.82), np.log(1.25))))
    return np.asarray(soxr.resample(sound, RATE, RATE * factor, "LQ"), np.float32), factor


def spoil(rng: Rng, sound: Floats, noises: list[Floats], babble: Floats) -> Floats:
    """Give a voice a random room, line, noise, codec and level; its time stays."""
    count = len(sound)
    if rng.random() < 0.35:
        sound = _echo(rng, sound)
    noisy = rng.random() < 0.6
    loud = float(np.sqrt(np.mean(sound**2)) + 1e-6)
    noise = _pick_noise(rng, count, noises, babble) * loud * 10 ** (-rng.uniform(3, 35) / 20)
    if noisy and rng.random() < 0.5:
        sound = sound + noise
    if rng.random() < 0.55:
        sound = _line(rng, sound)
    if noisy:
        sound = sound + noise * 0.5
    if rng.random() < 0.2:
        sound = _code(rng, sound)
    if rng.random() < 0.1:
        sound = np.clip(sound, -1.5 * loud, 1.5 * loud)
    level = 10 ** (rng.uniform(-34, -12) / 20) / (np.sqrt(np.mean(sound**2)) + 1e-6)
    return np.asarray(np.clip(sound * level, -1, 1), np.float32)
