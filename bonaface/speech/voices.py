"""The voices: who they are, which files they need, and how they are opened.

"heart" is installed with the program. The other files are named in the catalogue: those of "joe"
and "kumo" are carried by packages on the package index, the rest lie on a model hub. Nothing is
fetched here unless `fetch_voice` is called.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

from bonaface import weights
from bonaface.errors import SpeechError, WeightsMissing
from bonaface.speech.hibari import BUNDLED, HibariVoice
from bonaface.speech.kokoro import KokoroVoice, read_style
from bonaface.speech.piper import PiperVoice
from bonaface.speech.take import Voice

Kind = Literal["hibari", "kokoro", "piper"]


@dataclass(frozen=True, slots=True)
class Speaker:
    """One voice that can be asked for by name."""

    name: str
    kind: Kind
    who: str
    licence: str
    files: tuple[str, ...] = ()  # names in the catalogue, in the order the voice opens them
    british: bool = False

    @property
    def late(self) -> float:
        """Seconds by which the durations of such a voice run behind its sound (bench/speech.py)."""
        return {"hibari": 0.050, "kokoro": 0.055, "piper": 0.020}[self.kind]


def _hub(kind: Kind, name: str, who: str, licence: str, british: bool = False) -> Speaker:
    full = f"{kind}:{name}"
    files = {
        "hibari": (full,),
        "kokoro": ("kokoro", full),
        "piper": (full, f"{full}.json"),
    }[kind]
    return Speaker(full, kind, who, licence, files, british)


_APACHE = "Apache-2.0"
_ALL = (
    Speaker("heart", "hibari", "American woman", _APACHE),
    Speaker("joe", "piper", "American man", "CC0", ("joe", "joe.json")),
    Speaker("kumo", "kokoro", "man", _APACHE, ("kokoro", "kokoro-speakers")),
    _hub("hibari", "fenrir", "American man", _APACHE),
    _hub("hibari", "kore", "American woman", _APACHE),
    _hub("hibari", "emma", "British woman", _APACHE, british=True),
    _hub("hibari", "fable", "British man", _APACHE, british=True),
    _hub("kokoro", "af_heart", "American woman", _APACHE),
    _hub("kokoro", "af_bella", "American woman", _APACHE),
    _hub("kokoro", "af_sarah", "American woman", _APACHE),
    _hub("kokoro", "am_michael", "American man", _APACHE),
    _hub("kokoro", "am_adam", "American man", _APACHE),
    _hub("piper", "en_US-lessac-medium", "American woman", "see the voice's model card"),
    _hub("piper", "en_US-amy-medium", "American woman", "see the voice's model card"),
    _hub("piper", "en_GB-alan-medium", "British man", "see the voice's model card", british=True),
)
VOICES: Final[dict[str, Speaker]] = {speaker.name: speaker for speaker in _ALL}
ALIASES: Final = {"default": "heart", "female": "heart", "male": "joe"}
KUMO: Final = "jm_kumo"  # the name of its style among the Kokoro speakers


def find_speaker(name: str) -> Speaker:
    """The voice of that name or alias, or of a Piper file NAME.onnx. Raises SpeechError."""
    known = VOICES.get(ALIASES.get(name, name))
    if known:
        return known
    if name.endswith(".onnx"):
        return Speaker(name, "piper", "a file of yours", "yours to know")
    remedy = f"Known are: {', '.join((*ALIASES, *VOICES))}; or a Piper file, NAME.onnx."
    raise SpeechError(f"There is no voice named {name!r}.", remedy)


def fetch_voice(name: str, report: Callable[[int], None] | None = None) -> None:
    """Fetch the files of a voice that are not here. Raises SpeechError, or WeightsError."""
    for file in find_speaker(name).files:
        weights.fetch(file, report)


def find_files(speaker: Speaker) -> list[Path]:
    """The files of a voice. Raises WeightsMissing, which names all that are missing."""
    here = {file: weights.place(weights.weight(file)) for file in speaker.files}
    missing = [file for file, path in here.items() if not path.is_file()]
    if missing:
        raise WeightsMissing(" ".join(missing))
    return list(here.values())


@cache
def open_speaker(name: str) -> Voice:
    """Open a voice, once a process.

    Raises SpeechError (no such voice), WeightsMissing (names what to fetch), WeightsDamaged.
    """
    speaker = find_speaker(name)
    files = find_files(speaker)
    if speaker.kind == "hibari":
        return HibariVoice(files[0] if files else BUNDLED, speaker.british)
    if speaker.kind == "kokoro":
        style = read_style(files[1], KUMO)
        return KokoroVoice(files[0], style, speaker.british)
    if files:
        return PiperVoice(*files)
    model = Path(speaker.name)
    manual = model.with_name(f"{model.name}.json")
    for path in (model, manual):
        if not path.is_file():
            remedy = "A Piper voice is NAME.onnx with NAME.onnx.json beside it."
            raise SpeechError(f"There is no file {path}.", remedy)
    return PiperVoice(model, manual)
