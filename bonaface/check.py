"""A file becomes evidence, and the evidence a report: credentials, hidden marks, consent."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bonaface.core import SECOND, Sound
from bonaface.errors import UnreadableMedia
from bonaface.forensics.origin import Evidence, Mark, look_up_consent
from bonaface.forensics.report import Report, make_report
from bonaface.marks.credentials import read_credentials
from bonaface.marks.picture_reader import read_picture_mark
from bonaface.marks.reading_key import SOUND_ID_BITS, write_id
from bonaface.marks.sound_reader import read_sound_mark
from bonaface.media.files import Media, look, read_pictures, read_sound
from bonaface.weights import digest

FURTHEST = 600.0  # s of a file that are searched for marks
RATE = 16_000  # samples a second: all that the sound mark uses is below 8 kHz


def check(path: Path) -> Report:
    """Read a video, picture or sound and say what it is.

    Nothing is changed, nothing is sent. Raises UnreadableMedia when it is no media file.
    """
    media = look(path)
    credentials = read_credentials(path)
    limits: list[str] = list(credentials.limits)
    if media.seconds and media.seconds > FURTHEST:
        minutes = round(FURTHEST / 60)
        limits.append(f"Hidden marks were looked for in the first {minutes} minutes only.")
    evidence = Evidence(
        credentials=credentials,
        consent=look_up_consent(credentials, datetime.now(UTC)),
        picture=_picture_mark(media, limits),
        sound=_sound_mark(media, limits),
        until=int((media.seconds or 0.0) * SECOND),
        limits=tuple(limits),
    )
    return make_report(str(path), digest(path), media.kind, evidence)


def _picture_mark(media: Media, limits: list[str]) -> Mark | None:
    if media.kind == "audio":
        return None
    try:
        reading = read_picture_mark(read_pictures(media.path, FURTHEST))
    except UnreadableMedia as error:
        limits.append(f"The pictures could not all be read. {error}")
        return Mark(found=False)
    mark_id = None if reading.mark_id is None else write_id(reading.mark_id)
    return Mark(reading.found, mark_id, reading.strength)


def _sound_mark(media: Media, limits: list[str]) -> Mark | None:
    if not media.has_sound:
        return None
    runs, count = [np.zeros(0, np.float32)], 0
    try:
        for run in read_sound(media.path, RATE):
            runs.append(run.samples)
            count += len(run.samples)
            if count >= FURTHEST * RATE:
                break
    except UnreadableMedia as error:
        limits.append(f"The sound could not all be read. {error}")
    reading = read_sound_mark(Sound(0, np.concatenate(runs), RATE))
    mark_id = None if reading.mark_id is None else write_id(reading.mark_id, SOUND_ID_BITS)
    return Mark(reading.found, mark_id, reading.strength)
