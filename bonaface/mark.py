"""A film, a picture or a sound that other tools made gets all marks and is signed.

This is the whole way in one file: look, find out what it carries already, mark, write, sign.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TypeAlias

from bonaface.core import Sound, Time
from bonaface.earlier import Ids, read_earlier, read_ids
from bonaface.errors import SettingsError, UnreadableMedia
from bonaface.marks.credentials.container import sniff_file
from bonaface.marks.credentials.files import Statement, sign_media
from bonaface.marks.label.disclaimer import Disclaimer, disclaim
from bonaface.marks.marked import MarkedSound
from bonaface.marks.picture.mark import PictureMark, StillMark
from bonaface.marks.signers.signing import require_ready
from bonaface.marks.sound.mark import SoundMark
from bonaface.media.channels import Channels
from bonaface.media.drafts import draft
from bonaface.media.files import Media, look
from bonaface.media.film import look_at_film, read_film
from bonaface.media.fingerprints import fingerprint_file
from bonaface.media.recording import look_at_recording, read_recording
from bonaface.media.stills import read_still, write_still
from bonaface.media.texts import read_texts
from bonaface.media.tracks import KINDS, SoundFile
from bonaface.media.video import Encoding, Video

Origin: TypeAlias = Literal["ai", "composite"]
Report: TypeAlias = Callable[[Time], None]  # told up to which moment the file is marked
READ_BACK = 10.0  # s of what was written in which the marks are looked for
# what each kind of file can become: the MIME type for each suffix, the usual one first
OUTPUTS = {
    "video": {".mp4": "video/mp4"},
    "image": {
        ".png": "image/png",
        ".jpg": "image/jpeg",
        ".jpeg": "image/jpeg",
        ".webp": "image/webp",
    },
    "audio": {
        ".m4a": "audio/mp4",
        ".wav": "audio/wav",
        ".flac": "audio/flac",
        ".mp3": "audio/mpeg",
    },
}
_NAMES = {"video": "a film", "image": "a picture", "audio": "a sound"}


@dataclass(frozen=True, slots=True)
class Quality:
    """How closely a file is kept where writing it loses something."""

    factor: int  # x264's
    still: int  # JPEG's and WebP's, 1 to 100
    sound_bits: int  # a second and channel


QUALITIES = {
    "best": Quality(13, 97, 160_000),
    "high": Quality(17, 94, 128_000),
    "small": Quality(23, 85, 80_000),
}


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted. `origin` is the owner's word: made by a model, or in part."""

    origin: Origin
    label: str = "AI"
    quality: Quality = QUALITIES["high"]
    disclaimer: Disclaimer = "words"  # before sound without pictures
    salvage: bool = False  # mark what is left of a broken file


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done."""

    output: Path
    media: Media  # what went in
    ids: Ids
    notes: tuple[str, ...]  # sentences for the owner


@dataclass(frozen=True, slots=True)
class _Job:
    """One file on its way."""

    path: Path
    half: Path  # where it is written before it is signed
    order: Order
    ids: Ids
    report: Report
    notes: list[str] = field(default_factory=list)

    def damage(self, error: UnreadableMedia) -> None:
        """Meet a broken place."""
        error.remedy = "Try another copy, or mark what is left of it with --salvage."
        if not self.order.salvage:
            raise error
        self.notes.append(f"{error.args[0]} What is left was marked.")


def mark(path: Path, output: Path, order: Order, report: Report = lambda _: None) -> Outcome:
    """Mark a file and sign it, with the original as its parent.

    Memory stays the same however long it runs; `output` appears whole or not at all. Raises
    MediaError, MarkError, KeysError or SettingsError.
    """
    media = look(path)
    mime = choose_mime(media, output)
    require_ready(datetime.now(UTC))
    earlier = read_earlier(media)
    notes = list(earlier.notes())
    with draft(output, output.suffix) as half:
        job = _Job(path, half, order, earlier.ids(), report, notes)
        if earlier.complete and sniff_file(path) == mime:
            notes.append("All of it is marked, so it was signed as it is.")
            source, ids = path, earlier.ids()
        else:
            source, ids = half, _MAKERS[media.kind](job)
            notes.extend(_read_back(half))
        sign_media(source, output, mime, _statement(job, ids, source))
    return Outcome(output, media, ids, tuple(dict.fromkeys(notes)))


def choose_mime(media: Media, output: Path) -> str:
    """Answer the MIME type of the output, by its suffix. Raises SettingsError if it cannot be."""
    if output.exists() and output.samefile(media.path):
        raise SettingsError(f"{output} is the original itself.", "Give another name with -o.")
    outputs = OUTPUTS[media.kind]
    mime = outputs.get(output.suffix.lower())
    if mime is None:
        what = f"{_NAMES[media.kind]} is not written as {output.suffix or 'a file without ending'}"
        why = (
            "" if output.suffix not in {".ogg", ".opus"} else " (Ogg has no place for credentials)"
        )
        remedy = f"Give -o a name that ends in {' or '.join(outputs)}."
        raise SettingsError(f"{media.path.name}: {what}{why}.", remedy)
    return mime


def choose_suffix(media: Media) -> str:
    """Answer the suffix that keeps a file's kind, or else the usual one of its kind."""
    outputs = OUTPUTS[media.kind]
    mime = sniff_file(media.path)
    return next((suffix for suffix, one in outputs.items() if one == mime), next(iter(outputs)))


def _statement(job: _Job, ids: Ids, source: Path) -> Statement:
    return Statement(
        made_at=datetime.now(UTC),
        permit=None,
        picture_mark=ids.picture_words,
        sound_mark=ids.sound_words,
        origin=job.order.origin,
        parent=job.path,
        seen=fingerprint_file(source),
    )


def _mark_film(job: _Job) -> Ids:
    shape = look_at_film(job.path)
    texts = read_texts(job.path)
    job.notes.extend((*shape.notes, *texts.notes))
    see = PictureMark(job.ids.picture or 0, label=job.order.label)
    hear = _Ears(job.ids.sound or 0, shape.channels)
    quality = job.order.quality
    encoding = Encoding(quality.factor, quality.sound_bits)
    size, rate = shape.upright.size, shape.rate
    with Video(job.half, size, rate, shape.sound_rate, shape.channels, encoding) as video:
        video.tell(texts)
        for moment in read_film(job.path, shape, job.damage):
            if isinstance(moment, tuple):
                hear.pass_on(moment, video)
                continue
            for picture in see.push(moment):
                video.show(picture)
            job.report(moment.at)
        hear.end(video)
    return Ids(job.ids.picture, job.ids.sound if shape.channels else None)


def _mark_still(job: _Job) -> Ids:
    still = read_still(job.path)
    job.notes.extend(still.notes)
    for marked in StillMark(job.ids.picture or 0, label=job.order.label).push(still.picture):
        write_still(job.half, marked, still, job.order.quality.still, job.order.label)
    return Ids(job.ids.picture, None)


def _mark_sound(job: _Job) -> Ids:
    recording = look_at_recording(job.path, free=KINDS[job.half.suffix.lower()].free)
    job.notes.extend(recording.notes)
    hear = _Ears(job.ids.sound or 0, recording.form.channels)
    with SoundFile(job.half, recording.form, job.order.quality.sound_bits) as file:
        said = disclaim(recording.form.rate, job.order.disclaimer)
        hear.pass_on((said,) * recording.form.channels, file)
        for run in read_recording(job.path, recording, job.damage):
            hear.pass_on(tuple(_later(one, said.until) for one in run), file)
            job.report(run[0].until)
        hear.end(file)
    return Ids(None, job.ids.sound)


def _later(sound: Sound, by: Time) -> Sound:
    return Sound(sound.at + by, sound.samples, sound.rate)


def _read_back(half: Path) -> Iterator[str]:
    """Look for the hidden marks in what was written, and say so where they cannot be read."""
    media = look(half)
    read = read_ids(media, READ_BACK)
    lost = []
    if media.kind != "audio" and read.picture is None:
        lost.append("picture (it is very small, short, flat or noisy)")
    if media.has_sound and read.sound is None:
        lost.append("sound (it is very short, quiet or plain)")
    if lost:
        yield f"No hidden mark could be read back from the {' nor from the '.join(lost)}."


_MAKERS = {"video": _mark_film, "image": _mark_still, "audio": _mark_sound}


class _Ears:
    """Marks every channel with the same id at the same times.

    So each channel alone can be read, and their sum too: what one listens to in mono.
    """

    def __init__(self, mark_id: int, channels: int) -> None:
        self._marks = [SoundMark(mark_id) for _ in range(channels)]

    def pass_on(self, run: Channels, exit_: Video | SoundFile) -> None:
        """Mark a run and write what is ready."""
        made = [mark.push(sound) for mark, sound in zip(self._marks, run, strict=True)]
        self._write(made, exit_)

    def end(self, exit_: Video | SoundFile) -> None:
        """Write what was held back."""
        self._write([mark.flush() for mark in self._marks], exit_)

    @staticmethod
    def _write(made: list[Iterable[MarkedSound]], exit_: Video | SoundFile) -> None:
        for channels in zip(*made, strict=True):
            exit_.hear(*channels)
