"""What a file already says about itself, before it is marked: hidden marks and credentials.

Two marks of different ids in one film would make both illegible, so a file keeps the id it has.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bonaface.errors import UnreadableMedia
from bonaface.marks.credentials.files import Credentials, read_credentials
from bonaface.marks.picture.reader import read_picture_mark
from bonaface.marks.reading_key import SOUND_ID_BITS, draw_mark_id, sound_id, write_id
from bonaface.marks.sound.reader import read_sound_mark
from bonaface.media.files import Media, gather_sound, read_pictures

SOUGHT = 10.0  # s at the start of a file that are searched
RATE = 16_000  # samples a second: all that the sound mark uses is below 8 kHz


@dataclass(frozen=True, slots=True)
class Ids:
    """The ids of the hidden marks; None where there is nothing to hide one in."""

    picture: int | None
    sound: int | None

    @property
    def picture_words(self) -> str | None:
        """The picture's id as reports write it."""
        return None if self.picture is None else write_id(self.picture)

    @property
    def sound_words(self) -> str | None:
        """The sound's id as reports write it."""
        return None if self.sound is None else write_id(self.sound, SOUND_ID_BITS)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was found. Ids are None where no mark was read."""

    media: Media
    found: Ids
    credentials: Credentials

    @property
    def complete(self) -> bool:
        """Whether all of the file carries a mark: then nothing needs to be hidden in it again."""
        if self.media.kind == "audio":
            return self.found.sound is not None
        return self.found.picture is not None and (
            not self.media.has_sound or self.found.sound is not None or self._binds_sound
        )

    @property
    def _binds_sound(self) -> bool:
        """A sound too short or too quiet to be read is marked all the same if this is signed."""
        wanted = write_id(sound_id(self.found.picture or 0), SOUND_ID_BITS)
        bound = {value.lower() for _, value in self.credentials.said.marks}
        return self.credentials.state == "trusted" and wanted in bound

    def ids(self) -> Ids:
        """The ids to use: those that are there already, fresh ones otherwise."""
        picture, sound = self.found.picture, self.found.sound
        if picture is None:
            fresh = draw_mark_id()
            picture = fresh if sound is None else fresh ^ sound_id(fresh) | sound
        sound = sound_id(picture) if sound is None else sound
        seen, heard = self.media.kind != "audio", self.media.has_sound
        return Ids(picture if seen else None, sound if heard else None)

    def notes(self) -> Iterator[str]:
        """Say what is worth knowing."""
        if self.found.picture is not None:
            words = self.found.picture_words
            yield f"Its picture carries the hidden mark {words} already; it stays."
        if self.found.sound is not None:
            yield f"Its sound carries the hidden mark {self.found.sound_words} already; it stays."
        said = self.credentials.said
        by = f"“{said.issuer}”" if said.issuer else "somebody without a name"
        if self.credentials.state == "invalid":
            yield "Its own credentials do not hold; they are kept as they are, as its parent's."
        elif said.ai is False:
            yield (
                f"Its credentials, signed by {by}, say that a camera recorded it. They are kept; "
                "on your word, the new ones say that a model had a part in what it has become."
            )
        elif self.credentials.state != "none":
            yield f"Its credentials, signed by {by}, are kept as those of its parent."


def read_earlier(media: Media) -> Earlier:
    """Read the credentials of a file, and the hidden marks at its start."""
    return Earlier(media, read_ids(media), read_credentials(media.path))


def read_ids(media: Media, until: float = SOUGHT) -> Ids:
    """Read the hidden marks in the first `until` seconds of a file; None for what is not there."""
    return Ids(_picture_id(media, until), _sound_id(media, until))


def _picture_id(media: Media, until: float) -> int | None:
    if media.kind == "audio":
        return None
    try:
        # the mark of what was cropped lies elsewhere than a new one will: both can be read then
        pictures = read_pictures(media.path, until)
        return read_picture_mark(pictures, everywhere=False).mark_id
    except UnreadableMedia:  # what cannot be read is reported where it is marked
        return None


def _sound_id(media: Media, until: float) -> int | None:
    if not media.has_sound:
        return None
    return read_sound_mark(gather_sound(media.path, RATE, until)).mark_id
