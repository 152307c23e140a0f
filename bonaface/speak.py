"""A photo and something to say become one video: talking, labelled, marked and signed.

This is the way through the house in one file: voice, mouth, manner, render, mark, write, sign.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import numpy as np

from bonaface.avatar.likeness import build_likeness
from bonaface.avatar.manner import Manner
from bonaface.avatar.mouth.phones import PhoneMouth, Sentence
from bonaface.avatar.mouth.sound import SoundMouth
from bonaface.avatar.pose import Lips, Pose
from bonaface.avatar.render.renderer import Renderer
from bonaface.consent.policy import Permit, permit
from bonaface.consent.records import ConsentRecord
from bonaface.core import SECOND, Phone, Sound, Time, over
from bonaface.errors import SpeechError
from bonaface.marks.credentials.files import Statement, sign_media
from bonaface.marks.label.opening import Opening
from bonaface.marks.label.wording import ENGLISH, Wording
from bonaface.marks.marked import MarkedPicture, MarkedSound
from bonaface.marks.picture.mark import PictureMark
from bonaface.marks.reading_key import SOUND_ID_BITS, draw_mark_id, sound_id, write_id
from bonaface.marks.signers.signing import require_ready
from bonaface.marks.sound.mark import SoundMark
from bonaface.media.files import read_sound
from bonaface.media.fingerprints import fingerprint_file
from bonaface.media.photos import read_bytes, read_photo
from bonaface.media.video import Video, draft
from bonaface.speech.resample import Resample
from bonaface.speech.synthesize import open_voice

RATE = 48_000  # samples a second in the video
AHEAD = 0.5  # s: a recording may see its words coming, so breath is drawn before them
MP4 = "video/mp4"
LEAD: Time = SECOND * 3 // 10  # silence before the first word: players swallow the start
TAIL: Time = SECOND * 6 // 10  # and after the last, for the face to come to rest
Report = Callable[[Time], None]  # told up to which moment the video is made
Skip = Callable[[str], None]  # told what of a text was left out


@dataclass(frozen=True, slots=True)
class Part:
    """A run of sound, and what the lips do; the lips may come a little later than their sound."""

    sound: Sound
    lips: tuple[Lips, ...]


@dataclass(frozen=True, slots=True)
class Style:
    """How the video looks."""

    size: tuple[int, int] = (512, 512)  # px
    rate: Fraction = Fraction(25)  # pictures a second
    manner: str = "warm"
    seed: int = 0
    face: int | None = None  # which, counted from the left, where there are several
    words: Wording = ENGLISH  # of the label and the opening card


def from_text(text: str, voice: str = "default", skip: Skip = lambda _: None) -> Iterator[Part]:
    """Say a text, sentence by sentence, in constant memory; `skip` hears what cannot be said.

    Raises SpeechError when nothing can be said, WeightsMissing when the voice is not here.
    """
    speaker, mouth, raised = open_voice(voice), PhoneMouth(), Resample(RATE)
    said: Time = 0
    for utterance in over(speaker, [text]):
        sound = _led(utterance.sound)
        phones = tuple(map(_later, utterance.phones))
        lips = tuple(mouth.push(Sentence(sound, phones)))
        for left_out in utterance.skipped:
            skip(left_out)
        for run in raised.push(sound):
            yield Part(run, lips)
            lips = ()
        said = sound.until
    for run in raised.flush():
        yield Part(run, ())
    end = _silence(said, TAIL)
    yield Part(end, (*mouth.push(Sentence(end, ())), *mouth.flush()))


def from_sound(path: Path) -> Iterator[Part]:
    """Follow a recording with the lips. Raises UnreadableMedia, or SpeechError when it is empty."""
    mouth, until = SoundMouth(), 0
    for sound in read_sound(path, RATE):
        until = sound.until
        yield Part(sound, tuple(mouth.push(sound)))
    if not until:
        raise SpeechError(f"{path.name} has no sound in it.", "Give a recording with some.")
    yield Part(_silence(until, 0), tuple(mouth.flush()))


def speak(
    photo: Path,
    gate: tuple[ConsentRecord | None, str | None],
    parts: Iterable[Part],
    style: Style,
    output: Path,
    report: Report = lambda _: None,
) -> int:
    """Make the video at `output` and answer the id of its hidden marks.

    `gate` is the consent record and the purpose. Memory stays the same however long `parts` run;
    `output` appears whole or not at all. Raises ConsentError, PortraitRefused, SpeechError,
    MediaError or MarkError.
    """
    picture = read_photo(photo)
    leave = permit(gate[0], picture, gate[1], datetime.now(UTC))
    leave.require("recorded")
    require_ready(datetime.now(UTC))
    with draft(output, ".mp4") as half:
        renderer = Renderer(build_likeness(picture, style.size, style.face), leave)
        mark_id = draw_mark_id()
        with Video(half, style.size, style.rate, RATE) as video:
            _record(parts, _Face(renderer, style, mark_id), video, report)
        sign_media(half, output, MP4, _statement(leave, photo, mark_id, half))
    return mark_id


class _Face:
    """Everything between lips and marked pictures, and the mark in the sound beside it."""

    def __init__(self, renderer: Renderer, style: Style, mark_id: int) -> None:
        self._manner = Manner(style.manner, style.rate, style.seed, AHEAD)
        self._renderer = renderer
        self._picture_mark = PictureMark(mark_id, label=style.words.label)
        self._opening = Opening(style.words.video)
        self._sound_mark = SoundMark(mark_id)

    def hear(self, sound: Sound) -> Iterable[MarkedSound]:
        return self._sound_mark.push(sound)

    def show(self, lips: Iterable[Lips]) -> Iterator[MarkedPicture]:
        for one in lips:
            yield from self._draw(self._manner.push(one))

    def end(self) -> tuple[Iterable[MarkedSound], Iterator[MarkedPicture]]:
        return self._sound_mark.flush(), self._draw(self._manner.flush())

    def _draw(self, poses: Iterable[Pose]) -> Iterator[MarkedPicture]:
        for pose in poses:
            for picture in self._renderer.push(pose):
                for marked in self._picture_mark.push(picture):
                    yield from self._opening.push(marked)


def _record(parts: Iterable[Part], face: _Face, video: Video, report: Report) -> None:
    for part in parts:
        _write(video, face.hear(part.sound), face.show(part.lips))
        report(part.sound.until)
    _write(video, *face.end())


def _write(video: Video, sounds: Iterable[MarkedSound], pictures: Iterable[MarkedPicture]) -> None:
    for sound in sounds:
        video.hear(sound)
    for picture in pictures:
        video.show(picture)


def _statement(leave: Permit, photo: Path, mark_id: int, film: Path) -> Statement:
    return Statement(
        made_at=datetime.now(UTC),
        permit=leave,
        portrait=read_bytes(photo),
        picture_mark=write_id(mark_id),
        sound_mark=write_id(sound_id(mark_id), SOUND_ID_BITS),
        seen=fingerprint_file(film),
    )


def _led(sound: Sound) -> Sound:
    """A voice's sound, LEAD later; its first sound brings that silence along."""
    if sound.at:
        return Sound(sound.at + LEAD, sound.samples, sound.rate)
    quiet = np.zeros(LEAD * sound.rate // SECOND, np.float32)
    return Sound(0, np.concatenate([quiet, sound.samples]), sound.rate)


def _later(phone: Phone) -> Phone:
    return Phone(phone.at + LEAD, phone.until + LEAD, phone.symbol, phone.stress)


def _silence(at: Time, length: Time) -> Sound:
    return Sound(at, np.zeros(length * RATE // SECOND, np.float32), RATE)
