"""Text to sound and to the phones in it: a stage that gives one sentence at a time.

    voice = open_voice()
    for utterance in voice.push("Good morning. How are you?"):
        play(utterance.sound)

Text is English: cut into sentences (sentences.py), rid of what cannot be said (script.py), put
into words (reading.py), into phonemes (pronounce.py), spoken (a Voice), aligned with its own sound
(alignment.py), brought to one level (loudness.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from bonaface.core import SECOND, Phone, Sound, Time
from bonaface.errors import SpeechError
from bonaface.speech.alignment import align, read_models
from bonaface.speech.loudness import fade, find_heard, level
from bonaface.speech.pronounce import pronounce, split_phonemes
from bonaface.speech.reading import read
from bonaface.speech.script import keep_spoken
from bonaface.speech.segments import SILENCE, Segment, cut_segments
from bonaface.speech.sentences import AFTER_CLAUSE, Breath, break_words, split_sentences
from bonaface.speech.take import Take, Voice
from bonaface.speech.voices import VOICES, fetch_voice, find_speaker, open_speaker

__all__ = ["VOICES", "Synthesizer", "Utterance", "fetch_voice", "open_voice"]

SLOWEST, FASTEST = 0.5, 2.0
LEAD = 0.08  # s of silence before the first sound of a sentence
TAIL = 0.05  # s kept after its last


@dataclass(frozen=True, slots=True, eq=False)
class Utterance:
    """One sentence, spoken, with the silence around it."""

    sound: Sound
    phones: tuple[Phone, ...]  # end to end from sound.at to sound.until, silences included
    text: str  # as it was written
    skipped: tuple[str, ...] = ()  # what before or in it could not be said


class Synthesizer:
    """Stage: text to utterances on one timeline that starts at 0, without gap or overlap.

    `push` takes one or many sentences, of any length, and gives each as soon as it is made; it
    raises SpeechError at its end when there was nothing to say. `skipped` is then all that could
    not be said of it. `reset` starts again at 0.
    """

    def __init__(self, voice: Voice, late: float = 0.0, speed: float = 1.0) -> None:
        if not SLOWEST <= speed <= FASTEST:
            remedy = f"Take one from {SLOWEST} to {FASTEST}; 1.0 is the voice's own."
            raise SpeechError(f"A speed of {speed} is not speech.", remedy)
        self.voice = voice
        self.rate = voice.rate
        self._late = late
        self._speed = speed
        self._count = 0  # samples given
        self.skipped: tuple[str, ...] = ()

    def reset(self) -> None:
        """Interrupted: the next utterance starts at 0."""
        self._count = 0
        self.skipped = ()

    def flush(self) -> Iterator[Utterance]:
        """Nothing is held back: every push is whole sentences."""
        yield from ()

    def push(self, item: str) -> Iterator[Utterance]:
        """Say a text, sentence by sentence. Raises SpeechError when nothing of it can be said."""
        said = False
        told = 0
        self.skipped = ()
        for breath in split_sentences(item):
            spoken, left_out = keep_spoken(breath.text)
            self.skipped += left_out
            for utterance in self._say(breath, spoken):
                yield replace(utterance, skipped=self.skipped[told:])
                said, told = True, len(self.skipped)
        if not said:
            raise SpeechError(*explain(item, self.skipped))

    def _say(self, breath: Breath, spoken: str) -> Iterator[Utterance]:
        """One breath of text, most often one utterance; none when it has no words."""
        words = break_words(read(spoken))
        if not any(letter.isalpha() for letter in words):
            return
        phonemes = pronounce(words, self.voice.british)
        pieces = [p for p in split_phonemes(phonemes, self.voice.longest) if has_sound(p)]
        for number, piece in enumerate(pieces, 1):
            pause = breath.pause if number == len(pieces) else AFTER_CLAUSE
            take = self.voice.say(piece, self._speed)
            segments = align(take, cut_segments(take), self._late / self._speed, read_models())
            yield self._lay(take, segments, breath.text if number == 1 else "", pause)

    def _lay(self, take: Take, segments: list[Segment], text: str, pause: float) -> Utterance:
        """Put a take on the timeline, with as much silence around it as it needs."""
        rate = take.rate
        begin, end = find_speech(take, segments)
        before, after = int(LEAD * rate), int(pause * rate)
        spoken = fade(level(take.samples[begin:end], rate), rate)
        samples = np.zeros(before + len(spoken) + after, np.float32)
        samples[before : before + len(spoken)] = spoken
        moved = [move(segment, before - begin, len(samples)) for segment in segments]
        moved[0] = replace(moved[0], begin=0)
        moved[-1] = replace(moved[-1], end=len(samples))
        utterance = Utterance(
            Sound(self._time(0), samples, rate), tuple(map(self._phone, moved)), text
        )
        self._count += len(samples)
        return utterance

    def _phone(self, segment: Segment) -> Phone:
        at, until = self._time(segment.begin), self._time(segment.end)
        return Phone(at, until, segment.symbol, segment.stress)

    def _time(self, sample: int) -> Time:
        return (self._count + sample) * SECOND // self.rate


def has_sound(phonemes: str) -> bool:
    """Whether there is more than punctuation."""
    return any(letter.isalpha() for letter in phonemes)


def explain(text: str, skipped: tuple[str, ...]) -> tuple[str, str]:
    """Why nothing was said, and what to do."""
    if not text.strip():
        return "There is no text to say.", "Give it a sentence."
    if skipped:
        remedy = "This voice speaks English: write it in Latin letters."
        return f"Nothing of this text can be said: {' '.join(skipped)[:40]!r}.", remedy
    return "There are no words in this text.", "Give it a sentence."


def find_speech(take: Take, segments: list[Segment]) -> tuple[int, int]:
    """First and last+1 sample to keep: all that is heard, and all that a phone claims."""
    begin, end = find_heard(take.samples, take.rate)
    sounds = [segment for segment in segments if segment.letter != SILENCE]
    if sounds:
        begin, end = min(begin, sounds[0].begin), max(end, sounds[-1].end)
    margin = int(TAIL * take.rate)
    return max(0, begin - margin), min(len(take.samples), end + margin)


def move(segment: Segment, by: int, count: int) -> Segment:
    """Give a segment moved by some samples, within 0..count."""
    begin, end = (min(max(0, place + by), count) for place in (segment.begin, segment.end))
    return replace(segment, begin=begin, end=end)


def open_voice(name: str = "default", speed: float = 1.0) -> Synthesizer:
    """A voice by name (VOICES, "default", "male", or a Piper file), ready to speak.

    Raises SpeechError for no such voice or speed, WeightsMissing (it names the command that
    fetches) or WeightsDamaged for its files.
    """
    return Synthesizer(open_speaker(name), find_speaker(name).late, speed)
