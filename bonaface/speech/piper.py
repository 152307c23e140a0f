"""The Piper voices: VITS networks in ONNX, each with a JSON file that says how it was trained.

Piper models (Kim et al., "Conditional Variational Autoencoder with Adversarial Learning for
End-to-End Text-to-Speech", 2021, exported) read the phonetic alphabet as eSpeak writes it. Here
the phonemes come from the same lexicon as the other voices', respelled; nothing of eSpeak runs.
"""

# ruff: noqa: RUF001 (the letters of the phonetic alphabet are meant)

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bonaface.errors import SpeechError, WeightsDamaged
from bonaface.speech.graph import find_outputs, mapped, open_graph
from bonaface.speech.take import PAD, Take

BEGIN, END, BETWEEN = "^", "$", "_"  # Piper's marks, as its phoneme_id_map names them
RESPELLED = {  # misaki's letters that eSpeak writes otherwise
    "A": "eɪ", "I": "aɪ", "O": "oʊ", "W": "aʊ", "Y": "ɔɪ", "Q": "əʊ", "T": "ɾ",
    "ʤ": "dʒ", "ʧ": "tʃ", "ᵊ": "ə", "—": ",", "…": ".", "“": '"', "”": '"',
}  # fmt: skip
LENGTHENED = {"ɑ": "ɑː", "ɔ": "ɔː", "i": "iː", "u": "uː", "ɜ": "ɜː"}  # long in eSpeak's English
RHOTIC = {"ɜɹ": ("ɝ", "ɜː"), "əɹ": ("ɚ", "ɚ")}  # one sound in both alphabets


@dataclass(frozen=True, slots=True)
class Manual:
    """What a voice's JSON file says."""

    rate: int
    numbers: dict[str, list[int]]  # of each letter
    scales: tuple[float, float, float]  # noise, length, noise of the lengths
    speakers: int
    british: bool


def read_manual(path: Path) -> Manual:
    """Read a Piper voice's JSON file. Raises WeightsDamaged, or SpeechError: not English."""
    try:
        said = json.loads(path.read_text("utf-8"))
        family = said["espeak"]["voice"]
        scales = said.get("inference", {})
        manual = Manual(
            rate=int(said["audio"]["sample_rate"]),
            numbers={key: list(value) for key, value in said["phoneme_id_map"].items()},
            scales=(
                float(scales.get("noise_scale", 0.667)),
                float(scales.get("length_scale", 1.0)),
                float(scales.get("noise_w", 0.8)),
            ),
            speakers=int(said.get("num_speakers", 1)),
            british=family.startswith("en-gb"),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as cause:
        remedy = "A Piper voice is NAME.onnx with NAME.onnx.json beside it."
        raise WeightsDamaged(f"{path.name} does not describe a Piper voice.", remedy) from cause
    if not family.startswith("en"):
        raise SpeechError(f"{path.name} speaks {family}; texts are read as English.", "Take en_*.")
    return manual


def respell(phonemes: str) -> list[tuple[str, str]]:
    """Give the sounds of misaki's letters, each with eSpeak's spelling of it."""
    sounds: list[tuple[str, str]] = []
    place = 0
    while place < len(phonemes):
        pair = phonemes[place : place + 2]
        letter = phonemes[place]
        if pair in RHOTIC:
            sounds.append(RHOTIC[pair])
        elif letter in LENGTHENED and pair[1:] != "ː":
            sounds.append((letter, LENGTHENED[letter]))
        else:
            sounds.append((letter, RESPELLED.get(letter, letter)))
        place += 1 + (pair in RHOTIC)
    return sounds


class PiperVoice:
    """One Piper voice, opened."""

    longest: int = 400

    def __init__(self, model: Path, manual: Path) -> None:
        self._manual = read_manual(manual)
        self.rate = self._manual.rate
        self.british = self._manual.british
        with mapped(model) as content:
            found = find_outputs(content, "Ceil")
        if len(found) != 1:
            remedy = "Take a voice exported by Piper."
            raise WeightsDamaged(f"{model.name} does not show how long its phones are.", remedy)
        self._graph = open_graph(model, found[0])

    def say(self, phonemes: str, speed: float) -> Take:
        """Speak one phoneme string; see take.Voice."""
        symbols, ids = self._number(phonemes)
        noise, length, wobble = self._manual.scales
        inputs = {
            "input": np.array([ids], np.int64),
            "input_lengths": np.array([len(ids)], np.int64),
            "scales": np.array([noise, length / speed, wobble], np.float32),
        }
        if self._manual.speakers > 1:
            inputs["sid"] = np.zeros(1, np.int64)
        sound, durations = self._graph.run(None, inputs)
        samples = np.asarray(sound, np.float32).ravel()
        lengths = np.rint(durations.ravel()).astype(np.int64)
        lengths *= len(samples) // max(1, int(lengths.sum()))
        return Take(samples, self.rate, *gather(symbols, lengths, len(samples)))

    def _number(self, phonemes: str) -> tuple[list[str], list[int]]:
        """Give the sound each number belongs to, and the numbers, with marks between."""
        numbers = self._manual.numbers
        between = numbers[BETWEEN]
        symbols, ids = [PAD] * len(numbers[BEGIN] + between), numbers[BEGIN] + between
        spoken = False
        for sound, letters in respell(phonemes):
            for letter in letters:
                if letter in numbers:
                    run = numbers[letter] + between
                    symbols += [sound] * len(run)
                    ids = ids + run
                    spoken = spoken or letter.isalpha()
        if not spoken:
            raise SpeechError("There is no sound in this text.", "Give it words.")
        return [*symbols, PAD], ids + numbers[END]


def gather(
    symbols: list[str], lengths: np.ndarray[tuple[int], np.dtype[np.int64]], count: int
) -> tuple[tuple[str, ...], np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Join what the numbers of one sound last; what the network adds at the end is silence."""
    joined: list[str] = []
    total: list[int] = []
    for i, (symbol, length) in enumerate(zip(symbols, lengths.tolist(), strict=True)):
        if i and symbol == symbols[i - 1]:
            total[-1] += length
        else:
            joined.append(symbol)
            total.append(length)
    total[-1] += count - sum(total)
    return tuple(joined), np.array(total, np.int64)
