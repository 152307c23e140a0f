"""A sound file as it runs, channel by channel."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer

from bonaface.core import SECOND
from bonaface.errors import UnreadableMedia
from bonaface.media.channels import ChannelReader, Channels, choose_rate
from bonaface.media.files import Damage, decode, open_media, refuse
from bonaface.media.film import find_sound, sound_notes
from bonaface.media.tracks import Form
from bonaface.media.whole import require_bytes, require_length


@dataclass(frozen=True, slots=True)
class Recording:
    """What a sound file holds."""

    seconds: float | None  # as the file says
    form: Form  # as it will be read
    notes: tuple[str, ...] = ()  # sentences: what is not kept as it was


def look_at_recording(path: Path, *, free: bool) -> Recording:
    """Tell what a sound file holds; `free` where it can be written at any rate.

    Raises UnreadableMedia where there is no sound that can be decoded.
    """
    with open_media(path) as container:
        sound = find_sound(container)
        if sound is None:
            raise UnreadableMedia(f"{path.name} has no sound that can be read.", "Try another.")
        context = sound.codec_context
        rate = choose_rate(context.sample_rate, free=free)
        notes = [*sound_notes(container), *_notes(container)]
        if rate != context.sample_rate:
            notes.append(f"It was resampled from {context.sample_rate} to {rate} Hz.")
        return Recording(
            container.duration / 1_000_000 if container.duration else None,
            Form(rate, min(2, context.channels), _is_fine(context.format.name, context.name)),
            tuple(notes),
        )


def read_recording(path: Path, recording: Recording, damage: Damage = refuse) -> Iterator[Channels]:
    """Read a sound file in constant memory; `damage` as in `read_film`. Raises UnreadableMedia."""
    require_bytes(path, damage)
    with open_media(path) as container:
        sound = find_sound(container)
        if sound is None:
            return
        origin = Fraction(container.start_time or 0, 1_000_000)
        hear = ChannelReader(recording.form.rate, recording.form.channels, origin)
        for frame in decode(path, container, [sound], damage):
            if isinstance(frame, av.AudioFrame):
                yield from hear.push(frame)
        yield from hear.flush()
        require_length(path, container, hear.until / SECOND, damage)


def _is_fine(form: str, codec: str) -> bool:
    """Lossless sound of more than 16 bits; lossy sound decodes to floats, whatever it was."""
    return form.startswith(("s32", "flt", "dbl")) and codec.startswith(
        ("pcm", "flac", "alac", "wav")
    )


def _notes(container: InputContainer) -> Iterator[str]:
    if container.streams.video:
        yield "Its cover picture was left out."
    if container.streams.subtitles or container.chapters():
        yield "Its chapters and subtitles were left out."
