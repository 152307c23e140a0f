"""Voices that Debian packages carry, with the times of their phones.

espeak-ng (GPL-3.0-or-later) is called through its C library, flite (BSD-like) and festival
(BSD-like) as programs. They only speak training sentences; nothing of them is shipped.
"""

import ctypes
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.io import wavfile
from symbols import Span, from_cmu, from_ipa


@dataclass(frozen=True, slots=True, eq=False)
class Utterance:
    """What a voice said, and when it said which phone."""

    samples: NDArray[np.float32]  # (count,) in -1..1
    rate: int
    spans: list[Span]


_PHONEME, _END = 7, 0
_RETRIEVAL, _PHONEME_EVENTS_IPA, _UTF8 = 1, 3, 1


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("name", ctypes.c_char * 8),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


class Espeak:
    """Formant voices: `variant` is "en-us+f3" and the like, `rate` in words a minute."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL("libespeak-ng.so.1")
        self._rate = int(self._library.espeak_Initialize(_RETRIEVAL, 0, None, _PHONEME_EVENTS_IPA))
        self._chunks: list[NDArray[np.int16]] = []
        self._marks: list[tuple[float, str]] = []
        self._callback = _Callback(self._take)
        self._library.espeak_SetSynthCallback(self._callback)

    def _take(
        self,
        sound: "ctypes._Pointer[ctypes.c_short]",
        count: int,
        events: "ctypes._Pointer[_Event]",
    ) -> int:
        if sound and count > 0:
            self._chunks.append(np.ctypeslib.as_array(sound, (count,)).copy())
        at = 0
        while events[at].type != _END:
            if events[at].type == _PHONEME:
                name = events[at].name.decode("utf-8", "ignore")
                self._marks.append((events[at].audio_position / 1000, name))
            at += 1
        return 0

    def say(self, text: str, variant: str, rate: int, pitch: int) -> Utterance:
        """Speak one sentence. `pitch` is 0 to 99."""
        self._chunks, self._marks = [], []
        self._library.espeak_SetVoiceByName(variant.encode())
        self._library.espeak_SetParameter(1, rate, 0)
        self._library.espeak_SetParameter(3, pitch, 0)
        raw = text.encode()
        self._library.espeak_Synth(raw, len(raw) + 1, 0, 1, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        samples = np.concatenate([*self._chunks, np.zeros(1, np.int16)]) / np.float32(32768)
        ends = [at for at, _ in self._marks[1:]] + [len(samples) / self._rate]
        spans = [
            Span(from_ipa(name), at, end)
            for (at, name), end in zip(self._marks, ends, strict=True)
            if end > at
        ]
        return Utterance(samples.astype(np.float32), self._rate, spans)


def _from_ends(ends: list[tuple[str, float]]) -> list[Span]:
    starts = [0.0] + [end for _, end in ends[:-1]]
    return [Span(from_cmu(n), s, e) for (n, e), s in zip(ends, starts, strict=True) if e > s]


def _read(path: Path) -> tuple[NDArray[np.float32], int]:
    rate, samples = wavfile.read(path)
    return (samples / np.float32(32768)).astype(np.float32), int(rate)


def say_flite(text: str, voice: str, stretch: float, pitch: float) -> Utterance:
    """Speak with flite (kal16, awb, rms, slt); `pitch` in Hz moves the mean of diphone voices."""
    with tempfile.TemporaryDirectory() as folder:
        wave = Path(folder) / "said.wav"
        command = ["flite", "-voice", voice, "--setf", f"duration_stretch={stretch}", "-psdur"]
        if voice.startswith("kal"):
            command += ["--setf", f"int_f0_target_mean={pitch}"]
        run = subprocess.run(
            [*command, "-t", text, "-o", str(wave)], check=True, capture_output=True, text=True
        )
        samples, rate = _read(wave)
    found = re.findall(r"([a-z]+):([0-9.]+)", run.stdout)
    return Utterance(samples, rate, _from_ends([(name, float(end)) for name, end in found]))


def say_festival(texts: list[str], voice: str, stretch: float) -> list[Utterance]:
    """Speak sentences with festival (kal_diphone, ked_diphone, cmu_us_slt_arctic_hts)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = [f"(voice_{voice})", f"(Parameter.set 'Duration_Stretch {stretch})"]
        for index, text in enumerate(texts):
            lines += [
                f'(set! said (utt.synth (Utterance Text "{text}")))',
                f'(utt.save.wave said "{folder}/{index}.wav" \'riff)',
                f'(utt.save.segs said "{folder}/{index}.segs")',
            ]
        script = folder / "say.scm"
        script.write_text("\n".join(lines))
        subprocess.run(["festival", "-b", str(script)], check=True, capture_output=True)
        return [_read_festival(folder / str(index)) for index in range(len(texts))]


def _read_festival(stem: Path) -> Utterance:
    samples, rate = _read(stem.with_suffix(".wav"))
    rows = [row.split() for row in stem.with_suffix(".segs").read_text().splitlines()]
    ends = [(row[2], float(row[0])) for row in rows if len(row) == 3 and row[0] != "#"]
    return Utterance(samples, rate, _from_ends(ends))
